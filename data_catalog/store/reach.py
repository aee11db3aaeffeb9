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


def share(boxes: tuple[Bounds, ...], whole: Bounds) -> float:
    """Return the part of `whole` that boxes cover, 0 to 1, of each side where `whole` has no area."""
    return min(1.0, sum(_share(box, whole) for box in boxes))


def _share(box: Bounds, whole: Bounds) -> float:
    west, south, east, north = whole
    width, height = east - west, north - south
    across = min(box[2], east) - max(box[0], west)
    along = min(box[3], north) - max(box[1], south)
    if across < 0 or along < 0:
        return 0.0
    return (across / width if width else 1.0) * (along / height if height else 1.0)


def _area(boxes: tuple[Bounds, ...]) -> float:
    total = sum((east - west) * (north - south) for west, south, east, north in boxes)
    return math.inf if math.isnan(total) else total
