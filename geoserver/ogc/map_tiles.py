"""Vector tiles as they are served: versions asked for together, made once for all who wait, kept, tagged."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http import HTTPStatus
from importlib.metadata import version as package_version
from importlib.resources import files
from types import MappingProxyType

from fastapi import Request, Response

from data_catalog.collection import RISK_CELL, Collection, collections
from data_catalog.items import Bounds
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.errors import Abandoned
from geoserver.ogc.parameters import as_of
from geoserver.ogc.selection import selected
from geoserver.ogc.sources import ItemSources, sources_of
from geoserver.pools import abandoned
from geoserver.services import Services, services_of
from layers.layer import Layer, layers
from minegis.errors import NotFound
from tiles.cache import SETTLED, Flights, TileCache
from tiles.cells import CellTiles
from tiles.drawn import risk_names
from tiles.grid import Tile
from tiles.vector import NOW, State, VectorTiles

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
OF_STATE = ("datetime", "as_of")
POLICY = ""  # whom a tile may be shown to: everybody, until there are actors

_CELL_FIELDS = ("resolution", "tier", "state", "score", "p")
_WATCHED_AFTER = 0.05  # s; nearly every tile is made sooner, and then costs no watching


@dataclass(frozen=True, slots=True)
class Address:
    """What a tile shows: a place, and which state of the collections."""

    tile: Tile
    states: Mapping[str, State] = field(default_factory=dict)
    """By collection; the present one where none is given."""
    asked: str = ""
    """The states as the client wrote them."""
    as_of: datetime | None = None


class MapTiles:
    """The tiles of an open site."""

    def __init__(self, services: Services, sources: ItemSources) -> None:
        self.sources = sources
        self.vector = VectorTiles(sources.opened.store, sources.items)
        self.cells = CellTiles(sources.opened.cells)
        self.cache = TileCache()
        self._services = services
        self._flights: Flights[str, bytes] = Flights()
        self._versions = Versions(services, sources)
        self._written: datetime | None = None  # no later than the newest write
        self.layers = drawn_collections()

    def layer(self, collection: str) -> Layer:
        """Return the layer that draws a collection.

        Raises
        ------
        NotFound
            If none does.
        """
        try:
            return self.layers[collection]
        except KeyError:
            where = f"collection {collection!r}"
            raise NotFound("no such tiles", where=where, expected=", ".join(self.layers)) from None

    def collection(self, name: str) -> Collection:
        """Return the schema of a collection."""
        return self.sources.items(name).collection

    def bounds(self, names: Iterable[str]) -> Bounds | None:
        """Return west, south, east, north of collections, deg; None when they are empty."""
        found = [bounds for name in names if (bounds := self.sources.items(name).bounds()) is not None]
        if not found:
            return None
        west, south, east, north = zip(*found, strict=True)
        return min(west), min(south), max(east), max(north)

    def covers(self, names: Sequence[str], tile: Tile) -> bool:
        """Say whether a tile is within the limits of the tilesets of collections."""
        bounds = self.bounds(names)
        if bounds is None:
            return True
        west, east, north, south = tile.grid.covering(tile.z, bounds)
        return west <= tile.x <= east and north <= tile.y <= south

    async def answer(self, request: Request, names: Sequence[str], address: Address) -> Response:
        """Return a layer for each collection; 304 when the client has it, 204 when it is empty."""
        versions = await self._versions.read(names)
        tags = [self._tag(name, versions[name], address) for name in names]
        tag = tags[0] if len(tags) == 1 else entity_tag(*tags)
        headers = kept_headers(tag)
        if await self._is_settled(address.as_of):
            headers["Cache-Control"] = SETTLED
        kept = unchanged(request, tag)
        if kept is not None:
            return kept
        found = [self.cache.find(each) for each in tags]
        for place, name in enumerate(names):
            if found[place] is None:
                made = self._made(name, versions[name], tags[place], address)
                found[place] = await unless_left(request, made)
        data = b"".join(each for each in found if each)
        if not data:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
        return Response(data, media_type=MEDIA_TYPE, headers=headers)

    async def _is_settled(self, as_of: datetime | None) -> bool:
        """Whether what was known at a moment can never change again: something was written after it."""
        if as_of is None:
            return False
        if self._written is None or self._written < as_of:
            self._written = await self._services.query(self.sources.opened.store.moment)
        return as_of <= self._written

    def make(self, name: str, address: Address) -> bytes:
        """Return one encoded layer, made anew; called in a thread."""
        state = address.states.get(name, NOW)
        if name == RISK_CELL:
            return self.cells.tile(address.tile, state.as_of, abandoned)
        return self.vector.tile(name, address.tile, state, abandoned)

    async def _made(self, name: str, version: str, tag: str, address: Address) -> bytes:
        items = self.sources.items(name)

        def work() -> tuple[bytes, bool]:
            return self.make(name, address), items.version() == version

        async def make() -> bytes:
            data, current = await self._services.tile(work)
            if current:
                self.cache.keep(tag, data)
            return data

        return await self._flights.join(tag, make)

    def _tag(self, name: str, version: str, address: Address) -> str:
        tile = address.tile
        place = f"{tile.grid.id}/{tile.z}/{tile.x}/{tile.y}"
        identity = self.sources.opened.store.identity
        return entity_tag(identity, edition(), name, version, place, POLICY, address.asked)


@cache
def drawn_collections() -> Mapping[str, Layer]:
    """Return the layer that draws each collection, in the order of drawing."""
    drawn = {layer.id if layer.kind == "cells" else layer.dataset: layer for layer in layers().values()}
    return MappingProxyType({name: layer for name, layer in drawn.items() if name in collections()})


class Versions:
    """Versions of collections: one reading answers everybody who asked before it began.

    No request waits for more than two readings or gets a version older than itself, and nothing is read on
    the event loop.
    """

    def __init__(self, services: Services, sources: ItemSources) -> None:
        self._services = services
        self._sources = sources
        self._wanted: set[str] = set()
        self._running: asyncio.Task[dict[str, str]] | None = None
        self._next: asyncio.Task[dict[str, str]] | None = None

    async def read(self, names: Iterable[str]) -> Mapping[str, str]:
        """Return the versions of collections, and perhaps of others."""
        self._wanted.update(names)
        if self._next is None or self._next.done():
            self._next = asyncio.get_running_loop().create_task(self._read(self._running))
        return await asyncio.shield(self._next)

    async def _read(self, before: asyncio.Task[dict[str, str]] | None) -> dict[str, str]:
        if before is not None and not before.done():
            await asyncio.wait({before})
        wanted, self._wanted = self._wanted, set()
        self._running, self._next = self._next, None
        items = [self._sources.items(name) for name in wanted]
        return await self._services.query(lambda: {each.collection.id: each.version() for each in items})


def address_of(tiles: MapTiles, names: Sequence[str], tile: Tile, given: Mapping[str, str]) -> Address:
    """Return what a tile shows by the parameters ``datetime`` and ``as_of``.

    Raises
    ------
    InvalidInput
        If one is no time.
    """
    asked = "&".join(f"{name}={given[name]}" for name in OF_STATE if name in given)
    if not asked:
        return Address(tile)
    moment = as_of(given)
    period = {"datetime": given["datetime"]} if "datetime" in given else {}
    states = {name: State(moment, selected(period, tiles.collection(name))) for name in names}
    return Address(tile, states, asked, moment)


def drawn_fields(collection: Collection, layer: Layer) -> list[str]:
    """Return the properties that are in the tiles of a collection, beside the id."""
    if collection.id == RISK_CELL:
        return list(_CELL_FIELDS)
    wanted = dict.fromkeys((*layer.properties, *risk_names(collection), "origin"))
    return [name for name in wanted if name in collection.properties]


@cache
def edition() -> str:
    """Return a text that is the same in every process that draws alike: the code and the declarations."""
    digest = hashlib.blake2b(package_version("minegis").encode(), digest_size=12)
    for folder in ("tiles", "layers", "layers.definitions", "minegis"):
        for file in sorted(files(folder).iterdir(), key=lambda each: each.name):
            if file.name.endswith((".py", ".yaml")):
                digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


async def unless_left[R](request: Request, work: Awaitable[R]) -> R:
    """Return what is awaited, and stop waiting when the client leaves.

    Raises
    ------
    Abandoned
        If it has left.
    """
    task = asyncio.ensure_future(work)
    left = None
    try:
        await asyncio.wait({task}, timeout=_WATCHED_AFTER)
        if not task.done():
            left = asyncio.ensure_future(_left(request))
            await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Abandoned
        return task.result()
    finally:
        for each in (task, left):
            if each is not None and not each.done():
                each.cancel()
                with suppress(asyncio.CancelledError):
                    await each


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def tiles_of(request: Request) -> MapTiles:
    """Return the tiles of the site that the application serves, opening it when it was not there before."""
    state = request.app.state
    found: MapTiles | None = getattr(state, "map_tiles", None)
    services = services_of(request)
    if found is None or not services.is_open(found.sources.opened):
        sources = await services.query(lambda: sources_of(request))
        found = state.map_tiles = MapTiles(services, sources)
    return found
