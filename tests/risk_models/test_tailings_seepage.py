"""Seepage through a dam."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk_models.tailings.seepage import (
    casagrande_discharge,
    critical_gradient,
    dupuit_discharge,
    dupuit_phreatic_height,
    gradient_safety,
    permeability_ratio,
    piping_ratio,
    seepage_face,
    weighted_creep_ratio,
)


def test_quartz_sand_is_lifted_at_a_gradient_of_about_one() -> None:
    assert critical_gradient(2.65, 0.65) == pytest.approx(1.0)  # 1.65 / 1.65
    assert gradient_safety(0.25, 1.0) == pytest.approx(4.0)
    assert gradient_safety(0.0, 1.0) == np.inf
    assert np.isnan(gradient_safety(np.nan, 1.0))


def test_a_body_between_two_water_levels_leaks_as_dupuit_says() -> None:
    # 1e-5 (10² - 2²) / (2 × 50) = 9.6e-6; half way h² = 100 - 96 / 2 = 52
    assert dupuit_discharge(1e-5, 10.0, 2.0, 50.0) == pytest.approx(9.6e-6)
    assert dupuit_phreatic_height(10.0, 2.0, 50.0, 25.0) == pytest.approx(np.sqrt(52))
    assert dupuit_phreatic_height(10.0, 2.0, 50.0, [0.0, 50.0, 60.0]).tolist() == [10.0, 2.0, 2.0]


def test_the_earth_dam_of_the_textbook_leaks_as_printed() -> None:
    # Das, Principles of Geotechnical Engineering, seepage through an earth dam, in feet and minutes: d 64.3,
    # H 20, downstream 30°, the solution of flat slopes: face 11.7 ft, flow 6.754e-4 ft³/min per foot at
    # k 2e-4 ft/min
    flat = np.nextafter(30.0, 0.0)
    assert seepage_face(64.3, 20.0, flat) == pytest.approx(11.7, abs=0.05)
    assert casagrande_discharge(2e-4, 64.3, 20.0, flat) == pytest.approx(6.754e-4, rel=0.002)


def test_a_steep_face_is_measured_along_the_phreatic_line() -> None:
    # 60°: √(30² + 10²) - √(30² + 10² - 10² / 0.75) = 31.6228 - 29.4392 = 2.1836; q = k a sin²60°
    assert seepage_face(30.0, 10.0, 60.0) == pytest.approx(2.1836, abs=1e-4)
    assert casagrande_discharge(1.0, 30.0, 10.0, 60.0) == pytest.approx(2.1836 * 0.75, abs=1e-4)


def test_a_line_that_would_not_come_out_on_the_slope_is_unknown() -> None:
    assert np.isnan(seepage_face(5.0, 20.0, 20.0))


@given(st.floats(50, 500), st.floats(1, 15), st.floats(16, 80), st.floats(1.01, 1.3))
def test_more_water_leaks_more_and_a_longer_way_less(d: float, h: float, beta: float, more: float) -> None:
    here = casagrande_discharge(1e-5, d, h, beta)
    assert casagrande_discharge(1e-5, d, h * more, beta) >= here
    assert casagrande_discharge(1e-5, d * more, h, beta) <= here


@given(st.floats(1, 100), st.floats(0, 1), st.floats(1, 500), st.floats(0, 1), st.floats(0, 1))
def test_the_phreatic_line_falls_on_its_way(
    h1: float, part: float, span: float, near: float, far: float
) -> None:
    x = np.sort([near, far]) * span
    first, second = dupuit_phreatic_height(h1, part * h1, span, x)
    assert first >= second - 1e-9


def test_filters_and_creep_by_hand() -> None:
    assert piping_ratio(0.6, 0.2) == pytest.approx(3.0)
    assert permeability_ratio(0.6, 0.05) == pytest.approx(12.0)
    assert weighted_creep_ratio(6.0, 30.0, 4.0) == pytest.approx(4.0)  # (6 + 10) / 4
