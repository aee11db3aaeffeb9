"""The figures of the plausibility checks, declared in ``checks.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from minegis.declarations import Declaration, read


class Box(Declaration):
    """A rectangle in degrees."""

    west: float
    east: float
    south: float
    north: float

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a point lies in it."""
        return self.west <= lon <= self.east and self.south <= lat <= self.north


class Plausible(Declaration):
    """What the import finds plausible."""

    china: Box
    nation_tolerance_m: float
    county_tolerance_m: float
    repair_area_share: float
    shifted_datum_level: float
    similar_share: float
    future_tolerance_s: float


@cache
def plausible() -> Plausible:
    """Return the declared figures."""
    return read(Path(__file__).with_name("checks.yaml"), Plausible)
