"""JSON schemas of the resources of OGC API – Features Part 1 (OGC 17-069r4), as its texts ask for them."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

TEXTS = {"type": "array", "items": {"type": "string"}}
LINK = {
    "type": "object",
    "required": ["href", "rel", "type"],  # rel and type: /req/core/fc-rel-type and its kin
    "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "hreflang", "title")},
}
LINKS = {"type": "array", "items": LINK}
LANDING_PAGE = {
    "type": "object",
    "required": ["links"],
    "properties": {"title": {"type": "string"}, "description": {"type": "string"}, "links": LINKS},
}
CONFORMANCE = {"type": "object", "required": ["conformsTo"], "properties": {"conformsTo": TEXTS}}
_EDGES = {
    "type": "array",
    "items": {"type": "number"},
    "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
}
_EXTENT = {
    "type": "object",
    "properties": {
        "spatial": {
            "type": "object",
            "required": ["bbox"],
            "properties": {
                "bbox": {"type": "array", "minItems": 1, "items": _EDGES},
                "crs": {"type": "string"},
            },
        }
    },
}
COLLECTION = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": LINKS,
        "extent": _EXTENT,
        "itemType": {"type": "string"},
        "crs": TEXTS,
    },
}
COLLECTIONS = {
    "type": "object",
    "required": ["links", "collections"],
    "properties": {"links": LINKS, "collections": {"type": "array", "items": COLLECTION}},
}


def _coordinates(depth: int) -> dict[str, Any]:
    if depth == 0:
        return {"type": "array", "minItems": 2, "items": {"type": "number"}}
    return {"type": "array", "items": _coordinates(depth - 1)}


GEOMETRY = {
    "oneOf": [
        {"type": "null"},
        *(
            {
                "type": "object",
                "required": ["type", "coordinates"],
                "properties": {"type": {"const": kind}, "coordinates": _coordinates(depth)},
            }
            for kind, depth in (
                ("Point", 0),
                ("MultiPoint", 1),
                ("LineString", 1),
                ("MultiLineString", 2),
                ("Polygon", 2),
                ("MultiPolygon", 3),
            )
        ),
    ]
}
FEATURE = {
    "type": "object",
    "required": ["type", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": ["string", "integer"]},
        "geometry": GEOMETRY,
        "properties": {"type": ["object", "null"]},
        "links": LINKS,
    },
}
FEATURE_COLLECTION = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": FEATURE},
        "links": LINKS,
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
}


def follows(document: Any, schema: dict[str, Any]) -> bool:
    """Say whether a document follows a schema; name the first place where it does not."""
    for error in Draft202012Validator(schema).iter_errors(document):
        raise AssertionError(f"{error.json_path}: {error.message}")
    return True
