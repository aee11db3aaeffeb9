"""What a whole row must satisfy: comparisons declared by the dataset, sound geometry, known references."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.dataset import Check, Dataset
from minegis.coordinates import geodesic_area_km2
from minegis.errors import InvalidInput
from minegis.levels import Label
from minegis.variables import variables
from pipelines.steps.columns import Columns
from pipelines.steps.mistake import Mistake, Refused, shown
from pipelines.steps.plausible import plausible
from risk_models.rule_package import load_rules
from risk_models.tailings.classification import tsf_class
from risk_models.warning.design import design_limits

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


def compare_fields(
    dataset: Dataset, properties: Mapping[str, Any], columns: Columns, row: int
) -> list[Mistake]:
    """Return a mistake for each declared comparison that does not hold; blanks are not compared."""
    mistakes = []
    for check in dataset.checks:
        left = properties.get(check.left)
        right = properties.get(check.right) if isinstance(check.right, str) else check.right
        if left is not None and right is not None and not _OPERATORS[check.op](left, right):
            mistakes.append(_broken(check, left, right, columns, row))
    return mistakes


def _broken(check: Check, left: Any, right: Any, columns: Columns, row: int) -> Mistake:
    by_field = isinstance(check.right, str)
    return Mistake(
        row,
        columns.header(check.left),
        Label(check.message.zh, check.message.en),
        f"{left} against {right} ({columns.header(str(check.right))})" if by_field else shown(left),
        f"{columns.header(check.left)} {check.op} "
        + (columns.header(str(check.right)) if by_field else f"{check.right:g}"),
        check.severity,
    )


def check_tsf_class(
    properties: Mapping[str, Any], columns: Columns, row: int, rules: str = "national"
) -> list[Mistake]:
    """Warn where the stated class of a tailings storage facility is not the one of its storage and height."""
    names = ("tsf_class", "total_storage", "dam_height")
    stated, storage, height = (properties.get(name) for name in names)
    if stated is None or storage is None or height is None:
        return []
    computed = tsf_class(storage, height, load_rules(rules))
    # A class may be raised by one after study where a failure would gravely harm what lies below.
    if stated in (computed, max(computed - 1, 1)):
        return []
    problem = Label("等别与库容、坝高不符", "the class does not follow from storage and height")
    got = f"class {stated} for {storage:g} 10⁴ m³ and {height:g} m"
    return [Mistake(row, columns.header("tsf_class"), problem, got, f"class {computed}", "warning")]


def check_station(
    properties: Mapping[str, Any], asset_ids: Mapping[str, frozenset[str]], columns: Columns, row: int
) -> list[Mistake]:
    """Return mistakes of a monitoring point: an unknown variable or asset, limits without an order."""
    mistakes = []
    variable = properties.get("variable")
    if variable is not None and variable not in variables():
        problem = Label("没有此监测量", "no such variable")
        mistakes.append(
            Mistake(row, columns.header("variable"), problem, variable, "one of " + ", ".join(variables()))
        )
    layer, asset_id = properties.get("asset_dataset"), properties.get("asset_id")
    if layer is not None and asset_id is not None and asset_id not in asset_ids[layer]:
        problem = Label("所属对象不存在", "no such asset")
        mistakes.append(
            Mistake(
                row, columns.header("asset_id"), problem, asset_id, f"the id of a {layer} imported before"
            )
        )
    try:
        design_limits(properties)
    except InvalidInput as error:
        problem = Label("设计限值无法用于比较", error.what)
        mistakes.append(Mistake(row, columns.header("threshold_red"), problem, error.got, error.expected))
    return mistakes


def sound_geometry(geometry: BaseGeometry | None, dataset: Dataset) -> tuple[BaseGeometry, str]:
    """Return the geometry, repaired where that changes nothing that matters, and a note on the repair.

    Raises
    ------
    Refused
        If it is missing, empty, of a type the dataset does not take, without extent, or crosses itself.
    """
    accepted = " or ".join(dataset.geometry)
    if geometry is None or geometry.is_empty:
        raise Refused("没有几何", "no geometry", accepted)
    if geometry.geom_type.removeprefix("Multi") not in dataset.geometry:
        raise Refused("几何类型不符", f"a {geometry.geom_type}", accepted)
    if not _is_finite(geometry):
        raise Refused("坐标不是数字", "coordinates that are no numbers", accepted)
    if geometry.geom_type.endswith("LineString") and geometry.length == 0:
        raise Refused("线没有长度", "a line without length", accepted)
    if not geometry.geom_type.endswith("Polygon") or geometry.is_valid:
        return geometry, ""
    return _repaired(geometry)


def _repaired(geometry: BaseGeometry) -> tuple[BaseGeometry, str]:
    reason = shapely.is_valid_reason(geometry)
    repaired = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    before, after = abs(geodesic_area_km2([geometry, repaired]))
    if repaired.is_empty or abs(after - before) >= plausible().repair_area_share * before:
        raise Refused(
            "多边形自相交或不闭合", f"an invalid polygon: {reason}", "a polygon whose outline is simple"
        )
    return repaired, f"{reason}; repaired, area {before:.6g} km² before, {after:.6g} km² after"


def _is_finite(geometry: BaseGeometry) -> bool:
    return all(abs(coordinate) < float("inf") for coordinate in shapely.get_coordinates(geometry).ravel())
