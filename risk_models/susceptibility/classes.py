"""From a susceptibility to classes on a map, and how much of what happened the worst ground holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput

Floats = NDArray[np.float64]


def quantile_breaks(values: ArrayLike, count: int) -> Floats:
    """Return the inner edges of classes that hold equally many, (count − 1,)."""
    known = _known(values, count)
    return np.asarray(np.quantile(known, np.arange(1, count) / count), dtype=float)


def natural_breaks(values: ArrayLike, count: int, bins: int = 256) -> Floats:
    """Return the inner edges of classes with the least variance inside (Fisher-Jenks), (count − 1,).

    Values are first put into `bins` equally wide bins, so that the cost does not grow with their number.

    References
    ----------
    Fisher (1958), J. Am. Stat. Assoc. 53, 789; Jenks (1967).
    """
    known = _known(values, count)
    heights, edges = np.histogram(known, bins)
    sums = np.histogram(known, edges, weights=known)[0]
    squares = np.histogram(known, edges, weights=known**2)[0]
    n, s, q = (np.concatenate([[0.0], np.cumsum(part)]) for part in (heights, sums, squares))

    def spread(start: NDArray[np.int64], stop: int) -> Floats:
        cases = np.maximum(n[stop] - n[start], 1)
        return np.asarray(q[stop] - q[start] - (s[stop] - s[start]) ** 2 / cases)

    best = np.array([spread(np.array([0]), stop)[0] for stop in range(bins + 1)])
    cuts = np.zeros((count, bins + 1), dtype=np.int64)
    for number in range(1, count):
        previous, best = best, np.full(bins + 1, np.inf)
        for stop in range(number + 1, bins + 1):
            start = np.arange(number, stop)
            cost = previous[start] + spread(start, stop)
            cuts[number, stop] = start[int(np.argmin(cost))]
            best[stop] = cost.min()
    stop, found = bins, []
    for number in range(count - 1, 0, -1):
        stop = int(cuts[number, stop])
        found.append(edges[stop])
    return np.array(found[::-1])


def classify(values: ArrayLike, breaks: ArrayLike) -> NDArray[np.int8]:
    """Return the class of each value, 1 the least; 0 where it is NaN."""
    given = np.asarray(values, dtype=float)
    found = np.digitize(given, np.asarray(breaks, dtype=float)) + 1
    return np.where(np.isnan(given), 0, found).astype(np.int8)


def rate_curve(susceptibility: ArrayLike, event: ArrayLike, area: ArrayLike) -> tuple[Floats, Floats, float]:
    """Return the share of the events in the worst share of the ground.

    A success-rate curve on what the model learned from, a prediction-rate curve on what it did not.

    Parameters
    ----------
    susceptibility, area : (n,) float
        The area in any unit.
    event : (n,) bool or float
        Whether, or how many.

    Returns
    -------
    ground, events : (n + 1,) float
        Both from 0 to 1.
    below : float
        Area under the curve.

    References
    ----------
    Chung & Fabbri (2003), Nat. Hazards 30, 451.
    """
    order = np.argsort(-np.asarray(susceptibility, dtype=float), kind="stable")
    ground = np.cumsum(np.asarray(area, dtype=float)[order])
    events = np.cumsum(np.asarray(event, dtype=float)[order])
    x = np.concatenate([[0.0], ground / ground[-1]])
    y = np.concatenate([[0.0], events / events[-1]])
    return x, y, float(np.trapezoid(y, x))


def _known(values: ArrayLike, count: int) -> Floats:
    given = np.asarray(values, dtype=float).ravel()
    known = given[~np.isnan(given)]
    if known.size < count or count < 2:
        raise InvalidInput(
            "cannot be classed", expected="two classes or more, a value for each", got=str(known.size)
        )
    return known
