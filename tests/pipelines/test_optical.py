"""Reflectance, indices and masks by hand arithmetic, and on a real scene of the Delmarva coast."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from pipelines.steps.clouds import (
    seen_by_qa60,
    seen_by_qa_pixel,
    seen_by_scene_classification,
    seen_by_thresholds,
)
from pipelines.steps.optical import (
    bare_soil_index,
    mndwi,
    ndvi,
    ndwi,
    otsu_threshold,
    reflectance,
    sentinel2_product,
)

light = st.floats(0, 1.5) | st.just(np.nan)


def test_the_baseline_of_2022_takes_a_thousand_off():
    # (3000 - 1000) / 10000 = 0.2 since baseline 04.00, 3000 / 10000 = 0.3 before
    assert reflectance([3000], sentinel2_product("05.11")) == pytest.approx(0.2)
    assert reflectance([3000], sentinel2_product("N0400")) == pytest.approx(0.2)
    assert reflectance([3000], sentinel2_product("03.01")) == pytest.approx(0.3)
    # Landsat: 18182 × 0.0000275 - 0.2 = 0.300005
    assert reflectance([18182], "landsat_collection2_level2") == pytest.approx(0.300005)


def test_gaps_and_saturated_numbers_are_not_dark_and_not_bright():
    assert np.isnan(reflectance([0, 65535, 1200], "sentinel2_from_04")).tolist() == [True, True, False]


def test_numbers_of_another_product_are_refused():
    with pytest.raises(InvalidInput, match="no reflectance after scaling"):
        reflectance(np.full(10, 3000.0), "reflectance")
    with pytest.raises(InvalidInput, match="no such optical product"):
        reflectance([1], "modis")
    with pytest.raises(InvalidInput, match="processing baseline"):
        sentinel2_product("latest")


@given(a=light, b=light, c=light, d=light)
@settings(deadline=None, derandomize=True)
def test_indices_lie_between_minus_one_and_one_and_keep_gaps(a, b, c, d):
    for value, bands in (
        (ndvi(a, b), (a, b)),
        (ndwi(a, b), (a, b)),
        (mndwi(a, b), (a, b)),
        (bare_soil_index(a, b, c, d), (a, b, c, d)),
    ):
        if np.isnan(bands).any():
            assert np.isnan(value)
        elif sum(bands) > 0:
            assert -1 <= value <= 1


@given(a=st.floats(0, 1), b=st.floats(0.01, 1), factor=st.floats(0.1, 10))
@settings(deadline=None, derandomize=True)
def test_an_index_is_the_same_under_brighter_light(a, b, factor):
    assert ndwi(a * factor, b * factor) == pytest.approx(ndwi(a, b), abs=1e-9)
    assert ndwi(a, b) == pytest.approx(-ndvi(a, b))  # the same form with the bands exchanged


def test_bare_soil_by_hand():
    # ((0.3 + 0.2) - (0.25 + 0.1)) / (0.3 + 0.2 + 0.25 + 0.1) = 0.15 / 0.85
    assert bare_soil_index(0.1, 0.2, 0.25, 0.3) == pytest.approx(0.15 / 0.85)


def test_otsu_cuts_an_empty_valley_in_its_middle():
    found = otsu_threshold([0.0] * 30 + [1.0] * 10 + [np.nan])
    assert found.value == pytest.approx(0.5, abs=0.01)
    assert (found.separability, found.share_above) == (pytest.approx(1.0), 0.25)


def test_otsu_says_that_one_bulk_does_not_part():
    bulk = np.random.default_rng(1).normal(0, 1, 200_000)
    found = otsu_threshold(bulk)
    # halves of a normal bulk: their means are ±√(2/π), so 2/π of the variance lies between them
    assert found.separability == pytest.approx(2 / np.pi, abs=0.01)
    with pytest.raises(InvalidInput, match="nothing to part"):
        otsu_threshold([1.0, 1.0])


def test_scene_classes_are_those_of_the_specification():
    seen = seen_by_scene_classification(np.arange(12))
    assert np.flatnonzero(seen.cloud).tolist() == [8, 9, 10]
    assert np.flatnonzero(seen.shadow).tolist() == [3]
    assert np.flatnonzero(seen.snow).tolist() == [11]
    assert np.flatnonzero(seen.clear).tolist() == [2, 4, 5, 6, 7]
    assert seen.hidden_share(np.ones(12, dtype=bool)) == pytest.approx(7 / 12)
    with pytest.raises(InvalidInput, match="0 to 11"):
        seen_by_scene_classification([12])


def test_bits_are_read_one_by_one():
    # 1 << 10 opaque, 1 << 11 cirrus; another bit says nothing of clouds
    assert seen_by_qa60([0, 1024, 2048, 3072, 4]).cloud.tolist() == [False, True, True, True, False]
    # Landsat values as published: 21824 clear, 22280 cloud, 23888 shadow, 30048 snow, 54596 cirrus, 1 fill
    seen = seen_by_qa_pixel([21824, 22280, 23888, 30048, 54596, 1])
    assert seen.clear.tolist() == [True, False, False, False, False, False]
    assert seen.cloud.tolist() == [False, True, False, False, True, False]
    assert seen.shadow.tolist() == [False, False, True, False, False, False]
    assert seen.snow.tolist() == [False, False, False, True, False, False]
    assert seen.gap.tolist() == [False, False, False, False, False, True]


def test_the_fallback_tells_cloud_snow_water_and_gap():
    #              cloud  snow  water  sand   gap
    green = [0.60, 0.80, 0.08, 0.20, np.nan]
    red = [0.58, 0.80, 0.05, 0.24, 0.1]
    nir = [0.60, 0.75, 0.03, 0.30, 0.1]
    shortwave = [0.45, 0.10, 0.01, 0.40, 0.1]
    seen = seen_by_thresholds(green, red, nir, shortwave)
    assert seen.cloud.tolist() == [True, False, False, False, False]
    assert seen.snow.tolist() == [False, True, False, False, False]
    assert seen.clear.tolist() == [False, False, True, True, False]


# Looked up by eye in the false-colour picture of the 10 m scene: rows, columns, what is there.
WATER = [(200, 600), (400, 560), (620, 650), (320, 120), (153, 225), (60, 690), (480, 640)]
LAND = [(215, 20), (230, 30), (342, 375), (160, 407), (100, 90), (250, 400), (10, 425)]


@pytest.fixture(scope="module")
def coast(sample_data):
    with rasterio.open(sample_data / "satellite" / "sentinel2_l1c_10m_rgbn_delmarva.tif") as dataset:
        stored = dict(zip(dataset.descriptions, dataset.read(), strict=True))
    return {band: reflectance(values, "sentinel2_before_04") for band, values in stored.items()}


def test_pixels_picked_by_eye_fall_on_their_side_of_the_automatic_threshold(coast):
    index = ndwi(coast["B03"], coast["B08"])
    found = otsu_threshold(index)
    assert all(index[place] > found.value for place in WATER)
    assert all(index[place] < found.value for place in LAND)
    assert found.separability > 0.7
    # sea, lagoon and channels: well over half of the picture, and the barrier island with its marsh is not
    assert 0.5 < found.share_above < 0.9


def test_the_open_sea_is_water_all_over_and_the_fields_are_plants(coast):
    sea, field = np.s_[150:650, 520:680], np.s_[195:235, 10:35]
    assert (ndwi(coast["B03"], coast["B08"])[sea] > 0).mean() > 0.999
    assert np.median(ndvi(coast["B04"], coast["B08"])[field]) > 0.2
    assert np.median(ndvi(coast["B04"], coast["B08"])[sea]) < -0.2


def test_the_same_coast_at_20_m_has_no_cloud_and_about_the_same_water(sample_data, coast):
    path = sample_data / "satellite" / "sentinel2_l1c_20m_10bands_delmarva.tif"
    with rasterio.open(path) as dataset:
        # the 10 m picture lies within, 2890 m east and 2880 m south of this one's corner: half a cell aside
        window = rasterio.windows.Window(145, 144, 350, 350)
        stored = dict(zip(dataset.descriptions, dataset.read(window=window), strict=True))
    b = {band: reflectance(values, "sentinel2_before_04") for band, values in stored.items()}
    seen = seen_by_thresholds(b["B03"], b["B04"], b["B08"], b["B11"])
    assert seen.hidden_share(np.ones(seen.cloud.shape, dtype=bool)) < 0.01
    fine, coarse = ndwi(coast["B03"], coast["B08"]), ndwi(b["B03"], b["B08"])
    assert (coarse > 0).mean() == pytest.approx((fine > 0).mean(), abs=0.02)
    # short-wave infrared is dark over water whatever grows beside it: the two indices mostly agree
    assert ((mndwi(b["B03"], b["B11"]) > 0) == (coarse > 0)).mean() > 0.9
