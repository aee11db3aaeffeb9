"""The last run kept ready for suppositions, and the newest answers: bounded, and each made once at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi import Request

from geoserver.ogc.map_tiles import unless_left
from geoserver.pools import abandoned
from geoserver.services import OpenSite, Services, services_of
from minegis.errors import StoreConflict
from pipelines.what_if_change import Change
from tiles.cache import Flights
from tiles.cells import CellTable
from tiles.drawn import check

if TYPE_CHECKING:  # models are large: what judges is loaded when somebody first supposes something
    from pipelines.what_if import WhatIf
    from pipelines.what_if_baseline import Baseline
    from pipelines.what_if_judging import Present

_ANSWERS_KEPT = 8  # of 4 MB for 340,000 cells


@dataclass(frozen=True)
class Ready:
    """A run in memory. `version` changes with runs and with the rules that are active."""

    version: str
    base: Baseline
    present: Present
    tables: Mapping[int, CellTable]


@dataclass(frozen=True)
class Answer:
    """What a change gives, with the cells as tiles take them."""

    ready: Ready
    found: WhatIf
    tables: Mapping[int, CellTable]


class WhatIfs:
    """Answers changes of the last run of an open site; all but the work itself is on the event loop."""

    def __init__(self, services: Services, opened: OpenSite) -> None:
        self.opened = opened
        self._services = services
        self._ready: Ready | None = None
        self._answers: OrderedDict[Change, Answer] = OrderedDict()
        self._reading: Flights[str, Ready] = Flights()
        self._answering: Flights[tuple[str, Change], Answer] = Flights()

    async def answer(self, request: Request, change: Change) -> Answer:
        """Return what a change gives; the work ends when nobody waits for it any longer.

        Raises
        ------
        NotFound
            If nothing is published.
        StoreConflict
            If the rules have changed since the last run.
        """
        ready = await self._current(request)
        kept = self._answers.get(change)
        if kept is None:
            flight = self._answering.join((ready.version, change), lambda: self._made(ready, change))
            kept = await unless_left(request, flight)
        if kept.ready is ready is self._ready:
            self._answers[change] = kept
            self._answers.move_to_end(change)
            while len(self._answers) > _ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return kept

    async def _current(self, request: Request) -> Ready:
        version = await self._services.query(lambda: _version(self.opened), request)
        ready = self._ready
        if ready is None or ready.version != version:
            ready = await unless_left(request, self._reading.join(version, lambda: self._read(version)))
            if self._ready is not ready:
                self._ready = ready
                self._answers.clear()
        return ready

    async def _read(self, version: str) -> Ready:
        return await self._services.suppose(lambda: _ready(self.opened, version))

    async def _made(self, ready: Ready, change: Change) -> Answer:
        return await self._services.suppose(lambda: _answer(ready, change))


def what_ifs_of(request: Request, opened: OpenSite) -> WhatIfs:
    """Return the suppositions of the site that the application serves."""
    state = request.app.state
    found: WhatIfs | None = getattr(state, "what_ifs", None)
    if found is None or found.opened is not opened:
        found = state.what_ifs = WhatIfs(services_of(request), opened)
    return found


def _version(opened: OpenSite) -> str:
    return opened.store.version("snapshot", "rule_activation")


def _ready(opened: OpenSite, version: str) -> Ready:
    from pipelines.what_if_baseline import read_baseline  # noqa: PLC0415
    from pipelines.what_if_judging import judged_as_it_is  # noqa: PLC0415

    base = read_baseline(opened.site, opened.store)
    check(abandoned)
    tables = opened.cells.tables()
    if {table.run_id for table in tables.values()} != {base.run.id}:
        raise StoreConflict("a run was published just now", where="what-if", expected="ask again")
    return Ready(version, base, judged_as_it_is(base), tables)


def _answer(ready: Ready, change: Change) -> Answer:
    from pipelines.what_if import what_if  # noqa: PLC0415

    found = what_if(ready.base, ready.present, change, lambda: check(abandoned))
    tables = {
        resolution: replace(ready.tables[resolution], tier=cells["tier"], score=cells["score"], p=cells["p"])
        for resolution, cells in found.cells.items()
    }
    return Answer(ready, replace(found, cells={}), tables)
