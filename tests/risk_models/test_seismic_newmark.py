"""Seismic sliding displacement: published values, and what physics demands of every regression."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from risk_models.seismic import flexible_slope as flexible
from risk_models.seismic import newmark

CM_PER_M = 100.0
# ten peaks from 0 to 2 g against a critical acceleration of 1 g: m, from the tests of gem/oq-engine
PEAKS = np.linspace(0.0, 2.0, 10)
EQUATION_6 = [0, 0, 0, 0, 0, 8.70561128e-05, 9.66583692e-04, 2.78057386e-03, 5.41818012e-03, 8.77344007e-03]
EQUATION_7 = [0, 0, 0, 0, 0, 6.006612e-05, 6.681122e-04, 1.929713e-03, 3.775745e-03, 6.137864e-03]
FAILED = [0, 0, 0, 0, 0, 5.368313e-06, 2.328222e-04, 1.222611e-03, 3.483592e-03, 7.407753e-03]

type Regression = Callable[[ArrayLike, ArrayLike], NDArray[np.float64]]

OF_RATIO: dict[str, Regression] = {  # displacement of (pga, critical acceleration), other inputs fixed
    "jibson_2007_acceleration": newmark.jibson_2007_acceleration,
    "jibson_2007_magnitude": lambda a, c: newmark.jibson_2007_magnitude(a, c, 6.5),
    "saygili_rathje_2008": lambda a, c: newmark.saygili_rathje_2008(a, 100.0 * np.asarray(a), c),
    "rathje_saygili_2009": lambda a, c: newmark.rathje_saygili_2009(a, c, 6.5),
    "fotopoulou_pitilakis_c": lambda a, c: flexible.fotopoulou_pitilakis_c(a, c, 6.5),
    "fotopoulou_pitilakis_d": lambda a, c: flexible.fotopoulou_pitilakis_d(a, 100.0 * np.asarray(a), c),
}
every_regression = pytest.mark.parametrize("name", OF_RATIO)
accelerations = st.floats(0.001, 3.0)


def test_jibson_2007_reproduces_both_published_series() -> None:
    # vector 20
    found = newmark.jibson_2007_acceleration(PEAKS, 1.0) / CM_PER_M
    np.testing.assert_allclose(found, EQUATION_6, rtol=1e-6, atol=1e-12)
    found = newmark.jibson_2007_magnitude(PEAKS, 1.0, 6.5) / CM_PER_M
    np.testing.assert_allclose(found, EQUATION_7, rtol=1e-6, atol=1e-12)


def test_jibson_2000_reproduces_the_published_displacement_and_its_failures() -> None:
    assert newmark.jibson_2000(1.9, 0.02) / CM_PER_M == pytest.approx(
        1.8366713252543503, rel=1e-9
    )  # vector 21
    assert newmark.failure_fraction(183.66713252543503) == pytest.approx(0.335, rel=1e-9)


def test_the_share_of_failures_reproduces_the_published_series() -> None:
    found = newmark.failure_fraction(np.array(EQUATION_7) * CM_PER_M)
    np.testing.assert_allclose(found, FAILED, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(
    ("found", "published"),  # m; vector 22 and the tests of gem/oq-engine
    [
        (flexible.fotopoulou_pitilakis_a(14.0, 0.02, 6.5), 4.0162336e-02),
        (flexible.fotopoulou_pitilakis_b(0.284, 0.02, 6.5), 0.100601584210005),
        (flexible.fotopoulou_pitilakis_c(0.284, 0.02, 6.5), 0.910418270987024),
        (flexible.fotopoulou_pitilakis_d(0.284, 14.0, 0.02), 0.073120196833772),
        (newmark.saygili_rathje_2008(0.284, 14.0, 0.02), 0.186370166332798),
        (newmark.rathje_saygili_2009(0.284, 0.02, 6.5), 0.548088621109107),
        (flexible.cho_rathje_2022(14.0, 1.2, 0.02, 0.4), 6.25910347e-02),
    ],
)
def test_other_regressions_reproduce_their_published_values(
    found: NDArray[np.float64], published: float
) -> None:
    assert found / CM_PER_M == pytest.approx(published, rel=1e-7)


def test_a_deep_slide_follows_the_other_branch() -> None:
    # ln D = -4.50 - 1.37 ln 0.1 + (1.51 + 0.10 ln 0.1) ln 30 = 3.00719, D 20.231 cm, whatever the period
    deep = flexible.cho_rathje_2022(30.0, [0.3, 1.2], 0.1, 0.7)
    np.testing.assert_allclose(deep, 20.231, rtol=1e-3)


@every_regression
@given(accelerations, accelerations)
def test_nothing_slides_below_the_critical_acceleration(name: str, pga: float, critical: float) -> None:
    moved = float(OF_RATIO[name](pga, critical))
    assert (moved == 0.0) == (pga <= critical)


@every_regression
@given(accelerations, accelerations, st.floats(1.0, 3.0))
def test_stronger_shaking_never_slides_less(name: str, pga: float, critical: float, more: float) -> None:
    slide = OF_RATIO[name]
    assert slide(pga * more, critical) >= slide(pga, critical) * (1 - 1e-9)


@pytest.mark.parametrize("name", [one for one in OF_RATIO if one != "fotopoulou_pitilakis_c"])
@given(accelerations, accelerations, st.floats(1.0, 3.0))
def test_a_stronger_slope_never_slides_more(name: str, pga: float, critical: float, more: float) -> None:
    slide = OF_RATIO[name]
    assert slide(pga, critical * more) <= slide(pga, critical) * (1 + 1e-9)


@every_regression
def test_unknown_shaking_or_strength_gives_an_unknown_displacement(name: str) -> None:
    assert np.isnan(OF_RATIO[name]([np.nan, 0.3], [0.1, np.nan])).all()


def test_unknown_inputs_stay_unknown_in_the_others() -> None:
    assert np.isnan(newmark.jibson_2000([np.nan, 1.0], [0.1, np.nan])).all()
    assert np.isnan(
        flexible.cho_rathje_2022(
            [np.nan, 10, 10, 10], [1, np.nan, 1, 1], [0.1, 0.1, np.nan, 0.1], [0.4, 0.4, 0.4, np.nan]
        )
    ).all()
    assert np.isnan(newmark.failure_fraction(np.nan))
    assert np.isnan(newmark.displacement_exceedance(np.nan, 5.0, 0.5))


def test_no_shaking_moves_nothing() -> None:
    assert newmark.jibson_2000(0.0, 0.1) == 0.0
    assert flexible.cho_rathje_2022(0.0, 1.0, 0.1, 0.4) == 0.0
    assert flexible.fotopoulou_pitilakis_a(0.0, 0.1, 6.5) == 0.0


def test_the_chance_of_passing_a_limit_is_one_half_at_the_median() -> None:
    assert newmark.displacement_exceedance(15.0, 15.0, 0.510) == pytest.approx(0.5)
    # one standard deviation below the limit: 1 - Φ(1) = 0.158655
    assert newmark.displacement_exceedance(15.0, 15.0 * 10**0.510, 0.510) == pytest.approx(0.158655, rel=1e-5)
    assert newmark.displacement_exceedance(0.0, 1.0, 0.510) == 0.0


def test_tiers_begin_at_their_displacements() -> None:
    found = newmark.displacement_tier([0.0, 0.99, 1.0, 5.0, 15.0, 29.9, 30.0, np.nan])
    assert found.tolist() == [0, 0, 1, 2, 3, 3, 4, 0]
