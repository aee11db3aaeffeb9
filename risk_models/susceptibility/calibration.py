"""From scores to probabilities that mean what they say, and sets that hold the truth as often as said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from minegis.errors import InvalidInput

type Floats = NDArray[np.float64]
type Calibrate = Callable[[Floats], Floats]
type Method = Literal["isotonic", "platt"]

_EDGE = 1e-6  # keeps the logit finite


def calibrator(score: ArrayLike, event: ArrayLike, method: Method) -> Calibrate:
    """Learn a calibration from scores of cases that the model had not seen.

    Parameters
    ----------
    score : (n,) float, 0 to 1
    event : (n,) bool
    method : str
        ``isotonic`` (Zadrozny & Elkan 2002) or ``platt``, logistic on the logit of the score (Platt 1999).
    """
    values, yes = np.asarray(score, dtype=float), np.asarray(event, dtype=bool)
    if method == "isotonic":
        isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(values, yes)
        return lambda given: np.asarray(isotonic.predict(given), dtype=float)
    platt = LogisticRegression(C=1e6).fit(_logit(values), yes)
    return lambda given: np.asarray(platt.predict_proba(_logit(given))[:, 1], dtype=float)


def conformal_quantile(nonconformity: ArrayLike, coverage: float) -> float:
    """Return the score that so large a share of new cases will not exceed; infinite for too few cases.

    Parameters
    ----------
    nonconformity : (n,) float
        Of cases that the model had not seen: |observed − predicted|, or 1 − probability of what was observed.
    coverage : float
        0 to 1.

    References
    ----------
    Vovk et al. (2005); Lei et al. (2018), J. Am. Stat. Assoc. 113, 1094: rank ⌈(n + 1)·coverage⌉.
    """
    if not 0 < coverage < 1:
        raise InvalidInput("not a coverage", expected="between 0 and 1", got=str(coverage))
    ordered = np.sort(np.asarray(nonconformity, dtype=float))
    rank = int(np.ceil((ordered.size + 1) * coverage))
    return float(ordered[rank - 1]) if rank <= ordered.size else float("inf")


def nonconformity(probability: ArrayLike, event: ArrayLike) -> Floats:
    """Return 1 − the probability of what was observed, (n,)."""
    p = np.asarray(probability, dtype=float)
    return np.where(np.asarray(event, dtype=bool), 1 - p, p)


def prediction_sets(probability: ArrayLike, quantile: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whether absence and presence are in the set of each case; both means: not known."""
    p = np.asarray(probability, dtype=float)
    return p <= quantile, 1 - p <= quantile


def intervals(prediction: ArrayLike, quantile: float) -> tuple[Floats, Floats]:
    """Return the interval of each prediction whose residuals have the quantile."""
    values = np.asarray(prediction, dtype=float)
    return values - quantile, values + quantile


def _logit(p: ArrayLike) -> Floats:
    inside = np.clip(np.asarray(p, dtype=float), _EDGE, 1 - _EDGE)
    return np.asarray((np.log(inside) - np.log1p(-inside))[:, None], dtype=float)
