"""Tailings storage facilities: class, freeboard, dry beach, phreatic line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput, MissingEvidence
from risk_models.rule_package import load_rules
from risk_models.tailings.classification import tsf_class
from risk_models.tailings.freeboard import (
    dry_beach_at_flood,
    flood_level,
    freeboard,
    measured_beach_at_flood,
    minimum_dry_beach,
    minimum_freeboard,
)
from risk_models.tailings.phreatic import minimum_phreatic_depth

RULES = load_rules("national")


@pytest.mark.parametrize(
    ("storage", "height", "expected"),
    [
        (1200, 62, 3),  # both class 3
        (12000, 45, 3),  # 2 by storage, 4 by height: two apart, the higher lowered by one
        (800, 70, 3),  # 4 and 3: one apart, the higher
        (90, 35, 4),  # 5 and 4: one apart, the higher
        (50000, 20, 2),  # 1 and 5: the higher lowered by one
        (100, 30, 4),  # both limits belong to the higher class
    ],
)
def test_the_class_follows_storage_and_height(storage: float, height: float, expected: int) -> None:
    assert tsf_class(storage, height, RULES) == expected


@given(st.floats(0, 1e5), st.floats(0, 400), st.floats(0, 1e4), st.floats(0, 100))
def test_a_larger_facility_never_has_a_lower_class(v: float, h: float, more_v: float, more_h: float) -> None:
    assert tsf_class(v + more_v, h + more_h, RULES) <= tsf_class(v, h, RULES)


def test_a_negative_height_cannot_be_classed() -> None:
    with pytest.raises(InvalidInput, match="dam_height"):
        tsf_class(100, -1, RULES)


def test_freeboard_and_beach_are_taken_at_the_design_flood_level() -> None:
    # crest 312.4, normal 309.2, rise 1.8: flood 311.0; freeboard 1.4; 1.4 / 0.01 = 140, not 320 as today.
    flood = flood_level(309.2, 309.2, 311.0)
    assert freeboard(312.4, flood) == pytest.approx(1.4)
    assert dry_beach_at_flood(312.4, flood, 0.01) == pytest.approx(140)


def test_a_class_3_upstream_facility_passes_both_minima_twice_over() -> None:
    assert 1.4 / minimum_freeboard(3, RULES) == pytest.approx(2)
    assert 140 / minimum_dry_beach(3, "upstream", RULES) == pytest.approx(2)


def test_a_high_pond_raises_the_flood_level_and_a_low_one_does_not_lower_it() -> None:
    np.testing.assert_allclose(flood_level([308.0, 309.2, 309.9], 309.2, 311.0), [311.0, 311.0, 311.7])


def test_a_beach_measured_today_is_shortened_to_the_flood_level() -> None:
    # 320 m at 309.2 m; the flood stands 1.8 m higher, which covers 180 m of a 1 % beach.
    assert measured_beach_at_flood(320, 309.2, 311.0, 0.01) == pytest.approx(140)


def test_a_level_beach_is_refused() -> None:
    with pytest.raises(InvalidInput, match="beach_slope"):
        dry_beach_at_flood(312.4, 311.0, 0.0)


@pytest.mark.parametrize(
    ("grade", "method", "design", "expected"),
    [
        (3, "upstream", None, 70),
        (3, "centreline", None, 50),
        (3, "upstream", 90, 90),  # a stricter design holds
        (3, "upstream", 55, 55),  # a proof allows down to 70 % of 70 = 49 m
        (3, "upstream", 40, 49),
        (4, "upstream", 40, 50),  # no reduction for grade 4
        (3, "downstream", 40, 50),  # nor for a downstream dam
    ],
)
def test_the_design_beach_holds_down_to_what_a_seepage_proof_allows(
    grade: int, method: str, design: float | None, expected: float
) -> None:
    assert minimum_dry_beach(grade, method, RULES, design) == pytest.approx(expected)


def test_a_dry_stack_has_no_minimum_beach() -> None:
    with pytest.raises(MissingEvidence, match="dry_stack"):
        minimum_dry_beach(3, "dry_stack", RULES)


def test_the_phreatic_minimum_is_interpolated_by_height() -> None:
    # 85 m lies 25/40 between 60 m (4 m) and 100 m (6 m): 5.25 m. Below 30 m it stays 2 m.
    np.testing.assert_allclose(
        minimum_phreatic_depth([10, 30, 60, 85, 100, 150, 300], RULES), [2, 2, 4, 5.25, 6, 8, 10]
    )


@given(st.floats(0, 500), st.floats(0, 100))
def test_a_higher_dam_never_needs_less_depth(height: float, more: float) -> None:
    assert minimum_phreatic_depth(height + more, RULES) >= minimum_phreatic_depth(height, RULES)
