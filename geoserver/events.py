"""What happens, as it happens: one ordered stream of server-sent events, resumed without loss or doubles.

One watcher asks the store for what is new while anybody listens, and keeps the newest events. A listener
holds nothing but its position in the order of everything written: it takes what comes after it from there, or
from the store where that no longer reaches back. So a slow listener costs no memory and misses nothing.

References
----------
WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import Response

from data_catalog.store import Position, Written
from geoserver import subjects
from geoserver.errors import PROBLEMS, Busy
from geoserver.services import OpenSite, Services
from geoserver.streams import BEAT_SECONDS, RETRY, Stream, clock, event
from minegis.clock import format_moment, format_utc
from minegis.errors import MinegisError

LOG = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/events", responses=PROBLEMS)

_TABLES = ("warning_event", "warning_action", "run", "rule_activation")
_LOOK_SECONDS = 0.2
_AT_ONCE = 5000  # more than this behind, and reading the list anew is cheaper than catching up
_SENT_AT_ONCE = 64
_END = 2**62  # behind everything of its moment
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9a-f]{1,64})-([0-9]{1,18})-([0-9]{1,19})")


@dataclass(frozen=True, slots=True)
class Told:
    """An event: its position, and its bytes on the wire."""

    position: Position
    chunk: bytes


def cursor(identity: str, position: Position) -> str:
    """Return the id of an event: the store, the moment in microseconds, and the number inside it."""
    return f"{identity}-{(position.at - _EPOCH) // timedelta(microseconds=1)}-{position.number}"


def position_of(text: str, identity: str, newest: datetime) -> Position | None:
    """Return the position that a cursor names, None when it is not one of this store."""
    found = _CURSOR.fullmatch(text)
    if found is None or found[1] != identity:
        return None
    try:
        at = _EPOCH + timedelta(microseconds=int(found[2]))
    except OverflowError:
        return None
    return Position(at, int(found[3])) if at <= newest and int(found[3]) <= _END else None


def events_after(opened: OpenSite, position: Position) -> list[Told] | None:
    """Return what was written after a position, each warning once, as it stands; None when it is too much."""
    written = opened.store.actions.written_after(position, _AT_ONCE)
    if len(written) == _AT_ONCE:
        return None
    last: dict[tuple[str, str], Written] = {(each.kind, each.warning_id): each for each in written}
    wanted = {each.warning_id for each in written}
    records = [each for each in opened.warnings() if each.last.warning_id in wanted]
    standing = {each["id"]: each for each in subjects.warnings(opened, records)}
    identity = opened.store.identity

    def told(each: Written) -> Told:
        data = standing[each.warning_id] if each.kind == "warning" else _news(opened, each)
        return Told(each.position, event(each.kind, data, cursor(identity, each.position)))

    return [told(each) for each in sorted(last.values(), key=lambda one: one.position.key)]


def _news(opened: OpenSite, written: Written) -> dict[str, Any]:
    if written.kind == "rules":
        return {"changed_at": format_moment(written.position.at)}
    run = opened.store.last_run()
    assert run is not None  # it was written
    return {"run": run.id, "finished_at": format_utc(run.finished_at)}


class Watch:
    """The one watcher of a process, and what it saw last; all of it runs on the event loop."""

    def __init__(self, services: Services) -> None:
        self.listeners = 0
        self._services = services
        self._recent: deque[Told] = deque()
        self._newest = Position(_EPOCH)
        self._since: Position | None = None  # everything after it is kept; None while that is not known
        self._version = ""
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    def close(self) -> None:
        """End every stream: the server stops."""
        self._closed = True
        self._news.set()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place among the listeners; the watcher works while there is one.

        Raises
        ------
        Busy
            If every place is taken, or the server stops.
        """
        if self._closed or self.listeners >= self._services.settings.listeners:
            raise Busy("too many listen already", where="events", expected="ask again after a second")
        self.listeners += 1
        self._start()
        try:
            yield
        finally:
            self.listeners -= 1
            if not self.listeners:
                self._rest()

    def _start(self) -> None:
        if self._task is None:
            self._recent, self._since, self._version = deque(), None, ""
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def _rest(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self._recent.clear()

    async def stream(self, after: str | None) -> AsyncIterator[bytes]:
        """Give the events after a cursor, or from now on, in order and without an end."""
        opened, position = await self._run(lambda: self._begin(after))
        identity = opened.store.identity
        if position is None:
            position = await self._run(lambda: _now(opened))
            yield event("reset", clock(), cursor(identity, position))
        yield RETRY + event("beat", clock(), cursor(identity, position))
        while self._task is not None and not self._closed:
            news = self._news  # taken before looking: what comes after it wakes
            told = self._kept_after(position)
            if told is None:
                told = await self._run(partial(events_after, opened, position))
            if told is None:
                position = await self._run(lambda: _now(opened))
                yield event("reset", clock(), cursor(identity, position))
                continue
            for few in batched(told, _SENT_AT_ONCE):
                position = few[-1].position
                yield b"".join(each.chunk for each in few)
            if told:
                continue
            try:
                await asyncio.wait_for(news.wait(), BEAT_SECONDS)
            except TimeoutError:
                yield event("beat", clock())

    def _begin(self, after: str | None) -> tuple[OpenSite, Position | None]:
        """Return the open site and where a listener begins, None where its cursor is not known."""
        opened = self._services.opened()
        now = _now(opened)
        return opened, now if after is None else position_of(after, opened.store.identity, now.at)

    async def _run[R](self, work: Callable[[], R]) -> R:
        return await self._services.pools["events"].run(work)

    def _kept_after(self, position: Position) -> list[Told] | None:
        """Return what is kept after a position, None when that does not reach back so far."""
        if self._since is None or position.key < self._since.key:
            return None
        found: list[Told] = []
        for each in reversed(self._recent):
            if each.position.key <= position.key:
                break
            found.append(each)
        return found[::-1]

    async def _watch(self) -> None:
        """Look for what is new until nobody listens; when the store fails, the streams end and say so."""
        try:
            opened = await self._run(self._services.opened)
            self._since = self._newest = await self._run(lambda: _now(opened))
            self._tell()
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                with suppress(Busy):  # the next look sees it
                    looked = partial(_look, opened, self._version, self._newest)
                    self._version, found = await self._run(looked)
                    self._take(found)
        except MinegisError:  # no site yet: whoever listens is told so
            self._fail()
        except Exception:
            LOG.exception("the watcher of events failed")
            self._fail()

    def _fail(self) -> None:
        self._task = None
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _take(self, found: list[Told] | Position) -> None:
        if isinstance(found, Position):  # whoever listens reads from the store, and is told to begin anew
            self._recent.clear()
            self._since = self._newest = found
        elif found:
            self._recent.extend(found)
            self._newest = found[-1].position
            while len(self._recent) > _AT_ONCE:
                self._since = self._recent.popleft().position
        else:
            return
        self._tell()


def _look(opened: OpenSite, seen: str, newest: Position) -> tuple[str, list[Told] | Position]:
    """Return the version of what was looked at with what is new, or where to go on when that is too much.

    In a thread, which may outlive its watcher: so it changes nothing of it.
    """
    version = opened.store.version(*_TABLES)
    if version == seen:
        return version, []
    # The version is read before the events: what is committed between the two is seen next time.
    found = events_after(opened, newest)
    return version, _now(opened) if found is None else found


def _now(opened: OpenSite) -> Position:
    return Position(opened.store.moment(), _END)


@router.get("")
async def events(
    request: Request,
    after: Annotated[str | None, Query(max_length=120)] = None,
    last_event_id: Annotated[str | None, Header(max_length=120)] = None,
) -> Response:
    """Tell warnings, runs and changes of rules as they happen, after a cursor or from now on."""
    watch: Watch = request.app.state.events
    return Stream(watch.place, lambda: watch.stream(last_event_id or after))
