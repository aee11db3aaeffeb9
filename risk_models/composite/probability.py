"""Combine probabilities of one event that several independent causes can bring about."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput


def noisy_or(probabilities: ArrayLike, axis: int = 0) -> NDArray[np.float64]:
    """Probability that at least one of several independent causes acts.

    NaN means no evidence of that cause: it is left out, neither 0 nor 1. Where no cause has
    evidence the answer is NaN.

    Parameters
    ----------
    probabilities : (..., n, ...) float, 1
        Probability of each cause, NaN where unknown.
    axis : int
        The axis along which the causes lie.

    Returns
    -------
    (...) float, 1
        ``1 - prod(1 - p)``, never below the largest of the known probabilities.

    Raises
    ------
    InvalidInput
        If a probability is below 0 or above 1.

    References
    ----------
    Pearl, J. (1988). Probabilistic Reasoning in Intelligent Systems, section 4.3.2.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if ((p < 0) | (p > 1)).any():
        raise InvalidInput("not a probability", expected="0 to 1", got=f"{np.nanmin(p)} to {np.nanmax(p)}")
    known = ~np.isnan(p)
    with np.errstate(divide="ignore"):  # log of 0: a certain cause makes the event certain
        log_none = np.log1p(-np.where(known, p, 0.0)).sum(axis=axis)
    # Summed logarithms keep small probabilities exact but may round an ulp below the largest one.
    largest = np.where(known, p, 0.0).max(axis=axis, initial=0.0)
    return np.where(known.any(axis=axis), np.maximum(-np.expm1(log_none), largest), np.nan)
