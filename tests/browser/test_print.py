"""What goes on paper."""

from __future__ import annotations

import os
from typing import Any

import pytest
from browser_walk import Walk

pytestmark = pytest.mark.slow

LANDSCAPE, PORTRAIT = [842, 595], [595, 842]  # A4 in points: 297 / 25.4 · 72 = 841.9, 210 / 25.4 · 72 = 595.3


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, walk: Walk) -> dict[str, Any]:
    """What `print.mjs` saw of the page of `BASE_URL`, else of the sample site."""
    return walk("print.mjs", os.environ.get("BASE_URL") or request.getfixturevalue("served_site"))


def test_the_map_on_paper_says_what_when_whence_and_that_it_is_a_sample(seen: dict[str, Any]) -> None:
    words = seen["menu"]["words"]
    for word in (
        "示例数据 sample",
        "图例",
        "红色",
        "证据不足",
        "示例时刻",
        "显示时刻",
        "以当时所知",
        "审图号",
        "GeoNames",
        "at=103.6",
    ):
        assert word in words, word
    assert seen["menu"]["scale"].endswith("km")
    assert seen["menu"]["colours"] > 50
    assert (seen["menu"]["pages"], seen["menu"]["left"]) == (1, 0)


def test_ctrl_p_gives_one_landscape_page(seen: dict[str, Any]) -> None:
    assert seen["landscape"] == [LANDSCAPE]


def test_the_button_gives_upright_pages_with_the_open_card(seen: dict[str, Any]) -> None:
    assert len(seen["portrait"]) >= 2
    assert all(page == PORTRAIT for page in seen["portrait"])


def test_nothing_was_complained_of(seen: dict[str, Any]) -> None:
    assert (seen["console"], seen["foreign"], seen["statuses"]) == ([], [], [])
