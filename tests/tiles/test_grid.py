from __future__ import annotations

import morecantile
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import NotFound
from tiles.grid import Tile, to_lonlat, to_mercator

MATRICES = morecantile.tms.get("WebMercatorQuad")


@given(st.integers(0, 18).flatmap(lambda z: st.tuples(st.just(z), *[st.integers(0, 2**z - 1)] * 2)))
def test_bounds_agree_with_morecantile(place: tuple[int, int, int]) -> None:
    z, x, y = place
    tile = Tile(z, x, y)
    assert tile.bounds == pytest.approx(tuple(MATRICES.xy_bounds(morecantile.Tile(x, y, z))), abs=1e-6)
    assert tile.lonlat_bounds() == pytest.approx(tuple(MATRICES.bounds(morecantile.Tile(x, y, z))), abs=1e-9)


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_a_tile_outside_the_grid_does_not_exist(z: int, x: int, y: int) -> None:
    with pytest.raises(NotFound, match="no such tile"):
        Tile(z, x, y)


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_projection_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    back = to_lonlat(*to_mercator(np.array([lon]), np.array([lat])))
    assert (back[0][0], back[1][0]) == pytest.approx((lon, lat), abs=1e-9)
