"""What is kept of tiles: in memory, the least recently asked for dropped first, and at clients, by a tag."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from threading import Lock
from time import time_ns

SETTLED = "private, max-age=86400, immutable"
"""How long a client may keep a tile of the past without asking: what was known then stays what it was."""

_EDITION = f"{time_ns():x}"  # another process may draw otherwise, or serve a site made anew under old numbers
_CAPACITY = 64 * 2**20
_OVERHEAD = 500  # bytes of a kept tile beside its own: its key and its place


def entity_tag(version: str) -> str:
    """Return the ETag of a tile made from data of a version by this process."""
    return f'W/"{_EDITION}-{version}"'


def is_kept(if_none_match: str | None, tag: str) -> bool:
    """Say whether a client's ``If-None-Match`` names a tag (RFC 9110 §13.1.2, weak comparison)."""
    kept = [each.strip().removeprefix("W/") for each in (if_none_match or "").split(",")]
    return "*" in kept or tag.removeprefix("W/") in kept


class TileCache:
    """Keeps tiles up to a number of bytes in all, and counts what was asked of it; any thread may ask."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._capacity = capacity
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = Lock()
        self.size = 0
        self.hits = 0
        self.misses = 0

    def __len__(self) -> int:
        """Return how many tiles are kept."""
        return len(self._tiles)

    def find(self, key: Hashable) -> bytes | None:
        """Return a tile that is kept."""
        with self._lock:
            data = self._tiles.get(key)
            if data is None:
                self.misses += 1
            else:
                self.hits += 1
                self._tiles.move_to_end(key)
            return data

    def keep(self, key: Hashable, data: bytes) -> None:
        """Keep a tile, and drop others where it needs their place."""
        with self._lock:
            if key not in self._tiles:
                self.size += len(data) + _OVERHEAD
            self._tiles[key] = data
            while self.size > self._capacity:
                _, dropped = self._tiles.popitem(last=False)
                self.size -= len(dropped) + _OVERHEAD


class Flights[K: Hashable, R]:
    """Makes one thing once for all who ask for it at a time; used on one event loop.

    Who asks is cancelled without harm to the others; the work is cancelled when nobody waits any longer. A
    failure goes to everybody who waits, and the next one to ask tries again.
    """

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[R]] = {}
        self._waiting: dict[K, int] = {}

    async def join(self, key: K, make: Callable[[], Awaitable[R]]) -> R:
        """Return what `make` gives, or what another call for the same key is about to give."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.ensure_future(_awaited(make))
            self._waiting[key] = 0
            task.add_done_callback(lambda done: self._land(key, done))
        self._waiting[key] += 1
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if self._tasks.get(key) is task and self._waiting[key] == 1:
                self._land(key, task)
                task.cancel()
            raise
        finally:
            if self._tasks.get(key) is task:
                self._waiting[key] -= 1

    def _land(self, key: K, task: asyncio.Task[R]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key], self._waiting[key]
        if task.done() and not task.cancelled():
            task.exception()  # seen, though everybody may have left


async def _awaited[R](make: Callable[[], Awaitable[R]]) -> R:
    return await make()
