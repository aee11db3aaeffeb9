"""Pages of items as a person sees them, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "tests" / "output" / "browser"
TIME_LIMIT_S = 600

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What `items.mjs` saw on pages of `BASE_URL`, else of the sample site."""
    base = os.environ.get("BASE_URL") or request.getfixturevalue("served_site")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    node = shutil.which("node")
    if not (chromium and node and (ROOT / "geoserver/web/node_modules/playwright-core").exists()):
        pytest.skip("needs chromium, node and `npm ci` in geoserver/web")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "BASE_URL": base, "CHROMIUM": chromium, "SCREENSHOTS": str(SCREENSHOTS)}
    done = subprocess.run(
        [node, str(Path(__file__).with_name("items.mjs"))],
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


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
    assert seen["complaints"] == []
