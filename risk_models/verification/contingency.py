"""Yes or no: hits, false alarms, misses and correct negatives, and the scores made from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

from minegis.errors import InvalidInput
from risk_models.verification.settings import settings


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many; NaN of none."""

    successes: int
    trials: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.trials:
            raise InvalidInput(
                "not a rate", expected="0 ≤ successes ≤ trials", got=f"{self.successes} of {self.trials}"
            )

    @property
    def value(self) -> float:
        """Share 0 to 1."""
        return self.successes / self.trials if self.trials else math.nan

    @property
    def may_be_a_percentage(self) -> bool:
        """Whether there are trials enough to show a percentage."""
        return self.trials >= settings().least_count

    def interval(self, confidence: float | None = None) -> tuple[float, float]:
        """Return the Wilson score interval; nothing is known of no trials: 0 to 1.

        References
        ----------
        Wilson (1927), J. Am. Stat. Assoc. 22, 209; Newcombe (1998), Stat. Med. 17, 857, method 3.
        """
        if self.trials == 0:
            return 0.0, 1.0
        z = NormalDist().inv_cdf(0.5 + (confidence or settings().confidence) / 2)
        n, p = self.trials, self.value
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)

    def shown(self) -> str:
        """Return what people read: counts, with share and interval where there are trials enough."""
        counts = f"{self.successes}/{self.trials}"
        if not self.may_be_a_percentage:
            return counts
        low, high = self.interval()
        return f"{100 * self.value:.1f} % ({100 * low:.1f}–{100 * high:.1f} %, {counts})"


@dataclass(frozen=True, slots=True)
class Contingency:
    """The 2 × 2 table; every score is NaN where it is not defined.

    References
    ----------
    Jolliffe & Stephenson (2012), Forecast Verification, ch. 3; Ferro & Stephenson (2011), Weather and
    Forecasting 26, 699 (EDI, SEDI).
    """

    hits: int
    false_alarms: int
    misses: int
    correct_negatives: int

    @property
    def pod(self) -> Rate:
        """Probability of detection, H / (H + M)."""
        return Rate(self.hits, self.hits + self.misses)

    @property
    def far(self) -> Rate:
        """False alarm ratio, F / (H + F)."""
        return Rate(self.false_alarms, self.hits + self.false_alarms)

    @property
    def csi(self) -> Rate:
        """Critical success index, H / (H + F + M)."""
        return Rate(self.hits, self.hits + self.false_alarms + self.misses)

    @property
    def pofd(self) -> Rate:
        """Probability of false detection, F / (F + CN)."""
        return Rate(self.false_alarms, self.false_alarms + self.correct_negatives)

    @property
    def bias(self) -> float:
        """Frequency bias, (H + F) / (H + M)."""
        return _ratio(self.hits + self.false_alarms, self.hits + self.misses)

    @property
    def pss(self) -> float:
        """Peirce skill score, POD − POFD."""
        return self.pod.value - self.pofd.value

    @property
    def hss(self) -> float:
        """Heidke skill score."""
        h, f, m, c = self.hits, self.false_alarms, self.misses, self.correct_negatives
        return _ratio(2 * (h * c - f * m), (h + m) * (m + c) + (h + f) * (f + c))

    @property
    def edi(self) -> float:
        """Extremal dependence index."""
        hit, false = self.pod.value, self.pofd.value
        if not (0 < hit <= 1 and 0 < false < 1):
            return math.nan
        return (math.log(false) - math.log(hit)) / (math.log(false) + math.log(hit))

    @property
    def sedi(self) -> float:
        """Symmetric extremal dependence index."""
        hit, false = self.pod.value, self.pofd.value
        if not (0 < hit < 1 and 0 < false < 1):
            return math.nan
        a, b, c, d = (math.log(each) for each in (false, hit, 1 - false, 1 - hit))
        return (a - b - c + d) / (a + b + c + d)


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.nan
