"""Thresholds from design parameters, and the tables behind them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.errors import InvalidInput, MissingEvidence
from minegis.levels import Tier
from risk_models.rule_package import RULES, RulePackage, load_rules
from risk_models.rules.sections import WARNED
from risk_models.warning.asset import AssetRecord
from risk_models.warning.generation import (
    GeneratedItem,
    design_requirements,
    generate_thresholds,
    landslide_limits,
)
from risk_models.warning.tiers import compare
from risk_models.warning.triggers import major_hazards

PACKAGES = [load_rules(path.stem) for path in sorted(RULES.glob("*.yaml"))]
NATIONAL = load_rules("national")
METHODS = ("upstream", "downstream", "centreline", "dry_stack", "single")
# One storage and height for each class 1 to 5.
OF_CLASS = {1: (60000, 210), 2: (20000, 150), 3: (5000, 85), 4: (500, 45), 5: (50, 20)}


def pond(**register: Any) -> AssetRecord:
    known = {
        "raise_method": "upstream",
        "total_storage": 5000,
        "dam_height": 85,
        "normal_level": 309.2,
        "design_flood_level": 311.0,
        "beach_crest_elevation": 312.4,
        "beach_slope": 0.01,
    }
    return AssetRecord("tsf", "T1", "T1", known | register)


def generated(asset: AssetRecord, rules: RulePackage = NATIONAL) -> dict[str, GeneratedItem]:
    return {each.item: each for each in generate_thresholds(asset, rules)}


def values(item: GeneratedItem) -> list[float]:
    assert item.limits is not None, item.missing
    return [item.limits.thresholds[tier].value for tier in WARNED]


def limits_of_all(rules: RulePackage) -> Iterator[tuple[str, GeneratedItem]]:
    for grade, (storage, height) in OF_CLASS.items():
        for method in METHODS:
            asset = pond(raise_method=method, total_storage=storage, dam_height=height)
            assert asset.tsf_class(rules) == grade
            for item in generate_thresholds(asset, rules):
                yield f"{rules.id} class {grade} {method} {item.item}", item


def test_the_phreatic_line_of_an_85_m_dam_is_red_at_5_25_m_and_orange_below_5_775_m() -> None:
    # DOMAIN vector 5; yellow and blue 1.3 and 1.5 times the minimum.
    item = generated(pond())["phreatic_depth"]
    assert values(item) == pytest.approx([7.875, 6.825, 5.775, 5.25])
    assert item.basis[0].value == pytest.approx(5.25)


def test_the_control_depth_of_the_design_comes_before_the_table() -> None:
    assert values(generated(pond(control_phreatic_depth=3.2))["phreatic_depth"])[-1] == pytest.approx(3.2)


def test_freeboard_and_beach_of_class_3_begin_at_0_7_and_70_m() -> None:
    # DOMAIN vector 4: minima of class 3, upstream.
    found = generated(pond())
    assert values(found["freeboard"]) == pytest.approx([1.05, 0.91, 0.77, 0.7])
    assert values(found["dry_beach"]) == pytest.approx([105, 91, 77, 70])


def test_the_gap_to_the_flood_level_becomes_pond_levels() -> None:
    item = generated(pond())["flood_level_gap"]
    assert values(item) == pytest.approx([309.5, 310.0, 310.5, 311.0])
    assert item.limits is not None
    assert item.limits.comparison == "above"


def test_yellow_rain_is_a_torrential_day() -> None:
    (torrential,) = [one for one in NATIONAL.rain_classes.classes if one.key == "torrential"]
    item = generated(pond())["rain_24h"]
    assert values(item)[1] == torrential.h24 == 50


@pytest.mark.parametrize(
    ("acceleration", "asked"), [(None, False), (0.049, False), (0.05, True), (0.2, True)]
)
def test_from_0_05_g_settlement_and_wave_are_added_to_the_freeboard(
    acceleration: float | None, asked: bool
) -> None:
    # class 3: 0.7 + 0.5 + 0.3 = 1.5 m
    found = generated(pond(design_acceleration=acceleration, seismic_settlement=0.5, seismic_wave_height=0.3))
    assert ("seismic_freeboard" in found) is asked
    if asked:
        assert values(found["seismic_freeboard"])[-1] == pytest.approx(1.5)


def test_a_settlement_that_the_register_lacks_is_named_and_not_taken_for_nothing() -> None:
    item = generated(pond(design_acceleration=0.1))["seismic_freeboard"]
    assert item.limits is None
    assert "seismic_settlement" in item.missing


def test_an_asset_without_height_has_no_class_and_says_so() -> None:
    item = generated(pond(dam_height=None))["freeboard"]
    assert item.limits is None
    assert "dam_height" in item.missing


@pytest.mark.parametrize("rules", PACKAGES, ids=lambda rules: rules.id)
def test_limits_are_ordered_for_every_package_class_and_raise_method(rules: RulePackage) -> None:
    for name, item in limits_of_all(rules):
        assert item.limits is not None, name
        sign = 1 if item.limits.comparison == "above" else -1
        assert all(sign * a <= sign * b for a, b in pairwise(values(item))), name
        assert item.clause, name
        assert all(limit.provenance for limit in item.limits.thresholds.values()), name


@given(st.sampled_from(PACKAGES), st.floats(1, 300), st.floats(1, 300))
def test_a_higher_dam_never_has_an_easier_limit(rules: RulePackage, one: float, other: float) -> None:
    low, high = sorted((one, other))
    lower, higher = (generated(pond(dam_height=height, total_storage=50), rules) for height in (low, high))
    for name in ("phreatic_depth", "freeboard", "dry_beach"):
        assert all(a <= b for a, b in zip(values(lower[name]), values(higher[name]), strict=True)), name


@given(st.sampled_from(PACKAGES), st.sampled_from(sorted(OF_CLASS)), st.floats(-500, 1000))
def test_a_red_value_is_never_easier_reached_than_an_orange_one(
    rules: RulePackage, grade: int, value: float
) -> None:
    storage, height = OF_CLASS[grade]
    for item in generate_thresholds(pond(total_storage=storage, dam_height=height), rules):
        assert item.limits is not None
        worse = -1 if item.limits.comparison == "below" else 1
        found = compare(value, item.limits, item.unit, rules.hysteresis)
        beyond = compare(value + worse, item.limits, item.unit, rules.hysteresis)
        assert found.tier <= beyond.tier
        red, orange = (item.limits.thresholds[tier] for tier in (Tier.RED, Tier.ORANGE))
        assert worse * red.value >= worse * orange.value


@given(st.floats(0.001, 10_000))
def test_orange_of_a_landslide_is_80_percent_of_red(red: float) -> None:
    limits = landslide_limits(red, NATIONAL)
    assert limits.thresholds[Tier.ORANGE].value == pytest.approx(0.8 * red, abs=1e-9)
    assert compare(0.79 * red, limits, "mm", NATIONAL.hysteresis).tier is Tier.NONE
    assert compare(0.81 * red, limits, "mm", NATIONAL.hysteresis).tier is Tier.ORANGE
    assert compare(red, limits, "mm", NATIONAL.hysteresis).tier is Tier.RED


@pytest.mark.parametrize("red", [0.0, -1.0, float("nan")])
def test_a_red_limit_that_is_none_is_refused(red: float) -> None:
    with pytest.raises(InvalidInput, match="no usable limit"):
        landslide_limits(red, NATIONAL)


def test_a_dam_of_class_3_has_its_flood_grades_and_factors_of_safety() -> None:
    # DOMAIN 1.2, 1.3, 1.6: 200 to 500 years; 3/5/5; Bishop 1.30 1.20 1.15, Swedish 1.20 1.10 1.05.
    found = {node.key: node.value for node in design_requirements(pond(), NATIONAL)}
    assert found["flood_standard"] == "200–500"
    assert [found[f"structure_grade/{name}"] for name in ("main", "secondary", "temporary")] == [3, 5, 5]
    conditions = ("normal", "flood", "special")
    assert [found[f"factor_of_safety/bishop/{each}"] for each in conditions] == [1.30, 1.20, 1.15]
    assert [found[f"factor_of_safety/swedish/{each}"] for each in conditions] == [1.20, 1.10, 1.05]
    with pytest.raises(MissingEvidence, match="dam_height"):
        design_requirements(pond(dam_height=None), NATIONAL)


def test_references_of_a_slope_grow_with_its_height() -> None:
    # GB 51214 note, H = 200 m: settlement 3e-3 H = 600, horizontal 6e-3 H = 1200, crack 7e-4 H = 140 mm.
    slope = AssetRecord("slope", "S", "S", {"slope_type": "pit", "slope_height": 200, "safety_class": "II"})
    found = {node.key: node.value for node in design_requirements(slope, NATIONAL)}
    assert found["reference/ground_settlement"] == pytest.approx(600)
    assert found["reference/ground_displacement"] == pytest.approx(1200)
    assert found["reference/rock_crack"] == pytest.approx(140)
    assert found["reference/differential_settlement"] == pytest.approx(240)  # 1.2e-3 H
    assert found["reference/bench_rate"] == 10
    assert found["reference/work_face_rate"] == 5
    assert found["reference/ground_crack"] == 50
    assert found["factor_of_safety/gravity"] == "1.15–1.2"
    assert "reference/dump_rate" not in found
    dump = AssetRecord("slope", "S", "S", {"slope_type": "dump"})
    assert {node.key: node.value for node in design_requirements(dump, NATIONAL)} == {
        "reference/dump_rate": "250–500",
        "reference/dump_crest_crack": 50,
    }


@pytest.mark.parametrize(
    ("register", "code"),
    [
        # DOMAIN 1.3, GB 39496 5.2: the limits themselves are still allowed.
        ({"valley_slope": 0.21}, "upstream_in_steep_valley"),
        ({"valley_slope": 0.20}, ""),
        ({"valley_slope": 0.21, "raise_method": "downstream"}, ""),
        ({"raise_method": "dry_stack", "mean_annual_rain": 801}, "dry_stack_in_wet_year"),
        ({"raise_method": "dry_stack", "mean_annual_rain": 800}, ""),
        ({"raise_method": "dry_stack", "mean_max_24h_rain": 65.1}, "dry_stack_in_wet_day"),
        ({"raise_method": "dry_stack", "tailings_water_content": 0.23}, "dry_tailings_too_wet"),
        ({}, ""),
    ],
)
def test_a_site_that_breaks_a_rule_is_flagged_and_not_coloured(register: dict[str, Any], code: str) -> None:
    found = list(major_hazards(pond(**register), NATIONAL))
    assert [node.key for node in found] == ([f"hazard/{code}"] if code else [])
    assert all(node.tier is Tier.NONE for node in found)
