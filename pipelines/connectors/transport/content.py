"""Whether bytes are what was asked for: their kind by the first of them, their checksum by all."""

from __future__ import annotations

import hashlib
from pathlib import Path

from data_catalog.fetch import Content
from minegis.errors import InvalidInput

_HEADS: dict[str, tuple[bytes, ...]] = {
    "tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "netcdf": (b"CDF\x01", b"CDF\x02", b"CDF\x05", b"\x89HDF\r\n\x1a\n"),
    "grib": (b"GRIB",),
    "zip": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
}
_MARKUP = (b"<!doctype html", b"<html")
_BYTES = 1024

# Codes of the multihash table that sources use; the digest follows code and length.
_MULTIHASH = {0x11: "sha1", 0x12: "sha256", 0x13: "sha512", 0xD5: "md5"}


def check_content(path: Path, content: Content, *, where: str) -> None:
    """Refuse a file that is not of its kind, a login page above all.

    Raises
    ------
    InvalidInput
        If it is another.
    """
    with path.open("rb") as file:
        head = file.read(_BYTES)
    if not _is(head, content):
        raise InvalidInput("not what was asked for", where=where, expected=content, got=_shown(head))


def _is(head: bytes, content: Content) -> bool:
    if content in _HEADS:
        return head.startswith(_HEADS[content])
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_MARKUP):
        return False
    if content == "xml":
        return text.startswith(b"<")
    if content == "json":
        return text.startswith((b"{", b"["))
    return content == "any" or b"\0" not in head


def _shown(head: bytes) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "a web page" if text.startswith(_MARKUP) else repr(head[:16])


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_sum(path: Path, checksum: str, *, where: str) -> None:
    """Compare a file with a checksum.

    Parameters
    ----------
    checksum : str
        ``sha256:…``, ``md5:…``, or a multihash in hexadecimal as STAC's ``file:checksum`` has it; empty for
        none.

    Raises
    ------
    InvalidInput
        If they differ, or the checksum cannot be understood.
    """
    if not checksum:
        return
    algorithm, expected = _parsed(checksum, where)
    with path.open("rb") as file:
        got = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    if got != expected:
        raise InvalidInput("the checksum differs", where=where, expected=f"{algorithm}:{expected}", got=got)


def _parsed(checksum: str, where: str) -> tuple[str, str]:
    name, colon, digest = checksum.lower().partition(":")
    if colon and name in _MULTIHASH.values():
        return name, digest
    try:
        data = bytes.fromhex(checksum)
        code, data = _varint(data)
        length, data = _varint(data)
    except (ValueError, IndexError):
        code, length, data = 0, -1, b""
    if code not in _MULTIHASH or length != len(data):
        raise InvalidInput(
            "a checksum that cannot be understood",
            where=where,
            expected=f"a multihash of {', '.join(_MULTIHASH.values())}",
            got=checksum[:80],
        )
    return _MULTIHASH[code], data.hex()


def _varint(data: bytes) -> tuple[int, bytes]:
    """Read an unsigned LEB128 number; return it and the rest."""
    value = 0
    for index in range(9):
        value |= (data[index] & 0x7F) << (7 * index)
        if not data[index] & 0x80:
            return value, data[index + 1 :]
    raise ValueError("a number without end")
