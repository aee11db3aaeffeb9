"""Flow paths from the toes of dams, and what lies along them."""

from __future__ import annotations

import numpy as np
import pytest
from pyproj import Geod

from minegis.coordinates import transformer
from minegis.errors import InvalidInput
from pipelines.raster import Raster, RasterGrid
from pipelines.steps.flow_path import downstream, flow_paths, is_overhead

# 100 m cells of a Gauss-Krüger zone are easy to count; a valley that runs east, then turns south.
EAST, SOUTH, OUTLET = 1.0, 4.0, 0.0
GRID = RasterGrid((100.0, 0.0, 35_500_000.0, 0.0, -100.0, 3_400_000.0), 12, 30, "EPSG:4523")


def valley() -> Raster:
    codes = np.full((30, 12), np.nan, dtype=np.float32)
    codes[5, 1:8] = EAST
    codes[5:25, 8] = SOUTH
    codes[25, 8] = OUTLET
    return Raster(codes, GRID, "flow_direction", "1", "made for this test")


def place(row: float, column: float) -> tuple[float, float]:
    x, y = 35_500_000.0 + 100.0 * (column + 0.5), 3_400_000.0 - 100.0 * (row + 0.5)
    lon, lat = transformer("EPSG:4523", 4490).transform(x, y)
    return float(lon), float(lat)


def test_a_path_follows_the_codes_cell_by_cell() -> None:
    lon, lat = place(5, 1)
    paths = flow_paths(valley(), [lon], [lat], 100_000.0)
    # seven steps east, then twenty south to the outlet: 2.7 km
    assert paths.length[0] == pytest.approx(2700)
    assert not paths.complete[0]
    assert (paths.row[0, -1], paths.column[0, -1]) == (25, 8)
    assert np.diff(paths.distance[0]) == pytest.approx(np.full(27, 100.0))


def test_a_path_ends_with_the_first_cell_at_its_reach() -> None:
    lon, lat = place(5, 1)
    paths = flow_paths(valley(), [lon], [lat], 450.0)
    assert paths.complete[0]
    assert paths.length[0] == pytest.approx(500)


def test_a_toe_outside_the_raster_or_in_a_gap_has_no_path() -> None:
    inside, gap, outside = place(5, 1), place(0, 0), place(-50, 3)
    lon, lat = np.array([inside, gap, outside]).T
    paths = flow_paths(valley(), lon, lat, 300.0)
    assert np.isnan(paths.length).tolist() == [False, True, True]
    assert paths.complete.tolist() == [True, False, False]


def test_a_diagonal_step_is_longer() -> None:
    codes = np.full((30, 12), 2.0, dtype=np.float32)  # south-east everywhere
    lon, lat = place(0, 0)
    paths = flow_paths(Raster(codes, GRID, "flow_direction", "1", "made"), [lon], [lat], 1e6)
    assert paths.length[0] == pytest.approx(11 * 100 * np.sqrt(2))


def test_the_path_counts_and_the_straight_line_is_told() -> None:
    toe = place(5, 1)
    paths = flow_paths(valley(), [toe[0]], [toe[1]], 3000.0)
    # A house beside the turn: 700 m east and 2 × 100 m south on the path, 100 m aside.
    near, far, off = place(7, 9), place(22, 8), place(5, 4.0)
    lon, lat = np.array([near, far, off]).T
    found = downstream(paths, [toe[0]], [toe[1]], lon, lat, 150.0)
    by_place = dict(zip(found.place.tolist(), found.path_distance, strict=True))
    assert by_place[0] == pytest.approx(700 + 200 + 100, rel=1e-3)
    assert by_place[1] == pytest.approx(700 + 1700, rel=1e-3)
    assert by_place[2] == pytest.approx(300, rel=1e-3)
    _, _, straight = Geod(ellps="GRS80").inv(toe[0], toe[1], *far)
    told = dict(zip(found.place.tolist(), found.straight_distance, strict=True))
    assert told[1] == pytest.approx(straight, rel=1e-4)
    assert told[1] < by_place[1]


def test_a_house_over_the_ridge_is_not_downstream() -> None:
    toe = place(5, 1)
    paths = flow_paths(valley(), [toe[0]], [toe[1]], 3000.0)
    lon, lat = place(12, 2)  # 700 m away as the crow flies, but 600 m from the valley
    found = downstream(paths, [toe[0]], [toe[1]], [lon], [lat], 250.0)
    assert found.dam.size == 0
    assert not is_overhead(found, 1).any()


def test_a_facility_is_overhead_by_its_path_and_the_bound_counts() -> None:
    toes = [place(5, 1), place(5, 1)]
    lon, lat = np.array(toes).T
    paths = flow_paths(valley(), lon, lat, 3000.0)
    # 1000 m along the path: seven cells east and three south; 1100 m is one more.
    for row, expected in ((8, True), (9, False)):
        house = place(row, 8)
        found = downstream(paths, lon, lat, [house[0]], [house[1]], 20.0)
        assert found.path_distance == pytest.approx([1000.0 + 100 * (row - 8)] * 2, abs=0.5)
        rounded = type(found)(found.dam, found.place, np.round(found.path_distance), found.straight_distance)
        assert is_overhead(rounded, 2).tolist() == [expected, expected]


def test_no_places_are_no_reason_to_fail() -> None:
    toe = place(5, 1)
    paths = flow_paths(valley(), [toe[0]], [toe[1]], 3000.0)
    assert downstream(paths, [toe[0]], [toe[1]], [], [], 250.0).dam.size == 0


def test_codes_that_run_in_a_circle_are_refused() -> None:
    codes = np.full((30, 12), np.nan, dtype=np.float32)
    codes[3, 3], codes[3, 4] = 1.0, 16.0
    lon, lat = place(3, 3)
    with pytest.raises(InvalidInput, match="circle"):
        flow_paths(Raster(codes, GRID, "flow_direction", "1", "made"), [lon], [lat], 1e9)


def test_another_quantity_is_refused() -> None:
    raster = Raster(np.zeros((30, 12), np.float32), GRID, "elevation", "m", "made")
    with pytest.raises(InvalidInput, match="flow_direction"):
        flow_paths(raster, [100.0], [30.0], 1000.0)
