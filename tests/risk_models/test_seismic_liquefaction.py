"""Liquefaction: the ten sites of gem/oq-engine openquake/sep/tests, figures of HAZUS, the alert of USGS."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from risk_models.seismic.ground_failure import ground_failure_alert
from risk_models.seismic.liquefaction import (
    hazus_liquefaction,
    hazus_magnitude_factor,
    hazus_water_factor,
    liquefied_share_coastal,
    liquefied_share_general,
    usgs_liquefaction,
    zhu_coastal,
    zhu_general,
)

# fmt: off
MAGNITUDE = 7.5
PGA = np.array([
    0.29624916, 0.80906772, 0.35025253, 0.78940926, 0.56134898, 0.25358895, 0.10497708, 0.05846073,
    0.67329238, 0.69782966,
])
PGV = np.array([10.0, 20, 30, 40, 45, 50, 55, 60, 65, 70])
DEPTH = np.array([0.3, 1.25, 0.3, 1.75, 0.3, 0.3, 1.75, 4, 1.75, 1.75])
VS30 = np.array([270.0, 425, 270, 330, 270, 210, 270, 425, 270, 330])
RIVER = np.array([
    0.361944848, 0.389552893, 0.042624722, 0.066346306, 0.189752404, 0.385008676, 0.516388542,
    0.080060347, 0.353599867, 1.085147536,
])
COAST = np.array([73.0, 70, 74, 70, 75, 78, 69, 66, 72, 71])
RAIN = np.array([170.0, 129, 166, 149, 144, 129, 141, 133, 174, 185])
CLASSES = np.array(["h", "l", "h", "l", "h", "h", "l", "n", "l", "l"])

GENERAL = [
    0.238647776, 0.134912013, 0.325250532, 0.253336248, 0.34605218, 0.458236498, 0.334831618,
    0.1798869, 0.359086043, 0.252791617,
]
GENERAL_SHARE = [
    1.482171022, 0.277301525, 4.948255956, 1.846543588, 6.368079142, 18.36402489, 5.569162964,
    0.586570244, 7.395635138, 1.831734979,
]
COASTAL = [
    0.147724296, 0.059958674, 0.206449471, 0.142744967, 0.218298201, 0.342584912, 0.217105303,
    0.088124828, 0.234620795, 0.13528652,
]
COASTAL_SHARE = [
    0.266467348, 0.039739528, 0.880926509, 0.239906371, 1.107989336, 8.333205144, 1.082937311,
    0.073922458, 1.50712136, 0.204819111,
]
USGS = [
    0.235711715, 0.133029207, 0.321699203, 0.25027888, 0.342388975, 0.454210576, 0.33122703, 0,
    0.355359841, 0.249738624,
]
HAZUS = [0.20710826, 0.04829711, 0.20710826, 0.04664702, 0.20710826, 0.20710826, 0, 0, 0.04664702, 0.04664702]
# fmt: on


def test_the_general_model_reproduces_ten_published_sites() -> None:
    # the first is vector 26
    found = zhu_general(PGV, VS30, RAIN, RIVER, DEPTH)
    np.testing.assert_allclose(found, GENERAL, rtol=1e-7)
    np.testing.assert_allclose(100 * liquefied_share_general(found), GENERAL_SHARE, rtol=1e-7)


def test_the_coastal_model_reproduces_ten_published_sites() -> None:
    # the first is vector 27
    found = zhu_coastal(PGV, VS30, RAIN, RIVER, COAST)
    np.testing.assert_allclose(found, COASTAL, rtol=1e-7)
    np.testing.assert_allclose(100 * liquefied_share_coastal(found), COASTAL_SHARE, rtol=1e-7)


def test_the_operational_model_reproduces_ten_published_sites() -> None:
    found = usgs_liquefaction(PGA, PGV, MAGNITUDE, VS30, RAIN, RIVER, DEPTH)
    np.testing.assert_allclose(found, USGS, rtol=1e-7)


def test_hazus_reproduces_ten_published_sites() -> None:
    # the first is vector 29
    np.testing.assert_allclose(hazus_liquefaction(PGA, CLASSES, DEPTH, MAGNITUDE), HAZUS, atol=5e-9)


def test_the_corrections_of_hazus_reproduce_figures_4_7_and_4_8() -> None:
    magnitudes = [5.1, 6.1, 6.8, 7.6, 8.4]
    published = [1.5344407, 1.2845917, 1.1357584, 1.0000432, 0.9089488]
    np.testing.assert_allclose(hazus_magnitude_factor(magnitudes), published, atol=1e-6)
    feet = np.arange(4, 36, 4)
    published = [1.018, 1.106, 1.194, 1.282, 1.37, 1.458, 1.546, 1.634]
    np.testing.assert_allclose(hazus_water_factor(feet / 3.28084), published, rtol=1e-9)


@pytest.mark.parametrize(
    ("code", "share", "first", "last", "published"),  # figure 4.6: PGA from first to last in ten steps
    [
        ("vl", 0.02, 0.2, 0.6, [0, 0, 0.12177778, 0.30666667, 0.49155556, 0.67644444, 0.86133333, 1, 1, 1]),
        ("l", 0.05, 0.2, 0.6, [0, 0.18155556, 0.42911111, 0.67666667, 0.92422222, 1, 1, 1, 1, 1]),
        ("m", 0.10, 0.1, 0.4, [0, 0, 0.11166667, 0.334, 0.55633333, 0.77866667, 1, 1, 1, 1]),
        ("h", 0.20, 0.1, 0.3, [0, 0.01744444, 0.18788889, 0.35833333, 0.52877778, 0.69922222, 0.86966667, 1, 1, 1]),  # noqa: E501
        ("vh", 0.25, 0.05, 0.25, [0, 0, 0.0385, 0.2405, 0.4425, 0.6445, 0.8465, 1, 1, 1]),
    ],
)  # fmt: skip
def test_the_conditional_probability_of_hazus_reproduces_its_figure(
    code: str, share: float, first: float, last: float, published: list[float]
) -> None:
    found = hazus_liquefaction(np.linspace(first, last, 10), code, 1.0, 7.0)
    factor = share / (hazus_magnitude_factor(7.0) * hazus_water_factor(1.0))
    np.testing.assert_allclose(found / factor, published, atol=1e-7)


@given(
    st.floats(3, 149), st.floats(110, 600), st.floats(0, 2400), st.floats(0, 50), st.floats(0, 50),
    st.floats(5, 8.5), st.floats(0.11, 1.0), st.floats(1, 3),
)  # fmt: skip
def test_shaking_rain_and_shallow_water_never_make_liquefaction_less_likely(
    pgv: float, vs30: float, rain: float, water: float, depth: float, m: float, pga: float, more: float
) -> None:
    here = usgs_liquefaction(pga, pgv, m, vs30, rain, water, depth)
    assert usgs_liquefaction(pga * more, pgv * more, m, vs30, rain, water, depth) >= here
    assert usgs_liquefaction(pga, pgv, m, vs30, rain * more, water, depth) >= here
    assert usgs_liquefaction(pga, pgv, m + more - 1, vs30, rain, water, depth) >= here
    assert usgs_liquefaction(pga, pgv, m, vs30, rain, water, depth * more) <= here
    assert usgs_liquefaction(pga, pgv, m, vs30 * more, rain, water, depth) <= here


def test_weak_shaking_and_stiff_ground_are_screened_but_unknown_stays_unknown() -> None:
    assert zhu_general([2.9, 50.0], [250.0, 630.0], 800.0, 0.0, 1.0).tolist() == [0.0, 0.0]
    assert np.isnan(zhu_general([np.nan, 2.0], [630.0, np.nan], 800.0, 0.0, 1.0)).all()
    assert usgs_liquefaction(0.09, 50.0, 7.0, 250.0, 800.0, 0.0, 1.0) == 0.0
    assert np.isnan(usgs_liquefaction(np.nan, 50.0, 7.0, 250.0, 800.0, 0.0, 1.0))
    assert np.isnan(hazus_liquefaction([np.nan, 0.05], "h", [1.0, np.nan], 7.0)).all()


def test_an_unknown_class_of_hazus_is_refused() -> None:
    with pytest.raises(InvalidInput, match="susceptibility"):
        hazus_liquefaction([0.3, 0.3], ["h", "xx"], 1.0, 7.0)


@pytest.mark.parametrize(
    ("kind", "area", "population", "tier"),
    [
        ("landslide", 0.99, 9, 0),
        ("landslide", 1, 0, 2),
        ("landslide", 0, 100, 3),
        ("landslide", 100, 10, 4),
        ("liquefaction", 9, 99, 0),
        ("liquefaction", 10, 0, 2),
        ("liquefaction", 10, 1000, 3),
        ("liquefaction", 0, 10000, 4),
    ],
)
def test_the_alert_of_an_earthquake_is_the_worse_of_area_and_people(
    kind: str, area: float, population: float, tier: int
) -> None:
    assert ground_failure_alert(kind, area, population) == tier


def test_an_alert_of_unknown_numbers_is_refused() -> None:
    with pytest.raises(InvalidInput, match="liquefaction"):
        ground_failure_alert("liquefaction", float("nan"), 0)
