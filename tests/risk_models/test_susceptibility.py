"""Susceptibility: weights, blocks, calibration, classes, on numbers worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from risk_models.susceptibility.blocks import block_folds, block_number, random_folds, shared_blocks
from risk_models.susceptibility.calibration import (
    calibrator,
    conformal_quantile,
    intervals,
    nonconformity,
    prediction_sets,
)
from risk_models.susceptibility.classes import classify, natural_breaks, quantile_breaks, rate_curve
from risk_models.susceptibility.classifiers import CLASSIFIERS, probability
from risk_models.susceptibility.predictors import (
    drop_collinear,
    indicators,
    surroundings,
    variance_inflation,
)
from risk_models.susceptibility.record import model_record
from risk_models.susceptibility.study import Sample, leakage, out_of_fold, within_block_auc
from risk_models.susceptibility.weights import (
    frequency_ratio,
    independence,
    omnibus_ratio,
    posterior_probability,
    weights_of_evidence,
)
from risk_models.verification.ranking import auc

SEED = 7


def test_the_weights_of_a_class_by_hand() -> None:
    # 10000 cells, 200 events, a class of 1000 cells with 60 events:
    # P(B|D) = .3, P(B|D̄) = 940/9800 = .0959184: W⁺ = ln 3.127660 = 1.140285; W⁻ = ln(.7/.9040816) = −.255839;
    # s² = 1/60 + 1/940 + 1/140 + 1/8860 = .024986: C/s = 1.396124/.158070 = 8.8323.
    found = weights_of_evidence([60], [1000], 200, 10000)
    assert found.positive == pytest.approx([1.140285], abs=1e-6)
    assert found.negative == pytest.approx([-0.255839], abs=1e-6)
    assert found.contrast == pytest.approx([1.396124], abs=1e-6)
    assert found.studentised == pytest.approx([8.8323], abs=1e-3)
    assert frequency_ratio([60], [1000], 200, 10000) == pytest.approx([3.0])


def test_a_class_with_no_or_every_event_has_no_weight() -> None:
    found = weights_of_evidence([0, 200, 5], [1000, 1000, 5], 200, 10000)
    assert np.isnan(found.contrast).all()
    assert np.isnan(frequency_ratio([0], [0], 200, 10000)).all()


def test_one_weight_leads_back_to_the_share_of_events_in_the_class() -> None:
    weight = weights_of_evidence([60], [1000], 200, 10000).positive  # of one factor Bayes is exact: 60/1000
    assert posterior_probability(0.02, weight) == pytest.approx([0.06])
    assert np.isnan(posterior_probability(0.02, np.nan))


@given(st.floats(0.001, 0.999), st.floats(-8, 8), st.floats(0.01, 3))
def test_more_evidence_never_lowers_the_probability(prior: float, weight: float, more: float) -> None:
    assert posterior_probability(prior, weight + more) >= posterior_probability(prior, weight)


def test_a_factor_counted_twice_is_found_out() -> None:
    rng = np.random.default_rng(SEED)
    one, two = rng.integers(0, 3, (2, 4000))
    event = rng.random(4000) < 0.1 + 0.2 * one
    p = independence(np.stack([one, one, two], axis=1), event)
    assert p[0, 1] < 1e-6
    assert p[0, 2] > 0.01
    prior = event.mean()
    weight = np.array(
        [
            weights_of_evidence((event & (one == k)).sum(), (one == k).sum(), event.sum(), 4000).positive
            for k in range(3)
        ]
    )[one]
    # With W⁺ of the cell's own class alone Bayes is exact; the same factor twice predicts too many events.
    assert omnibus_ratio(posterior_probability(prior, weight), event) == pytest.approx(1.0)
    assert omnibus_ratio(posterior_probability(prior, 2 * weight), event) < 0.95


def test_variance_inflation_by_hand() -> None:
    # Correlation r of two columns: 1/(1 − r²)
    x = np.array([1.0, 2, 3, 4, 5])
    y = np.array([2.0, 1, 4, 3, 5])  # r = .8: 1/.36
    assert variance_inflation(np.stack([x, y], axis=1)) == pytest.approx([1 / 0.36] * 2)
    same = np.stack([x, 2 * x + 1, y], axis=1)
    assert np.isinf(variance_inflation(same)[:2]).all()
    kept = drop_collinear(same, ("x", "x again", "y"), 10)
    assert "y" in kept
    assert len(kept) == 2


def test_classes_become_columns() -> None:
    columns, names = indicators([4, 10, 4])
    assert names == ("4", "10")
    assert columns.tolist() == [[1, 0], [0, 1], [1, 0]]


def test_a_block_is_a_square_of_the_grid_and_goes_whole_to_one_fold() -> None:
    block = block_number([103.01, 103.09, 103.11, 103.01], [31.02, 31.08, 31.02, 31.12], 0.1)
    assert block[0] == block[1]
    assert len(set(block.tolist())) == 3
    many = block_number(*np.random.default_rng(SEED).uniform(0, 1, (2, 500)), 0.1)
    fold = block_folds(many, 5, np.random.default_rng(SEED))
    assert shared_blocks(many, fold) == 0
    assert shared_blocks(many, random_folds(500, 5, np.random.default_rng(SEED))) > 50
    assert set(fold.tolist()) == set(range(5))
    with pytest.raises(InvalidInput, match="blocks"):
        block_folds([0, 0, 1], 5, np.random.default_rng(SEED))


def test_surroundings_never_look_across_the_edge_of_a_block() -> None:
    lon, lat = np.array([0.01, 0.02, 0.099, 0.101]), np.zeros(4)
    block = block_number(lon, lat, 0.1)
    found = surroundings(lon, lat, np.array([[1.0], [2], [6], [100]]), block, 2)
    assert found.ravel().tolist() == [3, 3, 3, 100]  # (1 + 2 + 6)/3, and a unit alone in its block


def test_isotonic_calibration_is_the_share_of_each_step() -> None:
    score = np.repeat([0.2, 0.6], 4)
    event = np.array([1, 0, 0, 0, 1, 1, 1, 0], dtype=bool)
    calibrate = calibrator(score, event, "isotonic")
    assert calibrate(np.array([0.1, 0.2, 0.4, 0.6, 0.9])) == pytest.approx([0.25, 0.25, 0.5, 0.75, 0.75])


def test_platt_calibration_undoes_an_overconfident_score() -> None:
    rng = np.random.default_rng(SEED)
    logit = rng.normal(0, 1, 20000)
    event = rng.random(20000) < 1 / (1 + np.exp(-logit))
    calibrate = calibrator(1 / (1 + np.exp(-2 * logit)), event, "platt")
    # a score of logit 2 is twice too sure: its probability has the logit 1
    assert calibrate(np.array([1 / (1 + math.exp(-2))])) == pytest.approx([1 / (1 + math.exp(-1))], abs=0.01)


def test_the_conformal_quantile_is_an_order_statistic() -> None:
    # n = 9, 80 %: rank ⌈10 × .8⌉ = 8; 95 %: rank 10 of 9, so nothing is excluded
    scores = np.arange(1, 10) / 10
    assert conformal_quantile(scores, 0.8) == pytest.approx(0.8)
    assert conformal_quantile(scores, 0.95) == math.inf
    with pytest.raises(InvalidInput, match="coverage"):
        conformal_quantile(scores, 1.0)


def test_sets_and_intervals_hold_the_truth_as_often_as_asked() -> None:
    rng = np.random.default_rng(SEED)
    p = rng.random(8000)
    event = rng.random(8000) < p
    limit = conformal_quantile(nonconformity(p[:4000], event[:4000]), 0.9)
    absent, present = prediction_sets(p[4000:], limit)
    held = np.where(event[4000:], present, absent)
    assert held.mean() == pytest.approx(0.9, abs=0.02)
    value = rng.normal(0, 2, 8000)
    low, high = intervals(np.zeros(4000), conformal_quantile(np.abs(value[:4000]), 0.9))
    assert ((low <= value[4000:]) & (value[4000:] <= high)).mean() == pytest.approx(0.9, abs=0.02)


def test_natural_breaks_fall_into_the_gaps() -> None:
    values = np.concatenate([np.full(50, 1.0), np.full(5, 5.0), np.full(20, 9.0)])
    first, second = natural_breaks(values, 3)
    assert 1 < first <= 5 < second <= 9
    assert classify([1, 5, 9, np.nan], [first, second]).tolist() == [1, 2, 3, 0]
    assert quantile_breaks(np.arange(101.0), 4).tolist() == [25, 50, 75]
    with pytest.raises(InvalidInput, match="classed"):
        quantile_breaks([1.0], 2)


def test_the_rate_curve_of_a_perfect_and_of_a_useless_order() -> None:
    # 2 of 10 equal cells slid: all of them in the first fifth; area 1 − .1, and .1 when ranked last
    event = np.array([1, 1] + [0] * 8)
    ground, events, below = rate_curve(-np.arange(10), event, np.ones(10))
    assert (ground[2], events[2], below) == pytest.approx((0.2, 1.0, 0.9))
    assert rate_curve(np.arange(10), event, np.ones(10))[2] == pytest.approx(0.1)


def hills(n: int = 1500) -> Sample:
    """A made-up ground: it slides where x is large, and x has no trend in place."""
    rng = np.random.default_rng(SEED)
    lon, lat = rng.uniform(0, 1, (2, n))
    x = rng.normal(size=(n, 3))
    yes = rng.random(n) < 1 / (1 + np.exp(-2 * x[:, 0] - x[:, 1]))
    return Sample(("a", "b", "c"), x, yes, lon, lat, np.ones(n), block_number(lon, lat, 0.1))


@pytest.mark.parametrize("name", sorted(CLASSIFIERS))
def test_every_classifier_finds_what_makes_it_slide_and_knows_nothing_of_nan(name: str) -> None:
    sample = hills()
    fold = block_folds(sample.block, 3, np.random.default_rng(SEED))
    found = out_of_fold(CLASSIFIERS[name], sample.predictors, sample.presence, fold, SEED)
    # Of this ground the true probability itself reaches 0.88
    assert 0.83 < auc(found, sample.presence) < 0.9
    model = CLASSIFIERS[name](sample.predictors, sample.presence, SEED)
    some = sample.predictors[:3].copy()
    some[1, 2] = np.nan
    assert np.isnan(probability(model, some)).tolist() == [False, True, False]


def test_a_sample_with_neighbours_that_copy_each_other_is_found_out() -> None:
    # 150 nests of 12 units, a metre apart and in one block: only random folds let one look the others up.
    rng = np.random.default_rng(SEED)
    lon, lat = np.repeat(rng.uniform(0, 1, (2, 150)), 12, axis=1) + rng.normal(0, 1e-6, (2, 1800))
    yes = np.repeat(rng.random(150) < 0.5, 12)
    sample = Sample(
        ("a",), rng.normal(size=(1800, 1)), yes, lon, lat, np.ones(1800), block_number(lon, lat, 0.1)
    )
    fold = block_folds(sample.block, 5, np.random.default_rng(SEED))
    fit = CLASSIFIERS["logistic"]
    own = out_of_fold(fit, sample.predictors, yes, fold, SEED)
    found = leakage(fit, sample, fold, own, folds=5, buffer=0.02, seed=SEED)
    assert found.shared_blocks == 0
    assert found.place_random > 0.75
    assert found.place_within_random > 0.62
    assert 0.35 < found.place_blocks < 0.65
    assert 0.35 < found.place_within_blocks < 0.65
    assert 0.4 < found.permuted < 0.6


def test_pairs_across_blocks_do_not_count_within_them() -> None:
    score, yes = np.array([0.9, 0.8, 0.2, 0.1]), np.array([False, True, False, True])
    assert (
        within_block_auc(score, yes, np.array([0, 0, 1, 1])) == 0.0
    )  # each block has its pair the wrong way
    assert auc(score, yes) == pytest.approx(0.25)


def test_the_digest_changes_with_data_and_parameters_alone() -> None:
    sample = hills(50)
    one = model_record("logistic", sample, "made up", {"seed": 1})
    assert model_record("logistic", sample, "made up", {"seed": 1}).digest == one.digest
    assert model_record("logistic", sample, "made up", {"seed": 2}).digest != one.digest
    other = replace(sample, presence=~sample.presence)
    assert model_record("logistic", other, "made up", {"seed": 1}).digest != one.digest
    assert one.to_json()["data"]["rows"] == 50
    assert one.method == "logistic/1"
