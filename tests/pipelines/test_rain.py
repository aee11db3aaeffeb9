"""Rain: periods, rates, climatology, GRIB messages and products."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import netCDF4
import numpy as np
import pytest
import rasterio
import rasterio.shutil
from hypothesis import given
from hypothesis import strategies as st
from rasterio.transform import Affine

from minegis.errors import InvalidInput, NotFound
from pipelines.accumulation import climatological_rain, days_by_month, total_rain
from pipelines.connectors.rain import rain_products, read_rain


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


DAY = {"start": utc(2020, 8, 17), "end": utc(2020, 8, 18)}
TIMES = st.datetimes(datetime(1999, 1, 1), datetime(2031, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)


@given(TIMES, st.timedeltas(timedelta(minutes=1), timedelta(days=900)))
def test_the_months_of_a_period_add_up_to_its_length(start, length):
    assert days_by_month(start, start + length).sum() == pytest.approx(length / timedelta(days=1))


def test_a_leap_year_gives_february_29_days():
    np.testing.assert_array_equal(
        days_by_month(utc(2020, 1, 1), utc(2021, 1, 1)), [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    )


def test_a_period_over_two_months_takes_days_from_each():
    rates = np.arange(12.0).reshape(12, 1, 1)
    # 12 h of 31 January at 0 mm/d and 1.5 days of February at 1 mm/d
    rain = climatological_rain(rates, utc(2021, 1, 31, 12), utc(2021, 2, 2, 12))
    assert rain[0, 0] == pytest.approx(1.5)


@pytest.fixture
def write_netcdf(tmp_path):
    def made(values, units, *, bounds=None, order=("time", "lat", "lon")):
        path = tmp_path / "rain.nc"
        with netCDF4.Dataset(path, "w") as dataset:
            sizes = {"time": values.shape[0], "lat": 2, "lon": 3, "nv": 2}
            for name, size in sizes.items():
                dataset.createDimension(name, size)
            for name, axis in (("lat", [31.0, 30.0]), ("lon", [103.0, 104.0, 105.0])):
                variable = dataset.createVariable(name, "f8", (name,))
                variable.units = f"degrees_{'north' if name == 'lat' else 'east'}"
                variable[:] = axis
            time = dataset.createVariable("time", "f8", ("time",))
            time.units = "hours since 2020-08-17 00:00:00"
            time[:] = range(sizes["time"])
            if bounds is not None:
                time.bounds = "time_bounds"
                dataset.createVariable("time_bounds", "f8", ("time", "nv"))[:] = bounds
            rain = dataset.createVariable("tp", "f4", order)
            rain.units = units
            rain[:] = values.transpose([("time", "lat", "lon").index(name) for name in order])
        return path

    return made


def test_steps_with_bounds_are_added_up_to_the_period_that_is_asked_for(write_netcdf):
    values = np.arange(24).reshape(4, 2, 3) / 1000
    path = write_netcdf(values, "m", bounds=[(0, 6), (6, 12), (12, 18), (18, 24)])
    rain = read_rain(path, start=utc(2020, 8, 17, 6), end=utc(2020, 8, 17, 18))
    # steps 1 and 2: 6 + 12 mm in the north-west corner, 1 m = 1000 mm
    assert rain.values[0, 0] == pytest.approx(18)
    assert (rain.valid_from, rain.valid_to) == (utc(2020, 8, 17, 6), utc(2020, 8, 17, 18))
    with pytest.raises(InvalidInput, match="does not cover"):
        read_rain(path, start=utc(2020, 8, 17, 6), end=utc(2020, 8, 18, 6))
    with pytest.raises(InvalidInput, match="not clear"):
        read_rain(path)


def test_a_rate_becomes_an_amount_by_the_length_of_its_period(write_netcdf):
    path = write_netcdf(np.full((1, 2, 3), 2.0), "mm/h", bounds=[(0, 6)])
    assert read_rain(path).values[0, 0] == pytest.approx(12)  # 2 mm/h for 6 h


def test_longitude_before_latitude_is_turned(write_netcdf):
    values = np.arange(6.0).reshape(1, 2, 3)
    rain = read_rain(write_netcdf(values, "mm", order=("time", "lon", "lat")), **DAY)
    np.testing.assert_array_equal(rain.values, values[0])


def test_steps_without_bounds_are_not_guessed(write_netcdf):
    with pytest.raises(InvalidInput, match="period of the rain is not clear"):
        read_rain(write_netcdf(np.ones((1, 2, 3)), "mm"))
    with pytest.raises(InvalidInput, match="several layers"):
        read_rain(write_netcdf(np.ones((2, 2, 3)), "mm"), **DAY)


@pytest.mark.parametrize("units", ["", "inches per fortnight"])
def test_rain_without_a_known_unit_is_refused(write_netcdf, units):
    with pytest.raises(InvalidInput, match="unit"):
        read_rain(write_netcdf(np.ones((1, 2, 3)), units), **DAY)


@pytest.fixture
def imerg(tmp_path):
    """Tenths of a millimetre in uint16, gaps 9999 and 29999 that the file does not declare."""
    path = tmp_path / "3B-HHR-E.tif"
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "width": 3, "height": 2, "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=Affine(0.1, 0, 103, 0, -0.1, 31), **profile) as dataset:
        dataset.write(np.array([[0, 15, 9999], [123, 29999, 4000]], dtype=np.uint16), 1)
    return path


def test_imerg_is_tenths_of_a_millimetre_with_the_gaps_of_its_profile(imerg):
    rain = read_rain(imerg, "imerg_accumulation_geotiff", **DAY)
    np.testing.assert_allclose(rain.values, [[0, 1.5, np.nan], [12.3, np.nan, 400]], rtol=1e-6)
    with pytest.raises(InvalidInput, match="no unit is stated"):
        read_rain(imerg, **DAY)
    with pytest.raises(InvalidInput, match="period of the rain is not clear"):
        read_rain(imerg, "imerg_accumulation_geotiff")
    with pytest.raises(NotFound, match=next(iter(rain_products()))):
        read_rain(imerg, "imerg", **DAY)


def test_half_a_period_a_backward_one_and_a_time_without_offset_are_refused(imerg):
    for period in (
        {"start": utc(2020, 8, 17)},
        {"start": utc(2020, 8, 18), "end": utc(2020, 8, 17)},
        {"start": datetime(2020, 8, 17), "end": datetime(2020, 8, 18)},
    ):
        with pytest.raises(InvalidInput, match="period"):
            read_rain(imerg, "imerg_accumulation_geotiff", **period)


def test_accumulations_that_overlap_or_leave_a_gap_are_not_added(imerg):
    first = read_rain(imerg, "imerg_accumulation_geotiff", **DAY)
    for hours in (23, 25):
        start = DAY["start"] + timedelta(hours=hours)
        later = read_rain(imerg, "imerg_accumulation_geotiff", start=start, end=start + timedelta(days=1))
        with pytest.raises(InvalidInput, match="do not join"):
            total_rain([first, later])


def test_a_grib_1_interval_is_read_from_its_octets(sample_data, tmp_path):
    data = (sample_data / "weather" / "ecmwf_total_precipitation_two_grids.grib").read_bytes()
    message = bytearray(data[:2772])
    # section 1 begins at octet 9: P1, P2 and indicator are its octets 19, 20, 21; 4 is accumulation
    message[8 + 18 : 8 + 21] = bytes([6, 12, 4])
    path = tmp_path / "tp.grib"
    path.write_bytes(message)
    rain = read_rain(path, "ecmwf_total_precipitation")
    assert (rain.valid_from, rain.valid_to) == (utc(2017, 10, 18, 18), utc(2017, 10, 19))


def test_a_grib_2_interval_is_read_from_its_template(tmp_path):
    profile = {"driver": "GTiff", "dtype": "float64", "count": 1, "width": 4, "height": 3, "crs": "EPSG:4326"}
    with rasterio.open(tmp_path / "a.tif", "w", transform=Affine(1, 0, 100, 0, -1, 33), **profile) as dataset:
        dataset.write(np.arange(12.0).reshape(3, 4), 1)
    # template 4.8: category 1 parameter 8 (total precipitation), hours, forecast time 6, ground; end of the
    # interval 2020-08-17 12:00:00, one range, accumulation (1), increment 2, hours (1), 6
    template = "1 8 2 0 96 0 0 1 6 1 0 0 255 0 0 2020 8 17 12 0 0 1 0 1 2 1 6 255 0"
    rasterio.shutil.copy(
        tmp_path / "a.tif",
        tmp_path / "apcp.grib2",
        driver="GRIB",
        DISCIPLINE="0",
        IDS="CENTER=7 SUBCENTER=0 MASTER_TABLE=2 LOCAL_TABLE=1 SIGNF_REF_TIME=1 "
        "REF_TIME=2020-08-17T00:00:00Z PROD_STATUS=0 TYPE=1",
        PDS_PDTN="8",
        PDS_TEMPLATE_ASSEMBLED_VALUES=template,
        INPUT_UNIT="kg/(m^2)",
    )
    rain = read_rain(tmp_path / "apcp.grib2", "gfs_total_precipitation")
    assert (rain.valid_from, rain.valid_to) == (utc(2020, 8, 17, 6), utc(2020, 8, 17, 12))
    np.testing.assert_allclose(rain.values, np.arange(12.0).reshape(3, 4), atol=0.01)


def test_a_grib_without_rain_or_cut_short_is_refused(sample_data, tmp_path):
    folder = sample_data / "weather"
    with pytest.raises(InvalidInput, match="no rain in the file"):
        read_rain(folder / "gfs_mslp_1deg.grib2", "gfs_total_precipitation")
    with pytest.raises(InvalidInput, match="which GRIB element"):
        read_rain(folder / "gfs_mslp_1deg.grib2", **DAY)
    path = tmp_path / "short.grib"
    path.write_bytes((folder / "ecmwf_total_precipitation_two_grids.grib").read_bytes()[:2000])
    with pytest.raises(InvalidInput, match="does not end"):
        read_rain(path, "ecmwf_total_precipitation", **DAY)
