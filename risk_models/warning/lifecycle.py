"""The life of a warning: Alert, Update, Cancel; with expiry, and re-issued while it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from minegis.errors import InvalidInput
from minegis.levels import Label, Origin, Tier
from risk_models.rule_package import RulePackage
from risk_models.warning import messages
from risk_models.warning.assessment import Assessment
from risk_models.warning.asset import AssetRecord
from risk_models.warning.hysteresis import TierState


@dataclass(frozen=True, slots=True)
class Warning:
    """A warning as its last message left it.

    Attributes
    ----------
    identifier : str
        Of the last message (GB/T 35965.1).
    references : tuple of str
        Identifiers of the earlier messages, oldest first.
    msg_type : str
        ``Alert``, ``Update`` or ``Cancel``.
    cap_status : str
        CAP status; of sample data ``Exercise``.
    tier : Tier
        Of a cancelled warning the tier that it had.
    raised_at, updated_at, expires_at, cancelled_at : datetime
        UTC.
    """

    identifier: str
    references: tuple[str, ...]
    dataset: str
    asset_id: str
    asset_name: str
    region_code: str
    origin: Origin
    msg_type: str
    cap_status: str
    tier: Tier
    event_code: str
    event: Label
    severity: str
    urgency: str
    certainty: str
    response_type: str
    headline: Label
    description: Label
    instruction: Label
    raised_at: datetime
    updated_at: datetime
    expires_at: datetime
    cancelled_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether the warning has not been cancelled."""
        return self.cancelled_at is None


@dataclass(frozen=True, slots=True)
class WarningEvent:
    """One message, and the warning after it."""

    msg_type: str
    identifier: str
    sent_at: datetime
    warning: Warning


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """Who is told next when nobody has answered, and when."""

    level: str
    due_at: datetime


def decide(
    previous: Warning | None,
    tier_state: TierState,
    assessment: Assessment,
    asset: AssetRecord,
    rules: RulePackage,
    *,
    region_code: str,
    origin: Origin,
    sequence: int = 0,
) -> list[WarningEvent]:
    """Return the message that one evaluation sends: none or one.

    Parameters
    ----------
    previous : Warning or None
        The asset's last warning, active or cancelled.
    tier_state : TierState
        Tier shown and the time of the evaluation.
    assessment : Assessment
        The reasons.
    asset : AssetRecord
        For name and event.
    rules : RulePackage
        Section `warning`.
    region_code : str
        GB/T 2260 code of the place.
    origin : Origin
        Of the asset: a warning on sample data is an exercise.
    sequence : int
        Number of messages already sent for this region in this second.

    Raises
    ------
    InvalidInput
        If the evaluation is older than the warning.

    References
    ----------
    OASIS CAP 1.2; GB/T 35965.1-2018.
    """
    at, tier = tier_state.at, tier_state.tier
    if previous is not None and at < previous.updated_at:
        raise InvalidInput(
            "a warning must not go back in time",
            where=f"{asset.dataset}/{asset.id}",
            expected=f"{previous.updated_at} or later",
            got=str(at),
        )
    if previous is None or not previous.active:
        if tier is Tier.NONE:
            return []
        msg_type, before = "Alert", None
    elif tier is Tier.NONE:
        msg_type, before = "Cancel", previous
    elif tier is not previous.tier or _must_be_reissued(previous, at, rules):
        msg_type, before = "Update", previous
    else:
        return []
    number = messages.identifier(region_code, rules.warning.sector, at, sequence)
    made = (
        _cancelled(before, number, at, rules)
        if msg_type == "Cancel" and before
        else _issued(before, number, msg_type, tier_state, assessment, asset, rules, region_code, origin)
    )
    return [WarningEvent(msg_type, number, at, made)]


def escalation(warning: Warning, rules: RulePackage) -> tuple[EscalationStep, ...]:
    """Return who is told, and when, as long as nobody acknowledges the last message; nobody for blue."""
    policy = rules.warning.escalation
    factor = policy.factor.get(warning.tier)
    if factor is None or not warning.active:
        return ()
    return tuple(
        EscalationStep(level, warning.updated_at + timedelta(minutes=minutes * factor))
        for level, minutes in zip(policy.levels, policy.minutes, strict=True)
    )


def _must_be_reissued(previous: Warning, at: datetime, rules: RulePackage) -> bool:
    return at >= previous.expires_at - timedelta(hours=rules.warning.reissue_before_hours)


def _issued(
    before: Warning | None,
    number: str,
    msg_type: str,
    tier_state: TierState,
    assessment: Assessment,
    asset: AssetRecord,
    rules: RulePackage,
    region_code: str,
    origin: Origin,
) -> Warning:
    tier, at = tier_state.tier, tier_state.at
    words, event = rules.warning.tiers[tier], rules.warning.events[asset.dataset]
    return Warning(
        identifier=number,
        references=(*before.references, before.identifier) if before else (),
        dataset=asset.dataset,
        asset_id=asset.id,
        asset_name=asset.name,
        region_code=region_code,
        origin=origin,
        msg_type=msg_type,
        cap_status=rules.warning.status[origin],
        tier=tier,
        event_code=event.code,
        event=Label(event.label.zh, event.label.en),
        severity=words.severity,
        urgency=words.urgency,
        certainty="Observed" if messages.observed(assessment) else words.certainty_of_model,
        response_type=words.response_type,
        headline=messages.headline(asset.name, asset.dataset, tier, origin, rules),
        description=messages.description(assessment, tier, rules),
        instruction=messages.instruction(tier, rules),
        raised_at=before.raised_at if before else at,
        updated_at=at,
        expires_at=at + timedelta(hours=rules.warning.expires_hours[tier]),
    )


def _cancelled(before: Warning, number: str, at: datetime, rules: RulePackage) -> Warning:
    text = messages.headline(
        before.asset_name, before.dataset, before.tier, before.origin, rules, cancelled=True
    )
    return replace(
        before,
        identifier=number,
        references=(*before.references, before.identifier),
        msg_type="Cancel",
        headline=text,
        description=text,
        instruction=messages.instruction(Tier.NONE, rules),
        updated_at=at,
        expires_at=at,
        cancelled_at=at,
    )
