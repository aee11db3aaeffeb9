"""Reach: the boxes outside which nothing can match, so that a spatial index can answer."""

from __future__ import annotations

import math

import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.expression import GEOMETRY, Call, Expression, Property, Shape
from data_catalog.items import Bounds

_TOUCHING = frozenset(
    {"s_intersects", "s_equals", "s_within", "s_contains", "s_crosses", "s_overlaps", "s_touches"}
)
_CORNERS = 5


def reach(expression: Expression | None) -> tuple[Bounds, ...] | None:
    """Return boxes, one of which each match touches; None when a match may be anywhere."""
    if not isinstance(expression, Call):
        return None
    if expression.op == "and":
        found = [boxes for boxes in map(reach, expression.args) if boxes is not None]
        return min(found, key=_area, default=None)
    if expression.op == "or":
        parts = [reach(part) for part in expression.args]
        return tuple(box for part in parts for box in part or ()) if all(parts) else None
    shape = shape_of(expression) if expression.op in _TOUCHING else None
    return None if shape is None or shape.is_empty else (shape.bounds,)


def shape_of(call: Call) -> BaseGeometry | None:
    """Return the shape that a call compares the geometry of an item with, None when it does not."""
    shapes = [part.geometry for part in call.args if isinstance(part, Shape)]
    return shapes[0] if len(shapes) == 1 and Property(GEOMETRY) in call.args else None


def box_of(expression: Expression | None) -> Bounds | None:
    """Return the box of ``s_intersects(geometry, box)``, None when it is something else."""
    if not isinstance(expression, Call) or expression.op != "s_intersects":
        return None
    shape = shape_of(expression)
    if shape is None or shape.geom_type != "Polygon" or shapely.get_num_coordinates(shape) != _CORNERS:
        return None
    west, south, east, north = bounds = shape.bounds
    area = (east - west) * (north - south)
    return bounds if area > 0 and shape.area == area else None


def wkb_of(box: Bounds) -> bytes:
    """Return a box as a polygon."""
    return bytes(shapely.to_wkb(shapely.box(*box)))


def _area(boxes: tuple[Bounds, ...]) -> float:
    total = sum((east - west) * (north - south) for west, south, east, north in boxes)
    return math.inf if math.isnan(total) else total
