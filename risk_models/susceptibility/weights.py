"""Bivariate susceptibility: weights of evidence and frequency ratio of the classes of a factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2_contingency

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """Weights of each class; NaN where a class holds all, or none, of the events or of the rest.

    Attributes
    ----------
    positive, negative : (n,) float
        W⁺ and W⁻.
    contrast, studentised : (n,) float
        C = W⁺ − W⁻, and C over its standard deviation: 1.96 or more tells it from none.
    """

    positive: Floats
    negative: Floats
    contrast: Floats
    studentised: Floats


def weights_of_evidence(
    events_in: ArrayLike, cells_in: ArrayLike, events: ArrayLike, cells: ArrayLike
) -> Weights:
    """Return the weights of classes of a factor.

    Parameters
    ----------
    events_in, cells_in : (n,) float
        Cells with an event in each class, and all cells in it.
    events, cells : float
        Cells with an event, and all cells.

    References
    ----------
    Bonham-Carter (1994), Geographic Information Systems for Geoscientists, ch. 9.
    """
    both = np.asarray(events_in, dtype=float)
    class_only = np.asarray(cells_in, dtype=float) - both
    event_only = np.asarray(events, dtype=float) - both
    neither = np.asarray(cells, dtype=float) - both - class_only - event_only
    some = (both > 0) & (class_only > 0) & (event_only > 0) & (neither > 0)
    both, class_only, event_only, neither = (
        np.where(some, part, np.nan) for part in (both, class_only, event_only, neither)
    )
    with_event, without = both + event_only, class_only + neither
    positive = np.log(both / with_event) - np.log(class_only / without)
    negative = np.log(event_only / with_event) - np.log(neither / without)
    spread = np.sqrt(1 / both + 1 / class_only + 1 / event_only + 1 / neither)
    contrast = positive - negative
    return Weights(positive, negative, contrast, contrast / spread)


def posterior_probability(prior: ArrayLike, weight_sum: ArrayLike) -> Floats:
    """Return the probability after the evidence: prior logit plus the sum of the weights.

    Parameters
    ----------
    prior : (n,) float, 0 to 1
        Share of cells with an event.
    weight_sum : (n,) float
        Of the classes that a cell is in; assumes that the factors are independent given the event.
    """
    before = np.asarray(prior, dtype=float)
    logit = np.log(before) - np.log1p(-before) + np.asarray(weight_sum, dtype=float)
    return np.asarray(1 / (1 + np.exp(-logit)), dtype=float)


def frequency_ratio(events_in: ArrayLike, cells_in: ArrayLike, events: ArrayLike, cells: ArrayLike) -> Floats:
    """Return (events in class / events) / (cells in class / cells); NaN of an empty class."""
    inside = np.asarray(cells_in, dtype=float)
    share = np.where(inside > 0, inside, np.nan) / np.asarray(cells, dtype=float)
    return np.asarray(
        np.asarray(events_in, dtype=float) / np.asarray(events, dtype=float) / share, dtype=float
    )


def independence(classes: NDArray[np.int64], event: NDArray[np.bool_]) -> Floats:
    """Test each pair of factors for independence among the events.

    Parameters
    ----------
    classes : (n, factors) int
    event : (n,) bool

    Returns
    -------
    p : (factors, factors) float
        Of the chi-square test; small means that both weights count the same thing twice. NaN on the diagonal.

    References
    ----------
    Bonham-Carter (1994), ch. 9; Pearson's chi-square on the cells with an event.
    """
    among = classes[event]
    count = classes.shape[1]
    found = np.full((count, count), np.nan)
    for one in range(count):
        for two in range(one + 1, count):
            table = np.zeros((int(among[:, one].max()) + 1, int(among[:, two].max()) + 1))
            np.add.at(table, (among[:, one], among[:, two]), 1)
            table = table[table.any(axis=1)][:, table.any(axis=0)]
            p = chi2_contingency(table, correction=False).pvalue if min(table.shape) > 1 else np.nan
            found[one, two] = found[two, one] = p
    return found


def omnibus_ratio(posterior: ArrayLike, event: ArrayLike) -> float:
    """Return observed over predicted events: well below 1 where dependent factors were counted twice.

    References
    ----------
    Bonham-Carter (1994), ch. 9: below about 0.85 the independence is in doubt.
    """
    return float(np.sum(np.asarray(event, dtype=bool)) / np.nansum(np.asarray(posterior, dtype=float)))
