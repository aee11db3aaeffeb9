"""Every route of the server that answers GET, as its own list of routes has them."""

from __future__ import annotations

import re
from contextlib import nullcontext

from fastapi import FastAPI

from geoserver.app import PARTS, RASTER_PREFIX
from tiles.raster import raster_router

SOUND = {
    "collection": "tsf", "collectionId": "tsf", "item": "T1", "dataset": "tsf", "asset_id": "T1", "z": "8",
    "x": "201", "y": "104", "row": "104", "column": "201", "grid": "WebMercatorQuad", "layer_id": "relief",
    "tileMatrixSetId": "WebMercatorQuad", "format": "png", "code": "513221", "cell": "8840c00001fffff",
    "lon": "103.2", "lat": "31.8", "style": "one-map", "stack": "sans-serif", "record": "tsf",
    "warning_id": "tsf/T1/1", "identifier": "51322109900000_20260720120000_0",
}  # fmt: skip


def templates() -> list[str]:
    """Return the templates, with their parameters as ``{name}``."""
    rasters = FastAPI()
    rasters.include_router(raster_router(lambda _: None, lambda _: nullcontext(), RASTER_PREFIX))  # type: ignore[arg-type, return-value]
    found = {route.path for part in PARTS for route in part.router.routes if "GET" in (route.methods or ())}
    every = found | {"/livez", "/readyz", "/metrics", *rasters.openapi()["paths"]}
    return sorted({re.sub(r":\w+}", "}", path) for path in every} - {"/ogc/"})


def filled(template: str, **chosen: str) -> str:
    """Return a path of a template, with sound values for what is not chosen."""
    return re.sub(r"{(\w+)}", lambda name: chosen.get(name[1], SOUND.get(name[1], "x")), template)
