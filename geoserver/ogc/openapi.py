"""The OpenAPI 3.0 document of the OGC API: every route with its parameters, answers and problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request, Response

from data_catalog.collection import Collection
from data_catalog.dataset import Field
from geoserver.ogc import openapi_parts as parts
from geoserver.ogc.formats import FORMATS
from geoserver.ogc.hub import DOCUMENT_KINDS, Kind, document_response
from geoserver.ogc.links import root
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.offers import OFFERS
from geoserver.ogc.parameters import EVERYWHERE, given_parameters, language
from geoserver.ogc.sources import sources_of
from geoserver.services import services_of
from minegis.declarations import BilingualText

router = APIRouter(prefix="/ogc", tags=["ogc"])

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"
_KINDS = {**DOCUMENT_KINDS, "json": Kind("json", MEDIA_TYPE)}
_TYPES: Mapping[str, dict[str, str]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
}


@router.get("/openapi")
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document of the OGC API."""

    def work() -> Response:
        given = given_parameters(request.scope["query_string"], EVERYWHERE)
        kind = negotiated(_KINDS, given.get("f"), request.headers.get("accept"))
        spoken = language(given, request.headers.get("accept-language"))
        sources = sources_of(request)
        collections = {name: items.collection for name, items in sources.all.items()}
        title = sources.opened.site.declaration.title
        return document_response(request, document(collections, title, root(request), spoken), kind, spoken)

    return await services_of(request).query(work, request)


def document(
    collections: Mapping[str, Collection], title: BilingualText, base_url: str, spoken: str
) -> dict[str, Any]:
    """Return the whole document; `base_url` ends with ``/ogc``."""
    paths: dict[str, dict[str, Any]] = {}
    for offered in (_fixed(), *map(_of_collection, collections.values())):
        paths |= offered
    for offer in OFFERS:
        for path, methods in offer.paths(collections, spoken).items():
            paths[path] = {**paths.get(path, {}), **methods}
    return {
        "openapi": "3.0.3",
        "info": {"title": getattr(title, spoken), "version": "1.0.0"},
        "servers": [{"url": base_url}],
        "tags": [
            {"name": each.id, "description": getattr(each.title, spoken)} for each in collections.values()
        ],
        "paths": paths,
        "components": parts.components(),
    }


def operation(
    identifier: str,
    summary: str,
    answer: Mapping[str, Any],
    *,
    parameters: list[dict[str, Any]] | None = None,
    tags: tuple[str, ...] = (),
    problems: tuple[int, ...] = (400, 404, 406),
) -> dict[str, Any]:
    """Return a GET operation; it may also answer 304, and 503 when the server is busy.

    Parameters
    ----------
    answer : mapping
        Schema by media type.
    """
    return {
        "operationId": identifier,
        "summary": summary,
        "tags": list(tags),
        "parameters": parameters or [parts.ref("parameters", each) for each in EVERYWHERE],
        "responses": {
            "200": {
                "description": summary,
                "headers": {"ETag": {"schema": {"type": "string"}}},
                "content": {media: {"schema": schema} for media, schema in answer.items()},
            },
            "304": {"description": "The client has this answer already."},
            **{str(status): parts.ref("responses", f"problem{status}") for status in (*problems, 500, 503)},
        },
    }


def _fixed() -> dict[str, dict[str, Any]]:
    page = {"text/html": {"type": "string"}, "application/ld+json": {"type": "object"}}
    listed = {"application/json": parts.ref("schemas", "collections"), **page}
    classes = {"application/json": parts.ref("schemas", "confClasses"), "text/html": {"type": "string"}}
    landing = {"application/json": parts.ref("schemas", "landingPage"), **page}
    api = {MEDIA_TYPE: {"type": "object"}, "text/html": {"type": "string"}}
    without = (400, 406)
    return {
        "/": {"get": operation("landingPage", "Landing page", landing, problems=without)},
        "/openapi": {"get": operation("openapi", "This document", api, problems=without)},
        "/conformance": {"get": operation("conformance", "Conformance classes", classes, problems=without)},
        "/collections": {"get": operation("collections", "Collections", listed, problems=without)},
    }


def _of_collection(collection: Collection) -> dict[str, dict[str, Any]]:
    name = collection.id
    described = {
        "application/json": parts.ref("schemas", "collection"),
        "text/html": {"type": "string"},
        "application/ld+json": {"type": "object"},
    }
    feature = _feature(collection)
    shown = {each.media_type for each in FORMATS.values() if not each.streams}
    other = {each.media_type: {"type": "string"} for each in FORMATS.values()}
    many = {**other, "application/geo+json": _feature_collection(feature)}
    one = {
        media: feature if media == "application/geo+json" else {"type": "string"} for media in sorted(shown)
    }
    properties = [_property_parameter(field) for field in collection.properties.values()]
    of_items = [parts.ref("parameters", each) for each in parts.ITEMS_PARAMETERS]
    of_item = [parts.ref("parameters", each) for each in ("itemId", *parts.ITEM_PARAMETERS)]
    tags = (name,)
    return {
        f"/collections/{name}": {
            "get": operation(f"{name}.collection", f"Description of {name}", described, tags=tags)
        },
        f"/collections/{name}/items": {
            "get": operation(
                f"{name}.items", f"Items of {name}", many, parameters=[*of_items, *properties], tags=tags
            )
        },
        f"/collections/{name}/items/{{itemId}}": {
            "get": operation(f"{name}.item", f"One item of {name}", one, parameters=of_item, tags=tags)
        },
    }


def _property_parameter(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "in": "query",
        "description": f"{field.label.zh} · {field.label.en}",
        "required": False,
        "style": "form",
        "explode": False,
        "schema": _TYPES[field.type],
    }


def _feature(collection: Collection) -> dict[str, Any]:
    properties = {
        name: {**_TYPES[field.type], "nullable": True} for name, field in collection.properties.items()
    }
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": parts.ref("schemas", "geometry"),
            "properties": {"type": "object", "properties": properties, "additionalProperties": False},
            "links": {"type": "array", "items": parts.ref("schemas", "link")},
        },
    }


def _feature_collection(feature: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "features", "links", "timeStamp", "numberReturned"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "items": feature},
            "links": {"type": "array", "items": parts.ref("schemas", "link")},
            "timeStamp": {"type": "string", "format": "date-time"},
            "numberMatched": {"type": "integer", "minimum": 0},
            "numberReturned": {"type": "integer", "minimum": 0},
        },
    }
