"""Major hazards (重大事故隐患): red from the register until cleared."""

from __future__ import annotations

import re
from collections.abc import Iterator

from minegis.evidence import Evidence
from minegis.levels import Label, Tier
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Trigger, TriggerCondition
from risk_models.warning.asset import AssetRecord
from risk_models.warning.tiers import shown_provenance


def major_hazards(asset: AssetRecord, rules: RulePackage) -> Iterator[Evidence]:
    """Yield a node for each major hazard that the register names or that follows from its fields.

    A code that the rules do not know is red too: what somebody registered is not dropped for its spelling.

    References
    ----------
    安监总管一〔2017〕98号; 矿安〔2022〕88号.
    """
    registered = [
        code for code in re.split(r"[,，;；、\s]+", str(asset.properties.get("major_hazards") or "")) if code
    ]
    for code in dict.fromkeys(registered):
        yield _node(code, rules.triggers.get(code), asset, "major_hazards", rules)
    for code, trigger in rules.triggers.items():
        if code in registered or not trigger.when or asset.dataset not in trigger.datasets:
            continue
        if all(_holds(condition, asset) for condition in trigger.when):
            fields = ", ".join(condition.property for condition in trigger.when)
            yield _node(code, trigger, asset, fields, rules)


def _node(code: str, trigger: Trigger | None, asset: AssetRecord, field: str, rules: RulePackage) -> Evidence:
    unknown = Label(
        "规则中无此代码，按重大隐患处理", "The rules do not know this code; it counts as a major hazard"
    )
    return Evidence(
        key=f"hazard/{code}",
        label=Label(trigger.label.zh, trigger.label.en) if trigger else Label(code, code),
        value=code,
        tier=trigger.tier if trigger else Tier.RED,
        method="register",
        clause=trigger.clause if trigger else "",
        provenance=shown_provenance(trigger.provenance) if trigger else "",
        threshold=" & ".join(_text(condition) for condition in trigger.when) if trigger else "",
        source=f"{asset.dataset}/{asset.id}.{field}",
        note=None if trigger else unknown,
    )


def _holds(condition: TriggerCondition, asset: AssetRecord) -> bool:
    value = asset.properties.get(condition.property)
    if value is None:
        return False
    if condition.equals is not None and value != condition.equals:
        return False
    if condition.at_least is None and condition.above is None:
        return True
    number = asset.number(condition.property)
    if number is None:
        return False
    reached = condition.at_least is None or number >= condition.at_least
    return reached and (condition.above is None or number > condition.above)


def _text(condition: TriggerCondition) -> str:
    if condition.at_least is not None:
        return f"{condition.property} ≥ {condition.at_least:g}"
    if condition.above is not None:
        return f"{condition.property} > {condition.above:g}"
    return f"{condition.property} = {condition.equals}"
