"""Warnings judged by time: how long which warning was in force while which event was under way (EDuMaP)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from risk_models.verification.settings import settings

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class DurationMatrix:
    """Hours by event class (rows) and tier (columns), and the indices made from them.

    An index is NaN where no time bears on it.

    References
    ----------
    Calvello & Piciullo (2016), Nat. Hazards Earth Syst. Sci. 16, 103, tables 4 to 6.
    """

    hours: Floats

    def alert(self, kind: str) -> float:
        """Return the hours of true negatives (TN), correct (CA), false (FA) or missed (MA) alerts."""
        return self._hours(settings().edumap.alert, kind)

    def grade(self, colour: str) -> float:
        """Return the hours of a grade of accuracy: green, yellow, red or purple."""
        return self._hours(settings().edumap.grade, colour)

    def _hours(self, table: tuple[tuple[str, ...], ...], wanted: str) -> float:
        return float(self.hours[np.array(table) == wanted].sum())

    @property
    def indices(self) -> dict[str, float]:
        """Return every index, 0 to 1 save the odds ratio.

        Efficiency (CA + TN) / all, hit rate CA / (CA + MA), predictive power CA / (CA + FA), threat score
        CA / (CA + MA + FA), odds ratio (CA + TN) / (MA + FA), misclassification 1 − efficiency, missed alert
        rate MA / (CA + MA), false alert rate FA / (CA + FA), error rate (red + purple) / all but the quiet
        time, serious mistakes purple / the same.
        """
        ca, ma, fa, tn = (self.alert(kind) for kind in ("CA", "MA", "FA", "TN"))
        total = float(self.hours.sum())
        active = total - float(self.hours[0, 0])
        red, purple = self.grade("red"), self.grade("purple")
        return {
            "efficiency": _ratio(ca + tn, total),
            "hit_rate": _ratio(ca, ca + ma),
            "predictive_power": _ratio(ca, ca + fa),
            "threat_score": _ratio(ca, ca + ma + fa),
            "odds_ratio": _ratio(ca + tn, ma + fa),
            "misclassification": _ratio(ma + fa, total),
            "missed_alert_rate": _ratio(ma, ca + ma),
            "false_alert_rate": _ratio(fa, ca + fa),
            "error_rate": _ratio(red + purple, active),
            "serious_mistakes": _ratio(purple, active),
        }


def duration_matrix(event_class: Indices, tier: Indices, hours: Floats) -> DurationMatrix:
    """Add up the time of each pair of event class and tier.

    Parameters
    ----------
    event_class, tier : (t,) int
        While each interval lasted.
    hours : (t,) float, h
        Length of the intervals.
    """
    rules = settings().edumap
    matrix = np.zeros((len(rules.classes), len(rules.alert[0])))
    np.add.at(matrix, (event_class, tier), hours)
    return DurationMatrix(matrix)


def event_class(grade: str) -> int:
    """Return the class of an event's grade; of an unknown grade the least."""
    for number, declared in enumerate(settings().edumap.classes):
        if grade in declared.grades:
            return number
    return 1


def _ratio(above: float, below: float) -> float:
    return above / below if below > 0 else float("nan")
