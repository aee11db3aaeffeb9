"""A rule package tried on a past period, beside the one that is active: alarms, changed colours, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
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

MOST_TIMES = 10_000

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

    Returns
    -------
    dict
        ``alarms`` (by package, month in UTC and tier), ``hours`` (of assets in each tier), ``changes``
        (assets whose colour differs at some time, with the values of the rules that explain it), ``diff``.

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
    }


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
