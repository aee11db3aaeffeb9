from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from layers.layer import layer, layers
from layers.maplibre import is_asset, kinds_of, pictures_of
from layers.sprites import draw, hatch_names, marker_names, sheet, symbols
from minegis.errors import NotFound
from minegis.levels import EvidenceState, Tier


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:7]))


@pytest.mark.parametrize("ratio", [1, 2])
def test_each_picture_of_a_sheet_is_where_its_index_says(ratio: int) -> None:
    names = [*hatch_names(), *marker_names(1)]
    index, png = sheet(names, ratio)
    image = Image.open(io.BytesIO(png))
    assert list(index) == names
    for name, place in index.items():
        x, y, width, height = (place[key] for key in ("x", "y", "width", "height"))
        assert place["pixelRatio"] == ratio
        cut = image.crop((x, y, x + width, y + height))
        assert np.array_equal(np.asarray(cut), np.asarray(draw(name, ratio))), name


def test_no_picture_lies_over_another() -> None:
    index, _ = sheet([*hatch_names(), *marker_names(0), *marker_names(1)])
    boxes = [
        (each["x"], each["y"], each["x"] + each["width"], each["y"] + each["height"])
        for each in index.values()
    ]
    for (w0, n0, e0, s0), (w1, n1, e1, s1) in combinations(boxes, 2):
        assert e0 <= w1 or e1 <= w0 or s0 <= n1 or s1 <= n0


@pytest.mark.parametrize("tier", list(Tier))
def test_a_marker_is_filled_with_the_colour_of_its_tier(tier: Tier) -> None:
    picture = draw(f"marker/3/{int(tier)}/sufficient", 2)  # a square: its corner is clear of the numeral
    assert picture.getpixel((11, 11)) == (*rgb(tier.colour), 255)


def test_markers_differ_without_colour_by_kind_tier_and_doubt() -> None:
    names = [
        f"marker/{kind}/{int(tier)}/{state}"
        for kind in range(3)
        for tier in Tier
        for state in (EvidenceState.SUFFICIENT, EvidenceState.INSUFFICIENT)
    ]
    grey = [np.asarray(draw(name, 2).convert("LA")).astype(int) for name in names]
    ink = [(each[..., 0] < 60) & (each[..., 1] > 128) | (each[..., 0] > 235) for each in grey]
    for (a, one), (b, other) in combinations(zip(names, ink, strict=True), 2):
        assert (one != other).sum() > 20, (a, b)


def test_a_silent_asset_is_never_painted_as_normal() -> None:
    silent, normal = (draw(f"marker/3/0/{state}", 2) for state in ("missing", "sufficient"))
    assert silent.getpixel((11, 11)) == (*rgb(symbols().marker.unknown), 255)
    assert silent.getpixel((11, 11)) != normal.getpixel((11, 11))


@pytest.mark.parametrize("name", hatch_names())
def test_hatching_goes_on_in_the_next_tile(name: str) -> None:
    tile = np.asarray(draw(name, 2)).astype(int)[..., 3]
    rows = tile.sum(axis=1)
    # Diagonals cross every row alike; dots stand clear of the edge.
    assert rows[0] == pytest.approx(rows[12], abs=160) if "stale" not in name else rows[0] == 0


def test_every_asset_layer_has_a_shape_of_its_own() -> None:
    kinds = kinds_of(list(layers().values()))
    assert set(kinds) == {each.id for each in layers().values() if is_asset(each)} == {"mine", "slope", "tsf"}
    assert len(set(kinds.values())) == len(kinds) <= len(symbols().marker.shapes)
    assert pictures_of([layer("river")], kinds) == []
    assert "marker/2/4/sufficient" in pictures_of([layer("tsf")], kinds)


@pytest.mark.parametrize(
    "name", ["", "hatch/sufficient/day", "marker/0/9/sufficient", "marker/x/1/missing", "a/b"]
)
def test_an_unknown_picture_is_not_found(name: str) -> None:
    with pytest.raises(NotFound):
        draw(name)
