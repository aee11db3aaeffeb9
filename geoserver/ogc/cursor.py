"""Cursors: where the next page begins, in which state of the data, sealed for the query it came from."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput

_SEAL_BYTES = 12
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins.

    Parameters
    ----------
    moment : datetime
        The state that all pages are read from.
    after : tuple
        `Page.after` of the page before.
    matched : int, optional
        How many items match in all, when the first page knew.
    """

    moment: datetime
    after: tuple[Any, ...]
    matched: int | None

    def text(self, selection: str) -> str:
        """Return it as opaque text that is good for one `selection` only."""
        body = orjson.dumps([format_utc(self.moment), self.after, self.matched])
        return urlsafe_b64encode(_seal(body, selection) + body).decode().rstrip("=")


def read_cursor(text: str, selection: str) -> Cursor:
    """Return the cursor of a text.

    Raises
    ------
    InvalidInput
        If it was changed, cut or given for another query.
    """
    try:
        sealed = urlsafe_b64decode((text[:_LONGEST] + "=" * (-len(text) % 4)).encode("ascii"))
    except (Error, ValueError):
        sealed = b""
    body = sealed[_SEAL_BYTES:]
    if not body or sealed[:_SEAL_BYTES] != _seal(body, selection):
        expected = "the cursor of a `next` link of this very query"
        raise InvalidInput("not a cursor of this query", where="cursor", expected=expected, got=text[:80])
    moment, after, matched = orjson.loads(body)
    return Cursor(parse_utc(moment), tuple(after), matched)


def _seal(body: bytes, selection: str) -> bytes:
    return hashlib.blake2b(
        body, key=hashlib.sha256(selection.encode()).digest(), digest_size=_SEAL_BYTES
    ).digest()
