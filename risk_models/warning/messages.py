"""What a warning says, and how it is numbered."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.evidence import Evidence
from minegis.levels import Label, Origin, Tier
from risk_models.rule_package import RulePackage
from risk_models.warning.assessment import Assessment
from risk_models.warning.display import KEY as HELD

_BEIJING = timezone(timedelta(hours=8))


def identifier(region_code: str, sector: str, sent: datetime, sequence: int) -> str:
    """Number of a message, 31 characters: ``ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N``.

    Parameters
    ----------
    region_code : str
        GB/T 2260, six digits.
    sector : str
        GB/T 4657, three digits.
    sent : datetime
        Aware; written in Beijing time.
    sequence : int
        0 to 999 999 within one second: the last digit is N, the others fill the extension XX and then UUU.

    Raises
    ------
    InvalidInput
        If a part does not fit its place.

    References
    ----------
    GB/T 35965.1-2018.
    """
    for name, code, digits in (("region_code", region_code, 6), ("sector", sector, 3)):
        if not re.fullmatch(rf"[0-9]{{{digits}}}", code):
            raise InvalidInput("not a code", where=name, expected=f"{digits} digits", got=repr(code))
    if not 0 <= sequence <= 999_999:
        raise InvalidInput(
            "too many messages in one second", where="sequence", expected="0 to 999999", got=str(sequence)
        )
    if sent.tzinfo is None:
        raise InvalidInput("a time without offset", where="sent", got=str(sent))
    extension, number = divmod(sequence, 10)
    moment = sent.astimezone(_BEIJING).strftime("%Y%m%d%H%M%S")
    return f"{region_code}{sector}{extension:05d}_{moment}_{number}"


def headline(
    name: str, dataset: str, tier: Tier, origin: Origin, rules: RulePackage, *, cancelled: bool = False
) -> Label:
    """Return the headline; of sample data it says so first."""
    section = rules.warning
    template = section.cancel_headline if cancelled else section.headline
    event = section.events[dataset].label
    mark = section.sample_mark if origin is Origin.SAMPLE else BilingualText(zh="", en="")
    return Label(
        mark.zh + template.zh.format(name=name, event=event.zh, colour=tier.label.zh, numeral=tier.numeral),
        mark.en + template.en.format(name=name, event=event.en, colour=tier.label.en, numeral=tier.numeral),
    )


def description(assessment: Assessment, shown: Tier, rules: RulePackage) -> Label:
    """Return the reasons: every node that asks for the worst tier, and how good the evidence is."""
    section = rules.warning
    asked = max((node.tier for node in _reasons(assessment.chain)), default=Tier.NONE)
    zh, en = "", ""
    if shown > asked:
        zh += section.held.zh.format(colour=shown.label.zh)
        en += section.held.en.format(colour=shown.label.en.lower())
        for note in _silences(assessment.chain):
            zh += f"{note.zh}。"
            en += f"{note.en}. "
    for node in _reasons(assessment.chain):
        if node.tier is not asked or asked is Tier.NONE:
            continue
        words = {
            "value": _value(node),
            "threshold": node.threshold or "—",
            "clause": node.clause or node.method,
        }
        zh += section.reason.zh.format(label=node.label.zh, **words)
        en += section.reason.en.format(label=node.label.en, **words)
    coverage = f"{assessment.coverage:.0%}"
    state = assessment.state.label
    return Label(
        zh + section.evidence.zh.format(state=state.zh, coverage=coverage),
        en + section.evidence.en.format(state=state.en.lower(), coverage=coverage),
    )


def instruction(tier: Tier, rules: RulePackage) -> Label:
    """Return what to do at a tier; at no warning, that it is over."""
    text = rules.warning.instruction[tier] if tier else rules.warning.cancel_instruction
    return Label(text.zh, text.en)


def observed(assessment: Assessment) -> bool:
    """Whether readings or the register ask for the worst tier, not a model alone."""
    return assessment.statutory >= max(assessment.model or Tier.NONE, assessment.satellite or Tier.NONE)


def _reasons(chain: Evidence) -> list[Evidence]:
    """Return the items, hazards, alarms and models: the children of the voices."""
    return [
        node
        for voice in chain.inputs
        if voice.key in ("statutory", "model", "satellite")
        for node in voice.inputs
    ]


def _silences(chain: Evidence) -> list[Label]:
    """Return whose silence holds the tier, in words."""
    held = (node for voice in chain.inputs if voice.key == HELD for node in voice.inputs)
    return [node.note for node in held if node.note]


def _value(node: Evidence) -> str:
    if node.value is None or node.key.startswith("hazard/"):
        return ""
    number = f"{node.value:g}" if isinstance(node.value, float | int) else node.value
    return f"{number} {node.unit}".removesuffix(" 1").rstrip()
