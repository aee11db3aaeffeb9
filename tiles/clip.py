"""Cutting at the edges of a window, all paths together.

References
----------
Sutherland and Hodgman 1974 (rings), Liang and Barsky 1984 (lines).
"""

from __future__ import annotations

import numpy as np

from tiles.paths import Integers, Paths

type Window = tuple[int, int, int, int]
"""West, north, east, south, in the units of the paths."""


def clip_points(paths: Paths, window: Window) -> Paths:
    """Return the points inside a window."""
    west, north, east, south = window
    return paths.keep((paths.x >= west) & (paths.x <= east) & (paths.y >= north) & (paths.y <= south))


def clip_rings(paths: Paths, window: Window) -> tuple[Paths, Integers]:
    """Return what of the rings is inside a window, and the features that it may have cut into pieces.

    The pieces of one ring stay joined along the edge of the window.
    """
    west, north, east, south = window
    pieces: list[Integers] = [np.empty(0, np.int64)]
    for vertical, sign, edge in ((True, 1, west), (True, -1, -east), (False, 1, north), (False, -1, -south)):
        if len(paths.x) == 0:
            break
        paths, cut = _half(paths, vertical=vertical, sign=sign, edge=edge)
        pieces.append(cut)
    return _without_spikes(paths), np.unique(np.concatenate(pieces))


def _half(paths: Paths, *, vertical: bool, sign: int, edge: int) -> tuple[Paths, Integers]:
    """Cut rings at one line; inside is where `sign` times the coordinate is not below `edge`.

    The features that cross the line more than twice are returned beside what is left.
    """
    across = paths.x if vertical else paths.y
    depth = sign * across - edge
    inside = depth >= 0
    if inside.all():
        return paths, np.empty(0, np.int64)
    following = np.arange(1, len(across) + 1)
    following[paths.start[1:] - 1] = paths.start[:-1]
    crossing = inside != inside[following]
    share = depth[crossing] / (depth[crossing] - depth[following[crossing]])
    x, y = _between(paths.x, crossing, following, share), _between(paths.y, crossing, following, share)
    counts = inside.astype(np.int64) + crossing
    after = np.cumsum(counts)
    out_x, out_y = np.empty(after[-1], paths.x.dtype), np.empty(after[-1], paths.y.dtype)
    at = after[inside] - counts[inside]
    out_x[at], out_y[at] = paths.x[inside], paths.y[inside]
    at = after[crossing] - 1
    out_x[at], out_y[at] = x, y
    start = np.concatenate([[0], after])[paths.start]
    left = start[1:] > start[:-1]
    often = np.add.reduceat(crossing, paths.start[:-1], dtype=np.int64) > 2
    found = Paths(
        out_x, out_y, np.append(start[:-1][left], start[-1]), paths.feature[left], paths.exterior[left]
    )
    return found, paths.feature[often]


def _between(values: Integers, crossing: Integers, following: Integers, share: Integers) -> Integers:
    begin = values[crossing]
    return np.rint(begin + share * (values[following[crossing]] - begin)).astype(values.dtype)


def _without_spikes(paths: Paths) -> Paths:
    """Drop the points where a ring turns back on itself, as it does along an edge where it was cut twice."""
    while len(paths.x):
        before = np.arange(-1, len(paths.x) - 1)
        before[paths.start[:-1]] = paths.start[1:] - 1
        dx, dy = paths.x - paths.x[before], paths.y - paths.y[before]
        still = (dx == 0) & (dy == 0)
        if still.any():
            paths = paths.keep_points(~still)
            continue
        after = np.arange(1, len(paths.x) + 1)
        after[paths.start[1:] - 1] = paths.start[:-1]
        straight = dx * dy[after] == dy * dx[after]
        spike = straight & (dx * dx[after] + dy * dy[after] < 0)
        if not spike.any():
            break
        paths = paths.keep_points(~spike)
    return paths


def clip_lines(paths: Paths, window: Window) -> Paths:
    """Return what of the lines is inside a window; a line that leaves and returns becomes several."""
    west, north, east, south = window
    row = paths.of_points()
    head = np.flatnonzero(row[1:] == row[:-1])  # the first point of each stretch
    x, y = paths.x[head].astype(float), paths.y[head].astype(float)
    dx, dy = paths.x[head + 1] - x, paths.y[head + 1] - y
    enter, leave = np.zeros(len(head)), np.ones(len(head))
    inside = np.ones(len(head), dtype=bool)
    for step, room in ((-dx, x - west), (dx, east - x), (-dy, y - north), (dy, south - y)):
        at = np.divide(room, step, out=np.zeros(len(head)), where=step != 0)
        enter = np.where(step < 0, np.maximum(enter, at), enter)
        leave = np.where(step > 0, np.minimum(leave, at), leave)
        inside &= (step != 0) | (room >= 0)
    drawn = inside & (enter < leave)
    head, enter, leave = head[drawn], enter[drawn], leave[drawn]
    x, y, dx, dy = x[drawn], y[drawn], dx[drawn], dy[drawn]
    joined = np.zeros(len(head), dtype=bool)  # goes on from where the stretch before it ended
    joined[1:] = (
        (np.diff(head) == 1) & (enter[1:] == 0) & (leave[:-1] == 1) & (row[head[1:]] == row[head[:-1]])
    )
    new = np.flatnonzero(~joined)
    counts = np.where(joined, 1, 2)
    after = np.cumsum(counts)
    size = int(after[-1]) if len(after) else 0
    out_x, out_y = np.empty(size, paths.x.dtype), np.empty(size, paths.y.dtype)
    out_x[after - 1] = np.rint(x + leave * dx)
    out_y[after - 1] = np.rint(y + leave * dy)
    out_x[after[new] - 2] = np.rint(x + enter * dx)[new]
    out_y[after[new] - 2] = np.rint(y + enter * dy)[new]
    owner = row[head[new]]
    start = np.append(after[new] - 2, size)
    return Paths(out_x, out_y, start, paths.feature[owner], paths.exterior[owner])
