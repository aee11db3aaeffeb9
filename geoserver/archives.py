"""Archives of vector tiles to carry away: what may be ordered, and how an order is made."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal, Self

import shapely
from pydantic import Field as Setting
from pydantic import model_validator
from shapely.geometry.base import BaseGeometry

from geoserver.ogc.map_tiles import drawn_collections, edition
from geoserver.ogc.sources import ItemSources
from geoserver.tile_routes import vector_layer
from minegis.declarations import Declaration
from minegis.errors import InvalidInput, NotFound
from tiles.archive.export import Exported, Source, Tick, export
from tiles.archive.plan import Plan
from tiles.grid import WEB_MERCATOR, grid

_MOST_TILES = 2_000_000


class Order(Declaration):
    """What somebody asks an archive of: a region by its code or a bbox, else everything that is drawn."""

    format: Literal["pmtiles", "mbtiles"] = "pmtiles"
    collections: tuple[str, ...] = ()
    region: str = ""
    bbox: tuple[float, float, float, float] | None = None
    minzoom: int = Setting(default=0, ge=0, le=22)
    maxzoom: int = Setting(default=10, ge=0, le=22)
    grid: str = WEB_MERCATOR.id

    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        if self.region and self.bbox:
            raise ValueError("a region or a bbox, not both")
        if self.bbox is not None:
            west, south, east, north = self.bbox
            if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
                raise ValueError("a bbox is west,south,east,north in degrees")
        return self

    @property
    def key(self) -> str:
        """A name that is the same whenever the same is asked."""
        return hashlib.blake2b(self.model_dump_json().encode(), digest_size=8).hexdigest()


def plan_of(sources: ItemSources, order: Order) -> Plan:
    """Return what an order means on a site.

    Raises
    ------
    InvalidInput, NotFound
        If it names what is not there.
    """
    drawn = drawn_collections()
    for name in order.collections:
        if name not in drawn:
            raise NotFound("no such tiles", where=f"collection {name!r}", expected=", ".join(drawn))
    names = order.collections or tuple(drawn)
    return Plan(
        format=order.format,
        title=sources.opened.site.declaration.title.zh,
        collections=names,
        area=_area(sources, order, names),
        minzoom=order.minzoom,
        maxzoom=order.maxzoom,
        grid=grid(order.grid),
    )


def _area(sources: ItemSources, order: Order, names: tuple[str, ...]) -> BaseGeometry:
    if order.region:
        found = sources.opened.store.features("region", where={"code": order.region})
        if not found:
            raise NotFound("no such region", where=order.region, expected="the code of a region of the site")
        return found[0].geometry
    if order.bbox is not None:
        asked: BaseGeometry = shapely.box(*order.bbox)
        return asked
    boxes = [bounds for name in names if (bounds := sources.items(name).bounds()) is not None]
    if not boxes:
        raise InvalidInput("nothing is drawn", where="collections", got=", ".join(names))
    west, south, east, north = zip(*boxes, strict=True)
    whole: BaseGeometry = shapely.box(min(west), min(south), max(east), max(north))
    return whole


def make(sources: ItemSources, order: Order, target: Path, tick: Tick) -> Exported:
    """Make the archive of an order, or bring it up to date."""
    opened = sources.opened
    plan = plan_of(sources, order)
    drawn = drawn_collections()
    described = [vector_layer(sources.items(name).collection, drawn[name]) for name in plan.collections]
    source = Source(opened.store, sources.items, opened.cells, edition())
    return export(source, plan, described, target, tick)


def check_size(plan: Plan) -> None:
    """Refuse an archive that would keep the server busy for hours.

    Raises
    ------
    InvalidInput
        If it might have more tiles than a server makes for a client.
    """
    most = 0
    for z in range(plan.minzoom, plan.maxzoom + 1):
        west, east, north, south = plan.grid.covering(z, plan.bounds)
        most += (east - west + 1) * (south - north + 1)
    if most > _MOST_TILES:
        expected = f"at most {_MOST_TILES:,} tiles; `minegis tiles export` makes larger ones"
        raise InvalidInput("an archive too large", where="maxzoom", expected=expected, got=f"{most:,}")
