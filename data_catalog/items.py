"""How items are asked for and given: one port for the store, the risk cells and the lists in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from data_catalog.collection import Collection
from data_catalog.expression import Expression

type Bounds = tuple[float, float, float, float]
type Row = tuple[Any, ...]
"""``(id, wkb, tag, changed_at, *values)``: wkb is lon/lat, tag names this state of the item.

`changed_at` is UTC text, always as wide: ``2026-07-20T04:00:00.000000Z`` (`minegis.clock.format_moment`).
"""

FIXED_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Sort:
    """One key of an order; items without a value come last, either way."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """What is asked of a collection.

    Parameters
    ----------
    where : Expression, optional
        Everything that selects: bbox, time, text and filter together, checked against the schema.
    after : tuple, optional
        Where the page begins: `Page.after` of the one before it, at the same `moment`.
    moment : datetime, optional
        The state that is read: what was known then (``as_of``), and the same on every page.
    properties : tuple of str, optional
        Those that are wanted; all of them when None.
    as_text : bool
        Whether properties may come as JSON text, as far as they are stored so; see `Page.texts`.
    """

    where: Expression | None = None
    sort: tuple[Sort, ...] = ()
    limit: int | None = 100
    offset: int = 0
    after: tuple[Any, ...] | None = None
    moment: datetime | None = None
    properties: tuple[str, ...] | None = None
    as_text: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one state of a collection; `names` are those of the values, `after` is None at the end.

    `texts` is None, or has for each row the JSON object of all properties that are not among `names`: reading
    one text takes a tenth of the time of reading forty values.
    """

    names: tuple[str, ...]
    rows: Sequence[Row]
    after: tuple[Any, ...] | None
    moment: datetime
    texts: Sequence[str] | None = None


class Items(Protocol):
    """A collection that can be read."""

    @property
    def collection(self) -> Collection:
        """Its schema."""

    def version(self) -> str:
        """Return a text that changes whenever any answer would."""

    def changed_at(self) -> datetime | None:
        """Return when it last changed, None when it never held anything."""

    def bounds(self) -> Bounds | None:
        """West, south, east, north, deg; None when it is empty."""

    def page(self, query: ItemQuery) -> Page:
        """Return one page."""

    def batches(self, query: ItemQuery, size: int) -> Iterator[Page]:
        """Return all pages at one moment, without holding more than one."""

    def count(self, query: ItemQuery, at_most: int | None = None) -> int | None:
        """Return how many match in all, None when they are more than `at_most`."""

    def item(self, item_id: str, moment: datetime | None = None) -> tuple[tuple[str, ...], Row]:
        """Return names and row of one item, or raise NotFound."""
