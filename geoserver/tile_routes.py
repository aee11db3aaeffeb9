"""Routes of the vector tiles: made in threads, cached by clients until the data changes."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from geoserver.services import services_of
from tiles.cache import entity_tag, is_kept
from tiles.grid import Tile

router = APIRouter(prefix="/tiles", tags=["tiles"])

_MEDIA_TYPE = "application/vnd.mapbox-vector-tile"


@router.get("/vector/{dataset}/{z}/{x}/{y}.mvt")
async def vector_tile(request: Request, dataset: str, z: int, x: int, y: int) -> Response:
    """Return a vector tile of a dataset, or of the active warnings."""
    tile = Tile(z, x, y)
    services = services_of(request)

    def work() -> tuple[str, Callable[[], bytes]]:
        tiles = services.opened().vector_tiles
        return tiles.version(dataset), lambda: tiles.tile(dataset, tile)

    return await services.tile(lambda: _answer(request, *work()))


@router.get("/cells/{z}/{x}/{y}.mvt")
async def cell_tile(request: Request, z: int, x: int, y: int) -> Response:
    """Return a vector tile of the risk cells, at the H3 resolution of the zoom."""
    tile = Tile(z, x, y)
    services = services_of(request)

    def work() -> tuple[str, Callable[[], bytes]]:
        tiles = services.opened().cell_tiles
        return tiles.version(), lambda: tiles.tile(tile)

    return await services.tile(lambda: _answer(request, *work()))


def _answer(request: Request, version: str, make: Callable[[], bytes]) -> Response:
    tag = entity_tag(version)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if is_kept(request.headers.get("if-none-match"), tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    data = make()
    if not data:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
    return Response(data, media_type=_MEDIA_TYPE, headers=headers)
