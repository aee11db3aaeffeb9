"""What joins the tiles of a raster: over which rim water spills, and what enters and leaves across rims.

Cells are named by their place in the whole raster, row · columns + column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.compiled import compiled
from pipelines.steps.flow_kernels import Floats, Floats32, Whole, follow, gather, pop, push

Cells = NDArray[np.int64]
_TOUCHING = ((0, 1), (1, 1), (1, 0), (1, -1))  # each pair of neighbours once


@dataclass(frozen=True)
class Rim:
    """The filled cells along a tile's rim, and which of its catchments touch.

    Attributes
    ----------
    cell : (n,) int64
    level : (n,) float32, m
    label : (n,) int32
        As `flood` gives them; `labels` is the greatest of the tile.
    pair, spill
        As `flood` gives them.
    """

    cell: Cells
    level: Floats32
    label: Whole
    labels: int
    pair: Cells
    spill: Floats32


@dataclass(frozen=True)
class Links:
    """Where water that enters or leaves a tile goes on.

    Attributes
    ----------
    cell : (n,) int64
        Cells along the rim.
    end : (n,) int64
        Where the water of each comes to in the tile.
    level : (n,) float, m
        Of what it drains to there, NaN where it leaves the tile from `end`.
    exit, target : (m,) int64
        Cells that drain to another tile, and to which cell.
    amount : (m,) float
        What leaves there of the tile's own.
    """

    cell: Cells
    end: Cells
    level: Floats
    exit: Cells
    target: Cells
    amount: Floats


def spill_levels(rims: Sequence[Rim], columns: int) -> list[Floats32]:
    """Return the level to which each catchment of each tile fills until it spills out of the raster.

    Parameters
    ----------
    rims : sequence of Rim
        Of all tiles.
    columns : int
        Of the whole raster.

    Returns
    -------
    list of (labels + 1,) float32, m
        By label; that of 0, which leaves the raster, is below everything.
    """
    offset = np.cumsum([0, *(rim.labels for rim in rims)])
    parts = [_edges_inside(rim, int(first)) for rim, first in zip(rims, offset[:-1], strict=True)]
    parts.append(_edges_between(rims, offset, columns))
    one, other, level = (np.concatenate(each) for each in zip(*parts, strict=True))
    start, end = np.concatenate((one, other)), np.concatenate((other, one))
    order = np.argsort(start, kind="stable")
    first_edge = np.searchsorted(start[order], np.arange(offset[-1] + 2))
    levels = _pour(first_edge, end[order], np.concatenate((level, level))[order])
    return [np.concatenate((levels[:1], levels[first + 1 : last + 1])) for first, last in pairwise(offset)]


def inflows(tiles: Sequence[Links]) -> tuple[Cells, Floats]:
    """Return every cell that water of another tile enters, sorted, and how much enters."""
    whole = _joined(tiles)
    amount = whole.amount.copy()
    gather(whole.onward, amount)
    cell, which = np.unique(whole.target, return_inverse=True)
    entering = np.zeros(cell.size)
    np.add.at(entering, which, amount)
    return cell, entering


def drained_levels(tiles: Sequence[Links]) -> tuple[Cells, Floats]:
    """Return every cell that drains to another tile, sorted, and the level its water comes to at last."""
    whole = _joined(tiles)
    last = follow(whole.onward, np.isfinite(whole.level))
    return whole.exit, whole.level[last]


@dataclass(frozen=True)
class _Joined:
    """Every cell that drains to another tile, sorted; `level` is NaN where its water goes on to `onward`."""

    exit: Cells
    target: Cells
    amount: Floats
    level: Floats
    onward: Whole


def _joined(tiles: Sequence[Links]) -> _Joined:
    rim = _sorted(tiles, "cell", "end", "level")
    leaving = _sorted(tiles, "exit", "target", "amount")
    entry = np.searchsorted(rim["cell"], leaving["target"])
    level = rim["level"][entry]
    onward = np.searchsorted(leaving["exit"], rim["end"][entry])
    return _Joined(
        leaving["exit"],
        leaving["target"],
        leaving["amount"],
        level,
        np.where(np.isfinite(level), -1, onward).astype(np.int32),
    )


def _sorted(tiles: Sequence[Links], *names: str) -> dict[str, NDArray[Any]]:
    """Return columns of all tiles under each other, sorted by the first."""
    columns = {name: np.concatenate([getattr(each, name) for each in tiles]) for name in names}
    order = np.argsort(columns[names[0]], kind="stable")
    return {name: column[order] for name, column in columns.items()}


def _edges_inside(rim: Rim, offset: int) -> tuple[Cells, Cells, Floats32]:
    one, other = rim.pair >> 32, rim.pair & 0xFFFFFFFF
    return np.where(one > 0, one + offset, 0), other + offset, rim.spill


def _edges_between(rims: Sequence[Rim], offset: Cells, columns: int) -> tuple[Cells, Cells, Floats32]:
    """Return which catchments of neighbouring tiles touch, and the level of the higher of the two cells."""
    cell = np.concatenate([rim.cell for rim in rims])
    level = np.concatenate([rim.level for rim in rims])
    label = np.concatenate(
        [np.where(rim.label > 0, rim.label + first, 0) for rim, first in zip(rims, offset, strict=False)]
    )
    tile = np.repeat(np.arange(len(rims)), [rim.cell.size for rim in rims])
    order = np.argsort(cell, kind="stable")
    cell, level, label, tile = cell[order], level[order], label[order], tile[order]
    found = []
    for down, right in _TOUCHING:
        there = cell + down * columns + right
        at = np.minimum(np.searchsorted(cell, there), cell.size - 1)
        column = cell % columns + right
        touch = (cell[at] == there) & (tile[at] != tile) & (column >= 0) & (column < columns)
        at, here = at[touch], np.flatnonzero(touch)
        found.append((label[here], label[at], np.maximum(level[here], level[at])))
    one, other, higher = (np.concatenate(each) for each in zip(*found, strict=True))
    return one, other, higher


@compiled
def _pour(first: Cells, other: Cells, level: Floats32) -> Floats32:
    """Return the least level at which water gets from each catchment to 0, over the highest of its spills."""
    found = np.full(first.size - 1, np.inf, np.float32)
    keys, nodes = np.empty(other.size + 1, np.float32), np.empty(other.size + 1, np.int32)
    found[0] = -np.inf
    size = push(keys, nodes, 0, -np.inf, 0)
    while size > 0:
        reached, node = keys[0], nodes[0]
        size = pop(keys, nodes, size)
        if reached > found[node]:
            continue
        for edge in range(first[node], first[node + 1]):
            over = max(reached, level[edge])
            if over < found[other[edge]]:
                found[other[edge]] = over
                size = push(keys, nodes, size, over, other[edge])
    return found
