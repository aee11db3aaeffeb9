"""Predictors made ready: collinear ones dropped, classes spread out, and the ground around each unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]


def variance_inflation(predictors: ArrayLike) -> Floats:
    """Return the variance inflation factor of each column.

    The diagonal of the inverse correlation matrix: 1 / (1 − R²) of the column on all others; infinite where
    another column says the same.

    Parameters
    ----------
    predictors : (n, k) float
        No constant column.
    """
    return _inflation(np.atleast_2d(np.corrcoef(np.asarray(predictors, dtype=float), rowvar=False)))


def drop_collinear(predictors: ArrayLike, names: Sequence[str], limit: float) -> tuple[str, ...]:
    """Return the names that stay when the worst column is dropped until all are within the limit."""
    correlation = np.atleast_2d(np.corrcoef(np.asarray(predictors, dtype=float), rowvar=False))
    kept = list(range(len(names)))
    while len(kept) > 1:
        found = _inflation(correlation[np.ix_(kept, kept)])
        worst = int(np.argmax(found))
        if found[worst] <= limit:
            break
        del kept[worst]
    return tuple(names[column] for column in kept)


def _inflation(correlation: Floats) -> Floats:
    values, vectors = np.linalg.eigh(correlation)
    tiny = values < np.finfo(float).eps * values.size * values.max()
    inverse = (vectors[:, ~tiny] ** 2) @ (1 / values[~tiny])
    inverse[(vectors[:, tiny] ** 2).sum(axis=1) > 1e-9] = np.inf
    return np.asarray(inverse, dtype=float)


def indicators(classes: ArrayLike) -> tuple[Floats, tuple[str, ...]]:
    """Return a column of 0 and 1 for each class, and what each class is called."""
    given = np.asarray(classes)
    known = np.unique(given)
    return (given[:, None] == known[None, :]).astype(float), tuple(str(one) for one in known.tolist())


def surroundings(
    lon: ArrayLike, lat: ArrayLike, predictors: ArrayLike, block: ArrayLike, count: int
) -> Floats:
    """Return the mean of predictors over a unit and its nearest neighbours in the same block.

    What lies across the edge of a block is not looked at, so that a block that is held back shares nothing
    with the blocks that are learned from.

    Parameters
    ----------
    lon, lat : (n,) float, deg
    predictors : (n, k) float
    block : (n,) int
    count : int
        Neighbours; fewer where the block holds fewer.
    """
    x, y = np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)
    plane = np.stack([x * np.cos(np.radians(y.mean())), y], axis=1)
    values, blocks = np.asarray(predictors, dtype=float), np.asarray(block)
    found = np.empty_like(values)
    for number in np.unique(blocks):
        rows = np.flatnonzero(blocks == number)
        near = min(count + 1, rows.size)
        _, order = cKDTree(plane[rows]).query(plane[rows], k=near)
        found[rows] = values[rows][order.reshape(rows.size, near)].mean(axis=1)
    return found
