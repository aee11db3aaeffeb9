"""The rasters of a date that cover an asset, and small pictures of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from shapely.geometry.base import BaseGeometry

from data_catalog.store import Artefact
from geoserver.services import OpenSite
from layers.layer import Layer, layers
from minegis.clock import format_utc, parse_utc
from minegis.errors import NotFound
from pipelines.lineage import item_path
from tiles.cache import TileCache
from tiles.raster import Palette, bounds_of, palette
from tiles.thumbnail import Box, greys, metres_per_pixel, thumbnail

MOST = 48  # images of one answer, the newest
_PIXELS = 10  # of the raster that half a picture shows at least
_LEAST_METRES = 500.0
_KEPT = TileCache(16 * 2**20)


@dataclass(frozen=True)
class DatedRaster:
    """A published raster whose values speak of a time."""

    artefact: Artefact
    path: Path
    title: dict[str, str]
    since: datetime
    at: datetime
    layer: Layer | None
    minimum: float
    maximum: float

    @property
    def colours(self) -> Palette:
        """Those of its layer, or greys."""
        return palette(self.layer.id) if self.layer else greys(self.minimum, self.maximum)


def images_of(opened: OpenSite, shape: BaseGeometry) -> list[dict[str, Any]]:
    """Return what the page shows of the dated rasters that cover a shape, the newest first."""
    point = shape.representative_point()
    found = [each for each in _dated(opened) if _covers(each.path, point.x, point.y)]
    found.sort(key=lambda each: (each.at, each.artefact.layer), reverse=True)
    moment = f"&as_of={format_utc(opened.as_of)}" if opened.as_of else ""
    return [_described(each, point.x, point.y, moment) for each in found[:MOST]]


def picture(opened: OpenSite, name: str, box: Box, size: int) -> tuple[bytes, str]:
    """Return a picture of a raster by the name it is published under, with what it was made from.

    Raises
    ------
    NotFound
        If the site publishes no dated raster of this name, or it has nothing there.
    """
    chosen = next((each for each in _dated(opened) if each.artefact.id == name), None)
    if chosen is None:
        raise NotFound("no such image", where=f"image {name[:80]!r}", expected="one of an asset's /images")
    key = (chosen.path, chosen.artefact.sha256, str(box), size)
    found = _KEPT.find(key)
    if found is None:
        found = thumbnail(chosen.path, box, size, chosen.colours)
        _KEPT.keep(key, found)
    return found, chosen.artefact.sha256


def _covers(path: Path, lon: float, lat: float) -> bool:
    west, south, east, north = bounds_of(path)
    return west <= lon <= east and south <= lat <= north


def _described(raster: DatedRaster, lon: float, lat: float, moment: str) -> dict[str, Any]:
    box = Box.around(lon, lat, max(_PIXELS * metres_per_pixel(raster.path), _LEAST_METRES))
    name = raster.artefact.id
    return {
        "layer": raster.layer.id if raster.layer else None,
        "title": raster.title,
        "since": format_utc(raster.since),
        "at": format_utc(raster.at),
        "thumbnail": f"/tiles/thumbnails/{name}?box={box}{moment}",
        "bounds": [box.west, box.south, box.east, box.north],
        "source": "; ".join(each.get("file", each.get("source", "")) for each in raster.artefact.inputs),
        "origin": next((each["origin"] for each in raster.artefact.inputs if "origin" in each), "public"),
    }


def _dated(opened: OpenSite) -> Sequence[DatedRaster]:
    if opened.as_of is not None:
        return _read(opened, opened.store.artefacts(opened.as_of))
    version = opened.store.version("artefact")
    return opened.kept.get("dated rasters", version, lambda: _read(opened, opened.store.artefacts()))


def _read(opened: OpenSite, artefacts: Sequence[Artefact]) -> list[DatedRaster]:
    found = [_dated_raster(opened.site.path(each.path), each) for each in artefacts]
    return [each for each in found if each is not None]


def _dated_raster(path: Path, artefact: Artefact) -> DatedRaster | None:
    """Return a raster with what its STAC item says, None where it speaks of no time."""
    try:
        item = orjson.loads(item_path(path).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return None
    said = item.get("properties", {})
    if path.suffix != ".tif" or not said.get("start_datetime") or not said.get("end_datetime"):
        return None
    bands = item["assets"]["data"].get("raster:bands") or [{}]
    told = bands[0].get("statistics", {})
    return DatedRaster(
        artefact,
        path,
        said["minegis:title"],
        parse_utc(said["start_datetime"], where=path.name),
        parse_utc(said["end_datetime"], where=path.name),
        _layer_of(artefact, said["minegis:variable"]),
        float(told.get("minimum", 0.0)),
        float(told.get("maximum", 1.0)),
    )


def _layer_of(artefact: Artefact, variable: str) -> Layer | None:
    """Return the layer that draws a raster: its own, else one of the same quantity."""
    rasters = [each for each in layers().values() if each.kind == "raster"]
    own = (each for each in rasters if each.raster == artefact.layer)
    return next(own, next((each for each in rasters if each.variable == variable), None))
