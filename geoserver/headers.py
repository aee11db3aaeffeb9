"""What every answer carries: types as stated, nothing from foreign origins, no stale copies, data for all."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "style-src-attr 'unsafe-inline'",  # colours and widths that the page draws from data
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
}
_PUBLIC = ("/tiles/", "/ogc", "/api/", "/cap/")
_NEGOTIATED = "/ogc"
_VARIES, _TILE_VARIES = "Accept, Accept-Language", "Accept"
_TILE = re.compile(r"/tiles/[^/]+/[^/]+/[^/]+/[^/]+$")
_READABLE = "ETag, Content-Crs, Content-Bbox"
SITE_HEADER = "X-Minegis-Site"


class _Enough(Exception):
    """A HEAD request has its headers: nothing more needs to be made."""


class Headers:
    """Adds the headers of every answer, and answers HEAD as GET without its body."""

    def __init__(self, app: ASGIApp, site: Callable[[], str | None] = lambda: None) -> None:
        self._app = app
        self._site = site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        public = scope["path"].startswith(_PUBLIC)
        negotiated = scope["path"].startswith(_NEGOTIATED)

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                headers.setdefault("Cache-Control", "no-cache")
                if public and (site := self._site()):  # the page keeps answers of one site apart from others
                    headers[SITE_HEADER] = site
                if negotiated and headers.get("Vary", "Accept-Encoding") == "Accept-Encoding":
                    headers.add_vary_header(_TILE_VARIES if _TILE.search(scope["path"]) else _VARIES)
                if public:
                    headers["Access-Control-Allow-Origin"] = "*"
                    headers["Access-Control-Expose-Headers"] = _READABLE
            elif head and message["type"] == "http.response.body":
                await send({"type": "http.response.body"})
                if message.get("more_body", False):
                    raise _Enough
                return
            await send(message)

        with suppress(_Enough):
            await self._app({**scope, "method": "GET"} if head else scope, receive, answered)
