"""What operations of the OpenAPI document share: parameters, schemas and problems, by reference."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from geoserver.ogc.crs import CRS84, offered
from geoserver.ogc.formats import FORMATS
from geoserver.ogc.parameters import DEFAULT_LIMIT, FINEST_ZOOM, GREATEST_LIMIT, LANGUAGES, OF_ITEM, OF_ITEMS

ITEM_PARAMETERS, ITEMS_PARAMETERS = (
    tuple(
        "fItem" if each == "f" and names is OF_ITEM else "fItems" if each == "f" else each for each in names
    )
    for names in (OF_ITEM, OF_ITEMS)
)
PROBLEM = "application/problem+json"
_PROBLEMS = (400, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 500, 503)
_TEXT: dict[str, Any] = {"type": "string"}


def ref(kind: str, name: str) -> dict[str, Any]:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def components() -> dict[str, Any]:
    """Return every component that is referred to."""
    return {
        "parameters": _parameters(),
        "schemas": _schemas(),
        "responses": {
            f"problem{status}": {
                "description": HTTPStatus(status).phrase,
                "content": {PROBLEM: {"schema": ref("schemas", "problem")}},
            }
            for status in _PROBLEMS
        },
    }


def _parameters() -> dict[str, Any]:
    numbers = {"type": "array", "items": {"type": "number"}}
    names = {"type": "array", "items": _TEXT}
    crs = {"type": "string", "enum": list(offered()), "default": CRS84}
    one_of_six = [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]
    limit = {"type": "integer", "minimum": 1, "maximum": GREATEST_LIMIT, "default": DEFAULT_LIMIT}
    queries: dict[str, tuple[str, dict[str, Any]]] = {
        "f": ("Format of the document", {"type": "string", "enum": ["json", "html"]}),
        "lang": ("Language of the answer", {"type": "string", "enum": list(LANGUAGES)}),
        "crs": ("Reference system of the geometries", crs),
        "properties": ("Properties that are wanted", names),
        "skipGeometry": ("Whether to leave geometries out", {"type": "boolean", "default": False}),
        "zoom-level": (
            "Web zoom level to simplify for",
            {"type": "integer", "minimum": 0, "maximum": FINEST_ZOOM},
        ),
        "as_of": ("What was known then", {"type": "string", "format": "date-time"}),
        "bbox": ("Area: least and greatest of each axis", {**numbers, "oneOf": one_of_six}),
        "bbox-crs": ("Reference system of the area", crs),
        "datetime": ("A time, or an interval as `begin/end`; `..` is open", _TEXT),
        "q": ("Text to look for; terms are separated by commas", _TEXT),
        "filter": ("Condition in CQL2", _TEXT),
        "filter-lang": ("Encoding of the condition", {"type": "string", "enum": ["cql2-text", "cql2-json"]}),
        "filter-crs": ("Reference system of geometries in the condition", crs),
        "sortby": ("Order: names, each with `+` or `-` before it", names),
        "limit": ("Most items on a page", limit),
        "offset": ("Items to pass over", {"type": "integer", "minimum": 0, "default": 0}),
        "cursor": ("Where a page begins, from a `next` link", _TEXT),
        "resulttype": ("Whether only to count", {"type": "string", "enum": ["results", "hits"]}),
    }
    found = {name: _query(name, described, schema) for name, (described, schema) in queries.items()}
    shown = [each.key for each in FORMATS.values() if not each.streams]
    for name, keys in (("fItems", list(FORMATS)), ("fItem", shown)):
        found[name] = _query("f", "Format of the answer", {"type": "string", "enum": keys})
    found["itemId"] = {
        "name": "itemId",
        "in": "path",
        "required": True,
        "description": "Identifier of an item",
        "schema": _TEXT,
    }
    return found


def _query(name: str, described: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "description": described,
        "required": False,
        "style": "form",
        "explode": False,
        "schema": dict(schema),
    }


def _schemas() -> dict[str, Any]:
    links = {"type": "array", "items": ref("schemas", "link")}
    texts = {"type": "array", "items": _TEXT}
    kinds = ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"]
    collection = {
        "id": _TEXT,
        "title": _TEXT,
        "description": _TEXT,
        "links": links,
        "extent": {"type": "object"},
        "itemType": _TEXT,
        "crs": texts,
        "storageCrs": _TEXT,
    }
    return {
        "link": _object(dict.fromkeys(("href", "rel", "type", "title"), _TEXT), "href", "rel"),
        "landingPage": _object({"title": _TEXT, "description": _TEXT, "links": links}, "links"),
        "confClasses": _object({"conformsTo": texts}, "conformsTo"),
        "collection": _object(collection, "id", "links"),
        "collections": _object(
            {
                "links": links,
                "crs": texts,
                "collections": {"type": "array", "items": ref("schemas", "collection")},
            },
            "links",
            "collections",
        ),
        "geometry": {
            **_object(
                {"type": {"type": "string", "enum": kinds}, "coordinates": {"type": "array", "items": {}}}
            ),
            "required": ["type", "coordinates"],
            "nullable": True,
        },
        "problem": _object(
            {
                "status": {"type": "integer"},
                **dict.fromkeys(("type", "title", "detail", "what", "where", "expected", "got"), _TEXT),
            },
            "type",
            "title",
            "status",
            "detail",
        ),
    }


def _object(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    return {**found, "required": list(required)} if required else found
