"""Whether a probability means what it says: Brier score, its parts, reliability and calibration error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk_models.verification.contingency import Rate
from risk_models.verification.settings import settings

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One bin of a reliability diagram: mean probability said, and how often it came true."""

    low: float
    high: float
    mean: float
    observed: Rate


@dataclass(frozen=True, slots=True)
class Brier:
    """The Brier score; score = reliability − resolution + uncertainty + within.

    Attributes
    ----------
    within : float
        What probabilities that differ inside one bin add.
    skill : float
        Against the observed frequency said for every case; NaN where nothing or everything happened.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float
    skill: float


def reliability(
    probability: ArrayLike, event: ArrayLike, bins: int | None = None
) -> tuple[ReliabilityBin, ...]:
    """Return the bins that hold any case; those without a probability are left out.

    Parameters
    ----------
    probability : (n,) float, 0 to 1
    event : (n,) bool
    bins : int, optional
        Equally wide ones.
    """
    p, yes = _known(probability, event)
    count = bins or settings().bins
    number = np.minimum((p * count).astype(int), count - 1)
    return tuple(
        ReliabilityBin(
            k / count,
            (k + 1) / count,
            float(p[number == k].mean()),
            Rate(int(yes[number == k].sum()), int((number == k).sum())),
        )
        for k in np.unique(number).tolist()
    )


def calibration_error(probability: ArrayLike, event: ArrayLike, bins: int | None = None) -> float:
    """Return the expected calibration error: the mean gap of the bins, by their cases.

    References
    ----------
    Naeini et al. (2015), AAAI 29, 2901.
    """
    found = reliability(probability, event, bins)
    total = sum(one.observed.trials for one in found)
    return sum(abs(one.mean - one.observed.value) * one.observed.trials for one in found) / total


def brier(probability: ArrayLike, event: ArrayLike, bins: int | None = None) -> Brier:
    """Return the Brier score and its parts.

    References
    ----------
    Murphy (1973), J. Appl. Meteor. 12, 595; Stephenson et al. (2008), Weather Forecast. 23, 752.
    """
    p, yes = _known(probability, event)
    score, climate = float(np.mean((p - yes) ** 2)), float(yes.mean())
    found = reliability(p, yes, bins)
    share = np.array([one.observed.trials for one in found]) / p.size
    observed = np.array([one.observed.value for one in found])
    gap = np.array([one.mean for one in found]) - observed
    parts = float(share @ gap**2), float(share @ (observed - climate) ** 2), climate * (1 - climate)
    within = score - (parts[0] - parts[1] + parts[2])
    return Brier(score, *parts, within, 1 - score / parts[2] if parts[2] else float("nan"))


def _known(probability: ArrayLike, event: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    p, yes = np.asarray(probability, dtype=float), np.asarray(event, dtype=bool)
    known = ~np.isnan(p)
    return p[known], yes[known]
