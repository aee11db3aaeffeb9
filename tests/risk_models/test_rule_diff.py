"""What packages say differently: every value once, with clause and which way it moved."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_models.rule_diff import differences
from risk_models.rule_package import RulePackage, load_rules, package_of

NATIONAL, LIAONING = load_rules("national"), load_rules("liaoning")


def changed(item: str, tier: str, value: float) -> RulePackage:
    content = NATIONAL.content()
    content["items"][item]["thresholds"][tier]["value"] = value
    return package_of(content, "test")


def test_a_package_does_not_differ_from_itself() -> None:
    assert differences(NATIONAL, NATIONAL) == ()


@pytest.mark.parametrize(
    ("item", "tier", "old", "new", "side"),
    [
        ("rain_24h", "orange", 100, 90, "stricter"),  # compared above: sooner at less rain
        ("rain_24h", "orange", 100, 120, "milder"),
        ("phreatic_depth", "orange", 1.1, 1.2, "stricter"),  # compared below: sooner at a greater depth
        ("phreatic_depth", "orange", 1.1, 1.05, "milder"),
    ],
)
def test_one_changed_limit_is_one_difference(item: str, tier: str, old: float, new: float, side: str) -> None:
    (found,) = differences(NATIONAL, changed(item, tier, new))
    assert (found.field, found.old, found.new, found.side) == (
        f"items.{item}.thresholds.{tier}.value", old, new, side,
    )  # fmt: skip
    assert found.clause == NATIONAL.items[item].clause
    assert found.label == NATIONAL.items[item].label.model_dump()


def test_a_default_of_the_project_is_told_as_one() -> None:
    (found,) = differences(NATIONAL, changed("rain_24h", "red", 200))
    assert found.provenance == "ED (项目默认值 project default)"


def test_what_is_gone_and_what_is_new_are_told_with_their_clause() -> None:
    found = {each.field: each for each in differences(NATIONAL, LIAONING)}
    yellow = found["weather_warnings.rainstorm_tsf.tiers.yellow"]
    assert (yellow.old, yellow.new, yellow.side) == ("yellow", None, "")
    assert "51108" in yellow.clause
    typhoon = found["weather_warnings.typhoon_tsf.tiers.red"]
    assert (typhoon.old, typhoon.new) == (None, "red")
    assert typhoon.clause == "辽安监管一〔2015〕129号 二（一）"


def test_the_way_back_is_the_same_way_mirrored() -> None:
    there, back = differences(NATIONAL, LIAONING), differences(LIAONING, NATIONAL)
    assert {
        (each.field, each.old, each.new) for each in there if not isinstance(each.old or each.new, list)
    } == {(each.field, each.new, each.old) for each in back if not isinstance(each.old or each.new, list)}


@given(st.floats(101, 249), st.floats(101, 249))
def test_what_is_stricter_never_warns_later(one: float, other: float) -> None:
    first, second = changed("rain_24h", "orange", one), changed("rain_24h", "orange", other)
    found: tuple[Any, ...] = differences(first, second)
    assert [each.side for each in found] == (
        [] if one == other else ["stricter" if other < one else "milder"]
    )
