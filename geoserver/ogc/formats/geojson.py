"""GeoJSON (RFC 7946), written from rows with every number as it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from struct import Struct
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from data_catalog.items import FIXED_COLUMNS, Page
from geoserver.ogc.formats.format import Answer
from minegis.clock import format_utc

_TYPES = ("", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_POINT, _LINE, _POLYGON = 1, 2, 3
_HEIGHT, _KINDS, _HEIGHTS_FROM = 0x80000000, 0x0FFFFFFF, 1000  # a height is a flag, or 1000 more
_HEAD, _COUNT = Struct("<xI"), Struct("<I")
_POSITIONS = {2: Struct("<2d"), 3: Struct("<3d")}
OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_UTC_Z


class GeoJson:
    """A feature collection, or one feature."""

    key = "json"
    media_type = "application/geo+json"
    title = "GeoJSON"
    suffix = ""
    streams = False
    as_text = True

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the document."""
        for page in pages:
            found = features(page, answer)
            document = _one(found[0], answer) if answer.single else _many(found, answer)
            yield orjson.dumps(document, option=OPTIONS)


def features(page: Page, answer: Answer) -> list[dict[str, Any]]:
    """Return the rows of a page as GeoJSON features; orjson writes their coordinates and properties."""
    return [
        {"type": "Feature", "id": row[0], "geometry": shape, "properties": properties}
        for row, shape, properties in zip(
            page.rows, _geometries(page, answer), _properties(page), strict=True
        )
    ]


def _properties(page: Page) -> Iterator[dict[str, Any] | orjson.Fragment]:
    names = page.names
    values = (dict(zip(names, row[FIXED_COLUMNS:], strict=True)) for row in page.rows)
    if page.texts is None:
        return values
    if not names:
        return map(orjson.Fragment, page.texts)
    rest = (orjson.dumps(each).decode() for each in values)
    return (orjson.Fragment(f"{text[:-1]},{more[1:]}") for text, more in zip(page.texts, rest, strict=True))


def _geometries(page: Page, answer: Answer) -> Iterable[dict[str, Any] | None]:
    if not answer.geometry:
        return [None] * len(page.rows)
    if answer.as_stored:
        return [geometry(row[1]) for row in page.rows]
    shapes = shapely.to_wkb(answer.shapes(page), byte_order=1)
    return [None if each is None else geometry(each) for each in shapes]


def geometry(wkb: bytes) -> dict[str, Any]:
    """Return little-endian well-known binary as a GeoJSON geometry.

    Half the time of GEOS writing it as text: orjson takes each ring as it lies in memory.
    """
    shape, _ = _geometry(wkb, 0)
    return shape


def _geometry(wkb: bytes, at: int) -> tuple[dict[str, Any], int]:
    (code,) = _HEAD.unpack_from(wkb, at)
    at += _HEAD.size
    kind = (code & _KINDS) % _HEIGHTS_FROM
    axes = 3 if code & _HEIGHT or (code & _KINDS) > _HEIGHTS_FROM else 2
    if kind == _POINT:
        position = _POSITIONS[axes]
        return {"type": "Point", "coordinates": position.unpack_from(wkb, at)}, at + position.size
    if kind == _LINE:
        line, at = _line(wkb, at, axes)
        return {"type": "LineString", "coordinates": line}, at
    (count,) = _COUNT.unpack_from(wkb, at)
    at += _COUNT.size
    parts: list[Any] = []
    for _ in range(count):
        if kind == _POLYGON:
            part, at = _line(wkb, at, axes)
        else:
            member, at = _geometry(wkb, at)
            part = member["coordinates"]
        parts.append(part)
    return {"type": _TYPES[kind], "coordinates": parts}, at


def _line(wkb: bytes, at: int, axes: int) -> tuple[NDArray[np.float64], int]:
    (count,) = _COUNT.unpack_from(wkb, at)
    at += _COUNT.size
    end = at + count * _POSITIONS[axes].size
    return np.frombuffer(wkb[at:end]).reshape(count, axes), end  # a copy, so that numbers lie aligned


def _one(feature: dict[str, Any], answer: Answer) -> Mapping[str, Any]:
    return {**feature, "links": answer.links}


def _many(found: list[dict[str, Any]], answer: Answer) -> Mapping[str, Any]:
    document: dict[str, Any] = {
        "type": "FeatureCollection",
        "links": answer.links,
        "timeStamp": format_utc(answer.made_at),
        "numberReturned": len(found),
    }
    if answer.matched is not None:
        document["numberMatched"] = answer.matched
    return {**document, "features": found}
