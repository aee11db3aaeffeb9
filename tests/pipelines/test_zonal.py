"""Rasters over footprints: equal to exactextract and to pieces cut by shapely."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from pyproj import CRS

from minegis.coordinates import CRS84, transformer
from minegis.errors import InvalidInput
from pipelines.raster import RasterGrid
from pipelines.steps.overlap import coverage
from pipelines.steps.zonal import ZonalStatistics, ZonalWeights, zonal_weights

DEGREES = RasterGrid((1 / 3600, 0, 103.0, 0, -1 / 3600, 31.1), 360, 300, "EPSG:4326")
STATISTICS = ("count", "sum", "mean", "min", "max")


def footprints(count: int, seed: int) -> np.ndarray:
    """Irregular polygons of 3 to 40 pixels, some with a hole, some of two parts, some beyond the grid."""
    rng = np.random.default_rng(seed)
    shapes = []
    for number in range(count):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 12))
        reach = rng.uniform(0.5, 1.0, 12) * rng.uniform(3, 40) / 3600
        x, y = rng.uniform(103.0, 103.1), rng.uniform(31.0167, 31.1)
        shape = shapely.Polygon(
            np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)
        ).buffer(0)
        if number % 3 == 1:
            shape = shape.difference(shapely.box(x - 1e-4, y - 3e-4, x + 7e-4, y + 2e-4))
        if number % 3 == 2:
            shape = shape.union(shapely.box(x + 0.013, y, x + 0.0137, y + 0.0021))
        shapes.append(shape)
    return np.array(shapes, dtype=object)


def by_exactextract(values: np.ndarray, grid: RasterGrid, shapes: np.ndarray) -> dict[str, np.ndarray]:
    west, south, east, north = grid.bounds
    source = NumPyRasterSource(
        values,
        xmin=west,
        ymin=south,
        xmax=east,
        ymax=north,
        nodata=np.nan,
        srs_wkt=CRS.from_epsg(4326).to_wkt(),
    )
    frame = geopandas.GeoDataFrame(geometry=list(shapes), crs="EPSG:4326")
    found = exact_extract(source, frame, list(STATISTICS), output="pandas")
    return {name: found[name].to_numpy(np.float64) for name in STATISTICS}


@pytest.fixture(scope="module")
def found() -> tuple[np.ndarray, np.ndarray, ZonalStatistics]:
    rng = np.random.default_rng(5)
    values = rng.normal(100, 20, (DEGREES.height, DEGREES.width)).astype(np.float32)
    values[rng.random(values.shape) < 0.05] = np.nan
    shapes = footprints(150, 6)
    weights = zonal_weights(DEGREES, shapes)
    return values, shapes, weights.statistics(values)


@pytest.mark.parametrize("name", STATISTICS)
def test_statistics_equal_those_of_exactextract(
    found: tuple[np.ndarray, np.ndarray, ZonalStatistics], name: str
) -> None:
    values, shapes, ours = found
    theirs = by_exactextract(values, DEGREES, shapes)
    np.testing.assert_allclose(getattr(ours, name), theirs[name], rtol=1e-6)


def test_parts_are_the_areas_that_shapely_cuts() -> None:
    shapes = footprints(6, 8)
    start, pixel, part = coverage(DEGREES, shapes)
    a, _, c, _, e, f = DEGREES.transform
    for number, shape in enumerate(shapes):
        at = slice(start[number], start[number + 1])
        row, column = np.divmod(pixel[at], DEGREES.width)
        squares = shapely.box(c + a * column, f + e * (row + 1), c + a * (column + 1), f + e * row)
        cut = shapely.area(shapely.intersection(shape, squares)) / (a * -e)
        assert part[at] == pytest.approx(cut, abs=1e-7)


def test_a_square_with_a_hole_counts_its_pixels_by_hand() -> None:
    # 4 × 4 pixels less a hole of 1 × 1: 15; of ones and a hundred, of which a quarter is covered.
    grid = RasterGrid((0.1, 0, 100, 0, -0.1, 31), 10, 10, "EPSG:4326")
    shape = shapely.box(100.2, 30.4, 100.6, 30.8).difference(shapely.box(100.3, 30.5, 100.4, 30.6))
    corner = shapely.box(100.85, 30.05, 100.95, 30.15)
    values = np.ones((10, 10), np.float32)
    values[9, 9] = 100  # x from 100.9, y below 30.1: a quarter of `corner`
    found = zonal_weights(grid, [shape, corner]).statistics(values)
    assert found.count == pytest.approx([15, 1])
    assert found.sum == pytest.approx([15, 0.75 + 25])
    assert found.max.tolist() == [1, 100]


def test_a_footprint_off_the_grid_or_without_data_has_no_value() -> None:
    weights = zonal_weights(DEGREES, [shapely.box(90, 20, 90.1, 20.1), footprints(1, 2)[0]])
    found = weights.statistics(np.full((DEGREES.height, DEGREES.width), np.nan, np.float32))
    assert (found.count == 0).all()
    assert np.isnan([found.mean, found.min, found.max]).all()


def test_on_a_projected_grid_a_footprint_has_its_area(tmp_path: Path) -> None:
    grid = RasterGrid((30, 0, 395_000, 0, -30, 3_450_000), 400, 400, "EPSG:4543")
    lon, lat = 100.96, 31.12  # near the middle of the grid
    shape = shapely.Point(lon, lat).buffer(0.005)
    east, north = transformer(CRS84, grid.crs).transform(*shape.exterior.coords.xy)
    plane = shapely.Polygon(np.stack([east, north], axis=1))
    assert shapely.box(*grid.bounds).contains(plane)
    found = ZonalWeights.load_or_compute(tmp_path, grid, [shape]).statistics(np.ones((400, 400), np.float32))
    assert found.count[0] * 900 == pytest.approx(plane.area, rel=1e-9)


def test_kept_weights_are_found_again_by_outline_and_grid(tmp_path: Path) -> None:
    shapes = footprints(5, 1)
    first = ZonalWeights.load_or_compute(tmp_path, DEGREES, shapes)
    (path,) = tmp_path.iterdir()
    before = path.stat().st_mtime_ns
    again = ZonalWeights.load_or_compute(tmp_path, DEGREES, shapes)
    assert path.stat().st_mtime_ns == before
    np.testing.assert_array_equal(first.edge_part, again.edge_part)
    ZonalWeights.load_or_compute(tmp_path, DEGREES, shapes[:4])
    assert len(list(tmp_path.iterdir())) == 2


def test_lines_and_foreign_grids_are_refused() -> None:
    with pytest.raises(InvalidInput, match="geometry 0: not a polygon"):
        coverage(DEGREES, [shapely.LineString([(103, 31), (103.1, 31)])])
    weights = zonal_weights(DEGREES, footprints(1, 2))
    with pytest.raises(InvalidInput, match="do not fit"):
        weights.statistics(np.ones((3, 3), np.float32))
