"""Regions: the worse of Nemerow and counts; no red is averaged away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis.levels import EvidenceState, Tier
from risk_models.composite.region import Contributor, RegionRisk, nemerow, region_risk
from risk_models.composite.region_counterfactual import region_counterfactual
from risk_models.rule_package import load_rules

RULES = load_rules("national")
NONE, BLUE, YELLOW, ORANGE, RED = Tier


def asset(
    score: float,
    *,
    weight: float = 1.0,
    state: EvidenceState = EvidenceState.SUFFICIENT,
    coverage: float = 1.0,
    causes: frozenset[str] = frozenset(),
    name: str = "A",
) -> Contributor:
    return Contributor("tsf", name, name, weight, score, RULES.score.tier(score), state, coverage, causes)


def risk(*assets: Contributor) -> RegionRisk:
    return region_risk("420000", "湖北省", assets, RULES)


ASSETS = st.lists(st.builds(asset, st.floats(0, 100), weight=st.floats(0.001, 1)), min_size=1, max_size=20)


def test_the_nemerow_index_weighs_the_worst_as_much_as_the_mean() -> None:
    assert nemerow([90, 60, 30]) == pytest.approx(76.4853, abs=5e-5)  # √((90² + 60²)/2)


def test_one_red_among_many_normal_assets_keeps_the_region_orange() -> None:
    found = risk(asset(90), *[asset(0)] * 1000)
    assert (found.tier, found.rule_tier) == (ORANGE, ORANGE)
    assert found.counts == {NONE: 1000, BLUE: 0, YELLOW: 0, ORANGE: 0, RED: 1}


def test_two_red_assets_make_the_region_red() -> None:
    found = risk(asset(90), asset(90), *[asset(0)] * 1000)
    assert (found.tier, found.score) == (RED, 85)
    assert found.nemerow_tier is ORANGE


def test_three_orange_assets_make_the_region_at_least_orange() -> None:
    # √((50² + 2.9²)/2) = 35.4 is yellow: the count decides
    two, three = [risk(*[asset(50)] * n, *[asset(0)] * 50) for n in (2, 3)]
    assert (two.tier, three.tier, three.nemerow_tier) == (YELLOW, ORANGE, YELLOW)


def test_a_sliver_of_a_red_asset_counts() -> None:
    assert risk(asset(90, weight=0.001), *[asset(0)] * 50).tier >= ORANGE


def test_red_weather_over_a_fifth_of_the_assets_lifts_one_tier() -> None:
    flagged = asset(90, causes=frozenset({"weather"}))
    lifted, not_lifted = risk(flagged, *[asset(0)] * 4), risk(flagged, *[asset(0)] * 5)
    assert (lifted.lifted, lifted.tier) == (True, RED)
    assert (not_lifted.lifted, not_lifted.tier) == (False, ORANGE)
    other = risk(asset(90, causes=frozenset({"hydraulic"})), *[asset(0)] * 4)
    assert (other.lifted, other.tier) == (False, ORANGE)


def test_a_region_without_assets_is_missing_and_says_so() -> None:
    found = risk()
    assert (found.state, found.tier, found.nemerow, found.assets) == (EvidenceState.MISSING, NONE, None, 0)
    assert found.chain.note is not None
    assert (found.chain.note.zh, found.chain.note.en) == ("无登记资产", "No registered assets")


def test_silent_assets_lower_the_coverage_and_do_not_dilute_the_mean() -> None:
    silent = asset(0, state=EvidenceState.MISSING, coverage=0)
    found = risk(asset(60), silent, silent)
    assert found.nemerow == pytest.approx(60)
    assert (found.state, found.tier) == (EvidenceState.INSUFFICIENT, ORANGE)
    assert found.coverage == pytest.approx(1 / 3, abs=1e-6)
    assert risk(silent).state is EvidenceState.MISSING


def test_contributors_carry_the_points_they_add_most_first() -> None:
    found = risk(asset(30, name="A"), asset(90, name="B", weight=0.5), asset(25, name="C"))
    # weighted mean (30 + 45 + 25) / 2.5 = 40, N = √((90² + 40²)/2) = 69.6419. Of the maximum 90 all share 25,
    # A and B the next 5, B has the last 60: 8.3333 C, 10.8333 A, 70.8333 B. So B (90·70.8333 + 40·45/2.5)/2N,
    # A (90·10.8333 + 40·30/2.5)/2N, C (90·8.3333 + 40·25/2.5)/2N
    assert [(one.name, points) for one, points in found.contributors] == [
        ("B", pytest.approx(50.9391, abs=5e-5)),
        ("A", pytest.approx(10.4463, abs=5e-5)),
        ("C", pytest.approx(8.2565, abs=5e-5)),
    ]


@given(ASSETS)
def test_the_points_of_assets_and_rules_sum_to_the_score(assets: list[Contributor]) -> None:
    found = risk(*assets)
    points = [points for _, points in found.contributors]
    assert sum(points) + found.rule_points == pytest.approx(found.score, abs=1e-6)
    assert min(*points, found.rule_points, 0.0) == 0.0


@given(ASSETS)
def test_a_region_with_a_red_asset_is_never_below_orange_nor_below_either_rule(
    assets: list[Contributor],
) -> None:
    found = risk(*assets)
    reds = sum(one.tier is RED for one in assets)
    assert found.tier >= (RED if reds >= 2 else ORANGE if reds else NONE)
    assert found.tier >= max(found.rule_tier, found.nemerow_tier)
    assert RULES.score.tier(found.score) is found.tier
    assert found.nemerow is not None
    assert found.nemerow >= max(one.score for one in assets) / 2**0.5 - 1e-6


@given(ASSETS, st.data())
def test_a_worse_asset_never_makes_the_region_milder(assets: list[Contributor], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(assets) - 1))
    worse = data.draw(st.floats(assets[position].score, 100))
    changed = [*assets]
    changed[position] = replace(assets[position], score=worse, tier=RULES.score.tier(worse))
    before, after = risk(*assets), risk(*changed)
    assert after.tier >= before.tier
    assert after.score >= before.score


@given(ASSETS.flatmap(lambda assets: st.tuples(st.just(assets), st.permutations(assets))))
def test_the_order_of_assets_does_not_matter(pair: tuple[list[Contributor], list[Contributor]]) -> None:
    one, other = risk(*pair[0]), risk(*pair[1])
    assert (one.tier, one.score, one.coverage) == (other.tier, other.score, other.coverage)


def test_a_red_region_names_the_asset_that_must_be_better() -> None:
    # two red make a red region; one red, the rest low, is orange
    found = region_counterfactual([asset(95, name="A"), asset(90, name="B"), asset(5, name="C")], RULES)
    assert found is not None
    assert (found.tier, [(one.name, tier) for one, tier in found.changes]) == (ORANGE, [("A", ORANGE)])


@given(ASSETS)
@settings(max_examples=50)
def test_the_named_assets_getting_better_make_the_region_better_and_all_are_needed(
    assets: list[Contributor],
) -> None:
    found = region_counterfactual(assets, RULES)
    before = risk(*assets).tier
    assert (found is None) == (before is NONE)
    if found is None:
        return
    better = {id(one): RULES.score.score(tier, 1.0) for one, tier in found.changes}

    def tier_without(kept: int | None) -> Tier:
        changed = [
            replace(
                one, score=better[id(one)], tier=RULES.score.tier(better[id(one)]), red_causes=frozenset()
            )
            if id(one) in better and id(one) != kept
            else one
            for one in assets
        ]
        return risk(*changed).tier

    assert tier_without(None) == found.tier < before
    assert all(tier_without(each) >= before for each in better)
