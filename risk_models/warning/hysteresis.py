"""How a tier moves in time: confirmed by several samples, up without delay, down only after staying lower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Tier
from risk_models.rules.sections import WARNED, Debounce, Hysteresis
from risk_models.warning.answers import Answer, still_asked


@dataclass(frozen=True, slots=True)
class TierState:
    """The tier that is shown, and what is needed to decide when it may fall.

    Attributes
    ----------
    tier : Tier
        Shown.
    observed : Tier
        What the last evaluation asked for.
    state : EvidenceState
        Of the last evaluation.
    at : datetime
        Of the last evaluation, UTC.
    since : datetime
        Since when `tier` is shown.
    lower_since : datetime or None
        Since when the evidence has stayed below `tier`; None while it has not.
    lower_peak : Tier
        The worst that was asked for since then: the tier falls no further.
    reporting : frozenset of str
        Points that spoke while this tier was shown: it does not fall while one of them is silent.
    asked : frozenset of Answer
        What models asked for and have not taken back: the tier does not fall below it.
    """

    tier: Tier
    observed: Tier
    state: EvidenceState
    at: datetime
    since: datetime
    lower_since: datetime | None = None
    lower_peak: Tier = Tier.NONE
    reporting: frozenset[str] = frozenset()
    asked: frozenset[Answer] = frozenset()

    @property
    def held(self) -> bool:
        """Whether the tier shown is above what was observed."""
        return self.tier > self.observed

    def without_points(self, points: frozenset[str]) -> TierState:
        """Return the state after points were taken out of service on record."""
        return replace(self, reporting=self.reporting - points)

    def without_models(self, models: frozenset[str]) -> TierState:
        """Return the state after models, named by their keys, were taken out of service on record."""
        return replace(self, asked=frozenset(each for each in self.asked if each.model not in models))

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        asked = sorted(self.asked, key=lambda each: (each.model, each.tier, each.state))
        return {
            "tier": int(self.tier),
            "observed": int(self.observed),
            "state": str(self.state),
            "at": format_utc(self.at),
            "since": format_utc(self.since),
            "lower_since": format_utc(self.lower_since) if self.lower_since else None,
            "lower_peak": int(self.lower_peak),
            "reporting": sorted(self.reporting),
            "asked": [each.to_json() for each in asked],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> TierState:
        """Rebuild what `to_json` wrote."""
        return cls(
            tier=Tier(data["tier"]),
            observed=Tier(data["observed"]),
            state=EvidenceState(data["state"]),
            at=parse_utc(data["at"]),
            since=parse_utc(data["since"]),
            lower_since=parse_utc(data["lower_since"]) if data["lower_since"] else None,
            lower_peak=Tier(data["lower_peak"]),
            reporting=frozenset(data["reporting"]),
            asked=frozenset(Answer.from_json(each) for each in data.get("asked", ())),
        )


def advance(
    previous: TierState | None,
    observed: Tier,
    state: EvidenceState,
    at: datetime,
    policy: Hysteresis,
    *,
    holding: Tier | None = None,
    reporting: frozenset[str] = frozenset(),
    monitored: bool = True,
    answers: Sequence[Answer] = (),
) -> TierState:
    """Move the shown tier by one evaluation.

    Up: at once on the first evaluation and to red, else at most ``policy.rise_at_most`` tiers. Down: only on
    sufficient evidence from every point that spoke before, below the deadband, for the hold-off of the tier,
    and no further than what a model asked for and has not taken back.

    Parameters
    ----------
    previous : TierState or None
        None on the asset's first evaluation.
    observed : Tier
        What the evidence asks for now.
    state : EvidenceState
        Whether the evidence may be relied on.
    at : datetime
        UTC. The same time as `previous` returns `previous`.
    policy : Hysteresis
        Section of the rules.
    holding : Tier, optional
        What the evidence asks for with limits moved by their deadband, or the forecast if worse.
    reporting : frozenset of str
        Points that were heard.
    monitored : bool
        False for an asset that has no point at all: what register and models say is then all there is to wait
        for, and its tier may fall with them.
    answers : sequence of Answer
        Of all models and satellites, the silent ones too.

    Raises
    ------
    InvalidInput
        If `at` is before the previous evaluation.
    """
    if previous is None:
        asked = still_asked(frozenset(), answers)
        return TierState(observed, observed, state, at, at, reporting=reporting, asked=asked)
    if at < previous.at:
        raise InvalidInput("evaluations must not go back in time", expected=str(previous.at), got=str(at))
    if at == previous.at:
        return previous
    asked = still_asked(previous.asked, answers)
    needed = max(observed, holding or Tier.NONE, *(each.tier for each in asked))
    now = replace(
        previous,
        observed=observed,
        state=state,
        at=at,
        lower_since=None,
        lower_peak=Tier.NONE,
        reporting=reporting if previous.tier is Tier.NONE else previous.reporting | reporting,
        asked=asked,
    )
    if observed > previous.tier:
        highest = Tier.RED if observed is Tier.RED else min(previous.tier + policy.rise_at_most, Tier.RED)
        return replace(now, tier=min(observed, Tier(highest)), since=at)
    heard = (state is EvidenceState.SUFFICIENT or not monitored) and previous.reporting <= reporting
    if needed >= previous.tier or not heard:
        return now
    since = previous.lower_since or at
    peak = max(needed, previous.lower_peak)
    if at - since < timedelta(hours=policy.hold_off_hours[previous.tier]):
        return replace(now, lower_since=since, lower_peak=peak)
    return replace(
        now,
        tier=peak,
        since=at,
        lower_since=at if needed < peak else None,
        lower_peak=needed if needed < peak else Tier.NONE,
        reporting=reporting,
    )


def debounced(levels: Sequence[Tier], policy: Debounce) -> Tier:
    """Return the worst tier that enough of the last samples reach.

    Parameters
    ----------
    levels : sequence of Tier
        Of consecutive samples, oldest first. Of fewer samples than ``n`` all must agree, up to ``k``.
    policy : Debounce
        `k` of the last `n` for each tier.
    """
    confirmed = Tier.NONE
    for tier in WARNED:
        rule = policy.samples[tier]
        recent = levels[-rule.n :]
        if recent and sum(level >= tier for level in recent) >= min(rule.k, len(recent)):
            confirmed = tier
    return confirmed
