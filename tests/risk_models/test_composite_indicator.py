"""A million random sets of indicators: nothing is averaged away, and worse never looks better."""

from itertools import product

import numpy as np
import pytest

from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Standing, Tier
from risk_models.composite.cell import STATES
from risk_models.composite.indicator import Composite, Indicators, composite, roll_tiers
from risk_models.rule_package import load_rules
from risk_models.warning.tiers import roll

N = 1_000_000
RULES = load_rules("national")
CAL, ILL = Standing.CALIBRATED, Standing.ILLUSTRATIVE
ITEMS = Indicators(
    names=("freeboard", "beach", "phreatic", "displacement", "rain", "shaking", "model", "management"),
    weights=(3, 1, 3, 2, 1, 1, 2, 0.5),
    mandatory=(True, True, True, True, False, False, False, False),
    standings=(CAL, CAL, CAL, CAL, CAL, CAL, ILL, CAL),
)
LOWER = [RULES.score.lower_bounds[tier] for tier in Tier]


def tier_of(scores: np.ndarray) -> np.ndarray:
    """Tier of a score by comparison with each bound, independent of the code under test."""
    return sum((scores >= bound).astype(int) for bound in LOWER[1:])


@pytest.fixture(scope="module")
def scores() -> np.ndarray:
    """(8, 10⁶): all kinds of sets, from all calm to all red, one value in seven unknown."""
    rng = np.random.default_rng(20)
    scores = 100 * rng.random((8, N)) ** rng.uniform(0.2, 6, N)
    on_bound = rng.random((8, N)) < 0.1
    scores[on_bound] = rng.choice(LOWER, on_bound.sum())
    scores[rng.random((8, N)) < 1 / 7] = np.nan
    return scores


@pytest.fixture(scope="module")
def found(scores: np.ndarray) -> Composite:
    return composite(scores, ITEMS, RULES)


def capped(scores: np.ndarray) -> np.ndarray:
    tiers = tier_of(np.nan_to_num(scores))
    tiers[6] = np.minimum(tiers[6], Tier.BLUE)  # the illustrative one
    return tiers


def test_the_composite_is_never_below_the_worst_mandatory_item(scores, found):
    worst = capped(scores)[:4].max(axis=0)
    assert (found.tier >= worst).all()
    np.testing.assert_array_equal(found.mandatory, worst)
    assert np.bincount(worst, minlength=5).min() > 1000  # every colour was there


def test_the_composite_is_never_below_the_promotion_of_the_rule(scores, found):
    tiers = capped(scores)
    code = sum((tiers == level).sum(axis=0) * 9 ** (level - 1) for level in range(1, 5))  # counts are 0 to 8
    distinct, where = np.unique(code, return_inverse=True)
    rolled = [
        roll(
            [Tier(level) for level in range(1, 5) for _ in range(one // 9 ** (level - 1) % 9)],
            RULES.promotion,
        )
        for one in distinct.tolist()
    ]
    expected = np.array([one.tier for one in rolled])[where]
    np.testing.assert_array_equal(found.promoted, expected)
    np.testing.assert_array_equal(found.without_carry, np.array([one.without_carry for one in rolled])[where])
    assert (found.tier >= expected).all()
    assert (expected > tiers.max(axis=0)).sum() > 1000  # promotion did something


def test_the_score_lies_in_the_band_of_the_tier(scores, found):
    known = ~np.isnan(found.score)
    np.testing.assert_array_equal(known, ~np.isnan(scores).all(axis=0))
    np.testing.assert_array_equal(tier_of(found.score[known]), found.tier[known])


@pytest.mark.parametrize("item", range(8))
def test_a_worse_indicator_never_gives_a_milder_composite(scores, found, item: int):
    rng = np.random.default_rng(item)
    worse = scores.copy()
    worse[item] = np.minimum(worse[item] + 100 * rng.random(N) ** 3, 100.0)
    after = composite(worse, ITEMS, RULES)
    assert (after.tier >= found.tier).all()
    known = ~np.isnan(found.score)
    assert (after.score[known] >= found.score[known]).all()
    assert (after.tier > found.tier).any()


def test_a_red_among_many_calm_items_stays_red():
    calm = np.full((8, 1), 0.0)
    calm[1] = 90.0
    one = composite(calm, ITEMS, RULES)
    assert (one.tier, one.weighted, one.score) == (Tier.RED, Tier.NONE, 85.0)


def test_an_illustrative_indicator_counts_as_blue_at_most():
    only = np.full((8, 1), 0.0)
    only[6] = 100.0
    assert composite(only, ITEMS, RULES).tier == Tier.BLUE


def test_what_is_not_known_is_no_good_news():
    some = np.array([[np.nan, 5.0, 5.0], *[[np.nan, 5.0, np.nan]] * 7])
    some[1:4, 2] = 5.0  # mandatory ones known, 5.5 of 13.5 by weight not
    found = composite(some, ITEMS, RULES)
    states = [STATES[index] for index in found.state]
    assert states == [EvidenceState.MISSING, EvidenceState.SUFFICIENT, EvidenceState.SUFFICIENT]
    assert found.coverage[2] == pytest.approx(9 / 13.5)
    some[0, 1] = np.nan  # a mandatory one
    assert STATES[composite(some, ITEMS, RULES).state[1]] is EvidenceState.INSUFFICIENT


def test_the_roll_on_arrays_is_the_roll_on_lists_for_every_count():
    combinations = list(product(range(10), repeat=4))
    columns = np.zeros((36, len(combinations)), dtype=np.int8)
    for at, counts in enumerate(combinations):
        levels = np.repeat([1, 2, 3, 4], counts)
        columns[: levels.size, at] = levels
    tier, without_carry = roll_tiers(columns, RULES.promotion)
    expected = [roll([Tier(int(v)) for v in column if v], RULES.promotion) for column in columns.T]
    np.testing.assert_array_equal(tier, [one.tier for one in expected])
    np.testing.assert_array_equal(without_carry, [one.without_carry for one in expected])


def test_vectors_of_the_roll():
    # vector 6: [1,1,1,1] → 2, [2,2,2] → 3, [3,3] → 4, [1,1,1,2] → 2, [1×4, 2, 2] → 3
    lists = [[1, 1, 1, 1], [2, 2, 2], [3, 3], [1, 1, 1, 2], [1, 1, 1, 1, 2, 2]]
    columns = np.array([each + [0] * (6 - len(each)) for each in lists]).T
    assert roll_tiers(columns, RULES.promotion)[0].tolist() == [2, 3, 4, 2, 3]


@pytest.mark.parametrize(
    ("problem", "scores"), [("rows", np.zeros((7, 2))), ("not a score", np.full((8, 2), 101.0))]
)
def test_what_are_no_scores_is_refused(problem: str, scores: np.ndarray):
    with pytest.raises(InvalidInput, match=problem):
        composite(scores, ITEMS, RULES)


def test_indicators_must_make_sense():
    with pytest.raises(InvalidInput, match="illustrative"):
        Indicators(("a",), (1.0,), (True,), (ILL,))
    with pytest.raises(InvalidInput, match="weights"):
        Indicators(("a",), (0.0,), (True,), (CAL,))
    with pytest.raises(InvalidInput, match="length"):
        Indicators(("a", "b"), (1.0,), (True,), (CAL,))
    with pytest.raises(InvalidInput, match="not tiers"):
        roll_tiers([[5]], RULES.promotion)
