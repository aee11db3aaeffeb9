"""What the members of a forecast say together."""

from __future__ import annotations

import numpy as np

from pipelines.asset_models import Floats


def most_in(hourly: Floats, hours: int) -> Floats:
    """Return the largest sum of so many hours on end, (assets,) mm.

    Parameters
    ----------
    hourly : (n, assets) float, mm
        Of one member. An hour that it does not speak of counts as dry, so the sum is what falls at least;
        where it speaks of none the sum is NaN.
    hours : int
    """
    fallen = np.vstack([np.zeros(hourly.shape[1]), np.nan_to_num(hourly)])
    total = np.cumsum(fallen, axis=0)
    length = min(hours, hourly.shape[0])
    most = (total[length:] - total[:-length]).max(axis=0)
    return np.where(np.isnan(hourly).all(axis=0), np.nan, most)


def upper_median(members: Floats) -> Floats:
    """Return what at least half of the members that speak reach, (assets,), NaN where none speaks.

    Parameters
    ----------
    members : (members, assets) float
        NaN where a member does not speak.
    """
    ordered = np.sort(np.where(np.isnan(members), -np.inf, members), axis=0)[::-1]
    known = (~np.isnan(members)).sum(axis=0)
    at = np.maximum((known + 1) // 2 - 1, 0)
    return np.where(known > 0, ordered[at, np.arange(members.shape[1])], np.nan)
