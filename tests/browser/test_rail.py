"""The warnings rail as a person sees and answers it, while warnings come and the server stops and starts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from small_site import NOW, make_site, warning_event

from data_catalog.store import Feature, PublishedRun, RunRecord, Store
from minegis.levels import Origin, Tier
from minegis.reading import Quality, Reading

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "tests" / "output" / "browser"

type Serving = Callable[..., AbstractContextManager[str]]

pytestmark = pytest.mark.slow


class OtherSide:
    """What happens while the walk goes on: runs publish warnings, the server stops and starts again."""

    def __init__(self, site: Path, serving: Serving) -> None:
        self._site = site
        self._serving = serving
        self._server = ExitStack()
        self.address = self._server.enter_context(serving(site))

    def publish(self, names: list[str], tier: int) -> int:
        """Publish a run in which each name begins as a warning, all over the map."""
        with Store.open(self._site) as store:
            number = len(store.run_ids())
            pattern = warning_event("Alert", Tier(tier), 60 * number, ())
            events = tuple(
                replace(
                    pattern,
                    warning_id=name,
                    identifier=f"{name}.1",
                    texts={
                        **pattern.texts,
                        "headline": {"zh": f"【示例】{name}：尾矿库预警", "en": f"Warning {name}"},
                    },
                    geometry_wkb=shapely.Point(
                        102.7 + 0.007 * (place % 230), 30.7 + 0.6 * (place // 230)
                    ).wkb,
                )
                for place, name in enumerate(names, start=7 * number)
            )
            at = NOW + timedelta(hours=number)
            store.publish(_same_map(store, RunRecord(f"r{number}", at, at, at, {}), events))
        return len(names)

    def stop(self) -> bool:
        """Stop the server as Ctrl-C does."""
        self._server.close()
        return True

    def start(self) -> bool:
        """Start it again where it was."""
        self._server.enter_context(self._serving(self._site, port=self.address.rpartition(":")[2]))
        return True

    def acts(self) -> list[dict[str, Any]]:
        """Return what people did."""
        with Store.open(self._site) as store:
            return [{**asdict(each), "at": str(each.at)} for each in store.actions.all()]


def _same_map(store: Store, run: RunRecord, events: tuple[Any, ...]) -> PublishedRun:
    return PublishedRun(
        run=run,
        artefacts=tuple(store.artefacts()),
        snapshots=tuple(store.snapshots().values()),
        assessments=tuple(store.assessments()),
        region_risks=tuple(store.region_risks().values()),
        warning_events=events,
    )


def add_points(site: Path) -> None:
    """Four monitoring points, of which three are heard."""
    properties = {"asset_dataset": "tsf", "asset_id": "T1", "variable": "pond_level", "interval_minutes": 10}
    names = ["P1", "P2", "P3", "P4"]
    points = [
        Feature(name, {**properties, "name": name}, shapely.Point(103.51, 31.2), Origin.SAMPLE, "test")
        for name in names
    ]
    readings = [
        Reading(name, "tsf", "T1", "pond_level", 1500.0, NOW, Quality.GOOD, Origin.SAMPLE, "test")
        for name in names[:3]
    ]
    with Store.open(site) as store:
        store.upsert("station", points)
        store.add_readings(readings)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, serving: Serving) -> dict[str, Any]:
    """What `rail.mjs` saw."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    node = shutil.which("node")
    if not (chromium and node and (ROOT / "geoserver/web/node_modules/playwright-core").exists()):
        pytest.skip("needs chromium, node and `npm ci` in geoserver/web")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    site = make_site(tmp_path_factory.mktemp("rail") / "site")
    add_points(site)
    other = OtherSide(site, serving)
    environment = {
        **os.environ,
        "BASE_URL": other.address,
        "CHROMIUM": chromium,
        "SCREENSHOTS": str(SCREENSHOTS),
    }
    command = [node, str(Path(__file__).with_name("rail.mjs"))]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as walk:  # type: ignore[call-overload]
        try:
            found = _talk(walk, other)
        finally:
            walk.kill()
            other.stop()
        assert found is not None, walk.stderr.read()
    red, burst = found["red"], found["burst"]
    figures = f"{red['latency']} ms; the last of 500: {burst['last']} ms, longest task {burst['longest']} ms"
    sys.stdout.write(f"\nfrom the stream to the screen: {figures}\n")  # to be seen with `pytest -s`
    return found


def _talk(walk: Any, other: OtherSide) -> dict[str, Any] | None:
    """Do what the walk asks for until it says what it saw."""
    for line in walk.stdout:
        said: dict[str, Any] = json.loads(line)
        if "ask" not in said:
            return said
        walk.stdin.write(json.dumps(getattr(other, said["ask"])(**said["given"])) + "\n")
        walk.stdin.flush()
    return None


BURST = [f"burst-{number}" for number in range(500)]


def test_an_exercise_cannot_be_mistaken_and_the_stream_is_said_to_be_open(seen: dict[str, Any]) -> None:
    begin = seen["begin"]
    assert begin["count"] == 1
    assert "演练" in begin["band"]
    assert begin["tags"] == ["演练"]
    assert not begin["line"]


def test_the_online_rate_is_on_the_screen(seen: dict[str, Any]) -> None:
    assert seen["begin"]["rate"] == "75%"  # three of four


def test_a_new_red_is_listed_drawn_on_the_map_and_announced(seen: dict[str, Any]) -> None:
    red = seen["red"]
    assert red["drawn"] == Tier.RED
    assert red["said"].startswith("新预警：演练 · red")
    assert red["blinks"] == "alarm"
    assert "剩余 4:" in red["deadline"] or "剩余 5:00" in red["deadline"]


def test_nothing_blinks_for_whoever_asked_for_less_motion(seen: dict[str, Any]) -> None:
    assert seen["red"]["still"] == "none"


def test_a_burst_of_500_is_listed_whole_once_each_the_worst_first(seen: dict[str, Any]) -> None:
    burst = seen["burst"]
    assert burst["listed"][:2] == ["tsf/T1/1", "red"] or burst["listed"][:2] == ["red", "tsf/T1/1"]
    assert sorted(burst["listed"][2:]) == sorted(BURST)
    assert burst["rows"] < 40  # only what is in sight is made


def test_a_burst_is_announced_in_one_sentence(seen: dict[str, Any]) -> None:
    assert seen["burst"]["said"].startswith("新增 500 条预警，最高橙色")


def test_an_outage_is_said_with_its_time_and_nothing_is_lost_or_doubled(seen: dict[str, Any]) -> None:
    outage = seen["outage"]
    assert "断开，自 20" in outage["said"]
    assert outage["live"] == 0  # nothing says that the list is live
    assert not outage["back"]
    missed = ["missed-1", "missed-2", "missed-3"]
    assert len(outage["listed"]) == len(set(outage["listed"])) == 505
    assert set(outage["listed"]) == {"tsf/T1/1", "red", *missed, *BURST}


def test_warnings_are_answered_from_the_keyboard_alone(seen: dict[str, Any]) -> None:
    answer = seen["answer"]
    first, second = answer["acts"]
    assert (first["kind"], first["who"], first["warning_id"]) == ("acknowledge", "值班员甲", answer["id"])
    assert (second["kind"], second["who"], second["reason"]) == ("close", "值班员甲", "演练结束")
    assert second["warning_id"] != first["warning_id"]
    assert answer["focus"] == "main"  # the keyboard is back in the list
    assert answer["help"] > 10
    assert answer["closedHelp"] == 0


def test_what_is_answered_or_closed_stays_on_the_map_and_in_the_count(seen: dict[str, Any]) -> None:
    answer = seen["answer"]
    assert answer["count"] == 505
    assert answer["after"] == answer["before"]
    assert len(answer["before"]) > 100


def test_a_filter_finds_keeps_reds_in_mind_and_is_in_the_address(seen: dict[str, Any]) -> None:
    filters = seen["filters"]
    assert sorted(filters["listed"]) == sorted(name for name in BURST if "burst-49" in name)
    assert "隐藏了 5 条红色预警" in filters["note"]
    assert "rail=" in filters["address"]
    assert sorted(seen["again"]["listed"]) == sorted(filters["listed"])


def test_nothing_fails_unsaid_and_nothing_leaves_the_origin(seen: dict[str, Any]) -> None:
    assert seen["console"] == []
    assert seen["foreign"] == []
    assert seen["statuses"] == []
