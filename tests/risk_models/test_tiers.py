"""From values to tiers and from many tiers to one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from minegis.levels import Tier
from risk_models.rule_package import load_rules
from risk_models.warning.tiers import compare, roll

RULES = load_rules("national")
TIERS = st.lists(st.sampled_from(Tier), max_size=24)
NONE, BLUE, YELLOW, ORANGE, RED = Tier


def tier_of(item: str, value: float, minimum: float | None = None) -> Tier:
    return compare(value, RULES.items[item], "m", RULES.hysteresis, minimum).tier


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([BLUE, BLUE, BLUE, BLUE], YELLOW),
        ([YELLOW, YELLOW, YELLOW], ORANGE),
        ([ORANGE, ORANGE], RED),
        ([BLUE, BLUE, BLUE, YELLOW], YELLOW),
        ([BLUE, BLUE, BLUE, BLUE, YELLOW, YELLOW], ORANGE),  # four blue make the third yellow
        ([BLUE, BLUE, BLUE], BLUE),
        ([YELLOW, YELLOW], YELLOW),
        ([ORANGE], ORANGE),
        ([RED, NONE], RED),
        ([NONE, NONE], NONE),
        ([], NONE),
    ],
)
def test_four_blue_three_yellow_two_orange_promote(levels: list[Tier], expected: Tier) -> None:
    assert roll(levels, RULES.promotion).tier is expected


def test_the_count_without_carry_is_kept_for_audit() -> None:
    rolled = roll([BLUE, BLUE, BLUE, BLUE, YELLOW, YELLOW], RULES.promotion)
    assert (rolled.tier, rolled.without_carry) == (ORANGE, YELLOW)
    assert rolled.counts == {BLUE: 4, YELLOW: 2, ORANGE: 0, RED: 0}


@given(TIERS)
def test_a_roll_up_is_never_below_the_worst(levels: list[Tier]) -> None:
    rolled = roll(levels, RULES.promotion)
    assert rolled.tier >= rolled.without_carry >= max(levels, default=NONE)


@given(TIERS, st.data())
def test_a_roll_up_never_falls_when_one_level_rises(levels: list[Tier], data: st.DataObject) -> None:
    raised = list(levels) or [NONE]
    position = data.draw(st.integers(0, len(raised) - 1))
    before = roll(raised, RULES.promotion).tier
    raised[position] = data.draw(st.sampled_from([tier for tier in Tier if tier >= raised[position]]))
    assert roll(raised, RULES.promotion).tier >= before


@given(TIERS, st.sampled_from(Tier))
def test_one_more_level_never_lowers_a_roll_up(levels: list[Tier], more: Tier) -> None:
    assert roll([*levels, more], RULES.promotion).tier >= roll(levels, RULES.promotion).tier


@given(TIERS.flatmap(lambda levels: st.tuples(st.just(levels), st.permutations(levels))))
def test_the_order_of_levels_does_not_matter(pair: tuple[list[Tier], list[Tier]]) -> None:
    assert roll(pair[0], RULES.promotion) == roll(pair[1], RULES.promotion)


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        # minimum 5.25 m: orange below 1.1 × 5.25 = 5.775, yellow below 6.825, blue below 7.875
        (5.25, RED), (5.26, ORANGE), (5.774, ORANGE), (5.775, YELLOW),
        (6.825, BLUE), (7.874, BLUE), (7.875, NONE),
    ],
)  # fmt: skip
def test_the_phreatic_depth_is_orange_below_1_1_times_the_minimum(depth: float, expected: Tier) -> None:
    assert tier_of("phreatic_depth", depth, 5.25) is expected


@pytest.mark.parametrize(
    ("rain", "expected"), [(24.9, NONE), (25, BLUE), (49.9, BLUE), (50, YELLOW), (100, ORANGE), (250, RED)]
)
def test_a_torrential_day_is_yellow(rain: float, expected: Tier) -> None:
    assert tier_of("rain_24h", rain) is expected


@pytest.mark.parametrize(
    ("angle", "expected"), [(44.9, NONE), (45, BLUE), (45.1, YELLOW), (84.29, ORANGE), (86.19, RED)]
)
def test_the_tangent_angle_follows_xu_qiang(angle: float, expected: Tier) -> None:
    assert tier_of("tangent_angle", angle) is expected


@given(st.sampled_from(sorted(RULES.items)), st.floats(-500, 500), st.floats(-500, 500))
def test_a_worse_value_never_has_a_milder_tier(item: str, one: float, other: float) -> None:
    limits = RULES.items[item]
    better, worse = sorted((one, other), reverse=limits.comparison == "below")
    first, second = (compare(value, limits, "m", RULES.hysteresis) for value in (better, worse))
    assert first.tier <= second.tier
    assert first.holding <= second.holding
    assert (first.tier, first.depth) <= (second.tier, second.depth)
    assert first.severity <= second.severity


@given(st.sampled_from(sorted(RULES.items)), st.floats(-500, 500))
def test_the_deadband_only_ever_holds_up(item: str, value: float) -> None:
    found = compare(value, RULES.items[item], "m", RULES.hysteresis)
    assert found.tier <= found.holding <= found.tier + 1
    assert 0 <= found.depth <= 1


def test_the_comparison_that_decided_is_written_out() -> None:
    item = RULES.items["freeboard"]
    assert compare(0.7, item, "m", RULES.hysteresis, 0.7).threshold == "≤ 1 × 0.7 m"
    assert compare(1.4, item, "m", RULES.hysteresis, 0.7).threshold == "≥ 1.5 × 0.7 m"
    assert "project default" in compare(1.0, item, "m", RULES.hysteresis, 0.7).provenance


@pytest.mark.parametrize(("value", "minimum"), [(float("nan"), 1.0), (float("inf"), 1.0), (1.0, 0.0)])
def test_what_is_no_number_cannot_be_compared(value: float, minimum: float) -> None:
    with pytest.raises(InvalidInput, match="cannot be compared"):
        tier_of("freeboard", value, minimum)
