"""Encoded tiles kept in memory, the least recently asked for dropped first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock


class TileCache:
    """Keeps tiles up to a number of bytes in all."""

    def __init__(self, capacity: int = 64 * 2**20) -> None:
        self._capacity = capacity
        self._size = 0
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the tile of a key, making it when it is not kept."""
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        data = make()
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = data
                self._size += len(data)
            while self._size > self._capacity:
                _, dropped = self._tiles.popitem(last=False)
                self._size -= len(dropped)
        return data
