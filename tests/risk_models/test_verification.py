"""Scores of warnings and probabilities, against published values and other implementations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from minegis.errors import InvalidInput
from minegis.levels import Tier
from risk_models.verification.alarms import Alarm, alarm_figures
from risk_models.verification.contingency import Contingency, Rate
from risk_models.verification.edumap import duration_matrix, event_class
from risk_models.verification.matching import Occurrence, Stretch, match
from risk_models.verification.probability import brier, calibration_error, reliability
from risk_models.verification.ranking import auc, block_bootstrap, delong, roc_curve
from risk_models.verification.settings import settings

scored = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=4, max_size=60).filter(
    lambda rows: 0 < sum(event for _, event in rows) < len(rows)
)


def test_the_scores_of_twelve_hits_eight_false_alarms_and_three_misses() -> None:
    table = Contingency(12, 8, 3, 977)  # vector 49
    assert table.pod.value == pytest.approx(0.8)
    assert table.far.value == pytest.approx(0.4)
    assert table.csi.value == pytest.approx(0.5217, abs=5e-5)
    assert table.bias == pytest.approx(1.3333, abs=5e-5)
    assert table.pofd.value == pytest.approx(0.00812, abs=5e-6)
    assert table.hss == pytest.approx(0.6802, abs=5e-5)
    assert table.pss == pytest.approx(0.7919, abs=5e-5)


def test_finleys_tornadoes_score_as_published() -> None:
    # Finley (1884): 28 hits, 72 false alarms, 23 misses, 2680 correct. Scores of the WWRP/WGNE site.
    table = Contingency(28, 72, 23, 2680)
    published = (0.549, 0.720, 0.228, 0.026, 1.96, 0.523, 0.355)
    found = (
        table.pod.value, table.far.value, table.csi.value, table.pofd.value, table.bias, table.pss, table.hss
    )  # fmt: skip
    assert found == pytest.approx(published, abs=0.005)


def test_the_indices_for_rare_events_by_hand() -> None:
    # H = 0.5, F = 0.01: EDI = (ln .01 − ln .5)/(ln .01 + ln .5) = (−4.60517 + .693147)/(−4.60517 − .693147)
    # = 0.738352; SEDI adds −ln .99 + ln .5 above and ln .99 + ln .5 below: −4.595120/−6.001514 = .765660.
    table = Contingency(10, 10, 10, 990)
    assert table.edi == pytest.approx(0.738352, abs=1e-6)
    assert table.sedi == pytest.approx(0.765660, abs=1e-6)


def test_scores_that_are_not_defined_are_nan() -> None:
    empty = Contingency(0, 0, 0, 0)
    scores = (empty.pod.value, empty.far.value, empty.bias, empty.hss, empty.edi, empty.sedi)
    assert all(math.isnan(score) for score in scores)
    assert empty.pod.interval() == (0.0, 1.0)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombe(
    successes: int, trials: int, low: float, high: float
) -> None:  # Newcombe (1998), table I, method 3
    assert Rate(successes, trials).interval(0.95) == pytest.approx((low, high), abs=6e-5)


def test_fewer_than_twenty_trials_never_show_a_percentage() -> None:
    assert Rate(12, 15).shown() == "12/15"
    assert Rate(15, 20).shown().startswith("75.0 % (")
    with pytest.raises(InvalidInput, match="rate"):
        Rate(3, 2)


@given(scored)
def test_the_area_is_that_of_another_implementation_and_of_the_curve(rows: list[tuple[int, bool]]) -> None:
    score, event = (np.array(column) for column in zip(*rows, strict=True))
    curve = roc_curve(score, event)
    assert auc(score, event) == pytest.approx(roc_auc_score(event, score))
    assert np.trapezoid(curve.true_positive, curve.false_positive) == pytest.approx(auc(score, event))
    assert auc(-score, event) == pytest.approx(1 - auc(score, event))


def test_hanley_and_mcneil_rate_109_images() -> None:
    # Table I of Hanley & McNeil (1982): ratings 1 to 5 of 58 normal and 51 abnormal images, area 0.893.
    normal, abnormal = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    rating = np.repeat(np.tile(np.arange(1, 6), 2), normal + abnormal)
    assert auc(rating, np.repeat([False, True], [58, 51])) == pytest.approx(0.893, abs=5e-4)


def test_a_missing_score_is_left_out_and_one_kind_of_case_has_no_ranking() -> None:
    assert auc([0.1, np.nan, 0.9], [False, False, True]) == 1.0
    with pytest.raises(InvalidInput, match="ranking"):
        auc([0.1, 0.2], [True, True])


def test_delong_is_its_definition_by_pairs() -> None:
    rng = np.random.default_rng(4)
    event = np.arange(80) < 30
    scores = rng.normal(size=(2, 80)).round(1) + event * np.array([[1.2], [0.6]])
    wins = (scores[:, event, None] > scores[:, None, ~event]) + 0.5 * (
        scores[:, event, None] == scores[:, None, ~event]
    )
    variance = np.cov(wins.mean(axis=2)) / 30 + np.cov(wins.mean(axis=1)) / 50
    spread = math.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])
    found = delong(*scores, event)
    assert found.value == pytest.approx(wins[0].mean() - wins[1].mean())
    assert found.high - found.low == pytest.approx(2 * 1.959964 * spread, rel=1e-6)


def test_whole_blocks_make_the_interval_wider_where_cases_repeat_each_other() -> None:
    rng = np.random.default_rng(5)
    event = rng.random(40) < 0.4
    first, second = rng.normal(size=40) + event, rng.normal(size=40) + 0.3 * event
    many = [np.repeat(each, 25) for each in (first, second, event)]
    block = np.repeat(np.arange(40), 25)
    blocks = block_bootstrap(*many, block, draws=300, rng=rng)
    singles = block_bootstrap(*many, np.arange(1000), draws=300, rng=rng)
    assert blocks.value == singles.value == pytest.approx(auc(first, event) - auc(second, event))
    assert blocks.high - blocks.low > 3 * (singles.high - singles.low)  # √25 = 5 if they were independent


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=80))
def test_the_parts_of_the_brier_score_add_up(rows: list[tuple[float, bool]]) -> None:
    p, event = (np.array(column) for column in zip(*rows, strict=True))
    found = brier(p, event)
    assert found.score == pytest.approx(brier_score_loss(event, p, pos_label=True))
    total = found.reliability - found.resolution + found.uncertainty + found.within
    assert total == pytest.approx(found.score, abs=1e-12)


def test_the_parts_of_a_brier_score_by_hand() -> None:
    # 4 cases at .25, one came true; 4 at .75, two came true: BS = (1·.5625 + 3·.0625 + 2·.0625 + 2·.5625)/8
    # = 0.25; REL = ½·0 + ½·(.25)² = .03125; climate 3/8: RES = ½·(1/8)² + ½·(1/8)² = 1/64; UNC = 15/64.
    p, event = [0.25] * 4 + [0.75] * 4, [1, 0, 0, 0, 1, 1, 0, 0]
    found = brier(p, event)
    assert (found.score, found.reliability, found.resolution, found.uncertainty) == pytest.approx(
        (0.25, 0.03125, 1 / 64, 15 / 64)
    )
    assert found.within == pytest.approx(0.0, abs=1e-15)
    assert found.skill == pytest.approx(1 - 0.25 * 64 / 15)
    assert calibration_error(p, event) == pytest.approx(0.125)  # ½·0 + ½·0.25
    assert [one.observed for one in reliability(p, event)] == [Rate(1, 4), Rate(2, 4)]


def test_time_is_added_up_by_event_class_and_tier() -> None:
    # 100 quiet h, 6 h of yellow for nothing, 2 h of orange in class 3, 1 h of class 4 unseen
    found = duration_matrix(np.array([0, 0, 3, 4]), np.array([0, 2, 3, 0]), np.array([100.0, 6, 2, 1]))
    assert [found.alert(kind) for kind in ("TN", "FA", "CA", "MA")] == [100, 6, 2, 1]
    indices = found.indices
    assert indices["efficiency"] == pytest.approx(102 / 109)
    assert indices["hit_rate"] == pytest.approx(2 / 3)
    assert indices["predictive_power"] == pytest.approx(2 / 8)
    assert indices["threat_score"] == pytest.approx(2 / 9)
    assert indices["odds_ratio"] == pytest.approx(102 / 7)
    assert indices["error_rate"] == pytest.approx((6 + 1) / 9)  # red 6 h (two off), purple 1 h (four off)
    assert indices["serious_mistakes"] == pytest.approx(1 / 9)


def test_every_element_of_the_duration_matrix_has_a_meaning() -> None:
    rules = settings().edumap
    size = len(rules.classes)
    for table, words in (
        (rules.alert, {"TN", "CA", "FA", "MA"}),
        (rules.grade, {"green", "yellow", "red", "purple"}),
    ):
        assert [len(row) for row in table] == [len(Tier)] * size
        assert {word for row in table for word in row} == words
    assert event_class("larger") == 3
    assert event_class("something else") == 1


def test_a_warning_in_force_before_an_event_is_a_hit_with_its_lead() -> None:
    # Windows of 72 h: a was warned 10 h before and, too early, 100 h before; b never, c for nothing.
    warnings = [Stretch("a", 0, 5), Stretch("a", 90, 120), Stretch("c", 50, 60)]
    found = match(Tier.ORANGE, warnings, [Occurrence("a", 100), Occurrence("b", 30)], list("abc"), span=144)
    # 3 assets × 2 windows, less 2 events and 2 false alarms
    assert found.table == Contingency(1, 2, 1, 2)
    assert found.lead_hours == (10,)
    assert found.lead(0.5) == 10


def test_alarms_are_counted_as_the_guides_do() -> None:
    # 12 alarms of one point within a minute, 1 of another that stood 30 h: 13 in 24 h = 144 periods
    alarms = [Alarm("a", Tier.BLUE, 1 + k / 720, 2) for k in range(12)] + [Alarm("b", Tier.RED, 3, 33)]
    found = alarm_figures(alarms, 24.0)
    assert found["alarms_per_period"] == pytest.approx(13 / 144)
    assert found["alarms_per_day"] == 13
    assert found["flood_share"] == pytest.approx(1 / 144)
    assert (found["chattering"], found["stale"]) == (1, 1)
    assert found["red_share"] == pytest.approx(1 / 13)
    assert set(found) == set(settings().alarms.targets)


def test_no_alarms_have_no_shares() -> None:
    found = alarm_figures([], 24.0)
    assert found["alarms_per_day"] == 0
    assert math.isnan(found["top_share"])
