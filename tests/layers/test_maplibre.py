"""Styles as the reference validator of MapLibre reads them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from layers.colour import Theme, Tone, ink_on, recolour, scale_opacity
from layers.layer import Layer, layer, layers
from layers.maplibre import Language, Look, ServedLayer, kinds_of, pictures_of, style_document
from minegis.levels import Tier

ROOT = Path(__file__).parents[2]
VALIDATOR = ROOT / "geoserver/web/node_modules/@maplibre/maplibre-gl-style-spec/dist/index.mjs"
VALIDATE = """
const { validateStyleMin } = await import(process.argv[1]);
let text = "";
for await (const chunk of process.stdin) text += chunk;
const mistakes = (style) => validateStyleMin(style).map(({ message }) => message);
console.log(JSON.stringify(JSON.parse(text).map(mistakes)));
"""
NAMES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "四川省"},
            "geometry": {"type": "Point", "coordinates": [103, 30]},
        }
    ],
}


def style(
    drawn: list[Layer], theme: Theme = "day", language: Language = "zh", names: Any = None
) -> dict[str, Any]:
    served = [
        ServedLayer(
            each, f"http://here/{each.id}/{{z}}/{{x}}/{{y}}", each.dataset or each.id, (70, 10, 130, 50)
        )
        for each in drawn
    ]
    return style_document(
        served,
        Look(theme, language, kinds_of(list(layers().values()))),
        name="one map",
        sprite="http://here/sprite",
        glyphs="http://here/{fontstack}/{range}.pbf",
        region_names=names,
        bounds=(70, 10, 130, 50),
    )


def whole(theme: Theme = "day") -> dict[str, Any]:
    return style(list(layers().values()), theme, names=NAMES)


def validated(styles: list[dict[str, Any]]) -> list[list[str]]:
    node = shutil.which("node")
    if node is None or not VALIDATOR.exists():
        pytest.skip("needs node and `npm ci` in geoserver/web")
    done = subprocess.run(
        [node, "--input-type=module", "-e", VALIDATE, str(VALIDATOR)],
        input=json.dumps(styles), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: list[list[str]] = json.loads(done.stdout)
    return found


def test_every_style_is_valid() -> None:
    styles = [whole("day"), whole("night"), *(style([each]) for each in layers().values())]
    assert validated(styles) == [[]] * len(styles)


def test_the_validator_finds_a_mistake() -> None:
    wrong = whole()
    wrong["layers"][1]["paint"] = {"fill-colour": "#FF0000"}
    assert validated([wrong]) != [[]]


@pytest.mark.parametrize("theme", ["day", "night"])
def test_the_colours_of_tiers_are_those_of_the_scale_by_day_and_night(theme: Theme) -> None:
    text = json.dumps(whole(theme))
    assert [tier for tier in Tier if tier.colour not in text] == []


def test_every_picture_that_is_asked_for_is_in_the_sprite() -> None:
    kinds = kinds_of(list(layers().values()))
    pictures = pictures_of(list(layers().values()), kinds)
    text = json.dumps([whole("day"), whole("night")])
    asked = {part.split('"')[0] for part in text.split('"hatch/')[1:]}
    assert asked == {each.removeprefix("hatch/") for each in pictures if each.startswith("hatch/")}
    assert {f"marker/{kind}/4/sufficient" for kind in kinds.values()} <= set(pictures)


def test_markers_lie_over_everything_but_the_names_of_regions() -> None:
    ids = [each["id"] for each in whole()["layers"]]
    assert ids[0] == "ground"
    assert ids[-4:] == ["mine:marker", "slope:marker", "tsf:marker", "region:symbol"]
    assert ids.index("relief:raster") < ids.index("region:fill") < ids.index("warning:circle")


def test_only_what_is_shown_first_is_visible() -> None:
    for each in whole()["layers"][1:]:
        shown = layer(each["id"].partition(":")[0]).visible
        assert each["layout"]["visibility"] == ("visible" if shown else "none")


def test_words_on_cells_are_in_the_language_asked_for() -> None:
    texts = {
        language: json.dumps(style([layer("risk_cell")], "day", language), ensure_ascii=False)
        for language in ("zh", "en")
    }
    assert "证据不足" in texts["zh"]
    assert "Insufficient evidence" in texts["en"]


def test_a_colour_is_turned_over_at_night_unless_it_means_something() -> None:
    # White has lightness 1: 0.1 + 0.82 · 0 = 0.1, that is 26 of 255.
    assert recolour(["case", True, "#FFFFFF80", "#E60012"], Tone("night", 1, {"#e60012"})) == [
        "case", True, "#1a1a1a80", "#E60012"
    ]  # fmt: skip
    assert recolour("#8FC1DE", Tone("day", 1)) == "#8fc1de"


def test_an_opacity_by_zoom_stays_one_by_zoom() -> None:
    curve = ["interpolate", ["linear"], ["zoom"], 4, 0.5, 8, ["get", "x"]]
    assert scale_opacity(curve, 0.5) == [
        "interpolate",
        ["linear"],
        ["zoom"],
        4,
        0.25,
        8,
        ["*", 0.5, ["get", "x"]],
    ]
    assert scale_opacity(None, 0.5) == 0.5
    assert scale_opacity(["get", "x"], 0.5) == ["*", 0.5, ["get", "x"]]


def test_ink_can_be_read_on_every_tier() -> None:
    # WCAG luminance: yellow 0.65 and orange 0.37 are light, red 0.16 and blue 0.20 dark.
    assert {tier.name: ink_on(tier.colour) for tier in Tier if tier} == {
        "BLUE": "#FFFFFF", "YELLOW": "#15202A", "ORANGE": "#15202A", "RED": "#FFFFFF",
    }  # fmt: skip
