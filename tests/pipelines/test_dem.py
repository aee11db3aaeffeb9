"""Elevation models: real files, windows, limits and contradictions."""

from __future__ import annotations

import numpy as np
import pytest

from minegis.errors import InvalidInput
from pipelines.connectors.dem import read_dem
from pipelines.steps.resample import resample


def test_a_window_is_the_same_cells_as_the_whole(sample_data):
    path = sample_data / "dem" / "china_dem_30s_sichuan.tif"
    whole = read_dem(path, unit="m")
    part = read_dem(path, unit="m", bounds=(103.0, 30.5, 104.0, 31.5))
    assert part.grid.bounds[0] <= 103.0
    assert part.grid.bounds[2] >= 104.0
    column = round((part.grid.bounds[0] - whole.grid.bounds[0]) / whole.grid.transform[0])
    row = round((whole.grid.bounds[3] - part.grid.bounds[3]) / -whole.grid.transform[4])
    height, width = part.values.shape
    np.testing.assert_array_equal(part.values, whole.values[row : row + height, column : column + width])
    assert (height, width) == (pytest.approx(120, abs=1), pytest.approx(120, abs=1))


def test_the_mean_of_the_fine_model_is_the_coarse_one(sample_data):
    fine = read_dem(sample_data / "dem" / "china_dem_30s_sichuan.tif", unit="m")
    coarse = read_dem(sample_data / "dem" / "china_dem_3min.tif", unit="m", bounds=(102.5, 30, 104.5, 32))
    # the 3' model is the mean of 6 × 6 cells of the 30" model, in whole metres
    off = resample(fine, coarse.grid, "average").values - coarse.values
    assert np.abs(off).max() < 1.5


def test_a_model_without_a_unit_or_reference_needs_the_callers_word(sample_data):
    path = sample_data / "dem" / "china_dem_0p2deg.nc"
    with pytest.raises(InvalidInput, match="no unit is stated"):
        read_dem(path, crs="OGC:CRS84")
    with pytest.raises(InvalidInput, match="no coordinate reference system"):
        read_dem(path, unit="m")
    with pytest.raises(InvalidInput, match="different CRS"):
        read_dem(sample_data / "dem" / "china_dem_3min.tif", unit="m", crs="EPSG:4547")


def test_a_model_larger_than_the_limit_is_refused_before_it_is_read(sample_data):
    # 900 × 1800 cells of 24 bytes = 38.9 MB
    path = sample_data / "dem" / "gebco_world_0p2deg.tif"
    with pytest.raises(InvalidInput, match=r"expected at most 20 MB; got 39 MB for 900 × 1800"):
        read_dem(path, unit="m", max_bytes=20_000_000)
    part = read_dem(path, unit="m", bounds=(102, 30, 105, 33), max_bytes=20_000_000)
    assert 3000 < part.values.max() < 6500


def test_the_sea_floor_is_no_elevation_on_land(sample_data):
    with pytest.raises(InvalidInput, match="outside the range of elevation"):
        read_dem(sample_data / "dem" / "gebco_world_0p2deg.tif", unit="m")


def test_a_place_beyond_the_model_is_named(sample_data):
    with pytest.raises(InvalidInput, match="does not reach"):
        read_dem(sample_data / "dem" / "mandakini_srtm90_utm44n.tif", unit="m", bounds=(0, 0, 1000, 1000))


@pytest.mark.parametrize("content", [b"", b"<VRTDataset/>", b"PK\x03\x04"])
def test_what_is_no_raster_inside_is_refused_whatever_its_name(tmp_path, content):
    path = tmp_path / "dem.tif"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match="GeoTIFF, NetCDF or GRIB"):
        read_dem(path, unit="m")


@pytest.mark.parametrize("head", [b"II*\0", b"CDF\x01", b"\x89HDF"])
def test_a_file_broken_after_its_first_bytes_is_an_error_with_its_name(tmp_path, head):
    path = tmp_path / "dem.tif"
    path.write_bytes(head + b"broken")
    with pytest.raises(InvalidInput, match=r"dem\.tif"):
        read_dem(path, unit="m")
    with pytest.raises(InvalidInput, match="no such file"):
        read_dem(tmp_path / "absent.tif", unit="m")
