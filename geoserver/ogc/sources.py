"""Where the items of each collection come from: the store, the risk cells, lists in memory."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from types import MappingProxyType

from fastapi import Request
from starlette.datastructures import State

from data_catalog.collection import CATALOGUE, RISK_CELL, WARNING, collection, collections
from data_catalog.items import ItemQuery, Items
from geoserver.ogc.catalogue import Catalogue
from geoserver.ogc.cell_items import CellStates
from geoserver.ogc.column_items import ColumnItems
from geoserver.ogc.listed_items import ListedStates, warnings_of
from geoserver.services import OpenSite

_COUNTS_KEPT = 2000


class ItemSources:
    """The collections of an open site."""

    def __init__(self, opened: OpenSite) -> None:
        self.opened = opened
        self.counts = Counts()
        store = opened.store
        self.catalogue = Catalogue(opened)
        warnings, cells, records = (collection(each) for each in (WARNING, RISK_CELL, CATALOGUE))
        found: dict[str, Items] = {
            each.id: store.items(each.id) for each in collections().values() if each.stored
        }
        found[WARNING] = ColumnItems(warnings, ListedStates(warnings, warnings_of(store)))
        found[RISK_CELL] = ColumnItems(cells, CellStates(store, opened.cells))
        found[CATALOGUE] = ColumnItems(records, ListedStates(records, self.catalogue.listing()))
        self.all: Mapping[str, Items] = MappingProxyType(found)

    def items(self, collection_id: str) -> Items:
        """Return the items of a collection.

        Raises
        ------
        NotFound
            If no collection has this id.
        """
        return self.all.get(collection_id) or self.all[collection(collection_id).id]

    def version(self) -> str:
        """Return a text that changes whenever any collection does."""
        return "\n".join(each.version() for each in self.all.values())


class Counts:
    """How many items match, kept as long as their collection stays as it is."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[int | None]] = {}
        self._lock = Lock()

    def count(self, items: Items, query: ItemQuery, key: tuple[str, str], at_most: int | None) -> int | None:
        """Return how many match, None when they are more than `at_most`.

        Parameters
        ----------
        key : tuple of str
            Version of the collection, and what selects from it.
        """
        found = self._kept.get(key)
        if found is None or (found[0] is None and at_most is None):
            found = (items.count(query, at_most),)
            if items.version() == key[0]:
                self._keep(key, found)
        return found[0]

    def _keep(self, key: tuple[str, str], count: tuple[int | None]) -> None:
        with self._lock:
            self._kept[key] = count
            while len(self._kept) > _COUNTS_KEPT:
                del self._kept[next(iter(self._kept))]


def sources_of(request: Request) -> ItemSources:
    """Return the collections of the site that the application serves."""
    return sources_in(request.app.state)


def sources_in(state: State) -> ItemSources:
    """Return the collections of the site whose services an application holds."""
    opened = state.services.opened()
    found: ItemSources | None = getattr(state, "item_sources", None)
    if found is None or found.opened is not opened:
        found = state.item_sources = ItemSources(opened)
    return found
