"""Mapbox Vector Tiles 2.1, written with array operations: no loop over features, points or values.

Paths arrive as whole numbers on a grid of `EXTENT` steps, y downwards, with the shape already cut and
simplified. A message of a feature is nothing but varints, so a layer is one array of numbers and one pass
that writes them.

References
----------
Mapbox Vector Tile Specification 2.1, sections 4.1 to 4.4; Protocol Buffers encoding guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tiles.paths import LINE, POINT, POLYGON, Integers, Paths, spans

EXTENT = 4096

type Bytes = NDArray[np.uint8]

_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 15
_MOVE_TO_ONE = 1 << 3 | _MOVE_TO
_HEADER = 8  # numbers of a feature that are neither tags nor geometry
_SOME_VALUES = 65_536  # texts written at a time, which bounds the memory for it


@dataclass(frozen=True, slots=True)
class Commands:
    """What draws the features of one kind.

    Attributes
    ----------
    kind : int
        POINT, LINE or POLYGON.
    feature : (f,) int
        Number of each feature, growing.
    numbers : (m,) int
        Command integers of all features.
    start : (f + 1,) int
        Where those of each feature begin.
    """

    kind: int
    feature: Integers
    numbers: Integers
    start: Integers


def points(paths: Paths) -> Commands:
    """Return the commands of points; each path is one point."""
    first = np.flatnonzero(np.diff(paths.feature, prepend=-1))
    counts = np.diff(np.append(first, len(paths.feature)))
    at = 2 * np.arange(len(paths.x)) + np.repeat(np.arange(len(first)), counts) + 1
    start = np.append(2 * first + np.arange(len(first)), 2 * len(paths.x) + len(first))
    numbers = np.empty(start[-1], np.int64)
    numbers[start[:-1]] = counts << 3 | _MOVE_TO
    numbers[at] = _steps(paths.x, first)
    numbers[at + 1] = _steps(paths.y, first)
    return Commands(POINT, paths.feature[first], numbers, start)


def lines(paths: Paths) -> Commands:
    """Return the commands of lines, without points that repeat the one before and lines of one point."""
    before = np.arange(-1, len(paths.x) - 1)
    repeated = (paths.x == paths.x[before]) & (paths.y == paths.y[before])
    repeated[paths.start[:-1]] = False
    paths = paths.keep_points(~repeated)
    return _draw(paths.keep(np.diff(paths.start) > 1), LINE)


def polygons(paths: Paths) -> Commands:
    """Return the commands of polygons, without rings that have no area on the grid; shells turn clockwise."""
    before = np.arange(-1, len(paths.x) - 1)
    before[paths.start[:-1]] = paths.start[1:] - 1
    repeated = (paths.x == paths.x[before]) & (paths.y == paths.y[before])
    if repeated.any():
        paths = paths.keep_points(~repeated)
    if len(paths.feature) == 0:
        return _draw(paths, POLYGON)
    area = signed_areas(paths)
    sound = (np.diff(paths.start) > 2) & (area != 0)
    shell = np.maximum.accumulate(np.where(paths.exterior, np.arange(len(sound)), 0))
    sound &= sound[shell]
    turned = (area > 0) != paths.exterior
    if not sound.all():
        paths, turned = paths.keep(sound), turned[sound]
    return _draw(_reverse(paths, turned), POLYGON)


def signed_areas(paths: Paths) -> Integers:
    """Twice the area of each ring by the surveyor's formula, (p,); positive is clockwise on the screen."""
    following = np.arange(1, len(paths.x) + 1)
    following[paths.start[1:] - 1] = paths.start[:-1]
    cross = paths.x * paths.y[following] - paths.x[following] * paths.y
    area: Integers = np.add.reduceat(cross, paths.start[:-1])
    return area


def _reverse(paths: Paths, turned: NDArray[np.bool_]) -> Paths:
    if not turned.any():
        return paths
    row = paths.of_points()
    mirrored = (paths.start[:-1] + paths.start[1:] - 1)[row] - np.arange(len(row))
    points = np.where(turned[row], mirrored, np.arange(len(row)))
    return Paths(paths.x[points], paths.y[points], paths.start, paths.feature, paths.exterior)


def _draw(paths: Paths, kind: int) -> Commands:
    """Return MoveTo, LineTo and, for rings, ClosePath of paths one after another."""
    extra = 3 if kind == POLYGON else 2
    row = np.arange(len(paths.feature))
    base = 2 * paths.start + extra * np.arange(len(paths.start))
    first = np.flatnonzero(np.diff(paths.feature, prepend=-1))
    counts = np.diff(paths.start)
    at = 2 * np.arange(len(paths.x)) + np.repeat(extra * row + 2, counts)
    at[paths.start[:-1]] -= 1
    numbers = np.empty(base[-1], np.int64)
    numbers[base[:-1]] = _MOVE_TO_ONE
    numbers[base[:-1] + 3] = (counts - 1) << 3 | _LINE_TO
    if kind == POLYGON:
        numbers[base[1:] - 1] = _CLOSE_PATH
    numbers[at] = _steps(paths.x, paths.start[first])
    numbers[at + 1] = _steps(paths.y, paths.start[first])
    return Commands(kind, paths.feature[first], numbers, np.append(base[first], base[-1]))


def _steps(values: Integers, first: Integers) -> Integers:
    """Return zigzag numbers of the steps of a cursor, which stands at 0 where a feature begins."""
    steps = np.diff(values, prepend=0)
    steps[first] = values[first]
    return (steps << 1) ^ (steps >> 63)


@dataclass(frozen=True, slots=True)
class Values:
    """Values as a layer of a tile holds them, one after another.

    Attributes
    ----------
    data : (b,) uint8
        The fields ``values`` of a layer.
    start : (v + 1,) int
        Where each begins.
    """

    data: Bytes
    start: Integers

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.start) - 1

    def take(self, rows: Integers) -> Values:
        """Return some of the values."""
        chosen, start = spans(self.start[rows], self.start[rows + 1])
        return Values(self.data[chosen], start)

    @classmethod
    def join(cls, parts: Sequence[Values]) -> Values:
        """Return the values of all parts, one part after another."""
        sizes = np.cumsum([0, *(len(part.data) for part in parts)])
        starts = [part.start[:-1] + size for part, size in zip(parts, sizes[:-1], strict=True)]
        data = np.concatenate([part.data for part in parts]) if parts else np.empty(0, np.uint8)
        kind = np.uint32 if sizes[-1] < 2**32 else np.int64
        return cls(data, np.concatenate([*starts, sizes[-1:]]).astype(kind))

    @classmethod
    def floats(cls, values: NDArray[np.floating[Any]]) -> Self:
        """Encode numbers as ``double_value``."""
        out = np.empty((len(values), 11), np.uint8)
        out[:, :3] = 0x22, 9, 0x19
        out[:, 3:] = values.astype("<f8").view(np.uint8).reshape(-1, 8)
        return cls(out.reshape(-1), np.arange(len(values) + 1) * 11)

    @classmethod
    def integers(cls, values: Integers) -> Self:
        """Encode whole numbers as ``int_value``, negative ones as ``sint_value``."""
        wide = values.astype(np.int64)
        number = np.where(wide < 0, ~(wide << 1), wide).astype(np.uint64)
        width = _widths(number)
        columns = (np.full(len(wide), 0x22), width + 1, np.where(wide < 0, 0x30, 0x28), number)
        data = pack(np.stack([each.astype(np.uint64) for each in columns], axis=1).reshape(-1))
        return cls(data, np.concatenate([[0], np.cumsum(width + 3)]))

    @classmethod
    def booleans(cls) -> Self:
        """Encode false and true."""
        return cls(np.array([0x22, 2, 0x38, 0, 0x22, 2, 0x38, 1], np.uint8), np.array([0, 4, 8]))

    @classmethod
    def texts(cls, data: Bytes, start: Integers) -> Values:
        """Encode texts given as UTF-8 one after another.

        Parameters
        ----------
        start : (v + 1,) int
            Where each begins in `data`.
        """
        cuts = range(0, max(len(start) - 1, 1), _SOME_VALUES)
        return cls.join([_texts(data, start[cut : cut + _SOME_VALUES + 1]) for cut in cuts])


def _texts(data: Bytes, start: Integers) -> Values:
    size: NDArray[np.int64] = start[1:].astype(np.int64) - start[:-1]
    inner = 1 + _widths(size) + size
    heads = np.stack([np.full(len(size), 0x22), inner, np.full(len(size), 0x0A), size], axis=1)
    head_size = _widths(heads).sum(axis=1)
    end = np.cumsum(head_size + size)
    out = np.empty(int(end[-1]) if len(end) else 0, np.uint8)
    at, _ = spans(end - size, end)
    out[at] = data[int(start[0]) : int(start[-1])]
    at, _ = spans(end - size - head_size, end - size)
    out[at] = pack(heads.reshape(-1))
    return Values(out, np.concatenate([[0], end]))


@dataclass(frozen=True, slots=True)
class Properties:
    """Some properties of the features of a layer.

    Attributes
    ----------
    keys : (k,) tuple of str
        Their names.
    codes : (n, k) int
        For every feature the row of each property in `values`, -1 where it has none.
    values : Values
        All values, more perhaps than are used.
    """

    keys: tuple[str, ...]
    codes: Integers
    values: Values


def encode_layer(name: str, drawn: Sequence[Commands], properties: Sequence[Properties]) -> bytes:
    """Return a tile with one layer, empty bytes when nothing is drawn.

    Parameters
    ----------
    name : str
        Name of the layer.
    drawn : sequence of Commands
        Features of each kind; one feature may be in one of them only.
    properties : sequence of Properties
        What all features have, of which the drawn ones are taken.
    """
    drawn = [each for each in drawn if len(each.feature)]
    if not drawn:
        return b""
    shown = np.concatenate([each.feature for each in drawn])
    tags, tag_start, values = _tags(properties, shown)
    kinds = np.repeat([each.kind for each in drawn], [len(each.feature) for each in drawn])
    geometry = np.concatenate([each.numbers for each in drawn])
    sizes = np.concatenate([np.diff(each.start) for each in drawn])
    geometry_start = np.concatenate([[0], np.cumsum(sizes)])
    features = _features(kinds, tags, tag_start, geometry, geometry_start)
    head = _field(1, name.encode())
    body = b"".join(_field(3, key.encode()) for part in properties for key in part.keys)
    body += values + b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return b"\x1a" + _varint(len(head) + len(features) + len(body)) + head + features + body


def _tags(properties: Sequence[Properties], shown: Integers) -> tuple[Integers, Integers, bytes]:
    """Return the tags of the features shown, where each one's begin, and the values that are used."""
    width = sum(len(part.keys) for part in properties)
    numbers = np.full((len(shown), width), -1)
    written = []
    column = count = 0
    for part in properties:
        codes = part.codes[shown]
        present = codes >= 0
        used, place = np.unique(codes[present], return_inverse=True)
        numbers[:, column : column + codes.shape[1]][present] = place + count
        written.append(part.values.take(used).data.tobytes())
        column += codes.shape[1]
        count += len(used)
    present = numbers >= 0
    tags = np.stack([np.broadcast_to(np.arange(width), numbers.shape), numbers], axis=2)[present].reshape(-1)
    return tags, np.concatenate([[0], np.cumsum(2 * present.sum(axis=1))]), b"".join(written)


def _features(
    kinds: Integers, tags: Integers, tag_start: Integers, geometry: Integers, geometry_start: Integers
) -> bytes:
    """Write the field ``features`` of a layer."""
    tag_bytes = _bytes_of(tags, tag_start)
    geometry_bytes = _bytes_of(geometry, geometry_start)
    length = 4 + _widths(tag_bytes) + tag_bytes + _widths(geometry_bytes) + geometry_bytes
    tag_counts, counts = np.diff(tag_start), np.diff(geometry_start)
    base = np.cumsum(_HEADER + tag_counts + counts) - (_HEADER + tag_counts + counts)
    stream = np.empty(_HEADER * len(kinds) + len(tags) + len(geometry), np.int64)
    stream[base] = stream[base + 2] = 0x12
    stream[base + 1], stream[base + 3] = length, tag_bytes
    stream[np.arange(len(tags)) + np.repeat(base + 4 - tag_start[:-1], tag_counts)] = tags
    middle = base + 4 + tag_counts
    stream[middle], stream[middle + 2] = 0x18, 0x22
    stream[middle + 1], stream[middle + 3] = kinds, geometry_bytes
    stream[np.arange(len(geometry)) + np.repeat(middle + 4 - geometry_start[:-1], counts)] = geometry
    return pack(stream).tobytes()


def pack(numbers: Integers) -> Bytes:
    """Write numbers that are not negative as varints, (b,)."""
    if len(numbers) == 0:
        return np.empty(0, np.uint8)
    width = _widths(numbers)
    end = np.cumsum(width)
    start = end - width
    out = np.empty(int(end[-1]), np.uint8)
    out[start] = (numbers & 0x7F).astype(np.uint8) | ((width > 1) * np.uint8(0x80))
    for i in range(1, int(width.max())):
        longer = np.flatnonzero(width > i)
        part = (numbers[longer] >> numbers.dtype.type(7 * i)) & 0x7F
        out[start[longer] + i] = part.astype(np.uint8) | ((width[longer] > i + 1) * np.uint8(0x80))
    return out


def _widths(numbers: Integers) -> NDArray[np.int64]:
    """Return the bytes of each number as a varint."""
    width = np.ones(numbers.shape, np.int64)
    largest = int(numbers.max(initial=0))
    bits = 7
    while largest >> bits:
        width += numbers >= (1 << bits)
        bits += 7
    return width


def _bytes_of(numbers: Integers, start: Integers) -> Integers:
    total = np.concatenate([[0], np.cumsum(_widths(numbers))])[start]
    return np.diff(total)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, data: bytes) -> bytes:
    """Write a length-delimited field."""
    return bytes((number << 3 | 2,)) + _varint(len(data)) + data
