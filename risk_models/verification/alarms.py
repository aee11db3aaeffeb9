"""How hard alarms are to live with: rate, floods, chattering, stale ones, and who sends most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minegis.levels import Tier
from risk_models.verification.settings import settings


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: who sent it, when, and for how long it stood; hours on any common clock."""

    source: str
    tier: Tier
    begin: float
    end: float


def alarm_figures(alarms: Sequence[Alarm], hours: float) -> dict[str, float]:
    """Return the figures that the targets name; NaN for a share of no alarms.

    Parameters
    ----------
    alarms : sequence of Alarm
        Of one duty desk.
    hours : float, h
        The time they came in, begun at hour 0.

    References
    ----------
    EEMUA 191; ANSI/ISA-18.2-2016, clause 16.
    """
    rules = settings().alarms
    begins = np.array([alarm.begin for alarm in alarms], dtype=float)
    period = rules.period_minutes / 60
    periods = max(int(np.ceil(hours / period)), 1)
    number = np.clip((begins / period).astype(int), 0, periods - 1)
    in_period = np.bincount(number, minlength=periods)
    sources: dict[str, list[float]] = defaultdict(list)
    for alarm in alarms:
        sources[alarm.source].append(alarm.begin)
    busiest = sum(sorted((len(times) for times in sources.values()), reverse=True)[: rules.top_sources])
    total = len(alarms)
    return {
        "alarms_per_period": total / periods,
        "alarms_per_day": total / hours * 24,
        "flood_share": float((in_period > rules.flood_above).mean()),
        "top_share": busiest / total if total else float("nan"),
        "chattering": float(sum(_chatters(times) for times in sources.values())),
        "stale": float(sum(alarm.end - alarm.begin > rules.stale_hours for alarm in alarms)),
        "red_share": sum(alarm.tier is Tier.RED for alarm in alarms) / total if total else float("nan"),
    }


def _chatters(times: Sequence[float]) -> bool:
    rules = settings().alarms
    begins = sorted(times)
    return any(
        later - earlier <= rules.chatter_minutes / 60
        for earlier, later in zip(begins, begins[rules.chatter_count - 1 :], strict=False)
    )
