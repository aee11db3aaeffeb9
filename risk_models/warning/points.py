"""Monitoring points of an asset: which readings may be relied on now, and which points are silent."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from minegis.clock import format_utc
from minegis.errors import NotFound
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from minegis.reading import Quality, Reading
from minegis.variables import variable
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Monitoring
from risk_models.warning.tiers import shown_provenance

_NOTES = {
    EvidenceState.STALE: Label("最近的有效读数已过时", "The last usable reading is too old"),
    EvidenceState.INSUFFICIENT: Label(
        "读数存疑或未通过质量检查", "The reading is suspect or failed its checks"
    ),
    EvidenceState.MISSING: Label("测点无读数", "The point is silent"),
}
_FUTURE = Label("读数时间晚于评估时间", "The reading claims a time after this assessment")


@dataclass(frozen=True, slots=True)
class Point:
    """One variable of one monitoring point at the time of an assessment.

    Attributes
    ----------
    key : str
        ``<variable>/<point id>``.
    latest : Reading
        The reading to speak of: the newest usable one that is fresh, else the newest.
    samples : tuple of Reading
        Usable fresh readings inside the debounce window, oldest first; empty unless `state` is sufficient.
    state : EvidenceState
        Sufficient only when `latest` may be compared with a threshold.
    silent_hours : float or None
        Since the last usable reading; None when none is known.
    note : Label or None
        Why the point may not be relied on.
    """

    key: str
    latest: Reading
    samples: tuple[Reading, ...]
    state: EvidenceState
    silent_hours: float | None
    note: Label | None

    @property
    def variable(self) -> str:
        """Name in the data dictionary."""
        return self.latest.variable

    def evidence(self) -> Evidence:
        """Return the point's reading as a node; an unreliable one asks for nothing and says why."""
        reading = self.latest
        label, unit = label_and_unit(reading.variable)
        return Evidence(
            key=f"reading/{self.key}",
            label=label,
            value=_finite(reading.value),
            unit=unit,
            state=self.state,
            method="reading",
            valid_time=format_utc(reading.observed_at),
            source=f"{reading.point_id} · {reading.source} · {reading.origin}",
            note=self.note,
        )


def label_and_unit(name: str) -> tuple[Label, str]:
    """Return a variable's label and unit; of an unknown variable its name."""
    try:
        known = variable(name)
    except NotFound:
        return Label(name, name), ""
    return Label(known.label.zh, known.label.en), known.unit


def read_points(readings: Iterable[Reading], rules: RulePackage, at: datetime) -> list[Point]:
    """Group readings by point and judge each point at the time `at`, in the order of their keys."""
    grouped: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        grouped[f"{reading.variable}/{reading.point_id}"].append(reading)
    return [_point(key, grouped[key], rules, at) for key in sorted(grouped)]


def stale_after(name: str, monitoring: Monitoring) -> timedelta:
    """Return how old a reading of a variable may be."""
    declared = monitoring.variables.get(name)
    hours = declared.interval_hours if declared else monitoring.other_interval_hours
    return timedelta(hours=hours * monitoring.stale_after_intervals)


def _point(key: str, readings: Sequence[Reading], rules: RulePackage, at: datetime) -> Point:
    ordered = sorted(readings, key=lambda reading: reading.observed_at)
    known = [reading for reading in ordered if reading.observed_at <= at]
    if not known:
        return Point(key, ordered[0], (), EvidenceState.INSUFFICIENT, None, _FUTURE)
    usable = [reading for reading in known if _usable(reading)]
    silent = (at - usable[-1].observed_at).total_seconds() / 3600 if usable else None
    if usable and at - usable[-1].observed_at <= stale_after(usable[-1].variable, rules.monitoring):
        window = timedelta(hours=rules.hysteresis.debounce.window_hours)
        samples = tuple(one for one in usable if usable[-1].observed_at - one.observed_at <= window)
        return Point(key, usable[-1], samples, EvidenceState.SUFFICIENT, silent, None)
    newest = known[-1]
    if _usable(newest):
        state = EvidenceState.STALE
    elif newest.quality is Quality.MISSING or _finite(newest.value) is None:
        state = EvidenceState.MISSING
    else:
        state = EvidenceState.INSUFFICIENT
    return Point(key, newest, (), state, silent, _NOTES[state])


def silence_alarm(points: Sequence[Point], rules: RulePackage) -> Evidence | None:
    """Return the data alarm of red-capable points that have been silent too long, None when all speak."""
    alarm = rules.monitoring.silent_alarm
    silent = [point for point in points if _silent_too_long(point, rules.monitoring)]
    if not silent:
        return None
    return Evidence(
        key="data_alarm",
        label=Label("数据中断报警", "Data alarm: a sensor that could show red is silent"),
        value=float(len(silent)),
        unit="1",
        tier=alarm.tier if alarm.raises_asset else Tier.NONE,
        method=rules.method,
        clause=rules.monitoring.clause,
        provenance=shown_provenance(rules.monitoring.provenance),
        threshold=f"> {alarm.hours:g} h, > {rules.monitoring.stale_after_intervals:g} × interval",
        note=Label("传感器沉默不代表正常", "A silent sensor does not mean normal"),
        inputs=tuple(point.evidence() for point in silent),
    )


def _silent_too_long(point: Point, monitoring: Monitoring) -> bool:
    declared = monitoring.variables.get(point.variable)
    if declared is None or not declared.red_capable or point.state is EvidenceState.SUFFICIENT:
        return False
    patience = max(timedelta(hours=monitoring.silent_alarm.hours), stale_after(point.variable, monitoring))
    return point.silent_hours is None or point.silent_hours > patience.total_seconds() / 3600


def _usable(reading: Reading) -> bool:
    return reading.quality.usable and _finite(reading.value) is not None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
