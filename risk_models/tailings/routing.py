"""Level of a pond under an inflow: level-pool routing over many members of a forecast at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.compiled import compiled
from minegis.errors import InvalidInput

Floats = NDArray[np.float64]
_SECONDS_PER_HOUR = 3600.0
_FAR = 1000.0  # m beyond the outlet: the ends of a table without a curve


@dataclass(frozen=True)
class PondTables:
    """Storage and outflow of ponds against their stage, rising.

    Attributes
    ----------
    stage : (n, k) float, m
    storage : (n, k) float, m³
    outflow : (n, k) float, m³/s
    """

    stage: Floats
    storage: Floats
    outflow: Floats


def constant_area_tables(
    outlet_level: ArrayLike, surface_area: ArrayLike, decant_capacity: ArrayLike, outlet_range: float
) -> PondTables:
    """Return tables of ponds of which only the water surface is known: low confidence.

    Parameters
    ----------
    outlet_level : (n,) float, m
        Level from which the decant draws.
    surface_area : (n,) float, m²
        Of the water, taken as the same at all levels; zero or less is unknown.
    decant_capacity : (n,) float, m³/s
    outlet_range : float, m
        Rise over which the decant comes to its capacity.
    """
    outlet, area, capacity = np.broadcast_arrays(
        *(np.asarray(value, dtype=np.float64) for value in (outlet_level, surface_area, decant_capacity))
    )
    area = np.where(area > 0, area, np.nan)  # a storage that does not rise cannot be read backwards
    offsets = np.array([-_FAR, 0.0, outlet_range, _FAR])
    return PondTables(
        outlet[:, np.newaxis] + offsets,
        area[:, np.newaxis] * offsets,
        capacity[:, np.newaxis] * np.array([0.0, 0.0, 1.0, 1.0]),
    )


def routed_level(
    inflow: ArrayLike,
    level: ArrayLike,
    stage: ArrayLike,
    storage: ArrayLike,
    outflow: ArrayLike,
    interval: float,
) -> Floats:
    """Level at the end of each interval: what comes in less what goes out fills the storage.

    Storage indication: ``2 S / Δt + O`` at the end is that of the beginning plus twice the mean inflow less
    twice the outflow at the beginning. Above its last row a table goes on in a straight line.

    Parameters
    ----------
    inflow : (members, intervals, n) float, m³/s
        Mean of each interval.
    level : (n,) float, m
        At the beginning.
    stage : (n, k) float, m
    storage : (n, k) float, m³
    outflow : (n, k) float, m³/s
        Not falling with the stage, as the storage.
    interval : float, s

    Returns
    -------
    (members, intervals, n) float, m
        NaN from the first unknown inflow on, and for a pond of which anything else is unknown.

    Raises
    ------
    InvalidInput
        If the shapes do not fit or a table does not rise.

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, section 8.2.
    """
    rain = np.ascontiguousarray(inflow, dtype=np.float64)
    tables = [np.ascontiguousarray(each, dtype=np.float64) for each in (stage, storage, outflow)]
    n = rain.shape[-1]
    start = np.ascontiguousarray(np.broadcast_to(np.asarray(level, dtype=np.float64), (n,)))
    if rain.ndim != 3 or any(each.shape != tables[0].shape or each.shape[0] != n for each in tables):
        raise InvalidInput(
            "tables do not fit the inflow",
            where="routed_level",
            expected=f"({n}, k)",
            got=str([each.shape for each in tables]),
        )
    steps = [np.diff(each, axis=1) for each in tables]
    if (steps[0] <= 0).any() or (steps[1] <= 0).any() or (steps[2] < 0).any():
        raise InvalidInput("a table does not rise", where="routed_level", expected="rising stage and storage")
    found = np.empty_like(rain)
    _route(rain, start, tables[0], 2.0 * tables[1] / interval + tables[2], tables[2], found)
    return found


@compiled
def _row(x: float, xs: Floats, ys: Floats, p: int) -> float:
    """Return y at x in row p of the tables; a view of the row would cost more than the look-up."""
    last = xs.shape[1] - 1
    i = 1
    while i < last and x > xs[p, i]:
        i += 1
    share = (x - xs[p, i - 1]) / (xs[p, i] - xs[p, i - 1])
    return float(ys[p, i - 1] + share * (ys[p, i] - ys[p, i - 1]))


@compiled
def _route(
    inflow: Floats, level: Floats, stage: Floats, indication: Floats, outflow: Floats, found: Floats
) -> None:
    members, intervals, ponds = inflow.shape
    for p in range(ponds):
        for m in range(members):
            z = level[p]
            for t in range(intervals):
                held = max(z, stage[p, 0])
                leaving = _row(held, stage, outflow, p)
                now = _row(held, stage, indication, p) + 2.0 * (inflow[m, t, p] - leaving)
                z = np.nan if np.isnan(now) else _row(max(now, indication[p, 0]), indication, stage, p)
                found[m, t, p] = z


def forecast_passage(
    intensity: ArrayLike,
    inflow_per_intensity: ArrayLike,
    level: ArrayLike,
    limit: ArrayLike,
    stage: ArrayLike,
    storage: ArrayLike,
    outflow: ArrayLike,
    interval: float,
) -> Floats:
    """Time until the level under a forecast reaches a limit, in each member.

    As `routed_level` and the first passage of what it returns, without keeping the levels.

    Parameters
    ----------
    intensity : (members, intervals, n) float, mm/h
    inflow_per_intensity : (n,) float, m³/s
        Of a millimetre an hour.
    level, limit : (n,) float, m
        At the beginning, and the one that must not be reached.
    stage, storage, outflow : (n, k) float
        As in `routed_level`.
    interval : float, s

    Returns
    -------
    (members, n) float, h
        Infinite where the limit is never reached within the forecast; NaN where something before that is
        unknown.

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, section 8.2.
    """
    rain = np.ascontiguousarray(intensity, dtype=np.float64)
    n = rain.shape[-1]
    tables = [np.ascontiguousarray(each, dtype=np.float64) for each in (stage, storage, outflow)]
    factor, start, bound = (
        np.ascontiguousarray(np.broadcast_to(np.asarray(each, dtype=np.float64), (n,)))
        for each in (inflow_per_intensity, level, limit)
    )
    found = np.empty((rain.shape[0], n))
    indication = 2.0 * tables[1] / interval + tables[2]
    _passage(
        rain, factor, start, bound, tables[0], indication, tables[2], interval / _SECONDS_PER_HOUR, found
    )
    return found


@compiled
def _passage(
    intensity: Floats,
    factor: Floats,
    level: Floats,
    limit: Floats,
    stage: Floats,
    indication: Floats,
    outflow: Floats,
    hours: float,
    found: Floats,
) -> None:
    members, intervals, ponds = intensity.shape
    start, bound, held = np.empty(ponds), np.empty(ponds), np.empty(ponds)
    for p in range(ponds):
        start[p] = _row(max(level[p], stage[p, 0]), stage, indication, p)
        bound[p] = _row(limit[p], stage, indication, p)
        if np.isnan(level[p] + limit[p] + factor[p] + indication[p].sum() + outflow[p].sum()):
            start[p] = np.nan
    for m in range(members):
        for p in range(ponds):
            held[p] = start[p]
            found[m, p] = start[p] if np.isnan(start[p]) else (0.0 if level[p] >= limit[p] else np.inf)
        for t in range(intervals):
            for p in range(ponds):
                if found[m, p] != np.inf:
                    continue
                before = held[p]
                rain = factor[p] * intensity[m, t, p]
                after = before + 2.0 * (rain - _row(before, indication, outflow, p))
                if np.isnan(after):
                    found[m, p] = np.nan
                elif after >= bound[p]:
                    low, high = _row(before, indication, stage, p), _row(after, indication, stage, p)
                    # a level that is a rounding below its limit does not rise to it
                    found[m, p] = (t + ((limit[p] - low) / (high - low) if high > low else 0.0)) * hours
                held[p] = max(after, indication[p, 0])
