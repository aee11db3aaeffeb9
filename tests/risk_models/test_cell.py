"""Cells: the worst of hazards and assets, and a noisy-OR."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Standing, Tier
from risk_models.composite.attribution import points_of_worst
from risk_models.composite.cell import (
    STATES,
    CellAssets,
    CellHazard,
    assets_in_cells,
    cell_risk,
)
from risk_models.rule_package import load_rules

RULES = load_rules("national")
NAN = np.nan


def none(n: int) -> CellAssets:
    return assets_in_cells(n, [], [], [], [])


def hazard(*p: float, standing: Standing = Standing.VERIFIED) -> CellHazard:
    return CellHazard(np.array(p), standing)


def states(*names: str) -> list[int]:
    return [STATES.index(EvidenceState(name)) for name in names]


def test_a_cell_shows_its_worst_asset_however_small_the_part() -> None:
    found = assets_in_cells(3, [0, 0, 2], [1, 4, 2], [12, 90, 40], [0, 0, 1])
    np.testing.assert_array_equal(found.tier, [4, 0, 2])
    np.testing.assert_array_equal(found.score, [90, 0, 40])
    np.testing.assert_array_equal(found.count, [2, 0, 1])


def test_probabilities_become_tiers_and_never_a_mean() -> None:
    # bands 10, 20, 40, 60 %; noisy-OR of 0.2, 0.1, 0.05 is 1 - 0.8·0.9·0.95 = 0.316
    hazards = {"a": hazard(0.2, 0.05), "b": hazard(0.1, 0.6), "c": hazard(0.05, NAN)}
    found = cell_risk(hazards, none(2), RULES)
    np.testing.assert_array_equal(found.tier, [2, 4])
    np.testing.assert_allclose(found.probability, [0.316, 1 - 0.95 * 0.4])
    np.testing.assert_array_equal(found.hazard_tier["b"], [1, 4])


def test_an_illustrative_hazard_stays_at_blue() -> None:
    found = cell_risk({"a": hazard(0.99, standing=Standing.ILLUSTRATIVE)}, none(1), RULES)
    assert found.tier[0] == Tier.BLUE
    assert RULES.score.tier(float(found.score[0])) is Tier.BLUE


def test_a_red_asset_makes_a_calm_cell_red() -> None:
    assets = assets_in_cells(1, [0], [4], [90], [0])
    found = cell_risk({"a": hazard(0.0)}, assets, RULES)
    assert (found.tier[0], found.score[0], found.state[0]) == (4, 90, 0)


def test_what_is_unknown_is_said_to_be() -> None:
    missing, stale = states("missing", "stale")
    hazards = {"a": hazard(NAN, 0.1, 0.1, NAN, 0.1), "b": hazard(NAN, NAN, 0.1, NAN, 0.1)}
    assets = assets_in_cells(5, [2, 3, 4], [0, 2, 0], [0, 40, 0], [stale, 0, missing])
    found = cell_risk(hazards, assets, RULES)
    np.testing.assert_array_equal(
        found.state, states("missing", "insufficient", "stale", "insufficient", "insufficient")
    )
    assert np.isnan(found.probability[0])


def test_a_cell_whose_only_asset_is_silent_is_missing() -> None:
    (missing,) = states("missing")
    found = cell_risk({"a": hazard(NAN)}, assets_in_cells(1, [0], [0], [0], [missing]), RULES)
    assert found.state[0] == missing


def test_hazards_of_another_length_are_refused() -> None:
    with pytest.raises(InvalidInput, match="differ in length"):
        cell_risk({"a": hazard(0.1)}, none(2), RULES)


PROBABILITIES = hnp.arrays(np.float64, (2, 6), elements=st.floats(0, 1) | st.just(NAN))
SCORES = hnp.arrays(np.float64, 6, elements=st.floats(0, 100))


@given(PROBABILITIES, SCORES, st.sampled_from(Standing))
def test_no_red_is_averaged_away_and_scores_lie_in_their_bands(
    p: np.ndarray, scores: np.ndarray, standing: Standing
) -> None:
    tiers = [RULES.score.tier(float(score)) for score in scores]
    assets = assets_in_cells(6, np.arange(6), tiers, scores, np.zeros(6))
    found = cell_risk(
        {"a": CellHazard(p[0], standing), "b": CellHazard(p[1], Standing.VERIFIED)}, assets, RULES
    )
    assert (found.tier >= assets.tier).all()
    assert (found.tier[p[1] >= 0.6] == Tier.RED).all()
    assert [RULES.score.tier(float(score)) for score in found.score] == list(found.tier)


@given(PROBABILITIES, hnp.arrays(np.float64, (2, 6), elements=st.floats(0, 1)))
def test_a_larger_probability_never_makes_a_cell_milder(p: np.ndarray, more: np.ndarray) -> None:
    known = np.nan_to_num(p)
    before, after = (
        cell_risk(
            {"a": CellHazard(q[0], Standing.VERIFIED), "b": CellHazard(q[1], Standing.CALIBRATED)},
            none(6),
            RULES,
        )
        for q in (known, np.maximum(known, more))
    )
    assert (after.tier >= before.tier).all()
    assert (after.score >= before.score).all()


def test_the_worst_score_is_shared_by_steps_among_all_that_reach_them() -> None:
    # 30 is shared by three, the next 20 by two, the last 10 is the highest one's own
    assert points_of_worst([50.0, 30.0, 60.0]).tolist() == [20.0, 10.0, 30.0]
    assert points_of_worst([]).size == 0
    assert points_of_worst([40.0, 40.0]).tolist() == [20.0, 20.0]
