"""What leaves a broken facility, how far it goes, and what it does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from risk_models.tailings.breach_flow import (
    bingham_stop_depth,
    froehlich_1995_flow,
    froehlich_1995_time,
    froehlich_1995_width,
    froehlich_2008_time,
    froehlich_2008_width,
    manning_discharge,
    mmc_flow,
    ritter_dam_depth,
    ritter_discharge,
    ritter_front_speed,
    triangular_base_time,
)
from risk_models.tailings.consequence import (
    consequence_class,
    evacuation_margin,
    fatality_rate,
    flood_hazard,
    life_loss,
)
from risk_models.tailings.release import (
    concha_larrauri_release,
    fontaine_martin_release,
    obrien_release,
    piciullo_release,
    release_quantile,
    rico_release,
)
from risk_models.tailings.runout import (
    capped_runout,
    concha_larrauri_runout,
    energy_factor,
    energy_line_runout,
    laharz_cross_section,
    laharz_planimetric_area,
    rico_runout,
    runout_quantile,
)

STORED, HEIGHT = st.floats(1e4, 1e9), st.floats(2, 300)


def test_the_three_regressions_give_brumadinho_what_was_published() -> None:
    # vector 8; 41, 34 and 41 % of 7.5·10⁶ m³. The first two are made in 10⁶ m³, the third in m³: a trap.
    found = [rico_release(8.5e6), concha_larrauri_release(8.5e6), piciullo_release(8.5e6, 86.0)]
    np.testing.assert_allclose(found, [3.074e6, 2.536e6, 3.067e6], rtol=2e-4)
    assert [round(float(v) / 7.5e6, 2) for v in found] == [0.41, 0.34, 0.41]


def test_the_runout_of_ten_million_cubic_metres() -> None:
    released = concha_larrauri_release(10e6)  # vector 9
    assert released == pytest.approx(2.959e6, rel=2e-4)
    assert energy_factor(50.0, 10e6, released) == pytest.approx(43.78, rel=2e-4)
    assert concha_larrauri_runout(50.0, 10e6, released) == pytest.approx(23_840, rel=2e-4)
    released = rico_release(10e6)  # vector 10
    assert released == pytest.approx(3.622e6, rel=2e-4)
    assert rico_runout(50.0, released) == pytest.approx(49_780, rel=2e-4)


@given(STORED, HEIGHT, st.floats(1.0, 5.0))
def test_never_more_than_95_percent_comes_out_and_more_storage_never_gives_less(
    stored: float, height: float, more: float
) -> None:
    for release in (
        rico_release,
        concha_larrauri_release,
        lambda v: piciullo_release(v, height),
        lambda v: obrien_release(height, v, "maximum"),
        lambda v: fontaine_martin_release(v, 1e5, 2.7, 1.0, 0.65),
        lambda v: release_quantile(rico_release(v), v, 0.99),
    ):
        assert release(stored) <= 0.95 * stored * (1 + 1e-12)
        assert release(stored * more) >= release(stored) * (1 - 1e-12)


def test_the_envelopes_of_obrien_by_hand() -> None:
    # 10^1.2821 = 19.147; times 1052, 3604 and 20419
    found = obrien_release(10.0, 1e9, ["minimum", "mean", "maximum"])
    np.testing.assert_allclose(found, [20143, 69006, 390963], rtol=2e-4)
    assert obrien_release(100.0, 1e6, "maximum") == pytest.approx(0.95e6)
    with pytest.raises(InvalidInput, match="some"):
        obrien_release(10.0, 1e9, "some")


def test_free_water_carries_tailings_until_the_wave_is_two_thirds_solids() -> None:
    # C 0.65, e 1, G 2.7: 1 - 0.65 (1 + 1/2.7) = 0.109259; solids 0.65 × 100 000 / 0.109259 = 594 915 t,
    # with their pores 594 915 / 2.7 × 2 = 440 678 m³; with the water 540 678 m³
    assert fontaine_martin_release(1e8, 1e5, 2.7, 1.0, 0.65) == pytest.approx(540_678, rel=1e-5)
    # A deposit as wet as the wave needs no water to flow: all of it may.
    assert fontaine_martin_release(1e6, 1e5, 2.7, 2.0, 0.65) == pytest.approx(0.95e6)
    assert fontaine_martin_release(1e6, 0.0, 2.7, 1.0, 0.65) == 0.0


def test_the_bands_are_those_of_the_regression() -> None:
    # 10^0.658 = 4.55 at one standard deviation, 19.5 at 97.5 %
    np.testing.assert_allclose(runout_quantile(1.0, [0.5, 0.841345, 0.975]), [1.0, 4.55, 19.5], rtol=2e-3)
    # 10^(1.28155 × 0.315) = 2.5333
    np.testing.assert_allclose(release_quantile(1e6, 1e9, [0.1, 0.9]), [1e6 / 2.5333, 2.5333e6], rtol=1e-4)


def test_a_small_pond_stops_at_its_energy_line_and_any_at_the_end_of_the_valley() -> None:
    # lg(H/L) = -0.085 × 5 - 0.047 = -0.472: L = 30 / 0.337287 = 88.945 m
    line = energy_line_runout(30.0, 1e5)
    assert line == pytest.approx(88.945, rel=1e-4)
    assert capped_runout(5000.0, line, np.inf, 1e5) == line
    assert capped_runout(5000.0, line, np.inf, 2e6) == 5000.0
    assert capped_runout(5000.0, line, 3000.0, 2e6) == 3000.0
    assert np.isnan(capped_runout(np.nan, line, np.inf, 1e5))


def test_the_areas_of_laharz() -> None:
    # vector 12
    assert laharz_cross_section(2e6, "lahar") == pytest.approx(793.7, rel=1e-4)
    found = [laharz_planimetric_area(2e6, kind) for kind in ("lahar", "tailings", "debris_flow")]
    np.testing.assert_allclose(found, [3.175e6, 1.270e6, 3.175e5], rtol=2e-4)
    with pytest.raises(InvalidInput, match="porridge"):
        laharz_cross_section(2e6, "porridge")


def test_the_breach_of_froehlich() -> None:
    # vector 13
    assert froehlich_1995_flow(1e6, 20.0) == pytest.approx(1467, rel=2e-4)
    assert froehlich_1995_time(1e6, 20.0) == pytest.approx(0.2594, rel=2e-4)
    assert froehlich_1995_width(1e6, 20.0, True) == pytest.approx(37.10, rel=2e-4)
    assert froehlich_1995_width(1e6, 20.0, False) == pytest.approx(37.10 / 1.4, rel=2e-4)
    # 0.0176 √(1e6 / (9.81 × 400)) = 0.28096
    # 0.27 × 1.3 × 1e6^0.32 × 20^0.04 = 0.351 × 83.176 × 1.12731 = 32.912
    assert froehlich_2008_time(1e6, 20.0) == pytest.approx(0.28096, rel=1e-4)
    assert froehlich_2008_width(1e6, 20.0, True) == pytest.approx(32.912, rel=1e-4)
    # 0.0039 × 1e6^0.8122 = 0.0039 × 74 714 = 291.4
    assert mmc_flow(1e6) == pytest.approx(291.4, rel=1e-3)
    assert triangular_base_time(1e6, 1467.0) == pytest.approx(1363.3, rel=1e-4)


def test_the_front_of_ritter_and_the_rest_of_bingham() -> None:
    assert ritter_front_speed(34.0) == pytest.approx(36.53, rel=2e-4)  # vector 15
    assert ritter_dam_depth(34.0) == pytest.approx(15.11, rel=2e-4)
    assert ritter_discharge(34.0) == pytest.approx(184.0, rel=2e-4)
    assert bingham_stop_depth(200.0, 1700.0, 3.0) == pytest.approx(0.2291, rel=3e-4)  # vector 16
    assert bingham_stop_depth(200.0, 1700.0, 0.0) == np.inf


def test_the_discharge_of_manning() -> None:
    assert manning_discharge(0.04, 60.0, 34.0, 0.01) == pytest.approx(219.05, rel=1e-4)  # vector 66


@pytest.mark.parametrize(
    ("people", "lives", "expected"),
    [
        (0, 0, 0),
        (1, 0, 1),
        (9, 0, 1),
        (10, 0, 2),
        (99, 9, 2),
        (100, 0, 3),
        (5, 10, 3),
        (1000, 100, 3),
        (1001, 0, 4),
        (0, 101, 4),
        (np.nan, 5, 2),
        (50, np.nan, 2),
    ],
)
def test_the_consequence_class_is_the_worse_of_people_and_lives(
    people: float, lives: float, expected: int
) -> None:
    assert consequence_class(people, lives) == expected


def test_a_class_of_nothing_known_is_unknown() -> None:
    assert np.isnan(consequence_class(np.nan, np.nan))


@given(st.floats(0, 5000), st.floats(0, 500), st.floats(0, 5000))
def test_more_people_never_lower_the_class(people: float, lives: float, more: float) -> None:
    assert consequence_class(people + more, lives) >= consequence_class(people, lives)


def test_the_fatality_rates_of_graham() -> None:
    assert fatality_rate("medium", [0, 14, 15, 59, 60, 61], "vague").tolist() == [
        0.15,
        0.15,
        0.04,
        0.04,
        0.03,
        0.03,
    ]
    assert fatality_rate("low", [0, 30, 90], "precise").tolist() == [0.01, 0.002, 0.0002]
    assert fatality_rate("high", 600, "precise") == 0.75
    assert np.isnan(fatality_rate("low", np.nan, "vague"))
    assert life_loss(300, fatality_rate("medium", 30, "vague")) == pytest.approx(12)
    with pytest.raises(InvalidInput, match="mild"):
        fatality_rate("mild", 30, "vague")


@pytest.mark.parametrize(
    ("depth", "velocity", "hazard"),
    [
        (0.3, 1.0, 1),
        (0.3, 1.1, 2),
        (0.5, 1.2, 2),
        (0.5, 1.3, 4),
        (1.2, 0.5, 3),
        (2.0, 0.5, 4),
        (0.2, 2.5, 5),
        (4.0, 1.0, 5),
        (4.1, 0.1, 6),
        (1.5, 3.0, 6),
    ],
)
def test_the_hazard_of_water_by_depth_velocity_and_both(depth: float, velocity: float, hazard: int) -> None:
    assert flood_hazard(depth, velocity) == hazard


@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 5))
def test_deeper_or_faster_water_is_never_safer(depth: float, velocity: float, more: float) -> None:
    assert flood_hazard(depth + more, velocity) >= flood_hazard(depth, velocity)
    assert flood_hazard(depth, velocity + more) >= flood_hazard(depth, velocity)


def test_nine_hundred_metres_on_foot_are_too_far() -> None:
    # vector 65: 900 m at 1.2 m/s take 12.5 min, the front 3 km at 8 m/s takes 6.25 min
    assert evacuation_margin(900.0, 1.2, 3000.0, 8.0) == pytest.approx(6.25 - 12.5)


def test_unknown_inputs_give_unknown_answers() -> None:
    unknown = [
        rico_release(np.nan), piciullo_release(1e6, np.nan), obrien_release(np.nan, 1e6, "mean"),
        fontaine_martin_release(1e6, np.nan, 2.7, 1.0, 0.65), rico_runout(50.0, np.nan),
        concha_larrauri_runout(np.nan, 1e6, 1e5), energy_line_runout(np.nan, 1e5), mmc_flow(np.nan),
        froehlich_1995_flow(1e6, np.nan), ritter_front_speed(np.nan), bingham_stop_depth(200.0, np.nan, 3.0),
        manning_discharge(0.04, np.nan, 34.0, 0.01), flood_hazard(1.0, np.nan), life_loss(np.nan, 0.1),
        evacuation_margin(900.0, 1.2, np.nan, 8.0), laharz_planimetric_area(np.nan, "tailings"),
    ]  # fmt: skip
    assert np.isnan(unknown).all()
