"""A tier rises without delay and falls only after staying lower on sufficient evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Label, Tier
from risk_models.rule_package import load_rules
from risk_models.rules.sections import Hysteresis
from risk_models.warning.answers import Answer
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


WEAK, SILENT = EvidenceState.INSUFFICIENT, EvidenceState.MISSING


def answer(tier: Tier, state: EvidenceState = KNOWN, model: str = "m", *, passing: bool = False) -> Answer:
    return Answer(model, Label("模型", "Model"), tier, state, passing)


def hear(state: TierState | None, hours: float, *answers: Answer) -> TierState:
    """Advance an asset of which nothing but these answers asks for a tier."""
    observed = max((each.tier for each in answers), default=NONE)
    return advance(state, observed, KNOWN, START + timedelta(hours=hours), POLICY, answers=answers)


def heard(*steps: tuple[Answer, ...]) -> TierState:
    """Advance by 100 h, longer than every hold-off, from each step to the next."""
    state = None
    for number, answers in enumerate(steps):
        state = hear(state, 100 * number, *answers)
    assert state is not None
    return state


@pytest.mark.parametrize("silence", [(), (answer(NONE, SILENT),)], ids=["no node", "missing"])
def test_the_red_of_a_model_that_falls_silent_is_held_until_it_answers_lower(
    silence: tuple[Answer, ...],
) -> None:
    silent = heard((answer(RED),), silence, silence, silence)
    assert (silent.tier, silent.observed, silent.held) == (RED, NONE, True)
    lower = hear(silent, 400, answer(BLUE))
    assert lower.tier is RED  # the hold-off of 6 h begins with the answer
    assert hear(lower, 406, answer(BLUE)).tier is BLUE
    assert hear(lower, 406, *silence).tier is BLUE


def test_a_tier_falls_no_further_than_what_a_silent_model_asked_for() -> None:
    rules, model = answer(RED, model="other"), answer(YELLOW)
    assert heard((rules, model), (answer(NONE, model="other"),)).tier is RED
    fallen = heard((rules, model), *[(answer(NONE, model="other"),)] * 2)
    assert fallen.tier is YELLOW
    assert hear(fallen, 900, answer(NONE, model="other")).tier is YELLOW


def test_one_model_does_not_answer_for_another() -> None:
    quiet = (answer(NONE, model="b"),)
    assert heard((answer(ORANGE, model="a"), answer(NONE, model="b")), *[quiet] * 5).tier is ORANGE


@pytest.mark.parametrize(
    ("asked", "then", "expected"),
    [
        (KNOWN, WEAK, RED),
        (KNOWN, EvidenceState.STALE, RED),
        (EvidenceState.STALE, WEAK, RED),
        (WEAK, SILENT, RED),
        (WEAK, WEAK, NONE),
        (WEAK, KNOWN, NONE),
        (EvidenceState.STALE, EvidenceState.STALE, NONE),
    ],
)
def test_only_an_answer_on_evidence_as_good_takes_back_what_a_model_asked_for(
    asked: EvidenceState, then: EvidenceState, expected: Tier
) -> None:
    assert heard((answer(RED, asked),), *[(answer(NONE, then),)] * 3).tier is expected


def test_of_several_nodes_of_one_model_a_silent_one_leaves_it_unanswered() -> None:
    for partly in permutations((answer(BLUE), answer(NONE, SILENT))):
        assert heard((answer(RED), answer(BLUE)), *[partly] * 3).tier is RED
    assert heard((answer(RED), answer(BLUE)), *[(answer(BLUE),)] * 3).tier is BLUE


def test_the_end_of_an_earthquake_is_not_the_silence_of_a_model() -> None:
    shaken = (answer(NONE, model="shaking"), answer(RED, model="liquefaction", passing=True))
    still, over = (answer(NONE, model="shaking"),), ()
    assert heard(shaken, *[still] * 3).tier is RED
    assert heard(shaken, *[over] * 3).tier is NONE


def test_a_model_taken_out_of_service_on_record_no_longer_holds_the_tier() -> None:
    held = heard((answer(RED, model="a"), answer(YELLOW, model="b")), (), ())
    retired = held.without_models(frozenset({"a"}))
    for hours in (300, 306):
        retired = hear(retired, hours)
    assert retired.tier is YELLOW


def test_what_models_asked_for_survives_json_and_a_state_from_before_is_still_read() -> None:
    state = heard((answer(RED), answer(BLUE, WEAK), answer(ORANGE, model="shaking", passing=True)), ())
    data = json.loads(json.dumps(state.to_json()))
    assert len(state.asked) == 2
    assert TierState.from_json(data) == state
    del data["asked"]
    assert TierState.from_json(data).asked == frozenset()


SPOKEN = st.none() | st.sampled_from(Tier)  # None: the model is silent
MODELS = st.fixed_dictionaries({"a": SPOKEN, "b": SPOKEN})
FOUNDED = st.sampled_from([KNOWN, EvidenceState.STALE, WEAK])


@given(st.lists(st.tuples(st.floats(0.01, 20), MODELS), min_size=2, max_size=12))
def test_a_tier_that_a_model_asked_for_stays_until_that_model_answers_again(
    steps: list[tuple[float, dict[str, Tier | None]]],
) -> None:
    state, hours, last = None, 0.0, {"a": NONE, "b": NONE}
    for wait, said in steps:
        hours += wait
        spoken = {name: tier for name, tier in said.items() if tier is not None}
        last |= spoken
        state = hear(state, hours, *(answer(tier, model=name) for name, tier in spoken.items()))
        assert state.tier >= max(last.values())


@given(st.lists(st.tuples(st.floats(0.01, 20), st.sampled_from(Tier), FOUNDED), max_size=12), st.data())
def test_a_model_that_asked_for_worse_never_leaves_a_milder_tier(
    steps: list[tuple[float, Tier, EvidenceState]], data: st.DataObject
) -> None:
    mild = worse = None
    hours = 0.0
    for wait, tier, founded in steps:
        hours += wait
        raised = data.draw(st.sampled_from([each for each in Tier if each >= tier]))
        mild = hear(mild, hours, answer(tier, founded))
        worse = hear(worse, hours, answer(raised, founded))
        assert worse.tier >= mild.tier


@given(st.lists(st.tuples(st.floats(0.01, 20), st.sampled_from(Tier), st.booleans()), max_size=12))
def test_silence_in_place_of_an_all_clear_never_shows_a_milder_tier(
    steps: list[tuple[float, Tier, bool]],
) -> None:
    speaking = silent = hear(None, 0, answer(RED))
    hours = 0.0
    for wait, tier, falls_silent in steps:
        hours += wait
        said = answer(tier)
        speaking = hear(speaking, hours, said)
        silent = hear(silent, hours, *(() if tier is NONE and falls_silent else (said,)))
        assert silent.tier >= speaking.tier
