"""A phone in the room drives a wall: what it was told last, who may tell it, and the bounds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from small_site import make_site

from geoserver.app import create_app
from geoserver.errors import Busy
from geoserver.walls import FORGOTTEN_AFTER, MOST, Walls
from minegis.errors import NotFound
from minegis.settings import Settings

type Serving = Callable[..., AbstractContextManager[str]]

HALL = "/api/v1/walls/hall"
PATIENCE = 30.0  # s


def opened(site: Path, host: str = "127.0.0.1", **settings: Any) -> TestClient:
    app = create_app(Settings(site=site, web=Path("absent"), **settings))
    return TestClient(app, base_url="http://localhost", client=(host, 50000))


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with opened(make_site(tmp_path)) as client:
        yield client


def test_a_wall_that_nobody_drove_is_not_known(client: TestClient) -> None:
    answer = client.get(HALL)
    assert answer.status_code == 404
    assert "hall" in answer.json()["where"]


def test_what_is_not_told_stays_as_it_was(client: TestClient) -> None:
    client.post(HALL, json={"scene": "warnings", "playing": False})
    told = client.post(HALL, json={"playing": True}).json()
    assert (told["scene"], told["playing"], told["number"]) == ("warnings", True, 2)
    assert client.get(HALL).json() == told


def test_presses_are_counted_so_that_none_is_lost_when_two_come_together(client: TestClient) -> None:
    for step in (1, 1, 1, -1):
        told = client.post(HALL, json={"step": step}).json()
    assert told["turn"] == 2  # 1 + 1 + 1 − 1


def test_a_scene_that_is_chosen_again_can_be_told_from_one_that_only_stays(client: TestClient) -> None:
    assert client.post(HALL, json={"scene": "rain"}).json()["chosen"] == 1
    assert client.post(HALL, json={"playing": False}).json()["chosen"] == 1
    assert client.post(HALL, json={"step": 1}).json()["chosen"] == 1
    assert client.post(HALL, json={"scene": "rain"}).json()["chosen"] == 4


def test_another_scene_ends_what_an_address_shows(client: TestClient) -> None:
    told = client.post(HALL, json={"address": "asset/tsf/T1"}).json()
    assert told["address"] == "asset/tsf/T1"
    assert client.post(HALL, json={"playing": True}).json()["address"] == "asset/tsf/T1"
    assert client.post(HALL, json={"step": 1}).json()["address"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"scene": "../etc"},
        {"scene": "x" * 201},
        {"address": "https://example.org/"},
        {"address": "region/12"},
        {"address": "asset/tsf/" + "x" * 201},
        {"step": 2},
        {"playing": "perhaps"},
        {"volume": 11},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(client: TestClient, body: dict[str, Any]) -> None:
    before = client.post(HALL, json={"scene": "nation"}).json()
    assert client.post(HALL, json=body).status_code in (400, 422)
    assert client.get(HALL).json() == before


@pytest.mark.parametrize("name", ["a b", "x" * 41, "屏"])
def test_a_name_is_a_word_of_an_address(client: TestClient, name: str) -> None:
    assert client.post(f"/api/v1/walls/{name}", json={"step": 1}).status_code in (400, 422)


def test_a_phone_elsewhere_drives_only_where_editing_is_open(tmp_path: Path) -> None:
    site = make_site(tmp_path)
    with opened(site, host="192.168.1.20") as stranger:
        assert stranger.post(HALL, json={"step": 1}).status_code == 403
        assert stranger.get(HALL).status_code == 404  # and nothing was done
    with opened(site, host="192.168.1.20", editing="anywhere") as phone:
        assert phone.post(HALL, json={"step": 1}).status_code == 200


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_wall_is_forgotten_after_a_day_unless_a_screen_listens() -> None:
    clock = Clock()
    walls = Walls(8, clock)
    walls.drive("hall", scene="nation")
    walls.drive("roof", scene="nation")
    with walls.place("hall"):
        clock.seconds = FORGOTTEN_AFTER + 1
        assert walls.known("hall").scene == "nation"
        with pytest.raises(NotFound):
            walls.known("roof")
    assert walls.known("hall").scene == "nation"  # the day begins when the last screen leaves
    clock.seconds *= 2.1
    with pytest.raises(NotFound):
        walls.known("hall")


def test_the_wall_used_longest_ago_makes_room_but_never_one_that_listens() -> None:
    clock = Clock()
    walls = Walls(MOST, clock)
    with walls.place("w0"):
        for number in range(MOST):
            clock.seconds += 1
            walls.drive(f"w{number}", step=1)
        walls.drive("one-more", step=1)
        assert walls.known("w0").listening == 1
        with pytest.raises(NotFound):
            walls.known("w1")  # the oldest without a screen


def test_no_wall_is_taken_from_the_screens_that_listen() -> None:
    walls = Walls(MOST)
    places = [walls.place(f"w{number}") for number in range(MOST)]
    for place in places:
        place.__enter__()
    with pytest.raises(Busy):
        walls.drive("one-more", step=1)
    with pytest.raises(Busy), walls.place("w0"):  # MOST listeners are allowed
        pass
    for place in places:
        place.__exit__(None, None, None)
    walls.drive("one-more", step=1)


def test_a_phone_that_watches_is_not_counted_as_a_screen_but_takes_a_place() -> None:
    walls = Walls(2)
    with walls.place("hall", screen=False), walls.place("hall"):
        assert walls.known("hall").listening == 1
        with pytest.raises(Busy), walls.place("hall"):
            pass


def test_a_screen_that_was_never_told_anything_leaves_nothing_behind() -> None:
    walls = Walls(8)
    with walls.place("hall"):
        assert walls.known("hall").listening == 1
    with pytest.raises(NotFound):
        walls.known("hall")


@contextmanager
def listening(address: str) -> Iterator[Iterator[dict[str, Any]]]:
    """A screen: what its wall is told, from now on."""
    with (
        httpx.Client(base_url=address, timeout=PATIENCE) as client,
        client.stream("GET", f"{HALL}/events") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _walls(answer.iter_lines())


def _walls(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        if line.startswith("data: ") and name == "wall":
            yield json.loads(line.removeprefix("data: "))


@pytest.mark.slow
def test_a_screen_hears_what_the_phone_says_and_the_server_ends_with_screens_listening(
    tmp_path: Path, serving: Serving
) -> None:
    with serving(make_site(tmp_path), listeners="2") as address, listening(address) as heard:
        first = next(heard)
        assert (first["number"], first["listening"]) == (0, 1)
        with httpx.Client(base_url=address, timeout=PATIENCE) as phone:
            assert phone.post(HALL, json={"scene": "warnings"}).json()["listening"] == 1
            assert next(heard)["scene"] == "warnings"
            with listening(address) as second:
                assert next(second)["scene"] == "warnings"  # who comes later is told how things stand
                assert next(heard)["listening"] == 2
                assert phone.get(f"{HALL}/events").status_code == 503
