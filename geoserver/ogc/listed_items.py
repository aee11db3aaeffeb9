"""Small lists as items: the warnings that stand, each at its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data_catalog.collection import Collection
from data_catalog.evaluation import Shapes
from data_catalog.items import FIXED_COLUMNS, Bounds, Row
from data_catalog.store import Store, WarningRecord
from geoserver.ogc.column_items import Columns
from minegis.clock import format_moment
from minegis.errors import NotFound
from minegis.levels import EvidenceState

_OLD_STATES = 2


@dataclass(frozen=True)
class Listing:
    """Where a list comes from.

    Parameters
    ----------
    version : callable
        A text that changes whenever the list does.
    changed_at : callable
        When it last changed, None when it never held anything.
    moment : callable
        The newest moment of the store.
    rows : callable of datetime
        What was known then: rows with a value of each property.
    """

    version: Callable[[], str]
    changed_at: Callable[[], datetime | None]
    moment: Callable[[], datetime]
    rows: Callable[[datetime], Sequence[Row]]


class ListedStates:
    """The states of a list; the present one and a few old ones are kept."""

    def __init__(self, collection: Collection, listing: Listing) -> None:
        self._collection = collection
        self._listing = listing
        self._present: tuple[str, Columns] | None = None
        self._old: dict[datetime, Columns] = {}

    def version(self) -> str:
        """Return a text that changes whenever the newest state does."""
        return self._listing.version()

    def changed_at(self) -> datetime | None:
        """Return when the newest state was written, None when there is none."""
        return self._listing.changed_at()

    def at(self, moment: datetime | None) -> Columns:
        """Return the state that was known at a moment, or is now."""
        changed_at = self.changed_at()
        if moment is None or changed_at is None or moment >= changed_at:
            return self._now()
        found = self._old.get(moment) or self._read(moment)
        self._old = dict([*self._old.items(), (moment, found)][-_OLD_STATES:])
        return found

    def _now(self) -> Columns:
        version, found = self._present or ("", None)
        if found is None or version != self.version():
            version = self.version()
            found = self._read(self._listing.moment())
            self._present = (version, found)
        return found

    def _read(self, moment: datetime) -> Columns:
        rows = sorted(self._listing.rows(moment), key=lambda row: str(row[0]))
        return _columns(self._collection, rows, moment)


def _columns(collection: Collection, rows: Sequence[Row], moment: datetime) -> Columns:
    shapes = shapely.from_wkb(np.array([row[1] for row in rows], dtype=object))
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    lon, lat, _, _ = shapely.bounds(shapely.point_on_surface(shapes)).reshape(-1, 4).T
    number = {row[0]: at for at, row in enumerate(rows)}

    def row_of(item_id: str) -> int:
        if item_id not in number:
            raise NotFound("no such item", where=f"{collection.id}/{item_id}")
        return number[item_id]

    return Columns(
        moment=moment,
        count=len(rows),
        columns={
            name: _column([row[FIXED_COLUMNS + at] for row in rows])
            for at, name in enumerate(collection.properties)
        },
        ids=lambda wanted: [rows[at][0] for at in wanted],
        shapes=Shapes(
            made=lambda wanted: shapes[wanted],
            lon=lon,
            lat=lat,
            across=east - west,
            along=north - south,
        ),
        tags=lambda wanted: [(rows[at][2], rows[at][3]) for at in wanted],
        row=row_of,
        bounds=_bounds(shapes) if len(rows) else None,
    )


def _bounds(shapes: NDArray[np.object_]) -> Bounds:
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west), float(south), float(east), float(north)


def _column(values: list[Any]) -> NDArray[Any]:
    """Return values as an array that keeps what they are; a missing number among decimals is not-a-number."""
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, float) for value in known):
        return np.array(values, dtype=np.float64)
    if len(known) == len(values) and known and not isinstance(known[0], str):
        return np.array(values)
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def warnings_of(store: Store) -> Listing:
    """Return where the warnings that are not cancelled come from."""

    def rows(moment: datetime) -> Sequence[Row]:
        return [_warning(each) for each in store.warnings(moment) if each.cancelled_at is None]

    return Listing(
        version=lambda: store.version("warning_event"),
        changed_at=lambda: store.changed_at("warning_event"),
        moment=store.moment,
        rows=rows,
    )


def _warning(warning: WarningRecord) -> Row:
    last = warning.last
    place = shapely.from_wkb(last.geometry_wkb).representative_point()
    return (
        last.warning_id,
        shapely.to_wkb(place),
        last.identifier,
        format_moment(last.sent_at),
        last.identifier,
        last.dataset,
        last.asset_id,
        last.asset_name,
        last.region_code,
        last.tier,
        str(EvidenceState.SUFFICIENT),
        last.status,
        last.msg_type,
        format_moment(warning.raised_at),
        format_moment(last.sent_at),
        format_moment(last.expires_at),
        str(last.origin),
    )
