"""Compression: as the client likes it, each variant with its own tag, and nothing compressed in vain."""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from geoserver.caching import names_tag
from geoserver.compression import MINIMUM_SIZE, Compression, chosen_encoding, is_compressible
from geoserver.pools import Pool

BODY = b'{"name": "tailings storage facility"}' * 5000
TAG = '"abc"'


async def plain(request: Request) -> Response:
    size = int(request.query_params.get("size", len(BODY)))
    kind = request.query_params.get("type", "application/json")
    tag = request.query_params.get("tag", TAG)
    if names_tag(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(BODY[:size], int(request.query_params.get("status", 200)), {"ETag": tag}, media_type=kind)


async def streamed(_request: Request) -> Response:
    async def chunks() -> Any:
        for start in range(0, len(BODY), 10_000):
            yield BODY[start : start + 10_000]

    return StreamingResponse(chunks(), media_type="application/geo+json-seq", headers={"ETag": TAG})


@pytest.fixture
def client() -> Any:
    pool = Pool("compression", threads=1, places=4)
    app = Starlette(routes=[Route("/", plain), Route("/streamed", streamed)])
    app.add_middleware(Compression, pool=pool)
    pool.start()
    with TestClient(app) as opened:
        yield opened
    pool.stop()


def raw(client: TestClient, path: str, **headers: str) -> tuple[Any, bytes]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    with client.stream("GET", path, headers={"accept-encoding": "identity", **names}) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", ""),
        ("identity", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("BR;q=0.5, gzip;q=0.9", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0,gzip;q=0", ""),
        ("*", "br"),
        ("*;q=0.1, br;q=0", "gzip"),
        ("gzip;q=0.5, identity;q=0.8", ""),
        ("gzip;q=0.8, identity;q=0.8", "gzip"),
        ("gzip;q=nonsense", ""),
        ("gzip;q=nan", ""),
    ],
)
def test_the_client_says_what_it_likes(accepted: str, encoding: str) -> None:
    assert chosen_encoding(accepted) == encoding


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=60))
def test_no_header_is_too_strange(accepted: str) -> None:
    assert chosen_encoding(accepted) in {"", "br", "gzip"}


@pytest.mark.parametrize(
    ("content_type", "smaller"),
    [
        ("application/geo+json", True),
        ("application/problem+json", True),
        ("application/schema+json; charset=utf-8", True),
        ("application/geo+json-seq", True),
        ("application/vnd.oai.openapi+json;version=3.0", True),
        ("application/vnd.mapbox-vector-tile", True),
        ("application/x-protobuf", True),
        ("text/html; charset=utf-8", True),
        ("text/csv", True),
        ("image/svg+xml", True),
        ("application/vnd.ogc.sld+xml", True),
        ("image/png", False),
        ("application/vnd.apache.parquet", False),
        ("application/flatgeobuf", False),
        ("application/vnd.pmtiles", False),
        ("application/geopackage+sqlite3", False),
        ("application/octet-stream", False),
        ("font/woff2", False),
        ("", False),
    ],
)
def test_only_what_gets_smaller_is_compressed(content_type: str, smaller: bool) -> None:
    assert is_compressible(content_type) is smaller


def test_each_encoding_holds_the_same_body(client: TestClient) -> None:
    for path in ("/", "/streamed"):
        brotlied, body = raw(client, path, accept_encoding="br")
        assert brotli.decompress(body) == BODY
        assert brotlied.headers["content-encoding"] == "br"
        gzipped, body = raw(client, path, accept_encoding="gzip")
        assert zlib.decompress(body, wbits=31) == BODY
        assert gzipped.headers["content-encoding"] == "gzip"
        whole, body = raw(client, path)
        assert body == BODY
        assert "content-encoding" not in whole.headers
        assert {each.headers["vary"] for each in (brotlied, gzipped, whole)} == {"Accept-Encoding"}
        tags = [each.headers["etag"] for each in (brotlied, gzipped, whole)]
        assert tags == ['"abc-br"', '"abc-gzip"', '"abc"']


def test_the_length_is_that_of_what_is_sent(client: TestClient) -> None:
    answer, body = raw(client, "/", accept_encoding="br")
    assert int(answer.headers["content-length"]) == len(body) < len(BODY)
    answer, _ = raw(client, "/streamed", accept_encoding="br")
    assert "content-length" not in answer.headers


def test_a_body_is_compressed_alike_each_time(client: TestClient) -> None:
    bodies = {raw(client, f"/?size={size}", accept_encoding="gzip")[1] for size in (5000, 5000, 5000)}
    assert len(bodies) == 1
    assert zlib.decompress(raw(client, "/?size=6000", accept_encoding="gzip")[1], wbits=31) == BODY[:6000]


@pytest.mark.parametrize(
    "query",
    [f"size={MINIMUM_SIZE - 1}", "type=image/png", "type=application/vnd.apache.parquet", "status=206"],
)
def test_what_would_not_gain_is_sent_as_it_is(client: TestClient, query: str) -> None:
    answer, body = raw(client, f"/?{query}", accept_encoding="br, gzip")
    assert "content-encoding" not in answer.headers
    assert answer.headers["etag"] == TAG
    assert BODY.startswith(body)
    assert ("vary" in answer.headers) is ("type=" not in query)


@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
def test_a_kept_variant_is_known_again(client: TestClient, accepted: str) -> None:
    tag = raw(client, "/", accept_encoding=accepted)[0].headers["etag"]
    for kept in (tag, f'"other", {tag}', f"W/{tag}"):
        again, body = raw(client, "/", accept_encoding=accepted, if_none_match=kept)
        assert (again.status_code, body) == (304, b"")
        assert (again.headers["etag"], again.headers["vary"]) == (tag, "Accept-Encoding")
    assert raw(client, "/", accept_encoding=accepted, if_none_match='"other"')[0].status_code == 200


def test_a_weak_tag_speaks_of_every_encoding(client: TestClient) -> None:
    answer, _ = raw(client, '/?tag=W/"abc"', accept_encoding="br")
    assert (answer.headers["etag"], answer.headers["content-encoding"]) == ('W/"abc"', "br")


def test_when_every_thread_is_taken_a_large_body_is_sent_as_it_is() -> None:
    async def scenario() -> list[dict[str, Any]]:
        pool = Pool("compression", threads=1, places=0)
        with pool.place():
            sent: list[dict[str, Any]] = []

            async def send(message: Any) -> None:
                sent.append(message)

            async def receive() -> Any:
                return {"type": "http.request"}

            app = Compression(Response(BODY, media_type="text/csv"), pool)
            headers = [(b"accept-encoding", b"br")]
            scope = {"type": "http", "path": "/", "query_string": b"", "headers": headers}
            await app(scope, receive, send)
        return sent

    start, body = asyncio.run(scenario())
    assert body["body"] == BODY
    assert (b"content-length", str(len(BODY)).encode()) in start["headers"]
