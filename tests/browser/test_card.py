"""The way from the nation to an asset, and the asset's card, in a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "tests" / "output" / "browser"
TIME_LIMIT_S = 600

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What `card.mjs` saw on its walk through the page of `BASE_URL`, else of the sample site."""
    base = os.environ.get("BASE_URL") or request.getfixturevalue("served_site")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    node = shutil.which("node")
    if not (chromium and node and (ROOT / "geoserver/web/node_modules/playwright-core").exists()):
        pytest.skip("needs chromium, node and `npm ci` in geoserver/web")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "BASE_URL": base, "CHROMIUM": chromium, "SCREENSHOTS": str(SCREENSHOTS)}
    done = subprocess.run(
        [node, str(Path(__file__).with_name("card.mjs"))],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_ranking_leads_from_the_nation_down_and_the_trail_grows(seen: dict[str, Any]) -> None:
    trail = seen["trail"]
    assert [len(path) for path in trail] == list(range(1, len(trail) + 1))
    assert len(trail) >= 4
    for path, deeper in pairwise(trail):
        assert deeper[:-1] == path
    assert seen["region"]["contributors"] > 0


def test_the_card_goes_on_where_the_trail_ends(seen: dict[str, Any]) -> None:
    assert seen["path"][: len(seen["trail"][-1])] == seen["trail"][-1]
    assert any(":selected-" in name and count for name, count in seen["rendered"].items())


def test_the_first_lines_say_what_decides_and_what_would_change_it(seen: dict[str, Any]) -> None:
    assert "红色限值" in seen["summary"]
    assert re.search(r"若 .+，则由红色降为", seen["summary"])
    assert "评估时刻" in seen["summary"]


def test_design_stands_against_present_with_the_worst_on_top(seen: dict[str, Any]) -> None:
    name, words = seen["margins"][0]
    assert name == seen["variable"]
    assert "−" in words
    assert all("+" in words for _, words in seen["margins"][1:])


def test_a_chart_is_painted_with_a_line_in_the_colour_of_the_limit_that_was_passed(
    seen: dict[str, Any],
) -> None:
    for painted in (seen["painted"], seen["night"]["painted"]):
        assert all(canvas["any"] > 1000 for canvas in painted)
        # A line of 1.5 pixels over a chart of about 260: at least one row of the pure colour.
        assert painted[0]["exact"] > 150
    assert any("红色" in words and "≥ ±40 mm/d" in words for words in seen["limits"])


def test_the_table_under_a_chart_has_the_numbers_of_the_api(seen: dict[str, Any]) -> None:
    assert len(seen["table"]) > 5
    assert sorted(seen["table"]) == sorted(seen["numbers"])


def test_a_chart_has_a_name_and_its_points_are_switched_with_the_keyboard(seen: dict[str, Any]) -> None:
    assert all(role == "img" and words for role, words in seen["images"])
    assert seen["hidden"] == "false"


def test_the_factors_sum_to_the_score(seen: dict[str, Any]) -> None:
    assert sum(seen["factors"]) == pytest.approx(seen["score"], abs=1e-4)
    assert seen["ways"]
    assert any("示意性" in doubt for doubt in seen["doubts"])
    assert "GB" in seen["clause"]


def test_pictures_neighbours_and_files_are_there(seen: dict[str, Any]) -> None:
    assert all(width == 160 and "20" in words for width, words in seen["thumbnails"])
    assert seen["near"]
    assert [(status, kind) for status, kind, _ in seen["files"]] == [
        (200, "text/csv"),
        (200, "application/geo+json"),
        (200, "application/geopackage+sqlite3"),
    ]
    assert all(filled for _, _, filled in seen["files"])


def test_the_pointer_at_rest_explains(seen: dict[str, Any]) -> None:
    assert seen["marker"]
    assert "因为" in seen["hint"]


def test_the_card_speaks_english_too(seen: dict[str, Any]) -> None:
    assert seen["night"]["why"] == "Why this colour"
    assert "red limit" in seen["night"]["summary"]
    assert not seen["night"]["han"]


def test_what_could_not_be_read_says_so_and_is_read_again_on_demand(seen: dict[str, Any]) -> None:
    assert "503" in seen["failure"]
    assert seen["recovered"] > 0


def test_nothing_leaves_the_origin_and_nothing_fails_unsaid(seen: dict[str, Any]) -> None:
    assert seen["foreign"] == []
    assert seen["statuses"] == []
    assert seen["console"] == []
