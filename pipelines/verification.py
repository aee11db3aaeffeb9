"""What the warnings of a site were worth: its history judged again and compared with what happened."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_catalog.store import Feature, Store
from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput
from minegis.levels import Origin, Tier
from pipelines.replay import AssetReplay, Replay, replay
from risk_models.rule_package import RulePackage
from risk_models.verification.alarms import Alarm, alarm_figures
from risk_models.verification.contingency import Rate
from risk_models.verification.edumap import DurationMatrix, duration_matrix, event_class
from risk_models.verification.matching import Matched, Occurrence, Stretch, match
from risk_models.verification.settings import settings

WARNED = (Tier.BLUE, Tier.YELLOW, Tier.ORANGE, Tier.RED)
NATION = "all"


@dataclass(frozen=True)
class Incident:
    """Something that happened at an asset, and how bad it was."""

    id: str
    name: str
    asset: str
    grade: str
    at: datetime
    end: datetime
    origin: Origin


@dataclass(frozen=True)
class Verification:
    """The warnings of a period against what happened in it.

    Attributes
    ----------
    replay : Replay
    incidents : tuple of Incident
        Inside the period, at assets that were watched.
    elsewhere : int
        Incidents that fell outside the period or at an asset that was not watched.
    tiers : tuple of Matched
        From blue to red.
    regions : mapping of DurationMatrix
        Asset-hours by province code, and of all.
    names : mapping of str
        Of those provinces, where the store has them.
    alarms : mapping of float
        Figures of alarm management.
    made_up : bool
        Whether anything that was compared is made up.
    """

    replay: Replay
    incidents: tuple[Incident, ...]
    elsewhere: int
    tiers: tuple[Matched, ...]
    regions: Mapping[str, DurationMatrix]
    names: Mapping[str, str]
    alarms: Mapping[str, float]
    made_up: bool


def verify(
    store: Store, rules: RulePackage, since: datetime, until: datetime, step: timedelta
) -> Verification:
    """Judge the assets that were watched since the beginning of a period, and compare.

    Parameters
    ----------
    store : Store
        Read, never written.
    rules : RulePackage
    since, until : datetime
    step : timedelta
        Between two evaluations; a warning begins and ends on a step.

    Raises
    ------
    InvalidInput
        If nothing was measured before the period, or the period is shorter than a step.
    """
    if until - since < step:
        raise InvalidInput("too short a period", expected=f"{step} or more", got=str(until - since))
    heard = store.newest_readings(before=since + step)
    watched = {(reading.dataset, reading.asset_id) for reading in heard}
    if not watched:
        raise InvalidInput(
            "nothing was measured before the period",
            where="verification",
            expected="readings",
            got=str(since),
        )
    times = [since + step * number for number in range(int((until - since) / step) + 1)]
    again = replay(store, rules, times, watched=watched)
    recorded = [_incident(feature) for feature in store.features("incident")]
    names = {_key(asset) for asset in again.assets}
    incidents = tuple(one for one in recorded if since <= one.at <= until and one.asset in names)
    origins = {reading.origin for reading in heard} | {one.origin for one in incidents}
    return Verification(
        replay=again,
        incidents=incidents,
        elsewhere=len(recorded) - len(incidents),
        tiers=tuple(_matched(tier, again, incidents) for tier in WARNED),
        regions=(regions := _duration_matrices(again, incidents)),
        names={
            region.id: str(region.properties["name"])
            for region in store.features("region", where={"code": list(regions)})
        },
        alarms=_alarms(again),
        made_up=Origin.SAMPLE in origins,
    )


def _incident(feature: Feature) -> Incident:
    at = parse_utc(feature.properties["occurred_at"], where=f"incident/{feature.id}")
    hours = float(feature.properties["duration_hours"] or 0.0)
    return Incident(
        feature.id,
        str(feature.properties["name"]),
        f"{feature.properties['asset_dataset']}/{feature.properties['asset_id']}",
        str(feature.properties["grade"]),
        at,
        at + timedelta(hours=hours),
        feature.origin,
    )


def _key(asset: AssetReplay) -> str:
    return f"{asset.dataset}/{asset.asset_id}"


def _hours(at: datetime, times: Sequence[datetime]) -> float:
    return (at - times[0]).total_seconds() / 3600


def _matched(tier: Tier, again: Replay, incidents: Sequence[Incident]) -> Matched:
    stretches = [stretch for asset in again.assets for stretch in _stretches(asset, tier, again.times)]
    events = [Occurrence(one.asset, _hours(one.at, again.times)) for one in incidents]
    names = [_key(asset) for asset in again.assets]
    return match(tier, stretches, events, names, _hours(again.times[-1], again.times))


def _stretches(asset: AssetReplay, tier: Tier, times: Sequence[datetime]) -> list[Stretch]:
    reached = np.concatenate([[False], asset.shown >= tier, [False]])
    begins, ends = np.flatnonzero(reached[1:] & ~reached[:-1]), np.flatnonzero(~reached[1:] & reached[:-1])
    hours = [_hours(at, times) for at in times]
    return [
        Stretch(_key(asset), hours[begin], hours[min(end, len(hours) - 1)])
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]


def _duration_matrices(again: Replay, incidents: Sequence[Incident]) -> dict[str, DurationMatrix]:
    """Add up asset-hours by province: an asset's tier against what was under way, or about to be, there."""
    ahead = settings().edumap.lead_hours
    length = np.array([_hours(at, again.times) for at in again.times])
    hours = np.diff(length)
    found: dict[str, NDArray[np.float64]] = {}
    for asset in again.assets:
        classes = np.zeros(len(again.times), dtype=np.int64)
        for one in incidents:
            if one.asset == _key(asset):
                begin = int(np.searchsorted(length, _hours(one.at, again.times) - ahead, side="right")) - 1
                begin = max(begin, 0)
                end = max(int(np.searchsorted(length, _hours(one.end, again.times))), begin + 1)
                classes[begin:end] = np.maximum(classes[begin:end], event_class(one.grade))
        matrix = duration_matrix(classes[:-1], asset.shown[:-1].astype(np.int64), hours).hours
        for region in (NATION, f"{asset.region_code[:2]}0000"):
            found[region] = found.get(region, np.zeros_like(matrix)) + matrix
    return {region: DurationMatrix(matrix) for region, matrix in sorted(found.items())}


def _alarms(again: Replay) -> dict[str, float]:
    end = _hours(again.times[-1], again.times)
    raised = [
        Alarm(
            f"{spell.dataset}/{spell.asset_id}",
            spell.tier,
            _hours(spell.begin, again.times),
            _hours(spell.end, again.times) if spell.end else end,
        )
        for spell in again.spells()
        if spell.raised
    ]
    return alarm_figures(raised, end)


def figures(found: Verification) -> dict[str, Any]:
    """Return everything that a report shows, as plain JSON values; what is not defined is null."""
    times = found.replay.times
    return {
        "made_up": found.made_up,
        "rules": found.replay.rules,
        "since": format_utc(times[0]),
        "until": format_utc(times[-1]),
        "step_hours": _hours(times[1], times),
        "assets": len(found.replay.assets),
        "incidents": len(found.incidents),
        "incidents_elsewhere": found.elsewhere,
        "matching": settings().matching.model_dump(),
        "edumap_lead_hours": settings().edumap.lead_hours,
        "tiers": [_tier_figures(each) for each in found.tiers],
        "regions": [
            {
                "code": code,
                "name": found.names.get(code, code),
                "hours": matrix.hours.tolist(),
                "indices": {name: _finite(value) for name, value in matrix.indices.items()},
            }
            for code, matrix in found.regions.items()
        ],
        "alarms": {name: _finite(value) for name, value in found.alarms.items()},
    }


def _tier_figures(matched: Matched) -> dict[str, Any]:
    table = matched.table
    scores = {"bias": table.bias, "pss": table.pss, "hss": table.hss, "edi": table.edi, "sedi": table.sedi}
    return {
        "tier": int(matched.tier),
        "hits": table.hits,
        "false_alarms": table.false_alarms,
        "misses": table.misses,
        "correct_negatives": table.correct_negatives,
        **{name: _rate(rate) for name, rate in (
            ("pod", table.pod), ("far", table.far), ("csi", table.csi), ("pofd", table.pofd)
        )},
        **{name: _finite(value) for name, value in scores.items()},
        "lead_hours": {
            "median": _finite(matched.lead(0.5)),
            "p10": _finite(matched.lead(0.1)),
            "each": [round(hours, 2) for hours in matched.lead_hours],
        },
    }  # fmt: skip


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval()
    return {
        "value": _finite(rate.value),
        "low": low,
        "high": high,
        "of": rate.trials,
        "shown": rate.shown(),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def evidence_digest(found: Verification) -> str:
    """Return a SHA-256 of what was compared: tiers shown, incidents, rules."""
    digest = hashlib.sha256(found.replay.rules.encode())
    for asset in found.replay.assets:
        digest.update(_key(asset).encode() + asset.shown.tobytes())
    digest.update(json.dumps([[one.id, format_utc(one.at), one.grade] for one in found.incidents]).encode())
    return digest.hexdigest()
