"""Water that breaks in: inflow, the pumps, the rock that holds it back, the time until a level is full."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def inflow_ratio(inflow: ArrayLike, usual_inflow: ArrayLike) -> Floats:
    """Inflow over the usual.

    Parameters
    ----------
    inflow, usual_inflow : (n,) float, m³/h

    Returns
    -------
    (n,) float, 1
        NaN where the usual is not above 0.

    References
    ----------
    A rule of practice; its limits are of this project.
    """
    now, usual = (np.asarray(v, dtype=np.float64) for v in (inflow, usual_inflow))
    return np.asarray(now / np.where(usual > 0, usual, np.nan))


def pump_load(inflow: ArrayLike, pump_capacity: ArrayLike) -> Floats:
    """Inflow over what the pumps can lift.

    Parameters
    ----------
    inflow, pump_capacity : (n,) float, m³/h

    Returns
    -------
    (n,) float, 1
        inf without pumps; NaN where an input is NaN or the capacity negative.

    References
    ----------
    Mass balance.
    """
    now, capacity = (np.asarray(v, dtype=np.float64) for v in (inflow, pump_capacity))
    with np.errstate(divide="ignore", invalid="ignore"):
        load = now / np.where(capacity >= 0, capacity, np.nan)
    return np.where((now == 0) & (capacity == 0), 0.0, load)


def inrush_coefficient(pressure: ArrayLike, thickness: ArrayLike) -> Floats:
    """Water pressure over the thickness of the rock that holds it back.

    Parameters
    ----------
    pressure : (n,) float, MPa
    thickness : (n,) float, m

    Returns
    -------
    (n,) float, MPa/m
        From coal mines, critical about 0.06 in broken and 0.10 in whole ground: advice only. NaN where the
        thickness is not above 0.

    References
    ----------
    煤矿防治水细则, appendix 5.
    """
    p, m = (np.asarray(v, dtype=np.float64) for v in (pressure, thickness))
    return np.asarray(p / np.where(m > 0, m, np.nan))


def flooding_time(level_volumes: ArrayLike, inflow: ArrayLike, pump_rate: ArrayLike) -> Floats:
    """Time until each level is full, filled from the lowest up.

    Parameters
    ----------
    level_volumes : (levels, ...) float, m³
        Open volume of each level, lowest first.
    inflow, pump_rate : (...) float, m³/h

    Returns
    -------
    (levels, ...) float, h
        inf where the pumps keep up; NaN where an input is NaN.

    References
    ----------
    Mass balance: ``t = ΣV / (Q_in − Q_pump)``.
    """
    volumes = np.asarray(level_volumes, dtype=np.float64)
    net = np.asarray(inflow, dtype=np.float64) - np.asarray(pump_rate, dtype=np.float64)
    filled = np.cumsum(volumes, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        hours = filled / net
    return np.where(np.isnan(filled + net), np.nan, np.where(net > 0, hours, np.inf))
