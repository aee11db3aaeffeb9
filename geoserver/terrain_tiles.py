"""Tiles of elevation, for the ground of a three-dimensional map."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request, Response

from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.ogc.map_tiles import edition
from geoserver.ogc.parameters import as_of, given_parameters
from geoserver.services import services_of, site_of
from layers.layer import layer, layers
from minegis.errors import NotFound
from tiles.cache import SETTLED, TileCache
from tiles.grid import WEB_MERCATOR, Tile
from tiles.terrain import MAX_ZOOM, is_elevation, terrain_tile

_KEPT = TileCache(16 * 2**20)


async def terrain(request: Request) -> Response:
    """Return the heights of a tile; 204 where none is known."""
    given = given_parameters(request.scope["query_string"], ("as_of", "v"))
    path = request.path_params
    tile = Tile.parse(path["z"], path["x"], path["y"], WEB_MERCATOR)
    name, moment = path["layer_id"], as_of(given)
    _check(name, tile)

    def work() -> Response:
        opened = site_of(request)
        version, settled = opened.rasters.standing(moment)
        place = f"{name}/{tile.z}/{tile.x}/{tile.y}"
        tag = entity_tag(opened.store.identity, edition(), version, place, given.get("as_of", ""))
        headers = kept_headers(tag) | ({"Cache-Control": SETTLED} if settled else {})
        if (kept := unchanged(request, tag)) is not None:
            return kept
        data = _KEPT.find(tag)
        if data is None:
            data = terrain_tile(opened.rasters.paths(name, moment), tile)
            if opened.rasters.version() == version:
                _KEPT.keep(tag, data)
        if not data:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
        return Response(data, media_type="image/png", headers=headers)

    return await services_of(request).tile(work, request)


def _check(name: str, tile: Tile) -> None:
    if not is_elevation(layer(name)):
        expected = ", ".join(each.id for each in layers().values() if is_elevation(each))
        raise NotFound("not a layer of elevation", where=f"layer {name!r}", expected=expected)
    if tile.z > MAX_ZOOM:
        where = f"tile {tile.z}/{tile.x}/{tile.y}"
        raise NotFound("no heights this fine", where=where, expected=f"zoom 0 to {MAX_ZOOM}")
