"""The warning desk through its routes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from small_site import NOW, make_site, warning_event

from data_catalog.store import PublishedRun, RunRecord, Store
from geoserver.app import create_app
from geoserver.writers import GREATEST_BODY
from minegis.clock import format_moment
from minegis.levels import Tier
from minegis.settings import Settings

WARNING = "tsf/T1/1"
LIST, ONE = "/api/v1/warnings", f"/api/v1/warnings/{WARNING}"
ACTIONS = f"{ONE}/actions"
_KEYS = (f"key-{number:04d}" for number in count())


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return make_site(tmp_path)


@pytest.fixture
def client(site: Path) -> Iterator[TestClient]:
    app = create_app(Settings(site=site, web=Path("absent")))
    with TestClient(app, base_url="http://localhost", client=("127.0.0.1", 50000)) as opened:
        yield opened


def wanted(kind: str, **more: str) -> dict[str, str]:
    return {"kind": kind, "who": "李", "key": next(_KEYS), **more}


def do(client: TestClient, kind: str, **more: str) -> dict[str, Any]:
    answer = client.post(ACTIONS, json=wanted(kind, **more))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def send(site: Path, msg_type: str, tier: Tier, minutes: int) -> str:
    """Publish a run with one more message of the warning; return its identifier."""
    event = warning_event(msg_type, tier, minutes, ())
    at = NOW + timedelta(minutes=minutes)
    with Store.open(site) as store:
        store.publish(PublishedRun(run=RunRecord(f"run{minutes}", at, at, NOW, {}), warning_events=(event,)))
    return event.identifier


def test_a_warning_nobody_answered_says_until_when_and_who_is_next(client: TestClient, site: Path) -> None:
    (listed,) = client.get(LIST).json()
    desk = listed["desk"]
    with Store.open(site) as store:
        known = store.actions.messages(WARNING)[-1].known_at
    assert desk == {
        "state": "unacknowledged", "by": None, "at": None, "assigned_to": None, "level": None,
        "due_at": format_moment(known + timedelta(minutes=5)), "next_level": "county", "reason": None,
        "actions": 0, "changed_at": format_moment(known),
    }  # fmt: skip


def test_a_warning_shows_every_message_and_every_act(client: TestClient) -> None:
    do(client, "assign", to="王")
    do(client, "comment", text="已联系矿山")
    done = do(client, "acknowledge")
    found = client.get(ONE).json()
    assert [(each["msg_type"], each["tier"]) for each in found["messages"]] == [("Alert", 3), ("Update", 4)]
    assert [(each["kind"], each["to"], each["text"]) for each in found["actions"]] == [
        ("assign", "王", ""), ("comment", "", "已联系矿山"), ("acknowledge", "", ""),
    ]  # fmt: skip
    assert [each["number"] for each in found["actions"]] == [1, 2, 3]
    assert {each["identifier"] for each in found["actions"]} == {found["identifier"]}
    assert found["desk"] == done["desk"]
    assert (found["desk"]["state"], found["desk"]["by"], found["desk"]["assigned_to"]) == (
        "acknowledged", "李", "王",
    )  # fmt: skip
    assert found["desk"]["at"] == found["actions"][-1]["at"]
    assert found["desk"]["due_at"] is None


def test_closing_changes_neither_the_colour_nor_the_count_of_active_warnings(client: TestClient) -> None:
    def shown() -> list[Any]:
        tile = client.get("/tiles/vector/warning/8/201/104.mvt").content
        layer = next(each for each in client.get("/api/v1/layers").json() if each["id"] == "warning")
        (listed,) = client.get(LIST).json()
        feed = client.get("/cap/feed.atom").text.count("<entry>")
        return [tile, layer["count"], listed["tier"], listed["status"], listed["cancelled_at"], feed]

    before = shown()
    desk = do(client, "close", reason="现场核查为误报")["desk"]
    assert (desk["state"], desk["by"], desk["reason"]) == ("closed", "李", "现场核查为误报")
    assert shown() == before


def test_the_same_key_again_is_answered_with_the_first_act(client: TestClient) -> None:
    body = wanted("escalate", to="county")
    first, again = client.post(ACTIONS, json=body), client.post(ACTIONS, json=body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert client.get(ONE).json()["desk"]["level"] == "county"
    other = client.post(ACTIONS, json={**body, "who": "王"})
    assert (other.status_code, other.json()["where"]) == (409, "key")


def test_escalations_go_up_level_by_level_and_no_further(client: TestClient) -> None:
    levels = [do(client, "escalate")["desk"]["level"] for _ in range(3)]
    assert levels == ["county", "city", "province"]
    answer = client.post(ACTIONS, json=wanted("escalate"))
    assert (answer.status_code, answer.json()["got"]) == (409, "province")


def test_a_message_of_a_higher_tier_opens_a_closed_warning_again(client: TestClient, site: Path) -> None:
    send(site, "Update", Tier.YELLOW, 60)
    do(client, "close", reason="x")
    send(site, "Update", Tier.YELLOW, 90)
    assert client.get(ONE).json()["desk"]["state"] == "closed"
    send(site, "Update", Tier.RED, 120)
    desk = client.get(ONE).json()["desk"]
    assert (desk["state"], desk["reason"], desk["next_level"]) == ("unacknowledged", None, "county")


def test_an_act_on_a_message_that_was_overtaken_is_refused(client: TestClient, site: Path) -> None:
    seen = client.get(ONE).json()["identifier"]
    newer = send(site, "Update", Tier.RED, 60)
    refused = client.post(ACTIONS, json=wanted("acknowledge", identifier=seen))
    assert (refused.status_code, refused.json()["expected"], refused.json()["got"]) == (412, newer, seen)
    assert client.get(ONE).json()["actions"] == []
    assert do(client, "acknowledge", identifier=newer)["identifier"] == newer


def test_acts_at_the_same_time_are_all_kept(client: TestClient) -> None:
    def comment(number: int) -> int:
        return client.post(ACTIONS, json=wanted("comment", text=f"{number}")).status_code

    with ThreadPoolExecutor(4) as people:
        assert set(people.map(comment, range(12))) == {201}
    texts = [each["text"] for each in client.get(ONE).json()["actions"]]
    assert sorted(texts, key=int) == [str(number) for number in range(12)]


def test_nobody_need_answer_a_cancelled_warning_but_everybody_may(client: TestClient, site: Path) -> None:
    send(site, "Cancel", Tier.RED, 60)
    assert client.get(LIST).json() == []
    found = client.get(ONE).json()
    assert found["cancelled_at"] == "2026-07-20T05:00:00Z"
    assert found["desk"]["due_at"] is None
    assert do(client, "close", reason="解除")["desk"]["state"] == "closed"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (wanted("assign"), "to"),
        (wanted("comment", text="  "), "text"),
        (wanted("close"), "reason"),
        (wanted("escalate", to="province"), "to"),
        (wanted("forget"), "kind"),
        (wanted("comment", text="a\0b"), "text"),
        (wanted("comment", text="\ud800"), "text"),
        (wanted("comment", text="x" * 2001), "text"),
        (wanted("acknowledge", who=" "), "who"),
        (wanted("acknowledge", who="x" * 81), "who"),
        (wanted("acknowledge", key="short"), "key"),
        (wanted("acknowledge", colour="green"), "colour"),
    ],
)
def test_an_act_that_says_too_little_or_too_much_is_refused(
    client: TestClient, body: dict[str, str], where: str
) -> None:
    text = json.dumps(body)  # as ASCII: half a character can be sent no other way
    answer = client.post(ACTIONS, content=text, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["where"]) == (400, where)
    assert client.get(ONE).json()["actions"] == []


def test_what_is_not_there_is_a_404(client: TestClient) -> None:
    for answer in (client.get(f"{LIST}/x"), client.post(f"{LIST}/x/actions", json=wanted("acknowledge"))):
        assert (answer.status_code, answer.json()["what"]) == (404, "no such warning")


def test_strangers_read_and_may_do_nothing(site: Path) -> None:
    app = create_app(Settings(site=site, web=Path("absent")))
    with TestClient(app, base_url="http://one-map.example", client=("10.0.0.7", 50000)) as stranger:
        assert stranger.get(ONE).status_code == 200
        assert stranger.post(ACTIONS, json=wanted("acknowledge")).status_code == 403
        assert stranger.get(ONE).json()["actions"] == []


def test_a_body_that_is_too_long_is_not_read(client: TestClient) -> None:
    answer = client.post(ACTIONS, content=b" " * (GREATEST_BODY + 1))
    assert (answer.status_code, answer.json()["where"]) == (413, "body")


def test_a_warning_is_told_as_it_stood_at_the_desk(client: TestClient) -> None:
    first, second = do(client, "comment", text="x"), do(client, "acknowledge")
    for moment, state, acts in ((first["at"], "unacknowledged", 1), (second["at"], "acknowledged", 2)):
        one = client.get(ONE, params={"as_of": moment}).json()
        (listed,) = client.get(LIST, params={"as_of": moment}).json()
        assert one["desk"] == listed["desk"]
        assert (one["desk"]["state"], len(one["actions"]), len(one["messages"])) == (state, acts, 2)
