"""Slopes that rain makes wet: the transient head, SHALSTAB and SINMAP."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import solve_banded

from minegis.errors import InvalidInput
from risk_models.slopes.infinite_slope import factor_of_safety
from risk_models.slopes.steady_wetness import (
    shalstab_class,
    shalstab_ratio,
    sinmap_class,
    sinmap_factor_of_safety,
    stability_index,
)
from risk_models.slopes.transient_head import transient_factor_of_safety, transient_pressure_head

GROUND = {"conductivity": 1e-5, "diffusivity": 2e-5, "background_flux": 0.0}


def diffused(depth: float, hours: float, rain: list[float], starts: list[float], slope: float) -> float:
    """The rise of the head by an implicit finite-difference solution of the same boundary problem."""
    k, d1 = GROUND["conductivity"], GROUND["diffusivity"] / np.cos(np.radians(slope)) ** 2
    dz, dt, n = 0.01, 30.0, 1201
    r = d1 * dt / dz**2
    bands = np.zeros((3, n))
    bands[1], bands[0, 1:], bands[2, :-1] = 1 + 2 * r, -r, -r
    bands[0, 1] = -2 * r  # a gradient is given at the surface
    bands[1, -1], bands[2, -2] = 1.0, 0.0  # nothing reaches the bottom
    head = np.zeros(n)
    for step in range(round(hours * 3600 / dt)):
        at = (step + 0.5) * dt / 3600
        rate = next((i for i, s, e in zip(rain, starts, starts[1:], strict=False) if s <= at < e), 0.0)
        right = head.copy()
        right[0] += 2 * r * dz * rate / 1000 / 3600 / k
        right[-1] = 0.0
        head = solve_banded((1, 1), bands, right)
    return float(np.interp(depth, np.arange(n) * dz, head))


@pytest.mark.parametrize(("depth", "hours"), [(0.5, 3.0), (1.0, 6.0), (1.5, 10.0)])
def test_the_head_agrees_with_a_finite_difference_solution(depth: float, hours: float):
    rain, starts, slope, table = [10.0, 25.0, 0.0], [0.0, 2.0, 5.0, 12.0], 30.0, 3.0
    head = transient_pressure_head(depth, hours, table, slope, **GROUND, intensity=rain, starts=starts)
    before = (depth - table) * 0.75  # cos² 30° = 0.75, no background flux
    assert head - before == pytest.approx(diffused(depth, hours, rain, starts, slope), abs=2e-3)


def test_the_surface_head_under_steady_rain_grows_with_the_root_of_time():
    # at Z = 0: ψ = −d β + 2 (I/K) √(D1 t/π); I/K = 18 mm/h / 36 mm/h = 0.5, D1 = 2e-5/0.75, t = 1 h
    # 2 * 0.5 * √(2.66667e-5 * 3600 / π) = √0.0305577 = 0.174808 ; −3 * 0.75 = −2.25
    head = transient_pressure_head(0.0, 1.0, 3.0, 30.0, **GROUND, intensity=[18.0], starts=[0.0, 5.0])
    assert head == pytest.approx(-2.25 + 0.174808, abs=1e-6)


def test_before_the_rain_the_head_is_that_of_the_water_table():
    head = transient_pressure_head([1.0, 4.0], 0.0, 3.0, 30.0, **GROUND, intensity=[18.0], starts=[1.0, 5.0])
    np.testing.assert_allclose(head, [-1.5, 0.75])  # (Z − d) cos²30°


def test_rain_beyond_the_conductivity_runs_off():
    some, more = (
        transient_pressure_head(0.5, 5.0, 9.0, 30.0, **GROUND, intensity=[i], starts=[0.0, 5.0])
        for i in (36.0, 360.0)
    )
    assert some == more


@given(st.floats(0, 80), st.floats(0, 40), st.floats(0.1, 3.0), st.floats(0.1, 30.0))
def test_more_rain_never_lowers_the_head_nor_fills_above_the_surface(rain, more, depth, hours):
    low, high = (
        transient_pressure_head(depth, hours, 3.0, 35.0, **GROUND, intensity=[i], starts=[0.0, 12.0])
        for i in (rain, rain + more)
    )
    assert high >= low - 1e-12
    assert high <= depth * np.cos(np.radians(35.0)) ** 2 + 1e-12


def test_the_head_of_unknown_ground_is_unknown():
    head = transient_pressure_head(
        [np.nan, 1.0], 1.0, 3.0, 30.0, **GROUND, intensity=[9.0], starts=[0.0, 2.0]
    )
    assert np.isnan(head).tolist() == [True, False]


def test_periods_must_rise():
    with pytest.raises(InvalidInput, match="rising"):
        transient_pressure_head(1.0, 1.0, 3.0, 30.0, **GROUND, intensity=[9.0, 1.0], starts=[0.0, 2.0, 1.0])


@given(st.floats(0, 1), st.floats(5, 60))
def test_a_head_of_seepage_parallel_to_the_slope_gives_the_static_factor(wet: float, slope: float):
    # ψ = m z cos²β, vector 17 of the static form
    head = wet * 2.0 * np.cos(np.radians(slope)) ** 2
    transient = transient_factor_of_safety(5.0, 30.0, 18.0, 2.0, slope, head)
    assert transient == pytest.approx(float(factor_of_safety(5.0, 30.0, 18.0, 2.0, slope, wet)), rel=1e-12)


def test_the_transient_factor_of_flat_and_vertical_ground():
    factors = transient_factor_of_safety(5.0, 30.0, 18.0, 2.0, [0.0, 90.0, 30.0], [0.0, 0.0, np.nan])
    assert factors[0] == 1000.0
    assert np.isnan(factors[1:]).all()


def test_shalstab_gives_the_hand_computed_ratio():
    # vector 33: β 30°, φ 40°, ρs/ρw 1.7, T 65 m²/d, q 0.05 m/d: a/b critical 344.69 m
    assert 10 ** shalstab_ratio(344.69, 30, 40, 1.7) == pytest.approx(0.05 / 65, rel=1e-4)
    assert shalstab_ratio(200, 30, 40, 1.7) == pytest.approx(-2.8775, abs=1e-4)


def test_shalstab_classes_run_from_what_fails_dry_to_what_stands_filled():
    # tan 45° > tan 40°: fails dry; tan 10° = 0.176 < tan 40° (1 − 1/1.7) = 0.3455: stands filled
    ratios = shalstab_ratio([200, 200, 200, 200], [45, 30, 10, 0], 40, 1.7)
    assert shalstab_class(ratios).tolist() == [0, 2, 6, 6]
    # −3.2 below the first limit, −2.3 between the last two, −2.0 above the last
    assert shalstab_class([-3.2, -2.6, -2.3, -2.0]).tolist() == [1, 3, 4, 5]
    assert np.isnan(shalstab_class(shalstab_ratio(np.nan, 30, 40, 1.7)))


@given(st.floats(1, 1e5), st.floats(1.01, 10), st.floats(5, 38))
def test_a_larger_catchment_needs_less_rain_to_fail(area: float, factor: float, slope: float):
    assert shalstab_ratio(area * factor, slope, 40, 1.7) <= shalstab_ratio(area, slope, 40, 1.7)


def test_sinmap_gives_the_hand_computed_factor():
    # w = min(0.001 * 200 / sin30, 1) = 0.4; (0.1 + 0.8660254 (1 − 0.4 * 0.5) 0.8390996) / 0.5 = 1.362691
    assert sinmap_factor_of_safety(0.1, 40, 0.001, 200, 30, 0.5) == pytest.approx(1.362691, abs=2e-6)


BOUNDS = [(0.0, 0.25, 30.0, 45.0, 1 / 3000, 1 / 2000), (0.0, 0.5, 25.0, 45.0, 1e-4, 1e-2)]


@pytest.mark.parametrize("bounds", BOUNDS)
@pytest.mark.parametrize(("area", "slope"), [(50.0, 35.0), (300.0, 38.0), (2000.0, 42.0), (100.0, 55.0)])
def test_the_stability_index_is_the_share_of_random_grounds_that_stand(bounds, area, slope):
    c1, c2, f1, f2, x1, x2 = bounds
    rng = np.random.default_rng(7)
    n = 400_000
    friction = np.degrees(np.arctan(rng.uniform(np.tan(np.radians(f1)), np.tan(np.radians(f2)), n)))
    cohesion, wetness = rng.uniform(c1, c2, n), rng.uniform(x1, x2, n)
    angle = np.radians(slope)
    wet = np.minimum(wetness * area / np.sin(angle), 1.0)
    factors = (cohesion + np.cos(angle) * (1 - wet * 0.5) * np.tan(np.radians(friction))) / np.sin(angle)
    index = stability_index(*bounds, area, slope, 0.5)
    assert index == pytest.approx((factors > 1).mean(), abs=4e-3)


def test_the_stability_index_at_its_limits():
    # one ground only: FS 1.3627 as above; at 60° (0.1 + 0.5*0.885*0.839)/0.866 = 0.54 fails
    one = (0.1, 0.1, 40.0, 40.0, 0.001, 0.001)
    assert stability_index(*one, 200, 30, 0.5) == pytest.approx(1.362691, abs=2e-6)
    assert stability_index(*one, 200, 60, 0.5) == 0.0
    # dry ground without friction: P(C > sin 30°) of C in 0..1 is one half
    assert stability_index(0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 10, 30, 0.5) == pytest.approx(0.5)
    # dry, no cohesion: P(tanφ > tan 30°) with tanφ uniform in 0..1 is 1 − 0.5773503
    assert stability_index(0.0, 0.0, 0.0, 45.0, 0.0, 0.0, 10, 30, 0.5) == pytest.approx(0.4226497)
    assert np.isposinf(stability_index(0.1, 0.2, 20, 30, 0.0, 0.1, 100, 0, 0.5))
    assert np.isnan(stability_index(0.1, 0.2, 20, 30, 0.0, 0.1, np.nan, 30, 0.5))


@given(st.floats(5, 60), st.floats(0, 5), st.floats(1, 3000))
def test_a_steeper_slope_is_never_more_stable(slope: float, more: float, area: float):
    bounds = (0.0, 0.25, 30.0, 45.0, 1e-4, 1e-3)
    low, high = stability_index(*bounds, area, [slope, slope + more], 0.5)
    assert high <= low + 1e-3  # the sum over wetness is good to this


def test_sinmap_classes():
    # 0 defended, 0.3 upper, 0.7 lower, 1.1 quasi-stable, 1.3 moderately stable, 2 stable
    assert sinmap_class([0.0, 0.3, 0.7, 1.1, 1.3, 2.0, np.nan])[:6].tolist() == [0, 1, 2, 3, 4, 5]
    assert np.isnan(sinmap_class(np.nan))
