"""Slope stability: published cases of simplified Bishop, its limits, and the factors that are required."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput
from risk_models.rule_package import load_rules
from risk_models.slopes.infinite_slope import factor_of_safety
from risk_models.tailings import slip_circle
from risk_models.tailings.slope_stability import (
    bishop_factor_of_safety,
    default_ground,
    pseudo_static_factor_of_safety,
    required_factor_of_safety,
    safety_tier,
    seismic_coefficient,
)

NATIONAL = load_rules("national")
DRY = np.inf


def bishop(**changed: Any) -> Any:
    given_ = {
        "height": 10.0, "face_ratio": 2.0, "cohesion": 3.0, "friction_angle": 19.6, "unit_weight": 20.0,
        "phreatic_depth": DRY, "beach_length": 100.0, "pond_depth": 5.0, "foundation_depth": 100.0,
        "horizontal_acceleration": 0.0, "upward_acceleration": 0.0,
    }  # fmt: skip
    return bishop_factor_of_safety(**{**given_, **changed})


def pseudo_static(**changed: Any) -> Any:
    given_ = {
        "height": 40.0, "face_ratio": 4.0, "cohesion": 8.0, "friction_angle": 29.0, "unit_weight": 19.5,
        "phreatic_depth": 4.0, "beach_length": 150.0, "pond_depth": 3.0, "foundation_depth": 10.0,
        "horizontal_acceleration": 0.05,
    }  # fmt: skip
    return pseudo_static_factor_of_safety(**{**given_, **changed})


def test_the_simple_slope_of_acads_has_the_factor_that_bishop_answers_gave() -> None:
    # ACADS study, problem 1(a) (Giam & Donald 1989): 10 m high, 1:2, c 3 kPa, φ 19.6°, 20 kN/m³, no water,
    # firm ground 5 m below the toe. Referee 1.00; mean of 18 Bishop answers 0.993, of all 33 answers 0.991.
    assert bishop(foundation_depth=5.0) == pytest.approx(0.993, abs=0.01)


def test_the_chart_of_bishop_and_morgenstern_is_reproduced() -> None:
    # Bishop & Morgenstern (1960): 1:2, φ' 20°, c'/γH 0.05, no pore pressure, firm base at the toe: 1.380
    found = bishop(cohesion=10.0, friction_angle=20.0, foundation_depth=0.0)
    assert found == pytest.approx(1.380, abs=0.01)


@pytest.mark.parametrize(("angle", "number"), [(75.0, 0.219), (60.0, 0.191), (53.0, 0.181)])
def test_undrained_slopes_have_the_stability_numbers_of_taylor(angle: float, number: float) -> None:
    # Taylor (1937): at the limit c = N γ H, so FS = 20 / (N × 20 × 10); N is given to three digits
    ratio = 1 / np.tan(np.radians(angle))
    found = bishop(face_ratio=ratio, cohesion=20.0, friction_angle=0.0)
    assert found == pytest.approx(20.0 / (number * 200.0), rel=0.006)


@pytest.mark.parametrize("ratio", [2.0, 3.0, 5.0])
def test_a_slope_without_cohesion_is_an_infinite_slope(ratio: float) -> None:
    angle = np.degrees(np.arctan(1 / ratio))
    dry = factor_of_safety(0.0, 33.0, 19.0, 2.0, angle, 0.0)
    wet = factor_of_safety(0.0, 33.0, 19.0, 2.0, angle, 1.0)
    sand = {"face_ratio": ratio, "cohesion": 0.0, "friction_angle": 33.0, "unit_weight": 19.0}
    assert bishop(**sand) == pytest.approx(float(dry), rel=0.02)
    # The phreatic line in the face, the pond far away and as high as the crest.
    wet_slope = bishop(**sand, phreatic_depth=0.0, pond_depth=0.0, beach_length=1e5)
    assert wet_slope == pytest.approx(float(wet), rel=0.02)


@pytest.mark.parametrize("vertical", [-0.05, 0.0, 0.05])
def test_a_shaken_slope_without_cohesion_is_a_shaken_infinite_slope(vertical: float) -> None:
    # tanφ [(1 - k_v) cosβ - k_h sinβ] / [(1 - k_v) sinβ + k_h cosβ], by statics of a block
    beta, k = np.arctan(1 / 3), 0.1
    lighter = 1 - vertical
    resisting = np.tan(np.radians(33)) * (lighter * np.cos(beta) - k * np.sin(beta))
    expected = resisting / (lighter * np.sin(beta) + k * np.cos(beta))
    found = bishop(
        face_ratio=3.0, cohesion=0.0, friction_angle=33.0, unit_weight=19.0,
        horizontal_acceleration=k, upward_acceleration=vertical,
    )  # fmt: skip
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("firm", [0.02, 0.25, 1.0])
def test_the_search_finds_nothing_worse_than_a_dense_grid_of_circles(firm: float) -> None:
    dam = np.array([4.5, 0.05, 0.5, 0.1, 3.0, 0.93, 0.5, 0.1, 0.0, firm, 0.03])
    safety, circle, work = np.empty(1), np.full((1, 3), np.nan), np.empty((80, 3))
    slip_circle.worst_circles(dam[np.newaxis], 0, 1, safety, circle)
    dense = min(
        slip_circle._on_circle(dam, left, right, sagitta, 80, work)
        for left in np.linspace(-1.0, 3.5, 37)
        for right in np.linspace(1.0, 7.0, 49)
        for sagitta in np.linspace(0.02, 0.4, 39)
    )
    assert safety[0] <= dense * 1.005


STRENGTH = st.floats(2, 40)


@given(
    STRENGTH,
    st.floats(15, 38),
    st.floats(10, 120),
    st.floats(1.8, 5),
    st.floats(0.5, 12),
    st.floats(1.05, 1.5),
)
def test_strength_drainage_and_flatness_never_make_a_dam_less_safe(
    cohesion: float, friction: float, height: float, ratio: float, depth: float, more: float
) -> None:
    dam = {
        "cohesion": cohesion,
        "friction_angle": friction,
        "height": height,
        "face_ratio": ratio,
        "phreatic_depth": depth,
        "foundation_depth": 0.25 * height,
    }
    least = bishop(**dam) * 0.995  # the search is a search
    assert bishop(**{**dam, "cohesion": cohesion * more}) >= least
    assert bishop(**{**dam, "friction_angle": friction * more}) >= least
    assert bishop(**{**dam, "phreatic_depth": depth * more}) >= least
    assert bishop(**{**dam, "face_ratio": ratio * more}) >= least
    assert (
        bishop(**dam, horizontal_acceleration=0.1 * more)
        <= bishop(**dam, horizontal_acceleration=0.1) * 1.005
    )


def test_an_unknown_input_gives_an_unknown_factor_and_leaves_the_others_alone() -> None:
    found = bishop(height=[10.0, np.nan, 10.0], cohesion=[3.0, 3.0, np.nan])
    assert np.isnan(found).tolist() == [False, True, True]
    assert found[0] == bishop()
    assert np.isnan(pseudo_static(horizontal_acceleration=np.nan))


def test_many_dams_get_the_same_factors_together_as_alone() -> None:
    heights = np.linspace(10, 120, 600)
    together = bishop(height=heights, cohesion=8.0, phreatic_depth=3.0)
    assert together[[0, 300, 599]].tolist() == [
        float(bishop(height=heights[i], cohesion=8.0, phreatic_depth=3.0)) for i in (0, 300, 599)
    ]


def test_an_earthquake_lowers_the_factor_whichever_way_it_lifts() -> None:
    static = pseudo_static(horizontal_acceleration=0.0)
    shaken = pseudo_static()
    assert shaken < static
    # A third of 0.05 g up and down: neither alone is worse than the pair.
    names = [
        "height",
        "face_ratio",
        "cohesion",
        "friction_angle",
        "unit_weight",
        "phreatic_depth",
        "beach_length",
        "pond_depth",
        "foundation_depth",
    ]
    values = dict(zip(names, [40.0, 4.0, 8.0, 29.0, 19.5, 4.0, 150.0, 3.0, 10.0], strict=True))
    both = [
        bishop_factor_of_safety(**values, horizontal_acceleration=0.05, upward_acceleration=k)
        for k in (0.05 / 3, -0.05 / 3)
    ]
    assert shaken == pytest.approx(min(both), rel=0.003)


def test_the_coefficient_of_an_earthquake_is_a_quarter_of_the_amplified_peak() -> None:
    assert seismic_coefficient(0.2, 1.5) == pytest.approx(0.075)  # 0.25 × 1.5 × 0.2


@pytest.mark.parametrize(
    ("method", "condition", "by_grade"),
    [
        ("bishop", "normal", [1.50, 1.35, 1.30, 1.25, 1.25]),
        ("bishop", "flood", [1.30, 1.25, 1.20, 1.15, 1.15]),
        ("bishop", "special", [1.20, 1.15, 1.15, 1.10, 1.10]),
        ("swedish", "normal", [1.30, 1.25, 1.20, 1.15, 1.15]),
        ("swedish", "flood", [1.20, 1.15, 1.10, 1.05, 1.05]),
        ("swedish", "special", [1.10, 1.05, 1.05, 1.00, 1.00]),
    ],
)
def test_the_required_factors_are_those_of_the_standard(
    method: str, condition: str, by_grade: list[float]
) -> None:
    found = [required_factor_of_safety(grade, condition, NATIONAL, method) for grade in range(1, 6)]
    assert found == by_grade  # GB 39496-2020 §5.3.16


def test_a_grade_or_condition_that_is_not_in_the_standard_is_refused() -> None:
    with pytest.raises(InvalidInput, match="grade 6"):
        required_factor_of_safety(6, "normal", NATIONAL)
    with pytest.raises(InvalidInput, match="drought"):
        required_factor_of_safety(3, "drought", NATIONAL)


def test_less_than_0_98_of_the_required_factor_is_red() -> None:
    # required 1.25: 0.98 × 1.25 = 1.225
    share = NATIONAL.stability.hazard_share
    assert safety_tier([1.2249, 1.2251, 1.2501, 1.32, 1.5], 1.25, share).tolist() == [4, 3, 2, 1, 0]
    assert np.isnan(safety_tier([np.nan, 1.0], [1.25, np.nan], share)).all()
    assert safety_tier([1.2501, 1.3], 1.25, 1.02).tolist() == [4, 2]  # 1.275 of a stricter province


def test_every_raise_method_has_its_defaults() -> None:
    methods = default_ground().raise_methods
    assert set(methods) == {"upstream", "centreline", "downstream", "single", "dry_stack"}
    assert methods["upstream"].release == "maximum"
    assert methods["dry_stack"].release == "minimum"
