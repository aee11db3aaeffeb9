"""What the routes share: the open site, its store and the caches on top of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

import anyio.to_thread
from fastapi import Request

from data_catalog.dataset import datasets
from data_catalog.site import FILE_NAME, Site
from data_catalog.store import Store, WarningRecord
from geoserver.errors import NotReady
from geoserver.pools import Pool
from minegis.errors import NotFound, StoreConflict
from minegis.settings import Settings
from tiles.cells import CellTables
from tiles.raster import LayerRasters

_PUBLISHED = ("snapshot", "assessment", "region_risk", "warning_event", "artefact", "reading")
_READ_AGAIN = 3


class Kept:
    """What was read from the store, as long as its version lasts."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, Any]] = {}

    def get[R](self, name: str, version: str, read: Callable[[], R]) -> R:
        """Return what is kept under a name, read again when its version is another."""
        found = self._found.get(name)
        if found is None or found[0] != version:
            found = self._found[name] = (version, read())
        kept: R = found[1]
        return kept


@dataclass(frozen=True)
class OpenSite:
    """A site with everything that reads it."""

    site: Site
    store: Store
    cells: CellTables
    rasters: LayerRasters
    kept: Kept = field(default_factory=Kept)
    as_of: datetime | None = None
    """The moment whose knowledge is shown, the present if absent."""
    id: str = ""
    """What tells this site from others: of its declaration, and when and where it was made."""

    def then(self, as_of: datetime | None) -> OpenSite:
        """Return the same site as it was known at a moment."""
        return self if as_of is None else replace(self, as_of=as_of)

    def warnings(self) -> list[WarningRecord]:
        """Return every warning as it stands, active or cancelled."""
        if self.as_of is not None:
            return self.store.warnings(self.as_of)
        version = self.store.version("warning_event")
        return self.kept.get("warnings", version, self.store.warnings)

    def provenance(self, dataset: str) -> frozenset[tuple[str, str]]:
        """Return the origins and sources of a dataset's features."""
        if self.as_of is not None:
            return self.store.provenance(dataset, self.as_of)
        version = self.store.version(dataset)
        return self.kept.get(f"provenance/{dataset}", version, lambda: self.store.provenance(dataset))

    def version(self) -> str:
        """Return a text that changes with everything that is imported or published."""
        return self.store.version(*datasets(), *_PUBLISHED)

    def at_one_time[R](self, read: Callable[[], R]) -> R:
        """Return what several reads give together, read again when a run is published between them."""
        for _ in range(_READ_AGAIN):
            before = self.version()
            found = read()
            if self.version() == before:
                break
        return found

    @classmethod
    def open(cls, folder: Path, database: str = "") -> OpenSite:
        """Open a site folder, and its store there or in a PostgreSQL database.

        Raises
        ------
        NotFound
            If the folder holds no site.
        """
        site = Site.open(folder)
        store = Store.open(folder, database)
        cells = CellTables(store, folder)
        declared = folder / FILE_NAME
        where = f"{folder.resolve()} {database} {declared.stat().st_mtime_ns}".encode()
        tag = blake2b(declared.read_bytes() + where, digest_size=8).hexdigest()
        return cls(site=site, store=store, cells=cells, rasters=LayerRasters(store, folder), id=tag)


class Services:
    """Opens the site when it is there, and bounds the threads of each class of work."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._open: OpenSite | None = None
        self._lock = Lock()
        # titiler draws in threads of its own; a supposition takes seconds, and no warning waits for it
        names = ("query", "tile", "export", "compression", "raster", "what_if")
        self.pools = {name: Pool(name, settings.workers, settings.queue) for name in names}
        places = max(settings.queue, settings.listeners)  # who listens already is not refused a look
        self.pools["events"] = Pool("events", settings.workers, places)

    def start(self) -> None:
        """Start the threads; called on the event loop."""
        anyio.to_thread.current_default_thread_limiter().total_tokens = self.settings.workers
        for pool in self.pools.values():
            pool.start()

    def stop(self) -> None:
        """End the threads and give back what is open."""
        for pool in self.pools.values():
            pool.stop()
        if self._open is not None:
            self._open.store.close()
            self._open = None

    def opened(self) -> OpenSite:
        """Return the site, opening it when it was not there before.

        Raises
        ------
        NotReady
            If the folder holds no site.
        """
        if self._open is None:
            with self._lock:
                if self._open is None:
                    self._open = self._try()
        return self._open

    def site_id(self) -> str | None:
        """Return what tells the open site from others, None while none is open."""
        return self._open.id if self._open else None

    def is_open(self, site: OpenSite) -> bool:
        """Say whether this is the site that is open."""
        return self._open is site

    def _try(self) -> OpenSite:
        try:
            return OpenSite.open(self.settings.site, self.settings.database)
        except (NotFound, StoreConflict) as error:
            raise NotReady(error.what, where=error.where, expected=error.expected) from None

    async def query[R](self, work: Callable[[], R], request: Request | None = None) -> R:
        """Run a query in a thread; see `Pool.run`."""
        return await self.pools["query"].run(work, request)

    async def tile[R](self, work: Callable[[], R], request: Request | None = None) -> R:
        """Run the making of a tile in a thread; see `Pool.run`."""
        return await self.pools["tile"].run(work, request)

    async def suppose[R](self, work: Callable[[], R]) -> R:
        """Judge a supposition in a thread; see `Pool.run`."""
        return await self.pools["what_if"].run(work)

    async def export[R](self, work: Callable[[], R], request: Request | None = None) -> R:
        """Run the making of a whole file in a thread; see `Pool.run`."""
        return await self.pools["export"].run(work, request)

    async def stream(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Make a long answer chunk by chunk in threads for exports; see `Pool.stream`."""
        return await self.pools["export"].stream(chunks)


def services_of(request: Request) -> Services:
    """Return the services of the application that got the request."""
    services: Services = request.app.state.services
    return services


def site_of(request: Request) -> OpenSite:
    """Return the open site of the application that got the request."""
    return services_of(request).opened()
