"""One test for each trap that the real raster files hold."""

from __future__ import annotations

from datetime import UTC, datetime

import netCDF4
import numpy as np
import pytest
import rasterio

from minegis.errors import InvalidInput
from pipelines.connectors.dem import read_dem
from pipelines.connectors.geotiff import read_geotiff, read_grib
from pipelines.connectors.grid_file import read_field, read_grid
from pipelines.connectors.rain import read_rain
from pipelines.connectors.shakemap import read_shakemap


@pytest.fixture(scope="module")
def ground(sample_data):
    return sample_data / "seismic" / "groundfailure_loma_prieta"


def test_a_south_up_grid_is_turned_so_that_each_value_keeps_its_place(ground):
    path = ground / "targets" / "godt_2008.grd"
    raster = read_grid(path, "landslide_probability", unit="1", crs="EPSG:4326")
    with netCDF4.Dataset(path) as dataset:
        x, y, z = (np.asarray(dataset[name][:]) for name in "xyz")
    assert y[0] < y[-1]
    assert raster.grid.y[0] > raster.grid.y[-1]
    np.testing.assert_allclose(raster.grid.y[::-1], y, atol=1e-9)
    np.testing.assert_allclose(raster.grid.x, x, atol=1e-9)
    np.testing.assert_allclose(raster.values[::-1], z, atol=1e-7)


def test_an_undeclared_fill_is_a_gap_and_is_reported(sample_data):
    dem = read_dem(sample_data / "dem" / "china_dem_0p2deg.nc", unit="m", crs="OGC:CRS84")
    assert dem.remarks == ("19100 cells hold the undeclared fill 9.96921e+36",)
    assert np.isnan(dem.values).sum() == 19100
    assert (np.nanmin(dem.values), np.nanmax(dem.values)) == (-160, 7393)


def test_gaps_that_are_nan_stay_gaps_where_zero_is_declared(sample_data):
    path = sample_data / "satellite" / "sentinel1_rtc_200m_utm10n.tif"
    with rasterio.open(path) as dataset:
        raw, declared = dataset.read(1), dataset.nodata
    assert declared == 0
    found = read_geotiff(path)
    assert np.isnan(raw).sum() == 4
    np.testing.assert_array_equal(np.isnan(found.values), np.isnan(raw) | (raw == 0))


def test_geotiffs_that_are_called_flt_bil_and_grd_are_read_by_their_content(ground):
    inputs = ground / "model_inputs"
    friction = read_field(inputs / "global_friction_deg.flt")
    quantile = read_field(inputs / "global_Verdin_slopes_resampled_degx100" / "slope50.bil")
    index = read_field(inputs / "global_cti_fil.grd")
    assert (friction.values.shape, quantile.values.shape, index.values.shape) == (
        (108, 168),
        (578, 723),
        (108, 168),
    )
    assert np.nanmin(friction.values) >= 0  # -9999 is declared
    assert np.nanmax(quantile.values) == 4081


def test_a_raster_without_crs_needs_the_callers_word(ground):
    path = ground / "model_inputs" / "global_grad.tif"
    with pytest.raises(InvalidInput, match="no coordinate reference system"):
        read_grid(path, "slope_gradient", unit="1")


def test_an_image_with_control_points_but_no_transform_is_refused(sample_data):
    with pytest.raises(InvalidInput, match="ground control points"):
        read_geotiff(sample_data / "satellite" / "sentinel1_grd_gcps.tif")


def test_a_truncated_shakemap_is_refused_with_both_counts(sample_data):
    with pytest.raises(InvalidInput, match=r"expected 114798 rows .*got 4 rows"):
        read_shakemap(sample_data / "seismic" / "shakemap_gorkha_2015_v35_truncated_grid.xml")


@pytest.mark.parametrize(
    ("name", "pga", "pgv"),
    [("loma_prieta_1989", 0.1809, 12.66), ("perryville_2020_m78", 0.0444, 7.16)],  # 18.09 '' and 4.44 'pctg'
)
def test_pga_in_per_cent_of_g_becomes_g_with_empty_and_with_pctg_units(sample_data, name, pga, pgv):
    shaking = read_shakemap(sample_data / "seismic" / f"shakemap_{name}_grid.xml").rasters
    assert shaking["pga"].unit == "g"
    assert shaking["pga"].values[0, 0] == pytest.approx(pga)
    assert shaking["pgv"].values[0, 0] == pytest.approx(pgv)


def test_the_cmap_climatology_adds_up_without_its_axis_of_time(sample_data):
    path = sample_data / "weather" / "cmap_precip_monthly_ltm_2p5deg.nc"
    period = {"start": datetime(2021, 7, 1, tzinfo=UTC), "end": datetime(2021, 9, 1, tzinfo=UTC)}
    rain = read_rain(path, "cmap_monthly_climatology", **period)
    with netCDF4.Dataset(path) as dataset:
        precipitation = np.asarray(dataset["precip"][:])
        row = int(np.argmin(np.abs(dataset["lat"][:] - 31.25)))
        column = int(np.argmin(np.abs(dataset["lon"][:] - (360 - 121.25))))
        asia = int(np.argmin(np.abs(dataset["lon"][:] - 103.75)))
    ours = int(np.argmin(np.abs(rain.grid.y - 31.25)))
    for x, source in ((-121.25, column), (103.75, asia)):
        # 31 days of July and 31 of August at their daily means
        expected = 31 * precipitation[6, row, source] + 31 * precipitation[7, row, source]
        assert rain.values[ours, int(np.argmin(np.abs(rain.grid.x - x)))] == pytest.approx(expected, rel=1e-5)
    assert rain.grid.bounds == (-180, -90, 180, 90)
    with pytest.raises(InvalidInput, match="period of the rain is not clear"):
        read_rain(path, "cmap_monthly_climatology")


def test_two_grib_messages_keep_their_own_grids_and_metres_become_millimetres(sample_data):
    path = sample_data / "weather" / "ecmwf_total_precipitation_two_grids.grib"
    for day, step, shape in ((18, 5.0, (37, 72)), (17, 4.0, (46, 90))):
        start = datetime(2017, 10, day, 12, tzinfo=UTC)
        end = datetime(2017, 10, day + 1, tzinfo=UTC)
        rain = read_rain(path, "ecmwf_total_precipitation", start=start, end=end)
        assert rain.values.shape == shape
        assert rain.grid.transform[0] == step
        assert -180 - step / 2 <= rain.grid.bounds[0] < rain.grid.bounds[2] <= 180 + step / 2
        assert 10 < rain.values.max() < 300  # mm in 12 h, not 0.05 m
    with pytest.raises(InvalidInput, match="2017-10-17T12:00:00Z to 2017-10-18T00:00:00Z"):
        read_rain(path, "ecmwf_total_precipitation")


def test_grib_longitudes_past_360_come_back_to_the_map(sample_data):
    path = sample_data / "weather" / "gfs_10deg_multi.grib2"
    with rasterio.Env(GRIB_ADJUST_LONGITUDE_RANGE="NO"), rasterio.open(path, driver="GRIB") as dataset:
        west, raw = dataset.transform.c, dataset.read(1)
    _, found = next(read_grib(path))
    x = found.transform[2] + found.transform[0] * (np.arange(found.values.shape[1]) + 0.5)
    # 184.875 … 534.875 are -175.125 … 174.875
    assert (x[0], x[-1]) == pytest.approx((-175.125, 174.875))
    assert west == pytest.approx(179.875)
    np.testing.assert_array_equal(
        found.values, raw
    )  # the world begins at the same meridian, one turn earlier


def test_grib_rows_from_south_to_north_put_antarctica_at_the_bottom(sample_data):
    _, found = next(read_grib(sample_data / "weather" / "cmc_global_t2m_0p15deg.grib2"))
    assert found.transform[4] < 0
    # August: the pole of the south is in its winter night, the Arctic near 0 °C
    assert np.nanmean(found.values[-40:]) < -40 < -10 < np.nanmean(found.values[:40])


def test_the_phase_of_an_interferogram_in_radians_is_no_displacement(sample_data):
    path = sample_data / "satellite/insar_mexico_city/cropA_20180106-20180130_VV_8rlks_eqa_unw.tif"
    with pytest.raises(InvalidInput, match="another kind"):
        read_grid(path, "displacement", unit="radians")
    with pytest.raises(InvalidInput, match="no unit is stated"):
        read_grid(path, "displacement")
