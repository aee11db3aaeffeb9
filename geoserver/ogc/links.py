"""Addresses in answers: absolute, as the client knows this server."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import Request


def root(request: Request) -> str:
    """Return the address of the landing page, without a slash at its end."""
    return f"{request.url.scheme}://{request.url.netloc}/ogc"


def address(request: Request, *without: str) -> str:
    """Return the address of a request without some parameters, ready for one more."""
    parts = request.scope["query_string"].decode("latin-1").split("&")
    kept = "".join(f"{part}&" for part in parts if part and part.partition("=")[0] not in without)
    return f"{root(request)}{quote(request.scope['path'].removeprefix('/ogc'))}?{kept}"
