"""Mapbox Vector Tiles 2.1, written with array operations.

Geometries arrive in any projected CRS with the bounds of the tile; they leave as integers on a grid of
`EXTENT` steps, y downwards. Clipping and simplification are the caller's.

References
----------
Mapbox Vector Tile Specification 2.1, sections 4.1 to 4.4; Protocol Buffers encoding guide.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

EXTENT = 4096

type Bounds = tuple[float, float, float, float]
type Integers = NDArray[np.int64]
type Geometries = NDArray[np.object_]

_POINT, _LINE, _POLYGON = 1, 2, 3
_MOVE_TO_ONE, _CLOSE_PATH = 9, 15
_LINE_TO, _MOVE_TO = 2, 1
_DIMENSION_TO_TYPE = {0: _POINT, 1: _LINE, 2: _POLYGON}


def encode_layer(
    name: str, geometries: Geometries, columns: Mapping[str, Sequence[object]], bounds: Bounds
) -> bytes:
    """Return a tile with one layer, empty bytes when nothing of it is visible.

    Parameters
    ----------
    name : str
        Name of the layer.
    geometries : (n,) shapely geometries
        Points, lines and polygons, single or multi.
    columns : mapping of str to (n,) sequence
        Properties; None leaves the property of that feature out.
    bounds : tuple of float
        West, south, east, north of the tile in the CRS of the geometries.
    """
    commands = _commands(geometries, bounds)
    shown = sorted(commands)
    if not shown:
        return b""
    keys = list(columns)
    values: dict[tuple[type, object], int] = {}
    codes = [_codes([columns[key][i] for i in shown], values) for key in keys]
    tags = _tags(codes, len(shown))
    body = bytearray(_field(1, name.encode()))
    for row, i in enumerate(shown):
        kind, geometry = commands[i]
        body += _field(2, _field(2, tags[row]) + bytes((0x18, kind)) + _field(4, geometry))
    for key in keys:
        body += _field(3, key.encode())
    for _, value in values:
        body += _field(4, _value(value))
    body += b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return _field(3, bytes(body))


def _commands(geometries: Geometries, bounds: Bounds) -> dict[int, tuple[int, bytes]]:
    """Return the type and the packed commands of every feature that has any on the grid."""
    found: dict[int, tuple[int, bytes]] = {}
    dimensions = shapely.get_dimensions(geometries)
    for dimension, kind in _DIMENSION_TO_TYPE.items():
        rows = np.flatnonzero((dimensions == dimension) & ~shapely.is_empty(geometries))
        if rows.size == 0:
            continue
        chosen = geometries[rows]
        numbers, feature = _POLYGON_ENCODERS[kind](chosen, bounds)
        packed = _pack(numbers, np.bincount(feature, minlength=rows.size))
        found.update({int(row): (kind, data) for row, data in zip(rows, packed, strict=True) if data})
    return found


def _points(geometries: Geometries, bounds: Bounds) -> tuple[Integers, Integers]:
    coordinates, feature = shapely.get_coordinates(geometries, return_index=True)
    xy = _quantise(coordinates, bounds)
    counts = np.bincount(feature, minlength=len(geometries))
    first = np.flatnonzero(np.diff(feature, prepend=-1))
    numbers = _zigzag(_deltas(xy, first)).reshape(-1)
    heads = (counts[feature[first]] << 3) | _MOVE_TO
    return np.insert(numbers, first * 2, heads), np.insert(np.repeat(feature, 2), first * 2, feature[first])


def _lines(geometries: Geometries, bounds: Bounds) -> tuple[Integers, Integers]:
    parts, feature = shapely.get_parts(geometries, return_index=True)
    coordinates, part = shapely.get_coordinates(parts, return_index=True)
    xy, part = _distinct(_quantise(coordinates, bounds), part)
    kept = np.bincount(part, minlength=len(parts)) > 1
    xy, part = xy[kept[part]], part[kept[part]]
    return _draw(xy, part, feature, closed=False)


def _polygons(geometries: Geometries, bounds: Bounds) -> tuple[Integers, Integers]:
    parts, feature = shapely.get_parts(geometries, return_index=True)
    rings, polygon = shapely.get_rings(parts, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    xy, ring = _distinct(_quantise(coordinates, bounds), ring)
    xy, ring = _opened(xy, ring)
    counts = np.bincount(ring, minlength=len(rings))
    area = _signed_areas(xy, ring, len(rings))
    exterior = np.diff(polygon, prepend=-1) != 0
    sound = (counts > 2) & (area != 0)
    sound &= sound[np.maximum.accumulate(np.where(exterior, np.arange(len(rings)), 0))]
    turned = sound & ((area > 0) != exterior)
    kept = sound[ring]
    xy = _turn(xy[kept], ring[kept], turned)
    return _draw(xy, ring[kept], feature[polygon], closed=True)


_POLYGON_ENCODERS = {_POINT: _points, _LINE: _lines, _POLYGON: _polygons}


def _quantise(coordinates: NDArray[np.float64], bounds: Bounds) -> Integers:
    west, south, east, north = bounds
    scale = np.array([EXTENT / (east - west), -EXTENT / (north - south)])
    steps: Integers = np.rint((coordinates - (west, north)) * scale).astype(np.int64)
    return steps


def _distinct(xy: Integers, part: Integers) -> tuple[Integers, Integers]:
    """Drop a point that repeats the one before it in the same part."""
    repeated = np.zeros(len(xy), dtype=bool)
    repeated[1:] = (part[1:] == part[:-1]) & (xy[1:] == xy[:-1]).all(axis=1)
    return xy[~repeated], part[~repeated]


def _opened(xy: Integers, ring: Integers) -> tuple[Integers, Integers]:
    """Drop the closing point of each ring; ClosePath draws it."""
    if len(ring) == 0:
        return xy, ring
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    last = np.append(first[1:], len(ring)) - 1
    closing = last[(last > first) & (xy[first] == xy[last]).all(axis=1)]
    return np.delete(xy, closing, axis=0), np.delete(ring, closing)


def _signed_areas(xy: Integers, ring: Integers, count: int) -> Integers:
    """Twice the area of each ring by the surveyor's formula; positive is clockwise on the screen."""
    following = _following(ring)
    cross = xy[:, 0] * xy[following, 1] - xy[following, 0] * xy[:, 1]
    area = np.zeros(count, dtype=np.int64)
    np.add.at(area, ring, cross)
    return area


def _following(ring: Integers) -> Integers:
    """Row of the next point of the same ring, the first one after the last."""
    if len(ring) == 0:
        return ring
    following = np.arange(1, len(ring) + 1)
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    following[np.append(first[1:], len(ring)) - 1] = first
    return following


def _turn(xy: Integers, ring: Integers, turned: NDArray[np.bool_]) -> Integers:
    """Reverse the points of the rings marked in `turned`."""
    if len(ring) == 0:
        return xy
    counts = np.bincount(ring, minlength=len(turned))
    starts = np.cumsum(counts) - counts
    rows = np.arange(len(ring))
    mirrored = 2 * starts[ring] + counts[ring] - 1 - rows
    return xy[np.where(turned[ring], mirrored, rows)]


def _draw(
    xy: Integers, part: Integers, owners_of_parts: Integers, *, closed: bool
) -> tuple[Integers, Integers]:
    """Return the commands of paths one after another, and the feature each number belongs to."""
    if len(xy) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    feature = owners_of_parts[part]
    numbers = _zigzag(_deltas(xy, np.flatnonzero(np.diff(feature, prepend=-1)))).reshape(-1)
    owner = np.repeat(feature, 2)
    first = np.flatnonzero(np.diff(part, prepend=-1))
    counts = np.diff(np.append(first, len(part)))
    owner_of_path = feature[first]
    at = np.concatenate([first * 2, first * 2 + 2])
    heads = np.concatenate([np.full(len(first), _MOVE_TO_ONE), ((counts - 1) << 3) | _LINE_TO])
    owners = np.concatenate([owner_of_path, owner_of_path])
    if closed:
        at = np.concatenate([(first + counts) * 2, at])
        heads = np.concatenate([np.full(len(first), _CLOSE_PATH), heads])
        owners = np.concatenate([owner_of_path, owners])
    return np.insert(numbers, at, heads), np.insert(owner, at, owners)


def _deltas(xy: Integers, starts: Integers) -> Integers:
    """Return steps from the cursor, which stands at the origin where a feature starts."""
    steps = np.diff(xy, axis=0, prepend=np.zeros((1, 2), np.int64))
    steps[starts] = xy[starts]
    return steps


def _zigzag(numbers: Integers) -> Integers:
    return (numbers << 1) ^ (numbers >> 63)


def _pack(numbers: Integers, counts: Integers) -> list[bytes]:
    """Write numbers (not negative) as varints; `counts` numbers belong to each item."""
    if len(numbers) == 0:
        return [b""] * len(counts)
    width = np.ones(len(numbers), np.int64)
    for limit in (7, 14, 21, 28, 35):
        width += numbers >> limit > 0
    ends = np.cumsum(width)
    start = ends - width
    out = np.zeros(int(ends[-1]), np.uint8)
    for i in range(int(width.max())):
        used = width > i
        more = np.where(width[used] > i + 1, 0x80, 0)
        out[start[used] + i] = (numbers[used] >> (7 * i)) & 0x7F | more
    data = out.tobytes()
    cuts = np.concatenate([[0], ends])[np.concatenate([[0], np.cumsum(counts)])]
    return [data[a:b] for a, b in pairwise(cuts)]


def _codes(column: Sequence[object], values: dict[tuple[type, object], int]) -> Integers:
    """Return the row of each value in the layer's table, -1 for none."""
    return np.array(
        [-1 if v is None else values.setdefault((type(v), v), len(values)) for v in column], dtype=np.int64
    )


def _tags(codes: Sequence[Integers], count: int) -> list[bytes]:
    if not codes:
        return [b""] * count
    value = np.stack(codes, axis=1)
    key = np.broadcast_to(np.arange(len(codes)), value.shape)
    present = value >= 0
    pairs = np.stack([key[present], value[present]], axis=1).reshape(-1)
    return _pack(pairs, 2 * present.sum(axis=1))


def _value(value: object) -> bytes:
    if isinstance(value, bool):
        return bytes((0x38, value))
    if isinstance(value, int):
        return b"\x28" + _varint(value) if value >= 0 else b"\x30" + _varint(-2 * value - 1)
    if isinstance(value, float):
        return b"\x19" + struct.pack("<d", value)
    return _field(1, str(value).encode())


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
