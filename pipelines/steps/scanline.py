"""Which cell the centre of each pixel lies in, as runs along the rows, and sums over those runs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.compiled import compiled

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Columns = NDArray[np.int32]


@compiled
def band_runs(
    x: Floats, y: Floats, first: Indices, number: Indices, top: int, rows: int, width: int
) -> tuple[Indices, Columns, Columns]:
    """Return the runs of some rows: from which column on which cell holds the centres.

    A row is half open in y and a run in x, and the crossing of an edge is computed from its upper end for
    both its neighbours: outlines that share their vertices leave no pixel out and take none twice.

    Parameters
    ----------
    x, y : (v,) float, columns and rows of the grid
        Corners of the outlines one after another, without the closing point; convex.
    first : (n + 1,) int
        Where each outline begins.
    number : (n,) int
        What is written of each outline; sorted by their west ends, which saves time only.
    top, rows : int
        First row and number of rows.
    width : int
        Columns of the grid.

    Returns
    -------
    row_start : (rows + 1,) int
        Where the runs of each row begin; a row has one at least, and the first starts at column 0.
    start : (k,) int32
        First column of each run, ascending in a row.
    cell : (k,) int32
        Number of the outline, -1 where there is none.
    """
    outlines = first.size - 1
    room = np.zeros(rows + 1, np.int64)
    for one in range(outlines):
        low, high = _reach(y, first[one], first[one + 1], top, rows)
        for row in range(low, high):
            room[row + 1] += 1
    room = np.cumsum(room)
    begin = np.empty(room[-1], np.int32)
    end = np.empty(room[-1], np.int32)
    owner = np.empty(room[-1], np.int32)
    filled = room[:-1].copy()
    for one in range(outlines):
        low, high = _reach(y, first[one], first[one + 1], top, rows)
        for row in range(low, high):
            west, east = _crossings(x, y, first[one], first[one + 1], top + row + 0.5)
            left = min(max(np.ceil(west - 0.5), 0.0), float(width))
            right = min(max(np.ceil(east - 0.5), 0.0), float(width))
            if right > left:
                at = filled[row]
                while at > room[row] and begin[at - 1] > left:  # nearly in order: few steps
                    begin[at], end[at], owner[at] = begin[at - 1], end[at - 1], owner[at - 1]
                    at -= 1
                begin[at], end[at], owner[at] = int(left), int(right), number[one]
                filled[row] += 1
    return _without_gaps(begin, end, owner, room, filled, width)


@compiled
def _reach(y: Floats, begin: int, end: int, top: int, rows: int) -> tuple[int, int]:
    """Return the rows, counted from `top`, whose centres an outline may hold."""
    low = high = y[begin]
    for at in range(begin + 1, end):
        low, high = min(low, y[at]), max(high, y[at])
    above = min(max(np.ceil(low - 0.5) - top, 0.0), float(rows))
    below = min(max(np.ceil(high - 0.5) - top, 0.0), float(rows))
    return int(above), int(below)


@compiled
def _crossings(x: Floats, y: Floats, begin: int, end: int, centre: float) -> tuple[float, float]:
    """Return where an outline crosses a line of equal y, the westmost and the eastmost."""
    west, east = np.inf, -np.inf
    for at in range(begin, end):
        to = at + 1 if at + 1 < end else begin
        upper, lower = (at, to) if y[at] < y[to] else (to, at)
        if y[upper] <= centre < y[lower]:
            along = x[upper] + (centre - y[upper]) * (x[lower] - x[upper]) / (y[lower] - y[upper])
            west, east = min(west, along), max(east, along)
    return west, east


@compiled
def _without_gaps(
    begin: Columns, end: Columns, owner: Columns, room: Indices, filled: Indices, width: int
) -> tuple[Indices, Columns, Columns]:
    """Return the runs with those of no cell between them; the first of two that overlap keeps its pixels."""
    rows = filled.size
    row_start = np.empty(rows + 1, np.int64)
    start = np.empty(2 * begin.size + rows, np.int32)
    cell = np.empty(2 * begin.size + rows, np.int32)
    count = 0
    for row in range(rows):
        row_start[row] = count
        reached = 0
        for at in range(room[row], filled[row]):
            if begin[at] > reached:
                start[count], cell[count] = reached, -1
                count += 1
            if end[at] > reached:
                start[count], cell[count] = max(begin[at], reached), owner[at]
                count += 1
                reached = end[at]
        if reached < width:
            start[count], cell[count] = reached, -1
            count += 1
    row_start[rows] = count
    return row_start, start[:count].copy(), cell[:count].copy()


@compiled
def count_pixels(row_start: Indices, start: Columns, cell: Columns, width: int, pixels: Indices) -> None:
    """Add to `pixels`, (n,), how many centres lie in each cell."""
    for row in range(row_start.size - 1):
        for at in range(row_start[row], row_start[row + 1]):
            if cell[at] >= 0:
                stop = start[at + 1] if at + 1 < row_start[row + 1] else width
                pixels[cell[at]] += stop - start[at]


@compiled
def add_window(
    values: NDArray[Any],
    row: int,
    column: int,
    width: int,
    runs: tuple[Indices, Columns, Columns],
    known: tuple[Indices, Floats, Floats, Floats],
) -> None:
    """Add the pixels of a window to the count, sum, least and largest value of each cell.

    Parameters
    ----------
    values : (h, w) float
        What is not finite has no value.
    row, column : int
        Of the window's upper left pixel.
    width : int
        Columns of the grid.
    runs : row_start, start, cell
        Of the whole grid.
    known : count, total, low, high
        (n,) each, changed in place.
    """
    row_start, start, cell = runs
    count, total, low, high = known
    stop_column = column + values.shape[1]
    for line in range(values.shape[0]):
        after = row_start[row + line + 1]
        at, beyond = row_start[row + line], after
        while beyond - at > 1:  # the last run that starts at or before the window
            middle = (at + beyond) // 2
            if start[middle] <= column:
                at = middle
            else:
                beyond = middle
        while at < after and start[at] < stop_column:
            stop = min(start[at + 1] if at + 1 < after else width, stop_column)
            one = cell[at]
            if one >= 0:
                found, added, least, most = 0, 0.0, low[one], high[one]
                for here in range(max(start[at], column) - column, stop - column):
                    value = values[line, here]
                    if np.isfinite(value):
                        found += 1
                        added += value
                        least, most = min(least, value), max(most, value)
                count[one] += found
                total[one] += added
                low[one], high[one] = least, most
            at += 1
