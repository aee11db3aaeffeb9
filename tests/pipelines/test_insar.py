"""Interferograms made from known movement, and those of Mexico City."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from pipelines.connectors.interferograms import read_interferograms
from pipelines.steps.insar_corrections import without_elevation_error, without_ramp
from pipelines.steps.insar_geometry import fuse, line_of_sight, vertical_if_level
from pipelines.steps.insar_inversion import invert, line_of_sight_displacement
from pipelines.steps.insar_network import Network, close_triplets, referenced, wrongly_unwrapped
from pipelines.steps.insar_regime import regime_change

WAVELENGTH = 0.0555
DAYS = (0, 12, 24, 48, 60, 96, 108)
STEPS = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (2, 4), (3, 4), (3, 5), (4, 5), (4, 6), (5, 6)]


def network(steps=STEPS, days=DAYS):
    start = date(2020, 1, 1)
    return Network(tuple((start + timedelta(days[i]), start + timedelta(days[j])) for i, j in steps))


def phases(series, pairs):
    """Phase that grows with range: 4π/λ rad for a metre away, and towards is positive in the series."""
    first, second = pairs.indices.T
    return -4 * np.pi / WAVELENGTH * (series[second] - series[first]) / 1000


def inverted(phase, pairs, **options):
    return invert(phase, pairs, wavelength=WAVELENGTH, grows_with="range", **options)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_movement_without_noise_comes_back_whole(seed):
    random = np.random.default_rng(seed)
    series = np.cumsum(random.normal(0, 5, (7, 3, 4)), axis=0)
    series -= series[0]
    pairs = network()
    found = inverted(phases(series, pairs), pairs, coherence=random.uniform(0.2, 0.9, (11, 3, 4)))
    np.testing.assert_allclose(found.series, series, atol=1e-9)
    slopes = np.polyfit(pairs.years, series.reshape(7, -1), 1)[0].reshape(3, 4)
    np.testing.assert_allclose(found.velocity, slopes, atol=1e-6)
    np.testing.assert_allclose(found.temporal_coherence, 1, atol=1e-12)
    np.testing.assert_allclose(found.formal_sigma, 0, atol=1e-6)


def test_half_a_wavelength_of_sinking_is_a_whole_turn_of_phase():
    # a C-band wavelength of 55.5 mm: one turn is 27.75 mm of range; away from the satellite is negative
    assert line_of_sight_displacement(np.array([2 * np.pi]), 0.0555, "range") == pytest.approx(-27.75)
    assert line_of_sight_displacement(np.array([2 * np.pi]), 0.0555, "approach") == pytest.approx(27.75)


def test_the_sign_of_phase_must_be_said():
    with pytest.raises(TypeError, match="grows_with"):
        invert(np.zeros((11, 1, 1)), network(), wavelength=WAVELENGTH)
    with pytest.raises(InvalidInput, match="sign of phase"):
        line_of_sight_displacement(np.zeros(1), WAVELENGTH, "up")
    with pytest.raises(InvalidInput, match="wavelength"):
        line_of_sight_displacement(np.zeros(1), 55.5, "range")


def test_a_broken_network_takes_the_velocities_of_least_norm():
    pairs = network([(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)], DAYS[:6])
    assert (pairs.rank, pairs.subsets, len(pairs.epochs)) == (4, 2, 6)
    steady = 40.0 * pairs.years[:, np.newaxis, np.newaxis]
    found = inverted(phases(steady, pairs), pairs)
    assert found.rank.tolist() == [[4]]
    # nothing spans day 24 to 48: least norm leaves the pixel where it was in between
    assert found.series[3, 0, 0] == pytest.approx(found.series[2, 0, 0])
    np.testing.assert_allclose(np.diff(found.series[:3, 0, 0]), np.diff(steady[:3, 0, 0]))


def test_pixels_that_lack_an_interferogram_are_solved_by_the_others():
    pairs = network()
    series = np.broadcast_to(30.0 * pairs.years[:, np.newaxis, np.newaxis], (7, 2, 2)).copy()
    phase = phases(series, pairs)
    phase[3, 0, 0] = np.nan
    phase[:, 1, 1] = np.nan
    found = inverted(phase, pairs)
    np.testing.assert_allclose(found.velocity.ravel()[:3], 30.0)
    assert np.isnan(found.velocity[1, 1])
    assert found.rank[1, 1] == 0


def test_the_formal_sigma_is_that_of_many_noisy_trials():
    pairs, random = network(), np.random.default_rng(4)
    noise = random.normal(0, 0.3, (11, 60, 60))
    found = inverted(noise, pairs)
    scatter = found.velocity.std()
    assert np.sqrt(np.mean(found.formal_sigma**2)) == pytest.approx(scatter, rel=0.03)


def test_noise_of_an_epoch_closes_and_shows_only_in_the_misfit():
    pairs, random = network(), np.random.default_rng(5)
    air = random.normal(0, 4, (7, 50, 50))
    found = inverted(phases(air, pairs), pairs)
    assert found.formal_sigma.max() < 1e-6
    assert np.sqrt(np.mean(found.misfit_sigma**2)) == pytest.approx(found.velocity.std(), rel=0.05)
    np.testing.assert_array_equal(found.sigma, found.misfit_sigma)


def test_weights_of_coherence_silence_the_bad_interferogram():
    pairs = network()
    series = 30.0 * pairs.years[:, np.newaxis, np.newaxis]
    phase, coherence = phases(series, pairs), np.full((11, 1, 1), 0.9)
    phase[4] += 3.0
    coherence[4] = 0.1
    plain, weighted = inverted(phase, pairs), inverted(phase, pairs, coherence=coherence)
    assert abs(weighted.velocity - 30).item() < 0.1 * abs(plain.velocity - 30).item()


@given(turns=st.integers(1, 3), wrong=st.sampled_from([2, 4, 6, 8]))
@settings(deadline=None, derandomize=True)
def test_a_whole_turn_too_many_is_found_in_its_interferogram_and_pixel_alone(turns, wrong):
    pairs, random = network(), np.random.default_rng(wrong)
    phase = phases(np.cumsum(random.normal(0, 3, (7, 4, 5)), axis=0), pairs)
    phase[wrong, 1, 2] += 2 * np.pi * turns
    closure = close_triplets(phase, pairs)
    np.testing.assert_allclose(closure.remainder, 0, atol=1e-9)
    assert closure.errors[1, 2] == np.isin(pairs.triplets, wrong).sum()
    assert np.delete(closure.errors.ravel(), 7).max() == 0
    expected = np.zeros(phase.shape, dtype=bool)
    expected[wrong, 1, 2] = True
    np.testing.assert_array_equal(wrongly_unwrapped(closure, pairs), expected)


def test_triplets_are_triangles_of_three_interferograms_in_order():
    # 0-1, 0-2, 1-2 and then 1-2, 1-3, 2-3: numbers in the list of pairs
    assert network(STEPS[:5], DAYS[:4]).triplets.tolist() == [[0, 2, 1], [2, 4, 3]]


def test_a_pair_twice_or_backwards_is_refused():
    with pytest.raises(InvalidInput, match="no pair twice"):
        network([(0, 1), (0, 1)])
    with pytest.raises(InvalidInput, match="backwards"):
        network([(1, 0)])


def test_a_reference_without_phase_is_refused():
    phase = np.ones((2, 2, 2))
    phase[1, 0] = np.nan
    stable = np.array([[True, True], [False, False]])
    with pytest.raises(InvalidInput, match="none in interferogram 2"):
        referenced(phase, stable)
    moved, level = referenced(phase * [[[2.0]], [[5.0]]], ~stable)
    assert level.tolist() == [2, 5]
    assert np.nanmax(np.abs(moved)) == 0


def test_the_line_of_sight_of_vector_60():
    # DOMAIN vector 60: ascending, heading -13 deg, incidence 37 deg
    np.testing.assert_allclose(line_of_sight(-13, 37), [-0.5864, -0.1354, 0.7986], atol=5e-5)
    assert np.linalg.norm(line_of_sight([-13, -167], [30, 45]), axis=-1) == pytest.approx(1)
    # sinking 10 mm straight down is seen as 10 cos 37° = 7.986 mm
    assert vertical_if_level(-7.986, 37) == pytest.approx(-10, abs=1e-3)


def test_fusion_of_vector_61():
    found = fuse([10.0, 14.0], [1.0, 4.0])
    assert (found.value, found.variance) == (pytest.approx(10.8), pytest.approx(0.8))  # DOMAIN vector 61
    assert not found.disagreement


def test_estimates_that_disagree_are_told_and_their_variance_grows():
    # |10 - 20| > 3 √(1 + 4) = 6.7; weights 1 and 1/4: mean 12; χ² = 4 + 64/4 = 20, variance 0.8 × 20
    found = fuse([10.0, 20.0, np.nan], [1.0, 4.0, 1.0])
    assert found.disagreement
    assert (found.value, found.variance) == (pytest.approx(12.0), pytest.approx(16.0))
    assert np.isnan(fuse([np.nan], [1.0]).value)
    with pytest.raises(InvalidInput, match="variance"):
        fuse([1.0], [0.0])


def test_a_ramp_is_taken_off_and_what_moves_outside_stable_ground_stays():
    row, column = np.mgrid[0:20, 0:30]
    height = 500 + 100 * np.sin(row) * np.cos(column)
    moving = np.zeros((20, 30))
    moving[8:12, 10:15] = -25
    stable = moving == 0
    layers = np.stack([moving + 3 + 0.2 * row - 0.4 * column + 0.01 * height, moving])
    np.testing.assert_allclose(without_ramp(layers, stable, height), [moving, moving], atol=1e-9)
    with pytest.raises(InvalidInput, match="does not fix a ramp"):
        without_ramp(layers, row == 3)


def test_an_elevation_error_is_told_from_movement_by_the_baselines():
    years = np.array(DAYS) / 365.25
    baselines = np.array([0, 80, -60, 30, -90, 120, 10.0])
    # 850 km range, 39°: 100 m of baseline turn 10 m of height into 1000·100·10/(850e3·sin 39°) = 1.87 mm
    sight = -1000 * baselines / (850e3 * np.sin(np.radians(39)))
    series = (25 * years + 10 * sight)[:, np.newaxis, np.newaxis]
    corrected, error = without_elevation_error(series, years, baselines, slant_range=850e3, incidence=39)
    assert error.item() == pytest.approx(10)
    np.testing.assert_allclose(corrected.ravel(), 25 * years, atol=1e-9)
    with pytest.raises(InvalidInput, match="from movement"):
        without_elevation_error(series, years, 300 * years, slant_range=850e3, incidence=39)


def test_hurrying_ground_is_told_from_ground_that_only_moved_far():
    years, random = np.arange(12) * 12 / 365.25, np.random.default_rng(2)
    noise = random.normal(0, 0.5, (12, 2))
    steady = -200 * years
    hurrying = -10 * years - 300 * np.maximum(years - years[8], 0)
    found = regime_change(np.column_stack([steady, hurrying]) + noise, years)
    assert found.p_value[0] > 0.05
    assert found.p_value[1] < 1e-6
    assert found.epoch[1] == 8
    assert found.rate_after[1] == pytest.approx(-310, rel=0.15)


def test_a_regime_change_is_rarely_seen_in_noise():
    random = np.random.default_rng(8)
    found = regime_change(random.normal(0, 1, (12, 4000)), np.arange(12.0))
    # Bonferroni keeps the rate of false finds at or below the level
    assert (found.p_value < 0.05).mean() <= 0.05
    with pytest.raises(InvalidInput, match="too few epochs"):
        regime_change(np.zeros((5, 1)), np.arange(5.0))


@pytest.fixture(scope="module")
def mexico(sample_data):
    folder = sample_data / "satellite" / "insar_mexico_city"
    return read_interferograms([*folder.glob("*_unw.tif"), *folder.glob("*_cc.tif")])


@pytest.fixture(scope="module")
def moving(mexico):
    phase, _ = referenced(mexico.phase)
    return inverted_mexico(mexico, phase)


@pytest.fixture(scope="module")
def net(mexico):
    return Network(mexico.pairs)


def inverted_mexico(stack, phase, **options):
    return invert(phase, Network(stack.pairs), wavelength=stack.wavelength, grows_with="range", **options)


def test_mexico_city_has_thirty_interferograms_of_thirteen_epochs_and_full_rank(mexico, net):
    assert (len(net.pairs), len(net.epochs)) == (30, 13)
    assert (net.rank, net.subsets) == (12, 1)
    assert mexico.wavelength == pytest.approx(0.0555, abs=1e-4)
    assert mexico.incidence == pytest.approx(39.7, abs=0.01)


def test_mexico_city_sinks_as_known(moving, mexico):
    """Away from the satellite the rate relative to the median is -97 to +195 mm/a (1st, 99th percentile)."""
    away = -moving.velocity
    low, high = np.nanpercentile(away, [1, 99])
    assert (low, high) == (pytest.approx(-97, abs=1), pytest.approx(195, abs=1))
    complete = np.isfinite(moving.velocity) & (moving.rank == 12)
    assert complete.mean() == pytest.approx(0.98, abs=0.005)
    # the lake bed in the east sinks, the hills of Chapultepec and beyond in the west do not
    west, east = away[:, :20], away[:, -20:]
    assert np.nanmedian(east) - np.nanmedian(west) > 150


def test_the_rock_of_penon_de_los_banos_stands_while_the_lake_bed_around_it_sinks(moving, mexico):
    # the volcanic hill at 19.440° N, 99.085° W, and the airport's ground 1 km around it
    away, x, y = -moving.velocity, mexico.grid.x, mexico.grid.y
    apart = np.hypot((x[np.newaxis] + 99.085) * np.cos(np.radians(19.44)), y[:, np.newaxis] - 19.440) * 111.2
    rock, around = np.nanmedian(away[apart < 0.3]), np.nanmedian(away[(apart > 1) & (apart < 2)])
    assert around - rock > 80


def test_mexico_city_weighted_by_coherence_says_the_same(mexico, moving):
    phase, _ = referenced(mexico.phase)
    weighted = inverted_mexico(mexico, phase, coherence=mexico.coherence)
    apart = np.abs(weighted.velocity - moving.velocity)
    assert np.nanpercentile(apart, 95) < 3 * np.nanmedian(moving.sigma)
    assert np.nanmedian(moving.temporal_coherence) > 0.95


def test_mexico_city_agrees_with_a_plain_least_squares_of_each_pixel(mexico, net, moving):
    phase, _ = referenced(mexico.phase)
    design = net.design
    for row, column in ((3, 5), (30, 50), (55, 96)):
        d = line_of_sight_displacement(phase[:, row, column], mexico.wavelength, "range")
        rates = np.linalg.lstsq(design, d, rcond=None)[0]
        series = np.concatenate([[0], np.cumsum(rates * np.diff(net.years))])
        slope = np.polyfit(net.years, series, 1)[0]
        assert moving.velocity[row, column] == pytest.approx(slope, rel=1e-9)


def test_the_triplets_of_mexico_city_close_but_for_few_pixels(mexico, net):
    phase, _ = referenced(mexico.phase)
    closure = close_triplets(phase, net)
    known = np.isfinite(closure.turns)
    assert closure.turns.shape[0] == 24
    assert (closure.turns[known] != 0).mean() < 0.001
    assert np.sqrt(np.nanmean(closure.remainder**2)) < 1.0
    assert 0 < wrongly_unwrapped(closure, net).sum() < 50


def test_unreferenced_phase_does_not_close(mexico, net):
    """Each interferogram was unwrapped from a level of its own: without a reference, closure says nothing."""
    closure = close_triplets(mexico.phase, net)
    assert (closure.turns[np.isfinite(closure.turns)] != 0).mean() > 0.5


def test_phase_in_another_unit_is_refused(tmp_path, sample_data):
    source = next((sample_data / "satellite" / "insar_mexico_city").glob("*_unw.tif"))
    with rasterio.open(source) as dataset:
        profile, tags, values = dataset.profile, dataset.tags(), dataset.read()
    for name, changed, message in (
        ("degrees.tif", {"DATA_UNITS": "DEGREES"}, "another unit"),
        ("dateless.tif", {"FIRST_DATE": ""}, "no dates"),
        ("dem.tif", {"DATA_TYPE": "ORIGINAL_DEM"}, "neither"),
    ):
        with rasterio.open(tmp_path / name, "w", **profile) as dataset:
            dataset.write(values)
            dataset.update_tags(**{**tags, **changed})
        with pytest.raises(InvalidInput, match=message):
            read_interferograms([tmp_path / name])
