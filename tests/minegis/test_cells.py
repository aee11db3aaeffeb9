"""Cells: H3 in arrays, checked against the reference library, and cover, which must never lose a dam."""

from __future__ import annotations

import h3
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from minegis import cells, sphere
from minegis.errors import InvalidInput

LON = st.floats(75, 134)
LAT = st.floats(4, 53)
SIZE = st.floats(-7, -0.9).map(lambda exponent: 10**exponent)  # degrees: a centimetre to fourteen kilometres


def test_wuhan_is_in_the_published_cell() -> None:
    # DOMAIN 10 #64: H3 res 8 of 30.6 N, 114.3 E
    assert cells.to_text(cells.cell_at(114.3, 30.6, 8)) == ["8840a6800dfffff"]


@pytest.mark.parametrize(("resolution", "published"), [(7, 5.161293360), (8, 0.737327598), (9, 0.105332513)])
def test_mean_cell_areas_are_the_published_ones(resolution: int, published: float) -> None:
    # DOMAIN 10 #64 and the H3 table of average areas, from 20 000 points spread evenly on the sphere. A point
    # falls in a large cell more often, in proportion to its area: the harmonic mean undoes that.
    step = np.arange(20_000) + 0.5
    lat = np.degrees(np.arcsin(1 - 2 * step / step.size))
    lon = (step * 180 * (1 + 5**0.5)) % 360 - 180
    areas = cells.areas_km2(cells.cell_at(lon, lat, resolution))
    assert 1 / np.mean(1 / areas) == pytest.approx(published, rel=0.003)


def test_all_cells_of_a_resolution_have_the_area_of_the_earth() -> None:
    texts = [child for base in h3.get_res0_cells() for child in h3.cell_to_children(base, 3)]
    areas = cells.areas_km2(cells.from_text(texts))
    # 4πR² = 4π × 6371.007180918475² = 510 065 621.7 km², and the published mean of the hexagons
    assert areas.sum() == pytest.approx(510_065_621.7, rel=1e-8)
    hexagon = np.array([not h3.is_pentagon(text) for text in texts])
    assert areas[hexagon].mean() == pytest.approx(12_393.434655088, rel=1e-8)


@settings(max_examples=60, deadline=None)
@given(LON, LAT, st.integers(0, 14))
def test_cells_agree_with_the_reference_library(lon: float, lat: float, resolution: int) -> None:
    expected = h3.latlng_to_cell(lat, lon, resolution)
    found = cells.cell_at(lon, lat, resolution)
    assert found.dtype == np.uint64
    assert cells.to_text(found) == [expected]
    assert np.array_equal(cells.from_text([expected]), found)
    assert cells.resolution_of(found) == resolution
    x, y = cells.centres(found)
    assert (y[0], x[0]) == pytest.approx(h3.cell_to_latlng(expected), abs=1e-9)
    assert cells.areas_km2(found)[0] == pytest.approx(h3.cell_area(expected, "km^2"), rel=1e-6)
    coarser = resolution // 2
    assert cells.to_text(cells.parents(found, coarser)) == [h3.cell_to_parent(expected, coarser)]
    outline = [(point[1], point[0]) for point in h3.cell_to_boundary(expected)]
    if resolution > 2:
        assert shapely.hausdorff_distance(cells.polygons(found)[0], shapely.Polygon(outline)) < 1e-9


def test_no_cells_give_no_cells() -> None:
    none = np.empty(0, dtype=np.uint64)
    assert cells.to_text(none) == []
    assert cells.from_text([]).size == cells.parents(none, 4).size == cells.polygons(none).size == 0
    assert cells.areas_km2(none).size == cells.centres(none)[0].size == cells.cell_at([], [], 8).size == 0
    index, cell, fraction = cells.cover([], 8)
    assert index.size == cell.size == fraction.size == 0
    assert cell.dtype == np.uint64


def test_cells_kept_as_floats_or_signed_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="uint64"):
        cells.to_text(np.concatenate([[0], cells.cell_at(114.3, 30.6, 8)]))


@pytest.mark.parametrize(
    "text", ["", "8840a6800dffff", "8840a6800dffffff", "zz40a6800dfffff", "000000000000000"]
)
def test_text_that_is_no_cell_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not an H3 cell"):
        cells.from_text(["8840a6800dfffff", text])


def test_a_parent_cannot_be_finer_than_its_child() -> None:
    with pytest.raises(InvalidInput, match="coarser"):
        cells.parents(cells.cell_at(104, 31, 7), 8)


def test_mixed_resolutions_are_named() -> None:
    mixed = np.concatenate([cells.cell_at(104, 31, 7), cells.cell_at(104, 31, 8)])
    with pytest.raises(InvalidInput, match=r"\[7, 8\]"):
        cells.resolution_of(mixed)


@pytest.mark.parametrize(("lon", "lat"), [(np.nan, 31.0), (104.0, 91.0), (np.inf, 31.0)])
def test_a_point_off_the_earth_is_refused_with_its_position(lon: float, lat: float) -> None:
    with pytest.raises(InvalidInput, match="point 1"):
        cells.cell_at([104.0, lon], [31.0, lat], 8)


def test_an_outline_across_the_antimeridian_is_in_one_piece() -> None:
    outline = cells.polygons(cells.cell_at(179.999, 10.0, 3))[0]
    west, _, east, _ = outline.bounds
    assert east - west < 3
    assert sphere.areas_km2([outline])[0] == pytest.approx(h3.average_hexagon_area(3), rel=0.3)


def test_neighbours_share_their_edges_without_gap_or_overlap() -> None:
    found = cells.cells_of_area(shapely.box(103, 31, 103.3, 31.3), 8)
    outlines = cells.polygons(found)
    union = shapely.union_all(outlines, grid_size=1e-11)
    assert sphere.areas_km2([union])[0] == pytest.approx(sphere.areas_km2(outlines).sum(), rel=1e-9)


def test_the_cells_of_an_area_are_all_that_touch_it() -> None:
    area = shapely.Polygon(
        [(103, 31), (103.2, 31.01), (103.15, 31.22)], [[(103.1, 31.05), (103.14, 31.05), (103.13, 31.1)]]
    )
    found = cells.cells_of_area(area, 8)
    every = cells.cells_of_area(shapely.box(102.9, 30.9, 103.3, 31.3), 8)
    expected = every[shapely.intersects(area, cells.polygons(every))]
    assert np.array_equal(found, expected)
    assert np.all(np.diff(found) > 0)


def test_a_dam_smaller_than_a_cell_is_in_its_cell() -> None:
    # A dam 60 m × 5 m: no cell centre lies in it, so centre-mode polyfill finds nothing.
    dam = shapely.box(103.5, 31.4, 103.5006, 31.40005)
    assert not h3.geo_to_cells(dam, 8)
    index, cell, fraction = cells.cover([dam], 8)
    assert index.tolist() == [0]
    assert np.array_equal(cell, cells.cell_at(103.5003, 31.40002, 8))
    assert fraction.tolist() == [1.0]


def shapes(lon: float, lat: float, size: float, kind: str) -> BaseGeometry:
    """A shape of the kind named, asymmetric, about `size` degrees wide."""
    triangle = shapely.Polygon([(lon, lat), (lon + size, lat + size / 3), (lon + size / 4, lat + size)])
    inside = shapely.affinity.scale(triangle, 0.4, 0.3)
    return {
        "polygon": triangle,
        "sliver": shapely.Polygon([(lon, lat), (lon + size, lat + size), (lon + size, lat + size * 0.999)]),
        "hole": triangle.difference(inside),
        "multipolygon": shapely.union(triangle, shapely.affinity.translate(triangle, 0.03, -2 * size)),
        "line": shapely.LineString([(lon, lat), (lon + size / 3, lat + size), (lon + size, lat + size / 7)]),
        "points": shapely.MultiPoint([(lon, lat), (lon + size, lat), (lon, lat + size / 2)]),
        "collection": shapely.GeometryCollection([triangle, shapely.Point(lon - 0.5, lat)]),
    }[kind]


@settings(max_examples=150, deadline=None)
@given(
    LON,
    LAT,
    SIZE,
    st.sampled_from(["polygon", "sliver", "hole", "multipolygon", "line", "points", "collection"]),
    st.integers(5, 9),
)
def test_the_fractions_of_every_shape_sum_to_one(
    lon: float, lat: float, size: float, kind: str, resolution: int
) -> None:
    resolution = min(resolution, 8) if size > 0.05 else resolution
    shape = shapes(lon, lat, size, kind)
    index, cell, fraction = cells.cover([shapely.Point(104, 31), shape], resolution)
    assert fraction[index == 1].sum() == pytest.approx(1.0, abs=1e-12)
    assert np.all((fraction > 0) & (fraction <= 1.0 + 1e-12))
    assert np.unique(cell[index == 1]).size == (index == 1).sum()
    reached = shapely.dwithin(shape, cells.polygons(cell[index == 1]), 1e-9)
    assert reached.all()


def test_fractions_are_shares_of_area() -> None:
    # Measured one by one with the geodesic of a sphere (another implementation). Its edges bend away from
    # straight ones by L²/8R·tan φ = 0.3 m on 5 km: cut into short ones they do not.
    globe = Geod(a=6371007.180918475, b=6371007.180918475)
    shape = shapely.Polygon([(103, 31), (103.03, 31.004), (103.011, 31.05)]).segmentize(1e-4)
    _, cell, fraction = cells.cover([shape], 8)
    total = abs(globe.geometry_area_perimeter(shape)[0])
    for one, share in zip(cells.polygons(cell), fraction, strict=True):
        piece = abs(globe.geometry_area_perimeter(shape.intersection(one.segmentize(1e-4)))[0])
        assert share == pytest.approx(piece / total, abs=1e-7)


def test_a_line_is_divided_by_length() -> None:
    line = shapely.LineString([(103, 31), (103.05, 31.02)])
    _, cell, fraction = cells.cover([line], 8)
    # Evenly spaced points on the line fall in each cell as often as its share of the length.
    along = shapely.get_coordinates(
        shapely.line_interpolate_point(line, np.linspace(0, 1, 20_001), normalized=True)
    )
    found, times = np.unique(cells.cell_at(along[:, 0], along[:, 1], 8), return_counts=True)
    assert np.array_equal(np.sort(cell), found)
    assert fraction[np.argsort(cell)] == pytest.approx(times / 20_001, abs=2e-3)


def test_two_of_three_points_in_a_cell_are_two_thirds() -> None:
    points = shapely.MultiPoint([(104.0, 31.0), (104.00001, 31.0), (105.0, 31.0)])
    _, cell, fraction = cells.cover([points], 8)
    near = cell == cells.cell_at(104.0, 31.0, 8)[0]
    assert fraction[near] == pytest.approx([2 / 3])
    assert fraction[~near] == pytest.approx([1 / 3])


def test_a_line_on_the_edge_of_two_cells_is_half_in_each() -> None:
    outline = cells.polygons(cells.cell_at(104, 31, 8))[0]
    edge = shapely.LineString(outline.exterior.coords[:2])
    _, _, fraction = cells.cover([edge], 8)
    assert fraction.max() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (None, "absent or empty"),
        (shapely.Polygon(), "absent or empty"),
        (shapely.Polygon([(103, 31), (104, 32), (104, 31), (103, 32)]), "Self-intersection"),
        (shapely.box(35_000_000, 3_400_000, 35_000_100, 3_400_100), "not on Earth"),
    ],
)
def test_an_unusable_geometry_is_refused_with_its_position(
    geometry: BaseGeometry | None, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message) as error:
        cells.cover(np.array([shapely.Point(104, 31), geometry]), 8)
    assert error.value.where == "geometry 1"


def test_no_such_resolution_is_refused() -> None:
    with pytest.raises(InvalidInput, match="0 to 15"):
        cells.cell_at(104, 31, 16)
