"""Pages of items as a person sees them, in a real browser."""

from __future__ import annotations

import os
from typing import Any

import pytest
from browser_walk import Walk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, walk: Walk) -> dict[str, Any]:
    """What `items.mjs` saw on pages of `BASE_URL`, else of the sample site."""
    return walk("items.mjs", os.environ.get("BASE_URL") or request.getfixturevalue("served_site"))


@pytest.mark.parametrize(
    ("name", "title"), [("points", "地震"), ("lines", "活动断层"), ("polygons", "尾矿库")]
)
def test_a_page_of_items_has_a_row_and_a_place_on_the_map_for_each(
    seen: dict[str, Any], name: str, title: str
) -> None:
    assert seen[name] == {"title": title, "rows": 100, "map": True, "drawn": 100}


def test_an_item_stands_alone_on_its_map(seen: dict[str, Any]) -> None:
    assert (seen["item"]["map"], seen["item"]["drawn"]) == (True, 1)


def test_without_scripts_the_table_stays(seen: dict[str, Any]) -> None:
    assert seen["plain"] == {"title": "尾矿库", "rows": 100, "map": False}


def test_no_request_leaves_the_origin_and_nothing_is_complained_of(seen: dict[str, Any]) -> None:
    assert seen["foreign"] == []
    assert seen["console"] == []
