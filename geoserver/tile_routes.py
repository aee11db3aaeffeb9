"""Vector tiles as web maps ask for them: z/x/y, and TileJSON.

References
----------
TileJSON 3.0.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from data_catalog.collection import RISK_CELL, Collection
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.ogc.map_tiles import OF_STATE, MapTiles, address_of, drawn_fields, tiles_of
from geoserver.ogc.parameters import given_parameters
from geoserver.services import services_of
from geoserver.terrain_tiles import terrain
from geoserver.what_if_routes import is_supposing, supposed_cells
from layers.layer import Layer
from minegis.errors import InvalidInput
from tiles.grid import GRIDS, MAX_ZOOM, WEB_MERCATOR, Grid, Tile

router = APIRouter()

_OF_TILE = (*OF_STATE, "grid", "v")


async def vector_tile(request: Request) -> Response:
    """Return a tile of a collection."""
    return await _answer(request, (request.path_params["collection"],))


async def cell_tile(request: Request) -> Response:
    """Return a tile of the risk cells, at the H3 resolution of the zoom; as they would be where asked so."""
    if not is_supposing(request):
        return await _answer(request, (RISK_CELL,))
    path = request.path_params
    tile = Tile.parse(path["z"], path["x"], path["y"], _grid(request.query_params))
    return await supposed_cells(request, await tiles_of(request), tile)


async def map_tile(request: Request) -> Response:
    """Return a tile with every collection that is drawn, or with those that are asked for."""
    tiles = await tiles_of(request)
    given = given_parameters(request.scope["query_string"], (*_OF_TILE, "collections"))
    asked = given.get("collections")
    names = tuple(tiles.layers) if asked is None else tuple(dict.fromkeys(asked.split(",")))
    return await _answer(request, names, "collections")


async def _answer(request: Request, names: Sequence[str], *also: str) -> Response:
    given = given_parameters(request.scope["query_string"], (*_OF_TILE, *also))
    path = request.path_params
    tile = Tile.parse(path["z"], path["x"], path["y"], _grid(given))
    tiles = await tiles_of(request)
    for name in names:
        tiles.layer(name)
    return await tiles.answer(request, names, address_of(tiles, names, tile, given))


def _grid(given: Mapping[str, str]) -> Grid:
    name = given.get("grid", WEB_MERCATOR.id)
    if name not in GRIDS:
        raise InvalidInput("no such grid", where="grid", expected=", ".join(GRIDS), got=name[:80])
    return GRIDS[name]


async def tilejson(request: Request) -> Response:
    """Describe the tiles of a collection as TileJSON."""
    name = request.path_params["collection"]
    tiles = await tiles_of(request)
    tiles.layer(name)
    template = "/tiles/cells" if name == RISK_CELL else f"/tiles/vector/{name}"
    return await _described(request, tiles, (name,), template)


async def map_tilejson(request: Request) -> Response:
    """Describe the tiles of the whole map as TileJSON."""
    tiles = await tiles_of(request)
    return await _described(request, tiles, tuple(tiles.layers), "/tiles/one-map")


async def _described(request: Request, tiles: MapTiles, names: Sequence[str], template: str) -> Response:
    given_parameters(request.scope["query_string"], ())

    def work() -> Response:
        drawn = [(tiles.collection(name), tiles.layer(name)) for name in names]
        base_url = f"{request.url.scheme}://{request.url.netloc}"
        title = drawn[0][1].title.zh if len(drawn) == 1 else tiles.sources.opened.site.declaration.title.zh
        document = {
            "tilejson": "3.0.0",
            "name": title,
            "scheme": "xyz",
            "tiles": [f"{base_url}{template}/{{z}}/{{x}}/{{y}}.mvt"],
            "minzoom": min(layer.minzoom for _, layer in drawn),
            "maxzoom": max(layer.maxzoom for _, layer in drawn),
            "vector_layers": [vector_layer(collection, layer) for collection, layer in drawn],
        }
        bounds = tiles.bounds(names)
        if bounds is not None:
            document["bounds"] = list(bounds)
        body = orjson.dumps(document)
        tag = entity_tag(body.decode())
        return unchanged(request, tag) or Response(
            body, media_type="application/json", headers=kept_headers(tag)
        )

    return await services_of(request).query(work, request)


def vector_layer(collection: Collection, layer: Layer) -> dict[str, Any]:
    """Describe the tiles of a collection as TileJSON does."""
    kinds = {"integer": "Number", "number": "Number", "boolean": "Boolean"}
    types = {name: collection.properties[name].type for name in drawn_fields(collection, layer)}
    return {
        "id": collection.id,
        "description": layer.title.zh,
        "minzoom": layer.minzoom,
        "maxzoom": min(layer.maxzoom, MAX_ZOOM),
        "fields": {"id": "String", **{name: kinds.get(kind, "String") for name, kind in types.items()}},
    }


for _path, _endpoint in (
    ("/tiles/vector/{collection}/{z}/{x}/{y}.mvt", vector_tile),
    ("/tiles/cells/{z}/{x}/{y}.mvt", cell_tile),
    ("/tiles/one-map/{z}/{x}/{y}.mvt", map_tile),
    ("/tiles/terrain/{layer_id}/{z}/{x}/{y}.png", terrain),
    ("/tiles/one-map.json", map_tilejson),
    ("/tiles/vector/{collection}.json", tilejson),
):
    router.add_route(_path, _endpoint, methods=["GET"])
