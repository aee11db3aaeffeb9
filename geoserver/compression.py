"""Compression on the way out: brotli or gzip as the client prefers, each with an entity tag of its own."""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import brotli
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geoserver.errors import Busy
from geoserver.pools import Pool

MINIMUM_SIZE = 1000  # bytes; less fits into one packet anyway
_ON_LOOP_SIZE = 32_768  # bytes, compressed in half a millisecond; more is handed to a thread
_CACHE_SIZE = 16 * 2**20
_BROTLI_QUALITY, _GZIP_LEVEL = 4, 5
_COMPRESSIBLE = re.compile(  # an event must leave at once: a compressor would hold it back
    r"text/(?!event-stream)|application/(.+\+)?(json|xml|json-seq|geo\+json-seq)\b|application/(javascript|x-protobuf|wasm)"
    r"|application/vnd\.(mapbox-vector-tile|oai\.openapi)|image/svg\+xml|font/(ttf|otf)"
)
_SUFFIX = re.compile(rb'-(?:br|gzip)"')
_NOT_SENT_WHOLE = (204, 206, 304)


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


class _Brotli:
    def __init__(self) -> None:
        self._compressor = brotli.Compressor(quality=_BROTLI_QUALITY)

    def compress(self, data: bytes, /) -> bytes:
        done: bytes = self._compressor.process(data)
        return done

    def flush(self) -> bytes:
        done: bytes = self._compressor.finish()
        return done


def _compressor(encoding: str) -> _Compressor:
    return _Brotli() if encoding == "br" else zlib.compressobj(_GZIP_LEVEL, wbits=16 + zlib.MAX_WBITS)


def compressed(data: bytes, encoding: str) -> bytes:
    """Return data in an encoding, `br` or `gzip`."""
    compressor = _compressor(encoding)
    return compressor.compress(data) + compressor.flush()


@lru_cache(maxsize=256)
def chosen_encoding(accepted: str) -> str:
    """Return the encoding that ``Accept-Encoding`` likes best: `br` before `gzip`, empty for neither.

    References
    ----------
    RFC 9110 §12.5.3.
    """
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    liked = {name: weights.get(name, weights.get("*", 0.0)) for name in ("br", "gzip")}
    best = max(liked, key=lambda name: liked[name])
    return best if liked[best] > 0 and liked[best] >= weights.get("identity", 0.0) else ""


def _weight(parameter: str) -> float:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


@lru_cache(maxsize=256)
def is_compressible(content_type: str) -> bool:
    """Say whether a media type gets smaller; images, archives and columnar files do not."""
    return _COMPRESSIBLE.match(content_type.lower()) is not None


class _Cache:
    """What was compressed lately, by the strong tag that names its bytes; the oldest goes first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held = 0
        self._bodies: OrderedDict[tuple[str, ...], bytes] = OrderedDict()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        body = self._bodies.get(key)
        if body is not None:
            self._bodies.move_to_end(key)
        return body

    def put(self, key: tuple[str, ...], body: bytes) -> None:
        if key in self._bodies or len(body) > self._size // 8:
            return
        self._bodies[key] = body
        self._held += len(body)
        while self._held > self._size:
            _, oldest = self._bodies.popitem(last=False)
            self._held -= len(oldest)


class Compression:
    """Compresses what gets smaller, as it is sent; large bodies in a thread of `pool`.

    A strong tag names bytes: a compressed body bears the tag with the encoding behind it, and a request that
    names such a tag is passed on with the tag that the routes know.
    """

    def __init__(self, app: ASGIApp, pool: Pool) -> None:
        self._app = app
        self._pool = pool
        self._cache = _Cache(_CACHE_SIZE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        accepted = kept = b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                kept = value
        if _SUFFIX.search(kept):
            plain = _SUFFIX.sub(b'"', kept)
            scope["headers"] = [
                (name, plain if name == b"if-none-match" else value) for name, value in scope["headers"]
            ]
        encoding = chosen_encoding(accepted.decode("latin-1")) if accepted else ""
        place = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        answer = _Answer(send, encoding, kept.decode("latin-1"), place, self._pool, self._cache)
        await self._app(scope, receive, answer.send)


class _Answer:
    """One answer on its way out; its beginning is held back until its first bytes are there."""

    __slots__ = ("_cache", "_compressor", "_encoding", "_held", "_kept", "_place", "_pool", "_send")

    def __init__(self, send: Send, encoding: str, kept: str, place: str, pool: Pool, cache: _Cache) -> None:
        self._send = send
        self._encoding = encoding
        self._kept = kept
        self._place = place
        self._pool = pool
        self._cache = cache
        self._held: Message | None = None
        self._compressor: _Compressor | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            if self._is_left_as_it_is(message):
                await self._send(message)
            else:
                self._held = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._held is not None:
            start, self._held = self._held, None
            await self._begin(start, message)
        elif self._compressor is not None:
            await self._send_part(message)
        else:
            await self._send(message)

    def _is_left_as_it_is(self, start: Message) -> bool:
        headers = MutableHeaders(raw=start["headers"])
        if start["status"] == 304:
            headers.add_vary_header("Accept-Encoding")
            tag = _variant(headers.get("etag", ""), self._encoding)
            if self._encoding and tag in self._kept:
                headers["etag"] = tag
            return True
        if not is_compressible(headers.get("content-type", "")):
            return True
        headers.add_vary_header("Accept-Encoding")
        return not self._encoding or start["status"] in _NOT_SENT_WHOLE or "content-encoding" in headers

    async def _begin(self, start: Message, message: Message) -> None:
        body: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        if not more and len(body) < MINIMUM_SIZE:
            await self._send(start)
            await self._send(message)
            return
        headers = MutableHeaders(raw=start["headers"])
        tag = headers.get("etag", "")
        if more:
            self._compressor = _compressor(self._encoding)
            del headers["content-length"]
        else:
            try:
                body = await self._whole(body, tag)
            except Busy:  # better sent large than not at all
                await self._send(start)
                await self._send(message)
                return
            headers["content-length"] = str(len(body))
        headers["content-encoding"] = self._encoding
        if tag:
            headers["etag"] = _variant(tag, self._encoding)
        del headers["accept-ranges"]
        await self._send(start)
        if more:
            await self._send_part(message)
        else:
            await self._send({**message, "body": body})

    async def _whole(self, body: bytes, tag: str) -> bytes:
        key = (self._place, tag, self._encoding) if tag.startswith('"') else None
        done = self._cache.get(key) if key else None
        if done is None:
            done = await self._work(lambda: compressed(body, self._encoding), len(body))
            if key:
                self._cache.put(key, done)
        return done

    async def _send_part(self, message: Message) -> None:
        assert self._compressor is not None
        compressor, body, more = self._compressor, message.get("body", b""), message.get("more_body", False)

        def work() -> bytes:
            return compressor.compress(body) + (b"" if more else compressor.flush())

        try:
            done = await self._work(work, len(body))
        except Busy:  # an answer that has begun goes on
            done = work()
        if done or not more:
            await self._send({"type": "http.response.body", "body": done, "more_body": more})

    async def _work(self, work: Callable[[], bytes], size: int) -> bytes:
        return work() if size <= _ON_LOOP_SIZE else await self._pool.run(work)


def _variant(tag: str, encoding: str) -> str:
    """Return a strong tag with the encoding behind it; a weak one speaks of every encoding."""
    return f'{tag[:-1]}-{encoding}"' if tag.startswith('"') else tag
