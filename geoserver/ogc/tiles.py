"""OGC API – Tiles: tilesets of every collection and of the whole map, in every grid.

References
----------
OGC 20-057, OGC API – Tiles – Part 1: Core: classes core, tileset, tilesets-list, dataset-tilesets,
geodata-tilesets, collections-selection, datetime, mvt and oas30.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.ogc import tilesets
from geoserver.ogc.links import root
from geoserver.ogc.map_tiles import MEDIA_TYPE, OF_STATE, address_of, drawn_fields, tiles_of
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.parameters import given_parameters
from geoserver.services import services_of
from minegis.errors import InvalidInput, NotFound
from tiles.grid import Tile, grid

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Form:
    """A form that an answer has."""

    media_type: str


_JSON = {"json": Form("application/json")}
_MVT = {"mvt": Form(MEDIA_TYPE)}
_OF_TILESETS = ("f", "lang", *OF_STATE, "subset")
_PERIOD = re.compile(r'datetime\("?([^"()]+?)"?(?::"([^"()]+)")?\)')

type Names = tuple[str, ...]


async def grid_list(request: Request) -> Response:
    """List the tile matrix sets."""
    given = given_parameters(request.scope["query_string"], ("f", "lang"))
    return _document(request, given, tilesets.grid_list(root(request)))


async def grid_resource(request: Request) -> Response:
    """Describe a tile matrix set."""
    given = given_parameters(request.scope["query_string"], ("f", "lang"))
    return _document(request, given, grid(request.path_params["grid"]).to_json())


async def tileset_list(request: Request) -> Response:
    """List the tilesets of a collection or of the whole map."""
    given, _, title = await _asked(request)
    listed = tilesets.tileset_list(root(request), _place(request), _selecting(given), title)
    return _document(request, given, listed)


async def tileset(request: Request) -> Response:
    """Describe a tileset of a collection or of the whole map."""
    given, names, title = await _asked(request)
    chosen = grid(request.path_params["grid"])
    tiles = await tiles_of(request)

    def work() -> Response:
        address_of(tiles, names, Tile(chosen.first, 0, 0, chosen), given)
        drawn = []
        for name in names:
            schema, layer = tiles.collection(name), tiles.layer(name)
            drawn.append((schema, layer, drawn_fields(schema, layer), tiles.bounds((name,))))
        bounds = tiles.bounds(names)
        query = _selecting(given)
        described = tilesets.tileset(root(request), _place(request), chosen, query, title, drawn, bounds)
        return _document(request, given, described)

    return await services_of(request).query(work, request)


async def tile(request: Request) -> Response:
    """Return a tile of a collection, or one with a layer for each collection of the map."""
    given, names, _ = await _asked(request)
    negotiated(_MVT, given.get("f"), request.headers.get("accept"))
    path = request.path_params
    wanted = Tile.parse(path["z"], path["column"], path["row"], grid(path["grid"]))
    tiles = await tiles_of(request)
    answer = await tiles.answer(request, names, address_of(tiles, names, wanted, given))
    if answer.status_code == HTTPStatus.NO_CONTENT:
        inside = await services_of(request).query(lambda: tiles.covers(names, wanted))
        if not inside:
            where = f"{path['grid']}/{path['z']}/{path['row']}/{path['column']}"
            expected = "row and column within the limits of the tileset"
            raise NotFound("a tile beyond the data", where=where, expected=expected)
    return answer


async def _asked(request: Request) -> tuple[dict[str, str], Names, str]:
    """Return the parameters, the collections that are asked for, and a title."""
    tiles = await tiles_of(request)
    collection = request.path_params.get("collection")
    known = _OF_TILESETS if collection else (*_OF_TILESETS, "collections")
    given = given_parameters(request.scope["query_string"], known)
    if "subset" in given:
        given = {**given, "datetime": _period(given)}
    if collection:
        return given, (collection,), tiles.layer(collection).title.zh
    names = tuple(given["collections"].split(",")) if "collections" in given else tuple(tiles.layers)
    if len(set(names)) < len(names):
        raise InvalidInput("a collection named twice", where="collections", got=given["collections"][:80])
    for name in names:
        tiles.layer(name)
    return given, names, tiles.sources.opened.site.declaration.title.zh


def _period(given: Mapping[str, str]) -> str:
    """Return ``subset=datetime("…":"…")`` as ``datetime`` is written."""
    found = _PERIOD.fullmatch(given["subset"])
    if found is None or "datetime" in given:
        expected = 'datetime("time") or datetime("begin":"end"), without `datetime` beside it'
        raise InvalidInput("no such subset", where="subset", expected=expected, got=given["subset"][:80])
    begin, end = (part and part.replace("*", "..") for part in found.groups())
    return f"{begin}/{end}" if end else str(begin)


def _selecting(given: Mapping[str, str]) -> str:
    return "&".join(f"{name}={given[name]}" for name in ("collections", *OF_STATE) if name in given)


def _place(request: Request) -> str:
    collection = request.path_params.get("collection")
    return f"/collections/{collection}" if collection else ""


def _document(request: Request, given: Mapping[str, str], document: Mapping[str, Any]) -> Response:
    form = negotiated(_JSON, given.get("f"), request.headers.get("accept"))
    body = orjson.dumps(document)
    tag = entity_tag(body.decode())
    headers = {**kept_headers(tag), "Vary": "Accept"}
    return unchanged(request, tag) or Response(body, media_type=form.media_type, headers=headers)


router.add_route("/ogc/tileMatrixSets", grid_list, methods=["GET"])
router.add_route("/ogc/tileMatrixSets/{grid}", grid_resource, methods=["GET"])
for _root in ("/ogc", "/ogc/collections/{collection}"):
    router.add_route(f"{_root}/tiles", tileset_list, methods=["GET"])
    router.add_route(f"{_root}/tiles/{{grid}}", tileset, methods=["GET"])
    router.add_route(f"{_root}/tiles/{{grid}}/{{z}}/{{row}}/{{column}}", tile, methods=["GET"])
