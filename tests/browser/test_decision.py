"""The decision workplace as a person uses it, in a real browser."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from browser_walk import SCREENSHOTS, Walk
from PIL import Image

from minegis.levels import Tier

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, walk: Walk) -> dict[str, Any]:
    """What `decision.mjs` saw on the page of `BASE_URL`, else of the sample site."""
    return walk("decision.mjs", os.environ.get("BASE_URL") or request.getfixturevalue("served_site"))


def pixels(name: str, colour: str) -> int:
    """Count the pixels of exactly `colour` on the map between the panels of a screenshot."""
    image = Image.open(SCREENSHOTS / f"{name}.png").convert("RGB")
    middle = image.crop((345, 110, image.width - 450, image.height - 420))
    wanted = tuple(bytes.fromhex(colour[1:]))
    return sum(
        count for count, found in middle.getcolors(middle.width * middle.height) or [] if found == wanted
    )


def test_nothing_is_supposed_until_somebody_does(seen: dict[str, Any]) -> None:
    before = seen["before"]
    assert before["banner"] == before["tables"] == 0
    assert before["rings"] == []
    assert len(before["cells"]) > 20


def test_a_slider_is_moved_by_the_keyboard_and_is_in_the_address(seen: dict[str, Any]) -> None:
    assert seen["slid"] == {"exact": "15", "address": "15,24,0,0"}


def test_cells_and_assets_take_the_colours_that_they_would_have(seen: dict[str, Any]) -> None:
    before, supposed = seen["before"]["cells"], seen["supposed"]["cells"]
    both = before.keys() & supposed.keys()
    assert len(both) > 20
    assert all(supposed[cell] >= before[cell] for cell in both)
    assert sum(supposed[cell] > before[cell] for cell in both) > 5
    assert len(seen["supposed"]["rings"]) > 10
    assert all(ring["tier"] > ring["before"] for ring in seen["supposed"]["rings"])
    for tier in (Tier.ORANGE, Tier.RED):
        more, less = pixels("decision-supposed", tier.colour), pixels("decision-before", tier.colour)
        assert more > less + 100, tier


def test_a_supposition_says_that_it_is_one(seen: dict[str, Any]) -> None:
    banner = seen["supposed"]["banner"]
    assert "推演 What-if" in banner
    assert "0.25 g" in banner
    assert "+1.5 m" in banner
    assert "不是观测" in banner
    assert float(seen["supposed"]["framed"].removesuffix("px")) >= 5


def test_counts_before_and_after_and_the_reasons_are_listed(seen: dict[str, Any]) -> None:
    numbers = [
        [int(each) for each in re.findall(r"\d+", row.replace("−", "-"))]
        for row in seen["supposed"]["counts"]
    ]
    before, after = ([row[at] for row in numbers] for at in (0, 1))
    assert sum(before) == sum(after) == 900
    assert after[0] > before[0]
    assert all("→" in change for change in seen["supposed"]["changes"])


def test_regions_are_compared_sorted_and_opened(seen: dict[str, Any]) -> None:
    assert seen["supposed"]["sorted"] == seen["resorted"] == "descending"
    assert len(seen["supposed"]["turned"]) == 2  # two provinces have assets
    assert re.fullmatch(r"\d{6}", seen["drilled"]["region"])
    assert seen["drilled"]["counts"] != seen["supposed"]["counts"]


def test_a_link_shows_the_same(seen: dict[str, Any]) -> None:
    assert seen["shared"]["counts"] == seen["supposed"]["counts"]
    assert seen["shared"]["pga"] == "0.25"
    assert seen["shared"]["rings"] > 10


def test_reset_brings_everything_back(seen: dict[str, Any]) -> None:
    after = seen["after"]
    assert (after["address"], after["pga"], after["rings"]) == (None, "0", [])
    both = after["cells"].keys() & seen["before"]["cells"].keys()
    assert len(both) > 20
    assert all(after["cells"][cell] == seen["before"]["cells"][cell] for cell in both)
    assert pixels("decision-after", Tier.RED.colour) == pytest.approx(
        pixels("decision-before", Tier.RED.colour), abs=60
    )


def test_nothing_went_wrong_and_nothing_left_the_origin(seen: dict[str, Any]) -> None:
    assert seen["console"] == []
    assert seen["foreign"] == []
    assert seen["statuses"] == []
