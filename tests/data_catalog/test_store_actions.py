"""What the desk does, kept by both databases in one order with the messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest

from data_catalog.store import (
    ActionRecord,
    Position,
    PublishedRun,
    RunRecord,
    Store,
    WarningEventRecord,
    Written,
)
from minegis.clock import utc_now
from minegis.errors import NotFound, Stale, StoreConflict

NOON = datetime(2026, 7, 20, 12, tzinfo=UTC)
PAGE = 10_000


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    with Store.open(tmp_path, database) as opened:
        yield opened


def publish(store: Store, run: str, identifiers: Sequence[str], tier: int = 3) -> None:
    """Publish a run that sends a message for each identifier, ``<warning>.<number>``."""
    events = tuple(
        WarningEventRecord(
            identifier.partition(".")[0], identifier, "Alert", "Exercise", "tsf", "T1", "x", "513233",
            tier, 0,
            NOON, NOON + timedelta(days=1), (), {}, {}, "sample",
        )
        for identifier in identifiers
    )  # fmt: skip
    store.publish(PublishedRun(run=RunRecord(run, NOON, NOON, NOON, {}), warning_events=events))


def act(key: str, **changes: str) -> ActionRecord:
    return replace(ActionRecord("W1", "W1.1", "acknowledge", "李", key=key), **changes)  # type: ignore[arg-type]


def told(found: Sequence[Written]) -> list[str]:
    return [each.warning_id or each.kind for each in found]


def test_an_action_comes_back_as_it_was_done_numbered_and_with_its_moment(store: Store) -> None:
    publish(store, "run1", ["W1.1", "W2.1"])
    before = utc_now()
    kept, new = store.actions.add(act("k1", kind="close", reason="误报"), seen=0)
    assert new
    assert (kept.number, kept.reason, kept.who) == (1, "误报", "李")
    assert kept.at is not None
    assert before <= kept.at <= utc_now()
    assert store.actions.all() == [kept]
    assert store.actions.all("W2") == []
    assert store.actions.find("k1") == kept
    assert store.actions.find("k2") is None
    assert store.actions.all(as_of=before) == []


def test_a_key_that_comes_again_for_another_person_is_refused(store: Store) -> None:
    publish(store, "run1", ["W1.1"])
    store.actions.add(act("k1", kind="assign", to="王"), seen=0)
    with pytest.raises(StoreConflict, match="another act"):
        store.actions.add(act("k1", kind="assign", to="赵"), seen=0)
    store.actions.add(act("k2", kind="escalate", to="county"), seen=1)
    again, new = store.actions.add(act("k2", kind="escalate"), seen=1)  # it never said to whom
    assert (again.to, new) == ("county", False)


def test_the_same_key_again_is_the_first_act_and_adds_nothing(store: Store) -> None:
    publish(store, "run1", ["W1.1"])
    first, _ = store.actions.add(act("k1"), seen=0)
    version = store.version("warning_action")
    publish(store, "run2", ["W1.2"])  # the answer was lost, and a message came before it was sent again
    again, new = store.actions.add(act("k1", identifier="W1.2"), seen=0)
    assert (again, new) == (first, False)
    assert store.version("warning_action") == version
    with pytest.raises(StoreConflict, match="another act"):
        store.actions.add(act("k1", who="王"), seen=0)


def test_an_act_on_what_has_changed_meanwhile_is_refused(store: Store) -> None:
    publish(store, "run1", ["W1.1"])
    store.actions.add(act("k1"), seen=0)
    with pytest.raises(Stale, match="action 1"):
        store.actions.add(act("k2"), seen=0)
    publish(store, "run2", ["W1.2"])
    with pytest.raises(Stale, match=r"message W1\.2"):
        store.actions.add(act("k2"), seen=1)
    with pytest.raises(NotFound, match="W9"):
        store.actions.add(act("k2", warning_id="W9"), seen=0)
    assert len(store.actions.all()) == 1


def test_of_two_desks_that_act_at_once_one_is_told_to_look_again(tmp_path: Path, database: str) -> None:
    with Store.open(tmp_path, database) as one, Store.open(tmp_path, database) as other:
        publish(one, "run1", ["W1.1"])
        together, refused = Barrier(2), []

        def escalate(store: Store, key: str) -> None:
            together.wait()
            try:
                store.actions.add(act(key, kind="escalate", to="county"), seen=0)
            except Stale:
                refused.append(key)

        desks = [Thread(target=escalate, args=(one, "a")), Thread(target=escalate, args=(other, "b"))]
        for desk in desks:
            desk.start()
        for desk in desks:
            desk.join()
        assert len(refused) == 1
        assert [each.number for each in one.actions.all()] == [1]


def test_messages_actions_and_runs_are_told_in_the_order_they_were_written(store: Store) -> None:
    start = utc_now()
    assert store.actions.written_after(Position(start), PAGE) == []
    publish(store, "run1", ["W2.1", "W1.1"])
    store.actions.add(act("k1"), seen=0)
    publish(store, "run2", ["W3.1"])
    found = store.actions.written_after(Position(start), PAGE)
    # Of the run only the last is told: what counts is that there is a newer one.
    assert told(found) == ["W2", "W1", "W1", "W3", "run"]
    assert [each.position.key for each in found] == sorted(each.position.key for each in found)


def test_what_is_told_goes_on_after_any_position_without_a_gap_or_a_repetition(store: Store) -> None:
    start = Position(utc_now())
    publish(store, "run1", [f"W{number}.1" for number in range(7)])
    store.actions.add(act("k1"), seen=0)
    whole = store.actions.written_after(start, PAGE)
    assert len(whole) == 9  # seven messages, one run, one action
    for place, each in enumerate(whole):
        assert store.actions.written_after(each.position, PAGE) == whole[place + 1 :]
    by_threes, position = [], start
    while page := store.actions.written_after(position, 3):
        assert len(page) <= 3
        by_threes += page
        position = page[-1].position
    assert by_threes == whole
