"""Vector tiles of collections: each is read from its items when it is first asked for or has changed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import pyarrow as pa

from data_catalog.expression import Expression
from data_catalog.items import ItemQuery, Items
from data_catalog.store import Store
from layers.layer import layer_of_dataset
from tiles.drawn import Abandoned, DrawnLayer, draw, never, properties_of, risk_names
from tiles.grid import Tile

_BATCH = 2000
_READ_AGAIN = 3
_THEN_KEPT = 4
_THEN_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class State:
    """Which state of a collection is drawn: what was known at a moment, and a selection of it."""

    as_of: datetime | None = None
    where: Expression | None = None


NOW = State()


@dataclass(frozen=True, slots=True)
class _Kept:
    version: str
    features: str
    drawn: DrawnLayer


class VectorTiles:
    """Tiles of all collections that a layer draws.

    Parameters
    ----------
    store : Store
    items : callable
        Returns the items of a collection by its id, or raises NotFound.
    """

    def __init__(self, store: Store, items: Callable[[str], Items]) -> None:
        self._store = store
        self._items = items
        self._kept: dict[str, _Kept] = {}
        self._then: OrderedDict[tuple[str, str, State], DrawnLayer] = OrderedDict()
        self._locks: dict[str, Lock] = {}
        self._lock = Lock()

    def version(self, collection: str) -> str:
        """Return what a tile is good for."""
        return self._items(collection).version()

    def tile(self, collection: str, tile: Tile, state: State = NOW, abandoned: Abandoned = never) -> bytes:
        """Return one encoded tile, empty when nothing is in it.

        Raises
        ------
        NotFound
            If no collection or no layer has this name.
        Unwanted
            If `abandoned` says so between two steps.
        """
        drawn = self.drawn(collection) if state == NOW else self._drawn_then(collection, state)
        return drawn.tile(tile, abandoned)

    def drawn(self, collection: str) -> DrawnLayer:
        """Return a collection as it stands, ready to be cut."""
        items = self._items(collection)
        kept = self._kept.get(collection)
        if kept is None or kept.version != items.version():
            with self._lock_of(collection):
                kept = self._kept.get(collection)
                if kept is None or kept.version != items.version():
                    kept = self._kept[collection] = self._read(items, kept)
        return kept.drawn

    @property
    def nbytes(self) -> int:
        """Memory of what is drawn, bytes."""
        layers = [*(each.drawn for each in self._kept.values()), *self._then.values()]
        return sum(each.nbytes for each in layers)

    def _read(self, items: Items, kept: _Kept | None) -> _Kept:
        """Read a collection, again if it changes meanwhile; only the risk where all else is the same."""
        for _ in range(_READ_AGAIN):
            version, features = items.version(), self._features_version(items)
            if kept is not None and features and kept.features == features:
                query = ItemQuery(limit=None, properties=risk_names(items.collection))
                drawn = kept.drawn.with_risk(items.batches(query, _BATCH), items.collection)
            else:
                drawn = _draw(items, NOW)
            if items.version() == version:
                break
        return _Kept(version, features, drawn)

    def _features_version(self, items: Items) -> str:
        """Return the version of all but what runs say; empty where nobody tells them apart."""
        collection = items.collection
        return self._store.version(collection.id) if collection.stored and risk_names(collection) else ""

    def _drawn_then(self, collection: str, state: State) -> DrawnLayer:
        items = self._items(collection)
        key = (collection, items.version(), state)
        with self._lock_of(collection):
            found = self._then.pop(key, None)
            if found is None:
                found = _draw(items, state)
            with self._lock:
                self._then[key] = found
                while len(self._then) > 1 and (
                    len(self._then) > _THEN_KEPT
                    or sum(each.nbytes for each in self._then.values()) > _THEN_BYTES
                ):
                    self._then.popitem(last=False)
        return found

    def _lock_of(self, collection: str) -> Lock:
        with self._lock:
            return self._locks.setdefault(collection, Lock())


def _draw(items: Items, state: State) -> DrawnLayer:
    layer = layer_of_dataset(items.collection.id)
    wanted = properties_of(layer, items.collection)
    query = ItemQuery(where=state.where, moment=state.as_of, limit=None, properties=wanted)
    drawn = draw(layer, items.collection, items.batches(query, _BATCH))
    pa.default_memory_pool().release_unused()
    return drawn
