"""Answers without an end: server-sent events, bounded by whoever gives them and ended with the server.

References
----------
WHATWG HTML, "Server-sent events".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from minegis.clock import format_moment, utc_now

BEAT_SECONDS = 15.0
_RETRY_MS = 2000

RETRY = f"retry: {_RETRY_MS}\n".encode()


def event(name: str, data: dict[str, Any], number: str = "") -> bytes:
    """Return an event as it is sent; without an id it moves no cursor."""
    head = f"id: {number}\n" if number else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def clock() -> dict[str, Any]:
    """Return what a beat says: the server's clock, and when the next one comes."""
    return {"at": format_moment(utc_now()), "beat_seconds": BEAT_SECONDS}


class Stream(Response):
    """An answer that ends when the client leaves, or when the chunks do.

    Parameters
    ----------
    place : callable
        Holds a place among the listeners for as long as its context lasts; raises where none is free.
    chunks : callable
        Begins to give what is sent.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        place: Callable[[], AbstractContextManager[None]],
        chunks: Callable[[], AsyncIterator[bytes]],
    ) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._place = place
        self._chunks = chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client leaves, or there is no more."""
        with self._place():
            sending = asyncio.ensure_future(self._send(send))
            leaving = asyncio.ensure_future(_left(receive))
            try:
                await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
                if not sending.done():
                    sending.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)
            if not sending.cancelled():
                sending.result()

    async def _send(self, send: Send) -> None:
        chunks = self._chunks()
        first = await anext(chunks)  # before the beginning, so that what cannot be answered is said
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
