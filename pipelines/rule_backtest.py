"""A rule package tried on a past period, beside the one that is active: alarms, changed colours, and why."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from data_catalog.store import Store
from minegis.clock import format_utc
from minegis.errors import InvalidInput
from minegis.levels import Tier
from pipelines.replay import AssetReplay, Replay, replay
from risk_models.rule_diff import Difference, differences
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import WARNED
from risk_models.verification.matching import Occurrence, Stretch, match

MOST_TIMES = 10_000


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened at an asset: what warnings are for."""

    dataset: str
    asset_id: str
    at: datetime


# Section of the rules that each kind of evidence rests on.
_SECTIONS = {"item": "items", "hazard": "triggers", "weather": "weather_warnings"}
_ALONE = {"shaking": "seismic", "data_alarm": "monitoring"}
_OF_ALL = ("promotion", "hysteresis", "monitoring", "tsf_class", "freeboard", "dry_beach", "phreatic")


def backtest(
    store: Store,
    active: RulePackage,
    candidate: RulePackage,
    since: datetime,
    until: datetime,
    step: timedelta,
    incidents: Sequence[Incident] = (),
) -> dict[str, Any]:
    """Judge every asset over a period under two packages and report what differs.

    Parameters
    ----------
    store : Store
        Read, never written.
    since, until : datetime
        Both judged; what stood at `since` already is no alarm of the period.
    step : timedelta
        Between two evaluations.
    incidents : sequence of Incident, optional
        What happened at the assets in the period.

    Returns
    -------
    dict
        ``alarms`` (by package, month in UTC and tier), ``hours`` (of assets in each tier), ``changes``
        (assets whose colour differs at some time, with the values of the rules that explain it), ``diff``,
        ``verification`` (scores by package and tier; None where no incident of these assets is known).

    Raises
    ------
    InvalidInput
        If the period is empty, or asks for too many evaluations.
    """
    times = _times(since, until, step)
    old, new = (replay(store, rules, times) for rules in (active, candidate))
    diff = differences(active, candidate)
    changes = [
        change
        for before, after in zip(old.assets, new.assets, strict=True)
        if (change := _change(before, after, times, diff)) is not None
    ]
    return {
        "period": {
            "since": format_utc(since),
            "until": format_utc(until),
            "step_hours": step / timedelta(hours=1),
            "evaluations": len(times),
        },
        "active": _named(active),
        "candidate": _named(candidate),
        "assets": len(old.assets),
        "sample_assets": sum(each.origin == "sample" for each in old.assets),
        "alarms": {"active": _alarms(old), "candidate": _alarms(new)},
        "hours": {"active": _hours(old, step), "candidate": _hours(new, step)},
        "changes": changes,
        "diff": [each.to_json() for each in diff],
        "verification": _verification(old, new, incidents),
    }


def _verification(old: Replay, new: Replay, incidents: Sequence[Incident]) -> dict[str, Any] | None:
    watched = {(asset.dataset, asset.asset_id) for asset in old.assets}
    begin, end = old.times[0], old.times[-1]
    known = [
        each for each in incidents if (each.dataset, each.asset_id) in watched and begin <= each.at <= end
    ]
    if not known:
        return None
    return {"incidents": len(known), "active": _scores(old, known), "candidate": _scores(new, known)}


def _scores(found: Replay, incidents: Sequence[Incident]) -> dict[str, Any]:
    """Return hits, misses, false alarms and the rates of each tier or worse, with Wilson intervals."""
    names = [f"{asset.dataset}/{asset.asset_id}" for asset in found.assets]
    hours = _hours_since(found.times[0], found.times)
    events = [
        Occurrence(f"{each.dataset}/{each.asset_id}", _hours_since(found.times[0], [each.at])[0])
        for each in incidents
    ]
    scores = {}
    for tier in WARNED:
        stretches = [
            Stretch(name, hours[begin], hours[min(end, len(hours) - 1)])
            for name, asset in zip(names, found.assets, strict=True)
            for begin, end in _unbroken(asset.shown >= tier)
        ]
        matched = match(tier, stretches, events, names, hours[-1])
        table, lead = matched.table, matched.lead(0.5)
        scores[tier.name.lower()] = {
            "hits": table.hits,
            "misses": table.misses,
            "false_alarms": table.false_alarms,
            "pod": table.pod.shown(),
            "far": table.far.shown(),
            "csi": table.csi.shown(),
            "median_lead_hours": lead if math.isfinite(lead) else None,
        }
    return scores


def _hours_since(begin: datetime, times: Sequence[datetime]) -> list[float]:
    return [(at - begin) / timedelta(hours=1) for at in times]


def _unbroken(warned: np.ndarray[Any, Any]) -> list[tuple[int, int]]:
    """Return first and one past the last step of each stretch."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], warned, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _times(since: datetime, until: datetime, step: timedelta) -> list[datetime]:
    if not (since < until and step > timedelta(0)):
        raise InvalidInput(
            "an empty period",
            where="since, until, step",
            expected="since before until, a step above 0",
            got=f"{format_utc(since)}, {format_utc(until)}, {step}",
        )
    number = int((until - since) / step) + 1
    if number > MOST_TIMES:
        raise InvalidInput(
            "too many evaluations", where="step", expected=f"at most {MOST_TIMES}", got=str(number)
        )
    return [since + n * step for n in range(number)]


def _named(rules: RulePackage) -> dict[str, str]:
    return {"id": rules.id, "version": rules.version, "digest": rules.digest}


def _alarms(found: Replay) -> dict[str, dict[str, int]]:
    """Return how many warnings were raised or made worse, by month and tier; every month has every tier."""
    months = dict.fromkeys(f"{at:%Y-%m}" for at in found.times)
    counted: dict[str, Counter[Tier]] = defaultdict(Counter)
    for spell in found.spells():
        if spell.raised and spell.begin > found.times[0]:
            counted[f"{spell.begin:%Y-%m}"][spell.tier] += 1
    return {month: {tier.name.lower(): counted[month][tier] for tier in WARNED} for month in months}


def _hours(found: Replay, step: timedelta) -> dict[str, float]:
    each = step / timedelta(hours=1)
    shown = [asset.shown for asset in found.assets]
    counts = np.bincount(np.concatenate(shown), minlength=len(Tier)) if shown else np.zeros(len(Tier))
    return {tier.name.lower(): float(counts[tier] * each) for tier in Tier}


def _change(
    before: AssetReplay, after: AssetReplay, times: Sequence[datetime], diff: Sequence[Difference]
) -> dict[str, Any] | None:
    """Return how one asset's colour differs, None where it never does."""
    differs = np.flatnonzero(before.shown != after.shown)
    if differs.size == 0:
        return None
    first = int(differs[0])
    keys = sorted({key for step in differs.tolist() for key in (*before.fired[step], *after.fired[step])})
    return {
        "dataset": after.dataset,
        "id": after.asset_id,
        "name": after.name,
        "county_code": after.region_code,
        "origin": str(after.origin),
        "first_at": format_utc(times[first]),
        "from": _word(before.shown[first]),
        "to": _word(after.shown[first]),
        "at_end": {"from": _word(before.shown[-1]), "to": _word(after.shown[-1])},
        "evaluations": int(differs.size),
        "worse": int((after.shown > before.shown).sum()),
        "milder": int((after.shown < before.shown).sum()),
        "fired": {"active": list(before.fired[first]), "candidate": list(after.fired[first])},
        "why": [each.to_json() for each in _reasons(keys, diff)],
    }


def _word(tier: Any) -> str:
    return Tier(int(tier)).name.lower()


def _reasons(keys: Sequence[str], diff: Sequence[Difference]) -> list[Difference]:
    """Return the differences in what fired; where there are none, those that hold for every asset."""
    prefixes = []
    for key in keys:
        kind, _, name = key.partition("/")
        section = _SECTIONS.get(kind)
        prefixes.append(f"{section}.{name}." if section else f"{_ALONE.get(kind, kind)}.")
    found = [each for each in diff if each.field.startswith(tuple(prefixes))]
    return found or [each for each in diff if each.field.split(".")[0] in _OF_ALL]
