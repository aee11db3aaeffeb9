"""Columns over assets that know where each value comes from: a reading, the register, or a default."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label
from minegis.reading import Reading
from pipelines.asset_models import AssetInputs
from risk_models.warning.points import label_and_unit, stale_after

Floats = NDArray[np.float64]


class Origin(IntEnum):
    """Where a value comes from, the better the larger."""

    UNKNOWN = 0
    DEFAULT = 1
    REGISTER = 2
    STALE = 3
    READING = 4


_METHODS: dict[int, str] = {
    Origin.DEFAULT: "default",
    Origin.REGISTER: "register",
    Origin.STALE: "reading",
    Origin.READING: "reading",
}
_STATES: dict[int, EvidenceState] = {Origin.UNKNOWN: EvidenceState.MISSING, Origin.STALE: EvidenceState.STALE}
_NOTES: dict[int, Label] = {
    Origin.UNKNOWN: Label("台账与监测均无此项", "Neither register nor monitoring hold it"),
    Origin.DEFAULT: Label("项目默认值", "A project default"),
    Origin.STALE: Label("最近的有效读数已过时", "The last usable reading is too old"),
}


@dataclass(frozen=True)
class Known:
    """A quantity of every asset.

    Attributes
    ----------
    key : str
    label : Label
    unit : str
    values : (n,) float
        NaN where unknown.
    origin : (n,) int8
        `Origin` of each value.
    """

    key: str
    label: Label
    unit: str
    values: Floats
    origin: NDArray[np.int8]

    def at_least(self, origin: Origin) -> NDArray[np.bool_]:
        """Return where the value is at least that well known."""
        return self.origin >= origin

    def nodes(self, sources: Sequence[str]) -> list[Evidence]:
        """Return the value of every asset as a node.

        Parameters
        ----------
        sources : (n,) sequence of str
            Where each value was read.
        """
        rows = zip(np.round(self.values, 6).tolist(), self.origin.tolist(), sources, strict=True)
        return [
            Evidence(
                key=self.key,
                label=self.label,
                value=value if math.isfinite(value) else None,
                unit=self.unit,
                state=_STATES.get(origin, EvidenceState.SUFFICIENT),
                method=_METHODS.get(origin, ""),
                source=source,
                note=_NOTES.get(origin),
            )
            for value, origin, source in rows
        ]


def first_known(key: str, label: Label, unit: str, *candidates: tuple[Floats, Origin] | Known) -> Known:
    """Return for each asset the first candidate that has a value."""
    pairs = [(one.values, one.origin) if isinstance(one, Known) else one for one in candidates]
    values = np.full(pairs[0][0].shape, np.nan)
    origin = np.zeros(values.shape, dtype=np.int8)
    for candidate, whence in pairs:
        open_ = np.isnan(values) & ~np.isnan(candidate)
        values = np.where(open_, candidate, values)
        origin = np.where(open_, whence, origin).astype(np.int8)
    return Known(key, label, unit, values, origin)


def measured(inputs: AssetInputs, worst: Mapping[str, Callable[[list[float]], float]]) -> dict[str, Known]:
    """Return the newest usable reading of each asset: the worst of its fresh points, else of its stale ones.

    Parameters
    ----------
    inputs : AssetInputs
    worst : mapping of callable
        ``min`` or ``max`` by name of the data dictionary.
    """
    count = len(inputs.features)
    values = {name: np.full(count, np.nan) for name in worst}
    origins = {name: np.zeros(count, dtype=np.int8) for name in worst}
    since = {name: inputs.at - stale_after(name, inputs.rules.monitoring) for name in worst}
    for row, readings in enumerate(inputs.readings):
        for name, points in _newest(readings, worst, inputs.at).items():
            fresh = [reading.value for reading in points if reading.observed_at >= since[name]]
            stale = [reading.value for reading in points]
            values[name][row] = worst[name]([value for value in fresh or stale if value is not None])
            origins[name][row] = Origin.READING if fresh else Origin.STALE
    return {
        name: Known(name, *label_and_unit(name), values=values[name], origin=origins[name]) for name in worst
    }


def _newest(readings: Sequence[Reading], wanted: Container[str], at: datetime) -> dict[str, list[Reading]]:
    """Return the newest usable reading of each point, by variable."""
    newest: dict[tuple[str, str], Reading] = {}
    for reading in readings:
        if reading.variable not in wanted or reading.value is None or not reading.quality.usable:
            continue
        key = reading.variable, reading.point_id
        if reading.observed_at <= at and (key not in newest or reading.observed_at > newest[key].observed_at):
            newest[key] = reading
    found: dict[str, list[Reading]] = defaultdict(list)
    for (name, _), reading in newest.items():
        found[name].append(reading)
    return found
