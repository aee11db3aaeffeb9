"""Risk cells as items: the polygons of the finest published snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
import shapely

from data_catalog.collection import RISK_CELL, collection
from data_catalog.evaluation import Rows, Shapes
from data_catalog.items import Bounds
from data_catalog.store import Store
from geoserver.ogc.column_items import Columns
from minegis import cells as h3
from minegis.clock import format_moment
from minegis.errors import InvalidInput, NotFound
from tiles.cells import CellTable, CellTables

FINEST = 8


class CellStates:
    """The snapshots as they were known; their tables are shared with the tiles."""

    def __init__(self, store: Store, tables: CellTables) -> None:
        self._store = store
        self._tables = tables
        self._present: tuple[str, Columns] | None = None

    def version(self) -> str:
        """Return a text that changes whenever the newest state does."""
        return self._tables.version()

    def changed_at(self) -> datetime | None:
        """Return when the newest snapshot was published, None when there is none."""
        return self._store.changed_at("snapshot")

    def at(self, moment: datetime | None) -> Columns:
        """Return the state that was known at a moment, or is now."""
        changed_at = self.changed_at()
        if moment is None or changed_at is None or moment >= changed_at:
            return self._now()
        return _columns(_finest(self._tables.tables(moment)), moment, moment)

    def _now(self) -> Columns:
        version, found = self._present or ("", None)
        while found is None or version != self.version():
            version = self.version()
            table = _finest(self._tables.tables())
            found = _columns(table, self._store.moment(), self.changed_at())
            self._present = (version, found)
        return found


def _finest(found: Mapping[int, CellTable]) -> CellTable | None:
    return found.get(FINEST) or (found[max(found)] if found else None)


def _columns(table: CellTable | None, moment: datetime, changed_at: datetime | None) -> Columns:
    """Return a snapshot as the columns of items, no rows when there is none."""
    schema = collection(RISK_CELL)
    cells = table.cell if table else np.empty(0, dtype=np.uint64)
    columns = table.columns if table else dict.fromkeys(schema.properties, np.empty(0))
    resolution = np.full(len(cells), table.resolution if table else FINEST)

    def row(item_id: str) -> int:
        try:
            cell = h3.from_text([item_id])
            if table is not None:
                return table.row(int(cell[0]))
        except (InvalidInput, NotFound):
            pass
        raise NotFound("no such item", where=f"{RISK_CELL}/{item_id}")

    def tags(rows: Rows) -> Sequence[tuple[str, str]]:
        run, since = (table.run_id, format_moment(changed_at)) if table and changed_at else ("", "")
        return [(run, since)] * len(rows)

    return Columns(
        moment=moment,
        count=len(cells),
        columns={**columns, "resolution": resolution},
        ids=lambda rows: h3.to_text(cells[rows]) if len(rows) else [],
        shapes=_shapes(table),
        tags=tags,
        row=row,
        bounds=_bounds(table) if table and len(cells) else None,
        near=table.near if table else None,
    )


def _shapes(table: CellTable | None) -> Shapes:
    if table is None:
        nowhere = np.empty(0)
        return Shapes(lambda _: np.empty(0, dtype=object), nowhere, nowhere, 0.0, 0.0)
    lon, lat = table.lon.astype(np.float64), table.lat.astype(np.float64)
    across = table.reach / np.maximum(np.cos(np.radians(np.abs(lat) + table.reach)), 0.1)
    return Shapes(lambda rows: h3.polygons(table.cell[rows]), lon, lat, across, table.reach)


def _bounds(table: CellTable) -> Bounds:
    """Return the box of all cells; the outermost ones have their centres in its outermost rows."""
    edges = [table.lon.argmin(), table.lat.argmin(), table.lon.argmax(), table.lat.argmax()]
    reach = shapely.bounds(h3.polygons(table.cell[edges]))
    half = (reach[:, 2:] - reach[:, :2]).max(axis=0)
    west, south = table.lon.min() - half[0], table.lat.min() - half[1]
    return float(west), float(south), float(table.lon.max() + half[0]), float(table.lat.max() + half[1])
