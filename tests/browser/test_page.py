"""The map page as a person sees it, in a real browser."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from typing import Any

import pytest
from browser_walk import SCREENSHOTS, Walk
from PIL import Image

from minegis.levels import Tier

SOURCE_FILE = re.compile(r"\.(tif|ya?ml|csv|geojson|nc|xml|gpkg)\b[\s\S]*[0-9a-f]{12}")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, walk: Walk) -> dict[str, Any]:
    """What `journey.mjs` saw on its walk through the page of `BASE_URL`, else of the sample site."""
    return walk("journey.mjs", os.environ.get("BASE_URL") or request.getfixturevalue("served_site"))


def pixels(name: str, colour: str) -> int:
    """Count the pixels of exactly `colour` between the two panels of a screenshot."""
    image = Image.open(SCREENSHOTS / f"{name}.png").convert("RGB")
    middle = image.crop((340, 60, image.width - 400, image.height - 90))
    wanted = tuple(bytes.fromhex(colour[1:]))
    return sum(
        count for count, found in middle.getcolors(middle.width * middle.height) or [] if found == wanted
    )


def test_the_page_says_that_it_shows_a_sample_at_which_time_and_what_is_missing(seen: dict[str, Any]) -> None:
    start = seen["start"]
    assert start["lang"] == "zh-CN"
    assert start["sample"] == ["示例数据 sample"]
    assert "示例时刻" in start["clock"]
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d", start["clock"])
    assert start["missing"] > 0
    assert "审图号" in start["review"]


def test_cells_regions_assets_and_the_base_map_are_drawn(seen: dict[str, Any]) -> None:
    rendered = seen["start"]["rendered"]
    for layer in ("region:fill", "risk_cell:fill", "tsf:marker", "mine:marker", "slope:marker", "river:line"):
        assert rendered.get(layer, 0) > 0, layer
    assert seen["start"]["warnings"] > 0
    assert seen["card"]["rendered"].get("risk_cell:fill", 0) > 0


@pytest.mark.parametrize("tier", [Tier.RED, Tier.ORANGE, Tier.YELLOW, Tier.BLUE])
def test_the_pure_colour_of_each_tier_is_on_the_map(seen: dict[str, Any], tier: Tier) -> None:
    assert pixels("start", tier.colour) > 20


def test_the_map_gets_most_of_the_screen(seen: dict[str, Any]) -> None:
    assert seen["start"]["shown"] > 0.6


def test_clicks_lead_from_the_nation_to_a_county_and_back_leads_up(seen: dict[str, Any]) -> None:
    assert [len(path) for path in seen["drill"]] == [1, 2, 3, 4]
    assert seen["province"] == seen["clicked"]
    for path, deeper in pairwise(seen["drill"]):
        assert deeper[: len(path)] == path
    assert seen["back"] == seen["drill"][2]


def test_an_opened_province_gives_way_to_its_cities(seen: dict[str, Any]) -> None:
    assert "city" in seen["fills"]


def test_the_card_of_a_warning_shows_the_three_parts_and_which_one_decides(seen: dict[str, Any]) -> None:
    card = seen["card"]
    assert card["badge"] == str(int(Tier.RED))
    assert card["parts"] == ["statutory", "model", "satellite"]
    assert card["decides"]
    assert card["readings"] > 0


def test_the_chain_reaches_source_files_with_their_checksum_and_marks_project_defaults(
    seen: dict[str, Any],
) -> None:
    card = seen["card"]
    assert card["chain"] > 5
    assert any(
        re.search(r"\.(tif|ya?ml|csv|geojson|nc|xml|gpkg)\b[\s\S]*[0-9a-f]{12}", each)
        for each in card["sources"]
    )
    assert card["defaults"] > 0


def test_a_cell_opens_its_card_with_the_rasters_it_came_from(seen: dict[str, Any]) -> None:
    cell = seen["cell"]
    assert cell["hint"]
    assert cell["chain"] > 1
    assert any(".tif" in each for each in cell["sources"])
    assert cell["outlined"] > 0


def test_the_page_speaks_both_languages(seen: dict[str, Any]) -> None:
    words = seen["words"]
    assert words["chinese"] == ["区域", "图层"]
    assert words["english"] == ["Regions", "Layers"]
    assert words["why"] == "Why this colour"


def test_a_layer_can_be_switched_off_and_night_is_dark(seen: dict[str, Any]) -> None:
    assert seen["layers"] > 5
    assert seen["switched"]["theme"] == "night"
    assert set(seen["switched"]["off"]) == {"none"}
    night = Image.open(SCREENSHOTS / "night.png").convert("L").resize((1, 1)).getpixel((0, 0))
    assert isinstance(night, int | float)
    assert night < 110


def test_the_address_alone_brings_back_the_card_and_the_region(seen: dict[str, Any]) -> None:
    assert seen["again"] == {"name": seen["card"]["name"], "path": seen["back"]}


def test_the_keyboard_finds_an_asset_and_every_control_has_a_name(seen: dict[str, Any]) -> None:
    keyboard = seen["keyboard"]
    assert keyboard["first"] == "skip"
    assert keyboard["found"] == keyboard["wanted"] == keyboard["focused"]
    assert keyboard["nameless"] == []


def test_on_a_phone_panels_are_sheets_and_nothing_overflows(seen: dict[str, Any]) -> None:
    phone = seen["phone"]
    assert phone["closed"] == 0
    assert phone["sheet"]["width"] == 390
    assert not phone["overflow"]


def test_a_failed_request_is_said_quietly_and_can_be_tried_again(seen: dict[str, Any]) -> None:
    failure = seen["failure"]
    assert "503" in failure["banner"]
    assert failure["left"] == 0
    assert len(failure["path"]) == 2


def test_nothing_leaves_the_origin_and_nothing_fails_unsaid(seen: dict[str, Any]) -> None:
    assert seen["foreign"] == []
    assert seen["statuses"] == []
    assert seen["console"] == []
