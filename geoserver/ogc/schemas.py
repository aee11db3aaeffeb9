"""Schemas of items (OGC API – Features Part 5): what is returned and received, filtered by and sorted by.

One JSON Schema is drawn from a collection's declaration; the three resources differ in which properties they
name. Choices carry their labels as ``oneOf`` beside ``enum``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from data_catalog.collection import Collection
from data_catalog.collection import collection as collection_of
from data_catalog.dataset import Field
from data_catalog.expression import GEOMETRY
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.ogc.links import root
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.page import page
from geoserver.ogc.parameters import EVERYWHERE, given_parameters
from geoserver.ogc.parameters import language as language_of
from minegis.declarations import BilingualText

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MEDIA_TYPE = "application/schema+json"
RELATION = "http://www.opengis.net/def/rel/ogc/1.0/"
ID = "id"

# The units of datasets in UCUM, case sensitive.
UCUM: Mapping[str, str] = {
    "1": "1",
    "m": "m",
    "km": "km",
    "m²": "m2",
    "km²": "km2",
    "10⁴ m³": "10*4.m3",
    "10⁴ t/a": "10*4.t/a",
    "min": "min",
    "h": "h",
    "deg": "deg",
    "mm": "mm",
    "m³/s": "m3/s",
    "m³/h": "m3/h",
    "kPa": "kPa",
    "MPa": "MPa",
    "kN/m³": "kN/m3",
    "g": "[g]",
}
_ID_LABEL = BilingualText(zh="编号", en="Identifier")
_GEOMETRY_LABEL = BilingualText(zh="位置", en="Geometry")
_FORMATS: Mapping[str, tuple[str, BilingualText]] = {
    "uscc": (
        "^[0-9A-HJ-NPQRTUWXY]{18}$",
        BilingualText(
            zh="统一社会信用代码（GB 32100），18 位，末位为校验码",
            en="Unified social credit code (GB 32100): 18 characters, the last one checks the others",
        ),
    ),
    "region_code": (
        "^[0-9]{6}$",
        BilingualText(zh="行政区划代码（GB/T 2260），6 位", en="Code of a region (GB/T 2260), six digits"),
    ),
    "division_code": (
        "^[0-9]{6}([0-9]{3})?$",
        BilingualText(
            zh="行政区划代码：县级以上 6 位（GB/T 2260），乡镇 9 位（GB/T 10114）",
            en="Code of a region: six digits (GB/T 2260), nine of a township (GB/T 10114)",
        ),
    ),
}
_TITLES: Mapping[str, BilingualText] = {
    "schema": BilingualText(zh="数据结构", en="Schema"),
    "queryables": BilingualText(zh="可查询属性", en="Queryables"),
    "sortables": BilingualText(zh="可排序属性", en="Sortables"),
}


@dataclass(frozen=True, slots=True)
class _Format:
    media_type: str


_DOCUMENTS = {"json": _Format(MEDIA_TYPE), "html": _Format("text/html; charset=utf-8")}

type Draw = Callable[[Collection, str, str], dict[str, Any]]

router = APIRouter(prefix="/ogc", tags=["ogc"])


@router.get("/collections/{collection}/schema")
async def schema_resource(request: Request, collection: str) -> Response:
    """Return the JSON Schema of what a collection returns and receives."""
    return _answer(request, collection, schema)


@router.get("/collections/{collection}/queryables")
async def queryables_resource(request: Request, collection: str) -> Response:
    """Return the JSON Schema of what a collection can be filtered by."""
    return _answer(request, collection, queryables)


@router.get("/collections/{collection}/sortables")
async def sortables_resource(request: Request, collection: str) -> Response:
    """Return the JSON Schema of what a collection can be sorted by."""
    return _answer(request, collection, sortables)


def _answer(request: Request, collection_id: str, draw: Draw) -> Response:
    given = given_parameters(request.scope["query_string"], EVERYWHERE)
    wanted = negotiated(_DOCUMENTS, given.get("f"), _accepted(request.headers.get("accept")))
    language = language_of(given, request.headers.get("accept-language"))
    address = f"{root(request)}/collections/{collection_id}/{draw.__name__}"
    document = draw(collection_of(collection_id), address, language)
    body = page(document, language) if wanted is _DOCUMENTS["html"] else orjson.dumps(document)
    tag = entity_tag(body.decode())
    kept = {**kept_headers(tag), "Content-Language": language, "Vary": "Accept, Accept-Language"}
    return unchanged(request, tag) or Response(body, media_type=wanted.media_type, headers=kept)


def _accepted(accept: str | None) -> str | None:
    """Return ``Accept`` for clients that ask for a schema as plain JSON."""
    return accept and accept.replace("application/json", MEDIA_TYPE)


def schema(collection: Collection, address: str, language: str) -> dict[str, Any]:
    """Return the schema of what a collection returns and, where it is editable, receives.

    Parameters
    ----------
    collection : Collection
    address : str
        URL of the resource, without query.
    language : str
        Of titles, ``zh`` or ``en``.

    References
    ----------
    OGC 23-058r2, clauses 7 (schemas), 8 (roles), 9 (references), 10 (returnables and receivables).
    """
    properties: dict[str, Any] = {
        ID: {
            "title": getattr(_ID_LABEL, language),
            "type": "string",
            "minLength": 1,
            "maxLength": 100,
            "pattern": r"^[^/\\?#%]+$",
            "x-ogc-role": "id",
        },
        GEOMETRY: _geometry(collection, language) | {"x-ogc-role": "primary-geometry"},
    }
    for name, field in collection.properties.items():
        properties[name] = _property(field, language)
        if name == collection.time_property:
            properties[name]["x-ogc-role"] = "primary-instant"
    computed = {field.name for field in collection.computed}
    for place, (name, each) in enumerate(properties.items(), 1):
        each["x-ogc-propertySeq"] = place
        if not collection.editable or name in computed:
            each["readOnly"] = True
    required = [field.name for field in collection.fields if field.required]
    needed = [GEOMETRY, *required] if collection.editable else required
    return _document(collection, address, language, properties) | {"required": needed}


def queryables(collection: Collection, address: str, language: str) -> dict[str, Any]:
    """Return the schema of what filters may name.

    References
    ----------
    OGC 19-079r2, clause 6; OGC 23-058r2, clause 11.
    """
    properties = {GEOMETRY: _geometry(collection, language) | {"x-ogc-role": "primary-geometry"}}
    properties |= {name: _property(field, language) for name, field in collection.properties.items()}
    return _document(collection, address, language, properties)


def sortables(collection: Collection, address: str, language: str) -> dict[str, Any]:
    """Return the schema of what ``sortby`` may name.

    References
    ----------
    OGC 23-058r2, clause 12.
    """
    properties = {name: _property(field, language) for name, field in collection.properties.items()}
    return _document(collection, address, language, properties)


def schema_links(collection_id: str, base_url: str, language: str) -> list[dict[str, str]]:
    """Return the links of a collection to its schemas; `base_url` ends with ``/ogc``."""
    return [
        {
            "rel": f"{RELATION}{name}",
            "type": MEDIA_TYPE,
            "title": getattr(title, language),
            "href": f"{base_url}/collections/{collection_id}/{name}",
        }
        for name, title in _TITLES.items()
    ]


def _document(
    collection: Collection, address: str, language: str, properties: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": address,
        "title": getattr(collection.title, language),
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _geometry(collection: Collection, language: str) -> dict[str, Any]:
    kinds = [kind.lower() for kind in collection.geometry]
    kind = f"{kinds[0]}-or-multi{kinds[0]}" if len(kinds) == 1 else "any"
    return {"title": getattr(_GEOMETRY_LABEL, language), "format": f"geometry-{kind}"}


def _property(field: Field, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {"title": getattr(field.label, language)}
    temporal = {"date": "date", "datetime": "date-time"}.get(field.type)
    found |= {"type": "string", "format": temporal} if temporal else {"type": field.type}
    if field.format:
        pattern, description = _FORMATS[field.format]
        found |= {"pattern": pattern, "description": getattr(description, language)}
    if field.format == "region_code":
        found |= {"x-ogc-role": "reference", "x-ogc-collectionId": "region"}
    if field.minimum is not None:
        found["minimum"] = field.minimum
    if field.maximum is not None:
        found["maximum"] = field.maximum
    if field.unit and field.type in ("number", "integer"):
        found["x-ogc-unit"] = UCUM[field.unit]
    if field.choices:
        values = {
            int(code) if field.type == "integer" else code: label for code, label in field.choices.items()
        }
        found["enum"] = list(values)
        found["oneOf"] = [
            {"const": each, "title": getattr(label, language)} for each, label in values.items()
        ]
    return found
