"""Weights: exact against shapely and exactextract, nothing lost, nothing invented, kept and found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from minegis import cells, sphere
from minegis.errors import InvalidInput
from pipelines.raster import RasterGrid
from pipelines.steps import weights as module
from pipelines.steps.weights import (
    CellGrid,
    Weights,
    asset_weights,
    kept_region_weights,
    raster_weights,
    region_asset_weights,
    region_weights,
)

AREA = shapely.box(103.1, 31.05, 103.4, 31.25)


def lon_lat_grid(size: float, west: float, north: float, width: int, height: int) -> RasterGrid:
    return RasterGrid((size, 0.0, west, 0.0, -size, north), width, height, "EPSG:4326")


def area_of(outline: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes in the plane of longitude and sine of latitude, where areas are those of a sphere."""
    return shapely.transform(outline, lambda p: np.column_stack([p[:, 0], np.sin(np.radians(p[:, 1]))]))


def pixels_of(grid: RasterGrid, pixel: NDArray[np.int64]) -> NDArray[np.object_]:
    a, _, c, _, e, f = grid.transform
    row, column = np.divmod(pixel, grid.width)
    return shapely.box(c + a * column, f + e * (row + 1), c + a * (column + 1), f + e * row)


def each_cell(weights: Weights) -> NDArray[np.int64]:
    return np.repeat(np.arange(weights.start.size - 1), np.diff(weights.start))


COARSE_AND_FINE = [
    pytest.param(lon_lat_grid(2.5, 95.0, 40.0, 8, 8), id="2.5 degrees"),
    pytest.param(lon_lat_grid(0.2, 102.0, 33.0, 20, 20), id="0.2 degrees"),
    pytest.param(lon_lat_grid(1 / 60, 103.0, 31.4, 40, 40), id="ShakeMap"),
    pytest.param(lon_lat_grid(1 / 120, 103.0, 31.4, 70, 70), id="30 seconds"),
    pytest.param(lon_lat_grid(1 / 1200, 103.05, 31.3, 480, 360), id="3 seconds"),
]


@pytest.mark.parametrize("grid", COARSE_AND_FINE)
def test_every_overlap_is_the_area_that_shapely_cuts_out(grid: RasterGrid) -> None:
    found = cells.cells_of_area(AREA, 8)[::3]
    weights = raster_weights(grid, found)
    outlines = area_of(cells.polygons(found))[each_cell(weights)]
    pieces = shapely.intersection(area_of(pixels_of(grid, weights.pixel)), outlines)
    assert weights.fraction == pytest.approx(shapely.area(pieces) / shapely.area(outlines), abs=1e-9)
    assert np.add.reduceat(weights.fraction, weights.start[:-1]) == pytest.approx(1.0, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(
    st.floats(76, 133),
    st.floats(-52, 53),
    st.integers(2, 10),
    st.floats(-1.3, 1.3),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_overlaps_are_exact_and_whole_for_any_grid(
    lon: float, lat: float, resolution: int, ratio: float, across: float, down: float
) -> None:
    found = cells.cell_at(lon, lat, resolution)
    outline = cells.polygons(found)
    west, south, east, north = outline[0].bounds
    size = (north - south) * 10**ratio
    width, height = int((east - west) / size) + 3, int((north - south) / size) + 3
    grid = lon_lat_grid(size, west - size * (across + 0.01), north + size * (down + 0.01), width, height)
    assume(grid.bounds[1] >= -90 and grid.bounds[3] <= 90)
    weights = raster_weights(grid, found)
    assert weights.fraction.sum() == pytest.approx(1.0, abs=1e-6)
    every = np.arange(width * height)
    pieces = shapely.intersection(area_of(pixels_of(grid, every)), area_of(outline)[0])
    expected = shapely.area(pieces) / shapely.area(area_of(outline)[0])
    dense = np.zeros(width * height)
    dense[weights.pixel] = weights.fraction
    assert dense == pytest.approx(expected, abs=2e-9)


def test_a_projected_grid_has_the_overlaps_of_its_plane() -> None:
    # EPSG:4543 is CGCS2000 / 3-degree Gauss-Krüger CM 102E
    grid = RasterGrid((750.0, 0.0, 600_000.0, 0.0, -500.0, 3_470_000.0), 60, 80, "EPSG:4543")
    found = cells.cells_of_area(AREA, 8)[::4]
    to_grid = Transformer.from_crs("EPSG:4490", "EPSG:4543", always_xy=True)
    projected = shapely.transform(cells.polygons(found), lambda p: np.column_stack(to_grid.transform(*p.T)))
    weights = raster_weights(grid, found)
    outlines = projected[each_cell(weights)]
    expected = shapely.area(shapely.intersection(pixels_of(grid, weights.pixel), outlines)) / shapely.area(
        outlines
    )
    assert weights.fraction == pytest.approx(expected, abs=1e-9)
    assert np.add.reduceat(weights.fraction, weights.start[:-1]) == pytest.approx(1.0, abs=1e-7)


def exactextract_mean(
    values: NDArray[np.float64], grid: RasterGrid, shapes: NDArray[np.object_], how: str
) -> list[float]:
    west, south, east, north = grid.bounds
    source = NumPyRasterSource(values, xmin=west, ymin=south, xmax=east, ymax=north, nodata=np.nan)
    features = [{"type": "Feature", "properties": {}, "geometry": one.__geo_interface__} for one in shapes]
    return [one["properties"][how.partition("(")[0]] for one in exact_extract(source, features, [how])]


def real_raster(path: Path, crs: str) -> tuple[NDArray[np.float64], RasterGrid]:
    with rasterio.open(path) as file:
        values = file.read(1, masked=True).astype(np.float64).filled(np.nan)
        return values, RasterGrid(tuple(file.transform)[:6], file.width, file.height, crs)


def test_real_elevations_agree_with_exactextract(sample_data: Path) -> None:
    values, grid = real_raster(sample_data / "dem" / "china_dem_30s_sichuan.tif", "EPSG:4326")
    found = cells.cells_of_area(AREA, 8)
    weights = raster_weights(grid, found)
    mean, covered = weights.mean(values)
    assert covered == pytest.approx(1.0, abs=1e-7)
    shapes = cells.polygons(found)
    expected = exactextract_mean(values, grid, shapes, "mean(coverage_weight=area_spherical_m2)")
    assert mean == pytest.approx(expected, abs=0.05)  # m, where neighbours differ by hundreds
    assert weights.max(values).tolist() == exactextract_mean(values, grid, shapes, "max")


def test_real_elevations_on_a_projected_grid_agree_with_exactextract(sample_data: Path) -> None:
    values, grid = real_raster(sample_data / "dem" / "mandakini_srtm90_utm44n.tif", "EPSG:32644")
    found = cells.cells_of_area(shapely.box(79.0, 30.5, 79.1, 30.6), 8)
    mean, covered = raster_weights(grid, found).mean(values)
    to_grid = Transformer.from_crs("EPSG:4326", "EPSG:32644", always_xy=True)
    shapes = shapely.transform(cells.polygons(found), lambda p: np.column_stack(to_grid.transform(*p.T)))
    assert covered == pytest.approx(1.0, abs=1e-7)
    assert mean == pytest.approx(exactextract_mean(values, grid, shapes, "mean"), abs=0.05)


def test_a_grid_from_0_to_360_gives_what_one_from_minus_180_gives() -> None:
    found = cells.cell_at([-70.3, 0.01, 103.2, 179.99, -177.5], [31, 5, 31, 12, 12], 4)
    values = np.random.default_rng(2).random((72, 144)).astype(np.float32)
    east = lon_lat_grid(2.5, 0.0, 90.0, 144, 72)
    west = lon_lat_grid(2.5, -180.0, 90.0, 144, 72)
    beyond = lon_lat_grid(2.5, 185.0, 90.0, 144, 72)
    mean, covered = raster_weights(east, found).mean(values)
    same, _ = raster_weights(west, found).mean(np.roll(values, 72, axis=1))
    third, _ = raster_weights(beyond, found).mean(np.roll(values, -74, axis=1))
    assert covered == pytest.approx(1.0, abs=1e-9)
    assert mean == pytest.approx(same, abs=1e-9)
    assert mean == pytest.approx(third, abs=1e-9)


def test_rows_beyond_the_pole_do_no_harm() -> None:
    # A global 1° grid with its centres on the poles reaches to 90.5°.
    grid = lon_lat_grid(1.0, -0.5, 90.5, 360, 181)
    mean, covered = raster_weights(grid, cells.cell_at(103.2, 31.0, 8)).mean(np.full((181, 360), 7.0))
    assert (mean[0], covered[0]) == pytest.approx((7.0, 1.0))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1 / 60, 1 / 120, 1 / 300]), st.integers(6, 8))
def test_shared_out_totals_are_conserved(seed: int, size: float, resolution: int) -> None:
    people = np.random.default_rng(seed).exponential(100.0, (12, 9))
    grid = lon_lat_grid(size, 103.123, 31.456, 9, 12)
    found = cells.cells_of_area(shapely.box(*grid.bounds), resolution)
    sums = raster_weights(grid, found).sum_conserving(people)
    assert np.nansum(sums) == pytest.approx(people.sum(), rel=1e-6)


def test_a_pixel_smaller_than_a_cell_gives_it_all_and_a_larger_one_its_part() -> None:
    found = cells.cell_at(103.2, 31.1, 8)
    large = lon_lat_grid(1.0, 103.0, 32.0, 1, 1)
    expected = (
        sphere.areas_km2(cells.polygons(found))[0] / sphere.areas_km2([shapely.box(103, 31, 104, 32)])[0]
    )
    assert raster_weights(large, found).sum_conserving(np.full((1, 1), 5000.0)) == pytest.approx(
        [5000 * expected], rel=1e-6
    )


def test_a_cell_beyond_the_grid_has_no_value_and_no_coverage() -> None:
    grid = lon_lat_grid(0.01, 103.0, 31.0, 10, 10)
    found = cells.cell_at([103.05, 120.0, 103.05, -76.95], [30.95, 30.95, -40.0, 30.95], 8)
    weights = raster_weights(grid, found)
    mean, covered = weights.mean(np.full((10, 10), 3.0))
    assert mean[0] == pytest.approx(3.0)
    assert np.isnan(mean[1:]).all()
    assert covered == pytest.approx([1, 0, 0, 0])
    for other in (weights.max, weights.min, weights.sum_conserving):
        assert np.isnan(other(np.full((10, 10), 3.0))[1:]).all()


def test_cells_all_south_of_the_grid_have_no_overlap() -> None:
    south = cells.cell_at([110.0, 110.1], [20.0, 20.1], 8)
    grid = RasterGrid((0.1, 0, 109, 0, -0.1, 40), 20, 20, "EPSG:4326")
    assert raster_weights(grid, south).pixel.size == 0


def test_a_cell_half_on_the_grid_reports_half_its_coverage() -> None:
    found = cells.cell_at(103.05, 30.95, 8)
    centre = cells.centres(found)[0][0]
    grid = lon_lat_grid(0.01, centre, 31.0, 10, 10)
    mean, covered = raster_weights(grid, found).mean(np.full((10, 10), 3.0))
    assert mean[0] == pytest.approx(3.0)
    assert covered[0] == pytest.approx(0.5, abs=1e-3)


def test_pixels_without_data_are_left_out_of_the_mean_and_told() -> None:
    found = cells.cell_at(103.05, 30.95, 8)
    lon = cells.centres(found)[0][0]
    # Two columns that meet in the middle of the cell: 10 on the left, no data on the right.
    grid = lon_lat_grid(0.1, lon - 0.1, 31.0, 2, 1)
    weights = raster_weights(grid, found)
    mean, covered = weights.mean(np.array([[10.0, np.nan]]))
    assert (mean[0], covered[0]) == pytest.approx((10.0, 0.5), abs=1e-3)
    assert weights.max(np.array([[10.0, np.nan]]))[0] == weights.min(np.array([[np.nan, 10.0]]))[0] == 10.0
    nothing, none = weights.mean(np.full((1, 2), np.nan))
    assert np.isnan(nothing[0])
    assert none[0] == 0.0
    assert np.isnan(weights.max(np.full((1, 2), np.nan))[0])
    assert np.isnan(weights.sum_conserving(np.full((1, 2), np.nan))[0])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_a_mean_lies_between_the_least_and_the_most(seed: int, gaps: float) -> None:
    rng = np.random.default_rng(seed)
    values = np.where(rng.random((40, 40)) < gaps, np.nan, rng.normal(size=(40, 40)))
    weights = raster_weights(lon_lat_grid(1 / 60, 103.0, 31.4, 40, 40), cells.cells_of_area(AREA, 7))
    mean, covered = weights.mean(values)
    least, most = weights.min(values), weights.max(values)
    assert np.array_equal(np.isnan(mean), covered == 0.0)
    assert np.array_equal(np.isnan(mean), np.isnan(most))
    known = ~np.isnan(mean)
    assert np.all(least[known] - 1e-12 <= mean[known])
    assert np.all(mean[known] <= most[known] + 1e-12)


def test_values_of_another_grid_are_refused() -> None:
    weights = raster_weights(lon_lat_grid(0.1, 103.0, 31.4, 4, 5), cells.cells_of_area(AREA, 6))
    with pytest.raises(InvalidInput, match=r"\(5, 4\)"):
        weights.mean(np.zeros((4, 5)))


def test_many_batches_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    grid, found = lon_lat_grid(1 / 120, 103.0, 31.4, 70, 70), cells.cells_of_area(AREA, 8)
    at_once = raster_weights(grid, found)
    monkeypatch.setattr("pipelines.steps.overlap._BATCH", 100)
    piecewise = raster_weights(grid, found)
    assert np.array_equal(at_once.pixel, piecewise.pixel)
    assert np.array_equal(at_once.start, piecewise.start)
    assert at_once.fraction == pytest.approx(piecewise.fraction, abs=1e-12)


# --- kept weights


GRID = lon_lat_grid(1 / 60, 103.0, 31.4, 40, 40)


def test_kept_weights_are_read_again_and_not_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = cells.cells_of_area(AREA, 8)
    first = Weights.load_or_compute(tmp_path / "weights", GRID, found)
    monkeypatch.setattr(module, "raster_weights", None)
    again = Weights.load_or_compute(tmp_path / "weights", GRID, found)
    values = np.random.default_rng(3).random((40, 40))
    assert np.array_equal(first.mean(values)[0], again.mean(values)[0])
    assert np.array_equal(first.sum_conserving(values), again.sum_conserving(values))
    (file,) = (tmp_path / "weights").iterdir()
    assert len(file.stem) == 12


def test_other_grids_cells_or_orders_have_their_own_file(tmp_path: Path) -> None:
    found = cells.cells_of_area(AREA, 7)
    for grid, wanted in (
        (GRID, found),
        (GRID, found[::-1]),
        (GRID, found[1:]),
        (lon_lat_grid(1 / 60, 103.0 + 1e-12, 31.4, 40, 40), found),
        (RasterGrid(GRID.transform, 40, 40, "EPSG:4490"), found),
    ):
        Weights.load_or_compute(tmp_path, grid, wanted)
    assert len(list(tmp_path.iterdir())) == 5


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_file_is_computed_again(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("weights")
    found = cells.cells_of_area(shapely.box(103.1, 31.1, 103.15, 31.15), 7)
    sound = Weights.load_or_compute(folder, GRID, found)
    (file,) = folder.iterdir()
    content = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= data.draw(st.integers(1, 255))
    else:
        del content[at:]
    file.write_bytes(bytes(content))
    again = Weights.load_or_compute(folder, GRID, found)
    assert np.array_equal(again.pixel, sound.pixel)
    assert np.array_equal(again.fraction, sound.fraction)
    assert np.array_equal(again.cell_area, sound.cell_area)
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_an_interrupted_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        Weights.load_or_compute(tmp_path, GRID, cells.cells_of_area(AREA, 7))
    assert not list(tmp_path.iterdir())


def test_a_cell_grid_refuses_mixed_resolutions_and_repeated_cells() -> None:
    found = cells.cell_at([103.1, 104.1], [31.0, 31.0], 8)
    assert CellGrid(found).resolution == 8
    assert CellGrid(found).key != CellGrid(found[::-1]).key
    with pytest.raises(InvalidInput, match="twice"):
        CellGrid(np.concatenate([found, found[:1]]))
    with pytest.raises(InvalidInput, match="one resolution"):
        CellGrid(np.concatenate([found, cells.cell_at(103.1, 31.0, 7)]))
    with pytest.raises(InvalidInput, match="one resolution"):
        raster_weights(GRID, found[:0])


# --- regions and assets


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_over_regions_that_tile_the_plane_a_cell_sums_to_one(seed: int) -> None:
    towns = shapely.MultiPoint(np.random.default_rng(seed).uniform([103, 31], [103.5, 31.3], (12, 2)))
    tiles = shapely.get_parts(shapely.voronoi_polygons(towns, extend_to=shapely.box(102, 30, 105, 33)))
    found = cells.cells_of_area(AREA, 8)
    matrix = region_weights(tiles, found)
    assert matrix.shape == (tiles.size, found.size)
    assert np.asarray(matrix.sum(axis=0)) == pytest.approx(1.0, abs=1e-9)


def test_a_cell_inside_a_region_is_exactly_one_and_one_in_its_hole_is_nothing() -> None:
    hole = shapely.box(103.2, 31.1, 103.3, 31.2)
    region = shapely.box(103.0, 31.0, 103.5, 31.3).difference(hole)
    found = cells.cells_of_area(AREA, 8)
    fraction = region_weights([region], found).toarray()[0]
    outlines = cells.polygons(found)
    assert np.all(fraction[shapely.covers(region, outlines)] == 1.0)
    assert np.all(fraction[shapely.covers(hole, outlines)] == 0.0)
    expected = sphere.areas_km2(shapely.intersection(region, outlines)) / sphere.areas_km2(outlines)
    assert fraction == pytest.approx(expected, abs=1e-12)


def test_the_cells_of_real_counties_add_up_to_the_counties(sample_data: Path) -> None:
    file = sample_data / "admin" / "tianditu_counties_sichuan_shanxi.geojson"
    every = shapely.get_parts(shapely.from_geojson(file.read_text(encoding="utf-8")))
    window = shapely.box(102.5, 30.5, 104.5, 32.5)
    counties = every[shapely.covers(window, every) & shapely.is_valid(every)]
    assert counties.size > 5
    found = cells.cells_of_area(window, 7)
    matrix = region_weights(counties, found)
    cell_areas = sphere.areas_km2(cells.polygons(found))
    assert matrix @ cell_areas == pytest.approx(sphere.areas_km2(counties), rel=1e-9)
    assert np.asarray(matrix.sum(axis=0)).max() <= 1.0 + 1e-6


def test_an_invalid_region_is_named() -> None:
    bow = shapely.Polygon([(103, 31), (104, 32), (104, 31), (103, 32)])
    with pytest.raises(InvalidInput, match="geometry 1"):
        region_weights([AREA, bow], cells.cell_at(103.2, 31.1, 8))


def test_an_asset_across_the_edge_of_the_cells_is_reported() -> None:
    inside = cells.cells_of_area(AREA, 8)[::-1]
    pond = shapely.box(103.15, 31.1, 103.17, 31.11)
    across = shapely.box(103.38, 31.1, 103.45, 31.12)
    away = shapely.Point(110.0, 35.0)
    found = asset_weights([pond, across, away], inside)
    within = np.asarray(found.matrix.sum(axis=1))
    beyond = np.bincount(found.outside_asset, found.outside_fraction, minlength=3)
    assert within + beyond == pytest.approx(1.0, abs=1e-12)
    assert beyond[0] == 0.0
    assert 0.0 < beyond[1] < 1.0
    assert beyond[2] == 1.0
    assert not np.isin(found.outside_cell, inside).any()
    assert found.outside_cell[-1] == cells.cell_at(110.0, 35.0, 8)[0]
    _, cell, fraction = cells.cover([pond], 8)
    columns = [int(np.flatnonzero(inside == one)[0]) for one in cell]
    assert found.matrix.toarray()[0, columns] == pytest.approx(fraction)


def test_an_asset_on_a_county_line_belongs_to_both_counties_by_its_parts() -> None:
    west, east = shapely.box(103, 31, 103.5, 32), shapely.box(103.5, 31, 104, 32)
    nation = shapely.box(100, 30, 110, 35)
    assets = [
        shapely.box(103.47, 31.2, 103.51, 31.21),  # a pond, three quarters west of the line
        shapely.LineString([(103.4, 31.3), (103.9, 31.3)]),  # a channel, a fifth west of it
        shapely.MultiPoint([(103.2, 31.5), (103.7, 31.5), (103.8, 31.5)]),
        shapely.Point(103.6, 31.5),
        shapely.Point(103.5, 31.5),  # on the line: in both
        shapely.Point(120.0, 31.5),
    ]
    shares = region_asset_weights([west, east, nation], assets).toarray()
    assert shares[0] == pytest.approx([0.75, 0.2, 1 / 3, 0, 1, 0])
    assert shares[1] == pytest.approx([0.25, 0.8, 2 / 3, 1, 1, 0])
    assert shares[2].tolist() == [1, 1, 1, 1, 1, 0]


def test_kept_region_weights_are_those_computed_and_follow_the_outlines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = cells.cells_of_area(AREA, 7)
    west, east = shapely.box(103, 31, 103.2, 32), shapely.box(103.2, 31, 104, 32)
    first = kept_region_weights(tmp_path, [west, east], inside)
    assert abs(first - region_weights([west, east], inside)).max() == 0.0
    other = kept_region_weights(tmp_path, [east, west], inside)
    assert abs(other[[1, 0]] - first).max() == 0.0
    assert len(list(tmp_path.glob("*.npz"))) == 2
    monkeypatch.setattr(module, "region_weights", None)  # what is kept is not computed again
    assert abs(kept_region_weights(tmp_path, [west, east], inside) - first).max() == 0.0
