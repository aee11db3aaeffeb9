"""The H3 door: hexagonal cells as arrays of unsigned 64-bit integers.

No other module imports an H3 library. A cell is never handled as a float or as a signed number, and
``np.concatenate`` of cells with a Python list turns them into floats: always join arrays.
Areas and lengths are those of `minegis.sphere`; shapes that cross the 180th meridian are not supported.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from h3ronpy import ContainmentMode, cells_area_km2, cells_parse, cells_to_string, cells_valid
from h3ronpy.vector import (
    cells_to_coordinates,
    cells_to_wkb_polygons,
    coordinates_to_cells,
    wkb_to_cells,
)
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from minegis import sphere
from minegis.errors import InvalidInput
from minegis.sphere import Shapes

Cells = NDArray[np.uint64]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_RESOLUTION_SHIFT = np.uint64(52)  # H3 index layout: bits 52 to 55 hold the resolution
_RESOLUTION_MASK = np.uint64(0xF)
_FINEST = 15
_WKB_HEADER = 13  # bytes of a polygon with one ring before its first point, each of which has 16
_WKB_POINT = 16
_BITS_PER_DIGIT = 3
_LINE_WIDTH_DEGREES = 1e-7  # a line as a thin polygon, to find the cells it may touch


def to_text(cells: ArrayLike) -> list[str]:
    """Return the cells as hexadecimal text, as other H3 libraries write them."""
    return [str(text) for text in np.asarray(cells_to_string(_cells(cells)))]


def from_text(texts: Sequence[str]) -> Cells:
    """Return the cells written in hexadecimal.

    Raises
    ------
    InvalidInput
        If a text is not an H3 cell.
    """
    for text in texts:
        if not (len(text) == 15 and set(text.lower()) <= set("0123456789abcdef")):
            raise InvalidInput("not an H3 cell", where="cell", expected="15 hex digits", got=repr(text))
    parsed = cells_parse(list(texts), set_failing_to_invalid=True)
    if parsed.null_count:
        bad = next(text for text in texts if cells_parse([text], set_failing_to_invalid=True).null_count)
        raise InvalidInput("not an H3 cell", where="cell", expected="a valid H3 index", got=repr(bad))
    return _array(parsed)


def resolution_of(cells: ArrayLike) -> int:
    """Return the one resolution of the cells.

    Raises
    ------
    InvalidInput
        If there is no cell, a number is not a cell, or resolutions are mixed.
    """
    array = _cells(cells)
    if not np.asarray(cells_valid(array, booleanarray=True)).all():
        raise InvalidInput("not an H3 cell", where="cells", expected="valid H3 indices")
    found = (array >> _RESOLUTION_SHIFT) & _RESOLUTION_MASK
    if not found.size or (found != found[0]).any():
        got = str(np.unique(found).tolist())
        raise InvalidInput("cells of one resolution are needed", where="cells", got=got)
    return int(found[0])


def cell_at(lon: ArrayLike, lat: ArrayLike, resolution: int) -> Cells:
    """Return the cell that contains each point.

    Parameters
    ----------
    lon, lat : (n,) float, deg
    resolution : int, 0 to 15

    Raises
    ------
    InvalidInput
        If a coordinate is not a number or out of range, or there is no such resolution.
    """
    x, y = np.broadcast_arrays(np.atleast_1d(lon).astype(float), np.atleast_1d(lat).astype(float))
    _check_resolution(resolution)
    bad = ~((np.abs(x) <= 360.0) & (np.abs(y) <= 90.0))
    if bad.any():
        at = int(np.argmax(bad))
        raise InvalidInput(
            "not a place on Earth",
            where=f"point {at}",
            expected="longitude and latitude in degrees",
            got=f"{x[at]}, {y[at]}",
        )
    if not x.size:
        return np.empty(0, dtype=np.uint64)
    return _array(coordinates_to_cells(np.ascontiguousarray(y), np.ascontiguousarray(x), resolution))


def parents(cells: ArrayLike, resolution: int) -> Cells:
    """Return the ancestor of each cell at a coarser (or the same) resolution.

    A cell is not wholly inside its parent: use it to draw small scales, never to add up a region.

    Raises
    ------
    InvalidInput
        If a cell is coarser than the resolution.
    """
    array = _cells(cells)
    _check_resolution(resolution)
    if array.size and int(((array >> _RESOLUTION_SHIFT) & _RESOLUTION_MASK).min()) < resolution:
        raise InvalidInput("a cell is coarser than its parent", where="resolution", got=str(resolution))
    unused_digits = np.uint64((1 << (_BITS_PER_DIGIT * (_FINEST - resolution))) - 1)
    without_resolution = array & ~(_RESOLUTION_MASK << _RESOLUTION_SHIFT)
    return without_resolution | (np.uint64(resolution) << _RESOLUTION_SHIFT) | unused_digits


def polygons(cells: ArrayLike) -> NDArray[np.object_]:
    """Return the outline of each cell, longitude and latitude; neighbours share their vertices.

    Outlines that cross the 180th meridian continue beyond 180°.
    """
    array = _cells(cells)
    if not array.size:
        return np.empty(0, dtype=object)
    outlines: NDArray[np.object_] = shapely.from_wkb(np.asarray(cells_to_wkb_polygons(array)))
    west, _, east, _ = shapely.bounds(outlines).T
    crossing = east - west > 180.0
    if crossing.any():
        outlines[crossing] = shapely.transform(
            outlines[crossing], lambda points: points + (points[:, :1] < 0) * [360.0, 0.0]
        )
    return outlines


def outlines(cells: ArrayLike) -> tuple[Floats, Floats, Indices]:
    """Return the corners of all cells one after another, and where those of each cell begin.

    Returns
    -------
    lon, lat : (v,) float, deg
        As in `polygons`, without the closing point.
    start : (n + 1,) int
    """
    written: list[bytes] = np.asarray(cells_to_wkb_polygons(_cells(cells))).tolist()
    size = np.fromiter(map(len, written), np.int64, len(written))
    begin = np.cumsum(size) - size
    coordinates = np.ones(int(size.sum()), dtype=bool)
    coordinates[(begin[:, None] + np.arange(_WKB_HEADER)).reshape(-1)] = False
    lon, lat = np.frombuffer(b"".join(written), np.uint8)[coordinates].view("<f8").reshape(-1, 2).T
    corners = (size - _WKB_HEADER) // _WKB_POINT
    start = np.concatenate([[0], np.cumsum(corners - 1)])
    opened = np.ones(len(lon), dtype=bool)
    opened[np.cumsum(corners) - 1] = False
    lon, lat = lon[opened], lat[opened]
    if lon.size:
        east, west = np.maximum.reduceat(lon, start[:-1]), np.minimum.reduceat(lon, start[:-1])
        lon = lon + np.repeat(east - west > 180.0, corners - 1) * (lon < 0) * 360.0
    return lon, lat, start


def centres(cells: ArrayLike) -> tuple[Floats, Floats]:
    """Return longitude and latitude of the centre of each cell, (n,) deg."""
    points = cells_to_coordinates(_cells(cells))
    return _array(points["lng"]), _array(points["lat"])


def areas_km2(cells: ArrayLike) -> Floats:
    """Return the area of each cell on the sphere, (n,) km²."""
    return _array(cells_area_km2(_cells(cells)))


def cells_of_area(area: BaseGeometry, resolution: int) -> Cells:
    """Return every cell that an area of interest touches, in ascending order.

    Parameters
    ----------
    area : polygon or multipolygon, lon/lat deg
    resolution : int, 0 to 15

    Raises
    ------
    InvalidInput
        If the area is not a valid polygon.
    """
    _check_resolution(resolution)
    (shape,) = usable([area])
    if shapely.get_dimensions(shape) != 2:
        raise InvalidInput("an area of interest is a polygon", where="area", got=str(shape.geom_type))
    return _touched(shape, resolution)


def cover(geometries: Shapes, resolution: int) -> tuple[Indices, Cells, Floats]:
    """Return the cells of each geometry with the fraction of the geometry in each of them.

    A polygon is divided by area on the sphere, a line by length, points by number; of a collection only
    the parts of the highest dimension count. The fractions of a geometry sum to one and none is lost, however
    small it is. A line along the edge between two cells is half in each.

    Parameters
    ----------
    geometries : (g,) shapely geometry, lon/lat deg
    resolution : int, 0 to 15

    Returns
    -------
    index : (n,) int
        Position of the geometry; ascending.
    cell : (n,) uint64
        Ascending within a geometry.
    fraction : (n,) float, 0 < fraction ≤ 1

    Raises
    ------
    InvalidInput
        If a geometry is absent, empty, invalid or off the Earth; the message names its position.
    """
    _check_resolution(resolution)
    shapes = usable(geometries)
    dimension = shapely.get_dimensions(shapes)
    extended = np.flatnonzero(dimension > 0)
    found = [_touched(shape, resolution) for shape in shapes[extended]]
    index = np.repeat(extended, [cells.size for cells in found])
    cell = np.concatenate([np.empty(0, dtype=np.uint64), *found])
    measure = _measure_within(shapes, index, polygons(cell))

    lost = np.bincount(index, measure, minlength=shapes.size) <= 0.0
    points, at = shapely.get_coordinates(
        np.where(dimension > 0, shapely.point_on_surface(shapes), shapes)[lost], return_index=True
    )
    index = np.concatenate([index, np.flatnonzero(lost)[at]])
    cell = np.concatenate([cell, cell_at(points[:, 0], points[:, 1], resolution)])
    measure = np.concatenate([measure, np.ones(len(points))])
    return _shares(index, cell, measure, shapes.size)


def _measure_within(shapes: NDArray[np.object_], index: Indices, outlines: NDArray[np.object_]) -> Floats:
    """Return how much of ``shapes[index]`` lies in each outline: km² of a polygon, km of a line."""
    shapely.prepare(shapes)
    pieces = outlines.copy()
    partly = ~shapely.covers(shapes[index], outlines)
    pieces[partly] = shapely.intersection(shapes[index[partly]], outlines[partly])
    return sphere.measures(pieces, shapely.get_dimensions(shapes)[index])


def _shares(index: Indices, cell: Cells, measure: Floats, count: int) -> tuple[Indices, Cells, Floats]:
    """Join what fell in the same cell, drop what is nothing, divide by each geometry's total."""
    kept = measure > 0.0
    index, cell, measure = index[kept], cell[kept], measure[kept]
    order = np.lexsort((cell, index))
    index, cell, measure = index[order], cell[order], measure[order]
    starts = np.ones(index.size, dtype=bool)
    starts[1:] = (index[1:] != index[:-1]) | (cell[1:] != cell[:-1])
    joined = np.bincount(np.cumsum(starts) - 1, measure) if index.size else measure
    index, cell = index[starts], cell[starts]
    return index, cell, joined / np.bincount(index, joined, minlength=count)[index]


def _touched(shape: BaseGeometry, resolution: int) -> Cells:
    thick = shape if shapely.get_dimensions(shape) == 2 else shape.buffer(_LINE_WIDTH_DEGREES, quad_segs=1)
    found = wkb_to_cells([thick.wkb], resolution, containment_mode=ContainmentMode.Covers, flatten=True)
    return np.unique(_array(found))


def usable(geometries: Shapes) -> NDArray[np.object_]:
    """Return the geometries as a flat array of two dimensions, each one checked.

    Raises
    ------
    InvalidInput
        If a geometry is absent, empty, invalid or off the Earth; the message names its position.
    """
    shapes: NDArray[np.object_] = shapely.force_2d(np.asarray(geometries, dtype=object))
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    _refuse(missing, shapes, "a geometry is absent or empty")
    _refuse(~shapely.is_valid(shapes), shapes, "a geometry is not valid")
    west, south, east, north = shapely.bounds(shapes).T
    off = ~((west >= -180.0) & (east <= 180.0) & (south >= -90.0) & (north <= 90.0))
    _refuse(off, shapes, "a geometry is not on Earth")
    return shapes


def _refuse(bad: NDArray[np.bool_], shapes: NDArray[np.object_], what: str) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        got = (
            "nothing" if shapes[at] is None else f"{shapely.is_valid_reason(shapes[at])}, {shapes[at].bounds}"
        )
        raise InvalidInput(what, where=f"geometry {at}", expected="lon/lat in degrees", got=got)


def _check_resolution(resolution: int) -> None:
    if not 0 <= resolution <= _FINEST:
        got = str(resolution)
        raise InvalidInput("no such H3 resolution", where="resolution", expected="0 to 15", got=got)


def _cells(cells: ArrayLike) -> Cells:
    array = np.atleast_1d(np.asarray(cells))
    if array.dtype != np.uint64 and array.size:
        raise InvalidInput("cells are uint64", where="cells", expected="uint64", got=str(array.dtype))
    return np.ascontiguousarray(array, dtype=np.uint64)


def _array(column: Any) -> NDArray[Any]:
    """Return an Arrow column as an array that may be written to."""
    return np.array(column)
