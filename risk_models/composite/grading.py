"""Grades that inspectors use: LEC, the risk matrix, supervision grades, the class of an accident."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import BilingualText, Declaration, read
from minegis.levels import Tier

Floats = NDArray[np.float64]


class _Lec(Declaration):
    source: str
    provenance: str
    likelihood: tuple[float, ...]
    exposure: tuple[float, ...]
    consequence: tuple[float, ...]
    blue: float
    yellow: float
    orange: float
    red: float


class _Matrix(Declaration):
    source: str
    provenance: str
    size: int
    bounds: dict[str, float]


class _Grade(Declaration):
    clause: str
    provenance: str
    tiers: dict[str, str]


class _Accident(Declaration):
    source: str
    provenance: str
    deaths: tuple[float, ...]
    serious_injuries: tuple[float, ...]
    loss: tuple[float, ...]
    classes: tuple[BilingualText, ...]


class GradingTables(Declaration):
    """Scales and limits of each grading."""

    lec: _Lec
    matrix: _Matrix
    grade: _Grade
    accident: _Accident


@cache
def grading_tables() -> GradingTables:
    """Return the declared tables."""
    return read(Path(__file__).with_name("grading_tables.yaml"), GradingTables)


def lec_danger(likelihood: ArrayLike, exposure: ArrayLike, consequence: ArrayLike) -> Floats:
    """Danger by likelihood, exposure and consequence.

    Parameters
    ----------
    likelihood, exposure, consequence : (n,) float, 1
        Values of the scales of the method; anything else has no answer.

    Returns
    -------
    (n,) float, 1
        ``D = L·E·C``.

    References
    ----------
    Graham & Kinney (1980).
    """
    scales = grading_tables().lec
    given = [np.asarray(v, dtype=np.float64) for v in (likelihood, exposure, consequence)]
    known = [
        np.isin(value, scale)
        for value, scale in zip(given, (scales.likelihood, scales.exposure, scales.consequence), strict=True)
    ]
    return np.where(known[0] & known[1] & known[2], given[0] * given[1] * given[2], np.nan)


def lec_tier(danger: ArrayLike) -> Floats:
    """Tier of a danger: red above 320, orange from 160, yellow from 70.

    Parameters
    ----------
    danger : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        1 blue to 4 red; NaN where unknown or not above 0.

    References
    ----------
    Graham & Kinney (1980), colours as in double prevention.
    """
    limits, value = grading_tables().lec, np.asarray(danger, dtype=np.float64)
    tier = 1.0 + (value >= limits.yellow) + (value >= limits.orange) + (value > limits.red)
    return np.where(value > limits.blue, tier, np.nan)


def matrix_tier(likelihood: ArrayLike, severity: ArrayLike) -> Floats:
    """Tier of the five by five risk matrix.

    Parameters
    ----------
    likelihood, severity : (n,) float, 1
        1 to 5.

    Returns
    -------
    (n,) float, 1
        1 blue to 4 red; NaN for anything but 1 to 5.

    References
    ----------
    GB/T 27921; product 20 to 25 red, 9 to 16 orange, 4 to 8 yellow.
    """
    matrix = grading_tables().matrix
    steps = np.arange(1, matrix.size + 1)
    chance, harm = (np.asarray(v, dtype=np.float64) for v in (likelihood, severity))
    bounds = [matrix.bounds[tier.name.lower()] for tier in Tier if tier]
    tier = np.searchsorted(bounds, chance * harm, side="right").astype(np.float64)
    return np.where(np.isin(chance, steps) & np.isin(harm, steps), tier, np.nan)


def supervision_tier(grade: ArrayLike) -> Floats:
    """Tier of the national supervision grade.

    Parameters
    ----------
    grade : (n,) str
        ``A`` low to ``D`` major.

    Returns
    -------
    (n,) float, 1
        1 blue to 4 red; NaN for anything else.

    References
    ----------
    矿安〔2023〕1号.
    """
    table = {name: float(Tier[tier.upper()]) for name, tier in grading_tables().grade.tiers.items()}
    grades = np.asarray(grade, dtype=np.str_)
    return np.array([table.get(name, np.nan) for name in grades.ravel().tolist()]).reshape(grades.shape)


def accident_class(deaths: ArrayLike, serious_injuries: ArrayLike, loss: ArrayLike) -> Floats:
    """Class of an accident: the worst that its deaths, injuries or loss make it.

    Parameters
    ----------
    deaths, serious_injuries : (n,) float, 1
    loss : (n,) float, 10⁴ CNY
        Direct.

    Returns
    -------
    (n,) float, 1
        0 ordinary, 1 larger, 2 major, 3 extraordinary; NaN where any is unknown and the rest do not already
        make it extraordinary.

    References
    ----------
    生产安全事故报告和调查处理条例 §3.
    """
    table = grading_tables().accident
    given = [np.asarray(v, dtype=np.float64) for v in (deaths, serious_injuries, loss)]
    limits = (table.deaths, table.serious_injuries, table.loss)
    each = np.broadcast_arrays(
        *(
            np.where(np.isnan(value), np.nan, np.searchsorted(limit, value, side="right"))
            for value, limit in zip(given, limits, strict=True)
        )
    )
    stacked = np.stack(each)
    worst = np.nan_to_num(stacked, nan=-1.0).max(axis=0)
    known = ~np.isnan(stacked).any(axis=0) | (worst == len(table.classes) - 1)
    return np.where(known, worst, np.nan)
