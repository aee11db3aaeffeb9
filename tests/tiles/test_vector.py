from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from data_catalog.store import Feature, Store
from minegis.errors import NotFound
from minegis.levels import Origin
from tiles.grid import Tile
from tiles.table import Tables
from tiles.vector import VectorTiles, thinning

TINY_POND = shapely.box(103.5, 31.2, 103.5005, 31.2004)
type Decode = Callable[[bytes], tuple[Any, dict[str, Any]]]


def feature(feature_id: str, shape: shapely.Geometry, **properties: object) -> Feature:
    return Feature(feature_id, properties, shape, Origin.SAMPLE, "test")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path)
    store.upsert("tsf", [feature("T1", TINY_POND, name="小库")])
    store.upsert("lake", [feature("L1", shapely.box(95, 25, 110, 38), name="大湖")])
    return store


def test_a_pond_of_fifty_metres_is_a_point_in_the_smallest_zoom(store: Store, decode: Decode) -> None:
    geometry, columns = decode(VectorTiles(Tables(store)).tile("tsf", Tile(0, 0, 0)))
    assert [shape.geom_type for shape in geometry] == ["Point"]
    assert columns["id"].tolist() == ["T1"]


def test_an_asset_that_no_run_judged_says_so_and_is_not_normal(store: Store, decode: Decode) -> None:
    _, columns = decode(VectorTiles(Tables(store)).tile("tsf", Tile(0, 0, 0)))
    assert columns["state"].tolist() == ["missing"]
    assert columns["origin"].tolist() == ["sample"]


def test_a_pond_is_a_polygon_where_there_is_room(store: Store, decode: Decode) -> None:
    # z 14 at 103.5 E, 31.2 N: x = 283.5 / 360 × 16384 = 12902.4;
    # y = (1 - asinh(tan 31.2°) / π) / 2 × 16384 = (1 - 0.57364 / 3.14159) / 2 × 16384 = 6696.2
    geometry, _ = decode(VectorTiles(Tables(store)).tile("tsf", Tile(14, 12902, 6696)))
    assert [shape.geom_type for shape in geometry] == ["Polygon"]


def test_a_shape_larger_than_the_tile_is_cut_at_its_margin(store: Store, decode: Decode) -> None:
    geometry, _ = decode(VectorTiles(Tables(store)).tile("lake", Tile(10, 806, 418)))
    assert geometry[0].bounds == (-64, -64, 4160, 4160)


def test_a_tile_without_features_is_empty(store: Store) -> None:
    assert VectorTiles(Tables(store)).tile("tsf", Tile(10, 0, 0)) == b""


def test_an_unknown_dataset_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="no such dataset"):
        VectorTiles(Tables(store)).tile("nope", Tile(0, 0, 0))


def test_a_changed_dataset_changes_its_tiles_and_their_version(store: Store, decode: Decode) -> None:
    tiles = VectorTiles(Tables(store))
    before = tiles.version("tsf")
    tiles.tile("tsf", Tile(0, 0, 0))
    store.upsert("tsf", [feature("T2", shapely.Point(120, -10), name="另一库")])
    _, columns = decode(tiles.tile("tsf", Tile(0, 0, 0)))
    assert columns["id"].tolist() == ["T1", "T2"]
    assert tiles.version("tsf") != before


def test_thinning_shows_the_most_important_of_each_square_first_and_keeps_it() -> None:
    # Two points 10 m apart, a third 5000 km away: the first and third never compete.
    xy = np.array([[0.0, 0.0], [10.0, 0.0], [5_000_000.0, 0.0]])
    first = thinning([1, 0, 2], xy)
    # squares of 40075 km / 16 at zoom 0 are 2505 km: row 2 and row 1 fall in different ones
    assert first[1] == 0
    assert first[2] == 0
    # rows 0 and 1 part where 40075016.7 / 16 / 2^z < 10 m and the edge lies between: z 18 is 9.55 m
    assert first[0] == 18
