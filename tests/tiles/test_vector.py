"""Tiles of stored collections: what is shown from where on, and what changes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from data_catalog.collection import collection
from data_catalog.items import ItemQuery, Page
from data_catalog.store import AssessmentRecord, Feature, PublishedRun, RunRecord, Store
from layers.layer import Layer, layer_of_dataset
from minegis.errors import NotFound
from minegis.levels import Origin
from tiles.drawn import DrawnLayer, Unwanted, draw, properties_of
from tiles.grid import CGCS2000, WORLD, WORLD_CRS84, Tile, to_world
from tiles.shapes import thinning
from tiles.vector import State, VectorTiles

NOW = datetime(2026, 7, 20, 4, 0, tzinfo=UTC)
TINY_POND = shapely.box(103.5, 31.2, 103.5005, 31.2004)
type Decode = Callable[[bytes], tuple[Any, dict[str, Any]]]


def feature(feature_id: str, shape: shapely.Geometry, **properties: object) -> Feature:
    return Feature(feature_id, properties, shape, Origin.SAMPLE, "test")


@pytest.fixture
def store(tmp_path: Path, database: str) -> Iterator[Store]:
    with Store.open(tmp_path, database) as store:
        store.upsert("tsf", [feature("T1", TINY_POND, name="小库")])
        store.upsert("lake", [feature("L1", shapely.box(95, 25, 110, 38), name="大湖")])
        yield store


@pytest.fixture
def tiles(store: Store) -> VectorTiles:
    return VectorTiles(store, store.items)


def drawn(layer: Layer, shapes: list[shapely.Geometry], **columns: list[Any]) -> DrawnLayer:
    """Return a layer of shapes that no store holds."""
    schema = collection(layer.dataset)
    names = properties_of(layer, schema)
    wkb = shapely.to_wkb(np.array(shapes))
    rows = [
        (f"F{i}", wkb[i], "", "", *(columns[name][i] if name in columns else None for name in names))
        for i in range(len(shapes))
    ]
    return draw(layer, schema, iter([Page(names, rows, None, NOW)]))


def publish(store: Store, run: str, tier: int) -> None:
    record = AssessmentRecord("tsf", "T1", tier, tier, tier, 1, None, "sufficient", 0.9, 0.8, NOW, {}, {})
    store.publish(
        PublishedRun(
            run=RunRecord(run, NOW, NOW, NOW, {}), artefacts=(), snapshots=(), assessments=(record,),
            region_risks=(), warning_events=(),
        )
    )  # fmt: skip


def test_a_pond_of_fifty_metres_is_a_point_in_the_smallest_zoom(tiles: VectorTiles, decode: Decode) -> None:
    geometry, columns = decode(tiles.tile("tsf", Tile(0, 0, 0)))
    assert [shape.geom_type for shape in geometry] == ["Point"]
    assert columns["id"].tolist() == ["T1"]


def test_an_asset_that_no_run_judged_says_so_and_is_not_normal(tiles: VectorTiles, decode: Decode) -> None:
    _, columns = decode(tiles.tile("tsf", Tile(0, 0, 0)))
    assert columns["state"].tolist() == ["missing"]
    assert columns["origin"].tolist() == ["sample"]


def test_a_pond_is_a_polygon_where_there_is_room(tiles: VectorTiles, decode: Decode) -> None:
    # z 14 at 103.5 E, 31.2 N: x = 283.5 / 360 × 16384 = 12902.4;
    # y = (1 - asinh(tan 31.2°) / π) / 2 × 16384 = (1 - 0.57364 / 3.14159) / 2 × 16384 = 6696.2
    geometry, _ = decode(tiles.tile("tsf", Tile(14, 12902, 6696)))
    assert [shape.geom_type for shape in geometry] == ["Polygon"]


def test_a_pond_without_room_for_an_area_is_still_a_point(decode: Decode) -> None:
    # One metre at zoom 11 is a fifth of a step of 19.6 km / 4096.
    layer = drawn(layer_of_dataset("tsf"), [shapely.box(103.5, 31.2, 103.50001, 31.20001)])
    geometry, _ = decode(layer.tile(Tile(11, 1612, 837)))
    assert [shape.geom_type for shape in geometry] == ["Point"]


def test_a_shape_larger_than_the_tile_is_cut_at_its_margin(tiles: VectorTiles, decode: Decode) -> None:
    geometry, _ = decode(tiles.tile("lake", Tile(10, 806, 418)))
    assert geometry[0].bounds == (-64, -64, 4160, 4160)


def test_a_tile_without_features_is_empty(tiles: VectorTiles) -> None:
    assert tiles.tile("tsf", Tile(10, 0, 0)) == b""


def test_an_unknown_collection_is_not_found(tiles: VectorTiles) -> None:
    with pytest.raises(NotFound, match="no such"):
        tiles.tile("nope", Tile(0, 0, 0))


def test_a_changed_dataset_changes_its_tiles_and_their_version(
    store: Store, tiles: VectorTiles, decode: Decode
) -> None:
    before = tiles.version("tsf")
    tiles.tile("tsf", Tile(0, 0, 0))
    store.upsert("tsf", [feature("T2", shapely.Point(120, -10), name="另一库")])
    _, columns = decode(tiles.tile("tsf", Tile(0, 0, 0)))
    assert columns["id"].tolist() == ["T1", "T2"]
    assert tiles.version("tsf") != before


def test_a_published_run_changes_what_is_said_and_nothing_of_the_shapes(
    store: Store, tiles: VectorTiles, decode: Decode
) -> None:
    before = tiles.drawn("tsf")
    publish(store, "run1", 4)
    _, columns = decode(tiles.tile("tsf", Tile(0, 0, 0)))
    assert columns["tier"].tolist() == [4]
    assert columns["state"].tolist() == ["sufficient"]
    after = tiles.drawn("tsf")
    assert after.shapes is before.shapes
    assert after.declared is before.declared


def test_a_tile_shows_what_was_known_at_a_moment(store: Store, tiles: VectorTiles, decode: Decode) -> None:
    then = store.moment()
    store.upsert("tsf", [feature("T2", shapely.Point(120, -10), name="另一库")])
    publish(store, "run1", 4)
    _, columns = decode(tiles.tile("tsf", Tile(0, 0, 0), State(as_of=then)))
    assert columns["id"].tolist() == ["T1"]
    assert columns["state"].tolist() == ["missing"]
    _, columns = decode(tiles.tile("tsf", Tile(0, 0, 0)))
    assert columns["id"].tolist() == ["T1", "T2"]


def test_the_same_data_give_the_same_bytes_in_another_process(store: Store, tiles: VectorTiles) -> None:
    again = VectorTiles(store, store.items)
    assert tiles.tile("tsf", Tile(14, 12902, 6696)) == again.tile("tsf", Tile(14, 12902, 6696)) != b""


@pytest.mark.parametrize(
    ("tile", "west", "north", "size"),
    [
        # level 10 of Tianditu: 360 / 1024 degree; column 805, row 167: 103.008 E, 31.289 N
        (Tile(10, 805, 167, CGCS2000), 805 * 0.3515625 - 180, 90 - 167 * 0.3515625, 0.3515625),
        (Tile(9, 805, 167, WORLD_CRS84), 805 * 0.3515625 - 180, 90 - 167 * 0.3515625, 0.3515625),
    ],
)
def test_geographic_grids_are_linear_in_degrees(
    decode: Decode, tile: Tile, west: float, north: float, size: float
) -> None:
    layer = layer_of_dataset("place")
    lon, lat = west + 0.3 * size, north - 0.8 * size
    geometry, _ = decode(drawn(layer, [shapely.Point(lon, lat)]).tile(tile))
    # GDAL counts y upwards: 4096 - 0.8 × 4096
    assert geometry[0].coords[0] == pytest.approx((0.3 * 4096, 0.2 * 4096), abs=0.51)


def test_of_a_crowd_the_red_ones_are_never_left_out(decode: Decode) -> None:
    count = 30_000
    random = np.random.default_rng(7)
    shapes = list(shapely.points(random.uniform(100, 101, count), random.uniform(30, 31, count)))
    tiers = np.zeros(count, int)
    tiers[[17, 4242, 29_999]] = 4
    layer = drawn(layer_of_dataset("tsf"), shapes, tier=tiers.tolist(), state=["sufficient"] * count)
    geometry, columns = decode(layer.tile(Tile(5, 24, 13)))
    assert len(geometry) < 10_000
    assert {"F17", "F4242", "F29999"} <= set(columns["id"])
    assert (columns["tier"] == 4).sum() == 3


def test_every_shape_of_a_tile_is_found_and_no_other(decode: Decode) -> None:
    random = np.random.default_rng(3)
    corners = np.c_[random.uniform(95, 110, 3000), random.uniform(25, 38, 3000)]
    reach = random.uniform(0.001, 0.3, 3000)
    shapes = [shapely.box(x, y, x + r, y + r) for (x, y), r in zip(corners, reach, strict=True)]
    layer = drawn(layer_of_dataset("slope_unit"), list(shapes))
    for tile in (Tile(7, 100, 52), Tile(8, 201, 104), Tile(10, 806, 418), Tile(8, 402, 83, WORLD_CRS84)):
        inner = shapely.box(*tile.lonlat_bounds())
        outer = shapely.box(*tile.lonlat_bounds(margin=1 / 60))
        _, columns = decode(layer.tile(tile))
        found = {int(each[1:]) for each in columns["id"]}
        assert {i for i, shape in enumerate(shapes) if shape.intersects(inner)} <= found
        assert found <= {i for i, shape in enumerate(shapes) if shape.intersects(outer)}


def test_drawn_polygons_are_where_the_shapes_are(decode: Decode) -> None:
    random = np.random.default_rng(5)
    turn = np.sort(random.uniform(0, 2 * np.pi, (40, 33)), axis=1)
    radius = random.uniform(0.02, 0.04, (40, 33))
    centre = np.c_[random.uniform(103.1, 103.5, 40), random.uniform(31.1, 31.4, 40)]
    xy = centre[:, None] + np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=2)
    shapes = shapely.polygons(xy)
    tile = Tile(9, 403, 209)
    geometry, columns = decode(drawn(layer_of_dataset("slope_unit"), list(shapes)).tile(tile))
    west, south, east, north = tile.bounds
    tile_only = shapely.box(0, 0, 4096, 4096)
    for drawn_shape, name in zip(geometry, columns["id"], strict=True):
        ring = shapes[int(name[1:])]
        in_steps = shapely.transform(ring, lambda at: steps_of(at, west, south, east - west, north - south))
        # Simplified by four steps and moved to whole ones: within five of where it is.
        assert drawn_shape.is_valid
        assert in_steps.buffer(5).covers(drawn_shape)
        assert (in_steps.buffer(0) & tile_only).difference(drawn_shape.buffer(5)).is_empty


def steps_of(at: Any, west: float, south: float, width: float, height: float) -> Any:
    half = np.pi * 6_378_137.0
    x = at[:, 0] * half / 180
    y = half / np.pi * np.arcsinh(np.tan(np.radians(at[:, 1])))
    return np.c_[(x - west) / width * 4096, (y - south) / height * 4096]


def test_a_tile_that_nobody_waits_for_is_not_made_to_the_end(tiles: VectorTiles) -> None:
    with pytest.raises(Unwanted):
        tiles.tile("tsf", Tile(0, 0, 0), abandoned=lambda: True)


def test_regions_appear_with_their_level(decode: Decode) -> None:
    levels = ["province", "city", "county", None]
    shapes = [shapely.box(100 + i, 30, 100.9 + i, 31) for i in range(4)]
    layer = drawn(layer_of_dataset("region"), list(shapes), level=levels)
    # region.yaml: provinces from zoom 0, cities from 4, counties from 6
    for tile, expected in ((Tile(2, 3, 1), {"F0", "F3"}), (Tile(4, 12, 6), {"F0", "F1", "F3"})):
        _, columns = decode(layer.tile(tile))
        assert set(columns["id"]) == expected


def test_thinning_shows_the_most_important_of_each_square_first_and_keeps_it() -> None:
    # Two points 10 m apart, a third 5000 km away: the first and third never compete.
    x = (np.array([1.0, 11.0, 5_000_000.0]) / 40_075_016.69 * WORLD).astype(np.int64)
    first = thinning(np.array([1, 0, 2]), x, np.zeros(3, np.int64), 22)
    # squares of 40075 km / 16 at zoom 0 are 2505 km: row 2 and row 1 fall in different ones
    assert first[1] == 0
    assert first[2] == 0
    # rows 0 and 1 part where 40075016.7 / 16 / 2^z < 10 m and the edge lies between: z 18 is 9.55 m
    assert first[0] == 18


def test_ranked_points_come_with_their_rank(decode: Decode) -> None:
    shapes = [shapely.Point(103.5, 31.2), shapely.Point(103.5001, 31.2001), shapely.Point(103.5, 31.2002)]
    layer = drawn(layer_of_dataset("place"), shapes, population=[10, 5000, None])
    _, columns = decode(layer.tile(Tile(3, 6, 3)))
    assert columns["id"].tolist() == ["F1"]
    x, y = to_world(np.array([103.5]), np.array([31.2]))
    column, row = ((value[0] + WORLD // 2) * 2**14 // WORLD for value in (x.astype(int), y.astype(int)))
    _, columns = decode(layer.tile(Tile(14, int(column), int(row))))
    assert set(columns["id"]) == {"F0", "F1", "F2"}


def test_a_query_for_items_names_only_what_is_drawn(store: Store) -> None:
    schema = collection("tsf")
    wanted = properties_of(layer_of_dataset("tsf"), schema)
    page = store.items("tsf").page(ItemQuery(properties=wanted))
    assert set(page.names) == {*wanted}
    assert {"tier", "state", "score", "origin"} <= set(wanted)
