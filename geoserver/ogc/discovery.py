"""What styles and records add to the documents of the API: links and paths of OpenAPI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from data_catalog.collection import CATALOGUE, Collection
from geoserver.ogc import openapi_parts as parts
from layers.layer import layers

type Link = dict[str, str]

STYLES_RELATION = "http://www.opengis.net/def/rel/ogc/1.0/styles"
RECORD_PARAMETERS = ("ids", "externalIds")

_TITLES = {"zh": "样式", "en": "Styles"}
_CATALOGUE = {"zh": "数据目录", "en": "Data catalogue"}
_TEXT = {"type": "string"}
_OBJECT = {"type": "object"}


def styles_landing(base_url: str, language: str) -> list[Link]:
    """Return the link of the landing page to the styles."""
    return [_styles(f"{base_url}/styles", language)]


def styles_of_collection(collection: str, base_url: str, language: str) -> list[Link]:
    """Return the link of a collection to its styles, none when nothing draws it."""
    drawn = any(collection in (each.dataset, each.id) for each in layers().values())
    return [_styles(f"{base_url}/collections/{quote(collection)}/styles", language)] if drawn else []


def _styles(href: str, language: str) -> Link:
    return {"rel": STYLES_RELATION, "type": "application/json", "title": _TITLES[language], "href": href}


def records_landing(base_url: str, language: str) -> list[Link]:
    """Return the link of the landing page to the catalogue."""
    href = f"{base_url}/collections/{CATALOGUE}"
    relation = "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"
    return [{"rel": relation, "type": "application/json", "title": _CATALOGUE[language], "href": href}]


def style_paths(collections: Mapping[str, Collection], _language: str) -> dict[str, dict[str, Any]]:
    """Return the paths of the styles, their sprites and glyphs."""
    sheets = {
        "application/vnd.mapbox.style+json": _OBJECT,
        "application/vnd.ogc.sld+xml;version=1.0": _TEXT,
        "application/vnd.ogc.sld+xml;version=1.1": _TEXT,
    }
    document = {"application/json": _OBJECT, "text/html": _TEXT}
    encodings = {
        "name": "f",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": ["mapbox", "sld", "sld10", "sld11"]},
    }
    fonts = {"application/x-protobuf": {"type": "string", "format": "binary"}}
    pictures = {"application/json": _OBJECT, "image/png": {"type": "string", "format": "binary"}}
    language = parts.ref("parameters", "lang")
    style, collection = _path("style"), _path("collection")
    collection["schema"] = {"type": "string", "enum": list(collections)}
    return {
        "/styles": _get("styles", "Styles of the map and of each layer", document),
        "/styles/{style}": _get("style", "A style sheet", sheets, [style, encodings, language]),
        "/styles/{style}/metadata": _get("style.metadata", "Description of a style", document, [style]),
        "/styles/sprites/{file}": _get("sprite", "Pictures of a style", pictures, [_path("file")]),
        "/styles/glyphs/{stack}/{range}.pbf": _get(
            "glyphs", "Characters", fonts, [_path("stack"), _path("range")]
        ),
        "/collections/{collection}/styles": _get(
            "collection.styles", "Styles of a collection", document, [collection]
        ),
        "/collections/{collection}/styles/{style}": _get(
            "collection.style", "A style sheet", sheets, [collection, style, encodings, language]
        ),
    }


def record_paths(collections: Mapping[str, Collection], _language: str) -> dict[str, dict[str, Any]]:
    """Return the paths of the records: those of items, with what records can be asked for besides."""
    found = {"application/geo+json": _OBJECT, "text/html": _TEXT}
    texts = {"type": "array", "items": _TEXT}
    more = [
        {"name": name, "in": "query", "required": False, "explode": False, "schema": texts}
        for name in (*RECORD_PARAMETERS, "type")
    ]
    more += [
        {"name": name, "in": "query", "required": False, "schema": _TEXT}
        for name in collections[CATALOGUE].properties
        if name != "type"
    ]
    common = [parts.ref("parameters", each) for each in parts.ITEMS_PARAMETERS if each != "fItems"]
    one = [parts.ref("parameters", each) for each in ("itemId", *parts.ITEM_PARAMETERS) if each != "fItem"]
    form = parts.ref("parameters", "f")
    place = f"/collections/{CATALOGUE}/items"
    return {
        place: _get("records", "Records of the catalogue", found, [form, *common, *more]),
        f"{place}/{{itemId}}": _get("record", "One record", found, [form, *one]),
    }


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _get(
    identifier: str, summary: str, answer: Mapping[str, Any], parameters: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    problems = {
        str(status): parts.ref("responses", f"problem{status}") for status in (400, 404, 406, 500, 503)
    }
    content = {media: {"schema": schema} for media, schema in answer.items()}
    operation = {
        "operationId": identifier,
        "summary": summary,
        "tags": ["styles" if "tyle" in summary else "catalogue"],
        "parameters": parameters or [parts.ref("parameters", each) for each in ("f", "lang")],
        "responses": {
            "200": {"description": summary, "content": content},
            "304": {"description": "Not changed."},
            **problems,
        },
    }
    return {"get": operation}
