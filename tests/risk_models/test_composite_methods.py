"""Weights, ranking, clouds, the five highs, the grades of inspectors, and triggers that meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minegis.errors import InvalidInput
from risk_models.composite.cloud import (
    cloud_certainty,
    cloud_class,
    cloud_drops,
    cloud_of_drops,
    interval_clouds,
)
from risk_models.composite.coupling import joint_trigger
from risk_models.composite.five_high import (
    alarm_factor,
    equipment_index,
    exposure_index,
    five_high_profile,
    five_high_tier,
    hazard_factor,
    initial_risk,
    point_risk,
    present_risk,
    unit_risk,
)
from risk_models.composite.grading import (
    accident_class,
    lec_danger,
    lec_tier,
    matrix_tier,
    supervision_tier,
)
from risk_models.composite.probability import noisy_or
from risk_models.composite.ranking import topsis_closeness
from risk_models.composite.region import nemerow
from risk_models.composite.weights import ahp_weights, combined_weights, entropy_weights
from risk_models.warning.tiers import shown_provenance

JUDGED = [[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]]
shares = st.floats(0, 1)


@pytest.mark.parametrize("method", ["geometric", "eigenvector"])
def test_pairwise_judgements_give_the_published_weights(method):
    # vector 44; for a matrix of three the geometric mean is the eigenvector
    found = ahp_weights(JUDGED, method)
    np.testing.assert_allclose(found.weights, [0.63699, 0.25828, 0.10473], atol=5e-6)
    assert found.eigenvalue == pytest.approx(3.03851, abs=5e-6)
    assert found.consistency_ratio == pytest.approx(0.03320, abs=5e-6)


def test_judgements_that_contradict_each_other_are_refused():
    # a > b > c > a: CR = ((λ − 3)/2)/0.58 with λ = 1 + 9 + 1/9 → (10.11 − 3)/2/0.58 = 6.13
    circle = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]
    with pytest.raises(InvalidInput, match=r"contradict.*6\.13"):
        ahp_weights(circle)
    with pytest.raises(InvalidInput, match="reciprocal"):
        ahp_weights([[1, 3], [3, 1]])
    with pytest.raises(InvalidInput, match="square"):
        ahp_weights([[1, 3, 5]])


@given(arrays(np.float64, 5, elements=st.floats(0.05, 20)))
def test_consistent_judgements_give_back_their_weights(weights: np.ndarray):
    for method in ("geometric", "eigenvector"):
        found = ahp_weights(weights[:, None] / weights, method)
        np.testing.assert_allclose(found.weights, weights / weights.sum(), rtol=1e-6)
        assert abs(found.consistency_ratio) < 1e-9


def test_a_column_that_never_differs_gets_no_weight():
    # vector 45
    found = entropy_weights([[1, 2, 3], [2, 2, 1], [3, 2, 2]])
    np.testing.assert_allclose(found.weights, [0.5, 0.0, 0.5], atol=1e-12)
    assert not found.reliable  # three samples


def test_a_zero_is_a_value_and_a_column_of_zeros_is_none():
    # p = (1, 0): entropy 0, so all the weight is there
    found = entropy_weights([[1.0, 1.0], [0.0, 1.0]])
    np.testing.assert_allclose(found.weights, [1.0, 0.0])
    for bad in ([[0.0, 1], [0, 2]], [[-1.0, 1], [2, 2]], [[np.nan, 1], [2, 2]], [[1.0, 2], [1, 2]]):
        with pytest.raises(InvalidInput):
            entropy_weights(bad)


def test_judgement_and_data_share_the_weight():
    found = combined_weights([0.6, 0.4], [0.2, 0.8], 0.5)
    np.testing.assert_allclose(found, [0.4, 0.6])
    with pytest.raises(InvalidInput, match="not a share"):
        combined_weights([0.6, 0.4], [0.2, 0.8], 0.2)
    with pytest.raises(InvalidInput, match="not weights"):
        combined_weights([0.6, 0.6], [0.2, 0.8], 0.5)


def test_the_best_in_all_is_one_and_the_worst_in_all_is_zero():
    # hand: one criterion, values 3 and 4 (norm 5): 0.6, 0.8; the middle of 3, 4, 5 lies half way
    closeness = topsis_closeness([[3.0, 1], [4.0, 1], [5.0, 1]], [1.0, 1.0], [True, True])
    np.testing.assert_allclose(closeness, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(topsis_closeness([[3.0], [5.0]], [1.0], [False]), [1.0, 0.0])


def test_topsis_by_hand():
    # columns 1,2 (√5) and 2,1 (√5), equal weights 0.5, both better when more: A and B mirror each other
    assert topsis_closeness([[1.0, 2], [2, 1]], [0.5, 0.5], [True, True]).tolist() == [0.5, 0.5]
    # weights 0.8 and 0.2: for A D⁺ = 0.8/√5, D⁻ = 0.2/√5 → 0.2
    np.testing.assert_allclose(topsis_closeness([[1.0, 2], [2, 1]], [0.8, 0.2], [True, True]), [0.2, 0.8])


def test_topsis_of_what_is_unknown_or_all_the_same():
    closeness = topsis_closeness([[1.0, 2], [2, np.nan], [2, 1]], [0.5, 0.5], [True, True])
    assert np.isnan(closeness).tolist() == [False, True, False]
    assert np.isnan(topsis_closeness([[1.0], [1.0]], [1.0], [True])).all()
    assert np.isnan(topsis_closeness([[np.nan]], [1.0], [True])).all()
    with pytest.raises(InvalidInput, match="fit"):
        topsis_closeness([[1.0, 2]], [1.0], [True])


def test_an_interval_becomes_a_cloud():
    # [30, 50]: Ex 40, En 20/6, He 0.1 En
    clouds = interval_clouds([0, 30, 50, 85, 100])
    assert clouds.expectation.tolist() == [15, 40, 67.5, 92.5]
    assert clouds.entropy[1] == pytest.approx(20 / 6)
    assert clouds.hyper_entropy[1] == pytest.approx(2 / 6)
    with pytest.raises(InvalidInput, match="rising"):
        interval_clouds([0, 50, 30])


def test_backward_finds_the_cloud_that_forward_drew():
    values, certainty = cloud_drops(40.0, 3.0, 0.6, 400_000, seed=2)
    mean, entropy, hyper = cloud_of_drops(values)
    assert mean == pytest.approx(40.0, abs=0.03)
    assert entropy == pytest.approx(3.0, rel=0.01)
    assert hyper == pytest.approx(0.6, rel=0.1)
    assert (certainty > 0).all()
    assert certainty.max() <= 1
    assert certainty.mean() == pytest.approx(1 / np.sqrt(2), abs=2e-3)  # ∫ exp(−z²/2) φ(z) dz
    with pytest.raises(InvalidInput, match="too few"):
        cloud_of_drops([1.0])


def test_the_certainty_is_the_mean_over_random_entropies():
    clouds = interval_clouds([0, 30, 50, 85, 100])
    spread = np.random.default_rng(4).normal(clouds.entropy[1], clouds.hyper_entropy[1], 400_000)
    expected = np.exp(-((45.0 - 40.0) ** 2) / (2 * spread**2)).mean()
    assert cloud_certainty([45.0], clouds)[1, 0] == pytest.approx(expected, abs=2e-3)
    assert cloud_certainty([-5.0, 99.0], clouds)[[0, 3], [0, 1]].tolist() == pytest.approx([1.0, 1.0])
    assert np.isnan(cloud_certainty([np.nan], clouds)).all()


def test_indicators_in_one_class_make_that_class():
    clouds = interval_clouds([0, 30, 50, 85, 100])
    values = [[10, 40, 70, 95, np.nan, np.nan], [12, 42, np.nan, 99, np.nan, 45]]
    found = cloud_class(values, clouds, [0.7, 0.3])
    assert found[[0, 1, 2, 3, 5]].tolist() == [0, 1, 2, 3, 1]
    assert np.isnan(found[4])


def test_a_risk_point_a_unit_and_its_initial_risk():
    # vector 41: hs 1.4, M 5, E 5, l 0.1, t 3; then H of (40.25, 20) and (5, 3); R0 at v = 80
    assert point_risk(1.4, 5, 5, 0.1, 3) == pytest.approx(44.275)
    assert unit_risk([40.25, 20], [5, 3]) == pytest.approx(32.65625)
    assert initial_risk(32.65625, 80) == pytest.approx(40.8203, abs=5e-5)
    assert np.isnan(initial_risk(32.0, [0.0, 101.0, np.nan])).all()


def test_alarms_and_open_hazards_raise_the_risk():
    # vector 42: two low and one middle alarm
    assert alarm_factor(2, 1, 0) == pytest.approx(1.5)
    assert hazard_factor(4, 0.5, 1, 1.0) == pytest.approx(1.7)  # 1 + 0.1*4*0.5 + 0.5*1*1
    assert present_risk(40.0, 1.5, 1.0) == pytest.approx(60.0)
    with pytest.raises(InvalidInput, match="lowers"):
        present_risk(40.0, 0.9, 1.0)


def test_the_indices_of_equipment_and_exposure():
    assert equipment_index(["isolated", "fail_danger_error_risk"]).tolist() == [1.0, 1.7]
    assert np.isnan(equipment_index("unheard_of"))
    assert exposure_index([0, 2, 3, 9, 10, 29, 30, 99, 100]).tolist() == [1, 1, 3, 3, 5, 5, 7, 7, 9]
    assert np.isnan(exposure_index([np.nan, -1])).all()


def test_the_tiers_of_the_five_highs_and_their_uplift():
    assert five_high_tier([0, 29.9, 30, 50, 84.9, 85]).tolist() == [1, 1, 2, 3, 3, 4]
    assert five_high_tier([20, 90], [True, True]).tolist() == [2, 4]
    assert np.isnan(five_high_tier([np.nan, -1])).all()


def test_the_profile_shows_itself_as_a_project_default():
    assert "project default" in shown_provenance(five_high_profile().provenance)


def test_a_region_is_the_nemerow_index_of_its_enterprises():
    # vector 43
    assert nemerow([90, 60, 30]) == pytest.approx(76.4853, abs=5e-5)


def test_lec_grades():
    # vector 48
    danger = lec_danger([6, 6], [3, 6], 15)
    assert danger.tolist() == [270, 540]
    assert lec_tier(danger).tolist() == [3, 4]
    assert lec_tier([69, 70, 159, 160, 320, 320.1]).tolist() == [1, 2, 2, 3, 3, 4]
    assert np.isnan(lec_danger(5, 3, 15))  # 5 is not on the scale
    assert np.isnan(lec_tier([np.nan, 0.0])).all()


def test_the_risk_matrix():
    grid = matrix_tier(*np.mgrid[1:6, 1:6])
    assert grid.tolist() == [
        [1, 1, 1, 2, 2],
        [1, 2, 2, 2, 3],
        [1, 2, 3, 3, 3],
        [2, 2, 3, 3, 4],
        [2, 3, 3, 4, 4],
    ]
    assert np.isnan(matrix_tier([0, 6, np.nan, 2.5], 1)).all()
    assert (np.diff(grid, axis=0) >= 0).all()
    assert (np.diff(grid, axis=1) >= 0).all()


def test_supervision_grades_and_accident_classes():
    assert supervision_tier(["A", "B", "C", "D"]).tolist() == [1, 2, 3, 4]
    assert np.isnan(supervision_tier("E"))
    assert accident_class([2, 3, 10, 30, 0, 0], [9, 0, 0, 0, 50, 0], [0, 0, 0, 0, 0, 10000]).tolist() == [
        0,
        1,
        2,
        3,
        2,
        3,
    ]
    unknown = accident_class([40, 2], [np.nan, np.nan], 0)
    assert unknown[0] == 3
    assert np.isnan(unknown[1])


@given(shares, shares, shares)
def test_triggers_together_are_never_less_likely_than_each_on_its_own(rain, shaking, strength):
    both = joint_trigger(rain, shaking, strength)
    assert both >= noisy_or([rain, shaking]) - 1e-12
    assert both >= max(rain, shaking)
    assert both <= 1


def test_a_joint_trigger_by_hand():
    # 1 − 0.8 * 0.9 * (1 − 0.5 * 0.2 * 0.1) = 1 − 0.72 * 0.99
    assert joint_trigger(0.2, 0.1, 0.5) == pytest.approx(0.2872)
    found = joint_trigger([0.2, np.nan, np.nan], [np.nan, 0.1, np.nan], 0.5)
    np.testing.assert_allclose(found, [0.2, 0.1, np.nan])
    # vector 62: independent causes 0.2, 0.1, 0.05
    assert noisy_or([0.2, 0.1, 0.05]) == pytest.approx(0.316)
    with pytest.raises(InvalidInput, match="strength"):
        joint_trigger(0.1, 0.1, 2.0)
