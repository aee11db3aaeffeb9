"""The whole map drawn by MapLibre from nothing but the server's style, tiles, pictures and characters."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from layers.glyphs import find_font
from minegis.levels import Tier

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "tests" / "output" / "styles"
VIEW = "103.55,31.25,9"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def draw(site: Path, serve: Callable[..., str]) -> Callable[[str], tuple[dict[str, Any], Image.Image]]:
    """Draw a style by its id: what the browser asked for, and what is seen."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    node = shutil.which("node")
    if not (chromium and node and (ROOT / "geoserver/web/node_modules/playwright-core").exists()):
        pytest.skip("needs chromium, node and `npm ci` in geoserver/web")
    base = serve(site)
    PICTURES.mkdir(parents=True, exist_ok=True)

    def drawn(style: str) -> tuple[dict[str, Any], Image.Image]:
        picture = PICTURES / f"{style}.png"
        settings = {
            "BASE_URL": base,
            "CHROMIUM": chromium,
            "STYLE": style,
            "VIEW": VIEW,
            "SCREENSHOT": str(picture),
        }
        done = subprocess.run(
            [node, Path(__file__).with_name("draw_style.mjs")], env={**os.environ, **settings},
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), Image.open(picture).convert("RGB")

    return drawn


def count(image: Image.Image, colour: str) -> int:
    wanted = tuple(bytes.fromhex(colour[1:]))
    found = image.getcolors(image.width * image.height) or []
    return sum(number for number, seen in found if seen == wanted)


@pytest.mark.parametrize(("style", "ground"), [("one-map", "#ECEEEC"), ("one-map-night", "#10171D")])
def test_the_map_is_drawn_with_chinese_names_and_markers_of_the_server(
    draw: Callable[[str], tuple[dict[str, Any], Image.Image]], style: str, ground: str
) -> None:
    font = find_font()
    if font is None or "CJK" not in font.name:
        pytest.skip("needs Debian's fonts-noto-cjk")
    seen, image = draw(style)
    assert seen["errors"] == []
    assert seen["missing"] == []
    assert [each for each in seen["asked"] if each[0] >= 400] == []
    paths = [path for _, path in seen["asked"]]
    assert f"/ogc/styles/sprites/{style}.png" in paths
    # 示 U+793A and 例 U+4F8B of the pond's name lie in these two ranges.
    assert {
        "/ogc/styles/glyphs/sans-serif/30976-31231.pbf",
        "/ogc/styles/glyphs/sans-serif/20224-20479.pbf",
    } <= set(paths)
    assert count(image, Tier.RED.colour) > 20
    # A region without assets lies over the ground as a whisper.
    assert image.getpixel((5, 5)) == pytest.approx(list(bytes.fromhex(ground[1:])), abs=8)
