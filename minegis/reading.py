"""A reading: one value of one monitoring point at one time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from minegis.levels import Origin


class Quality(IntEnum):
    """QARTOD quality flag; only `GOOD` and `NOT_EVALUATED` reach a threshold."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9

    @property
    def usable(self) -> bool:
        """Whether a value with this flag may be compared with a threshold."""
        return self in (Quality.GOOD, Quality.NOT_EVALUATED)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value in the data dictionary's unit; `value` is None where the point was silent."""

    point_id: str
    dataset: str
    asset_id: str
    variable: str
    value: float | None
    observed_at: datetime
    quality: Quality
    origin: Origin
    source: str
