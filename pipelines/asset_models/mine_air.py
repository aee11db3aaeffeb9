"""The Graham ratio of each mine: of the gases of one point together, never of the best of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.asset_models.series import Floats, Series
from risk_models.underground.fire import graham_ratio

_PERCENT = 1e-4  # of a ppm


@dataclass(frozen=True)
class Air:
    """What the air of each mine tells.

    Attributes
    ----------
    ratio : (n,) float, %
        The worst Graham ratio, NaN where there is none.
    apart : (n,) bool
        Whether its gases were measured at different points.
    fresh : (n,) bool
        Whether all three gases are known and there is no ratio, since hardly any oxygen is missing.
    """

    ratio: Floats
    apart: NDArray[np.bool_]
    fresh: NDArray[np.bool_]


def air_of(count: int, gases: Sequence[tuple[Series, Floats]]) -> Air:
    """Return the worst ratio of each mine.

    A point that measures all three gases has a ratio of its own. Of the other points it is the worst that
    their gases give in any combination: another sensor may raise it and never lowers it.

    Parameters
    ----------
    count : int
        Of mines.
    gases : sequence of series and (m,) float
        Carbon monoxide (ppm), nitrogen and oxygen (%), and the value of each point that counts.
    """
    points: list[dict[str, list[float]]] = [{} for _ in range(count)]
    for column, (series, values) in enumerate(gases):
        for owner, point, value in zip(series.owner.tolist(), series.point, values.tolist(), strict=True):
            points[owner].setdefault(point, [np.nan] * len(gases))[column] = value
    found = [_worst(np.array(list(each.values())).reshape(-1, len(gases))) for each in points]
    ratio, apart, fresh = zip(*found, strict=True) if found else ((), (), ())
    return Air(np.array(ratio, dtype=np.float64), np.array(apart, dtype=bool), np.array(fresh, dtype=bool))


def _worst(rows: Floats) -> tuple[float, bool, bool]:
    """Return the worst ratio of a mine, whether its gases lie apart, and whether the air is fresh."""
    whole = ~np.isnan(rows).any(axis=1)
    co, nitrogen, oxygen = rows[whole].T
    own = np.fmax.reduce(graham_ratio(co * _PERCENT, nitrogen, oxygen), initial=np.nan)
    co, nitrogen, oxygen = rows[~whole].T
    most = np.fmax.reduce(co, initial=np.nan) * _PERCENT
    mixed = np.fmax.reduce(graham_ratio(most, nitrogen[:, np.newaxis], oxygen), axis=None, initial=np.nan)
    known = bool(whole.any() or (~np.isnan(rows[~whole])).any(axis=0).all())
    ratio = float(np.fmax(own, mixed))
    return (
        ratio,
        bool(mixed > own or (np.isnan(own) and not np.isnan(mixed))),
        known and bool(np.isnan(ratio)),
    )
