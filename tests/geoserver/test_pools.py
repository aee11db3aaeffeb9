"""Bounded work: what is too much is refused, what nobody waits for is not done, the server answers on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from geoserver.app import create_app
from geoserver.errors import Abandoned, Busy
from geoserver.pools import Pool, abandoned
from minegis.settings import Settings


@pytest.fixture
def pool() -> Iterator[Pool]:
    started = Pool("query", threads=2, places=3)
    started.start()
    yield started
    started.stop()


class Gate:
    """Work that ends when it is let go."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.begun: list[int] = []

    def work(self, number: int = 0) -> int:
        self.begun.append(number)
        assert self._open.wait(30)
        return number

    def let_go(self) -> None:
        self._open.set()


async def until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def request(*messages: str) -> tuple[Request, asyncio.Event]:
    """Return a GET request whose client leaves when the event is set."""
    leaves = asyncio.Event()

    async def receive() -> dict[str, str]:
        await leaves.wait()
        return {"type": "http.disconnect"}

    return Request({"type": "http", "method": "GET", "path": "/", "headers": []}, receive), leaves  # type: ignore[arg-type]


def test_results_and_errors_come_back(pool: Pool) -> None:
    async def scenario() -> None:
        assert await asyncio.gather(*(pool.run(lambda n=n: n * n) for n in range(5))) == [0, 1, 4, 9, 16]
        with pytest.raises(ZeroDivisionError):
            await pool.run(lambda: 1 // 0)
        assert (pool.running, pool.waiting) == (0, 0)

    asyncio.run(scenario())


def test_no_more_runs_than_there_are_threads_and_no_more_waits_than_there_are_places(pool: Pool) -> None:
    async def scenario() -> None:
        gate = Gate()
        asked = [asyncio.create_task(pool.run(lambda n=n: gate.work(n))) for n in range(5)]
        await until(lambda: len(gate.begun) == 2)
        assert (pool.running, pool.waiting) == (2, 3)
        with pytest.raises(Busy):
            await pool.run(lambda: 0)
        assert pool.rejected == 1
        assert len(gate.begun) == 2
        gate.let_go()
        assert await asyncio.gather(*asked) == [0, 1, 2, 3, 4]
        assert await pool.run(lambda: 7) == 7

    asyncio.run(scenario())


def test_a_client_that_leaves_while_it_waits_gives_its_place_to_the_next(pool: Pool) -> None:
    async def scenario() -> None:
        gate = Gate()
        asked = [asyncio.create_task(pool.run(lambda n=n: gate.work(n))) for n in range(4)]
        await until(lambda: len(gate.begun) == 2)
        asking, leaves = request()
        left = asyncio.create_task(pool.run(lambda: gate.work(99), asking))
        await asyncio.sleep(0)
        assert pool.waiting == 3
        leaves.set()
        with pytest.raises(Abandoned):
            await left
        assert pool.waiting == 2
        asked.append(asyncio.create_task(pool.run(lambda: gate.work(5))))
        await asyncio.sleep(0)
        gate.let_go()
        assert await asyncio.gather(*asked) == [0, 1, 2, 3, 5]
        assert 99 not in gate.begun

    asyncio.run(scenario())


def test_work_that_runs_can_see_that_its_client_has_left(pool: Pool) -> None:
    async def scenario() -> None:
        asking, leaves = request()
        seen: list[bool] = []
        begun, looked = threading.Event(), threading.Event()

        def work() -> str:
            seen.append(abandoned())
            begun.set()
            while not abandoned() and not looked.wait(0.001):
                pass
            seen.append(abandoned())
            return "stopped"

        answer = asyncio.create_task(pool.run(work, asking))
        await until(begun.is_set)
        leaves.set()
        assert await asyncio.wait_for(answer, 30) == "stopped"
        assert seen == [False, True]
        assert await pool.run(abandoned) is False

    asyncio.run(scenario())


def test_a_cancelled_request_frees_a_place_only_when_its_thread_is_free(pool: Pool) -> None:
    async def scenario() -> None:
        gate = Gate()
        tasks = [asyncio.create_task(pool.run(lambda n=n: gate.work(n))) for n in range(3)]
        await until(lambda: len(gate.begun) == 2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (pool.running, pool.waiting) == (2, 0)
        gate.let_go()
        await until(lambda: pool.running == 0)
        assert sorted(gate.begun) == [0, 1]

    asyncio.run(scenario())


def test_a_stream_holds_its_place_to_its_end_and_is_closed_when_it_is_left(pool: Pool) -> None:
    closed: list[str] = []

    def chunks(name: str) -> Iterator[bytes]:
        try:
            for number in range(3):
                yield b"%d" % number
        finally:
            closed.append(name)

    async def scenario() -> None:
        whole = await pool.stream(chunks("whole"))
        assert pool.running == 1
        assert [chunk async for chunk in whole] == [b"0", b"1", b"2"]
        await until(lambda: pool.running == 0)
        part = await pool.stream(chunks("part"))
        assert await anext(part) == b"0"
        del part
        await until(lambda: pool.running == 0)
        unread = await pool.stream(chunks("unread"))
        del unread
        await until(lambda: pool.running == 0)
        assert closed == ["whole", "part", "unread"]

    asyncio.run(scenario())


def test_a_stream_that_fails_at_its_beginning_says_so_before_anything_is_sent(pool: Pool) -> None:
    def chunks() -> Iterator[bytes]:
        raise ValueError("bad")
        yield b""

    async def scenario() -> None:
        with pytest.raises(ValueError, match="bad"):
            await pool.stream(chunks())
        await until(lambda: pool.running == 0)

    asyncio.run(scenario())


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    app = create_app(settings)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield app.state.services, client


def test_a_server_whose_every_pool_is_full_says_that_it_lives_and_refuses_work(site: Path) -> None:
    async def scenario() -> None:
        async with serving(Settings(site=site, workers=1, queue=1)) as (services, client):
            assert (await client.get("/readyz")).status_code == 200
            await until(lambda: services.pools["query"].running == 0)  # the metrics look at the data once
            gate = Gate()
            busy = [
                asyncio.create_task(pool.run(gate.work)) for pool in services.pools.values() for _ in range(2)
            ]
            await until(lambda: len(gate.begun) == len(services.pools))
            assert all((pool.running, pool.waiting) == (1, 1) for pool in services.pools.values())
            assert (await client.get("/livez")).json() == {"status": "ok"}
            for path in (
                "/readyz",
                "/ogc/collections/tsf/items",
                "/tiles/vector/tsf/8/201/104.mvt",
                "/tiles/raster/relief/tiles/WebMercatorQuad/6/50/26.png",
            ):
                refused = await client.get(path)
                assert (refused.status_code, refused.headers["retry-after"]) == (503, "1"), path
                assert refused.headers["content-type"] == "application/problem+json"
            assert len(gate.begun) == len(services.pools), "the pools were full all the while"
            gate.let_go()
            await asyncio.gather(*busy)
            assert (await client.get("/ogc/collections/tsf/items")).status_code == 200

    asyncio.run(scenario())
