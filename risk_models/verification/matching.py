"""Which warning spoke of which event, how long before, and which spoke of none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minegis.levels import Tier
from risk_models.verification.contingency import Contingency
from risk_models.verification.settings import settings


@dataclass(frozen=True, slots=True)
class Stretch:
    """An unbroken time with a tier or worse, at one asset; hours on any common clock."""

    asset: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened at an asset."""

    asset: str
    at: float


@dataclass(frozen=True)
class Matched:
    """Events and warnings of one tier brought together.

    Attributes
    ----------
    table : Contingency
        Hits and misses count events, false alarms warnings, correct negatives quiet windows.
    lead_hours : tuple of float
        Of each hit: the event less the beginning of the warning; negative where the warning came late.
    """

    tier: Tier
    table: Contingency
    lead_hours: tuple[float, ...]

    def lead(self, share: float) -> float:
        """Return a quantile of the lead times in h, NaN without a hit: 0.5 the median, 0.1 the P10."""
        return float(np.quantile(self.lead_hours, share)) if self.lead_hours else float("nan")


def match(
    tier: Tier, warnings: Sequence[Stretch], events: Sequence[Occurrence], assets: Sequence[str], span: float
) -> Matched:
    """Match warnings and events of the same asset.

    A warning belongs to an event when it is in force at any time from `before_hours` before it until
    `after_hours` after it. What is left of the time is cut into windows of that length, each of them a
    correct negative.

    Parameters
    ----------
    tier : Tier
        Which the warnings reach.
    warnings : sequence of Stretch
    events : sequence of Occurrence
    assets : sequence of str
        All that were watched.
    span : float, h
        How long each was watched.
    """
    rule = settings().matching
    window = rule.before_hours + rule.after_hours
    used: set[int] = set()
    leads: list[float] = []
    by_asset: dict[str, list[int]] = {}
    for number, warning in enumerate(warnings):
        by_asset.setdefault(warning.asset, []).append(number)
    for event in events:
        own = [
            number
            for number in by_asset.get(event.asset, ())
            if warnings[number].begin <= event.at + rule.after_hours
            and warnings[number].end >= event.at - rule.before_hours
        ]
        if own:
            leads.append(event.at - min(warnings[number].begin for number in own))
            used.update(own)
    false = len(warnings) - len(used)
    windows = len(assets) * max(int(span // window), 1)
    quiet = max(windows - len(events) - false, 0)
    return Matched(tier, Contingency(len(leads), false, len(events) - len(leads), quiet), tuple(leads))
