"""Exact overlaps of cells and polygons with the pixels of a grid, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from minegis.cells import Cells, polygons, usable
from minegis.coordinates import CRS84, transformer
from minegis.errors import InvalidInput
from minegis.sphere import Shapes
from pipelines.raster import RasterGrid

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_SLIVER = 1e-9  # a smaller part of a cell is rounding, not overlap
_SPECK = 1e-10  # a smaller part of a pixel is rounding, not coverage
_BATCH = 2_000_000  # pieces of outline worked on at a time: some 200 MB


def overlaps(grid: RasterGrid, cells: Cells) -> tuple[Indices, Indices, Floats, Floats]:
    """Return what part of each cell lies in which pixel, as compressed sparse rows.

    On a grid of longitude and latitude areas are those of the sphere: x is the column and y the sine of the
    latitude, where equal areas are equal and pixels stay rectangles. On a projected grid the outlines are
    projected and areas are those of the plane. Longitudes are taken modulo 360°, so a grid from 0° to 360°
    or across the 180th meridian fits. Pixels may be larger or smaller than cells.

    Parameters
    ----------
    grid : RasterGrid
    cells : (n,) uint64, n > 0

    Returns
    -------
    start : (n + 1,) int
        Where each cell's pixels begin.
    pixel : (k,) int
        ``row * width + column``.
    fraction : (k,) float
        Fraction of the cell's area; parts below 1e-9 are left out.
    area : (n,) float
        Area of the cell, in columns times the unit of `row_heights`.

    Raises
    ------
    InvalidInput
        If a cell cannot be projected to the grid's reference system.
    """
    points, cell = shapely.get_coordinates(polygons(cells), return_index=True)
    x, y = _in_plane(grid, points, cell)
    if grid.is_geographic:
        y = -np.sin(np.radians(points[:, 1]))
    return _in_batches(grid, x, y, cell, cell, _row_edges(grid), _SLIVER, 0.0)


def coverage(grid: RasterGrid, shapes: Shapes) -> tuple[Indices, Indices, Floats]:
    """Return what part of which pixels each polygon covers, as compressed sparse rows.

    Areas are those of the grid's own plane, as exactextract has them: a pixel in degrees is a rectangle of
    degrees. Polygons may have holes and several parts; their edges are straight on the grid. Longitudes are
    taken modulo 360°. Memory grows with the boxes of the polygons: meant for footprints, not for nations.

    Parameters
    ----------
    grid : RasterGrid
    shapes : (n,) polygon or multipolygon, lon/lat deg

    Returns
    -------
    start : (n + 1,) int
        Where each polygon's pixels begin.
    pixel : (k,) int
        ``row * width + column``.
    part : (k,) float
        Fraction of the pixel's area, 0 < part ≤ 1; less than 1e-10 is left out.

    Raises
    ------
    InvalidInput
        If a shape is no polygon, not valid, off the Earth or cannot be projected.
    """
    known = usable(shapes)
    if (shapely.get_dimensions(known) != 2).any():
        at = int(np.argmax(shapely.get_dimensions(known) != 2))
        raise InvalidInput(
            "not a polygon", where=f"geometry {at}", expected="an area", got=str(known[at].geom_type)
        )
    # Green's theorem takes a hole away when it turns against its shell.
    parts, owner = shapely.get_parts(shapely.orient_polygons(known), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = _in_plane(grid, points, owner[part[ring]])
    rows = np.arange(grid.height + 1, dtype=np.float64)
    start, pixel, fraction, area = _in_batches(grid, x, y, owner[part[ring]], ring, rows, 0.0, _SPECK)
    return start, pixel, np.minimum(fraction * np.repeat(area, np.diff(start)), 1.0)


def row_heights(grid: RasterGrid) -> Floats:
    """Return the height of each row such that areas are true: differences of sine, or one on a plane."""
    return np.diff(_row_edges(grid))


def _in_plane(grid: RasterGrid, points: Floats, cell: Indices) -> tuple[Floats, Floats]:
    """Return the outlines in columns and rows of the grid."""
    a, _, c, _, e, f = grid.transform
    lon, lat = points.T
    if grid.is_geographic:
        middle = c + a * grid.width / 2
        turns = np.round((middle - lon[_firsts(cell)]) / 360.0)
        return (lon + 360.0 * turns[cell] - c) / a, (lat - f) / e
    east, north = transformer(CRS84, grid.crs).transform(lon, lat)
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise InvalidInput("cells that cannot be projected", where="cells", expected=f"within {grid.crs}")
    return (east - c) / a, (north - f) / e


def _row_edges(grid: RasterGrid) -> Floats:
    """Return the upper edges of the rows and the last lower one, ascending, so that areas are true."""
    edge = np.arange(grid.height + 1, dtype=np.float64)
    if not grid.is_geographic:
        return edge
    return -np.sin(np.radians(np.clip(grid.transform[5] + grid.transform[4] * edge, -90.0, 90.0)))


def goes_round(grid: RasterGrid) -> bool:
    """Return whether a grid of longitude and latitude closes around the Earth."""
    a = grid.transform[0]
    return grid.is_geographic and abs(a * grid.width - 360.0) < 0.01 * a


def _in_batches(
    grid: RasterGrid,
    x: Floats,
    y: Floats,
    cell: Indices,
    ring: Indices,
    rows: Floats,
    least_fraction: float,
    least_part: float,
) -> tuple[Indices, Indices, Floats, Floats]:
    """Return where the pixels of each outline begin, which, with what fraction, and the whole areas."""
    least = least_fraction, least_part
    batches = [
        _in_pixels(grid, x[at], y[at], cell[at], ring[at], rows, least) for at in _batches(x, y, cell, rows)
    ]
    counts, pixel, fraction, area = (np.concatenate(arrays) for arrays in zip(*batches, strict=True))
    start = np.zeros(counts.size + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    return start, pixel, fraction, area


def _batches(x: Floats, y: Floats, cell: Indices, rows: Floats) -> Iterator[slice]:
    """Cut the points between cells, such that each batch touches at most some `_BATCH` pixels' edges."""
    first = _firsts(cell)
    wide = np.floor(np.maximum.reduceat(x, first)) - np.floor(np.minimum.reduceat(x, first)) + 1
    top, bottom = _row_range(np.minimum.reduceat(y, first), np.maximum.reduceat(y, first), rows)
    work = np.cumsum(wide * (2 * np.maximum(bottom - top, 0) + 8))
    cuts = first[np.flatnonzero(np.diff(work // _BATCH, prepend=0.0))]
    for begin, end in pairwise([0, *cuts[cuts > 0].tolist(), cell.size]):
        yield slice(begin, end)


def _in_pixels(
    grid: RasterGrid,
    x: Floats,
    y: Floats,
    cell: Indices,
    ring: Indices,
    rows: Floats,
    least: tuple[float, float],
) -> tuple[Indices, Indices, Floats, Floats]:
    """Return for some outlines how many pixels, which, with what fraction, and the whole areas."""
    cell = np.cumsum(np.diff(cell, prepend=cell[0]) != 0)
    whole = _whole_areas(x, y, cell, ring)
    owner, row, column, part = _parts(x, y, cell, ring, rows)
    fraction = part / whole[owner]
    if goes_round(grid):
        column %= grid.width
    kept = (column >= 0) & (column < grid.width) & (fraction > least[0]) & (np.abs(part) > least[1])
    counts = np.bincount(owner[kept], minlength=whole.size)
    return counts, row[kept] * grid.width + column[kept], fraction[kept], np.abs(whole)


def _parts(
    x: Floats, y: Floats, cell: Indices, ring: Indices, rows: Floats
) -> tuple[Indices, Indices, Indices, Floats]:
    """Return cell, row, column and area, signed by the outline's turn, of every part of a cell in a pixel.

    The part of a shape to the left of x = X within a row is the sum over its edges of ∫ max(0, X - x(y)) dy
    (Green). An edge cut at the rows is a straight segment, whose integral is closed; the difference between
    two neighbouring X is the area in the pixel.
    """
    first = _firsts(cell)
    west = np.floor(np.minimum.reduceat(x, first)).astype(np.int64)
    wide = np.floor(np.maximum.reduceat(x, first)).astype(np.int64) - west + 1
    top, bottom = _row_range(np.minimum.reduceat(y, first), np.maximum.reduceat(y, first), rows)
    box_size = wide * np.maximum(bottom - top, 0)
    box_start = np.cumsum(box_size) - box_size

    owner, row, low, high, rise = _segments(x - west[cell], y, cell, ring, rows)
    spread = high - low
    in_box = box_start[owner] + (row - top[owner]) * wide[owner]
    one, column = _expand(wide[owner])
    beyond = np.maximum(column + 1 - low[one], 0.0)
    crossed = np.minimum(beyond, spread[one])
    half = np.divide(0.5, spread, out=np.zeros_like(spread), where=spread > 0.0)
    to_the_left = (beyond - crossed + crossed**2 * half[one]) * rise[one]
    area = np.bincount(in_box[one] + column, to_the_left, minlength=int(box_size.sum())).astype(np.float64)

    owner, offset = _expand(box_size)
    column = offset % wide[owner]
    area[1:] -= np.where(column[1:] > 0, area[:-1], 0.0)
    return owner, top[owner] + offset // wide[owner], west[owner] + column, area


def _segments(
    x: Floats, y: Floats, cell: Indices, ring: Indices, rows: Floats
) -> tuple[Indices, Indices, Floats, Floats, Floats]:
    """Cut the edges at the rows: owner, row, smallest and largest x, and signed rise of each segment."""
    edge = np.flatnonzero(np.diff(ring) == 0)
    low, high = np.minimum(y[edge], y[edge + 1]), np.maximum(y[edge], y[edge + 1])
    top, bottom = _row_range(low, high, rows)
    one, offset = _expand(np.where(high > low, np.maximum(bottom - top, 0), 0))
    row = top[one] + offset
    begin, end = np.maximum(low[one], rows[row]), np.minimum(high[one], rows[row + 1])
    edge = edge[one]
    slope = (x[edge + 1] - x[edge]) / (y[edge + 1] - y[edge])
    at_begin, at_end = x[edge] + slope * (begin - y[edge]), x[edge] + slope * (end - y[edge])
    rise = np.copysign(end - begin, y[edge + 1] - y[edge])
    return cell[edge], row, np.minimum(at_begin, at_end), np.maximum(at_begin, at_end), rise


def _row_range(low: Floats, high: Floats, rows: Floats) -> tuple[Indices, Indices]:
    """Return the first row that each interval reaches and the one after the last."""
    top = np.searchsorted(rows, low, side="right") - 1
    bottom = np.searchsorted(rows, high, side="left")
    return np.maximum(top, 0), np.minimum(bottom, rows.size - 1)


def _whole_areas(x: Floats, y: Floats, cell: Indices, ring: Indices) -> Floats:
    """Return the area of each outline in the plane, signed by its turn as `_parts` has it."""
    edge = np.flatnonzero(np.diff(ring) == 0)
    across = (x[edge] + x[edge + 1]) / 2 - x[_firsts(cell)][cell[edge]]
    return np.bincount(cell[edge], across * (y[edge] - y[edge + 1]))


def _expand(counts: Indices) -> tuple[Indices, Indices]:
    """Return for counts 2, 0, 3 the owners 0 0 2 2 2 and the positions 0 1 0 1 2."""
    owner = np.repeat(np.arange(counts.size), counts)
    return owner, np.arange(owner.size) - np.repeat(np.cumsum(counts) - counts, counts)


def _firsts(cell: Indices) -> Indices:
    """Return the position of each cell's first point."""
    return np.flatnonzero(np.diff(cell, prepend=-1))
