"""Bounded threads: each class of work has its own and so many places to wait; more is refused at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from starlette.requests import Request

from geoserver.errors import Abandoned, Busy

_WATCHED_AFTER = 0.05  # s; nearly every answer is there sooner, and then costs no watching

_CURRENT = threading.local()


def abandoned() -> bool:
    """Say, in a thread of a pool, whether the client of the running work has left."""
    job: _Job | None = getattr(_CURRENT, "job", None)
    return job is not None and job.left


class _Job:
    """Work for a thread; `holds` says whether a place is to be given back when it is done."""

    __slots__ = ("answer", "holds", "left", "loop", "started", "work")

    def __init__(self, work: Callable[[], Any], *, holds: bool) -> None:
        self.work = work
        self.holds = holds
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = self.loop.create_future()
        self.started = self.left = False

    def settle(self, result: Any, error: BaseException | None) -> None:
        """Give the answer, unless nobody waits for it."""
        if self.answer.done():
            return
        if error is None:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(error)


class _Watch:
    """Waits for a client to leave, once its answer has taken longer than most."""

    def __init__(self, request: Request, left: Callable[[], None]) -> None:
        self._request = request
        self._left = left
        self._task: asyncio.Task[None] | None = None
        self._timer = asyncio.get_running_loop().call_later(_WATCHED_AFTER, self._begin)

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        self._left()

    def end(self) -> None:
        """Stop watching."""
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()


class Pool:
    """Threads for one class of work.

    All but `_serve` runs on the event loop, so the numbers need no lock. The queue is our own: with
    `concurrent.futures` a call costs 25 µs where this costs 10, and what waits is not known.

    Parameters
    ----------
    threads : int
        How much runs at a time.
    places : int
        How much may wait beyond that.
    """

    def __init__(self, name: str, threads: int, places: int) -> None:
        self.name = name
        self.threads = threads
        self.places = places
        self.rejected = 0
        self._admitted = 0
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._started: list[threading.Thread] = []

    @property
    def running(self) -> int:
        """How much runs."""
        return min(self._admitted, self.threads)

    @property
    def waiting(self) -> int:
        """How much waits for a thread."""
        return max(self._admitted - self.threads, 0)

    def start(self) -> None:
        """Start the threads."""
        for number in range(self.threads):
            thread = threading.Thread(target=self._serve, name=f"{self.name}-{number}", daemon=True)
            thread.start()
            self._started.append(thread)

    def stop(self) -> None:
        """End the threads after the work that they have."""
        for _ in self._started:
            self._jobs.put(None)
        for thread in self._started:
            thread.join()
        self._started.clear()

    async def run[R](self, work: Callable[[], R], request: Request | None = None) -> R:
        """Run work in a thread; for a GET request not at all when its client leaves before its turn.

        Raises
        ------
        Busy
            If every place is taken.
        Abandoned
            If the client has left.
        """
        self._take_place()
        job = _Job(work, holds=True)
        self._jobs.put(job)
        watch = None
        if request is not None and request.method == "GET":  # others have a body, which watching would take
            watch = _Watch(request, lambda: self._leave(job))
        try:
            answer: R = await job.answer
            return answer
        except asyncio.CancelledError:
            self._leave(job)
            raise
        finally:
            if watch is not None:
                watch.end()

    async def stream(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        """Make chunks one by one in threads; the whole stream holds one place, taken before this returns.

        The first chunk is made before this returns, so that a bad request is refused before an answer begins.

        Raises
        ------
        Busy
            If every place is taken.
        """
        self._take_place()
        made = self._chunks(chunks)
        first = await anext(made, b"")

        async def all_of_them() -> AsyncIterator[bytes]:
            yield first
            async for chunk in made:
                yield chunk

        return all_of_them()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place for work that has threads elsewhere.

        Raises
        ------
        Busy
            If every place is taken.
        """
        self._take_place()
        try:
            yield
        finally:
            self._admitted -= 1

    def _take_place(self) -> None:
        if self._admitted >= self.threads + self.places:
            self.rejected += 1
            raise Busy("too much is asked at once", where=self.name, expected="ask again after a second")
        self._admitted += 1

    async def _chunks(self, chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
        one_at_a_time = threading.Lock()  # the client may leave while a thread makes a chunk

        def following() -> bytes | None:
            with one_at_a_time:
                return next(chunks, None)

        def close() -> None:
            with one_at_a_time:
                getattr(chunks, "close", lambda: None)()

        try:
            while (chunk := await self._put(following)) is not None:
                yield chunk
        finally:
            self._put(close, holds=True)

    def _put(self, work: Callable[[], Any], *, holds: bool = False) -> asyncio.Future[Any]:
        job = _Job(work, holds=holds)
        self._jobs.put(job)
        return job.answer

    def _leave(self, job: _Job) -> None:
        """Take note that nobody waits for a job: if no thread has it yet, its place is free now."""
        job.left = True
        if not job.started:
            self._give_back(job)
            job.settle(None, Abandoned())

    def _give_back(self, job: _Job) -> None:
        if job.holds:
            job.holds = False
            self._admitted -= 1

    def _finish(self, job: _Job, result: Any, error: BaseException | None) -> None:
        self._give_back(job)
        job.settle(result, error)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            result, error = None, None
            if not job.left:
                job.started, _CURRENT.job = True, job
                try:
                    result = job.work()
                except BaseException as raised:
                    error = raised
            job.loop.call_soon_threadsafe(self._finish, job, result, error)
            _CURRENT.job = job = result = error = None  # what was answered is not kept until the next job
