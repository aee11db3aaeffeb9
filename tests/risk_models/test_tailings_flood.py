"""Floods, the level of a pond under them, and the time until it overtops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minegis.errors import InvalidInput
from risk_models.tailings.flood import (
    flood_defaults,
    flood_exceedance,
    gumbel_quantile,
    runoff_flow,
    runoff_volume,
)
from risk_models.tailings.overtopping import (
    lead_time_quantile,
    overtopping_lead_time,
    overtopping_probability,
    perturbed_rain,
)
from risk_models.tailings.routing import (
    PondTables,
    constant_area_tables,
    forecast_passage,
    routed_level,
)

HOUR = 3600.0


def routed(inflow: object, level: object, tables: PondTables, interval: float = HOUR) -> np.ndarray:
    return routed_level(inflow, level, tables.stage, tables.storage, tables.outflow, interval)


def test_a_millimetre_on_a_square_kilometre_is_a_thousand_cubic_metres() -> None:
    assert runoff_volume(100.0, 2.0, 0.8) == pytest.approx(160_000)  # 1000 × 0.8 × 100 × 2
    # 0.278 ψ i F = 0.278 × 0.5 × 36 × 2 = 10.0; exactly ψ i F / 3.6
    assert runoff_flow(36.0, 2.0, 0.5) == pytest.approx(10.0)


def test_the_design_rain_of_two_hundred_years() -> None:
    assert gumbel_quantile(90.0, 35.0, 200.0) == pytest.approx(218.77, abs=0.005)  # vector 62


def test_a_flood_of_two_hundred_years_within_ten() -> None:
    assert flood_exceedance(200.0, 10.0) == pytest.approx(0.04889, abs=5e-6)  # vector 63


@given(st.floats(10, 500), st.floats(1, 200), st.floats(1.1, 5000), st.floats(1.01, 2))
def test_a_rarer_flood_is_larger_and_less_likely(
    mean: float, spread: float, period: float, more: float
) -> None:
    assert gumbel_quantile(mean, spread, period * more) >= gumbel_quantile(mean, spread, period)
    assert flood_exceedance(period * more, 10.0) <= flood_exceedance(period, 10.0)


def test_routing_reproduces_the_textbook_detention_basin() -> None:
    # Chow, Maidment & Mays (1988), examples 8.2.1 and 8.2.2, in feet: a basin of one acre with a 5 ft pipe,
    # inflow in cfs every 10 minutes; the greatest outflow is 270 cfs at 80 minutes, 9.77 ft deep.
    depth = np.arange(0, 10.5, 0.5)
    outflow = [0, 3, 8, 17, 30, 43, 60, 78, 97, 117, 137, 156, 173, 190, 205, 218, 231, 242, 253, 264, 275]
    inflow = np.array([0, 60, 120, 180, 240, 300, 360, 320, 280, 240, 200, 160, 120, 80, 40, 0.0])
    means = (inflow[1:] + inflow[:-1]) / 2
    found = routed_level(
        means[np.newaxis, :, np.newaxis], 0.0, depth[np.newaxis], 43560 * depth[np.newaxis], [outflow], 600.0
    )[0, :, 0]
    flows = np.interp(found, depth, outflow)
    assert flows[0] == pytest.approx(2.4, abs=0.05)
    assert int(found.argmax()) == 7  # the eighth interval ends at 80 minutes
    assert found.max() == pytest.approx(9.77, abs=0.01)
    assert flows.max() == pytest.approx(270, abs=0.5)


@given(
    arrays(np.float64, (2, 24, 3), elements=st.floats(0, 50)),
    st.floats(1e3, 1e7),
    st.floats(0, 20),
    st.floats(-3, 3),
)
def test_no_water_is_lost_or_made(inflow: np.ndarray, area: float, capacity: float, above: float) -> None:
    tables = constant_area_tables([100.0, 200.0, 300.0], area, capacity, 0.5)
    start = np.array([100.0, 200.0, 300.0]) + above
    level = routed(inflow, start, tables)
    ends = np.concatenate([np.broadcast_to(start, (2, 1, 3)), level], axis=1)
    out = np.clip((ends - [100.0, 200.0, 300.0]) / 0.5, 0, 1) * capacity
    stored = np.diff(ends, axis=1) * area
    leaving = (out[:, 1:] + out[:, :-1]) / 2 * HOUR
    np.testing.assert_allclose(stored + leaving, inflow * HOUR, atol=1e-4 * max(area, 1e4) / 1e3)


@given(st.floats(0, 40), st.floats(1, 3), st.floats(0, 5), st.floats(1e4, 1e6))
def test_more_rain_or_less_decant_never_lowers_the_pond(
    inflow: float, more: float, capacity: float, area: float
) -> None:
    def end(flow: float, decant: float) -> float:
        return float(
            routed(np.full((1, 24, 1), flow), 100.0, constant_area_tables([100.0], area, decant, 0.5))[
                0, -1, 0
            ]
        )

    assert end(inflow * more, capacity) >= end(inflow, capacity) - 1e-9
    assert end(inflow, capacity / 2) >= end(inflow, capacity) - 1e-9


def test_an_unknown_rain_makes_the_level_unknown_from_there_on() -> None:
    tables = constant_area_tables([100.0, 100.0], [1e5, 1e5], [1.0, np.nan], 0.5)
    level = routed(np.array([[[1, 1], [np.nan, 1], [1, 1.0]]]), 100.0, tables)[0]
    assert np.isnan(level[:, 0]).tolist() == [False, True, True]
    assert np.isnan(level[:, 1]).all()


def test_a_table_that_does_not_rise_is_refused() -> None:
    with pytest.raises(InvalidInput, match="does not rise"):
        routed_level(np.ones((1, 2, 1)), 0.0, [[0.0, 1.0]], [[0.0, 0.0]], [[0.0, 1.0]], HOUR)
    with pytest.raises(InvalidInput, match="do not fit"):
        routed_level(np.ones((1, 2, 2)), 0.0, [[0.0, 1.0]], [[0.0, 1.0]], [[0.0, 1.0]], HOUR)


def test_a_pond_without_a_water_surface_is_unknown_and_leaves_its_neighbours_alone() -> None:
    tables = constant_area_tables([100.0, 100.0, 100.0], [0.0, 5e4, -1.0], [0.0, 0.0, 0.0], 0.5)
    found = forecast_passage(
        np.full((2, 3, 3), 10.0), 1e3, 100.0, 101.0, tables.stage, tables.storage, tables.outflow, HOUR
    )
    # 10 000 m³/s for an hour on 5·10⁴ m² are 720 m: 1 m takes 1/720 h
    np.testing.assert_allclose(found, [[np.nan, 1 / 720, np.nan]] * 2, rtol=1e-9)


def test_a_pond_a_rounding_below_its_limit_is_at_the_limit_in_a_dry_hour() -> None:
    # 205.3 - 0.7 is one step of a double above 204.6
    tables = constant_area_tables([206.5], [47613.2738], [13.6742246], 0.5)
    found = forecast_passage(
        np.zeros((1, 3, 1)),
        1.0,
        204.6,
        np.nextafter(204.6, 205.0),
        tables.stage,
        tables.storage,
        tables.outflow,
        HOUR,
    )
    assert found.tolist() == [[0.0]]


def test_the_lead_time_is_where_the_level_crosses_the_limit() -> None:
    # From 10.0 to 10.4 in the first hour and 11.0 in the second; 10.7 is half way through the second.
    level = np.array([[[10.4], [11.0], [11.5]]])
    assert overtopping_lead_time(level, 10.0, 10.7, 1.0) == pytest.approx(np.array([[1.5]]))
    assert overtopping_lead_time(level, 10.0, 10.2, 2.0) == pytest.approx(np.array([[1.0]]))
    assert overtopping_lead_time(level, 10.0, 9.9, 1.0).tolist() == [[0.0]]  # already there
    assert overtopping_lead_time(level, 10.0, 12.0, 1.0).tolist() == [[np.inf]]  # never within the forecast


def test_an_unknown_level_before_the_crossing_hides_it_and_one_after_does_not() -> None:
    level = np.array([[[np.nan, 10.9], [11.0, np.nan], [11.5, 11.5]]])
    hours = overtopping_lead_time(level, 10.0, 10.45, 1.0)
    assert np.isnan(hours[0, 0])
    assert hours[0, 1] == pytest.approx(0.5)
    assert np.isnan(overtopping_lead_time(level, 10.0, np.nan, 1.0)).all()


def test_never_within_the_forecast_stays_visible_in_the_quantiles() -> None:
    # Ten members: three overtop, after 4, 6 and 9 hours.
    hours = np.array(
        [[np.inf], [6.0], [np.inf], [4.0], [np.inf], [np.inf], [9.0], [np.inf], [np.inf], [np.inf]]
    )
    assert overtopping_probability(hours).tolist() == [0.3]
    assert [lead_time_quantile(hours, q).item() for q in (0.1, 0.2, 0.3, 0.5, 0.9)] == [
        4,
        6,
        9,
        np.inf,
        np.inf,
    ]
    with pytest.raises(InvalidInput, match="quantile"):
        lead_time_quantile(hours, 0.0)


def test_an_unknown_member_hides_nothing_that_the_others_say() -> None:
    # An unknown member used to make all unknown: one short file silenced the fifty that overtop.
    hours = np.array([[np.nan], *[[float(hour)] for hour in range(1, 51)]])
    assert overtopping_probability(hours).tolist() == pytest.approx([50 / 51])
    # of 51, P10 is the 6th, P90 the 46th; the unknown one is the last
    assert lead_time_quantile(hours, 0.1).tolist() == [6.0]
    assert lead_time_quantile(hours, 0.9).tolist() == [46.0]
    assert lead_time_quantile(hours, 1.0).tolist() == [np.inf]
    none = np.full((3, 1), np.nan)
    assert np.isnan(lead_time_quantile(none, 0.5)).all()
    assert np.isnan(overtopping_probability(none)).all()


@given(arrays(np.float64, (7, 4), elements=st.floats(0, 72)), st.floats(0.01, 0.99), st.floats(0, 0.5))
def test_a_higher_quantile_is_never_earlier(hours: np.ndarray, quantile: float, more: float) -> None:
    later = lead_time_quantile(hours, min(quantile + more, 1.0))
    assert (later >= lead_time_quantile(hours, quantile)).all()


def test_the_middle_of_perturbed_members_is_the_forecast() -> None:
    rain = np.array([[1.0, 4.0], [np.nan, 2.0]])
    members = perturbed_rain(rain, 0.5, 21)
    assert members.shape == (21, 2, 2)
    np.testing.assert_allclose(members[10], rain)
    # Φ⁻¹(0.5 / 21) = -1.98072, so the driest member has e^(-0.99036) = 0.37144 of the rain
    assert members[0, 0, 0] == pytest.approx(0.37144, rel=1e-4)
    assert (np.diff(members[:, 0, :], axis=0) > 0).all()


def test_decant_scenarios_run_from_whole_to_failed() -> None:
    assert flood_defaults().decant_shares == (1.0, 0.5, 0.0)


@given(
    arrays(np.float64, (3, 12, 4), elements=st.one_of(st.floats(0, 80), st.just(np.nan))),
    arrays(np.float64, 4, elements=st.floats(-1, 2.5)),
)
def test_the_passage_of_a_forecast_is_that_of_its_levels(rain: np.ndarray, above: np.ndarray) -> None:
    tables = constant_area_tables(np.full(4, 100.0), [5e4, 1e5, 2e5, np.nan], [0.0, 2.0, 5.0, 5.0], 0.5)
    start, limit, factor = 100.0 + above, 102.0, 0.5
    level = routed(rain * factor, start, tables)
    expected = overtopping_lead_time(level, start, limit, 1.0)
    expected[:, 3] = np.nan  # a pond of unknown area, be it full already
    found = forecast_passage(rain, factor, start, limit, tables.stage, tables.storage, tables.outflow, HOUR)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
