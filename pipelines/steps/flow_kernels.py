"""Water over one tile of an elevation model: filling, D8 directions, what gathers, what it drains to.

A tile comes with one cell of its neighbours around it (`padded`), NaN for gaps and beyond the raster. A cell
beside a gap or the raster's edge is an outlet: water leaves there. Tiles are joined by `flow_graph`, and a
raster in one piece is one tile: both give the same, because nothing here depends on where a tile ends.

References
----------
Barnes, R. (2016). Parallel Priority-Flood depression filling for trillion cell digital elevation models on
desktops or clusters. Computers & Geosciences 96, 56-68 (labels and spill levels of a tile).
Barnes, R. (2017). Parallel non-divergent flow accumulation for trillion cell digital elevation models on
desktops or clusters. Environmental Modelling & Software 92, 202-212 (links of the cells on a tile's rim).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from minegis.compiled import compiled

Floats32 = NDArray[np.float32]
Floats = NDArray[np.float64]
Whole = NDArray[np.int32]
Codes = NDArray[np.uint8]

GAP, FLAT, OUTLET = 247, 255, 0
"""Codes beside the eight of D8: no elevation, level ground whose way is not known yet, water leaves."""
# D8, clockwise from east: code, rows down, columns right
_CODE = (1, 2, 4, 8, 16, 32, 64, 128)
_DOWN = (0, 1, 1, 1, 0, -1, -1, -1)
_RIGHT = (1, 1, 0, -1, -1, -1, 0, 1)
_REMEMBERED = 1 << 16  # pairs of labels whose spill is improved in place


@compiled
def push(keys: Floats32, cells: Whole, size: int, key: float, cell: int) -> int:
    """Put a cell on the heap; return its new size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if keys[above] <= key:
            break
        keys[at], cells[at] = keys[above], cells[above]
        at = above
    keys[at], cells[at] = key, cell
    return size + 1


@compiled
def pop(keys: Floats32, cells: Whole, size: int) -> int:
    """Take the least from the heap (it is at 0); return its new size."""
    size -= 1
    key, cell = keys[size], cells[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and keys[below + 1] < keys[below]:
            below += 1
        if keys[below] >= key:
            break
        keys[at], cells[at] = keys[below], cells[below]
        at = below
    keys[at], cells[at] = key, cell
    return size


@compiled
def _beside_gap(padded: Floats32, row: int, column: int) -> bool:
    """Whether one of the eight neighbours has no elevation."""
    gaps = 0
    for way in range(8):
        gaps += math.isnan(padded[row + _DOWN[way], column + _RIGHT[way]])
    return gaps > 0


@compiled
def flood(padded: Floats32) -> tuple[Floats32, Whole, NDArray[np.int64], Floats32]:
    """Fill the depressions of a tile as if water could leave at its rim, and say which way it leaves.

    Parameters
    ----------
    padded : (rows + 2, columns + 2) float32, m

    Returns
    -------
    filled : (rows, columns) float32, m
    label : (rows, columns) int32
        The catchment of the rim that the cell drains to: 0 leaves the raster, 1 … over the rim, -1 a gap.
    pairs : (n,) int64
        Two labels that touch, the lesser · 2³² + the greater; may repeat.
    spill : (n,) float32, m
        The level at which water runs from one to the other.
    """
    wide = padded.shape[1]
    filled = padded.copy()
    level, heights = filled.ravel(), padded.ravel()
    label = np.full(padded.size, -1, np.int32)
    done = np.ones(padded.size, np.bool_)  # the neighbours' rim is never entered
    keys, cells = np.empty(2 * padded.size, np.float32), np.empty(2 * padded.size, np.int32)
    size = _seed(padded, label, done, keys, cells)
    pit = np.empty(padded.size, np.int32)  # cells of the depression that is being filled: no heap for them
    first = last = 0
    pairs, spill, found = np.empty(1024, np.int64), np.empty(1024, np.float32), 0
    remembered = np.full(_REMEMBERED, -1, np.int32)
    next_label = 1
    while size > 0 or first < last:
        if first < last:
            cell = pit[first]
            first += 1
        else:
            cell = cells[0]
            size = pop(keys, cells, size)
            if done[cell]:
                continue
            done[cell] = True
            first = last = 0
        if label[cell] < 0:
            label[cell] = next_label
            next_label += 1
        for way in range(8):
            other = cell + _DOWN[way] * wide + _RIGHT[way]
            if label[other] >= 0 and label[other] == label[cell]:
                continue
            if label[other] >= 0:
                if found == pairs.size:
                    pairs = np.concatenate((pairs, np.empty_like(pairs)))
                    spill = np.concatenate((spill, np.empty_like(spill)))
                pour = max(level[cell], level[other])
                found = _touch(pairs, spill, remembered, found, label[cell], label[other], pour)
            elif not done[other]:
                label[other] = label[cell]
                if heights[other] <= level[cell]:
                    level[other] = level[cell]
                    done[other] = True
                    pit[last] = other
                    last += 1
                else:
                    size = push(keys, cells, size, heights[other], other)
    tile = label.reshape(padded.shape)[1:-1, 1:-1].copy()
    return filled[1:-1, 1:-1].copy(), tile, pairs[:found].copy(), spill[:found].copy()


@compiled
def _seed(padded: Floats32, label: Whole, done: NDArray[np.bool_], keys: Floats32, cells: Whole) -> int:
    """Put the outlets, labelled 0, and the rim on the heap; open every known cell. Return the heap's size."""
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    size = 0
    for row in range(1, rows + 1):
        for column in range(1, columns + 1):
            if math.isnan(padded[row, column]):
                continue
            cell = row * padded.shape[1] + column
            done[cell] = False
            outlet = _beside_gap(padded, row, column)
            if outlet:
                label[cell] = 0
            if outlet or row in (1, rows) or column in (1, columns):
                size = push(keys, cells, size, padded[row, column], cell)
    return size


@compiled
def _touch(
    pairs: NDArray[np.int64],
    spill: Floats32,
    remembered: Whole,
    found: int,
    own: int,
    theirs: int,
    pour: float,
) -> int:
    """Note at which level water runs between two catchments; return how many notes there are."""
    pair = (np.int64(min(own, theirs)) << 32) | np.int64(max(own, theirs))
    slot = (pair ^ (pair >> 29) * 31) & (_REMEMBERED - 1)
    known = remembered[slot]
    if known >= 0 and pairs[known] == pair:
        spill[known] = min(spill[known], pour)
        return found
    pairs[found], spill[found] = pair, pour
    remembered[slot] = found
    return found + 1


@compiled
def steepest(padded: Floats32, width: Floats, height: Floats) -> Codes:
    """Return the D8 code of the steepest fall of a filled tile.

    Parameters
    ----------
    padded : (rows + 2, columns + 2) float32, m
    width, height : (rows,) float, m
        Size of the cells of each row.

    Returns
    -------
    (rows, columns) uint8
        Of equal falls the first clockwise from east; `OUTLET` where nothing is lower and water leaves,
        `FLAT` where nothing is lower inside, `GAP` where there is no elevation.
    """
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    direction = np.empty((rows, columns), np.uint8)
    for row in range(rows):
        away = np.empty(8)
        for way in range(8):
            away[way] = math.hypot(_DOWN[way] * height[row], _RIGHT[way] * width[row])
        for column in range(columns):
            here = np.float64(padded[row + 1, column + 1])
            if math.isnan(here):
                direction[row, column] = GAP
                continue
            best, code, open_ = 0.0, FLAT, False
            for way in range(8):
                there = np.float64(padded[row + 1 + _DOWN[way], column + 1 + _RIGHT[way]])
                if math.isnan(there):
                    open_ = True
                    continue
                fall = (here - there) / away[way]
                if fall > best:
                    best, code = fall, _CODE[way]
            direction[row, column] = OUTLET if code == FLAT and open_ else code
    return direction


@compiled
def spread(padded: Floats32, distance: Floats32) -> bool:
    """Bring the steps that level cells are from where water runs on down to what they are, in place.

    Parameters
    ----------
    padded : (rows + 2, columns + 2) float32, m
        Filled.
    distance : (rows + 2, columns + 2) float32, cells
        0 where the way is known, infinite or too great on level ground, NaN for gaps.

    Returns
    -------
    bool
        Whether a cell on the tile's rim changed, so that its neighbours may have to.
    """
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    queue = np.empty(padded.size + 1, np.int32)  # a ring: a cell waits once at most
    waiting = np.zeros(padded.size, np.bool_)
    first = last = 0
    rim = False
    steps = distance.ravel()
    for start in range(padded.size):
        if not math.isfinite(steps[start]):
            continue
        cell = start
        while cell >= 0:
            row, column = cell // (columns + 2), cell % (columns + 2)
            waiting[cell] = False
            for way in range(8):
                down, right = row + _DOWN[way], column + _RIGHT[way]
                if not (0 < down <= rows and 0 < right <= columns):
                    continue
                nearer = distance[row, column] + 1
                if padded[down, right] == padded[row, column] and distance[down, right] > nearer:
                    distance[down, right] = nearer
                    rim |= down in (1, rows) or right in (1, columns)
                    other = down * (columns + 2) + right
                    if not waiting[other]:
                        waiting[other] = True
                        queue[last] = other
                        last = (last + 1) % queue.size
            cell = -1
            if first != last:
                cell = queue[first]
                first = (first + 1) % queue.size
    return rim


@compiled
def across_flats(padded: Floats32, distance: Floats32, direction: Codes) -> None:
    """Send level cells to the level neighbour that is fewer steps from where water runs on, in place.

    Parameters
    ----------
    padded, distance : (rows + 2, columns + 2) float32
        As `spread` leaves them.
    direction : (rows, columns) uint8
        As `steepest` gives it; every `FLAT` gets a way, of equals the first clockwise from east.
    """
    rows, columns = direction.shape
    for row in range(rows):
        for column in range(columns):
            if direction[row, column] != FLAT:
                continue
            nearest = distance[row + 1, column + 1]
            for way in range(8):
                down, right = row + 1 + _DOWN[way], column + 1 + _RIGHT[way]
                if padded[down, right] == padded[row + 1, column + 1] and distance[down, right] < nearest:
                    nearest = distance[down, right]
                    direction[row, column] = _CODE[way]


@compiled
def downstream(direction: Codes) -> Whole:
    """Return the cell that each cell drains to inside the tile: -1 none, -2 it leaves the tile."""
    rows, columns = direction.shape
    target = np.full(direction.size, -1, np.int32)
    for row in range(rows):
        for column in range(columns):
            code = direction[row, column]
            for way in range(8):
                if code == _CODE[way]:
                    down, right = row + _DOWN[way], column + _RIGHT[way]
                    inside = 0 <= down < rows and 0 <= right < columns
                    target[row * columns + column] = down * columns + right if inside else -2
    return target


@compiled
def gather(target: Whole, amount: Floats) -> None:
    """Add up along the way of the water, in place: what is on each cell and all that drains to it.

    Parameters
    ----------
    target : (cells,) int32
        As `downstream` gives it.
    amount : (cells,) float
        What falls on, or enters at, each cell.
    """
    above = np.zeros(target.size, np.int32)  # in a graph of tiles many drain to one
    for cell in range(target.size):
        if target[cell] >= 0:
            above[target[cell]] += 1
    for start in range(target.size):
        cell = start
        # Once all that drains to a cell has come, it passes on what it has; -1 marks a cell that did.
        while cell >= 0 and above[cell] == 0:
            above[cell] = -1
            onward = target[cell]
            if onward >= 0:
                amount[onward] += amount[cell]
                above[onward] -= 1
            cell = onward


@compiled
def follow(target: Whole, stop: NDArray[np.bool_]) -> Whole:
    """Return where each cell's water first comes to a cell of `stop`, leaves the tile, or ends.

    Returns
    -------
    (cells,) int32
        The cell itself if it is one of those.
    """
    end = np.full(target.size, -1, np.int32)
    for start in range(target.size):
        cell = start
        while end[cell] < 0 and not stop[cell] and target[cell] >= 0:
            cell = target[cell]
        found = end[cell] if end[cell] >= 0 else cell
        cell = start
        while end[cell] < 0:
            end[cell] = found
            if cell == found:
                break
            cell = target[cell]
    return end
