"""What is kept of tiles: in memory, the least recently asked for dropped first, and at clients, by a tag."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import time_ns

_EDITION = f"{time_ns():x}"  # another process may draw otherwise, or serve a site made anew under old numbers


def entity_tag(version: str) -> str:
    """Return the ETag of a tile made from data of a version by this process."""
    return f'W/"{_EDITION}-{version}"'


def is_kept(if_none_match: str | None, tag: str) -> bool:
    """Say whether a client's ``If-None-Match`` names a tag (RFC 9110 §13.1.2, weak comparison)."""
    kept = [each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")]
    return "*" in kept or tag.removeprefix("W/") in kept


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
