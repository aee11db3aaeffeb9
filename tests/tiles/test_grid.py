"""Tile grids, against morecantile and the numbers of Tianditu."""

from __future__ import annotations

import morecantile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput, NotFound
from tiles.grid import (
    CGCS2000,
    GRIDS,
    WEB_MERCATOR,
    WORLD,
    WORLD_CRS84,
    Grid,
    Tile,
    grid,
    to_geographic,
    to_world,
)

OF_STANDARD = [WEB_MERCATOR, WORLD_CRS84]


def places(last: int, wide: int = 1) -> st.SearchStrategy[tuple[int, int, int]]:
    def of_level(z: int) -> st.SearchStrategy[tuple[int, int, int]]:
        return st.tuples(st.just(z), st.integers(0, wide * 2**z - 1), st.integers(0, 2**z - 1))

    return st.integers(0, last).flatmap(of_level)


@given(places(18))
def test_bounds_agree_with_morecantile(place: tuple[int, int, int]) -> None:
    z, x, y = place
    matrices = morecantile.tms.get("WebMercatorQuad")
    tile = Tile(z, x, y)
    assert tile.bounds == pytest.approx(tuple(matrices.xy_bounds(morecantile.Tile(x, y, z))), abs=1e-6)
    assert tile.lonlat_bounds() == pytest.approx(tuple(matrices.bounds(morecantile.Tile(x, y, z))), abs=1e-9)


@given(places(18, wide=2))
def test_geographic_bounds_agree_with_morecantile(place: tuple[int, int, int]) -> None:
    z, x, y = place
    matrices = morecantile.tms.get("WorldCRS84Quad")
    tile = Tile(z, x, y, WORLD_CRS84)
    assert tile.bounds == pytest.approx(tuple(matrices.xy_bounds(morecantile.Tile(x, y, z))), abs=1e-9)


@pytest.mark.parametrize("ours", OF_STANDARD, ids=lambda each: each.id)
def test_a_registered_grid_is_described_as_the_standard_does(ours: Grid) -> None:
    theirs = morecantile.tms.get(ours.id).model_dump(mode="json", exclude_none=True)
    document = ours.to_json()
    for name in ("id", "title", "orderedAxes", "wellKnownScaleSet"):
        assert document[name] == theirs[name]
    assert len(document["tileMatrices"]) == len(theirs["tileMatrices"])
    for one, other in zip(document["tileMatrices"], theirs["tileMatrices"], strict=True):
        for name in ("id", "cornerOfOrigin", "tileWidth", "tileHeight", "matrixWidth", "matrixHeight"):
            assert one[name] == other[name]
        for name in ("scaleDenominator", "cellSize"):
            assert one[name] == pytest.approx(other[name], rel=1e-12)
        assert one["pointOfOrigin"] == pytest.approx(other["pointOfOrigin"])


@pytest.mark.parametrize("ours", GRIDS.values(), ids=lambda each: each.id)
def test_another_implementation_reads_every_grid(ours: Grid) -> None:
    found = morecantile.TileMatrixSet.model_validate(ours.to_json())
    assert found.id == ours.id
    assert len(found.tileMatrices) == ours.last - ours.first + 1


def test_the_grid_of_tianditu_counts_levels_from_one_and_names_latitude_first() -> None:
    document = CGCS2000.to_json()
    assert document["crs"].endswith("/EPSG/0/4490")
    assert document["orderedAxes"] == ["Lat", "Lon"]
    first, *_, last = document["tileMatrices"]
    assert (first["id"], first["matrixWidth"], first["matrixHeight"]) == ("1", 2, 1)
    assert first["pointOfOrigin"] == [90.0, -180.0]
    # Tianditu publishes 2.958293554545656E8 for level 1 of matrix set c, with pixels of 96 to the inch; the
    # standard counts pixels of 0.28 mm
    published = 2.958293554545656e8 * (25.4 / 96) / 0.28
    assert first["scaleDenominator"] == pytest.approx(published, rel=1e-6)
    # The OGC registry's WorldCRS84Quad, with pixels of 0.28 mm, has the same scale at its level 0.
    assert first["scaleDenominator"] == pytest.approx(279_541_132.0144, rel=1e-9)
    assert (last["id"], last["matrixWidth"]) == ("18", 2**18)


def test_beijing_is_in_the_tile_that_tianditu_numbers() -> None:
    # level 10: 1024 columns of 0.3515625 degree; (116.4 + 180) / 0.3515625 = 843.1, (90 - 39.9) / … = 142.5
    assert CGCS2000.covering(10, (116.4, 39.9, 116.4, 39.9)) == (843, 843, 142, 142)


@given(st.floats(-179.9, 179.9), st.floats(-80, 80), st.integers(1, 18))
def test_the_tile_that_covers_a_point_is_that_of_morecantile(lon: float, lat: float, z: int) -> None:
    for ours in OF_STANDARD:
        column, _, row, _ = ours.covering(z, (lon, lat, lon, lat))
        bounds = Tile(z, column, row, ours).lonlat_bounds()
        reach = 360.0 / WORLD
        assert bounds[0] - reach <= lon <= bounds[2] + reach
        assert bounds[1] - reach <= lat <= bounds[3] + reach


@pytest.mark.parametrize("ours", GRIDS.values(), ids=lambda each: each.id)
def test_the_last_level_drawn_is_as_fine_as_zoom_22_at_most(ours: Grid) -> None:
    assert Tile(ours.last_drawn, 0, 0, ours).depth <= 22
    with pytest.raises(NotFound, match="no such tile"):
        Tile(ours.last_drawn + 1, 0, 0, ours)


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_a_tile_outside_the_grid_does_not_exist(z: int, x: int, y: int) -> None:
    with pytest.raises(NotFound, match="no such tile"):
        Tile(z, x, y)


@pytest.mark.parametrize(("z", "x", "y"), [(0, 0, 0), (1, 2, 0), (1, 0, 1), (19, 0, 0)])
def test_a_tile_outside_the_grid_of_tianditu_does_not_exist(z: int, x: int, y: int) -> None:
    with pytest.raises(NotFound, match="no such tile"):
        Tile(z, x, y, CGCS2000)


@pytest.mark.parametrize("text", ["", "a", "1.0", "1e2", "٣", "0x1", "1" * 30, " 1", "+1"])
def test_what_is_no_whole_number_names_no_tile(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a tile number"):
        Tile.parse("3", text, "0")


def test_an_unknown_grid_is_not_found() -> None:
    with pytest.raises(NotFound, match="no such tile matrix set"):
        grid("WorldMercatorWGS84Quad")


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_world_coordinates_are_within_two_centimetres_of_the_place(lon: float, lat: float) -> None:
    x, y = to_world(np.array([lon]), np.array([lat]))
    assert x[0] * 360.0 / WORLD == pytest.approx(lon, abs=180 / WORLD + 1e-12)
    assert -to_geographic(y)[0] * 360.0 / WORLD == pytest.approx(lat, abs=360 / WORLD)
    # The Mercator y of EPSG:3857 as a share of the world's width is asinh(tan(lat)) / 2 pi.
    assert y[0] == pytest.approx(-np.arcsinh(np.tan(np.radians(lat))) / (2 * np.pi) * WORLD, abs=0.51)
