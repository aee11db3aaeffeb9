"""The tier of every asset: its readings, its register, and what its cells and the earthquakes say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from data_catalog.store import AssessmentRecord, Feature, Store
from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import Label, Standing, Tier
from pipelines.asset_models import Forecast
from pipelines.asset_records import asset_record, readings_until
from pipelines.assets import Assets, rows_under
from pipelines.cell_columns import CellColumns
from pipelines.events import Event
from pipelines.ground import ground_evidence
from pipelines.modelled import modelled
from pipelines.progress import Progress
from pipelines.shaking import event_shaking, standing_at
from risk_models.cards import card
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Thresholds
from risk_models.seismic.intensity import seismic_intensity
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.asset import AssetRecord
from risk_models.warning.display import displayed
from risk_models.warning.hysteresis import TierState, advance
from risk_models.warning.shaking import shaking_evidence


@dataclass(frozen=True)
class AssetRisk:
    """An asset with its assessment as shown, and the state that the next run starts from."""

    feature: Feature
    asset: AssetRecord
    assessment: Assessment
    observed: Tier
    state: TierState
    record: AssessmentRecord


def assess_assets(
    store: Store,
    assets: Assets,
    columns: CellColumns,
    events: Sequence[Event],
    design: Mapping[str, Thresholds],
    forecast: Forecast | None,
    satellites: Sequence[tuple[Evidence, ...]],
    rules: RulePackage,
    at: datetime,
    progress: Progress,
) -> list[AssetRisk]:
    """Assess every asset and move its shown tier by one step."""
    readings = readings_until(store, at)
    previous = store.hysteresis()
    lon, lat = assets.places
    motions = [event_shaking(event, lon, lat) for event in events]
    points = list(zip(lon.tolist(), lat.tolist(), strict=True))
    progress.begin("对象评估 Assets", len(assets.features))
    models = modelled(
        assets.features,
        readings,
        assets.weights,
        columns,
        _magnitudes(events, motions, lon.size),
        forecast,
        rules,
        at,
    )
    found = []
    for number, (name, feature) in enumerate(assets.features):
        asset = asset_record(name, feature)
        evidence = [
            *_shaken(asset, number, points, events, motions, columns, assets, rules),
            *ground_evidence(number, columns, assets, rules, at),
            *models[number],
        ]
        assessed = assess(
            asset,
            readings[name, feature.id],
            evidence,
            rules,
            at,
            satellite_evidence=satellites[number],
            design=design,
        )
        found.append(_settle(feature, asset, assessed, previous.get((name, feature.id)), rules, at))
        progress.advance()
    return found


def _magnitudes(
    events: Sequence[Event], motions: Sequence[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]], count: int
) -> np.ndarray[Any, Any]:
    """Return the magnitude of the earthquake that shook each asset most, NaN where there was none."""
    if not events:
        return np.full(count, np.nan)
    strongest = np.argmax([np.nan_to_num(pga) for pga, _ in motions], axis=0)
    return np.array([event.magnitude for event in events])[strongest]


def _settle(
    feature: Feature,
    asset: AssetRecord,
    assessed: Assessment,
    before: Mapping[str, Any] | None,
    rules: RulePackage,
    at: datetime,
) -> AssetRisk:
    """Apply hysteresis; judged twice at one time, the state before that time is where it starts from."""
    base = _base(before, at)
    state = advance(
        base,
        assessed.tier,
        assessed.state,
        at,
        rules.hysteresis,
        holding=assessed.holding,
        reporting=assessed.reporting,
        monitored=assessed.monitored,
        answers=assessed.answers,
    )
    shown = displayed(assessed, state, rules)
    record = AssessmentRecord(
        dataset=shown.dataset,
        asset_id=shown.asset_id,
        tier=int(shown.tier),
        observed_tier=int(assessed.tier),
        statutory=int(shown.statutory),
        model=None if shown.model is None else int(shown.model),
        satellite=None if shown.satellite is None else int(shown.satellite),
        state=str(shown.state),
        score=shown.score,
        coverage=shown.coverage,
        valid_at=at,
        chain=shown.chain.to_json(),
        hysteresis={"state": state.to_json(), "before": base.to_json() if base else None},
    )
    return AssetRisk(feature, asset, shown, assessed.tier, state, record)


def _base(before: Mapping[str, Any] | None, at: datetime) -> TierState | None:
    if before is None:
        return None
    known = (before[key] for key in ("state", "before"))
    states = (TierState.from_json(each) for each in known if each)
    return next((state for state in states if state.at < at), None)


def _shaken(
    asset: AssetRecord,
    number: int,
    points: Sequence[tuple[float, float]],
    events: Sequence[Event],
    motions: Sequence[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]],
    columns: CellColumns,
    assets: Assets,
    rules: RulePackage,
) -> list[Evidence]:
    """Return a shaking node for each recent earthquake: from its ShakeMap where it reaches, else Yu 2013."""
    nodes = []
    for event, (pga, pgv) in zip(events, motions, strict=True):
        at_asset = float(pga[number]), float(pgv[number])
        method, standing = card("shaking").method, standing_at(event, *points[number])
        if event.shakemap:
            mapped = tuple(
                _worst(columns.mapped[event.shakemap][name], number, assets) for name in ("pga", "pgv")
            )
            if not np.isnan(mapped).any():
                at_asset, method, standing = (
                    (mapped[0], mapped[1]),
                    f"shakemap/{event.shakemap}",
                    Standing.VERIFIED,
                )
        nodes.append(
            shaking_evidence(
                asset,
                rules,
                intensity=float(seismic_intensity(*at_asset)),
                pga=at_asset[0],
                pgv=at_asset[1],
                standing=standing,
                method=method,
                valid_time=format_utc(event.occurred_at),
                source=event.source,
                inputs=_event_inputs(event),
            )
        )
    return nodes


def _event_inputs(event: Event) -> tuple[Evidence, ...]:
    moment = format_utc(event.occurred_at)
    shown = Label(event.name, event.name)
    return (
        Evidence("magnitude", Label("震级", "Magnitude"), event.magnitude, "1", method="register",
                 valid_time=moment, source=event.source, note=shown),
        Evidence("epicentre", Label("震中", "Epicentre"), f"{event.lon:.3f}, {event.lat:.3f}", "deg",
                 method="register", valid_time=moment, source=event.source),
    )  # fmt: skip


def _worst(column: np.ndarray[Any, Any], number: int, assets: Assets) -> float:
    values = column[rows_under(number, assets)]
    return float(np.nanmax(values)) if values.size and not np.isnan(values).all() else float("nan")
