"""Whole blocks of ground to one fold, so that a model is never tested beside what it learned from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput

Indices = NDArray[np.int64]


def block_number(lon: ArrayLike, lat: ArrayLike, size: float) -> Indices:
    """Number the square blocks that hold places.

    Parameters
    ----------
    lon, lat : (n,) float, deg
    size : float, deg
        Side of a block; the edges are multiples of it.

    Returns
    -------
    block : (n,) int
        0 to the number of blocks that hold anything, less one.
    """
    corner = np.floor(np.stack([np.asarray(lon, dtype=float), np.asarray(lat, dtype=float)], axis=1) / size)
    _, block = np.unique(corner, axis=0, return_inverse=True)
    return np.asarray(block.reshape(-1), dtype=np.int64)


def block_folds(block: ArrayLike, count: int, rng: np.random.Generator) -> Indices:
    """Deal whole blocks out to folds, in a random order.

    Raises
    ------
    InvalidInput
        If there are fewer blocks than folds.
    """
    numbers = np.asarray(block, dtype=np.int64)
    known, place = np.unique(numbers, return_inverse=True)
    if known.size < count:
        raise InvalidInput("too few blocks", expected=f"{count} or more", got=str(known.size))
    fold_of = np.empty(known.size, dtype=np.int64)
    fold_of[rng.permutation(known.size)] = np.arange(known.size) % count
    return fold_of[place]


def random_folds(n: int, count: int, rng: np.random.Generator) -> Indices:
    """Deal single cases out to folds: what must not be done, kept to show by how much it flatters."""
    return np.asarray(rng.permutation(np.arange(n) % count), dtype=np.int64)


def shared_blocks(block: ArrayLike, fold: ArrayLike) -> int:
    """Return how many blocks lie in more than one fold; none may."""
    pairs = np.unique(np.stack([np.asarray(block), np.asarray(fold)], axis=1), axis=0)
    _, times = np.unique(pairs[:, 0], return_counts=True)
    return int((times > 1).sum())
