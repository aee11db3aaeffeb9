"""Which encoding a text file is in: declared and checked, or provable from its bytes; never guessed."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from minegis.errors import InvalidInput

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHINESE = {"936", "gbk", "gb2312", "cp936", "hz-gb-2312", "x-cp20936", "gb18030", "gb_18030"}
_COMMON_SHARE = 0.8  # of the double-byte characters that lie in GB 2312; Latin text read as Chinese has few


@dataclass(frozen=True, slots=True)
class DeclaredEncoding:
    """What a file (`.cpg`) or a person says the encoding is."""

    name: str
    by_person: bool


def encoding_of(text: bytes, declared: DeclaredEncoding | None = None, *, where: str = "") -> str:
    """Return the Python name of the encoding of `text`.

    A person's word is taken if the bytes can be read that way. A file's own word must not be contradicted
    by the bytes. Without a word the bytes must be valid UTF-8 or unmistakable GB 18030.

    Raises
    ------
    InvalidInput
        If the declaration does not fit the bytes, or nothing is declared and the bytes prove nothing.
    """
    for mark, name in _BOMS:
        if text.startswith(mark):
            return name
    found = _provable(text)
    if declared is None:
        if found is None:
            raise InvalidInput(
                "the text encoding cannot be told from the bytes",
                where=where,
                expected="UTF-8, GB18030, or an encoding given with the import, such as latin-1",
                got=_first_doubt(text),
            )
        return found
    name = python_name(declared.name, where=where)
    contradicted = not declared.by_person and found not in (None, name) and not text.isascii()
    if not _reads_as(text, name) or contradicted:
        raise InvalidInput(
            "the text is not in the encoding it is declared to be in",
            where=where,
            expected=f"text in {declared.name}",
            got=f"bytes that read as {found}" if found else "bytes that cannot be read that way",
        )
    return name


def python_name(name: str, *, where: str = "") -> str:
    """Return Python's name of an encoding written as in a ``.cpg`` file (``936``, ``ANSI 1252``, ``UTF-8``).

    Raises
    ------
    InvalidInput
        If there is no such encoding.
    """
    plain = re.sub(r"^(ansi|oem|cp)\s*", "", name.strip().lower())
    if plain in _CHINESE or plain.replace("-", "") in _CHINESE:
        return "gb18030"
    if plain == "65001":
        return "utf-8"
    if plain in ("iso 88591", "88591"):
        return "iso8859-1"
    try:
        return codecs.lookup(f"cp{plain}" if plain.isdigit() else plain).name
    except LookupError:
        raise InvalidInput(
            "no such text encoding", where=where, expected="UTF-8, GB18030, latin-1 …", got=repr(name)
        ) from None


def _provable(text: bytes) -> str | None:
    chinese = _is_plausible_chinese(text)
    if _reads_as(text, "utf-8"):
        wide = any(character >= "\u0800" for character in text.decode("utf-8"))
        return "utf-8" if wide or text.isascii() or not chinese else None
    return "gb18030" if chinese else None


def _first_doubt(text: bytes) -> str:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        return f"byte 0x{text[error.start]:02X} in line {line}, which is not UTF-8"
    return "bytes that read as both"


def _reads_as(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except (UnicodeDecodeError, UnicodeError):
        return False
    return True


def _is_plausible_chinese(text: bytes) -> bool:
    if not _reads_as(text, "gb18030"):
        return False
    foreign = [character for character in text.decode("gb18030") if character > "\x7f"]
    common = sum(_is_gb2312(character) for character in foreign)
    return bool(foreign) and common >= _COMMON_SHARE * len(foreign)


def _is_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
