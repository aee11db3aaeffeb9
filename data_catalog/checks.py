"""What one row must satisfy: the comparisons its dataset declares, and a sound geometry."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.dataset import Check, Dataset
from data_catalog.mistake import Mistake, Refused, shown
from data_catalog.plausible import plausible
from minegis.coordinates import geodesic_area_km2
from minegis.levels import Label

type Header = Callable[[str], str]
"""How a property is called where it came from: the header of a file, the path in a document."""

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


def compare_fields(
    dataset: Dataset, properties: Mapping[str, Any], header: Header, row: int = 0
) -> list[Mistake]:
    """Return a mistake for each declared comparison that does not hold; blanks are not compared."""
    mistakes = []
    for check in dataset.checks:
        left = properties.get(check.left)
        right = properties.get(check.right) if isinstance(check.right, str) else check.right
        if left is not None and right is not None and not _OPERATORS[check.op](left, right):
            mistakes.append(_broken(check, left, right, header, row))
    return mistakes


def _broken(check: Check, left: Any, right: Any, header: Header, row: int) -> Mistake:
    by_field = isinstance(check.right, str)
    return Mistake(
        row,
        header(check.left),
        Label(check.message.zh, check.message.en),
        f"{left} against {right} ({header(str(check.right))})" if by_field else shown(left),
        f"{header(check.left)} {check.op} " + (header(str(check.right)) if by_field else f"{check.right:g}"),
        check.severity,
    )


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
