"""Pixels by the cell that holds their centre: against H3 itself, sums by hand, exact weights and a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

from minegis.cells import Cells, cell_at, cells_of_area
from minegis.coordinates import CRS84, transformer
from minegis.errors import InvalidInput
from pipelines.raster import RasterGrid
from pipelines.steps.cell_index import CellIndex, cell_index, is_fine
from pipelines.steps.weights import raster_weights
from pipelines.windows import Window, read_windows

CELLS = cells_of_area(shapely.box(103.0, 31.0, 103.2, 31.2), 8)
FINE = RasterGrid((1 / 3600, 0, 103.05, 0, -1 / 3600, 31.15), 300, 350, "EPSG:4326")
GAUSS_KRUGER = RasterGrid((30, 0, 310_000, 0, -30, 3_446_000), 330, 280, "EPSG:4543")


def owners(index: CellIndex) -> np.ndarray:
    """The position of each pixel's cell, -1 where there is none, (height, width)."""
    length = np.diff(np.append(index.start, 0))
    last = index.row_start[1:] - 1
    length[last] = index.grid.width - index.start[last]
    return np.repeat(index.cell, length).reshape(index.grid.height, index.grid.width)


def centres_in(grid: RasterGrid, cells: Cells) -> np.ndarray:
    """The same, one pixel after another, by H3."""
    x, y = (axis.ravel() for axis in np.meshgrid(grid.x, grid.y))
    if not grid.is_geographic:
        x, y = transformer(grid.crs, CRS84).transform(x, y)
    found = cell_at(x, y, 8)
    at = np.minimum(np.searchsorted(cells, found), cells.size - 1)
    return np.where(cells[at] == found, at, -1).reshape(grid.height, grid.width)


@pytest.mark.parametrize("grid", [FINE, GAUSS_KRUGER], ids=["degrees", "projected"])
def test_each_pixel_is_in_the_cell_that_h3_finds_for_its_centre(grid: RasterGrid) -> None:
    x, y = (np.array([axis[0], axis[-1]]) for axis in (grid.x, grid.y))
    if not grid.is_geographic:
        x, y = transformer(grid.crs, CRS84).transform(x, y)
    cells = cells_of_area(shapely.box(x.min() - 0.05, y.min() - 0.05, x.max() + 0.05, y.max() + 0.05), 8)
    found = owners(cell_index(grid, cells))
    assert (found >= 0).all()
    # An edge of H3 is a great circle on its icosahedron, ours straight on the grid: centimetres apart.
    assert np.mean(found != centres_in(grid, cells)) < 40e-6


def test_pixels_beyond_the_cells_belong_to_none() -> None:
    few = np.unique(cell_at(np.array([103.08, 103.09, 103.1]), np.array([31.1, 31.12, 31.07]), 8))
    found = owners(cell_index(FINE, few))
    expected = centres_in(FINE, few)
    assert set(np.unique(found).tolist()) == {-1, 0, 1, 2}
    assert np.mean(found != expected) < 40e-6


def test_over_a_fault_of_the_icosahedron_no_pixel_is_lost_or_taken_twice() -> None:
    # Odd resolutions have corners where edges cross the icosahedron; a box of 6° holds some of its edges.
    grid = RasterGrid((0.01, 0, 100, 0, -0.01, 36), 600, 600, "EPSG:4326")
    cells = cells_of_area(shapely.box(99, 29, 107, 37), 5)
    index = cell_index(grid, cells)
    assert index.pixels.sum() == 600 * 600
    assert (index.cell >= 0).all()


def test_a_grid_around_the_earth_takes_the_cells_on_its_seam_from_both_sides() -> None:
    grid = RasterGrid((0.05, 0, 0, 0, -0.05, 2), 7200, 80, "EPSG:4326")
    cells = np.unique(
        cell_at(
            *(axis.ravel() for axis in np.meshgrid(np.linspace(-0.5, 0.5, 60), np.linspace(-2.5, 2.5, 200))),
            5,
        )
    )
    found = owners(cell_index(grid, cells))
    near = np.r_[0:6, 7194:7200]
    assert (found[:, near] >= 0).all()
    x, y = np.meshgrid(grid.x[near], grid.y)
    assert np.mean(cells[found[:, near]] != cell_at(x.ravel(), y.ravel(), 5).reshape(x.shape)) < 0.002


def test_counts_sums_and_extremes_are_those_of_the_pixels() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(FINE.height, FINE.width)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = np.nan
    values[0, 0] = np.inf
    found = cell_index(FINE, CELLS).statistics(Window.whole(values))
    owner = centres_in(FINE, CELLS)
    index = owners(cell_index(FINE, CELLS))
    for at in np.unique(index)[::40]:
        inside = values[(index == at) & np.isfinite(values)].astype(np.float64)
        assert found.count[at] == inside.size
        assert found.sum[at] == pytest.approx(inside.sum(), rel=1e-12)
        assert (found.min[at], found.max[at]) == (inside.min(), inside.max())
        assert found.mean[at] == pytest.approx(inside.mean(), rel=1e-12)
    assert found.count.sum() == np.isfinite(values).sum()
    without = np.setdiff1d(np.arange(CELLS.size), owner)
    assert without.size
    assert np.isnan(found.mean[without]).all()
    assert np.isnan(found.max[without]).all()
    assert (found.sum[without] == 0).all()


def test_cells_without_a_known_pixel_have_no_value() -> None:
    nothing = np.full((FINE.height, FINE.width), np.nan, np.float32)
    found = cell_index(FINE, CELLS).statistics(Window.whole(nothing))
    assert (found.count == 0).all()
    assert np.isnan([found.mean, found.min, found.max]).all()
    assert (found.covered == 0).all()


def test_a_file_read_in_windows_says_what_the_array_says(tmp_path: Path) -> None:
    values = np.random.default_rng(4).normal(size=(FINE.height, FINE.width)).astype(np.float32)
    values[5:90, 40:120] = -9999
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=FINE.width, height=FINE.height, count=1, dtype="float32",
        nodata=-9999, crs="EPSG:4326", transform=Affine(*FINE.transform), tiled=True, blockxsize=64,
        blockysize=64,
    ) as dataset:  # fmt: skip
        dataset.write(values, 1)
    index = cell_index(FINE, CELLS)
    whole = index.statistics(Window.whole(np.where(values == -9999, np.nan, values)))
    parts = index.statistics(read_windows(path, size=128))
    assert (parts.count == whole.count).all()
    assert parts.sum == pytest.approx(whole.sum, rel=1e-12)
    np.testing.assert_array_equal(parts.max, whole.max)


def test_a_cell_half_off_the_grid_is_half_covered() -> None:
    values = np.ones((FINE.height, FINE.width), np.float32)
    found = cell_index(FINE, CELLS).statistics(Window.whole(values))
    _, exact = raster_weights(FINE, CELLS).mean(values)
    # A cell has some 810 pixels here, of which some 100 are on its outline.
    assert found.covered == pytest.approx(exact, abs=0.01)


def test_means_agree_with_exact_weights_where_neighbours_are_alike() -> None:
    x, y = np.meshgrid(np.arange(FINE.width), np.arange(FINE.height))
    smooth = (1000 * np.sin(x / 40) * np.cos(y / 55)).astype(np.float32)
    found = cell_index(FINE, CELLS).statistics(Window.whole(smooth))
    exact, covered = raster_weights(FINE, CELLS).mean(smooth)
    inside = covered > 0.999
    assert inside.sum() > 90
    assert found.mean[inside] == pytest.approx(exact[inside], abs=2.0)  # of values from -1000 to 1000


def test_the_index_is_kept_and_a_damaged_file_computed_again(tmp_path: Path) -> None:
    first = CellIndex.load_or_compute(tmp_path, FINE, CELLS)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-100])
    again = CellIndex.load_or_compute(tmp_path, FINE, CELLS)
    np.testing.assert_array_equal(first.start, again.start)
    before = path.stat().st_mtime_ns
    kept = CellIndex.load_or_compute(tmp_path, FINE, CELLS)
    assert path.stat().st_mtime_ns == before
    np.testing.assert_array_equal(kept.cell, first.cell)


def test_values_of_another_grid_are_refused() -> None:
    with pytest.raises(InvalidInput, match="beyond the grid"):
        cell_index(FINE, CELLS).statistics(Window.whole(np.ones((400, 300), np.float32)))


@pytest.mark.parametrize(("step", "fine"), [(1 / 3600, True), (1 / 120, False), (0.25, False)])
def test_centres_stand_for_areas_on_fine_grids_only(step: float, fine: bool) -> None:
    # A cell has 0.74 km²: 770 pixels of 1″, 1 of 30″.
    assert is_fine(RasterGrid((step, 0, 103, 0, -step, 32), 10, 10, "EPSG:4326"), CELLS) is fine
