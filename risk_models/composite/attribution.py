"""What each of many scores adds to the worst of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def points_of_worst(scores: ArrayLike) -> NDArray[np.float64]:
    """Share the largest of some scores out over them: the Shapley value of a maximum.

    Each step from one score to the next higher is shared by all that reach it, so that the points sum to the
    largest and equal scores have equal points.

    Parameters
    ----------
    scores : (n,) float

    References
    ----------
    Littlechild, S. C. & Owen, G. (1973). A simple expression for the Shapley value in a special case.
    Management Science 20, 370-372.
    """
    given = np.asarray(scores, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    steps = np.diff(given[order], prepend=0.0) / np.arange(given.size, 0, -1)
    points = np.empty(given.size)
    points[order] = np.cumsum(steps)
    return points
