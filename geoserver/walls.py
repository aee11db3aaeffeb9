"""Screens on a wall and what a phone told them last: in memory, bounded, forgotten after a day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from geoserver.errors import Busy
from geoserver.streams import BEAT_SECONDS, RETRY, clock, event
from minegis.clock import format_moment, utc_now
from minegis.errors import NotFound

MOST = 64  # walls known at a time
FORGOTTEN_AFTER = 86_400.0  # s without a word and without a listener


@dataclass
class Wall:
    """What a wall was told last, and how many screens listen.

    Attributes
    ----------
    turn : int
        Scenes forward less scenes back, all told: presses that come together are told together.
    chosen : int
        The number of the word that chose `scene` or `address` last: the same may be chosen again.
    listening, watching : int
        Screens, and phones, that hold a stream.
    """

    name: str
    number: int = 0
    at: str | None = None
    scene: str | None = None
    playing: bool | None = None
    address: str | None = None
    turn: int = 0
    chosen: int = 0
    listening: int = 0
    watching: int = 0
    used: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def held(self) -> int:
        """Streams of this wall."""
        return self.listening + self.watching

    def to_json(self) -> dict[str, Any]:
        """Return the wall as the API gives it."""
        names = ("name", "number", "at", "scene", "playing", "address", "turn", "chosen", "listening")
        return {name: getattr(self, name) for name in names}


class Walls:
    """The walls of a process; everything runs on the event loop.

    Parameters
    ----------
    most_listeners : int
        Streams open at a time; more are refused.
    now : callable
        Seconds of a clock that never goes back.
    """

    def __init__(self, most_listeners: int, now: Callable[[], float] = time.monotonic) -> None:
        self._walls: dict[str, Wall] = {}
        self._most_listeners = most_listeners
        self._now = now
        self._closed = False

    def close(self) -> None:
        """End every stream: the server stops."""
        self._closed = True
        for wall in self._walls.values():
            _tell(wall)

    def known(self, name: str) -> Wall:
        """Return a wall that listens, or was told something within a day.

        Raises
        ------
        NotFound
            If there is none of this name.
        """
        self._forget()
        found = self._walls.get(name)
        if found is None:
            expected = "a wall that listens, or was driven within a day"
            raise NotFound("no such wall", where=f"wall {name!r}", expected=expected)
        return found

    def drive(
        self,
        name: str,
        *,
        scene: str | None = None,
        playing: bool | None = None,
        address: str | None = None,
        step: int = 0,
    ) -> Wall:
        """Tell a wall what to show; what is not given stays, but another scene ends what an address shows.

        Raises
        ------
        Busy
            If there is no place for one more wall.
        """
        wall = self._made(name)
        if scene is not None or step:
            wall.address = None
        wall.scene = scene if scene is not None else wall.scene
        wall.playing = playing if playing is not None else wall.playing
        wall.address = address if address is not None else wall.address
        wall.turn += step
        wall.number += 1
        if scene is not None or address is not None:
            wall.chosen = wall.number
        wall.at = format_moment(utc_now())
        _tell(wall)
        return wall

    @contextmanager
    def place(self, name: str, *, screen: bool = True) -> Iterator[None]:
        """Hold a place among those that listen to a wall: a screen, or a phone that watches it.

        Raises
        ------
        Busy
            If every place is taken, or the server stops.
        """
        held = sum(wall.held for wall in self._walls.values())
        if self._closed or held >= self._most_listeners:
            raise Busy("too many listen to walls already", where="walls", expected="ask again after a second")
        wall = self._made(name)
        _count(wall, 1, screen=screen)
        try:
            yield
        finally:
            _count(wall, -1, screen=screen)
            wall.used = self._now()
            if not wall.number and not wall.held:  # it was never told anything: nothing to remember
                self._walls.pop(name, None)

    async def stream(self, name: str) -> AsyncIterator[bytes]:
        """Give what a wall was told, now and whenever it is told something new; the last word is enough."""
        wall = self._walls[name]
        said = _word(wall)
        yield RETRY + event("beat", clock()) + said
        while not self._closed:
            news, word = wall.news, _word(wall)  # the news first: what comes after it wakes
            if word != said:
                said = word
                yield word
                continue
            try:
                await asyncio.wait_for(news.wait(), BEAT_SECONDS)
            except TimeoutError:
                yield event("beat", clock())

    def _made(self, name: str) -> Wall:
        self._forget()
        if name not in self._walls and len(self._walls) >= MOST:
            idle = [each for each in self._walls.values() if not each.held]
            if not idle:
                raise Busy("too many walls", where="walls", expected=f"at most {MOST} at a time")
            del self._walls[min(idle, key=lambda each: each.used).name]
        wall = self._walls.setdefault(name, Wall(name))
        wall.used = self._now()
        return wall

    def _forget(self) -> None:
        oldest = self._now() - FORGOTTEN_AFTER
        for wall in list(self._walls.values()):
            if not wall.held and wall.used < oldest:
                del self._walls[wall.name]


def _count(wall: Wall, change: int, *, screen: bool) -> None:
    if screen:
        wall.listening += change
    else:
        wall.watching += change
    _tell(wall)  # a phone sees that a screen is there


def _word(wall: Wall) -> bytes:
    return event("wall", wall.to_json())


def _tell(wall: Wall) -> None:
    news, wall.news = wall.news, asyncio.Event()
    news.set()
