"""Glyphs: characters of an installed font as signed distance fields, as MapLibre reads them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from minegis.errors import InvalidInput, NotFound

RANGE = 256
LAST_START = 65280

_EM = 24
_BUFFER = 3
_RADIUS = 8
_CUTOFF = 0.25
_FINER = 5
_BASELINE = 27
"""Where MapLibre takes the baseline to be below the top of a line of 24 pixels."""
_FOLDERS = tuple(
    Path(each).expanduser()
    for each in ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts",
                 "/Library/Fonts", "/System/Library/Fonts", "C:/Windows/Fonts")
)  # fmt: skip
_PREFERRED = (
    "NotoSansCJK-Regular", "NotoSansCJKsc-Regular", "NotoSansSC-Regular", "SourceHanSansSC-Regular",
    "SourceHanSansCN-Regular", "SourceHanSans-Regular", "DejaVuSans",
)  # fmt: skip
_SUFFIXES = (".ttc", ".otf", ".ttf")
_CHINESE = " SC"
_WITHOUT_SHAPE = frozenset({"Cc", "Cs", "Cn", "Co"})
_ABSENT = "\U0010fffe"


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character: `field` is ``(height + 6, width + 6)`` uint8, lengths are pixels of a 24-pixel em."""

    code: int
    width: int
    height: int
    left: int
    top: int
    advance: int
    field: NDArray[np.uint8]


def find_font() -> Path | None:
    """Return the first installed font that labels can be drawn with, Chinese ones first."""
    found = {
        path.stem: path
        for folder in _FOLDERS
        if folder.is_dir()
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in _SUFFIXES
    }
    return next((found[name] for name in _PREFERRED if name in found), None)


class Face:
    """A font at the size that fields are computed from.

    Parameters
    ----------
    path : Path, optional
        A TTF, OTF or TTC; Pillow's own Latin font when None.

    Raises
    ------
    InvalidInput
        If the file is no font.
    """

    def __init__(self, path: Path | None) -> None:
        size = _EM * _FINER
        try:
            found = ImageFont.load_default(size) if path is None else _chinese(path, size)
        except OSError as error:
            raise InvalidInput(
                "not a font", where=str(path), expected="TTF, OTF or TTC", got=str(error)
            ) from None
        assert isinstance(found, ImageFont.FreeTypeFont)
        self._font = found
        self.name = " ".join(part for part in self._font.getname() if part)

    def glyphs(self, start: int) -> Iterator[Glyph]:
        """Yield the glyphs that the font has of the 256 characters from `start` on."""
        for code in range(start, start + RANGE):
            if unicodedata.category(chr(code)) not in _WITHOUT_SHAPE:
                glyph = self._glyph(code)
                if glyph is not None:
                    yield glyph

    def _glyph(self, code: int) -> Glyph | None:
        character = chr(code)
        ink, left, top = self._ink(character)
        if code != ord(" ") and (ink.shape, ink.tobytes()) == self._absent:
            return None
        advance = round(self._font.getlength(character) / _FINER)
        if not ink.any():
            return Glyph(code, 0, 0, 0, 0, advance, np.zeros((0, 0), np.uint8))
        return _glyph(code, ink, left, top, advance)

    @cached_property
    def _absent(self) -> tuple[tuple[int, ...], bytes]:
        """The shape of a character that no font has."""
        ink, _, _ = self._ink(_ABSENT)
        return ink.shape, ink.tobytes()

    def _ink(self, character: str) -> tuple[NDArray[np.bool_], int, int]:
        """Return which fine pixels are black, and how far right and up of the origin they begin."""
        left, up, right, down = (round(edge) for edge in self._font.getbbox(character, anchor="ls"))
        image = Image.new("L", (max(right - left, 1), max(down - up, 1)))
        ImageDraw.Draw(image).text((-left, -up), character, font=self._font, fill=255, anchor="ls")
        return np.asarray(image) >= 128, left, -up


def _chinese(path: Path, size: int) -> ImageFont.FreeTypeFont:
    """Open a font; of a collection, the face that draws Chinese as it is written on the mainland."""
    first = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    if path.suffix.lower() != ".ttc":
        return first
    for index in range(1, 16):
        try:
            face = ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.BASIC)
        except OSError:
            break
        if _CHINESE in (face.getname()[0] or ""):
            return face
    return first


def _glyph(code: int, ink: NDArray[np.bool_], left: int, top: int, advance: int) -> Glyph:
    rows, columns = ink.shape
    west, north = left // _FINER, -(-top // _FINER)
    east, south = -(-(left + columns) // _FINER), (top - rows) // _FINER
    width, height = east - west, north - south
    fine = np.zeros(((height + 2 * _BUFFER) * _FINER, (width + 2 * _BUFFER) * _FINER), bool)
    row, column = (north + _BUFFER) * _FINER - top, left - (west - _BUFFER) * _FINER
    fine[row : row + rows, column : column + columns] = ink
    return Glyph(code, width, height, west, north - _BASELINE, advance, _field(fine))


def _field(ink: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return 255 · (1 − (d / 8 + 0.25)) at the middle of each pixel, d px being negative in the ink."""
    outside, inside = _RADIUS * (1 - _CUTOFF), _RADIUS * _CUTOFF
    distance = (_distance(ink, outside) - _distance(~ink, inside)) / _FINER
    return np.clip(np.rint(255 * (1 - _CUTOFF - distance / _RADIUS)), 0, 255).astype(np.uint8)


def _distance(ink: NDArray[np.bool_], most: float) -> NDArray[np.float64]:
    """Return how far each pixel's middle is from the ink, fine pixels, exact up to `most` px.

    First down the columns, then along the rows: squared distances add up.
    """
    reach = round(most * _FINER) + _FINER
    rows = np.arange(ink.shape[0], dtype=np.int32)[:, None]
    above = np.maximum.accumulate(np.where(ink, rows, -reach), axis=0)
    below = np.minimum.accumulate(np.where(ink, rows, rows[-1] + reach)[::-1], axis=0)[::-1]
    column = np.minimum(np.minimum(rows - above, below - rows), reach)[_FINER // 2 :: _FINER] ** 2
    padded = np.pad(column, ((0, 0), (reach, reach)), constant_values=reach**2)
    squared = np.full((column.shape[0], ink.shape[1] // _FINER), reach**2, dtype=np.int32)
    for shift in range(-reach, reach + 1):
        first = reach + shift + _FINER // 2
        np.minimum(
            squared,
            padded[:, first : first + ink.shape[1] : _FINER][:, : squared.shape[1]] + shift**2,
            out=squared,
        )
    return np.where(squared > 0, np.sqrt(squared) - 0.5, 0.0)


@lru_cache(maxsize=4)
def face(path: Path | None) -> Face:
    """Return an open font."""
    return Face(path)


@lru_cache(maxsize=64)
def glyph_range(path: Path | None, start: int, stack: str) -> bytes:
    """Return the 256 characters from `start` on as a protocol buffer.

    Parameters
    ----------
    path : Path, optional
        The font; Pillow's own when None.
    start : int
        A multiple of 256, at most 65280.
    stack : str
        The name that the font is asked for by.

    Raises
    ------
    NotFound
        If there is no such range.

    References
    ----------
    Mapbox, node-fontnik, ``proto/glyphs.proto``; Green 2007, "Improved Alpha-Tested Magnification for Vector
    Textures and Special Effects".
    """
    if start % RANGE or not 0 <= start <= LAST_START:
        expected = "a multiple of 256 from 0 to 65280"
        raise NotFound("no such range of characters", where="range", expected=expected, got=str(start))
    glyphs = b"".join(_message(3, _encoded(glyph)) for glyph in face(path).glyphs(start))
    named = _message(1, stack.encode()) + _message(2, f"{start}-{start + RANGE - 1}".encode())
    return _message(1, named + glyphs)


def _encoded(glyph: Glyph) -> bytes:
    parts = [_number(1, glyph.code)]
    if glyph.field.size:
        parts.append(_message(2, glyph.field.tobytes()))
    parts += [_number(3, glyph.width), _number(4, glyph.height)]
    parts += [_number(5, _zigzag(glyph.left)), _number(6, _zigzag(glyph.top)), _number(7, glyph.advance)]
    return b"".join(parts)


def _zigzag(value: int) -> int:
    return value * 2 if value >= 0 else -value * 2 - 1


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content
