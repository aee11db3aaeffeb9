"""Where the colours begin on the scale of a point's readings, and what is left before red."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from minegis.levels import EvidenceState, Origin, Tier
from minegis.reading import Quality, Reading
from risk_models.rule_package import load_rules
from risk_models.warning.asset import AssetRecord
from risk_models.warning.design import design_limits
from risk_models.warning.limits import Compared, Limit, compared, limits_of, margins_of

RULES = load_rules("national")
AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
# Class 3 by storage and by height: freeboard 0.7 m, dry beach of an upstream dam 70 m, phreatic line at 85 m
# 4 + (85 − 60) / (100 − 60) × (6 − 4) = 5.25 m deep.
POND = AssetRecord(
    "tsf",
    "S1",
    "库",
    {"total_storage": 1200, "dam_height": 85, "raise_method": "upstream", "beach_crest_elevation": 312.4,
     "normal_level": 309.2, "design_flood_level": 311.0, "beach_slope": 0.01},
)  # fmt: skip


def reading(variable: str, value: float | None, point: str = "p", quality: Quality = Quality.GOOD) -> Reading:
    at = AT - timedelta(minutes=30)
    return Reading(point, "tsf", "S1", variable, value, at, quality, Origin.OPERATOR, "test")


def found(readings: Sequence[Reading], **stated: float) -> Compared:
    design = design_limits({f"threshold_{name}": value for name, value in stated.items()})
    return compared(POND, readings, RULES, AT, {"p": design} if design else {})


def begins(limits: Sequence[Limit], item: str) -> dict[Tier, float]:
    return {limit.tier: limit.value for limit in limits if limit.item == item}


def test_the_minimum_freeboard_becomes_the_pond_level_at_which_it_is_reached() -> None:
    limits = limits_of(found([reading("pond_level", 309.0)]))["pond_level", "p"]
    # The design flood adds 311.0 − 309.2 = 1.8 m: 312.4 − (level + 1.8) = 0.7 × ratio of the tier.
    assert begins(limits, "freeboard") == pytest.approx(
        {Tier.BLUE: 309.55, Tier.YELLOW: 309.69, Tier.ORANGE: 309.83, Tier.RED: 309.9}, abs=2e-4
    )
    # Of the gap to the design flood level 1.5, 1.0, 0.5 and 0 m are left.
    assert begins(limits, "flood_level_gap") == pytest.approx(
        {Tier.BLUE: 309.5, Tier.YELLOW: 310.0, Tier.ORANGE: 310.5, Tier.RED: 311.0}, abs=2e-4
    )
    assert {limit.direction for limit in limits} == {"above"}


def test_a_limit_says_whether_a_standard_or_only_this_project_stands_behind_it() -> None:
    limits = limits_of(found([reading("pond_level", 309.0)]))["pond_level", "p"]
    kinds = {limit.tier: limit.kind for limit in limits if limit.item == "freeboard"}
    assert kinds == {Tier.BLUE: "rule", Tier.YELLOW: "rule", Tier.ORANGE: "rule", Tier.RED: "statutory"}
    assert all("GB 50863" in limit.clause for limit in limits if limit.item == "freeboard")


def test_a_measured_beach_is_compared_with_the_minimum_and_what_the_flood_will_cover() -> None:
    both = [reading("pond_level", 309.0), reading("dry_beach_length", 300.0, "b")]
    limits = limits_of(found(both))["dry_beach_length", "b"]
    # From 309 m to the flood level 311 m at a slope of 0.01 the water takes 200 m; 70 m must be left.
    assert begins(limits, "dry_beach")[Tier.RED] == pytest.approx(270.0, abs=1e-3)
    assert {limit.direction for limit in limits} == {"below"}


def test_the_designers_limits_stand_beside_what_is_derived() -> None:
    stated = found([reading("pond_level", 309.0)], blue=310.0, yellow=310.5, orange=311.0, red=311.5)
    limits = limits_of(stated)["pond_level", "p"]
    own = [limit for limit in limits if limit.kind == "designer"]
    assert {limit.tier: limit.value for limit in own} == {
        Tier.BLUE: 310.0, Tier.YELLOW: 310.5, Tier.ORANGE: 311.0, Tier.RED: 311.5,
    }  # fmt: skip
    assert any(limit.item == "freeboard" for limit in limits)


def test_a_rate_has_limits_either_way() -> None:
    limits = limits_of(found([reading("displacement_rate", -3.0)]))["displacement_rate", "p"]
    reds = {(limit.value, limit.direction) for limit in limits if limit.tier is Tier.RED}
    assert reds == {(40.0, "above"), (-40.0, "below")}


def test_the_margin_is_what_is_left_before_red_and_the_worst_comes_first() -> None:
    margins = margins_of(found([reading("pond_level", 309.0), reading("phreatic_depth", 5.0, "q")]))
    assert margins[0].item == "phreatic_depth"
    assert margins[0].tier is Tier.RED
    assert margins[0].margin == pytest.approx(5.0 - 5.25)
    freeboard = next(each for each in margins if each.item == "freeboard")
    # 312.4 − 311.0 = 1.4 m are there and 0.7 m required; blue begins 0.35 m before red.
    assert (freeboard.present, freeboard.required, freeboard.margin) == pytest.approx((1.4, 0.7, 0.7))
    assert freeboard.left == pytest.approx(2.0)


def test_of_several_points_the_worst_one_speaks() -> None:
    depths = [reading("phreatic_depth", 9.0, "q"), reading("phreatic_depth", 6.0, "r")]
    (margin,) = margins_of(found(depths))
    assert (margin.point_id, margin.present) == ("r", 6.0)


def test_what_cannot_be_compared_comes_before_what_is_well_and_says_why() -> None:
    silent = reading("phreatic_depth", None, "q", Quality.MISSING)
    margins = margins_of(found([silent, reading("rain_24h", 3.0, "g")]))
    assert [each.item for each in margins] == ["phreatic_depth", "rain_24h"]
    assert margins[0].present is None
    assert margins[0].required == pytest.approx(5.25)
    assert margins[0].state is EvidenceState.MISSING
    assert margins[0].note is not None
    assert margins[0].note.zh == "测点无读数"


def test_a_register_without_the_inputs_of_a_minimum_gives_no_line() -> None:
    bare = AssetRecord("tsf", "S1", "库", {"raise_method": "upstream"})
    given = compared(bare, [reading("pond_level", 309.0)], RULES, AT)
    assert limits_of(given)["pond_level", "p"] == ()
    assert all(each.required is None for each in margins_of(given) if each.item == "freeboard")
