"""The OpenAPI description of schemas and of editing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_catalog.collection import Collection
from geoserver.ogc import openapi_parts as parts
from geoserver.ogc.crs import CRS84, offered
from geoserver.ogc.editing import GEOJSON, MERGE_PATCH
from geoserver.ogc.parameters import EVERYWHERE
from geoserver.ogc.schemas import MEDIA_TYPE

_TEXT: Mapping[str, Any] = {"type": "string"}
_NOT_EDITED = (400, 403, 404, 409, 413, 415, 500, 503)
_CONDITIONS = (412, 428)
_SCHEMAS = {
    "schema": {"zh": "数据结构", "en": "Schema of the items"},
    "queryables": {"zh": "可查询属性", "en": "What items can be filtered by"},
    "sortables": {"zh": "可排序属性", "en": "What items can be sorted by"},
}
_EDITS = {
    "post": {"zh": "新建要素", "en": "Create a feature"},
    "put": {"zh": "替换要素", "en": "Replace a feature"},
    "patch": {"zh": "修改要素", "en": "Change parts of a feature"},
    "delete": {"zh": "删除要素", "en": "Delete a feature"},
    "options": {"zh": "可用方法", "en": "Methods that this client may use"},
}


def schema_paths(collections: Mapping[str, Collection], language: str) -> dict[str, dict[str, Any]]:
    """Return the path items of schemas, queryables and sortables."""
    return {
        f"/collections/{collection}/{name}": {
            "get": {
                "operationId": f"{collection}.{name}",
                "summary": summary[language],
                "tags": [collection],
                "parameters": [parts.ref("parameters", each) for each in EVERYWHERE],
                "responses": {
                    "200": {
                        "description": summary[language],
                        "headers": {"ETag": {"schema": _TEXT}},
                        "content": {
                            MEDIA_TYPE: {"schema": {"type": "object"}},
                            "text/html": {"schema": _TEXT},
                        },
                    },
                    "304": {"description": "The client has this answer already."},
                    **_problems(400, 404, 406, 500, 503),
                },
            }
        }
        for collection in collections
        for name, summary in _SCHEMAS.items()
    }


def edit_paths(collections: Mapping[str, Collection], language: str) -> dict[str, dict[str, Any]]:
    """Return what editing adds to the path items of items and of one item."""
    found: dict[str, dict[str, Any]] = {}
    for collection in (each.id for each in collections.values() if each.editable):
        of_items = f"/collections/{collection}/items"
        found[of_items] = {method: _operation(collection, method, language) for method in ("post", "options")}
        methods = ("put", "patch", "delete", "options")
        found[f"{of_items}/{{itemId}}"] = {
            method: _operation(collection, method, language, single=True) for method in methods
        }
    return found


def _operation(collection: str, method: str, language: str, *, single: bool = False) -> dict[str, Any]:
    summary = _EDITS[method][language]
    parameters = [parts.ref("parameters", "itemId")] if single else []
    described: dict[str, Any] = {
        "operationId": f"{collection}.{'item' if single else 'items'}.{method}",
        "summary": summary,
        "tags": [collection],
    }
    if method == "options":
        answer = {"200": {"description": summary, "headers": {"Allow": {"schema": _TEXT}}}}
        return {**described, "parameters": parameters, "responses": {**answer, **_problems(404, 500)}}
    parameters += [parts.ref("parameters", each) for each in EVERYWHERE] + [_header("Prefer")]
    if single:
        parameters += [_header("If-Match"), _header("If-Unmodified-Since")]
    if method != "delete":
        parameters.append({**_header("Content-Crs"), "schema": _crs()})
        media = (MERGE_PATCH, GEOJSON) if method == "patch" else (GEOJSON,)
        content = {each: {"schema": {"type": "object"}} for each in media}
        described["requestBody"] = {"required": True, "content": content}
    problems = _problems(*_NOT_EDITED, *(_CONDITIONS if single else ()))
    return {**described, "parameters": parameters, "responses": {**_answers(method, summary), **problems}}


def _answers(method: str, summary: str) -> dict[str, Any]:
    if method == "delete":
        return {"204": {"description": summary}}
    headers = {name: {"schema": _TEXT} for name in ("ETag", "Last-Modified")}
    representation = {GEOJSON: {"schema": {"type": "object"}}}
    if method == "post":
        headers = {"Location": {"schema": _TEXT}, **headers}
        return {"201": {"description": summary, "headers": headers, "content": representation}}
    return {
        "200": {"description": summary, "headers": headers, "content": representation},
        "204": {"description": summary, "headers": headers},
    }


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): parts.ref("responses", f"problem{status}") for status in statuses}


def _header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "schema": dict(_TEXT)}


def _crs() -> dict[str, Any]:
    return {"type": "string", "enum": [f"<{each}>" for each in offered()], "default": f"<{CRS84}>"}
