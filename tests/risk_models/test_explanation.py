"""What a score is made of, and what would have to be otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis.evidence import Evidence
from minegis.levels import Label, Origin, Standing, Tier
from minegis.reading import Quality, Reading
from risk_models.rule_package import load_rules
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.asset import AssetRecord
from risk_models.warning.counterfactual import Counterfactual, counterfactuals
from risk_models.warning.parts import Part, factors, join

RULES = load_rules("national")
AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
NONE, BLUE, YELLOW, ORANGE, RED = Tier
# Class 3 (1200 × 10⁴ m³, 85 m): freeboard 0.7 m, beach 70 m, phreatic depth 5.25 m; flood rise 1.8 m.
POND = {
    "total_storage": 1200,
    "dam_height": 85,
    "raise_method": "upstream",
    "beach_crest_elevation": 312.4,
    "normal_level": 309.2,
    "design_flood_level": 311.0,
    "beach_slope": 0.01,
    "major_hazards": "",
}


def reading(variable: str, value: float) -> Reading:
    seen = AT - timedelta(minutes=30)
    return Reading(
        f"{variable}-1", "tsf", "T1", variable, value, seen, Quality.GOOD, Origin.OPERATOR, "readings.csv"
    )


def pond(**changes: Any) -> AssetRecord:
    return AssetRecord("tsf", "T1", "甲尾矿库", {**POND, **changes})


def model(tier: Tier, key: str = "bishop") -> Evidence:
    return Evidence(key, Label("坝坡稳定", "Dam stability"), tier=tier, standing=Standing.VERIFIED)


def ways(asset: AssetRecord, readings: Sequence[Reading], *models: Evidence) -> tuple[Counterfactual, ...]:
    def judge(given: Sequence[Reading]) -> Assessment:
        return assess(asset, given, models, RULES, AT)

    return counterfactuals(readings, judge, RULES)


def part(key: str, tier: Tier, depth: float = 0.0, *, counted: bool = True) -> Part:
    return Part(key, Label(key, key), tier, counted, ((tier, depth),) if depth else ())


def test_two_parts_that_ask_for_the_same_have_half_of_the_score_each() -> None:
    found = factors([part("a", ORANGE), part("b", ORANGE, counted=False)], RULES)
    # orange begins at 50, and one orange item alone promotes nothing
    assert [(each.key, each.points) for each in found] == [("a", 25.0), ("b", 25.0)]


def test_a_milder_part_has_what_it_would_have_given_before_the_worse_one() -> None:
    found = factors([part("red", RED), part("yellow", YELLOW)], RULES)
    # alone 85 and 30, together 85: the orders give red 85 and 55, yellow 0 and 30; the means are 70 and 15
    assert [(each.key, each.points) for each in found] == [("red", 70.0), ("yellow", 15.0)]


def test_what_only_the_count_raises_is_shared_among_those_that_are_counted() -> None:
    found = factors([part(name, YELLOW) for name in "abc"], RULES)
    # three yellow are one orange, 50; all are alike
    assert [each.points for each in found] == [pytest.approx(50 / 3)] * 3


def test_very_many_parts_are_shared_out_too() -> None:
    found = factors([part(f"p{n:02}", ORANGE, 0.1) for n in range(40)], RULES)
    assert len(found) == 10
    assert sum(each.points for each in found) == pytest.approx(85.0)  # 40 orange are a red
    assert found[0].label.en == "31 more"


PARTS = st.lists(
    st.builds(
        part,
        st.text("abcdefgh", min_size=1, max_size=3),
        st.sampled_from(Tier),
        st.floats(0, 1),
        counted=st.booleans(),
    ),
    max_size=7,
)


@given(PARTS)
@settings(max_examples=150)
def test_the_points_of_the_parts_sum_to_the_score_and_none_is_negative(parts: list[Part]) -> None:
    found = factors(parts, RULES)
    assert sum(each.points for each in found) == pytest.approx(join(parts, RULES)[1], abs=1e-6)
    assert all(each.points >= 0 for each in found)


def test_a_red_pond_says_by_how_much_its_level_would_have_to_be_lower() -> None:
    # Level 310.0 m: at flood 311.8 m, freeboard 0.6 m and beach 60 m, both red. Freeboard and beach go
    # together, and two orange are a red; so both must leave orange: 1.1 × 0.7 = 0.77 m (77 m) is reached at
    # 309.83 m. Two yellow, and blue for 1.17 m to the flood level, are yellow.
    (way,) = ways(pond(), [reading("pond_level", 310.0), reading("rain_24h", 3.0)])
    assert way.tier is YELLOW
    (change,) = way.changes
    assert (change.key, change.unit, change.shift) == ("pond_level", "m", -0.17)


def test_a_shift_says_which_way_is_better() -> None:
    # required 5.25 m: orange below 1.1 × 5.25 = 5.775 m
    (way,) = ways(pond(), [reading("phreatic_depth", 5.5)])
    assert (way.tier, way.changes[0].shift) == (YELLOW, 0.28)  # 0.27 m is 5.77 m: still orange


def test_only_the_worst_point_moves() -> None:
    # orange above 20 mm/d either way, yellow above 10: the second must not follow the first down
    seen = AT - timedelta(minutes=5)
    slope = AssetRecord("slope", "S1", "甲边坡", {"slope_type": "pit", "slope_height": 120})
    rates = [
        Reading(f"r{n}", "slope", "S1", "displacement_rate", value, seen, Quality.GOOD, Origin.OPERATOR, "r")
        for n, value in enumerate((27.5, -6.0, 1.0))
    ]
    (way,) = ways(slope, rates)
    assert (way.tier, way.changes[0].shift) == (YELLOW, -7.5)


def test_a_major_hazard_would_have_to_be_cleared() -> None:
    (way,) = ways(pond(major_hazards="cracks_piping_or_deep_slip"), [reading("rain_24h", 3.0)])
    assert way.tier is NONE
    assert (way.changes[0].shift, "cracks_piping" in way.changes[0].key) == (None, True)


def test_two_reasons_for_a_red_must_both_go() -> None:
    (way,) = ways(pond(), [reading("phreatic_depth", 5.0)], model(RED))
    assert [change.key for change in way.changes] == ["phreatic_depth", "bishop"]
    assert way.tier < RED


def test_a_calm_pond_has_nothing_to_be_better() -> None:
    assert ways(pond(), [reading("rain_24h", 3.0)]) == ()


@given(
    level=st.floats(308.5, 312.0),
    depth=st.floats(3.0, 9.0),
    rain=st.floats(0, 300),
    asked=st.sampled_from(Tier),
)
@settings(max_examples=25)
def test_what_is_stated_leads_to_the_stated_tier(
    level: float, depth: float, rain: float, asked: Tier
) -> None:
    readings = [reading("pond_level", level), reading("phreatic_depth", depth), reading("rain_24h", rain)]
    present = assess(pond(), readings, [model(asked)], RULES, AT)
    for way in ways(pond(), readings, model(asked)):
        shifts = {each.key: each.shift for each in way.changes if each.shift is not None}
        moved = [
            replace(each, value=each.value + shifts.get(each.variable, 0.0)) for each in readings
        ]  # one point each
        gone = any(each.key == "bishop" for each in way.changes)
        again = assess(pond(), moved, [] if gone else [model(asked)], RULES, AT)
        assert again.tier is way.tier < present.tier
