"""Text without case and accents, and patterns: what CQL2 calls casei, accenti and like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

ACCENTS = "\u0300-\u036f"
"""The combining marks of Latin, Greek and Cyrillic letters, as a range of a regular expression."""
BARRED, PLAIN = "øØđĐðÐłŁħĦŧŦı", "oOdDdDlLhHtTi"
"""Letters whose stroke is part of them in Unicode, and those they are without it."""

_ACCENTS = re.compile(f"[{ACCENTS}]")
_PLAIN = str.maketrans(BARRED, PLAIN)
_PIECE = re.compile(r"\\(.)|([%_])|([^\\%_]+)|(\\)", re.DOTALL)


def casei(text: str) -> str:
    """Return what every spelling of a text in capitals and small letters has in common.

    By way of capitals, so that ``ß`` is ``ss``; a final sigma is as any other.
    """
    return text.upper().lower().replace("ς", "σ")


def accenti(text: str) -> str:
    """Return a text without accents and strokes."""
    if text.isascii():
        return text
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text)).translate(_PLAIN)
    return unicodedata.normalize("NFC", bare)


FOLDS: dict[str, Callable[[str], str]] = {"casei": casei, "accenti": accenti}


@lru_cache(maxsize=256)
def like(pattern: str) -> re.Pattern[str]:
    r"""Return the regular expression of a pattern.

    ``%`` is any text, ``_`` any character, ``\`` takes the next as it stands. What is between two ``%`` is
    looked for once, at its first place (an atomic group): a pattern of many would take for ever else.
    """
    parts = [""]
    for escaped, wildcard, text, lone in _PIECE.findall(pattern):
        if wildcard == "%":
            parts.append("")
        else:
            parts[-1] += "." if wildcard else re.escape(escaped or text or lone)
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    head, *middle, tail = parts
    found = "".join(f"(?>.*?{part})" for part in middle if part)
    return re.compile(f"{head}{found}.*{tail}", re.DOTALL)


def stem(pattern: str) -> tuple[str, bool]:
    """Return the text that a pattern begins with, and whether nothing but one ``%`` follows it."""
    text = ""
    for piece in _PIECE.finditer(pattern):
        escaped, wildcard, plain, lone = piece.groups()
        if wildcard:
            return text, wildcard == "%" and piece.end() == len(pattern)
        text += escaped or plain or lone
    return text, False
