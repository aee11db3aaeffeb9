"""What the last run saw and said, kept in memory so that a supposition costs only what it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data_catalog.dataset import datasets
from data_catalog.site import Site
from data_catalog.store import AssessmentRecord, Feature, RegionRiskRecord, RunRecord, Store
from minegis.errors import NotFound, StoreConflict
from minegis.evidence import Evidence
from minegis.reading import Reading
from pipelines.asset_models import Floats, Forecast
from pipelines.asset_records import asset_record, designers_limits, readings_until
from pipelines.assets import Assets
from pipelines.cell_columns import CellColumns
from pipelines.cell_places import kept_places
from pipelines.forecast import rain_forecast
from pipelines.region_parts import RegionParts, parts_of_regions, regions_of
from pipelines.rule_state import active_rules
from pipelines.steps.weights import asset_weights
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Thresholds
from risk_models.warning import shaking
from risk_models.warning.asset import AssetRecord

SHOWN = ("tier", "score", "p")
_NOT_INPUTS = frozenset({"cell", "state", "assets", "area", *SHOWN})
_SETTLED = timedelta(hours=48)  # before the newest reading of a point; no rule compares older ones


@dataclass(frozen=True)
class Baseline:
    """A run as it was judged. All sequences are in the order of `assets`.

    Attributes
    ----------
    columns : CellColumns
        At the finest resolution.
    shown : dict of (n,) arrays
        Tier, score and probability of the cells as published.
    stored : sequence of AssessmentRecord
        Without their chains.
    readings : sequence of sequence of Reading
    recent : sequence of sequence of Reading
        Those that rules compare; models may look further back.
    shaken : sequence of tuple of Evidence
        The nodes of the recent earthquakes.
    satellites : sequence of tuple of Evidence
    magnitude : (assets,) float
        Of the earthquake that shook each facility most, NaN where there was none.
    regions : RegionParts
    region_risks : mapping of RegionRiskRecord
        By code.
    """

    run: RunRecord
    resolution: int
    rules: RulePackage
    columns: CellColumns
    shown: Mapping[str, NDArray[Any]]
    assets: Assets
    records: Sequence[AssetRecord]
    stored: Sequence[AssessmentRecord]
    readings: Sequence[Sequence[Reading]]
    recent: Sequence[Sequence[Reading]]
    design: Mapping[str, Thresholds]
    forecast: Forecast | None
    shaken: Sequence[tuple[Evidence, ...]]
    satellites: Sequence[tuple[Evidence, ...]]
    magnitude: Floats
    regions: RegionParts
    region_risks: Mapping[str, RegionRiskRecord]

    @property
    def at(self) -> datetime:
        """The time that the run judged."""
        return self.run.reference_time

    def key(self, row: int) -> tuple[str, str]:
        """Return dataset and id of an asset."""
        return self.records[row].dataset, self.records[row].id

    @property
    def debounce_hours(self) -> float:
        """How long samples of a point are asked to agree."""
        return self.rules.hysteresis.debounce.window_hours


def read_baseline(site: Site, store: Store) -> Baseline:
    """Read the last run with everything it was judged by.

    Raises
    ------
    NotFound
        If nothing is published.
    StoreConflict
        If the run was judged under other rules than those that are active now.
    """
    run, snapshots = store.last_run(), store.snapshots()
    if run is None or not snapshots:
        raise NotFound("no run is published", where=str(site.folder), expected="`minegis run`")
    rules = active_rules(site, store)
    resolution = max(snapshots)
    columns, shown = _cells(site, snapshots[resolution].path)
    judged = {(each.dataset, each.asset_id): each for each in store.assessments()}
    features = _judged_features(store, judged)
    stored = [judged[name, feature.id] for name, feature in features]
    _same_rules(stored, rules)
    shapes = np.array([feature.geometry for _, feature in features], dtype=object)
    assets = Assets(tuple(features), asset_weights(shapes, columns.cells))
    heard = readings_until(store, run.reference_time)
    readings = [heard.get((name, feature.id), []) for name, feature in features]
    voices = [_voices(each.chain) for each in stored]
    return Baseline(
        run=run,
        resolution=resolution,
        rules=rules,
        columns=columns,
        shown=shown,
        assets=assets,
        records=[asset_record(name, feature) for name, feature in features],
        stored=[replace(each, chain={}, hysteresis={}) for each in stored],
        readings=readings,
        recent=[_recent(each) for each in readings],
        design=designers_limits(store)[0],
        forecast=rain_forecast(site, *assets.places, run.reference_time),
        shaken=[_nodes(each, "model", shaking.KEY) for each in voices],
        satellites=[_nodes(each, "satellite") for each in voices],
        magnitude=np.array([_magnitude(each) for each in voices], dtype=np.float64),
        regions=parts_of_regions(regions_of(store), assets, columns, site.path("weights")),
        region_risks=store.region_risks(),
    )


def _judged_features(
    store: Store, judged: Mapping[tuple[str, str], AssessmentRecord]
) -> list[tuple[str, Feature]]:
    """Return the assets that the run judged and that are still there."""
    names = [name for name, each in datasets().items() if each.asset]
    found = ((name, feature) for name in names for feature in store.features(name))
    return [(name, feature) for name, feature in found if (name, feature.id) in judged]


def _same_rules(stored: Sequence[AssessmentRecord], rules: RulePackage) -> None:
    other = next((each for each in stored if each.chain["method"] != rules.method), None)
    if other is not None:
        raise StoreConflict(
            "the rules have changed since the last run",
            where=f"{other.dataset}/{other.asset_id}",
            expected="`minegis run`, then ask again",
            got=f"judged under {other.chain['method']}",
        )


def _cells(site: Site, path: str) -> tuple[CellColumns, dict[str, NDArray[Any]]]:
    with pq.ParquetFile(site.path(path)) as file:
        table = file.read()
    said = {name: orjson.loads(text) for name, text in (table.schema.metadata or {}).items()
            if name in (b"minegis_sources", b"minegis_missing")}  # fmt: skip
    if "area" not in table.schema.names or b"minegis_sources" not in said:
        raise StoreConflict(
            "the cells of the last run hold too little to be judged again",
            where="cells of the last run",
            expected="`minegis run`, then ask again",
            got=", ".join(table.schema.names),
        )
    cells = table.column("cell").to_numpy().astype(np.uint64)
    lon, lat, area_km2 = kept_places(site.path("weights"), cells)
    columns = CellColumns(cells, lon, lat, table.column("area").to_numpy(), area_km2=area_km2)
    for name in table.schema.names:
        if name not in _NOT_INPUTS and not name.startswith("tier_"):
            columns.set(name, table.column(name).to_numpy(), *said[b"minegis_sources"].get(name, [""]))
    columns.missing = {name: tuple(inputs) for name, inputs in said.get(b"minegis_missing", {}).items()}
    return columns, {name: table.column(name).to_numpy() for name in SHOWN}


def _voices(chain: Mapping[str, Any]) -> dict[str, Sequence[Mapping[str, Any]]]:
    return {str(node["key"]): node.get("inputs", ()) for node in chain.get("inputs", ())}


def _nodes(
    voices: Mapping[str, Sequence[Mapping[str, Any]]], voice: str, key: str = ""
) -> tuple[Evidence, ...]:
    found = (node for node in voices.get(voice, ()) if not key or node["key"] == key)
    return tuple(Evidence.from_json(dict(node)) for node in found)


def _magnitude(voices: Mapping[str, Sequence[Mapping[str, Any]]]) -> float:
    """Return the magnitude that the models of a facility took, NaN where they took none of an earthquake."""
    for node in voices.get("model", ()):
        for each in node.get("inputs", ()):
            if each["key"] == "magnitude" and each.get("method") == "reading":
                return float(each["value"])
    return float("nan")


def _recent(readings: Sequence[Reading]) -> list[Reading]:
    """Leave out what is so much older than the last usable reading of its point that no rule compares it."""
    newest: dict[tuple[str, str], datetime] = {}
    for one in readings:
        if one.value is not None and one.quality.usable:
            key = one.point_id, one.variable
            newest[key] = max(newest.get(key, one.observed_at), one.observed_at)
    return [
        one
        for one in readings
        if (one.point_id, one.variable) not in newest
        or newest[one.point_id, one.variable] - one.observed_at <= _SETTLED
    ]
