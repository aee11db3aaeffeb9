"""Making an archive: down the tree of tiles, past what is empty, past what is as it was."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely

from data_catalog.collection import RISK_CELL
from data_catalog.items import ItemQuery, Items, Page
from data_catalog.store import Store
from layers.layer import layer_of_dataset
from minegis.clock import format_moment
from tiles.archive.plan import Plan
from tiles.archive.working import Box, Working
from tiles.archive.write import write
from tiles.cells import CellTables, CellTiles
from tiles.drawn import draw, properties_of
from tiles.grid import Tile

_BATCH = 2000
_COMMITTED_EVERY = 200

type Tick = Callable[[float], None]
"""Called with the share of the work that is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: tiles made, kept and in all, the size in bytes, and the state it shows."""

    made: int
    kept: int
    tiles: int
    size: int
    moment: str


class Cancelled(Exception):
    """The export was told to stop; it goes on from there when it is started again."""


@dataclass(frozen=True)
class Source:
    """Where tiles come from.

    Parameters
    ----------
    items : callable
        Returns the items of a collection by its id.
    edition : str
        Of the code and the declarations that draw: other ones draw every tile anew.
    """

    store: Store
    items: Callable[[str], Items]
    cells: CellTables
    edition: str


def export(
    source: Source,
    plan: Plan,
    vector_layers: Sequence[Mapping[str, Any]],
    target: Path,
    tick: Tick = lambda _: None,
) -> Exported:
    """Make an archive, or bring one up to date.

    Beside `target` a working file ``.<name>.working`` is kept: the next export of the same plan makes again
    only the tiles in which a feature came, went or changed, and one that was killed goes on where it stood.

    Parameters
    ----------
    vector_layers : sequence of mapping
        As TileJSON has them.
    tick : callable
        May raise `Cancelled`.
    """
    moment = source.store.moment()
    with Working(target.with_name(f".{target.name}.working")) as working:
        key = f"{source.store.identity}/{source.edition}/{plan.key()}"
        if working.state("key") != key:
            working.forget()
            working.note("key", key)
        drawn = {name: _read(source, name, moment, working, plan) for name in plan.collections}
        working.commit()
        walk = _Walk(plan, working, drawn, tick)
        walk.down(list(plan.roots()), 1.0)
        working.commit()
        size = write(plan, working, vector_layers, target)
        return Exported(walk.made, walk.kept, working.count(), size, format_moment(moment))


@dataclass(frozen=True, slots=True)
class _Layer:
    tile: Callable[[Tile], bytes]
    is_empty: Callable[[Tile], bool]


def _read(source: Source, name: str, moment: datetime, working: Working, plan: Plan) -> _Layer:
    """Read a collection as it was known at a moment, and drop the tiles in which it has changed."""
    items = source.items(name)
    if name == RISK_CELL:
        return _read_cells(source, moment, working, plan)
    layer = layer_of_dataset(name)
    query = ItemQuery(moment=moment, limit=None, properties=properties_of(layer, items.collection))
    drawn = draw(layer, items.collection, _looked_at(items.batches(query, _BATCH), working))
    working.rank((int(zoom), row) for row, zoom in enumerate(drawn.first_zoom))
    _drop(plan, working, working.changed(name))
    working.settle(name)
    return _Layer(drawn.tile, drawn.is_empty)


def _looked_at(pages: Iterator[Page], working: Working) -> Iterator[Page]:
    first = 0
    for page in pages:
        boxes = shapely.bounds(shapely.from_wkb([row[1] for row in page.rows])).tolist()
        rows = enumerate(zip(page.rows, boxes, strict=True), start=first)
        working.look((at, row[0], row[2], *box) for at, (row, box) in rows)
        first += len(page.rows)
        yield page


def _read_cells(source: Source, moment: datetime, working: Working, plan: Plan) -> _Layer:
    """Cells change all together, with the run that computes them."""
    tables = source.cells.tables(moment)
    runs = "/".join(f"{resolution}:{table.run_id}" for resolution, table in sorted(tables.items()))
    if working.state(RISK_CELL) != runs:
        _drop(plan, working, [plan.bounds])
        working.note(RISK_CELL, runs)
    tiles = CellTiles(source.cells)
    finest = tables[max(tables)] if tables else None

    def is_empty(tile: Tile) -> bool:
        return finest is None or finest.near(tile.lonlat_bounds(margin=1 / 64)).size == 0

    return _Layer(lambda tile: tiles.tile(tile, moment), is_empty)


def _drop(plan: Plan, working: Working, boxes: Sequence[Box]) -> None:
    for z in range(plan.minzoom, plan.maxzoom + 1):
        for west, east, north, south in {plan.within(z, box) for box in boxes}:
            top = plan.grid.rows_at(z) - 1  # MBTiles count rows from the south
            working.drop(z, (west, east), (top - south, top - north))


class _Walk:
    """Goes through the tiles of a plan, the coarse before the fine that lie in them."""

    def __init__(self, plan: Plan, working: Working, layers: Mapping[str, _Layer], tick: Tick) -> None:
        self._plan = plan
        self._working = working
        self._layers = layers
        self._tick = tick
        self._done = 0.0
        self.made = 0
        self.kept = 0

    def down(self, tiles: Sequence[Tile], share: float) -> None:
        """Make tiles and all below them; together they are a share of the work."""
        for tile in tiles:
            part = share / len(tiles)
            present = {name: each for name, each in self._layers.items() if not each.is_empty(tile)}
            below = list(self._plan.below(tile)) if present else []
            if present:
                self._keep(tile, present)
            if below:
                self.down(below, part)
            else:
                self._done += part
                self._tick(min(self._done, 1.0))

    def _keep(self, tile: Tile, layers: Mapping[str, _Layer]) -> None:
        if self._working.has(tile):
            self.kept += 1
            return
        data = b"".join(each.tile(tile) for each in layers.values())
        self._working.put(tile, gzip.compress(data, 6, mtime=0) if data else b"")
        self.made += 1
        if self.made % _COMMITTED_EVERY == 0:
            self._working.commit()
