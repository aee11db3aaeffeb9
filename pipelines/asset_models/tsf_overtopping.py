"""Overtopping of facilities under the rain forecast: probability, lead time, and a decant that fails."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.asset_models import AssetInputs, Forecast
from pipelines.asset_models.known import Floats, Known, Origin
from pipelines.asset_models.tsf_facilities import Facilities
from risk_models.cards import card
from risk_models.tailings.flood import flood_defaults, runoff_flow
from risk_models.tailings.overtopping import (
    lead_time_quantile,
    overtopping_probability,
    perturbed_rain,
)
from risk_models.tailings.routing import constant_area_tables, forecast_passage
from risk_models.warning.tiers import shown_provenance

KEY = "overtopping"
_LABEL = Label("漫顶（降雨预报）", "Overtopping (rain forecast)")
_SHOWN = ("pond_level", "crest", "surface_area", "decant", "catchment", "runoff_coefficient")
_HOUR = 3600.0
_AT_ONCE = 2000  # facilities, so that the members of a province fit in memory
_NO_FORECAST = Label("无降雨预报", "No rain forecast")
_LACKING = Label("缺少库水位、滩顶高程或汇水面积", "Pond level, beach crest or catchment is not known")


@dataclass(frozen=True)
class Overtopping:
    """What the routing gave: one probability a decant share, three quantiles of the lead time."""

    shares: tuple[float, ...]
    probability: Floats
    quantiles: tuple[float, ...]
    lead_time: Floats
    hours: int
    members: int
    perturbed: bool


def overtopping(facilities: Facilities, forecast: Forecast) -> Overtopping:
    """Route the forecast through all ponds, for each share of the decant."""
    defaults = flood_defaults()
    rain = np.asarray(forecast.intensity, dtype=np.float64)
    perturbed = rain.shape[0] == 1
    members = defaults.perturbed_members if perturbed else rain.shape[0]
    count = rain.shape[2]
    probability = np.full((len(defaults.decant_shares), count), np.nan)
    lead = np.full((len(defaults.quantiles), count), np.nan)
    for begin in range(0, count, _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        some = rain[:, :, part]
        if perturbed:
            some = perturbed_rain(some[0], defaults.forecast_spread.value, members)
        for number, share in enumerate(defaults.decant_shares):
            hours = _lead_times(facilities, some, part, share, defaults.outlet_range.value)
            probability[number, part] = overtopping_probability(hours)
            if number == 0:
                lead[:, part] = [lead_time_quantile(hours, quantile) for quantile in defaults.quantiles]
    return Overtopping(
        defaults.decant_shares, probability, defaults.quantiles, lead, rain.shape[1], members, perturbed
    )


def overtopping_nodes(facilities: Facilities, inputs: AssetInputs) -> list[tuple[Evidence, ...]]:
    """Return a node for each facility with a pond; of state missing without forecast or an input."""
    if inputs.forecast is None:
        node = Evidence(KEY, _LABEL, state=EvidenceState.MISSING, method=_method(), note=_NO_FORECAST)
        return [(node,) if wet else () for wet in facilities.wet]
    found = overtopping(facilities, inputs.forecast)
    tiers = np.searchsorted(
        list(flood_defaults().tier_from.values.values()), found.probability[0], side="right"
    )
    shown = facilities.rows(_SHOWN)
    return [
        (_node(row, facilities, found, Tier(tier), shown[row], inputs.forecast),) if wet else ()
        for row, (wet, tier) in enumerate(zip(facilities.wet.tolist(), tiers.tolist(), strict=True))
    ]


def _lead_times(
    facilities: Facilities, rain: Floats, part: slice, share: float, outlet_range: float
) -> Floats:
    known = facilities
    level = known.pond_level.values[part]
    outlet = np.where(np.isnan(known.normal_level.values[part]), level, known.normal_level.values[part])
    tables = constant_area_tables(
        outlet, known.surface_area.values[part], share * known.decant.values[part], outlet_range
    )
    return forecast_passage(
        rain,
        runoff_flow(1.0, known.catchment.values[part], known.runoff_coefficient.values[part]),
        level,
        known.crest.values[part] - known.minimum_freeboard[part],
        tables.stage,
        tables.storage,
        tables.outflow,
        _HOUR,
    )


def _node(
    row: int,
    known: Facilities,
    found: Overtopping,
    asked: Tier,
    shown: tuple[Evidence, ...],
    forecast: Forecast,
) -> Evidence:
    probability = float(found.probability[0, row])
    if math.isnan(probability):
        return Evidence(
            KEY,
            _LABEL,
            state=EvidenceState.MISSING,
            method=_method(),
            note=_LACKING,
            source=forecast.source,
            inputs=shown,
        )
    standing = _standing(row, known)
    limits = flood_defaults().tier_from
    return Evidence(
        key=KEY,
        label=_LABEL,
        value=round(probability, 4),
        unit="1",
        tier=standing.cap(asked),
        state=_state(row, known.pond_level),
        method=_method(),
        standing=standing,
        provenance=shown_provenance(limits.provenance),
        threshold=f"≥ {limits.values[asked.name.lower()]:g}" if asked else "",
        valid_time=format_utc(forecast.issued_at),
        source=forecast.source,
        note=_note(found),
        inputs=(*_leads(row, found), *_shares(row, found), *shown),
    )


def _leads(row: int, found: Overtopping) -> tuple[Evidence, ...]:
    never = Label(f"{found.hours}小时预报内不漫顶", f"Never within the {found.hours} h of the forecast")
    nodes = []
    for quantile, hours in zip(found.quantiles, found.lead_time[:, row].tolist(), strict=True):
        name = f"P{quantile * 100:g}"
        nodes.append(
            Evidence(
                key=f"lead_time/{name}",
                label=Label(f"漫顶提前量{name}", f"Lead time {name}"),
                value=round(hours, 2) if math.isfinite(hours) else None,
                unit="h",
                method=card("lead_time_quantile").method,
                note=None if math.isfinite(hours) else never,
            )
        )
    return tuple(nodes)


def _shares(row: int, found: Overtopping) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(
            key=f"decant/{share:g}",
            label=Label(
                f"泄流能力剩余{share:.0%}时的漫顶概率", f"Probability with {share:.0%} of the decant"
            ),
            value=round(float(found.probability[number, row]), 4),
            unit="1",
            method=_method(),
        )
        for number, share in enumerate(found.shares)
        if number > 0
    )


def _standing(row: int, known: Facilities) -> Standing:
    """Return calibrated where the facility's own water surface, decant and runoff are known."""
    own = (known.surface_area, known.decant, known.runoff_coefficient)
    measured = known.pond_level.origin[row] == Origin.READING
    if measured and all(one.origin[row] >= Origin.REGISTER for one in own):
        return Standing.CALIBRATED
    return Standing.ILLUSTRATIVE


def _state(row: int, level: Known) -> EvidenceState:
    states = {Origin.READING: EvidenceState.SUFFICIENT, Origin.STALE: EvidenceState.STALE}
    return states.get(Origin(level.origin[row]), EvidenceState.INSUFFICIENT)


def _note(found: Overtopping) -> Label:
    zh, en = f"{found.members}个成员，{found.hours}小时", f"{found.members} members, {found.hours} h"
    if found.perturbed:
        zh, en = f"{zh}；单一预报经扰动", f"{en}; one forecast, perturbed"
    return Label(
        f"{zh}；按恒定水面演算，可信度低", f"{en}; routed with a constant water surface, low confidence"
    )


def _method() -> str:
    return card("overtopping_probability").method
