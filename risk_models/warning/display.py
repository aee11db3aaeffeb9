"""The assessment as people see it: with the tier that hysteresis lets them see, and why that tier is held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label
from risk_models.rule_package import RulePackage
from risk_models.warning.assessment import Assessment
from risk_models.warning.hysteresis import TierState
from risk_models.warning.tiers import shown_provenance

KEY = "hysteresis"
"""Of the node that tells of another tier shown than asked for; below it, whose silence holds that tier."""


def displayed(assessment: Assessment, state: TierState, rules: RulePackage) -> Assessment:
    """Return the assessment with the tier that hysteresis lets people see, its score and the reasons."""
    if state.tier is assessment.tier:
        return assessment
    depth = 0.0 if state.tier > assessment.tier else 1.0
    score = rules.score.score(state.tier, depth)
    node = Evidence(
        key=KEY,
        label=Label("滞回", "Hysteresis"),
        tier=state.tier,
        state=state.state,
        method=rules.method,
        clause=rules.hysteresis.clause,
        provenance=shown_provenance(rules.hysteresis.provenance),
        valid_time=format_utc(state.at),
        note=Label(
            f"证据给出{assessment.tier.label.zh}，显示{state.tier.label.zh}",
            f"The evidence asks for {assessment.tier.name.lower()}, shown is {state.tier.name.lower()}",
        ),
        inputs=tuple(_silences(assessment, state, rules)) if state.tier > assessment.tier else (),
    )
    chain = replace(assessment.chain, tier=state.tier, value=score, inputs=(*assessment.chain.inputs, node))
    return replace(assessment, tier=state.tier, score=score, chain=chain)


def _silences(assessment: Assessment, state: TierState, rules: RulePackage) -> Iterator[Evidence]:
    """Yield whose silence holds the tier: models that have not taken back a tier, and points."""
    worst = {each.model: each for each in sorted(state.asked, key=lambda each: (each.tier, each.model))}
    for each in sorted(worst.values(), key=lambda each: -each.tier):
        if each.tier <= assessment.tier:
            continue
        yield Evidence(
            key=f"{KEY}/{each.model}",
            label=each.label,
            tier=each.tier,
            state=EvidenceState.MISSING,
            method=rules.method,
            clause=rules.hysteresis.clause,
            provenance=shown_provenance(rules.hysteresis.provenance),
            note=Label(
                f"“{each.label.zh}”曾给出{each.tier.label.zh}，此后没有同样可靠的答复",
                f"{each.label.en} asked for {each.tier.name.lower()} and has not answered as reliably since",
            ),
        )
    silent = len(state.reporting - assessment.reporting)
    if silent:
        yield Evidence(
            key=f"{KEY}/points",
            label=Label("无数据的测点", "Silent points"),
            value=silent,
            unit="1",
            state=EvidenceState.MISSING,
            method=rules.method,
            clause=rules.hysteresis.clause,
            note=Label(
                f"{silent}个测点曾有读数，现无数据", f"Points that spoke before and are silent: {silent}"
            ),
        )
