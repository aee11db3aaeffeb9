"""The stream of events from the real server: in order, resumed without loss or doubles, and ended in time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from small_site import NOW, make_site, warning_event

from data_catalog.store import ActionRecord, PublishedRun, RunRecord, Store
from minegis.clock import format_utc
from minegis.levels import Tier

type Serve = Callable[..., str]
type Serving = Callable[..., AbstractContextManager[str]]

EVENTS = "/api/v1/events"
PATIENCE = 30.0  # s; an event that does not come within is not coming


@dataclass(frozen=True)
class Event:
    name: str
    id: str
    data: dict[str, Any]

    @property
    def what(self) -> str:
        """A warning by its id, anything else by its name."""
        return str(self.data["id"]) if self.name == "warning" else self.name


def events_of(lines: Iterator[str]) -> Iterator[Event]:
    """Read events as the WHATWG rules say: the last id stays until another one comes."""
    last, fields = "", {}
    for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        last = fields.get("id", last)
        if "data" in fields:
            yield Event(fields.get("event", "message"), last, json.loads(fields["data"]))
        fields = {}


@contextmanager
def listening(address: str, after: str = "", **headers: str) -> Iterator[Iterator[Event]]:
    """A listener; the first event that it gets is the beat or the reset at the beginning."""
    params = {"after": after} if after else {}
    with (
        httpx.Client(base_url=address, timeout=PATIENCE) as client,
        client.stream("GET", EVENTS, params=params, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers  # a compressor holds events back
        yield events_of(answer.iter_lines())


def until(found: Iterator[Event], last: str) -> list[Event]:
    """Return the events up to the first that says `last`, without beats."""
    taken = []
    for each in found:
        if each.name != "beat":
            taken.append(each)
        if each.what == last:
            return taken
    raise AssertionError("the stream ended")


def whats(found: Sequence[Event]) -> list[str]:
    return [each.what for each in found]


def publish(store: Store, *warnings: str) -> PublishedRun:
    """Publish the next run, in which each warning begins."""
    number = len(store.run_ids())
    at = NOW + timedelta(hours=number)
    alert = warning_event("Alert", Tier.ORANGE, 60 * number, ())
    events = tuple(
        replace(alert, warning_id=name, identifier=f"{name}.1", asset_id=name) for name in warnings
    )
    run = PublishedRun(run=RunRecord(f"r{number}", at, at, at, {}), warning_events=events)
    store.publish(run)
    return run


def acknowledge(store: Store, warning: str) -> None:
    wanted = ActionRecord(warning, f"{warning}.1", "acknowledge", "李", key=f"{warning}-acknowledged")
    store.actions.add(wanted, seen=0)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_site(tmp_path_factory.mktemp("events") / "site")


@pytest.fixture(scope="module")
def address(site: Path, serve: Serve) -> str:
    """One server for all: each test sends warnings of its own."""
    return serve(site)


@pytest.fixture
def store(site: Path) -> Iterator[Store]:
    with Store.open(site) as opened:
        yield opened


def test_warnings_actions_and_runs_come_in_the_order_they_were_written(store: Store, address: str) -> None:
    with listening(address, **{"accept-encoding": "gzip, br"}) as found:
        assert next(found).name == "beat"
        published = publish(store, "A1", "A2").run
        first = until(found, "run")
        assert whats(first) == ["A1", "A2", "run"]
        assert first[-1].data == {"run": published.id, "finished_at": format_utc(published.finished_at)}
        assert first[0].data["desk"]["state"] == "unacknowledged"
        acknowledge(store, "A2")
        (acted,) = until(found, "A2")
        assert (acted.data["desk"]["state"], acted.data["desk"]["by"]) == ("acknowledged", "李")
        assert acted.data["tier"] == Tier.ORANGE  # what a person answers changes no colour
        publish(store, "A3")
        assert whats(until(found, "run")) == ["A3", "run"]


def test_whoever_comes_back_gets_what_was_missed_once_and_then_what_follows(
    store: Store, address: str
) -> None:
    with listening(address) as found:
        beginning = next(found).id
        publish(store, "B1", "B2", "B3")
        seen = until(found, "B2")
    publish(store, "B4")  # while nobody listens
    acknowledge(store, "B1")
    # B3 was on its way when the connection broke; of the runs only the newest is told.
    missed, last = ["B3", "B4", "run", "B1"], seen[-1].id
    for resumed in (listening(address, after=last), listening(address, **{"last-event-id": last})):
        with resumed as found:
            assert whats(until(found, "B1")) == missed
    with listening(address, after=beginning) as found:
        assert whats(until(found, "B1")) == ["B2", *missed]  # B1 once, as it stands now
        publish(store, "B5")
        assert whats(until(found, "run")) == ["B5", "run"]


def test_a_burst_of_500_reaches_every_listener_whole_wherever_it_was_cut(store: Store, address: str) -> None:
    names = [f"C{number:03d}" for number in range(500)]
    with listening(address) as one, listening(address) as other:
        beginning = next(one).id
        next(other)
        publish(store, *names)
        whole = until(one, "run")
        assert whats(whole) == [*names, "run"]
        assert [each.id for each in until(other, "run")] == [each.id for each in whole]
    for cut in (0, 63, 64, 250, 499):
        with listening(address, after=whole[cut].id) as rest:
            assert whats(until(rest, "run")) == [*names[cut + 1 :], "run"]
    with listening(address, after=beginning) as again:
        assert len({each.id for each in until(again, "run")}) == 501


@pytest.mark.parametrize(
    "strange",
    [
        "x",
        "0-0-0",
        "ffff-1784520000000000-1",
        "{identity}-9999999999999999-1",
        "{identity}-1-99999999999999999999",
    ],
)
def test_a_cursor_that_is_not_known_begins_anew_and_says_so(store: Store, address: str, strange: str) -> None:
    name = f"D{len(store.run_ids())}"
    with listening(address, after=strange.format(identity=store.identity)) as found:
        reset = next(found)
        assert reset.name == "reset"
        publish(store, name)
        assert whats(until(found, "run")) == [name, "run"]
    with listening(address, after=reset.id) as found:
        assert whats(until(found, "run")) == [name, "run"]


def test_whoever_is_too_far_behind_is_told_to_read_everything_anew(store: Store, address: str) -> None:
    with listening(address) as found:
        beginning = next(found).id
    publish(store, *(f"E{number}" for number in range(5000)))
    with listening(address, after=beginning) as found:
        assert next(found).name == "beat"  # the cursor is known
        assert next(found).name == "reset"
        publish(store, "F1")
        assert whats(until(found, "run")) == ["F1", "run"]


def test_more_listeners_than_there_are_places_are_asked_to_come_later(site: Path, serve: Serve) -> None:
    address = serve(site, listeners="2")
    with listening(address) as one, listening(address) as other:
        next(one)
        next(other)
        refused = httpx.get(address + EVENTS, timeout=PATIENCE)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "1"
        assert refused.headers["content-type"] == "application/problem+json"
        assert "minegis_listeners 2.0" in httpx.get(f"{address}/metrics", timeout=PATIENCE).text
    deadline = time.monotonic() + PATIENCE
    while (
        httpx.head(address + EVENTS, timeout=PATIENCE).status_code == 503
    ):  # until both are known to have left
        assert time.monotonic() < deadline
    with listening(address) as found:
        assert next(found).name == "beat"
    assert 'route="/api/v1/events",status="2xx"' in httpx.get(f"{address}/metrics", timeout=PATIENCE).text


def test_the_server_stops_while_streams_are_open_and_ends_them_properly(site: Path, serving: Serving) -> None:
    with ExitStack() as server:
        address = server.enter_context(serving(site))
        with listening(address) as found:
            next(found)
            server.close()  # as Ctrl-C does; what is logged and the exit status are looked at there
            assert list(found) == []  # an end, not a broken connection


def test_the_watcher_sees_what_is_written_to_postgis(
    tmp_path: Path, postgres: Callable[[], str], serve: Serve
) -> None:
    database = postgres()
    site = make_site(tmp_path / "site", database=database)
    address = serve(site, database=database)
    with Store.open(site, database) as store, listening(address) as found:
        start = next(found)
        publish(store, "W1", "W2")
        assert whats(until(found, "run")) == ["W1", "W2", "run"]
        acknowledge(store, "W1")
        assert until(found, "W1")[-1].data["desk"]["by"] == "李"
    with Store.open(site, database) as store, listening(address, after=start.id) as found:
        assert whats(until(found, "W1")) == ["W2", "run", "W1"]
