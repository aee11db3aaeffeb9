"""Raster products: each is made once from named inputs and kept as COG under the hash of what made it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

import orjson

from data_catalog.site import RasterInput, Site
from data_catalog.store import Artefact
from minegis.clock import utc_now
from minegis.errors import InvalidInput
from pipelines.connectors.dem import read_dem
from pipelines.connectors.grid_file import read_grid
from pipelines.connectors.rain import read_rain
from pipelines.connectors.shakemap import read_shakemap
from pipelines.engine import Source
from pipelines.lineage import InputFile, Lineage, is_published, values_of, write_item
from pipelines.progress import Progress
from pipelines.raster import Raster, read_raster, write_cog
from pipelines.steps import terrain

_DAY = timedelta(days=1)
_AT_ONCE = 2**28  # bytes of an elevation model that is cleaned in memory
VERSION = "2"  # of the methods below: a change makes older files stale


@dataclass(frozen=True)
class Product:
    """A raster with the record of how it was made."""

    artefact: Artefact
    raster: Raster

    @property
    def source(self) -> str:
        """What evidence names: the product, its own SHA-256, and the files it came from."""
        origins = "; ".join(f"{each['file']} sha256:{each['sha256'][:12]}" for each in self.artefact.inputs)
        return f"{self.artefact.path} sha256:{self.artefact.sha256[:12]} ← {origins}"


@dataclass(frozen=True)
class ShakingProduct:
    """The shaking of one mapped earthquake."""

    event_id: str
    magnitude: float
    lon: float
    lat: float
    event_at: datetime
    rasters: Mapping[str, Product]


@dataclass(frozen=True)
class Products:
    """All rasters of a run by what they are for."""

    terrain: tuple[Mapping[str, Product], ...]
    relief: tuple[Mapping[str, Product], ...]
    daily_rain: tuple[Product, ...]
    shaking: tuple[ShakingProduct, ...]
    factors: tuple[Product, ...] = ()

    def artefacts(self) -> tuple[Artefact, ...]:
        """Return the record of every file."""
        maps = [*self.terrain, *self.relief, *(each.rasters for each in self.shaking)]
        return tuple(product.artefact for each in maps for product in each.values()) + tuple(
            product.artefact for product in (*self.daily_rain, *self.factors)
        )


def make_products(site: Site, at: datetime, progress: Progress) -> Products:
    """Make, or find again, every raster that the site's inputs lead to at a time."""
    grounds = []
    reliefs = []
    rain: list[Product] = []
    shaking = []
    factors = []
    # a forecast is read at the assets, not made into rasters
    inputs = [each for each in site.declaration.inputs if each.kind != "rain_forecast"]
    progress.begin("栅格 Rasters", len(inputs))
    for given in inputs:
        if given.kind == "elevation":
            grounds.append(_terrain(site, given))
        elif given.kind == "relief":
            reliefs.append(_relief(site, given))
        elif given.kind == "rain":
            rain += _rain(site, given, at)
        elif given.kind == "factor":
            factors.append(_factor(site, given))
        else:
            shaking.append(_shaking(site, given))
        progress.advance()
    return Products(tuple(grounds), tuple(reliefs), tuple(rain), tuple(shaking), tuple(factors))


def _relief(site: Site, given: RasterInput) -> dict[str, Product]:
    elevation = _elevation(site, given)
    return {
        "elevation": elevation,
        "hillshade": keep(site, given, "hillshade", lambda: terrain.hillshade(elevation.raster)),
    }


def _elevation(site: Site, given: RasterInput) -> Product:
    def read() -> Raster:
        return read_dem(site.path(given.path), unit=given.unit or None, crs=given.crs or None)

    return keep(site, given, "elevation", read)


def elevation_file(site: Site, given: RasterInput) -> Path:
    """Return the file that jobs read an elevation model from.

    That is its cleaned copy; a GeoTIFF too large to be read at once is read as it is, block by block, and has
    to be in metres with its gaps and reference system stated.
    """
    path = site.path(given.path)
    if path.suffix.lower() in (".tif", ".tiff"):
        grid = Source.of(path).grid()
        if 4 * grid.width * grid.height > _AT_ONCE:
            return path
    return site.path(_elevation(site, given).artefact.path)


def _terrain(site: Site, given: RasterInput) -> dict[str, Product]:
    made = _relief(site, given)
    elevation = made["elevation"].raster
    for name in ("slope_angle", "aspect", "wetness_index"):
        made[name] = keep(site, given, name, partial(getattr(terrain, name), elevation))
    return made


def _factor(site: Site, given: RasterInput) -> Product:
    """Keep a raster of any quantity of the data dictionary for the cell models that ask for it."""
    if not given.variable:
        raise InvalidInput(
            "a factor without a variable",
            where=f"site.yaml: {given.path}",
            expected="variable: a name of the data dictionary",
        )

    def read() -> Raster:
        return read_grid(
            site.path(given.path), given.variable, unit=given.unit or None, crs=given.crs or None
        )

    return keep(site, given, given.variable, read)


def _rain(site: Site, given: RasterInput, at: datetime) -> list[Product]:
    """Cut the input's period into days, the newest first; a remainder shorter than a day is left out.

    What ends after the time of the run has not fallen yet: the newest day that has is the one on the map.
    """
    if given.valid_from is None or given.valid_to is None:
        raise InvalidInput(
            "rain without a period", where=f"site.yaml: {given.path}", expected="valid_from and valid_to"
        )
    found: list[Product] = []
    end = given.valid_to
    while end - _DAY >= given.valid_from:
        start = end - _DAY

        def day(start: datetime = start, end: datetime = end) -> Raster:
            return read_rain(
                site.path(given.path), given.variable or None, start=start, end=end, crs=given.crs or None
            )

        if end <= at:
            layer = "rain_day" if found else "rain"
            found.append(keep(site, given, layer, day, part=f"{end:%Y%m%dT%H%M}"))
        end = start
    return found


def _shaking(site: Site, given: RasterInput) -> ShakingProduct:
    found = read_shakemap(site.path(given.path))
    rasters = {
        name: keep(site, given, name, lambda raster=raster: raster, part=found.event_id)  # type: ignore[misc]
        for name, raster in found.rasters.items()
    }
    return ShakingProduct(found.event_id, found.magnitude, found.lon, found.lat, found.event_at, rasters)


def _check(path: Path, given: RasterInput) -> None:
    """Let no file go by the hash of another; what is no file is for its reader to refuse.

    Raises
    ------
    InvalidInput
        If the file is not the one that was declared.
    """
    if not path.is_file():
        return
    about = path.stat()
    digest = _digest(path, about.st_mtime_ns, about.st_size)
    if digest != given.sha256.lower():
        raise InvalidInput(
            "not the file that was declared",
            where=f"site.yaml: {given.path}",
            expected=f"sha256 {given.sha256[:12]}",
            got=digest[:12],
        )


@lru_cache(maxsize=16)
def _digest(path: Path, _changed: int, _size: int) -> str:
    """Return the SHA-256 of a file; many rasters are made from one."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def keep(
    site: Site, given: RasterInput, layer: str, make: Callable[[], Raster], *, part: str = ""
) -> Product:
    """Make a raster, or find it again under the hash of what makes it; return it with its lineage.

    Raises
    ------
    InvalidInput
        If it has to be made and the file is not the one that was declared.
    """
    area = given.area or part or Path(given.path).stem
    parameters = {"unit": given.unit, "crs": given.crs, "variable": given.variable, "part": part}
    described = [layer, area, VERSION, given.sha256, parameters]
    key = hashlib.sha256(orjson.dumps(described, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]
    name = "-".join(filter(None, (layer, area, part if part != area else "", key)))
    path = site.path(f"rasters/{name}.tif")
    started = utc_now()
    missing = not path.exists()
    if missing:
        _check(site.path(given.path), given)
        write_cog(make(), path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    raster = read_raster(path)
    if not is_published(path):
        duration = (utc_now() - started).total_seconds() if missing else None
        origin = InputFile(given.path, given.sha256, given.source, str(given.origin))
        lineage = Lineage(layer, VERSION, (origin,), parameters, utc_now(), duration)
        valid = (raster.valid_from, raster.valid_to) if raster.valid_from and raster.valid_to else None
        values = values_of(raster)
        write_item(path, raster.grid, raster.variable, lineage, values, valid=valid, about={"area": area})
    artefact = Artefact(
        id=name,
        kind="raster",
        layer=layer,
        area=area,
        path=f"rasters/{name}.tif",
        sha256=digest,
        method=f"{layer}/{VERSION}",
        parameters=parameters,
        inputs=(
            {"file": given.path, "sha256": given.sha256, "source": given.source, "origin": str(given.origin)},
        ),
        made_at=utc_now(),
    )
    return Product(artefact, raster)
