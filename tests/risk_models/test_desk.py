from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from minegis.errors import InvalidInput, StoreConflict
from minegis.levels import Label, Origin, Tier
from risk_models.rule_package import load_rules
from risk_models.warning.desk import Act, Desk, DeskState, Message, desk_of, following, judged
from risk_models.warning.lifecycle import Warning

RULES = load_rules("national")
LEVELS = RULES.warning.escalation.levels
NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)
FROZEN = datetime(2025, 1, 1, tzinfo=UTC)  # the time that a sample speaks of: no deadline runs from it


def warning(tier: Tier, *, cancelled: bool = False) -> Warning:
    words = Label("x", "x")
    return Warning(
        identifier="i2", references=("i1",), dataset="tsf", asset_id="T1", asset_name="x",
        region_code="513221",
        origin=Origin.SAMPLE, msg_type="Update", cap_status="Exercise", tier=tier, event_code="12B04",
        event=words, severity="", urgency="", certainty="", response_type="", headline=words,
        description=words, instruction=words, raised_at=FROZEN, updated_at=FROZEN, expires_at=FROZEN,
        cancelled_at=FROZEN if cancelled else None,
    )  # fmt: skip


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def desk(*happened: Message | Act, cancelled: bool = False) -> Desk:
    messages = [each for each in happened if isinstance(each, Message)]
    acts = [each for each in happened if isinstance(each, Act)]
    return desk_of(warning(messages[-1].tier, cancelled=cancelled), messages, acts, RULES)


RED = Message(Tier.RED, NOON)
ORANGE = Message(Tier.ORANGE, NOON)


def test_a_new_red_must_be_answered_within_five_minutes_of_becoming_known() -> None:
    found = desk(RED)
    assert (found.state, found.level, found.next_level) == (DeskState.UNACKNOWLEDGED, None, "county")
    assert found.due_at == minute(5)
    assert (found.by, found.actions, found.changed_at) == (None, 0, NOON)


def test_an_orange_has_twice_and_a_yellow_four_times_as_long_and_a_blue_no_deadline() -> None:
    due = [desk(Message(tier, NOON)).due_at for tier in (Tier.ORANGE, Tier.YELLOW, Tier.BLUE)]
    assert due == [minute(10), minute(20), None]


def test_an_acknowledgement_stops_the_deadline_and_says_whose_it_is() -> None:
    found = desk(RED, Act("acknowledge", "Li", minute(2)))
    assert (found.state, found.by, found.at) == (DeskState.ACKNOWLEDGED, "Li", minute(2))
    assert (found.due_at, found.next_level) == (None, "county")  # who can still be told


def test_each_escalation_moves_on_to_the_next_level_and_its_deadline() -> None:
    # red 5, 15, 30 minutes: county, city, province
    once = desk(RED, Act("escalate", "Li", minute(6)))
    assert (once.state, once.level, once.next_level, once.due_at) == (
        DeskState.ESCALATED, "county", "city", minute(15),
    )  # fmt: skip
    acts = [Act("escalate", "Li", minute(number)) for number in (6, 16, 31)]
    last = desk(RED, *acts)
    assert (last.level, last.next_level, last.due_at) == ("province", None, None)


def test_a_message_of_a_higher_tier_asks_again_whoever_has_answered() -> None:
    worse = Message(Tier.RED, minute(40))
    for kind in ("acknowledge", "escalate", "close"):
        found = desk(ORANGE, Act(kind, "Li", minute(3), reason="tested"), worse)
        assert (found.state, found.by, found.level, found.reason) == (
            DeskState.UNACKNOWLEDGED, None, None, None,
        )  # fmt: skip
        assert (found.due_at, found.changed_at) == (minute(45), minute(40))


def test_a_message_of_the_same_or_a_lower_tier_leaves_the_answer_as_it_is() -> None:
    answered = Act("acknowledge", "Li", minute(3))
    for later in (Message(Tier.RED, minute(40)), Message(Tier.YELLOW, minute(40))):
        found = desk(RED, answered, later)
        assert (found.state, found.by, found.due_at) == (DeskState.ACKNOWLEDGED, "Li", None)


def test_a_tier_that_rises_again_after_it_fell_asks_again() -> None:
    found = desk(
        RED, Act("close", "Li", minute(3), reason="x"), Message(Tier.YELLOW, minute(9)),
        Message(Tier.ORANGE, minute(20)),
    )  # fmt: skip
    assert found.state is DeskState.UNACKNOWLEDGED
    assert found.due_at == minute(30)  # 20 + 2 × 5


def test_without_an_answer_the_deadline_runs_from_the_last_message() -> None:
    assert desk(RED, Message(Tier.RED, minute(300))).due_at == minute(305)


def test_assigning_and_commenting_change_no_state_and_stop_no_deadline() -> None:
    found = desk(RED, Act("assign", "Li", minute(1), to="Wang"), Act("comment", "Li", minute(2)))
    assert (found.state, found.assigned_to, found.due_at, found.actions) == (
        DeskState.UNACKNOWLEDGED, "Wang", minute(5), 2,
    )  # fmt: skip
    assert found.changed_at == minute(2)


def test_nobody_is_due_for_a_warning_that_is_over() -> None:
    found = desk(RED, Message(Tier.RED, minute(9)), cancelled=True)
    assert (found.state, found.due_at) == (DeskState.UNACKNOWLEDGED, None)


def test_a_closed_warning_takes_comments_but_no_second_answer() -> None:
    closed = desk(RED, Act("close", "Li", minute(3), reason="false alarm"))
    assert (closed.reason, closed.due_at, closed.next_level) == ("false alarm", None, None)
    assert judged(closed, "comment", "", LEVELS) == ""
    for kind in ("acknowledge", "escalate", "close"):
        with pytest.raises(StoreConflict, match="closed"):
            judged(closed, kind, "", LEVELS)


def test_only_the_next_level_can_be_told_and_none_after_the_last() -> None:
    assert judged(desk(RED), "escalate", "", LEVELS) == "county"
    assert judged(desk(RED), "escalate", "county", LEVELS) == "county"
    with pytest.raises(InvalidInput, match="expected county"):
        judged(desk(RED), "escalate", "city", LEVELS)
    top = desk(RED, *(Act("escalate", "Li", minute(number)) for number in (6, 16, 31)))
    with pytest.raises(StoreConflict, match="highest level"):
        judged(top, "escalate", "", LEVELS)


def test_a_level_that_the_rules_no_longer_know_is_followed_by_the_first() -> None:
    assert following("emperor", LEVELS) == "county"
