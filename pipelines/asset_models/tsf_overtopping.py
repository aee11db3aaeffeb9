"""Overtopping of facilities under the rain forecast: probability, lead time, and a decant that fails."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from pipelines.asset_models import AssetInputs, Forecast
from pipelines.asset_models.known import Floats, Origin
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
_CARD = "overtopping_probability"
_STATES: dict[int, EvidenceState] = {
    Origin.READING: EvidenceState.SUFFICIENT,
    Origin.STALE: EvidenceState.STALE,
}
_LABEL = Label("漫顶（降雨预报）", "Overtopping (rain forecast)")
_SHOWN = ("pond_level", "crest", "surface_area", "decant", "catchment", "runoff_coefficient")
_HOUR = 3600.0
_AT_ONCE = 2000  # facilities, so that the members of a province fit in memory
_NO_FORECAST = Label("无降雨预报", "No rain forecast")
_LACKING = Label(
    "缺少库水位、滩顶高程、汇水面积、库水面积，或定等所需的库容与坝高",
    "Pond level, beach crest, catchment, water surface, or the storage and height of the class are not known",
)


@dataclass(frozen=True)
class Overtopping:
    """What the routing gave: one probability a decant share, three quantiles of the lead time.

    `unknown` counts the members that do not say whether each pond overtops.
    """

    shares: tuple[float, ...]
    probability: Floats
    quantiles: tuple[float, ...]
    lead_time: Floats
    unknown: NDArray[np.intp]
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
    unknown = np.zeros(count, dtype=np.intp)
    for begin in range(0, count, _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        some = np.ascontiguousarray(rain[:, :, part])
        if perturbed:
            some = perturbed_rain(some[0], defaults.forecast_spread.value, members)
        for number, share in enumerate(defaults.decant_shares):
            hours = _lead_times(facilities, some, part, share, defaults.outlet_range.value)
            probability[number, part] = overtopping_probability(hours)
            if number == 0:
                unknown[part] = np.isnan(hours).sum(axis=0)
                lead[:, part] = [lead_time_quantile(hours, quantile) for quantile in defaults.quantiles]
    return Overtopping(
        defaults.decant_shares,
        probability,
        defaults.quantiles,
        lead,
        unknown,
        rain.shape[1],
        members,
        perturbed,
    )


def overtopping_nodes(facilities: Facilities, inputs: AssetInputs) -> list[tuple[Evidence, ...]]:
    """Return a node for each facility with a pond; of state missing without forecast or an input."""
    if inputs.forecast is None:
        node = Evidence(
            KEY, _LABEL, state=EvidenceState.MISSING, method=card(_CARD).method, note=_NO_FORECAST
        )
        return [(node,) if wet else () for wet in facilities.wet]
    found = overtopping(facilities, inputs.forecast)
    tiers = np.searchsorted(
        list(flood_defaults().tier_from.values.values()), found.probability[0], side="right"
    )
    beneath = zip(_leads(found), _shares(found), facilities.rows(_SHOWN), strict=True)
    standing = _standing(facilities)
    limits, method = flood_defaults().tier_from, card(_CARD).method
    provenance, issued = shown_provenance(limits.provenance), format_utc(inputs.forecast.issued_at)
    thresholds = {tier: f"≥ {limits.values[tier.name.lower()]:g}" if tier else "" for tier in Tier}
    rows = zip(
        found.probability[0].tolist(),
        tiers.tolist(),
        found.unknown.tolist(),
        facilities.wet.tolist(),
        beneath,
        strict=True,
    )
    nodes: list[tuple[Evidence, ...]] = []
    for row, (probability, tier, unknown, wet, (leads, shares, shown)) in enumerate(rows):
        known = not math.isnan(probability)
        asked = Tier(tier) if known else Tier.NONE
        node = Evidence(
            key=KEY,
            label=_LABEL,
            value=round(probability, 4) if known else None,
            unit="1",
            tier=standing[row].cap(asked),
            state=_state(int(facilities.pond_level.origin[row]), known, unknown),
            method=method,
            standing=standing[row],
            provenance=provenance,
            threshold=thresholds[asked],
            valid_time=issued,
            source=inputs.forecast.source,
            note=_note(found, unknown) if known else _LACKING,
            inputs=(*leads, *shares, *shown) if known else shown,
        )
        nodes.append((node,) if wet else ())
    return nodes


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


def _leads(found: Overtopping) -> list[tuple[Evidence, ...]]:
    """Return the quantiles of the lead time of each facility, never shown as a number that it is not."""
    never = Label(f"{found.hours}小时预报内不漫顶", f"Never within the {found.hours} h of the forecast")
    method = card("lead_time_quantile").method
    columns = []
    for quantile, hours in zip(found.quantiles, found.lead_time.tolist(), strict=True):
        name = f"P{quantile * 100:g}"
        label = Label(f"漫顶提前量{name}", f"Lead time {name}")
        columns.append(
            [
                Evidence(
                    key=f"lead_time/{name}",
                    label=label,
                    value=round(hour, 2) if math.isfinite(hour) else None,
                    unit="h",
                    method=method,
                    note=None if math.isfinite(hour) else never,
                )
                for hour in hours
            ]
        )
    return list(zip(*columns, strict=True))


def _shares(found: Overtopping) -> list[tuple[Evidence, ...]]:
    """Return the probability of each facility with its decant blocked in part and failed."""
    columns = []
    for share, probabilities in list(zip(found.shares, found.probability.tolist(), strict=True))[1:]:
        label = Label(f"泄流能力剩余{share:.0%}时的漫顶概率", f"Probability with {share:.0%} of the decant")
        key, method = f"decant/{share:g}", card(_CARD).method
        columns.append([Evidence(key, label, round(one, 4), "1", method=method) for one in probabilities])
    return list(zip(*columns, strict=True))


def _standing(known: Facilities) -> list[Standing]:
    """Return calibrated where the level is measured and the water surface, decant and runoff are its own."""
    own = (known.surface_area, known.decant, known.runoff_coefficient)
    trusted = known.pond_level.at_least(Origin.READING) & np.logical_and.reduce(
        [one.at_least(Origin.REGISTER) for one in own]
    )
    return [Standing.CALIBRATED if each else Standing.ILLUSTRATIVE for each in trusted.tolist()]


def _state(origin: int, known: bool, unknown: int) -> EvidenceState:
    """Return how far a node may be relied on: no further than its pond level, nor than all its members."""
    if not known:
        return EvidenceState.MISSING
    return EvidenceState.INSUFFICIENT if unknown else _STATES.get(origin, EvidenceState.INSUFFICIENT)


def _note(found: Overtopping, unknown: int) -> Label:
    zh, en = f"{found.members}个成员，{found.hours}小时", f"{found.members} members, {found.hours} h"
    if unknown:
        zh = f"{zh}；其中{unknown}个未知，按未漫顶计"
        en = f"{en}; {unknown} of them unknown, counted as not overtopping"
    if found.perturbed:
        zh, en = f"{zh}；单一预报经扰动", f"{en}; one forecast, perturbed"
    return Label(
        f"{zh}；按恒定水面演算，可信度低", f"{en}; routed with a constant water surface, low confidence"
    )
