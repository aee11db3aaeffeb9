"""What the points of an asset read over time, with the limits that the readings are judged by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_catalog.dataset import datasets
from data_catalog.site import Site
from data_catalog.store import AssessmentRecord, Feature, Store
from minegis.errors import InvalidInput
from minegis.reading import Reading
from pipelines.asset_records import HISTORY, asset_record, designers_limits, readings_until
from pipelines.rule_state import active_rules, rules_of_method
from pipelines.thinning import Sample, thinned, with_gaps
from risk_models.rule_package import RulePackage
from risk_models.warning.limits import Compared, Limit, Margin, compared, limits_of, margins_of

MOST_READINGS = 200_000  # read for one answer
_STATION = "station"


@dataclass(frozen=True, slots=True)
class Window:
    """Which readings: between two times, of one variable or all, as known at a moment or now."""

    since: datetime
    until: datetime
    variable: str | None = None
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise InvalidInput(
                "a period that ends before it begins",
                where="since",
                expected=f"at most {self.until.isoformat()}",
                got=self.since.isoformat(),
            )


@dataclass(frozen=True, slots=True)
class PointSeries:
    """One variable of one point: what it read, thinned, and its limits; `total` counts all readings."""

    point_id: str
    name: str
    variable: str
    interval: timedelta
    limits: tuple[Limit, ...]
    samples: tuple[Sample, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AssetSeries:
    """The points of an asset, and what is left before red at the time of its assessment."""

    points: tuple[PointSeries, ...]
    margins: tuple[Margin, ...]
    judged_at: datetime


@dataclass(frozen=True)
class _Watched:
    """An asset with what its readings are compared with; one of its points, or all."""

    dataset: str
    asset_id: str
    point_id: str | None
    compared: Compared | None
    rules: RulePackage
    judged_at: datetime
    stations: Mapping[str, Feature] = field(default_factory=dict)


def asset_series(
    store: Store, site: Site, dataset: str, feature_id: str, window: Window, most: int
) -> AssetSeries:
    """Return the series of an asset, or of a monitoring point (`station`), thinned to at most `most` samples.

    Raises
    ------
    NotFound
        If there is no such feature.
    InvalidInput
        If the window holds more readings than are read for one answer.
    """
    watched = _watched(store, site, dataset, feature_id, window.as_of)
    grouped = _grouped(store, watched, window)
    limits = limits_of(watched.compared) if watched.compared else {}
    points = [_point_series(key, grouped[key], watched, limits.get(key, ()), most) for key in sorted(grouped)]
    margins = margins_of(watched.compared) if watched.compared and watched.point_id is None else ()
    return AssetSeries(tuple(points), margins, watched.judged_at)


def readings_in(store: Store, dataset: str, asset_id: str, window: Window) -> list[Reading]:
    """Return the readings of an asset in a window, oldest first.

    Raises
    ------
    InvalidInput
        If they are more than are read for one answer.
    """
    since, until, name, as_of = window.since, window.until, window.variable, window.as_of
    count = store.count_readings(dataset, asset_id, since=since, until=until, variable=name, as_of=as_of)
    if count > MOST_READINGS:
        raise InvalidInput(
            "more readings than are given at once",
            where="since",
            expected=f"a period or a variable with at most {MOST_READINGS}",
            got=str(count),
        )
    return store.readings(dataset, asset_id, since=since, until=until, variable=name, as_of=as_of)


def _grouped(store: Store, watched: _Watched, window: Window) -> dict[tuple[str, str], list[Reading]]:
    found: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    for reading in readings_in(store, watched.dataset, watched.asset_id, window):
        if watched.point_id in (None, reading.point_id):
            found[reading.variable, reading.point_id].append(reading)
    return found


def _watched(store: Store, site: Site, dataset: str, feature_id: str, as_of: datetime | None) -> _Watched:
    feature = store.feature(dataset, feature_id, as_of=as_of)
    point_id = None
    if dataset == _STATION:
        point_id = feature_id
        dataset, feature_id = (str(feature.properties[name]) for name in ("asset_dataset", "asset_id"))
        owners = store.features(dataset, ids=[feature_id], as_of=as_of) if dataset in datasets() else []
    else:
        owners = [feature]
    judged = store.assessments(dataset, feature_id, as_of)
    rules = rules_of_method(site, store, judged[0].chain["method"]) if judged else active_rules(site, store)
    at = _moment(judged, site, as_of)
    stations = store.features(_STATION, where={"asset_dataset": dataset, "asset_id": feature_id}, as_of=as_of)
    found = None
    if owners and datasets()[dataset].asset:
        design, _ = designers_limits(store, dataset, feature_id, as_of)
        readings = _readings(store, at, dataset, feature_id, as_of)
        found = compared(asset_record(dataset, owners[0]), readings, rules, at, design)
    return _Watched(dataset, feature_id, point_id, found, rules, at, {each.id: each for each in stations})


def _moment(judged: Sequence[AssessmentRecord], site: Site, as_of: datetime | None) -> datetime:
    if judged:
        return judged[0].valid_at
    return min(site.now(), as_of) if as_of else site.now()


def _readings(
    store: Store, at: datetime, dataset: str, asset_id: str, as_of: datetime | None
) -> list[Reading]:
    if as_of is None:
        return readings_until(store, at, dataset, asset_id)[dataset, asset_id]
    return store.readings(dataset, asset_id, since=at - HISTORY, until=at, as_of=as_of)


def _point_series(
    key: tuple[str, str], readings: Sequence[Reading], watched: _Watched, limits: tuple[Limit, ...], most: int
) -> PointSeries:
    variable, point_id = key
    station = watched.stations.get(point_id)
    interval = _interval(variable, station, watched.rules)
    samples = thinned(with_gaps(readings, interval), most)
    name = str(station.properties.get("name") or point_id) if station else point_id
    return PointSeries(point_id, name, variable, interval, limits, tuple(samples), len(readings))


def _interval(variable: str, station: Feature | None, rules: RulePackage) -> timedelta:
    if station is not None and station.properties.get("interval_minutes"):
        return timedelta(minutes=float(station.properties["interval_minutes"]))
    declared = rules.monitoring.variables.get(variable)
    return timedelta(hours=declared.interval_hours if declared else rules.monitoring.other_interval_hours)
