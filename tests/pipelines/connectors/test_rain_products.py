"""Rain as IMERG, ERA5, ERA5-Land, CMA and the forecasts lay it out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import netCDF4
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio.transform import Affine

from minegis.errors import InvalidInput
from pipelines.accumulation import consecutive_rain
from pipelines.connectors.rain import read_rain
from pipelines.connectors.rain_forecast import read_rain_forecast


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


LON, LAT = [103.05, 103.15, 103.25], [30.05, 30.15]


@pytest.fixture
def imerg(tmp_path):
    """A half hour as GPM writes it: groups, (time, lon, lat), south first, mm/hr, gap -9999.9."""

    def made(name="precipitation", bounds=True):
        path = tmp_path / "3B-HHR.HDF5"
        with netCDF4.Dataset(path, "w") as root:
            root.FileHeader = (
                "DOI=10.5067/GPM/IMERG/3B-HH/07;\nStartGranuleDateTime=2026-07-20T03:30:00.000Z;\n"
                "StopGranuleDateTime=2026-07-20T03:59:59.999Z;\n"
            )
            grid = root.createGroup("Grid")
            for dimension, size in (("time", 1), ("lon", 3), ("lat", 2), ("nv", 2)):
                grid.createDimension(dimension, size)
            for axis, values in (("lon", LON), ("lat", LAT)):
                grid.createVariable(axis, "f4", (axis,))[:] = values
                grid[axis].units = f"degrees_{'east' if axis == 'lon' else 'north'}"
            time = grid.createVariable("time", "i4", ("time",))
            time.units, time.calendar = "seconds since 1970-01-01 00:00:00 UTC", "julian"
            begin = int(utc(2026, 7, 20, 3, 30).timestamp())
            time[:] = begin
            if bounds:
                time.bounds = "time_bnds"
                grid.createVariable("time_bnds", "i4", ("time", "nv"))[:] = [[begin, begin + 1800]]
            rain = grid.createVariable(name, "f4", ("time", "lon", "lat"), fill_value=-9999.9)
            rain.units = "mm/hr"
            rain[:] = np.array([[[2.0, 4.0], [6.0, 8.0], [10.0, -9999.9]]])
        return path

    return made


@pytest.mark.parametrize("name", ["precipitation", "precipitationCal"])
@pytest.mark.parametrize("bounds", [True, False])
def test_half_an_hour_of_imerg_is_turned_north_up_and_half_its_rate(imerg, name, bounds):
    rain = read_rain(imerg(name, bounds), "imerg_half_hourly")
    assert (rain.valid_from, rain.valid_to) == (utc(2026, 7, 20, 3, 30), utc(2026, 7, 20, 4))
    # rates 4 8 gap in the northern row, 2 6 10 in the southern one; half an hour of each
    np.testing.assert_allclose(rain.values, [[2, 4, np.nan], [1, 3, 5]], rtol=1e-6)


@pytest.fixture
def era5(tmp_path):
    """Steps in metres on 0..360 longitudes, north first, at hours since 20 July 2026."""

    def made(hours, millimetres, name="tp", units="m", missing=None, time_name="valid_time"):
        path = tmp_path / "era5.nc"
        with netCDF4.Dataset(path, "w") as root:
            for dimension, size in ((time_name, len(hours)), ("latitude", 2), ("longitude", 3)):
                root.createDimension(dimension, size)
            time = root.createVariable(time_name, "f8", (time_name,))
            time.units = "hours since 2026-07-20 00:00:00"
            time[:] = hours
            for axis, values in (("latitude", [30.5, 30.25]), ("longitude", [359.75, 360.0, 360.25])):
                root.createVariable(axis, "f4", (axis,))[:] = values
                root[axis].units = f"degrees_{'east' if axis == 'longitude' else 'north'}"
            rain = root.createVariable(name, "f8", (time_name, "latitude", "longitude"))
            rain.units = units
            scale = 1000 if units == "m" else 1
            rain[:] = np.array(millimetres, float)[:, None, None] * np.ones((1, 2, 3)) / scale
            if missing is not None:
                rain[:, 0, 0] = missing
        return path

    return made


def test_era5_is_the_hour_before_each_time_in_millimetres(era5):
    path = era5([1, 2, 3], [1.0, 2.0, 4.0])
    rain = read_rain(path, "era5_total_precipitation", start=utc(2026, 7, 20, 1), end=utc(2026, 7, 20, 3))
    np.testing.assert_allclose(rain.values, 6.0, rtol=1e-6)  # 2 + 4 mm
    assert rain.grid.transform[2] == pytest.approx(-0.375)  # west edge of 359.75 - 0.125, from -180 to 180


def test_era5_land_is_taken_apart_over_the_change_of_day(era5):
    # since 00 UTC: 20, 22 mm at 20 and 22 h, 23 mm at 24 h (the whole of the 20th), 3 and 7 mm at 2 and 8 h
    path = era5([20, 22, 24, 26, 32], [20.0, 22.0, 23.0, 3.0, 7.0])

    def between(start, end):
        return read_rain(path, "era5_land_total_precipitation", start=start, end=end).values[0, 0]

    assert between(utc(2026, 7, 20, 20), utc(2026, 7, 21, 8)) == pytest.approx(10.0)  # 23 - 20 + 7
    assert between(utc(2026, 7, 20), utc(2026, 7, 21)) == pytest.approx(23.0)
    assert between(utc(2026, 7, 21, 2), utc(2026, 7, 21, 8)) == pytest.approx(4.0)  # 7 - 3
    with pytest.raises(InvalidInput, match="does not cover"):
        between(utc(2026, 7, 20, 21), utc(2026, 7, 21, 8))


def test_an_accumulation_that_falls_by_more_than_packing_is_refused(era5):
    asked = {"start": utc(2026, 7, 20, 20), "end": utc(2026, 7, 20, 22)}
    path = era5([20, 22], [20.0, 19.98])
    assert read_rain(path, "era5_land_total_precipitation", **asked).values[0, 0] == 0.0
    with pytest.raises(InvalidInput, match="an accumulation that falls"):
        read_rain(era5([20, 22], [20.0, 19.0]), "era5_land_total_precipitation", **asked)


@pytest.mark.parametrize(
    ("product", "end"),
    [("cma_daily_rain_20_20", utc(2026, 7, 20, 12)), ("cma_daily_rain_08_08", utc(2026, 7, 20))],
)
def test_a_day_of_the_weather_service_ends_at_a_clock_time_of_beijing(era5, product, end):
    # 20:00 Beijing time is 12 UTC, 08:00 is 00 UTC
    path = era5([0], [12.5], name="rain", units="mm", missing=999990, time_name="time")
    rain = read_rain(path, product)
    assert (rain.valid_from, rain.valid_to) == (end - timedelta(days=1), end)
    assert np.isnan(rain.values[0, 0])
    assert rain.values[1, 1] == 12.5


def test_a_clock_of_beijing_that_does_not_say_so_is_set_back(era5):
    path = era5([9], [1.0], name="rain", units="mm", missing=999999, time_name="time")
    rain = read_rain(path, "cma_hourly_rain_beijing")
    assert (rain.valid_from, rain.valid_to) == (utc(2026, 7, 20), utc(2026, 7, 20, 1))
    rain = read_rain(path, "cma_hourly_rain_utc")
    assert rain.valid_to == utc(2026, 7, 20, 9)


def test_accumulations_of_other_starts_are_left_as_they_are(era5):
    path = era5([1, 2], [1.0, 2.0])
    hour = {"start": utc(2026, 7, 20), "end": utc(2026, 7, 20, 1)}
    first = read_rain(path, "era5_total_precipitation", **hour)
    assert consecutive_rain([first]) == [first]


@pytest.fixture
def ensemble(tmp_path):
    """A GRIB 2 file per member and step: template 4.11, accumulated since the reference time."""

    def made(member, hours, millimetres, begin=0, gap=None):
        values = millimetres + np.arange(12.0).reshape(3, 4)
        if gap is not None:
            values[2, 3] = gap
        tiff = tmp_path / "a.tif"
        profile = {
            "driver": "GTiff",
            "dtype": "float64",
            "count": 1,
            "width": 4,
            "height": 3,
            "crs": "EPSG:4326",
        }
        with rasterio.open(tiff, "w", transform=Affine(1, 0, 100, 0, -1, 33), **profile) as dataset:
            dataset.write(values, 1)
        path = tmp_path / f"{member}-{begin}-{hours}.grib2"
        # 4.0 values, then type of member 3, its number, members; end of the interval; one range, sum, h
        rasterio.shutil.copy(
            tiff,
            path,
            driver="GRIB",
            DISCIPLINE="0",
            IDS="CENTER=98 SUBCENTER=0 MASTER_TABLE=2 LOCAL_TABLE=1 SIGNF_REF_TIME=1 "
            "REF_TIME=2026-07-20T00:00:00Z PROD_STATUS=0 TYPE=4",
            PDS_PDTN="11",
            PDS_TEMPLATE_ASSEMBLED_VALUES=f"1 8 4 0 96 0 0 1 {begin} 1 0 0 255 0 0 3 {member} 50 "
            f"2026 7 20 {hours} 0 0 1 0 1 2 1 {hours - begin} 255 0",
            INPUT_UNIT="kg/(m^2)",
            DATA_ENCODING="IEEE_FLOATING_POINT",
        )
        return path

    return made


def test_members_and_steps_become_hours_at_places(ensemble):
    paths = [ensemble(7, 3, 3.0), ensemble(7, 6, 15.0), ensemble(2, 6, 6.0), ensemble(2, 3, 0.0)]
    found = read_rain_forecast(paths, "gfs_total_precipitation")
    assert (found.members, found.starts_at) == ((2, 7), utc(2026, 7, 20))
    assert found.intensity.shape == (2, 6, 3, 4)
    rain = found.at([100.5, 101.5, 200.0], [32.5, 31.5, 31.5])
    # north-west cell of member 7: 3 mm in 3 h, then 15 - 3; of member 2: 0, then 6
    np.testing.assert_allclose(rain[1, :, 0], [1, 1, 1, 4, 4, 4], rtol=1e-5)
    np.testing.assert_allclose(rain[0, :, 0], [0, 0, 0, 2, 2, 2], atol=1e-6)
    # one row down and one column right: 5 mm more at both ends: 5/3 mm/h more at first
    np.testing.assert_allclose(rain[1, :, 1], [8 / 3] * 3 + [4] * 3, rtol=1e-5)
    assert np.isnan(rain[:, :, 2]).all()


def test_a_member_without_its_last_step_is_named(ensemble):
    paths = [ensemble(7, 3, 3.0), ensemble(7, 6, 15.0), ensemble(2, 3, 0.0)]
    with pytest.raises(InvalidInput, match=r"member 2.*another period"):
        read_rain_forecast(paths, "gfs_total_precipitation")


@pytest.mark.parametrize("gap", [999_999.0, 999_990.0])
def test_a_gap_of_the_weather_service_in_grib_is_no_rain_of_a_kilometre(ensemble, gap):
    rain = read_rain(ensemble(0, 3, 5.0, gap=gap), "cma_grid_precipitation")
    assert np.isnan(rain.values[2, 3])
    assert rain.values[2, 2] == pytest.approx(15.0)  # 5 + 10
    assert (rain.valid_from, rain.valid_to) == (utc(2026, 7, 20), utc(2026, 7, 20, 3))


def test_sums_since_the_start_and_sums_of_a_step_side_by_side_count_once(ensemble):
    since, steps = [ensemble(0, 3, 3.0), ensemble(0, 6, 15.0)], [ensemble(0, 6, 12.0, begin=3)]
    both = read_rain_forecast([since[0], since[0], *since, *steps], "gfs_total_precipitation")
    np.testing.assert_allclose(both.intensity[0, :, 0, 0], [1, 1, 1, 4, 4, 4], rtol=1e-5)
    # without the sum until 6 h the step tells the second half: 12 mm in 3 h
    apart = read_rain_forecast([since[0], *steps], "gfs_total_precipitation")
    np.testing.assert_allclose(apart.intensity[0, :, 0, 0], [1, 1, 1, 4, 4, 4], rtol=1e-5)


def test_a_real_forecast_since_its_start_is_read(sample_data, tmp_path):
    content = (sample_data / "weather" / "ecmwf_total_precipitation_two_grids.grib").read_bytes()
    path = tmp_path / "tp.grib"
    path.write_bytes(content[:2772])  # the first message; the second is on another grid
    found = read_rain_forecast([path], "ecmwf_total_precipitation")
    assert found.members == (0,)
    with rasterio.open(path) as dataset:
        metres = dataset.read(1)
    hours = found.intensity.shape[1]
    # total over the hours is the file's own, in mm; packing noise below zero counts as none
    assert found.intensity[0].sum(axis=0).max() == pytest.approx(metres.max() * 1000, rel=1e-4)
    assert hours >= 1
    with pytest.raises(InvalidInput, match="no rain"):
        read_rain_forecast([sample_data / "weather" / "gfs_mslp_1deg.grib2"], "gfs_total_precipitation")
