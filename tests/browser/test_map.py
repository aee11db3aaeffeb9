"""The map itself in a real browser: its ground, its layers in their order, its names, its phone form."""

from __future__ import annotations

import os
from typing import Any

import pytest
from browser_walk import Walk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, walk: Walk) -> dict[str, Any]:
    """What `map.mjs` saw on the map of `BASE_URL`, else of the sample site."""
    return walk("map.mjs", os.environ.get("BASE_URL") or request.getfixturevalue("served_site"))


def test_the_ground_rises_and_the_address_keeps_how_one_looks_at_it(seen: dict[str, Any]) -> None:
    ground = seen["ground"]
    assert ground["source"]
    assert ground["pitch"] > 50
    assert 1000 < ground["height"] / 1.4 < 6000  # the Qionglai mountains, in the 1.4-fold height of the map
    assert "terrain=1" in ground["address"]
    assert ground["again"] == [40, ground["source"]]


def test_a_layer_moves_up_by_the_keyboard_and_to_the_top_by_dragging(seen: dict[str, Any]) -> None:
    before, up = seen["before"]["tree"], seen["up"]
    assert up["tree"] == [*before[:-2], before[-1], before[-2]]
    assert up["focused"] == up["moved"] == before[-1]
    assert seen["dragged"] == [before[-1], *before[:-1]]


def test_what_is_higher_in_the_tree_is_drawn_later(seen: dict[str, Any]) -> None:
    upper, lower = seen["before"]["tree"][-2:]

    def fill(step: str, layer: str) -> int:
        drawn: list[str] = seen[step]["drawn"]
        return drawn.index(f"{layer}:fill")

    assert fill("before", lower) < fill("before", upper)
    assert fill("up", lower) > fill("up", upper)
    assert seen["reset"] == seen["before"]


def test_a_layer_tells_what_it_was_made_from_by_a_record_that_opens(seen: dict[str, Any]) -> None:
    assert seen["records"][0].startswith("/ogc/collections/catalogue/items/source%3Anatural_earth")
    assert seen["recorded"] == 200


def test_one_layer_alone_keeps_the_ground_under_it(seen: dict[str, Any]) -> None:
    families = {name.split(":")[0] for name in seen["only"]}
    assert "risk_cell" in families
    assert families <= {"risk_cell", "river", "lake", "place", "boundary"}


def test_far_out_a_map_in_chinese_has_chinese_names_only(seen: dict[str, Any]) -> None:
    assert len(seen["names"]) > 10
    assert [name for name in seen["names"] if name.isascii()] == []


def test_a_phone_gets_the_map_thumbs_and_sheets_that_follow_the_finger(seen: dict[str, Any]) -> None:
    phone = seen["phone"]
    assert phone["header"] <= 100  # of 844
    assert phone["small"] == []
    assert phone["outside"] == 0
    assert not phone["wide"]
    assert phone["sheet"]["tall"] > phone["sheet"]["low"] + 100
    assert phone["closed"]
    assert phone["workplace"] == "command"


def test_nothing_was_complained_of(seen: dict[str, Any]) -> None:
    assert (seen["console"], seen["foreign"], seen["statuses"]) == ([], [], [])
