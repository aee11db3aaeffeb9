"""Tiles are made once for all who wait, kept within bounds, and not made for nobody."""

from __future__ import annotations

import asyncio

import pytest

from tiles.cache import Flights, TileCache


def test_a_hundred_who_ask_at_once_are_served_by_one_making() -> None:
    made = 0

    async def make() -> bytes:
        nonlocal made
        made += 1
        await asyncio.sleep(0.01)
        return b"tile"

    async def ask() -> list[bytes]:
        flights: Flights[str, bytes] = Flights()
        return await asyncio.gather(*(flights.join("a", make) for _ in range(100)))

    assert asyncio.run(ask()) == [b"tile"] * 100
    assert made == 1


def test_different_tiles_are_made_side_by_side() -> None:
    async def ask() -> list[str]:
        flights: Flights[str, str] = Flights()
        gate = asyncio.Event()

        async def make(key: str) -> str:
            if key == "b":
                gate.set()
            await gate.wait()
            return key

        return await asyncio.gather(*(flights.join(key, lambda key=key: make(key)) for key in "ab"))

    assert asyncio.run(ask()) == ["a", "b"]


def test_a_failure_goes_to_all_who_wait_and_the_next_one_tries_again() -> None:
    attempts = 0

    async def make() -> bytes:
        nonlocal attempts
        attempts += 1
        await asyncio.sleep(0.01)
        if attempts == 1:
            raise ValueError("no")
        return b"tile"

    async def ask() -> tuple[list[bytes | BaseException], bytes]:
        flights: Flights[str, bytes] = Flights()
        first = await asyncio.gather(*(flights.join("a", make) for _ in range(5)), return_exceptions=True)
        return first, await flights.join("a", make)

    failed, then = asyncio.run(ask())
    assert [type(each) for each in failed] == [ValueError] * 5
    assert then == b"tile"
    assert attempts == 2


def test_who_leaves_does_not_take_the_tile_from_the_others() -> None:
    async def ask() -> bytes:
        flights: Flights[str, bytes] = Flights()
        gate = asyncio.Event()

        async def make() -> bytes:
            await gate.wait()
            return b"tile"

        leaver = asyncio.create_task(flights.join("a", make))
        stayer = asyncio.create_task(flights.join("a", make))
        await asyncio.sleep(0)
        leaver.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        gate.set()
        return await stayer

    assert asyncio.run(ask()) == b"tile"


def test_when_all_have_left_the_making_is_cancelled_and_the_next_one_begins_anew() -> None:
    begun: list[int] = []
    stopped: list[int] = []

    async def ask() -> bytes:
        flights: Flights[str, bytes] = Flights()

        async def make() -> bytes:
            begun.append(len(begun))
            if len(begun) > 1:
                return b"tile"
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                stopped.append(0)
                raise
            return b"never"

        leavers = [asyncio.create_task(flights.join("a", make)) for _ in range(3)]
        await asyncio.sleep(0.01)
        for each in leavers:
            each.cancel()
        await asyncio.gather(*leavers, return_exceptions=True)
        await asyncio.sleep(0)
        return await flights.join("a", make)

    assert asyncio.run(ask()) == b"tile"
    assert (begun, stopped) == ([0, 1], [0])


def test_the_cache_drops_what_was_not_asked_for_the_longest() -> None:
    cache = TileCache(capacity=4000)
    for key in "abc":
        cache.keep(key, bytes(500))  # and 500 for its place
    assert cache.find("a") is not None
    cache.keep("d", bytes(500))
    cache.keep("e", bytes(500))
    assert [cache.find(key) is not None for key in "abcde"] == [True, False, True, True, True]
    assert len(cache) == 4
    assert cache.size == 4000


def test_empty_tiles_are_kept_within_bounds_too() -> None:
    cache = TileCache(capacity=100_000)
    for key in range(10_000):
        cache.keep(key, b"")
    assert 0 < len(cache) <= 1000
    assert cache.find(9_999) == b""


def test_what_is_kept_twice_counts_once() -> None:
    cache = TileCache()
    cache.keep("a", b"123")
    size = cache.size
    cache.keep("a", b"123")
    assert cache.size == size


def test_hits_and_misses_are_counted() -> None:
    cache = TileCache()
    assert cache.find("a") is None
    cache.keep("a", b"1")
    assert cache.find("a") == b"1"
    assert (cache.hits, cache.misses) == (1, 1)
