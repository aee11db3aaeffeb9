"""What clients may keep: entity tags, times of change, and the short answer that nothing has changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from fastapi import Request, Response


def entity_tag(*parts: str, weak: bool = False) -> str:
    """Return an ETag of what an answer depends on."""
    digest = hashlib.blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
    return f'W/"{digest}"' if weak else f'"{digest}"'


def kept_headers(tag: str, changed_at: datetime | None = None) -> dict[str, str]:
    """Return the headers by which a client asks again: to be sent with the answer and with a 304."""
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if changed_at is not None:
        headers["Last-Modified"] = format_datetime(changed_at.astimezone(UTC), usegmt=True)
    return headers


def names_tag(header: str | None, tag: str) -> bool:
    """Say whether ``If-None-Match`` names a tag (RFC 9110 §13.1.2, weak comparison)."""
    kept = [each.strip().removeprefix("W/") for each in (header or "").split(",")]
    return "*" in kept or tag.removeprefix("W/") in kept


def unchanged(request: Request, tag: str, changed_at: datetime | None = None) -> Response | None:
    """Return a 304 when the client holds this answer already, else None."""
    if not names_tag(request.headers.get("if-none-match"), tag):
        return None
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept_headers(tag, changed_at))
