"""The titiler door: raster layers by their id, never by path or URL."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from http import HTTPStatus
from pathlib import Path
from threading import Lock
from typing import Annotated, Any, Self

import attr
import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi import Path as PathParameter
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from morecantile import Tile as MatrixTile
from morecantile import TileMatrixSet, TileMatrixSets
from morecantile import tms as all_matrix_sets
from numpy.typing import NDArray
from PIL import Image
from rasterio.crs import CRS
from rio_tiler.constants import WEB_MERCATOR_TMS, WGS84_CRS
from rio_tiler.errors import EmptyMosaicError, PointOutsideBounds, TileOutsideBounds
from rio_tiler.io import Reader
from rio_tiler.io.base import SpatialMixin
from rio_tiler.models import ImageData, Info, PointData
from rio_tiler.mosaic import mosaic_reader
from titiler.core.dependencies import DatasetParams, DefaultDependency
from titiler.core.factory import TilerFactory
from titiler.core.resources.enums import ImageType
from titiler.core.utils import render_image

from data_catalog.store import Store
from layers.layer import layer, layers
from minegis.clock import parse_utc
from minegis.errors import InvalidInput, NotFound
from tiles.cache import SETTLED, entity_tag, is_kept
from tiles.grid import Tile

OUTSIDE: tuple[type[Exception], ...] = (TileOutsideBounds, PointOutsideBounds)
"""What is raised where a raster has no data."""

_WEB_MERCATOR = "WebMercatorQuad"
_MATRIX_SETS = (_WEB_MERCATOR, "WorldCRS84Quad")
_LARGEST_TILE = 1024
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_COLOURS = 255
_SMOOTH = {"resampling_method": "bilinear", "reproject_method": "bilinear"}  # every layer is continuous
GDAL_ENVIRONMENT = {"GDAL_CACHEMAX": 32, "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_NUM_THREADS": 1}


class LayerRasters:
    """The published files of each raster layer, one for each area."""

    def __init__(self, store: Store, site: Path) -> None:
        self._store = store
        self._site = site
        self._found: dict[str, tuple[Path, ...]] = {}
        self._version = ""
        self._lock = Lock()

    def version(self) -> str:
        """Return a text that changes whenever another file is published."""
        return self._store.version("artefact")

    def standing(self, as_of: datetime | None) -> tuple[str, bool]:
        """Return the version, and whether what was known at a moment can never change again."""
        return self.version(), as_of is not None and as_of <= self._store.moment()

    def paths(self, layer_id: str, as_of: datetime | None = None) -> tuple[Path, ...]:
        """Return the files of a layer, those that were known at a moment if one is given.

        Raises
        ------
        NotFound
            If it is no raster layer, or the site has no file of it.
        """
        declared = layer(layer_id)
        if declared.kind != "raster":
            expected = ", ".join(each.id for each in layers().values() if each.kind == "raster")
            raise NotFound("not a raster layer", where=f"layer {layer_id!r}", expected=expected)
        found = self._current() if as_of is None else self._read(as_of)
        paths = found.get(declared.raster, ())
        if not paths:
            raise NotFound("the site has no data for this layer", where=f"layer {layer_id!r}")
        return paths

    def is_same(self, layer_id: str, as_of: datetime | None) -> bool:
        """Whether a layer had the same files at a moment as it has now."""
        raster = layer(layer_id).raster
        return as_of is None or self._current().get(raster) == self._read(as_of).get(raster)

    def _current(self) -> dict[str, tuple[Path, ...]]:
        version = self.version()
        if version != self._version:
            with self._lock:
                self._found, self._version = self._read(), version
        return self._found

    def _read(self, as_of: datetime | None = None) -> dict[str, tuple[Path, ...]]:
        found: dict[str, tuple[Path, ...]] = {}
        for artefact in self._store.artefacts(as_of):
            if artefact.path.endswith(".tif"):
                found[artefact.layer] = (*found.get(artefact.layer, ()), self._site / artefact.path)
        return found


def bounds_of(path: Path) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a published raster, deg; files never change, so it is kept."""
    return _lonlat_bounds(path)


@lru_cache(maxsize=1024)
def _lonlat_bounds(path: Path) -> tuple[float, float, float, float]:
    with Reader(str(path)) as source:
        west, south, east, north = source.get_geographic_bounds(WGS84_CRS)
    return west, south, east, north


@attr.s
class AreasReader(SpatialMixin):
    """Reads the files of a layer as one raster: where areas overlap, the first one that has data counts."""

    input: tuple[Path, ...] = attr.ib()
    tms: TileMatrixSet = attr.ib(default=WEB_MERCATOR_TMS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __attrs_post_init__(self) -> None:
        edges = np.array([_lonlat_bounds(path) for path in self.input])
        self.bounds = (*edges[:, :2].min(axis=0).tolist(), *edges[:, 2:].max(axis=0).tolist())
        self.crs = WGS84_CRS

    @property
    def minzoom(self) -> int:
        """Smallest zoom with detail."""
        return 0

    @property
    def maxzoom(self) -> int:
        """Largest zoom with detail."""
        with Reader(str(self.input[0]), tms=self.tms) as source:
            return int(source.maxzoom)

    def info(self) -> Info:
        """Describe the first file, with the bounds of all."""
        with Reader(str(self.input[0]), tms=self.tms) as source:
            described: Info = source.info()
        return described.model_copy(update={"bounds": self.bounds})

    def tile(self, tile_x: int, tile_y: int, tile_z: int, **options: Any) -> ImageData:
        """Read one tile."""
        west, south, east, north = self.tms.bounds(MatrixTile(tile_x, tile_y, tile_z))

        def read(path: Path) -> ImageData:
            with Reader(str(path), tms=self.tms) as source:
                image: ImageData = source.tile(tile_x, tile_y, tile_z, **{**_SMOOTH, **options})
            return image

        paths = self._touching(west, south, east, north)
        if not paths:
            raise TileOutsideBounds("no file of this layer is here")
        try:
            found: ImageData = mosaic_reader(paths, read, threads=1, allowed_exceptions=OUTSIDE)[0]
        except EmptyMosaicError:
            raise TileOutsideBounds("no file of this layer is here") from None
        return found

    def point(self, lon: float, lat: float, coord_crs: CRS = WGS84_CRS, **options: Any) -> PointData:
        """Read the value at a point; a file without one is asked only where all are without."""
        empty: PointData | None = None
        for path in self.input:
            with Reader(str(path)) as source:
                try:
                    found: PointData = source.point(lon, lat, coord_crs=coord_crs, **options)
                except PointOutsideBounds:
                    continue
            if np.isfinite(np.ma.filled(found.array.astype(np.float64), np.nan)).any():
                return found
            empty = found if empty is None else empty
        if empty is None:
            raise PointOutsideBounds(f"no data at {lon}, {lat}")
        return empty

    def _touching(self, west: float, south: float, east: float, north: float) -> tuple[Path, ...]:
        def touches(path: Path) -> bool:
            left, bottom, right, top = _lonlat_bounds(path)
            return left <= east and right >= west and bottom <= north and top >= south

        return tuple(path for path in self.input if touches(path))


@dataclass(frozen=True)
class Palette:
    """A layer's ramp as 255 colours; number 0 is transparent, for no data."""

    minimum: float
    maximum: float
    rgba: NDArray[np.uint8]


@cache
def palette(layer_id: str) -> Palette:
    """Return the palette of a raster layer."""
    stops = layer(layer_id).ramp
    at = [stop.value for stop in stops]
    colours = np.array([_rgba(stop.colour) for stop in stops], dtype=np.float64)
    values = np.linspace(at[0], at[-1], _COLOURS)
    ramp = np.stack([np.interp(values, at, channel) for channel in colours.T], axis=1)
    return Palette(at[0], at[-1], np.vstack([np.zeros((1, 4)), np.rint(ramp)]).astype(np.uint8))


def _rgba(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:] if len(colour) == 9 else colour[1:] + "FF"))


def render(
    image: ImageData,
    *,
    colours: Palette,
    output_format: ImageType | None = None,
    colormap: object = None,
) -> tuple[bytes, str]:
    """Draw a single band with a palette: as PNG eight bits a pixel, else as titiler draws it."""
    band = image.array[0]
    span = colours.maximum - colours.minimum
    position = (band.filled(colours.minimum).astype(np.float64) - colours.minimum) / span
    known = ~np.ma.getmaskarray(band) & ~np.isnan(position)
    steps = np.rint(np.clip(np.where(known, position, 0.0), 0.0, 1.0) * (_COLOURS - 1))
    numbers = np.where(known, steps + 1, 0).astype(np.uint8)
    if output_format not in (None, ImageType.png):
        drawn = ImageData(
            np.ma.MaskedArray(np.moveaxis(colours.rgba[numbers][..., :3], -1, 0)),
            bounds=image.bounds,
            crs=image.crs,
        )
        content: tuple[bytes, str] = render_image(drawn, output_format=output_format)
        return content
    picture = Image.fromarray(numbers, mode="P")
    picture.putpalette(colours.rgba[:, :3].tobytes(), rawmode="RGB")
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=colours.rgba[:, 3].tobytes(), compress_level=1)
    return out.getvalue(), "image/png"


@dataclass
class _LayerRendering(DefaultDependency):
    """The palette of the layer in the path."""

    layer_id: Annotated[str, PathParameter(pattern=r"^[a-z][a-z0-9_]*$")]

    def as_dict(self, exclude_none: bool = True) -> dict[str, Any]:
        return {"colours": palette(self.layer_id)}


@dataclass
class _NoParameters(DefaultDependency):
    """Takes nothing from the request."""


class _LayerTiler(TilerFactory):
    def register_routes(self) -> None:
        offered: tuple[Callable[[], None], ...] = (
            self.info,
            self.tilesets,
            self.tile,
            self.tilejson,
            self.point,
        )
        for register in offered:
            register()


def _versioned(
    rasters_of: Callable[[Request], LayerRasters], place_of: Callable[[Request], AbstractContextManager[None]]
) -> type[APIRoute]:
    """Return a kind of route whose answers carry the version of the rasters, and are not made twice."""

    class Versioned(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            make = super().get_route_handler()

            async def answer(request: Request) -> Response:
                with place_of(request):
                    return await found(request)

            async def found(request: Request) -> Response:
                moment = _as_of(request)
                version, settled = await run_in_threadpool(lambda: rasters_of(request).standing(moment))
                kept = SETTLED if settled else "no-cache"
                headers = {"ETag": entity_tag(version), "Cache-Control": kept, "Vary": "Accept"}
                if is_kept(request.headers.get("if-none-match"), headers["ETag"]):
                    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
                response = await make(request)
                response.headers.update(headers)
                return response

            return answer

    return Versioned


def raster_router(
    rasters_of: Callable[[Request], LayerRasters],
    place_of: Callable[[Request], AbstractContextManager[None]],
    prefix: str,
) -> APIRouter:
    """Return titiler's routes for the raster layers of the site behind a request.

    `place_of` bounds how many of them are answered at a time: it gives a place to hold, or raises.
    """

    def paths(
        request: Request, layer_id: Annotated[str, PathParameter(pattern=r"^[a-z][a-z0-9_]*$")]
    ) -> tuple[Path, ...]:
        _check(request)
        return rasters_of(request).paths(layer_id, _as_of(request))

    router_prefix = prefix + "/{layer_id}"
    reader: Any = AreasReader  # offers what the routes above use, not all of rio-tiler's reader
    factory = _LayerTiler(
        router=APIRouter(route_class=_versioned(rasters_of, place_of)),
        reader=reader,
        path_dependency=paths,
        layer_dependency=_NoParameters,
        dataset_dependency=DatasetParams,
        tile_dependency=_NoParameters,
        process_dependency=lambda: None,
        colormap_dependency=lambda: None,
        render_dependency=_LayerRendering,
        environment_dependency=lambda: GDAL_ENVIRONMENT,
        add_viewer=False,
        supported_tms=TileMatrixSets({name: all_matrix_sets.get(name) for name in _MATRIX_SETS}),
        render_func=render,
        router_prefix=router_prefix,
    )
    router = APIRouter(prefix=router_prefix)
    router.include_router(factory.router)
    return router


def _as_of(request: Request) -> datetime | None:
    given = request.query_params.get("as_of")
    return None if given is None else parse_utc(given, where="as_of")


def _check(request: Request) -> None:
    """Refuse a tile that the grid has not, and one too large to draw."""
    place = request.path_params
    if {"x", "y", "z"} <= place.keys():
        z, x, y = (_number(name, str(place[name])) for name in "zxy")
        wide = place.get("tileMatrixSetId") != _WEB_MERCATOR  # the other grid has two columns for each row
        Tile(z, x // 2 if wide else x, y)
    size = request.query_params.get("tilesize", "256")
    if not (_NUMBER.fullmatch(size) and 0 < int(size) <= _LARGEST_TILE):
        raise InvalidInput("bad tile size", where="tilesize", expected=f"1 to {_LARGEST_TILE}", got=size)


def _number(name: str, text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("not a number of a tile", where=name, expected="a whole number", got=text)
    return int(text)
