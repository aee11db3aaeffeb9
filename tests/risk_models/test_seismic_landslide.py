"""Earthquake landslides: the equation, the grid that USGS publishes for Loma Prieta 1989, Wenchuan 2008."""

import csv
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import rasterio
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree
from scipy.interpolate import RegularGridInterpolator
from scipy.stats import rankdata

from risk_models.seismic.attenuation import distance_and_azimuth, shaking
from risk_models.seismic.landslide import (
    areal_coverage,
    land_cover_coefficient,
    landslide_classes,
    lithology_coefficient,
    nowicki_jessee_probability,
    screened_coverage,
)
from risk_models.seismic.landslide_raster import landslide_coverage

slopes = st.floats(0, 90)
motions = st.floats(0, 500)


def test_the_published_value_is_reproduced():
    # gem/oq-engine openquake/sep tests: PGV 10, slope 1.932111859, su -3.22, land cover 110, CTI 14.715947
    p = nowicki_jessee_probability(10, 1.932111859, 14.715947, -3.22, 0.68)
    assert p == pytest.approx(0.011672, rel=1e-4)
    assert 100 * areal_coverage(p) == pytest.approx(0.053605, rel=1e-4)


def test_a_gradient_in_the_place_of_degrees_gives_another_answer():
    # the same number read as a gradient is 62.6 degrees: P rises to 0.51
    gradient_in_degrees = np.degrees(np.arctan(1.932111859))
    assert nowicki_jessee_probability(10, gradient_in_degrees, 14.715947, -3.22, 0.68) > 0.4


def test_the_probability_is_the_hand_computed_one():
    # x = -6.30 + 1.65*3 + 0.06*30 - 1.36 + 0.68 + 0.03*10 + 0.01*3*30 = 0.97 with ln PGV = 3; 1/(1+e^-0.97)
    p = nowicki_jessee_probability(
        np.exp(3.0), 30, 10, lithology_coefficient("sm"), land_cover_coefficient(110)
    )
    assert p == pytest.approx(0.725119, rel=1e-5)


@pytest.mark.parametrize(("precision", "tolerance"), [(np.float32, 1e-7), (np.float64, 1e-13)])
def test_the_one_pass_over_rasters_gives_what_the_three_functions_give(precision: type, tolerance: float):
    # 2^-24 = 6e-8 is the rounding of a number to single precision.
    rng = np.random.default_rng(7)

    def field(low: float, high: float) -> np.ndarray:
        values = rng.uniform(low, high, (60, 80)).astype(precision)
        values[rng.random(values.shape) < 0.02] = np.nan
        return values

    pgv, slope, cti, rock, pga = field(0, 300), field(0, 70), field(-2, 25), field(-3.3, -0.1), field(0, 0.2)
    pgv[0, :5], slope[1, :5], pga[2, :5] = 0.0, 2.0, 0.02
    probability = nowicki_jessee_probability(pgv, slope, cti, rock, 0.68)
    expected = screened_coverage(areal_coverage(probability), slope, pga)
    found = landslide_coverage(pgv, slope, cti, rock, 0.68, pga)
    assert found.dtype == precision
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=0)
    np.testing.assert_array_equal(found == 0, expected == 0)


def test_the_coefficients_are_declared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = landslide_classes()
    # equations 3 and 4 of Nowicki Jessee et al. (2018)
    assert tuple(declared.logit.model_dump().values()) == (-6.30, 1.65, 0.01, 0.06, 0.03)
    assert tuple(declared.coverage.model_dump().values()) == (-7.592, 5.237, -3.042, 4.035)
    changed = declared.model_copy(
        update={
            "logit": declared.logit.model_copy(update={"constant": -5.0, "wetness": 0.1}),
            "coverage": declared.coverage.model_copy(update={"linear": 6.0}),
        }
    )
    before = landslide_coverage(40.0, 30.0, 8.0, -1.36, 0.68, 0.3)
    for module in ("landslide", "landslide_raster"):
        monkeypatch.setattr(f"risk_models.seismic.{module}.landslide_classes", lambda: changed)
    expected = areal_coverage(nowicki_jessee_probability(40.0, 30.0, 8.0, -1.36, 0.68))
    found = landslide_coverage(40.0, 30.0, 8.0, -1.36, 0.68, 0.3)
    assert found != pytest.approx(before, rel=0.1)
    assert found == pytest.approx(expected, rel=1e-12)


def test_no_motion_is_no_landslide_even_on_flat_ground():
    np.testing.assert_array_equal(nowicki_jessee_probability(0, [0, 30], 10, -1.36, 0.68), [0, 0])


def test_motion_and_wetness_saturate():
    at_limit = nowicki_jessee_probability(211, 30, 19, -1.36, 0.68)
    assert nowicki_jessee_probability(400, 30, 25, -1.36, 0.68) == at_limit


@given(weak=motions, strong=motions, slope=slopes, cti=st.floats(0, 30))
def test_stronger_motion_never_lowers_the_probability(weak: float, strong: float, slope: float, cti: float):
    assume(strong >= weak)
    low, high = nowicki_jessee_probability([weak, strong], slope, cti, -0.66, -1.08)
    assert 0 <= low <= high <= 1


@given(gentle=slopes, steep=slopes, pgv=st.floats(1, 500))
def test_steeper_ground_never_lowers_the_probability(gentle: float, steep: float, pgv: float):
    assume(steep >= gentle)
    low, high = nowicki_jessee_probability(pgv, [gentle, steep], 10, -0.66, -1.08)
    assert low <= high


@pytest.mark.parametrize("position", range(5))
def test_an_unknown_input_gives_no_probability(position: int):
    values = [0.0, 30.0, 10.0, -1.36, 0.68]
    values[position] = np.nan
    assert np.isnan(nowicki_jessee_probability(*values))


@given(st.floats(0, 1), st.floats(0, 1))
def test_coverage_grows_with_the_probability_up_to_a_quarter(one: float, other: float):
    low, high = areal_coverage(sorted([one, other]))
    # e^-7.592 = 0.000504 ; e^(-7.592 + 5.237 - 3.042 + 4.035) = e^-1.362 = 0.2561
    assert 0.000503 < low <= high < 0.2562


def test_flat_ground_and_weak_shaking_are_screened_out():
    coverage = screened_coverage(0.1, [1.99, 2.0, 30.0, 30.0], [0.3, 0.3, 0.0199, 0.02])
    assert coverage.tolist() == [0, 0.1, 0, 0.1]


def test_screening_does_not_turn_the_unknown_into_zero():
    unknown = screened_coverage([np.nan, 0.1, 0.1], [1.0, np.nan, 1.0], [0.01, 0.01, np.nan])
    assert np.isnan(unknown).all()


def test_classes_are_looked_up_on_arrays_of_any_shape():
    # Nowicki Jessee et al. (2018), table 3
    np.testing.assert_array_equal(
        lithology_coefficient([["mt", "vb"], ["sc", "pa"]]), [[-1.87, -1.50], [-0.95, -0.78]]
    )
    np.testing.assert_array_equal(land_cover_coefficient([14, 160, 230]), [0.91, 2.34, -1.08])


def test_unconsolidated_ground_has_the_operational_coefficient_and_says_so():
    assert lithology_coefficient("su") == -1.36
    note = landslide_classes().lithology["su"].note
    assert note is not None
    assert "-3.22" in note.en
    assert "-3.22" in note.zh


def test_a_class_without_coefficient_is_not_guessed():
    assert np.isnan(lithology_coefficient(["wb", "ig", ""])).all()
    assert np.isnan(land_cover_coefficient([210, 11])).all()


def test_the_classes_for_places_without_a_map_exist():
    tables = landslide_classes()
    assert np.isfinite(lithology_coefficient(tables.unmapped_lithology))
    assert np.isfinite(land_cover_coefficient(tables.unmapped_land_cover))


def shakemap(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Longitudes, latitudes and the columns of a grid.xml, sorted south to north."""
    root = etree.parse(str(path)).getroot()
    rows = np.array(root.find("{*}grid_data").text.split(), dtype=np.float64)
    fields = len(root.findall("{*}grid_field"))
    values = rows.reshape(-1, fields)
    lon, lat = np.unique(values[:, 0]), np.unique(values[:, 1])
    return lon, lat, values.reshape(lat.size, lon.size, fields)[::-1]


def at_points(path: Path, method: str) -> Callable[[np.ndarray], np.ndarray]:
    with rasterio.open(path) as raster:
        values = raster.read(1).astype(np.float64)
        columns = raster.transform.c + (np.arange(raster.width) + 0.5) * raster.transform.a
        rows = raster.transform.f + (np.arange(raster.height) + 0.5) * raster.transform.e
    return RegularGridInterpolator((rows[::-1], columns), values[::-1], method, bounds_error=False)


@pytest.fixture(scope="module")
def loma_prieta(sample_data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The published coverage, ours on the same inputs, and where slope and shaking are not screened out."""
    folder = sample_data / "seismic" / "groundfailure_loma_prieta"
    inputs = folder / "model_inputs"
    with netCDF4.Dataset(folder / "targets" / "jessee_2018.grd") as target:
        lon, lat = target["x"][:].data, target["y"][:].data
        published = np.ma.filled(target["z"][:].astype(np.float64), np.nan)
    grid_lon, grid_lat, columns = shakemap(sample_data / "seismic" / "shakemap_loma_prieta_1989_grid.xml")
    points = np.stack(np.meshgrid(lat, lon, indexing="ij"), axis=-1)
    shaken = RegularGridInterpolator((grid_lat, grid_lon), columns[:, :, 2:4], bounds_error=False)(points)
    pga, pgv = shaken[..., 0] / 100, shaken[..., 1]  # the grid has %g and cm/s
    slope = np.degrees(np.arctan(at_points(inputs / "global_grad.tif", "linear")(points)))
    probability = nowicki_jessee_probability(
        pgv,
        slope,
        at_points(inputs / "global_cti_fil.grd", "linear")(points),
        at_points(inputs / "GLIM_replace.tif", "nearest")(points),
        at_points(inputs / "globcover_replace.tif", "nearest")(points),
    )
    ours = screened_coverage(areal_coverage(probability), slope, pga)
    return published, ours, (slope > 2) & (pga > 0.02)


def test_the_coverage_of_usgs_is_reproduced(loma_prieta):
    published, ours, unscreened = loma_prieta
    both = np.isfinite(published) & np.isfinite(ours) & unscreened
    assert both.sum() > 50_000
    # What is left is resampling: their grids are cut and interpolated in another order.
    assert np.median(ours[both] / published[both]) == pytest.approx(1.0, abs=0.01)
    assert np.corrcoef(ours[both], published[both])[0, 1] > 0.97
    assert ours[both].max() == pytest.approx(published[both].max(), rel=0.01)


def test_slope_units_that_slid_at_wenchuan_rank_above_those_that_did_not(sample_data: Path):
    with (sample_data / "landslide" / "wenchuan_2008_slope_units.csv").open() as file:
        units = list(csv.DictReader(file))
    slid, lon, lat, slope, cti = (
        np.array([float(unit[name]) for unit in units])
        for name in ("presence", "POINT_X", "POINT_Y", "slope_avg", "TWI_avg")
    )
    away, _ = distance_and_azimuth(103.32, 31.0, lon, lat)  # USGS epicentre of 12 May 2008, Ms 8.0
    pgv = shaking(8.0, away, "eastern_strong").pgv
    ranks = rankdata(nowicki_jessee_probability(pgv, slope, cti, -0.66, -1.08))  # no map of rock and cover
    hits = slid == 1
    # the area under the ROC curve, as the rank statistic of Mann and Whitney
    area = (ranks[hits].sum() - hits.sum() * (hits.sum() + 1) / 2) / (hits.sum() * (~hits).sum())
    assert 0.70 < area < 0.80
