"""Paths: the points, lines and rings of many features as a few flat arrays.

There is no object per feature: 100,000 polygons of 33 points are six arrays. A ring is kept without its
closing point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

type Integers = NDArray[np.integer[Any]]
type Flags = NDArray[np.bool_]
type Geometries = NDArray[np.object_]

POINT, LINE, POLYGON = 1, 2, 3  # the numbers of Mapbox Vector Tiles
_TYPE_OF_PART = {0: POINT, 1: LINE, 3: POLYGON}  # by shapely's type id


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths one after another.

    Attributes
    ----------
    x, y : (v,) number
        Points of all paths.
    start : (p + 1,) int
        Where each path begins among the points, and where the last one ends.
    feature : (p,) int
        Number of the feature of each path, never falling.
    exterior : (p,) bool
        Whether a ring begins a polygon; the others are its holes. True for points and lines.
    """

    x: NDArray[Any]
    y: NDArray[Any]
    start: Integers
    feature: Integers
    exterior: Flags

    def keep_points(self, kept: Flags) -> Paths:
        """Return the paths with some of their points, without those that have none left."""
        start = np.concatenate([[0], np.cumsum(kept)])[self.start]
        left = start[1:] > start[:-1]
        return Paths(
            self.x[kept], self.y[kept], np.append(start[:-1][left], start[-1]),
            self.feature[left], self.exterior[left],
        )  # fmt: skip

    def keep(self, kept: Flags) -> Paths:
        """Return some of the paths."""
        return self.take(np.flatnonzero(kept))

    def take(self, rows: Integers) -> Paths:
        """Return the paths of these rows, which grow."""
        points, start = spans(self.start[rows], self.start[rows + 1])
        return Paths(self.x[points], self.y[points], start, self.feature[rows], self.exterior[rows])

    def of_points(self) -> Integers:
        """Return the row of the path of each point, (v,)."""
        return np.repeat(np.arange(len(self.feature)), np.diff(self.start))


def spans(begin: Integers, end: Integers) -> tuple[Integers, Integers]:
    """Return the whole numbers of many ranges one after another, and where each range begins among them."""
    counts = end - begin
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    return np.arange(start[-1]) + np.repeat(begin - start[:-1], counts), start


def kinds_of(geometries: Geometries) -> NDArray[np.uint8]:
    """Return POINT, LINE or POLYGON for each geometry, 0 where there is none, (n,)."""
    dimension = shapely.get_dimensions(geometries)
    return np.where(shapely.is_empty(geometries), 0, dimension + 1).astype(np.uint8)


def paths_of(geometries: Geometries) -> Paths:
    """Return the paths of geometries, single or multi; `feature` is the row of the geometry."""
    parts, feature = shapely.get_parts(geometries, return_index=True)
    some = ~shapely.is_empty(parts)
    parts, feature = parts[some], feature[some]
    filled = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, polygon = shapely.get_rings(parts[filled], return_index=True)
    drawn = np.concatenate([parts[~filled], rings])
    part = np.concatenate([np.flatnonzero(~filled), np.flatnonzero(filled)[polygon]])
    order = np.argsort(part, kind="stable")
    part = part[order]
    xy, path = shapely.get_coordinates(drawn[order], return_index=True)
    start = np.searchsorted(path, np.arange(len(part) + 1))
    paths = Paths(xy[:, 0], xy[:, 1], start, feature[part], np.diff(part, prepend=-1) != 0)
    closing = start[1:][filled[part]] - 1
    opened = np.ones(len(xy), dtype=bool)
    opened[closing] = False
    return paths.keep_points(opened)


def importance(paths: Paths, closed: Flags, least: float) -> NDArray[np.float64]:
    """Return how far a path would stray without each of its points (Douglas-Peucker), (v,).

    A line with the points of which this is above a tolerance is the line simplified with it, so one number a
    point stands for all zooms. The ends of a line and four points of a ring are always kept: infinite.

    Parameters
    ----------
    closed : (p,) bool
        Which paths are rings.
    least : float
        Below it no difference is made: such points get 0.

    References
    ----------
    Douglas and Peucker 1973; its order of points, kept as one value each, is that of geojson-vt.
    """
    points, start = spans(paths.start[:-1], paths.start[1:] + closed)  # a ring returns to where it began
    begin, end = start[:-1], start[1:] - 1
    points[end[closed]] = paths.start[:-1][closed]
    x, y = np.asarray(paths.x, float)[points], np.asarray(paths.y, float)[points]
    found = np.zeros(len(points))
    found[begin] = found[end] = np.inf
    limit, ring = np.full(len(begin), np.inf), closed
    returning = np.zeros(len(points), dtype=bool)
    returning[end[closed]] = True
    for depth in range(len(points)):
        wide = end - begin > 1
        begin, end, limit, ring = begin[wide], end[wide], limit[wide], ring[wide]
        if begin.size == 0:
            break
        split, stray = _farthest(x, y, begin, end)
        limit = np.minimum(stray, limit)
        found[split] = np.where(ring & (depth < 2), np.inf, limit)
        going = (stray > least) | (ring & (depth < 1))
        begin, end = np.concatenate([begin[going], split[going]]), np.concatenate([split[going], end[going]])
        limit, ring = np.tile(limit[going], 2), np.tile(ring[going], 2)
    found[found <= least] = 0
    return found[~returning]


def _farthest(
    x: NDArray[np.float64], y: NDArray[np.float64], begin: Integers, end: Integers
) -> tuple[Integers, NDArray[np.float64]]:
    """Return the point between `begin` and `end` farthest from the straight way, and how far it is."""
    inner, start = spans(begin + 1, end)
    counts = np.diff(start)
    from_x, from_y = x[begin], y[begin]
    along_x, along_y = x[end] - from_x, y[end] - from_y
    length = along_x**2 + along_y**2
    scale = np.divide(1.0, length, out=np.zeros(len(length)), where=length > 0)
    away_x, away_y = x[inner] - np.repeat(from_x, counts), y[inner] - np.repeat(from_y, counts)
    along_x, along_y = np.repeat(along_x, counts), np.repeat(along_y, counts)
    share = np.clip((away_x * along_x + away_y * along_y) * np.repeat(scale, counts), 0.0, 1.0)
    apart = np.hypot(away_x - share * along_x, away_y - share * along_y)
    most = np.maximum.reduceat(apart, start[:-1])
    best = np.flatnonzero(apart == np.repeat(most, counts))
    owner = np.searchsorted(start, best, side="right") - 1
    best = best[np.diff(owner, prepend=-1) != 0]
    return inner[best], most
