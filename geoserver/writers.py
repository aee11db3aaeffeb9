"""Who may write: until there are accounts, clients on this machine, or those that the operator lets in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from geoserver.errors import ContentTooLarge, Forbidden
from geoserver.services import services_of

GREATEST_BODY = 2**22  # bytes; a rule package of the greatest length, every sign escaped, is less
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")


class WriterRoute(APIRoute):
    """A route that may change something: a stranger is refused before a byte of the body is read.

    The body of those who may write is bounded by `GREATEST_BODY`; what is beyond is not read.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method in _READS:
                return await answer(request)
            refuse_stranger(request)
            body = await bounded_body(request)

            async def read() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await answer(Request(request.scope, read))

        return guarded


async def bounded_body(request: Request, most: int = GREATEST_BODY) -> bytes:
    """Return the body of a request.

    Raises
    ------
    ContentTooLarge
        If it is longer than `most` bytes; the rest is not read.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise ContentTooLarge("the body is too long", where="body", expected=f"at most {most} bytes")
    return bytes(body)


def json_answer(
    document: Any, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a document as JSON."""
    content = orjson.dumps(document)
    return Response(content, status_code=status, media_type="application/json", headers=headers)


def refuse_stranger(request: Request) -> None:
    """Refuse a client that may not write.

    Raises
    ------
    Forbidden
        If it may not.
    """
    if not may_write(request):
        raise Forbidden(
            "editing is not open to this client",
            where=request.url.path,
            expected="the setting MINEGIS_EDITING: here for clients on this machine, anywhere for all",
            got=services_of(request).settings.editing,
        )


def may_write(request: Request) -> bool:
    """Say whether this client may write.

    A client is here when it is on this machine and calls the server by a name of this machine, with nobody
    between: so neither a proxy nor a foreign page whose name leads here speaks for others.
    """
    editing = services_of(request).settings.editing
    if editing != "here":
        return editing == "anywhere"
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    return _is_loopback(request.client.host) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        found = ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
