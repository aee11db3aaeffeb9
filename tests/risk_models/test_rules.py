"""Rule packages: what they hold, how they override, how mistakes are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from minegis.errors import InvalidDeclaration, NotFound
from minegis.levels import Tier
from risk_models.rule_package import load_rules

OVERRIDE = """\
id: province
version: 0.1.0
title: {zh: 某省规则, en: A province}
extends: national
items:
  rain_24h:
    label: {zh: 24小时雨量, en: 24 h rain}
    cause: weather
    unit: mm
    variables: [rain_24h]
    applies: {tsf: {}}
    comparison: above
    clause: provincial
    thresholds:
      blue: {value: 20, provenance: test}
      yellow: {value: 40, provenance: test}
      orange: {value: 80, provenance: test}
      red: {value: 160, provenance: test}
"""


def write(folder: Path, text: str, name: str = "province") -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_threshold_of_the_national_package_states_where_it_comes_from() -> None:
    rules = load_rules("national")
    for name, item in rules.items.items():
        assert item.clause, name
        for tier, limit in item.thresholds.items():
            assert limit.provenance, (name, tier)
    for code, trigger in rules.triggers.items():
        assert trigger.clause, code
        assert trigger.provenance, code


def test_a_province_replaces_one_item_and_keeps_the_rest(tmp_path: Path) -> None:
    write(tmp_path, OVERRIDE)
    national, province = load_rules("national"), load_rules("province", tmp_path)
    assert province.items["rain_24h"].thresholds[Tier.YELLOW].value == 40
    assert province.items["freeboard"] == national.items["freeboard"]
    assert province.triggers == national.triggers
    assert province.method == "rules/province/0.1.0"
    assert province.extends == "national"


def test_a_mistake_in_an_override_is_named_by_its_own_file_line_and_field(tmp_path: Path) -> None:
    path = write(tmp_path, OVERRIDE.replace("orange: {value: 80,", "orange: {value: eighty,"))
    with pytest.raises(InvalidDeclaration) as error:
        load_rules("province", tmp_path)
    assert f"{path}:17: items.rain_24h.thresholds.orange.value" in str(error.value)


def test_thresholds_that_turn_milder_are_refused(tmp_path: Path) -> None:
    write(tmp_path, OVERRIDE.replace("orange: {value: 80,", "orange: {value: 30,"))
    with pytest.raises(InvalidDeclaration, match="must not turn milder"):
        load_rules("province", tmp_path)


def test_a_missing_threshold_is_refused(tmp_path: Path) -> None:
    write(tmp_path, OVERRIDE.replace("      red: {value: 160, provenance: test}\n", ""))
    with pytest.raises(InvalidDeclaration, match="one threshold for each"):
        load_rules("province", tmp_path)


def test_an_unknown_variable_is_refused(tmp_path: Path) -> None:
    write(tmp_path, OVERRIDE.replace("variables: [rain_24h]", "variables: [rain_25h]"))
    with pytest.raises(InvalidDeclaration, match="rain_25h"):
        load_rules("province", tmp_path)


def test_a_misspelt_section_is_refused(tmp_path: Path) -> None:
    write(tmp_path, OVERRIDE + "hysteresys: {}\n")
    with pytest.raises(InvalidDeclaration, match=r"hysteresys: Extra inputs"):
        load_rules("province", tmp_path)


def test_packages_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    head = "version: '1'\ntitle: {zh: 甲, en: A}\n"
    write(tmp_path, f"id: a\nextends: b\n{head}", "a")
    write(tmp_path, f"id: b\nextends: a\n{head}", "b")
    with pytest.raises(InvalidDeclaration, match="circle"):
        load_rules("a", tmp_path)


def test_an_unknown_package_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such rule package"):
        load_rules("atlantis", tmp_path)


@pytest.mark.parametrize(
    ("score", "tier"), [(0, 0), (9.9, 0), (10, 1), (29.9, 1), (30, 2), (50, 3), (84.9, 3), (85, 4), (100, 4)]
)
def test_scores_and_tiers_share_one_scale(score: float, tier: int) -> None:
    assert load_rules("national").score.tier(score) == tier


@pytest.mark.parametrize(
    ("probability", "tier"),
    [(0.0, 0), (0.099, 0), (0.1, 1), (0.2, 2), (0.4, 3), (0.6, 4), (1.0, 4), (float("nan"), 0)],
)
def test_probabilities_have_tiers(probability: float, tier: int) -> None:
    assert load_rules("national").cell.tier(probability) == tier


def test_rain_of_fifty_millimetres_in_a_day_is_torrential() -> None:
    # GB/T 28592-2012: 暴雨 50 to 99.9 mm in 24 h, 30 to 69.9 mm in 12 h.
    (torrential,) = [one for one in load_rules("national").rain_classes.classes if one.key == "torrential"]
    assert (torrential.h24, torrential.h12, torrential.label.zh) == (50, 30, "暴雨")
