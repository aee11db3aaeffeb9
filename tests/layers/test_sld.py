"""SLD as QGIS reads and draws it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from layers.layer import layer, layers
from layers.sld import Version, sld_document
from layers.style import NO_EVIDENCE_COLOUR
from minegis.levels import Tier

SYSTEM_PYTHON = Path("/usr/bin/python3")
VERSIONS: tuple[Version, ...] = ("1.0", "1.1")
EDGES = (-1.0, -2.0, 14.0, 13.0)
# Seven bars, two degrees apart: each tier known, then silence, then nothing said at all.
BARS: list[tuple[int | None, str | None]] = [
    *((tier, "sufficient") for tier in range(5)),
    (0, "insufficient"),
    (None, None),
]


def bars(shape: str) -> dict[str, Any]:
    features = []
    for number, (tier, state) in enumerate(BARS):
        x = 2 * number
        ring = [[x, 0], [x + 1, 0], [x + 1, 10], [x, 10], [x, 0]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        if shape == "Point":
            geometry = {"type": "Point", "coordinates": [x + 0.5, 5]}  # type: ignore[dict-item]
        properties = {"name": f"库{number}", "tier": tier, "state": state, "landslide": number % 2 == 1}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def drawn(folder: Path, layer_id: str, version: Version, shape: str) -> tuple[dict[str, Any], Image.Image]:
    """Return what PyQGIS says of a style, and its picture of the bars."""
    probe = [str(SYSTEM_PYTHON), "-c", "import qgis.core"]
    if not SYSTEM_PYTHON.exists() or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("needs Debian's python3-qgis")
    features, sld, picture = (folder / name for name in ("bars.geojson", "style.sld", "picture.png"))
    features.write_text(json.dumps(bars(shape)), encoding="utf-8")
    sld.write_bytes(sld_document([layer(layer_id)], layer_id, version, "zh"))
    script = Path(__file__).with_name("draw_sld.py")
    done = subprocess.run(
        [SYSTEM_PYTHON, script, features, sld, picture, *map(str, EDGES)],
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), Image.open(picture).convert("RGB")


def pixel(image: Image.Image, number: int, lat: float = 3.0) -> tuple[int, ...]:
    west, south, east, north = EDGES
    x = (2 * number + 0.5 - west) / (east - west) * image.width
    y = (north - lat) / (north - south) * image.height
    return tuple(image.getpixel((int(x), int(y))))  # type: ignore[arg-type]


def on_white(colour: str, opacity: float) -> list[float]:
    return [255 + opacity * (part - 255) for part in bytes.fromhex(colour[1:7])]


@pytest.mark.parametrize("version", VERSIONS)
def test_qgis_fills_polygons_with_the_colour_of_their_tier(tmp_path: Path, version: Version) -> None:
    said, image = drawn(tmp_path, "tsf", version, "Polygon")
    assert said["loaded"], said["message"]
    assert said["broken"] == []
    assert said["renderer"] == "RuleRenderer"
    assert said["labels"]
    colours = [tier.colour for tier in Tier] + [NO_EVIDENCE_COLOUR] * 2
    for number, colour in enumerate(colours):
        assert pixel(image, number) == pytest.approx(on_white(colour, 0.5), abs=2), BARS[number]


@pytest.mark.parametrize("version", VERSIONS)
def test_qgis_marks_points_with_the_colour_of_their_tier(tmp_path: Path, version: Version) -> None:
    said, image = drawn(tmp_path, "tsf", version, "Point")
    assert said["loaded"], said["message"]
    colours = [tier.colour for tier in Tier] + [NO_EVIDENCE_COLOUR] * 2
    for number, colour in enumerate(colours):
        assert pixel(image, number, lat=5.0) == pytest.approx(on_white(colour, 1), abs=2), BARS[number]
    assert pixel(image, 0) == (255, 255, 255)


def test_qgis_reads_a_boolean_property(tmp_path: Path) -> None:
    _, image = drawn(tmp_path, "slope_unit", "1.0", "Polygon")
    assert pixel(image, 1) == pytest.approx(on_white("#A63D2F", 0.5), abs=2)
    assert pixel(image, 2) == pytest.approx(on_white("#CFC8B8", 0.5), abs=2)


def test_a_whole_map_has_a_named_layer_for_each_of_its_layers() -> None:
    root = ElementTree.fromstring(sld_document(layers().values(), "one-map", "1.1", "en"))
    names = [each.findtext("{http://www.opengis.net/se}Name") for each in root]
    assert names == [each.dataset or each.id for each in layers().values()]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_sld_cannot_say_is_said_in_a_comment(version: Version) -> None:
    text = sld_document([layer("place")], "place", version, "zh").decode()
    assert "left out: symbol symbol-sort-key" in text
    assert "in steps" in text


def test_a_raster_has_its_ramp_as_a_colour_map() -> None:
    root = ElementTree.fromstring(sld_document([layer("rain")], "rain", "1.0", "zh"))
    entries = root.findall(".//{http://www.opengis.net/sld}ColorMapEntry")
    # The last stop of rain.yaml is 500 mm in #800040F0: F0 is 240 of 255.
    assert entries[-1].attrib == {
        "color": "#800040",
        "quantity": "500",
        "label": "500 mm",
        "opacity": "0.9412",
    }
