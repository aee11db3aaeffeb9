"""The server: an application that is a function of its settings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

from geoserver import (
    api,
    archive_routes,
    buffer_routes,
    cap,
    desk_routes,
    errors,
    events,
    nearby_routes,
    online_routes,
    point_routes,
    rule_routes,
    series_routes,
    tile_routes,
    time_routes,
    verification_routes,
    wall_routes,
    what_if_routes,
)
from geoserver.compression import Compression
from geoserver.headers import Headers
from geoserver.metrics import Measured, Metrics, metrics
from geoserver.ogc import conformance, editing, features, hub, openapi, records, schemas, styles, tiles
from geoserver.ogc.sources import sources_in
from geoserver.services import Services, services_of, site_of
from geoserver.walls import Walls
from minegis.errors import MinegisError
from minegis.settings import Settings
from tiles.raster import raster_router

BUILT_PAGE = Path(__file__).parent / "web" / "dist"
RASTER_PREFIX = "/tiles/raster"
_OGC = (
    records,
    features,
    editing,
    schemas,
    tile_routes,
    tiles,
    hub,
    conformance,
    styles,
    openapi,
    archive_routes,
)  # in a document of its own
_DESCRIBED = (
    series_routes,  # before `api`: the ids of assets there are paths that would take these in
    nearby_routes,
    time_routes,
    api,
    buffer_routes,
    cap,
    desk_routes,
    online_routes,
    point_routes,
    rule_routes,
    verification_routes,
    wall_routes,
    what_if_routes,
)  # in api/v1/openapi.json
PARTS = (*_OGC, *_DESCRIBED)
_FOR_GOOD = "public, max-age=31536000, immutable"

_NOT_BUILT = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>minegis</title>
<body>
<h1>minegis</h1>
<p>地图页面尚未构建。服务已在运行：<a href="/ogc">OGC API</a>、<a href="/api/v1/layers">图层</a>。</p>
<p>The map page is not built; <code>make up</code> builds it. The services run:
<a href="/ogc">OGC API</a>, <a href="/api/v1/layers">layers</a>.</p></body></html>"""


def create_app(settings: Settings) -> FastAPI:
    """Return the whole server for one site."""
    services = Services(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        services.start()
        warming = asyncio.create_task(_warm(app))
        yield
        warming.cancel()
        if (archives := getattr(app.state, "archives", None)) is not None:
            archives.stop()
        services.stop()

    app = FastAPI(
        title="minegis",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.events = watch = events.Watch(services)
    app.state.walls = Walls(settings.listeners)
    app.state.metrics = figures = Metrics(
        services, lambda: getattr(app.state, "map_tiles", None), lambda: watch.listeners
    )
    app.state.hub = hub.Hub()
    errors.install(app)
    app.add_middleware(Compression, pool=services.pools["compression"])
    app.add_middleware(Measured, metrics=figures)
    app.add_middleware(Headers, site=services.site_id)
    for path, answer in (("/livez", livez), ("/metrics", metrics), ("/readyz", readyz)):
        app.add_api_route(path, answer, methods=["GET"], include_in_schema=False)
    for part in PARTS:
        app.include_router(part.router, include_in_schema=part in _DESCRIBED)
    for endless in (events.router, wall_routes.streams):
        app.include_router(endless, include_in_schema=False)
    rasters = services.pools["raster"]
    app.include_router(
        raster_router(lambda request: site_of(request).rasters, lambda _: rasters.place(), RASTER_PREFIX),
        include_in_schema=False,
    )
    _serve_page(app, settings.web or BUILT_PAGE)
    return app


def end_streams(app: FastAPI) -> None:
    """End every answer that would not end by itself: the server stops."""
    app.state.events.close()
    app.state.walls.close()


async def _warm(app: FastAPI) -> None:
    """Read before anybody asks what the first answers need: the extents, and the figures of the data."""
    state = app.state
    state.metrics.look()
    with suppress(MinegisError):  # not ready yet, and whoever asks is told so
        await state.services.query(lambda: state.hub.api(sources_in(state), "/ogc"))


async def livez() -> Response:
    """Say that the process answers; needs no thread, no store and no site."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def readyz(request: Request) -> Response:
    """Say whether the map can be served, and what is missing if not."""
    services = services_of(request)

    def missing() -> list[dict[str, str]]:
        try:
            opened = services.opened()
        except MinegisError as error:
            return [{"what": error.what, "where": error.where, "expected": error.expected}]
        if opened.store.last_run() is None:
            folder = str(opened.site.folder)
            return [{"what": "no run is published", "where": folder, "expected": "`minegis run`"}]
        return []

    found = await services.query(missing)
    body = {"status": "not ready" if found else "ready", "missing": found}
    status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")


class _Page(StaticFiles):
    """The built page: what the build named by its content is kept for good, the rest asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        named_by_content = path.startswith("assets/")
        response.headers["Cache-Control"] = _FOR_GOOD if named_by_content else "no-cache"
        return response


def _serve_page(app: FastAPI, folder: Path) -> None:
    if (folder / "index.html").exists():
        app.mount("/", _Page(directory=folder, html=True), name="page")
        return

    async def not_built() -> Response:
        return HTMLResponse(_NOT_BUILT, status_code=HTTPStatus.SERVICE_UNAVAILABLE)

    app.add_api_route("/", not_built, methods=["GET"], include_in_schema=False)
