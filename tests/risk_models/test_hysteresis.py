"""A tier rises without delay and falls only after staying lower on sufficient evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Tier
from risk_models.rule_package import load_rules
from risk_models.rules.sections import Hysteresis
from risk_models.warning.hysteresis import TierState, advance, debounced

POLICY = load_rules("national").hysteresis
START = datetime(2026, 7, 20, 4, tzinfo=UTC)
KNOWN = EvidenceState.SUFFICIENT
NONE, BLUE, YELLOW, ORANGE, RED = Tier


def run(
    *steps: tuple[float, Tier] | tuple[float, Tier, EvidenceState],
    first: Tier = NONE,
    holding: Tier | None = None,
    policy: Hysteresis = POLICY,
) -> TierState:
    """Advance through (hours from the start, observed, evidence)."""
    state = advance(None, first, KNOWN, START, policy)
    for hours, observed, *evidence in steps:
        known = evidence[0] if evidence else KNOWN
        state = advance(state, observed, known, START + timedelta(hours=hours), policy, holding=holding)
    return state


def test_the_first_assessment_is_shown_at_once() -> None:
    assert run(first=ORANGE).tier is ORANGE


def test_under_a_limit_red_is_shown_at_once_and_lesser_tiers_one_step_at_a_time() -> None:
    slow = POLICY.model_copy(update={"rise_at_most": 1})
    assert run((1, RED), policy=slow).tier is RED
    assert [run(*[(i + 1, ORANGE) for i in range(n)], policy=slow).tier for n in (1, 2, 3, 4)] == [
        BLUE,
        YELLOW,
        ORANGE,
        ORANGE,
    ]


@pytest.mark.parametrize(("tier", "hours"), [(RED, 6), (ORANGE, 3), (YELLOW, 1), (BLUE, 1)])
def test_a_tier_falls_only_after_its_hold_off(tier: Tier, hours: float) -> None:
    assert run((1, NONE), (1 + hours - 0.01, NONE), first=tier).tier is tier
    assert run((1, NONE), (1 + hours, NONE), first=tier).tier is NONE


def test_the_hold_off_begins_again_when_the_tier_returns() -> None:
    assert run((1, NONE), (5, RED), (6, NONE), (11.9, NONE), first=RED).tier is RED
    assert run((1, NONE), (5, RED), (6, NONE), (12, NONE), first=RED).tier is NONE


def test_a_tier_falls_no_further_than_the_worst_of_the_hold_off() -> None:
    state = run((1, NONE), (3, YELLOW), (7, NONE), first=RED)
    assert state.tier is YELLOW
    assert state.lower_since == START + timedelta(hours=7)


@pytest.mark.parametrize("evidence", [EvidenceState.STALE, EvidenceState.INSUFFICIENT, EvidenceState.MISSING])
def test_without_sufficient_evidence_the_tier_is_held(evidence: EvidenceState) -> None:
    state = run((1, NONE, evidence), (100, NONE, evidence), first=RED)
    assert (state.tier, state.state, state.held) == (RED, evidence, True)


def test_insufficient_evidence_can_still_raise() -> None:
    assert run((1, RED, EvidenceState.INSUFFICIENT)).tier is RED


def test_within_the_deadband_a_tier_does_not_fall() -> None:
    assert run((1, NONE), (100, NONE), first=ORANGE, holding=ORANGE).tier is ORANGE


def test_a_tier_is_held_while_a_point_that_spoke_before_is_silent() -> None:
    both, one = frozenset({"a", "b"}), frozenset({"a"})
    state = advance(None, RED, KNOWN, START, POLICY, reporting=both)
    for hours in (1, 50, 100):
        state = advance(state, NONE, KNOWN, START + timedelta(hours=hours), POLICY, reporting=one)
    assert state.tier is RED
    retired = state.without_points(frozenset({"b"}))
    for hours in (101, 107):
        retired = advance(retired, NONE, KNOWN, START + timedelta(hours=hours), POLICY, reporting=one)
    assert retired.tier is NONE


def test_the_same_evaluation_again_changes_nothing() -> None:
    state = run((1, ORANGE))
    assert advance(state, ORANGE, KNOWN, state.at, POLICY) == state


def test_an_older_evaluation_is_refused() -> None:
    with pytest.raises(InvalidInput, match="back in time"):
        advance(run((1, ORANGE)), NONE, KNOWN, START, POLICY)


def test_a_state_survives_json() -> None:
    state = advance(
        run((1, NONE), first=RED), NONE, KNOWN, START + timedelta(hours=2), POLICY, reporting=frozenset("ab")
    )
    assert TierState.from_json(json.loads(json.dumps(state.to_json()))) == state


STEPS = st.lists(
    st.tuples(st.floats(0.01, 20), st.sampled_from(Tier), st.sampled_from(EvidenceState)),
    min_size=1,
    max_size=12,
)


@given(st.sampled_from(Tier), STEPS)
def test_under_the_national_rules_nothing_is_shown_below_what_is_observed(
    first: Tier, steps: list[tuple[float, Tier, EvidenceState]]
) -> None:
    state, at = advance(None, first, KNOWN, START, POLICY), START
    for wait, observed, evidence in steps:
        at += timedelta(hours=wait)
        state = advance(state, observed, evidence, at, POLICY)
        assert state.tier >= observed


@given(st.sampled_from(Tier), STEPS)
def test_red_is_always_shown_and_nothing_falls_early(
    first: Tier, steps: list[tuple[float, Tier, EvidenceState]]
) -> None:
    state, at = advance(None, first, KNOWN, START, POLICY), START
    for wait, observed, evidence in steps:
        at += timedelta(hours=wait)
        before, state = state, advance(state, observed, evidence, at, POLICY)
        assert state.tier is RED or observed is not RED
        assert state.tier >= min(observed, before.tier)
        if state.tier < before.tier:
            assert evidence is KNOWN
            assert at - before.since >= timedelta(hours=POLICY.hold_off_hours[before.tier])


@given(st.sampled_from(Tier), STEPS, st.data())
def test_a_worse_observation_never_shows_a_milder_tier(
    first: Tier, steps: list[tuple[float, Tier, EvidenceState]], data: st.DataObject
) -> None:
    at = START
    mild = worse = advance(None, first, KNOWN, START, POLICY)
    for wait, observed, evidence in steps:
        at += timedelta(hours=wait)
        raised = data.draw(st.sampled_from([tier for tier in Tier if tier >= observed]))
        mild = advance(mild, observed, evidence, at, POLICY)
        worse = advance(worse, raised, evidence, at, POLICY)
        assert worse.tier >= mild.tier


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([NONE, RED, RED], RED),  # two of three
        ([RED, RED, NONE], RED),
        ([RED, NONE, NONE], NONE),
        ([NONE, NONE, ORANGE, ORANGE, ORANGE], ORANGE),  # three of five
        ([NONE, NONE, NONE, ORANGE, ORANGE], NONE),  # orange 2 of 5, yellow 2 of 5
        ([NONE, NONE, YELLOW, YELLOW, YELLOW, YELLOW], YELLOW),  # four of six
        ([NONE, NONE, NONE, YELLOW, YELLOW, YELLOW], NONE),
        ([RED], RED),  # a sensor that samples rarely speaks alone
        ([NONE, RED], NONE),
        ([], NONE),
    ],
)
def test_enough_of_the_last_samples_must_agree(levels: list[Tier], expected: Tier) -> None:
    assert debounced(levels, POLICY.debounce) is expected


@given(st.lists(st.sampled_from(Tier), min_size=1, max_size=8), st.data())
def test_a_worse_sample_never_lowers_the_confirmed_tier(levels: list[Tier], data: st.DataObject) -> None:
    before = debounced(levels, POLICY.debounce)
    position = data.draw(st.integers(0, len(levels) - 1))
    levels[position] = data.draw(st.sampled_from([tier for tier in Tier if tier >= levels[position]]))
    assert debounced(levels, POLICY.debounce) >= before


def test_an_asset_without_any_point_falls_when_register_and_models_no_longer_ask() -> None:
    def later(state: TierState, hours: float, monitored: bool) -> TierState:
        at = START + timedelta(hours=hours)
        return advance(state, NONE, EvidenceState.MISSING, at, POLICY, monitored=monitored)

    shaken = advance(None, ORANGE, EvidenceState.MISSING, START, POLICY, monitored=False)
    assert later(later(shaken, 1, False), 3.9, False).tier is ORANGE
    assert later(later(shaken, 1, False), 4, False).tier is NONE
    assert later(later(shaken, 1, True), 100, True).tier is ORANGE


def test_an_asset_whose_points_were_taken_away_does_not_fall() -> None:
    spoken = advance(None, RED, KNOWN, START, POLICY, reporting=frozenset({"p1"}))
    for hours in (1, 10, 100):
        at = START + timedelta(hours=hours)
        spoken = advance(spoken, NONE, EvidenceState.MISSING, at, POLICY, monitored=False)
    assert spoken.tier is RED
