"""What a whole row must satisfy beyond its own columns: the class of a dam, the asset of a point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from data_catalog.checks import Header, compare_fields
from data_catalog.dataset import Dataset
from data_catalog.mistake import Mistake
from minegis.errors import InvalidInput
from minegis.levels import Label
from minegis.variables import variables
from risk_models.rule_package import RulePackage, load_rules
from risk_models.tailings.classification import tsf_class
from risk_models.warning.design import design_limits

type IsAsset = Callable[[str, str], bool]
"""Whether a layer holds an asset of this id."""


def check_row(
    dataset: Dataset, properties: Mapping[str, Any], is_asset: IsAsset, header: Header, row: int = 0
) -> list[Mistake]:
    """Return everything that is wrong or odd about the properties of one feature together."""
    mistakes = check_station(properties, is_asset, header, row)
    mistakes += compare_fields(dataset, properties, header, row)
    return mistakes + (check_tsf_class(properties, header, row) if dataset.id == "tsf" else [])


def check_tsf_class(
    properties: Mapping[str, Any], header: Header, row: int = 0, rules: str = "national"
) -> list[Mistake]:
    """Warn where the stated class of a tailings storage facility is not the one of its storage and height."""
    names = ("tsf_class", "total_storage", "dam_height")
    stated, storage, height = (properties.get(name) for name in names)
    if stated is None or storage is None or height is None:
        return []
    computed = tsf_class(storage, height, _rules(rules))
    # A class may be raised by one after study where a failure would gravely harm what lies below.
    if stated in (computed, max(computed - 1, 1)):
        return []
    problem = Label("等别与库容、坝高不符", "the class does not follow from storage and height")
    got = f"class {stated} for {storage:g} 10⁴ m³ and {height:g} m"
    return [Mistake(row, header("tsf_class"), problem, got, f"class {computed}", "warning")]


def check_station(
    properties: Mapping[str, Any], is_asset: IsAsset, header: Header, row: int = 0
) -> list[Mistake]:
    """Return mistakes of a monitoring point: an unknown variable or asset, limits without an order."""
    mistakes = []
    variable = properties.get("variable")
    if variable is not None and variable not in variables():
        problem = Label("没有此监测量", "no such variable")
        mistakes.append(
            Mistake(row, header("variable"), problem, variable, "one of " + ", ".join(variables()))
        )
    layer, asset_id = properties.get("asset_dataset"), properties.get("asset_id")
    if layer is not None and asset_id is not None and not is_asset(layer, asset_id):
        problem = Label("所属对象不存在", "no such asset")
        expected = f"the id of a {layer} imported before"
        mistakes.append(Mistake(row, header("asset_id"), problem, asset_id, expected))
    try:
        design_limits(properties)
    except InvalidInput as error:
        problem = Label("设计限值无法用于比较", error.what)
        mistakes.append(Mistake(row, header("threshold_red"), problem, error.got, error.expected))
    return mistakes


@cache
def _rules(name: str) -> RulePackage:
    return load_rules(name)
