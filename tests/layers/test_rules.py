"""Rules say for every feature and zoom what the expressions say: judged by working both out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.layer import layers
from layers.rules import ALWAYS, Absence, Both, Comparison, Condition, Either, condition_of, negated, rules
from layers.style import NO_EVIDENCE_COLOUR, tier_colour
from minegis.errors import InvalidDeclaration
from minegis.levels import Tier


def holds(condition: Condition, feature: dict[str, Any]) -> bool:
    match condition:
        case Comparison(op, name, value):
            found = feature.get(name)
            if found is None:
                return False
            return {
                "==": found == value, "!=": found != value, "<": found < value,
                "<=": found <= value, ">": found > value, ">=": found >= value,
            }[op]  # fmt: skip
        case Absence(name, is_negated):
            return (feature.get(name) is None) != is_negated
        case Both(parts):
            return all(holds(part, feature) for part in parts)
        case Either(parts):
            return any(holds(part, feature) for part in parts)


def values_of(fragment: dict[str, Any], feature: dict[str, Any], zoom: float = 5.0) -> list[dict[str, Any]]:
    return [
        dict(rule.values)
        for rule in rules(fragment)
        if holds(rule.condition, feature) and rule.minzoom <= zoom < rule.maxzoom
    ]


@given(
    tier=st.one_of(st.none(), st.integers(-1, 6)),
    state=st.sampled_from([None, "sufficient", "stale", "insufficient", "missing"]),
)
def test_one_rule_gives_each_feature_the_colour_of_its_tier(tier: int | None, state: str | None) -> None:
    silent = tier == 0 and state in ("insufficient", "missing")
    expected = Tier(tier).colour if tier in list(Tier) and not silent else NO_EVIDENCE_COLOUR
    found = values_of({"fill-color": tier_colour()}, {"tier": tier, "state": state})
    assert found == [{"fill-color": expected}]


@given(size=st.one_of(st.none(), st.floats(-1e7, 1e7)))
def test_a_curve_of_a_property_becomes_steps_no_wider_than_a_quarter(size: float | None) -> None:
    curve = ["interpolate", ["linear"], ["coalesce", ["get", "population"], 0], 10000, 10, 5000000, 15]
    (found,) = values_of({"text-size": curve}, {"population": size})
    share = min(max(((size or 0) - 10000) / (5000000 - 10000), 0), 1)
    # A quarter of 15 − 10 is 1.25 wide: its middle is at most 0.625 off.
    assert found["text-size"] == pytest.approx(10 + 5 * share, abs=0.6251)


@given(zoom=st.floats(0, 23.9))
def test_a_curve_of_the_zoom_becomes_bands_of_scale(zoom: float) -> None:
    curve = ["interpolate", ["linear"], ["zoom"], 4, 0.5, 10, 2]
    (found,) = values_of({"line-width": curve}, {}, zoom)
    assert found["line-width"] == pytest.approx(0.5 + 1.5 * min(max((zoom - 4) / 6, 0), 1), abs=0.38)


@given(value=st.one_of(st.none(), st.floats(-10, 10)))
def test_the_edges_of_a_step_belong_to_what_follows(value: float | None) -> None:
    step = ["step", ["get", "depth"], "low", -2, "middle", 3, "high"]
    found = values_of({"x": step}, {"depth": value})
    if value is None:
        assert found in ([], [{"x": "low"}])
    else:
        assert found == [{"x": "low" if value < -2 else "middle" if value < 3 else "high"}]


@given(a=st.one_of(st.none(), st.integers(0, 3)), b=st.one_of(st.none(), st.sampled_from("xy")))
def test_a_condition_and_its_negation_never_agree(a: int | None, b: str | None) -> None:
    condition = condition_of(
        ["any", ["all", ["==", ["get", "a"], 1], ["!", ["has", "b"]]], ["!=", ["get", "b"], "x"]]
    )
    feature = {"a": a, "b": b}
    assert holds(condition, feature) != holds(negated(condition), feature)


def test_factors_are_multiplied_out() -> None:
    shown = ["*", 0.5, ["case", ["get", "near"], 1, 0.4]]
    assert values_of({"fill-opacity": shown}, {"near": True}) == [{"fill-opacity": 0.5}]
    assert values_of({"fill-opacity": shown}, {}) == [{"fill-opacity": 0.2}]


def test_no_condition_is_always() -> None:
    assert rules({"line-width": 2})[0].condition == ALWAYS


def test_what_combines_properties_is_refused_by_name() -> None:
    with pytest.raises(InvalidDeclaration, match="no single property"):
        rules({"line-width": ["match", ["+", ["get", "a"], ["get", "b"]], 1, 2, 3]})


@pytest.mark.parametrize("layer_id", [each.id for each in layers().values() if each.style])
def test_every_declared_style_can_be_written_as_rules(layer_id: str) -> None:
    for kind, fragment in layers()[layer_id].paint().items():
        if kind != "symbol":
            assert 0 < len(rules(fragment.get("paint", {}), fragment.get("filter"))) < 60
