"""The designer's limits come before those of the rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Origin, Tier
from minegis.reading import Quality, Reading
from risk_models.rule_package import load_rules
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.asset import AssetRecord
from risk_models.warning.design import design_limits

RULES = load_rules("national")
AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
SLOPE = AssetRecord("slope", "S1", "东帮", {"slope_height": 120, "online_monitoring": True})
POND = AssetRecord(
    "tsf",
    "S1",
    "库",
    {"total_storage": 1200, "dam_height": 85, "raise_method": "upstream", "beach_crest_elevation": 312.4,
     "normal_level": 309.2, "design_flood_level": 311.0, "beach_slope": 0.01},
)  # fmt: skip


def limits(blue: Any = None, yellow: Any = None, orange: Any = None, red: Any = None) -> dict[str, Any]:
    return {f"threshold_{name}": value for name, value in
            (("blue", blue), ("yellow", yellow), ("orange", orange), ("red", red))}  # fmt: skip


def judged(asset: AssetRecord, variable: str, value: float, stated: dict[str, Any]) -> Assessment:
    at = AT - timedelta(minutes=30)
    reading = Reading("p", asset.dataset, "S1", variable, value, at, Quality.GOOD, Origin.OPERATOR, "test")
    design = design_limits(stated)
    return assess(asset, [reading], [], RULES, AT, design={"p": design} if design else {})


@pytest.mark.parametrize(
    ("value", "tier"),
    [(0.9, Tier.NONE), (1.0, Tier.BLUE), (2.5, Tier.YELLOW), (3.0, Tier.ORANGE), (-4.2, Tier.RED)],
)
def test_a_rate_is_compared_with_the_designers_limits_not_with_the_reference(
    value: float, tier: Tier
) -> None:
    # By the reference of the rules 4.2 mm/d is no warning at all (blue begins above 5 mm/d).
    assert judged(SLOPE, "displacement_rate", value, limits(1, 2, 3, 4)).statutory is tier


def test_limits_milder_than_the_reference_are_followed_too() -> None:
    # 15 mm/d is yellow by the reference; the designer of this slope begins at 20.
    assert judged(SLOPE, "displacement_rate", 15, limits(20, 40, 60, 80)).statutory is Tier.NONE


def test_a_level_is_compared_as_read_beside_the_freeboard_that_is_derived_from_it() -> None:
    # 310.0 m: freeboard 312.4 - (310.0 + 1.8) = 0.6 m, below the 0.7 m of class 3: red, whoever designed it.
    found = judged(POND, "pond_level", 310.0, limits(309.5, 309.8, 310.0, 310.5))
    items = {node.key: node for node in found.chain.inputs[0].inputs}
    assert items["item/design/pond_level"].tier is Tier.ORANGE
    assert items["item/freeboard"].tier is Tier.RED
    assert found.statutory is Tier.RED


def test_a_depth_keeps_the_statutory_minimum_beside_the_designers_limits() -> None:
    # Class 3, 85 m: the table asks for 5.25 m. 5.0 m is red by it, though the designer would begin at 4 m.
    assert judged(POND, "phreatic_depth", 5.0, limits(4, 3.5, 3, 2.5)).statutory is Tier.RED


def test_a_variable_without_a_rule_is_judged_by_its_designer() -> None:
    found = judged(SLOPE, "displacement", -61, limits(20, 40, 50, 60))
    assert found.statutory is Tier.RED
    assert all(node.key != "context" for node in found.chain.inputs)


def test_a_tier_without_a_limit_takes_that_of_the_next_worse() -> None:
    assert judged(SLOPE, "displacement_rate", 3.5, limits(orange=3, red=4)).statutory is Tier.ORANGE
    assert judged(SLOPE, "displacement_rate", 2.9, limits(orange=3, red=4)).statutory is Tier.NONE


def test_a_point_without_limits_is_judged_by_the_rules_and_silence_stays_silence() -> None:
    assert design_limits(limits()) is None
    assert judged(SLOPE, "displacement_rate", 15, limits()).statutory is Tier.YELLOW
    silent = Reading(
        "p", "slope", "S1", "displacement_rate", None, AT, Quality.MISSING, Origin.OPERATOR, "test"
    )
    design = design_limits(limits(1, 2, 3, 4))
    assert design is not None
    assert assess(SLOPE, [silent], [], RULES, AT, design={"p": design}).state is EvidenceState.MISSING


@pytest.mark.parametrize(
    "stated",
    [limits(1, 2, 3), limits(red=4), limits(1, 3, 2, 4), limits(4, 4, 4, 4), limits(1, 2, 3, float("nan"))],
)
def test_limits_without_red_or_without_one_direction_are_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="station/p: limits that cannot"):
        design_limits(stated, where="station/p")


@given(st.lists(st.floats(0.1, 100), min_size=4, max_size=4, unique=True), st.floats(0, 120))
def test_the_tier_is_the_worst_limit_reached_in_either_direction(values: list[float], value: float) -> None:
    rising = sorted(values)
    warned = list(Tier)[1:]
    above = [tier for tier, limit in zip(warned, rising, strict=True) if value >= limit]
    below = [tier for tier, limit in zip(warned, rising[::-1], strict=True) if value <= limit]
    found = judged(SLOPE, "displacement", value, limits(*rising)).statutory
    assert found is max(above, default=Tier.NONE)
    found = judged(SLOPE, "displacement", value, limits(*rising[::-1])).statutory
    assert found is max(below, default=Tier.NONE)
