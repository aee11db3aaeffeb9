"""The wall as a control room sees it, in a real browser."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from browser_walk import SCREENSHOTS, Walk
from PIL import Image

pytestmark = pytest.mark.slow

# 10 m × tan 20′ = 58.2 mm; a pixel of 1080 on a screen of 55″ (685 mm) is 0.634 mm: 91.7 px.
READ_FROM_TEN_METRES = 91.7
SIZES = {"one": (1920, 1080), "two": (3840, 1080), "three": (5760, 1080)}


@pytest.fixture(scope="module")
def base(request: pytest.FixtureRequest) -> str:
    return os.environ.get("BASE_URL") or str(request.getfixturevalue("served_site"))


@pytest.fixture(scope="module")
def seen(base: str, walk: Walk) -> dict[str, Any]:
    """What `wall.mjs` saw."""
    return walk("wall.mjs", base)


def different(one: str, other: str) -> float:
    """Share of the pixels that differ between two screenshots."""
    first, second = (
        np.asarray(Image.open(SCREENSHOTS / f"{name}.png").convert("RGB")) for name in (one, other)
    )
    assert first.shape == second.shape
    return float((first != second).any(axis=2).mean())


def test_nothing_sticks_out_of_any_scene_and_no_block_crosses_a_bezel(seen: dict[str, Any]) -> None:
    for name, found in seen["measured"].items():
        assert found["sticking"] == [], name
        assert found["crossing"] == [], name
        assert found["page"] == list(SIZES[name.split("/")[0]]), name


def test_counts_can_be_read_from_ten_metres(seen: dict[str, Any]) -> None:
    heights = [found["digit"] for found in seen["measured"].values() if found["digit"] is not None]
    assert len(heights) >= 5
    assert min(heights) >= READ_FROM_TEN_METRES


def test_a_wall_has_no_cursor_and_nothing_to_press(seen: dict[str, Any]) -> None:
    assert {found["cursor"] for found in seen["measured"].values()} == {"none"}
    assert {found["panels"] for found in seen["measured"].values()} == {0}


def test_the_loop_has_the_regions_the_warnings_the_worst_asset_and_the_weather(seen: dict[str, Any]) -> None:
    families = [scene.split("/")[0] for scene in seen["scenes"]]
    assert list(dict.fromkeys(families)) == ["region", "warnings", "asset", "rain", "shaking"]


def test_the_same_scene_of_the_same_time_is_the_same_picture(seen: dict[str, Any]) -> None:
    assert seen["scenes"]
    assert different("wall-one", "wall-again") <= 0.001  # after all other scenes
    assert different("wall-one", "wall-fresh") <= 0.001  # on a wall that was just switched on
    assert different("wall-one", "wall-warnings") > 0.2


def test_a_phone_drives_the_wall(seen: dict[str, Any]) -> None:
    phone = seen["phone"]
    assert "1" in phone["standing"]
    assert {"nation", "region", "warnings", "asset"} <= set(phone["scenes"])
    assert phone["least"] >= 44
    assert phone["wide"] == 390
    assert seen["driven"].startswith("region/")


def test_a_new_red_takes_the_stage_says_exercise_and_leaves_when_it_is_acknowledged(
    seen: dict[str, Any],
) -> None:
    stage = seen["stage"]
    assert stage["before"] == 0  # reds that were there before are no news
    assert stage["name"].endswith("·F")
    assert stage["size"] == [1920, 1080]
    assert len(stage["bands"]) == 2
    assert all("EXERCISE" in band for band in stage["bands"])
    red, green, blue = (int(part) for part in stage["colour"].removeprefix("rgb(").rstrip(")").split(","))
    assert red > 180
    assert max(green, blue) < 60
    assert stage["after"] == 0


def test_a_broken_connection_is_said_large(seen: dict[str, Any]) -> None:
    assert "断开" in seen["lost"]


def test_nothing_went_wrong(seen: dict[str, Any]) -> None:
    assert seen["console"] == []
    assert seen["foreign"] == []
    assert seen["statuses"] == []


def test_scene_changes_leave_nothing_behind(base: str, walk: Walk) -> None:
    more = {"ROUNDS": "2", "CHANGES": "20", "PAUSE_MS": "150", "QUIET": "1"}
    first, second = walk("../benchmarks/wall_soak.mjs", base, **more)["rounds"]
    assert second["changes"] - first["changes"] >= 20
    for name in ("heap", "nodes", "listeners"):
        assert second[name] <= 1.1 * first[name], name
