"""The OpenAPI description of tiles; operation ids end as OGC 20-057 clause 17 asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from data_catalog.collection import Collection
from geoserver.ogc import openapi_parts as parts
from geoserver.ogc.map_tiles import MEDIA_TYPE, drawn_collections
from tiles.grid import GRIDS

_TEXT: Mapping[str, Any] = {"type": "string"}
_NUMBER: Mapping[str, Any] = {"type": "string", "pattern": "^[0-9]{1,9}$"}
_PROBLEMS = (400, 404, 406, 500, 503)
_LINKS = {"type": "array", "items": parts.ref("schemas", "link")}
_TILESET = {
    "type": "object",
    "required": ["dataType", "crs", "links"],
    "properties": {"title": _TEXT, "dataType": _TEXT, "crs": _TEXT, "links": _LINKS},
}
_TILESETS = {
    "type": "object",
    "required": ["tilesets"],
    "properties": {"tilesets": {"type": "array", "items": _TILESET}, "links": _LINKS},
}
_GRID = {
    "type": "object",
    "required": ["id", "crs", "tileMatrices"],
    "properties": {"id": _TEXT, "crs": _TEXT, "tileMatrices": {"type": "array", "items": {"type": "object"}}},
}
_GRID_LIST = {
    "type": "object",
    "required": ["tileMatrixSets"],
    "properties": {"tileMatrixSets": {"type": "array", "items": {"type": "object"}}},
}
_SUMMARIES = {
    "grids": {"zh": "瓦片矩阵集列表", "en": "Tile matrix sets"},
    "grid": {"zh": "瓦片矩阵集", "en": "A tile matrix set"},
    "list": {"zh": "矢量瓦片集列表", "en": "Vector tilesets"},
    "tileset": {"zh": "矢量瓦片集", "en": "A vector tileset"},
    "tile": {"zh": "矢量瓦片", "en": "A vector tile"},
}


def tile_paths(_collections: Mapping[str, Collection], language: str) -> dict[str, dict[str, Any]]:
    """Return the path items of tile matrix sets, tilesets and tiles."""
    scheme = _path("tileMatrixSetId", {"type": "string", "enum": list(GRIDS)})
    place = [scheme, *(_path(name, _NUMBER) for name in ("tileMatrix", "tileRow", "tileCol"))]
    selecting = [parts.ref("parameters", name) for name in ("datetime", "as_of")] + [_query("subset")]
    words = {name: summary[language] for name, summary in _SUMMARIES.items()}
    found: dict[str, dict[str, Any]] = {
        "/tileMatrixSets": _get("getTileMatrixSetsList", words["grids"], _GRID_LIST, []),
        "/tileMatrixSets/{tileMatrixSetId}": _get("getTileMatrixSet", words["grid"], _GRID, [scheme]),
    }
    names = {"type": "string", "enum": list(drawn_collections())}
    for root, prefix, own in (
        ("", ".dataset.vector", [_query("collections")]),
        ("/collections/{collectionId}", ".collection.vector", [_path("collectionId", names)]),
    ):
        asked = [*own, *selecting]
        one, tile = f"{root}/tiles/{{tileMatrixSetId}}", "{tileMatrix}/{tileRow}/{tileCol}"
        found[f"{root}/tiles"] = _get(f"{prefix}.getTileSetsList", words["list"], _TILESETS, asked)
        found[one] = _get(f"{prefix}.getTileSet", words["tileset"], _TILESET, [*asked, scheme])
        found[f"{one}/{tile}"] = _get(f"{prefix}.getTile", words["tile"], None, [*asked, *place])
    return found


def _get(
    identifier: str, summary: str, schema: Mapping[str, Any] | None, parameters: list[dict[str, Any]]
) -> dict[str, Any]:
    key, media = ("json", "application/json") if schema else ("mvt", MEDIA_TYPE)
    form = {**_query("f"), "schema": {"type": "string", "enum": [key]}}
    content = {media: {"schema": schema or {"type": "string", "format": "binary"}}}
    empty = {} if schema else {"204": {"description": "Nothing is in this tile."}}
    return {
        "get": {
            "operationId": identifier,
            "summary": summary,
            "tags": ["tiles"],
            "parameters": [form, *parameters],
            "responses": {
                "200": {
                    "description": summary,
                    "headers": {"ETag": {"schema": _TEXT}},
                    "content": content,
                },
                **empty,
                "304": {"description": "The client has this answer already."},
                **{str(status): parts.ref("responses", f"problem{status}") for status in _PROBLEMS},
            },
        }
    }


def _path(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": dict(schema)}


def _query(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": dict(_TEXT)}
