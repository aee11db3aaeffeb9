"""Alert, Update, Cancel: once each, numbered, explained, in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Origin, Tier
from minegis.reading import Quality, Reading
from risk_models.rule_package import load_rules
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.asset import AssetRecord
from risk_models.warning.hysteresis import TierState
from risk_models.warning.lifecycle import Warning, WarningEvent, decide, escalation
from risk_models.warning.messages import identifier

RULES = load_rules("national")
AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
SLOPE = AssetRecord("slope", "S1", "北帮边坡", {})
NONE, BLUE, YELLOW, ORANGE, RED = Tier


def assessed(rate: float) -> Assessment:
    reading = Reading(
        "G1", "slope", "S1", "displacement_rate", rate, AT, Quality.GOOD, Origin.OPERATOR, "readings.csv"
    )
    return assess(SLOPE, [reading], [], RULES, AT)


def step(
    previous: Warning | None,
    tier: Tier,
    hours: float = 0,
    *,
    origin: Origin = Origin.OPERATOR,
    rate: float = 50,
) -> list[WarningEvent]:
    at = AT + timedelta(hours=hours)
    state = TierState(tier, tier, EvidenceState.SUFFICIENT, at, at)
    return decide(previous, state, assessed(rate), SLOPE, RULES, region_code="420000", origin=origin)


def raised(tier: Tier = RED) -> Warning:
    (event,) = step(None, tier)
    return event.warning


def test_the_identifier_follows_gb_t_35965() -> None:
    sent = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)  # 09:30 in Beijing
    assert identifier("420000", "413", sent, 0) == "42000041300000_20261122093000_0"


@given(st.integers(0, 999_999))
def test_identifiers_of_one_second_differ_and_have_31_characters(sequence: int) -> None:
    made = identifier("420000", "413", AT, sequence)
    assert len(made) == 31
    assert int(made[9:14]) * 10 + int(made[-1]) == sequence


@pytest.mark.parametrize(("code", "sequence"), [("42", 0), ("420000", 1_000_000), ("42000a", 0)])
def test_what_does_not_fit_an_identifier_is_refused(code: str, sequence: int) -> None:
    with pytest.raises(InvalidInput):
        identifier(code, "413", AT, sequence)


def test_no_warning_is_raised_without_a_tier() -> None:
    assert step(None, NONE) == []


def test_the_first_tier_raises_an_alert_that_says_why() -> None:
    warning = raised()
    assert (warning.msg_type, warning.tier, warning.references, warning.active) == ("Alert", RED, (), True)
    assert (warning.severity, warning.urgency, warning.certainty) == ("Extreme", "Immediate", "Observed")
    assert warning.response_type == "Evacuate"
    assert warning.event_code == "11D01"
    assert warning.headline.zh == "北帮边坡：滑坡风险红色预警（Ⅰ级）"
    assert warning.headline.en == "Red warning (level Ⅰ) for 北帮边坡: Landslide risk"
    assert "50 mm/d" in warning.description.en
    assert "> 40 mm/d" in warning.description.en
    assert "GB 51214-2017" in warning.description.zh
    assert warning.expires_at == AT + timedelta(hours=6)


def test_a_warning_on_sample_data_is_an_exercise_and_says_so() -> None:
    (event,) = step(None, RED, origin=Origin.SAMPLE)
    assert event.warning.cap_status == "Exercise"
    assert event.warning.headline.zh.startswith("【示例数据")
    assert event.warning.headline.en.startswith("[Sample data")
    assert raised().cap_status == "Actual"


def test_another_tier_updates_with_references() -> None:
    first = raised(YELLOW)
    (event,) = step(first, ORANGE, 1)
    (again,) = step(event.warning, RED, 2)
    assert (event.msg_type, again.msg_type) == ("Update", "Update")
    assert again.warning.references == (first.identifier, event.identifier)
    assert again.warning.raised_at == AT
    assert again.warning.expires_at == AT + timedelta(hours=8)


def test_a_warning_that_still_holds_is_reissued_before_it_expires() -> None:
    first = raised()
    assert step(first, RED, 4.9) == []
    (event,) = step(first, RED, 5)
    assert (event.msg_type, event.warning.expires_at) == ("Update", AT + timedelta(hours=11))


def test_the_end_is_a_cancel_once() -> None:
    first = raised()
    (event,) = step(first, NONE, 7, rate=0)
    assert (event.msg_type, event.warning.references, event.warning.active) == (
        "Cancel",
        (first.identifier,),
        False,
    )
    assert event.warning.tier is RED
    assert "解除" in event.warning.headline.zh
    assert step(event.warning, NONE, 8, rate=0) == []


def test_after_a_cancel_a_new_alert_begins_a_new_chain() -> None:
    (cancel,) = step(raised(), NONE, 7)
    (event,) = step(cancel.warning, BLUE, 9)
    assert (event.msg_type, event.warning.references) == ("Alert", ())
    assert event.warning.raised_at == AT + timedelta(hours=9)


def test_a_held_tier_is_said_to_be_held() -> None:
    (event,) = step(None, RED, rate=0)
    assert "held at red" in event.warning.description.en
    assert "保持在红色" in event.warning.description.zh


def test_an_older_evaluation_is_refused() -> None:
    with pytest.raises(InvalidInput, match="back in time"):
        step(raised(), RED, -1)


def test_deadlines_of_an_answer_grow_with_mildness() -> None:
    # red 5, 15, 30 min; orange twice; yellow four times; blue none
    def minutes(tier: Tier) -> list[float]:
        steps = escalation(raised(tier), RULES)
        return [(one.due_at - AT).total_seconds() / 60 for one in steps]

    assert (minutes(RED), minutes(ORANGE), minutes(YELLOW), minutes(BLUE)) == (
        [5, 15, 30],
        [10, 30, 60],
        [20, 60, 120],
        [],
    )
    assert [one.level for one in escalation(raised(), RULES)] == ["county", "city", "province"]


@given(st.lists(st.tuples(st.floats(0.1, 30), st.sampled_from(Tier)), max_size=12))
def test_the_same_assessment_again_sends_nothing_and_the_state_follows_the_tier(
    steps: list[tuple[float, Tier]],
) -> None:
    warning, hours = None, 0.0
    for wait, tier in steps:
        hours += wait
        for event in step(warning, tier, hours):
            assert event.warning.identifier not in event.warning.references
            warning = event.warning
        assert step(warning, tier, hours) == []
        assert (warning is not None and warning.active) == (tier is not NONE)
        assert warning is None or not warning.active or warning.tier is tier
        assert warning is None or not warning.active or warning.expires_at > AT + timedelta(hours=hours)


def test_every_text_is_in_both_languages() -> None:
    for text in (raised().headline, raised().description, raised().instruction, raised().event):
        assert text.zh
        assert text.en
    assert replace(raised(), msg_type="Update") != raised()
