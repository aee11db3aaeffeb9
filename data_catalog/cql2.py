"""CQL2 filters: text or JSON, checked against a schema, as an expression.

What comes out is smaller than CQL2. Comparisons of times are told by `temporal.BEFORE`; ``between``, the
functions of times and of arrays are taken apart into comparisons; geometry collections into their parts; what
has no property in it is computed. So both ways to evaluate an expression know few operators.

References
----------
OGC 21-065r2, Common Query Language (CQL2) 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

import orjson
from shapely.geometry.base import BaseGeometry

from data_catalog.collection import Collection
from data_catalog.cql2_operators import Operand, applied, as_time, mistake, number, text_of, time_of
from data_catalog.cql2_shapes import read_box, read_shape
from data_catalog.cql2_text import MOST_NESTED, Json, parse_text
from data_catalog.expression import GEOMETRY, Array, Call, Expression, Interval, Literal, Property, Shape
from data_catalog.temporal import span
from minegis.coordinates import CRS84

LANGUAGES: Mapping[str, int] = MappingProxyType({"cql2-text": 16_384, "cql2-json": 65_536})
"""How many bytes a filter may have, by language."""

MOST_NODES = 1_000
_KINDS = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "date": "time",
    "datetime": "time",
}

_OWN = {"id": "text", GEOMETRY: "geometry"}


def parse_filter(text: str | bytes, language: str, collection: Collection, crs: str = CRS84) -> Expression:
    """Return the expression of a filter.

    Parameters
    ----------
    text : str or UTF-8 bytes
    language : str
        ``cql2-text`` or ``cql2-json``.
    collection : Collection
        Whose properties may be named, beside ``id`` and ``geometry``.
    crs : str
        Reference system of the geometries in the filter, with the axis order of its authority.

    Raises
    ------
    InvalidInput
        If it is no CQL2, names what the collection lacks, compares what cannot be compared, or is too large.
    """
    content = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    most = LANGUAGES[language]
    if len(content) > most:
        raise mistake("a filter too long", f"at most {most} bytes", f"{len(content)} bytes")
    try:
        tree = parse_text(content.decode()) if language == "cql2-text" else orjson.loads(content)
    except UnicodeDecodeError:
        raise mistake("not text", "UTF-8", repr(content[:40])) from None
    except orjson.JSONDecodeError as error:
        raise mistake("not JSON", "CQL2 JSON", str(error)) from None
    return _Check(collection, crs).predicate(tree, 1)


class _Check:
    def __init__(self, collection: Collection, crs: str) -> None:
        self._properties = collection.properties
        self._crs = crs
        self._nodes = 0

    def predicate(self, node: Json, depth: int) -> Expression:
        """Return what is true, false or unknown of an item."""
        found = self._operand(node, depth)
        if found.kind != "boolean":
            raise mistake("not a condition", "a comparison, a function or a boolean", found.kind)
        return found.tree

    def _operand(self, node: Json, depth: int) -> Operand:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise mistake("a filter too large", f"at most {MOST_NODES} operators and operands", "more")
        if depth > MOST_NESTED:
            raise mistake("a filter that is nested too deeply", f"at most {MOST_NESTED} levels", "more")
        if isinstance(node, bool):
            return Operand("boolean", Literal(node))
        if isinstance(node, int | float):
            return Operand("number", Literal(number(node)))
        if isinstance(node, str):
            return Operand("text", Literal(text_of(node)))
        if isinstance(node, list):
            items = tuple(self._operand(each, depth + 1) for each in node)
            return Operand("array", Array(tuple(each.tree for each in items)), items)
        if isinstance(node, BaseGeometry):
            return Operand("geometry", Shape(read_shape(node, self._crs)))
        if isinstance(node, dict):
            return self._object(node, depth)
        raise mistake("not an operand", "a value or an object of CQL2 JSON", orjson.dumps(node).decode())

    def _object(self, node: dict[str, Json], depth: int) -> Operand:
        match node, len(node):
            case {"property": str(name)}, 1:
                return self._property(name)
            case {"op": str(op), "args": list(args)}, 2:
                return self._call(op, args, depth)
            case (({"date": str(text)} | {"timestamp": str(text)}), 1):
                return Operand("time", Literal(time_of(text, next(iter(node)))))
            case {"interval": [begin, end]}, 1:
                return Operand("interval", self._interval(begin, end, depth))
            case {"bbox": edges}, 1:
                return Operand("geometry", Shape(read_box(edges, self._crs)))
            case {"type": str()}, _:
                return Operand("geometry", Shape(read_shape(node, self._crs)))
        expected = "property, op and args, date, timestamp, interval of two, bbox, or a GeoJSON geometry"
        raise mistake("not an operand", expected, ", ".join(map(str, node)) or "an empty object")

    def _property(self, name: str) -> Operand:
        field = self._properties.get(name)
        kind = _OWN.get(name) if field is None else _KINDS[field.type]
        if kind is None:
            raise mistake("no such property", ", ".join((*self._properties, *_OWN)), name)
        return Operand(kind, Property(name))

    def _interval(self, begin: Json, end: Json, depth: int) -> Interval:
        match self._end(begin, depth + 1), self._end(end, depth + 1):
            case Literal(date() as first), Literal(date() as last) if span(first)[0] > span(last)[1]:
                raise mistake("an interval that ends before it begins", "begin, end", f"{begin}, {end}")
            case ends:
                return Interval(*ends)

    def _end(self, node: Json, depth: int) -> Expression | None:
        if node == "..":
            return None
        found = as_time(self._operand(node, depth))
        if found.kind != "time":
            raise mistake(
                "not an end of an interval", "a time, a property that holds one, or '..'", found.kind
            )
        return found.tree

    def _call(self, op: str, args: list[Json], depth: int) -> Operand:
        if op in ("and", "or", "not"):
            if len(args) != 1 if op == "not" else len(args) < 2:
                expected = "1" if op == "not" else "2 or more"
                raise mistake(f"a wrong number of operands of {op}", expected, str(len(args)))
            parts = [self.predicate(each, depth + 1) for each in args]
            joined = tuple(part for each in parts for part in _parts(op, each))
            return Operand("boolean", Call(op, joined))
        name = op.lower() if op[1:2] == "_" else op  # the standard writes t_metBy in JSON, T_METBY in text
        return applied(name, [self._operand(each, depth + 1) for each in args])


def _parts(op: str, tree: Expression) -> tuple[Expression, ...]:
    """Return what is joined, so that a conjunction within a conjunction is a part of it."""
    return tree.args if op != "not" and isinstance(tree, Call) and tree.op == op else (tree,)
