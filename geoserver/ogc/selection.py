"""What selects items, from the texts of query parameters to one expression."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.collection import Collection
from data_catalog.cql2 import LANGUAGES as FILTER_LANGUAGES
from data_catalog.cql2 import parse_filter
from data_catalog.dataset import Field
from data_catalog.expression import GEOMETRY, Call, Expression, Literal, Property, Shape, both
from data_catalog.folding import casei
from data_catalog.temporal import compared, is_time
from geoserver.ogc.crs import CRS84, crs_of
from minegis.clock import parse_utc
from minegis.errors import InvalidInput

SELECTING = ("bbox", "bbox-crs", "datetime", "q", "filter", "filter-lang", "filter-crs", "as_of")

_MOST_TERMS, _LONGEST_TERMS = 20, 1000
_WILDCARDS = re.compile(r"([%_\\])")
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_INTEGERS = 2**63
_PIECES = 32  # of each edge of a box, which a projection bends
_MICROSECOND = timedelta(microseconds=1)

type Period = tuple[datetime | None, datetime | None]


def selected(given: Mapping[str, str], schema: Collection) -> Expression | None:
    """Return the expression of all parameters that select, None when there are none.

    Raises
    ------
    InvalidInput
        If one is no good.
    """
    parts: list[Expression | None] = []
    if "bbox" in given:
        parts.append(_touching(parse_bbox(given["bbox"], given.get("bbox-crs", CRS84))))
    elif "bbox-crs" in given:
        crs_of(given["bbox-crs"], "bbox-crs")
    if "datetime" in given:
        parts.append(_during(parse_period(given["datetime"]), schema))
    if "q" in given:
        parts.append(_containing(given["q"], schema))
    parts.append(_filter(given, schema))
    properties = schema.properties
    parts += [_equal(properties[name], text) for name, text in given.items() if name in properties]
    return both(*parts)


def parse_bbox(text: str, crs: str) -> BaseGeometry:
    """Return the area of a bbox in lon/lat deg; one whose west is beyond its east crosses the antimeridian.

    Raises
    ------
    InvalidInput
        If it is no box, its south is above its north, or it has no place in lon/lat.
    """
    try:
        edges = [float(part) for part in text.split(",")]
    except ValueError:
        edges = []
    if len(edges) not in (4, 6) or not all(map(math.isfinite, edges)):
        expected = "4 or 6 numbers: least of each axis, then greatest"
        raise InvalidInput("not a bbox", where="bbox", expected=expected, got=text[:80])
    axes = len(edges) // 2
    (first_low, second_low, *low), (first_high, second_high, *high) = edges[:axes], edges[axes:]
    system = crs_of(crs, "bbox-crs")
    if system.swapped:
        first_low, second_low, first_high, second_high = second_low, first_low, second_high, first_high
    crossing = first_low > first_high and system.geographic
    if second_low > second_high or low > high or (first_low > first_high and not crossing):
        raise InvalidInput("a bbox that ends before it begins", where="bbox", got=text[:80])
    if crossing:
        east = _box(first_low, second_low, 180.0, second_high)
        return shapely.union(east, _box(-180.0, second_low, first_high, second_high))
    box = _box(first_low, second_low, first_high, second_high)
    if system.geographic:
        return box
    piece = max(first_high - first_low, second_high - second_low) / _PIECES
    bent = shapely.segmentize(box, piece) if piece > 0 else box
    area: BaseGeometry | None = system.lonlat(np.array([bent]), east_first=True)[0]
    if area is None or not area.is_valid:
        raise InvalidInput(
            "a bbox with no place on the map", where="bbox", expected=f"a box in {crs}", got=text[:80]
        )
    return area


def _box(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return a box; without height or width it is a line or a point, for as a polygon it touches nothing."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    if west == east and south == north:
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def parse_period(text: str) -> Period:
    """Return the first and last moment of ``datetime``: an instant, or an interval open on either side.

    Raises
    ------
    InvalidInput
        If it is neither.
    """
    parts = text.split("/")
    if len(parts) == 1 and text not in ("", ".."):
        parts = parts * 2
    if len(parts) != 2:
        raise InvalidInput("not a time", where="datetime", expected="a time or begin/end", got=text[:80])
    begin = None if parts[0] in ("", "..") else _moments(parts[0])[0]
    end = None if parts[1] in ("", "..") else _moments(parts[1])[1]
    if begin is not None and end is not None and begin > end:
        raise InvalidInput("an interval that ends before it begins", where="datetime", got=text[:80])
    return begin, end


def _moments(text: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment of a time, which may be a whole day, month or year."""
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            moment = parse_utc(text, where="datetime")
            return moment, moment
        year, month, day = (int(part) if part else 0 for part in found.groups())
        first = datetime(year, month or 1, day or 1, tzinfo=UTC)
        if day:
            return first, first + timedelta(days=1) - _MICROSECOND
        following = (year, month + 1) if 0 < month < 12 else (year + 1, 1)
        return first, datetime(*following, 1, tzinfo=UTC) - _MICROSECOND
    except (ValueError, OverflowError):
        expected = "an RFC 3339 time of the years 1 to 9998"
        raise InvalidInput("not a time", where="datetime", expected=expected, got=text[:80]) from None


def _touching(area: BaseGeometry) -> Expression:
    return Call("s_intersects", (Property(GEOMETRY), Shape(area)))


def _during(period: Period, schema: Collection) -> Expression | None:
    """Select by the time of a collection, and what has no time with it (Part 1, fc-time-response C)."""
    name = schema.time_property
    if not name:
        return None
    within = both(
        *(
            compared(op, Property(name), Literal(end))
            for op, end in zip((">=", "<="), period, strict=True)
            if end is not None
        )
    )
    return Call("or", (Call("isNull", (Property(name),)), within)) if within else None


def _containing(text: str, schema: Collection) -> Expression | None:
    """Select items of which any text has any of the terms, whatever their case."""
    terms = [term for part in text.split(",") if (term := " ".join(part.split()))]
    if len(terms) > _MOST_TERMS or len(text) > _LONGEST_TERMS:
        expected = f"at most {_MOST_TERMS} terms and {_LONGEST_TERMS} characters"
        raise InvalidInput("too much text to look for", where="q", expected=expected, got=text[:80])
    names = [name for name, field in schema.properties.items() if field.type == "string"]
    found = tuple(
        Call("like", (Call("casei", (Property(name),)), Literal(casei(_pattern(term)))))
        for term in terms
        for name in names
    )
    return Call("or", found) if len(found) > 1 else next(iter(found), None)


def _pattern(term: str) -> str:
    return f"%{_WILDCARDS.sub(r'\\\1', term)}%"


def _filter(given: Mapping[str, str], schema: Collection) -> Expression | None:
    language = given.get("filter-lang", next(iter(FILTER_LANGUAGES)))
    if language not in FILTER_LANGUAGES:
        expected = ", ".join(FILTER_LANGUAGES)
        raise InvalidInput("no such language", where="filter-lang", expected=expected, got=language[:80])
    system = crs_of(given.get("filter-crs", CRS84), "filter-crs")
    if "filter" not in given:
        return None
    return parse_filter(given["filter"], language, schema, system.name)


def _equal(field: Field, text: str) -> Expression:
    value = Literal(_value(field, text))
    if is_time(value):
        return compared("=", Property(field.name), value)
    return Call("=", (Property(field.name), value))


def _value(field: Field, text: str) -> str | int | float | bool | date | datetime:
    try:
        if field.type == "integer" and abs(number := int(text)) < _INTEGERS:
            return number
        if field.type == "number" and math.isfinite(amount := float(text)):
            return amount
        if field.type == "boolean":
            return {"true": True, "false": False}[text.lower()]
        if field.type == "datetime":
            return parse_utc(text) if "T" in text.upper() else date.fromisoformat(text)
        if field.type == "date":
            return date.fromisoformat(text)
        if field.type == "string":
            return text
    except (ValueError, KeyError, OverflowError, InvalidInput):
        pass
    raise InvalidInput("not a value of this property", where=field.name, expected=field.type, got=text[:80])
