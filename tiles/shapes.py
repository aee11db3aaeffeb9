"""Shapes of a drawn layer in memory: whole numbers, one weight a point, and an index of boxes in blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from tiles.grid import MAX_ZOOM, WORLD, WORLD_BITS, to_world
from tiles.mvt import EXTENT
from tiles.paths import (
    POINT,
    POLYGON,
    Flags,
    Geometries,
    Integers,
    Paths,
    importance,
    kinds_of,
    paths_of,
    spans,
)

type Window = tuple[int, int, int, int]
"""West, north, east, south, world coordinates."""

_STRAY = 4 * WORLD // EXTENT  # at zoom 0: half a pixel of a tile drawn 512 pixels wide
_BLOCK = 64
_NOWHERE = (WORLD - 1, WORLD - 1, -WORLD, -WORLD)  # a box that touches nothing


@dataclass(frozen=True)
class BoxIndex:
    """Finds boxes by blocks of neighbours.

    Attributes
    ----------
    order : (n,) int
        Rows along a space-filling curve.
    blocks : (ceil(n / 64), 4) int
        West, north, east, south of each block of rows.
    """

    order: NDArray[np.int32]
    blocks: NDArray[np.int32]

    @classmethod
    def build(cls, boxes: NDArray[np.int32]) -> BoxIndex:
        """Index boxes, (n, 4) west, north, east, south."""
        order = np.argsort(_curve(boxes), kind="stable").astype(np.int32)
        first = np.arange(0, len(order), _BLOCK)
        if len(order) == 0:
            return cls(order, np.empty((0, 4), np.int32))
        near = np.minimum.reduceat(boxes[order, :2], first)
        far = np.maximum.reduceat(boxes[order, 2:], first)
        return cls(order, np.concatenate([near, far], axis=1))

    def near(self, window: Window) -> Integers:
        """Return rows among which are all whose box touches a window, growing."""
        hit = np.flatnonzero(touches(self.blocks, window))
        rows, _ = spans(hit * _BLOCK, np.minimum((hit + 1) * _BLOCK, len(self.order)))
        return np.sort(self.order[rows])


def touches(boxes: NDArray[np.int32], window: Window) -> Flags:
    """Say which boxes touch a window."""
    west, north, east, south = window
    found: Flags = (boxes[:, 0] <= east) & (boxes[:, 2] >= west)
    return found & (boxes[:, 1] <= south) & (boxes[:, 3] >= north)


def _curve(boxes: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Return where the middle of each box lies on a Z-order curve of 2^32 cells (Morton 1966)."""
    place = np.zeros(len(boxes), np.uint64)
    for axis in (0, 1):
        middle = (boxes[:, axis].astype(np.int64) + boxes[:, axis + 2]) // 2 + WORLD
        bits = (np.clip(middle, 0, 2 * WORLD - 1) >> (WORLD_BITS + 1 - 16)).astype(np.uint64)
        for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
            bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
        place |= bits << np.uint64(axis)
    return place


@dataclass(frozen=True)
class Shapes:
    """The shapes of the features of a layer, in world coordinates of Mercator.

    Attributes
    ----------
    kind : (n,) uint8
        POINT, LINE or POLYGON, 0 for a feature without a shape.
    anchor : (n, 2) int32
        A point on each feature.
    boxes : (n, 4) int32, or None where every feature is one point
    paths : Paths, or None where every feature is one point
    first_path : (n + 1,) int
        Where the paths of each feature begin.
    zoom_of_point : (v,) uint8
        The zoom from which on each point of a path is drawn.
    """

    kind: NDArray[np.uint8]
    anchor: NDArray[np.int32]
    boxes: NDArray[np.int32] | None
    paths: Paths | None
    first_path: Integers
    zoom_of_point: NDArray[np.uint8]
    index: BoxIndex

    def near(self, window: Window) -> Integers:
        """Return the rows whose box touches a window, growing."""
        rows = self.index.near(window)
        return rows[touches(self.boxes_of(rows), window)]

    def boxes_of(self, rows: Integers) -> NDArray[np.int32]:
        """Return west, north, east, south of some features, (r, 4)."""
        return self.boxes[rows] if self.boxes is not None else np.tile(self.anchor[rows], 2)

    def anchors(self, rows: Integers) -> Paths:
        """Return one point of each feature; `feature` is the position among the rows."""
        xy = self.anchor[rows].astype(np.int64)
        number = np.arange(len(rows))
        ones = np.ones(len(rows), dtype=bool)
        return Paths(xy[:, 0], xy[:, 1], np.arange(len(rows) + 1), number, ones)

    def drawn(self, rows: Integers, zoom: int) -> Paths:
        """Return the paths of some features as they are drawn at a zoom; `feature` as in `anchors`."""
        if self.paths is None:
            return self.anchors(rows)
        path, first = spans(self.first_path[rows], self.first_path[rows + 1])
        point, start = spans(self.paths.start[path], self.paths.start[path + 1])
        number = np.repeat(np.arange(len(rows)), np.diff(first))
        exterior = self.paths.exterior[path]
        kept = self.zoom_of_point[point] <= zoom
        if not kept.all():
            point = point[kept]
            start = np.concatenate([[0], np.cumsum(kept)])[start]
        x, y = self.paths.x[point].astype(np.int64), self.paths.y[point].astype(np.int64)
        return Paths(x, y, start, number, exterior)

    @property
    def nbytes(self) -> int:
        """Memory, bytes."""
        own: list[NDArray[Any] | None] = [
            self.kind, self.anchor, self.boxes, self.first_path, self.zoom_of_point,
            self.index.order, self.index.blocks,
        ]  # fmt: skip
        if self.paths is not None:
            own += [self.paths.x, self.paths.y, self.paths.start, self.paths.exterior]
        return sum(each.nbytes for each in own if each is not None)


class ShapesBuilder:
    """Takes geometries batch by batch and gives the shapes of all.

    Parameters
    ----------
    maxzoom : int
        Beyond it every point is drawn.
    inner_anchors : bool
        Whether anchors must be on the shapes, or may be the middle of their boxes.
    """

    def __init__(self, maxzoom: int, *, inner_anchors: bool) -> None:
        self._maxzoom = maxzoom
        self._inner_anchors = inner_anchors
        self._batches: list[tuple[NDArray[Any], ...]] = []

    def add(self, wkb: Iterable[bytes | None]) -> None:
        """Take the geometries of a batch, lon/lat WKB."""
        geometries: Geometries = shapely.from_wkb(np.array(list(wkb), dtype=object))
        kind = kinds_of(geometries)
        boxes = _boxes(geometries)
        anchor = _inner_points(geometries) if self._inner_anchors else (boxes[:, :2] // 2 + boxes[:, 2:] // 2)
        paths = paths_of(geometries)
        x, y = to_world(paths.x, paths.y)
        counts = np.bincount(paths.feature, minlength=len(kind))
        if (kind == POINT).all() and (counts == 1).all():
            self._batches.append((kind, np.stack([x, y], axis=1)))
            return
        zoom = self._zooms(Paths(x, y, paths.start, paths.feature, paths.exterior), kind)
        sizes = np.diff(paths.start).astype(np.int32)
        self._batches.append(
            (kind, anchor, boxes, counts.astype(np.int32), x, y, zoom, sizes, paths.exterior)
        )

    def _zooms(self, paths: Paths, kind: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the first zoom at which each point of a path matters."""
        never = self._maxzoom + 1
        closed = kind[paths.feature] == POLYGON
        weight = importance(paths, closed, _STRAY / 2**never)
        with np.errstate(divide="ignore"):
            zoom = np.floor(np.log2(_STRAY / weight)) + 1  # the first at which weight > _STRAY / 2 ** zoom
        found: NDArray[np.uint8] = np.clip(zoom, 0, never).astype(np.uint8)
        return found

    def build(self) -> Shapes:
        """Return the shapes of all batches."""
        batches, self._batches = self._batches, []
        kind = _joined([each[0] for each in batches], np.uint8)
        anchor = _joined([each[1] for each in batches], np.int32, 2)
        if all(len(each) == 2 for each in batches):
            none = np.empty(0, np.uint8)
            boxes = np.tile(anchor, 2)
            return Shapes(kind, anchor, None, None, np.empty(0, np.int32), none, BoxIndex.build(boxes))
        full = [each if len(each) > 2 else _as_paths(*each) for each in batches]
        del batches
        boxes = _joined([each[2] for each in full], np.int32, 4)
        first = _offsets(_joined([each[3] for each in full], np.int32))
        x, y, zoom = (
            _joined([each[i] for each in full], kind_)
            for i, kind_ in ((4, np.int32), (5, np.int32), (6, np.uint8))
        )
        start = _offsets(_joined([each[7] for each in full], np.int32))
        exterior = _joined([each[8] for each in full], np.bool_)
        paths = Paths(x, y, start, np.empty(0, np.int32), exterior)  # whose they are, `first` says
        return Shapes(kind, anchor, boxes, paths, first, zoom, BoxIndex.build(boxes))


def _as_paths(kind: NDArray[np.uint8], anchor: NDArray[np.int32]) -> tuple[NDArray[Any], ...]:
    """Return a batch of single points in the form of any other."""
    ones = np.ones(len(kind), np.int32)
    zoom, exterior = np.zeros(len(kind), np.uint8), np.ones(len(kind), np.bool_)
    return kind, anchor, np.tile(anchor, 2), ones, anchor[:, 0], anchor[:, 1], zoom, ones, exterior


def _offsets(counts: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int32)


def _joined(parts: list[NDArray[Any]], kind: Any, columns: int = 0) -> NDArray[Any]:
    shape = (0, columns) if columns else (0,)
    return np.concatenate([np.empty(shape, kind), *parts]).astype(kind, copy=False)


def _inner_points(geometries: Geometries) -> NDArray[np.int32]:
    points = shapely.get_type_id(geometries) == shapely.GeometryType.POINT
    anchors = geometries.copy()
    anchors[~points] = shapely.point_on_surface(geometries[~points])
    lon, lat = np.nan_to_num(shapely.get_x(anchors)), np.nan_to_num(shapely.get_y(anchors))
    return np.stack(to_world(lon, lat), axis=1)


def _boxes(geometries: Geometries) -> NDArray[np.int32]:
    west, south, east, north = shapely.bounds(geometries).T
    nothing = np.isnan(west)
    left, top = to_world(np.nan_to_num(west), np.nan_to_num(north))
    right, bottom = to_world(np.nan_to_num(east), np.nan_to_num(south))
    boxes = np.stack([left, top, right, bottom], axis=1)
    boxes[nothing] = _NOWHERE
    return boxes


def thinning(
    order: Integers, x: Integers, y: Integers, maxzoom: int, per_side: int = 16
) -> NDArray[np.uint8]:
    """Return the zoom from which each point is shown, so that the best of each square comes first.

    A point that is shown at one zoom is shown at every larger one, and all are at `maxzoom`.

    Parameters
    ----------
    order : (n,) int
        Rows, the most important first.
    x, y : (n,) int, world coordinates
    per_side : int
        Each tile has `per_side` times `per_side` squares, a power of two.
    """
    first = np.full(len(x), maxzoom, np.uint8)
    ranked = np.asarray(order)
    for zoom in range(min(maxzoom, MAX_ZOOM), -1, -1):
        shift = WORLD_BITS - zoom - (per_side.bit_length() - 1)
        square = (x[ranked].astype(np.int64) >> shift << 32) + (y[ranked] >> shift)
        _, best = np.unique(square, return_index=True)
        ranked = ranked[np.sort(best)]
        first[ranked] = zoom
    return first
