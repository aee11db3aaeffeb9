"""Overtopping of a dam: when the forecast level uses up the freeboard, and in how many members."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from minegis.errors import InvalidInput

Floats = NDArray[np.float64]


def perturbed_rain(intensity: ArrayLike, spread: float, members: int) -> Floats:
    """Members of a forecast that has but one: its rain times the quantiles of a lognormal factor.

    Parameters
    ----------
    intensity : (hours, n) float, mm/h
    spread : float, 1
        Standard deviation of the logarithm of the factor.
    members : int
        How many; odd keeps the forecast itself as the middle one.

    Returns
    -------
    (members, hours, n) float, mm/h

    References
    ----------
    Equal shares of probability, each by its middle; the median member is the forecast.
    """
    factors = np.exp(spread * ndtri((np.arange(members) + 0.5) / members))
    return np.asarray(factors[:, np.newaxis, np.newaxis] * np.asarray(intensity, dtype=np.float64))


def overtopping_lead_time(level: ArrayLike, start: ArrayLike, limit: ArrayLike, interval: float) -> Floats:
    """Time until the level reaches a limit, in each member.

    Parameters
    ----------
    level : (members, intervals, n) float, m
        At the end of each interval, from `routed_level`.
    start : (n,) float, m
        Level at the beginning.
    limit : (n,) float, m
        Crest less the minimum freeboard.
    interval : float, h

    Returns
    -------
    (members, n) float, h
        Linear between the ends of an interval; infinite where the limit is never reached within the forecast;
        NaN where a level before that, or the limit, is unknown.

    References
    ----------
    First passage of the routed level.
    """
    ends = np.asarray(level, dtype=np.float64)
    first = np.broadcast_to(np.asarray(start, dtype=np.float64), ends[:, :1].shape)
    z = np.concatenate([first, ends], axis=1)
    bound = np.broadcast_to(np.asarray(limit, dtype=np.float64), z.shape[2:])
    reached = z >= bound
    at = np.argmax(reached, axis=1)
    member, pond = np.ogrid[: z.shape[0], : z.shape[2]]
    before, after = z[member, np.maximum(at - 1, 0), pond], z[member, at, pond]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(at == 0, 0.0, (bound - before) / (after - before))
    hours = np.where(reached.any(axis=1), (np.maximum(at - 1, 0) + part) * interval, np.inf)
    unknown_before = np.isnan(z).argmax(axis=1)
    unknown = np.isnan(z).any(axis=1) & (~reached.any(axis=1) | (unknown_before < at))
    return np.where(unknown | np.isnan(bound), np.nan, hours)


def overtopping_probability(lead_time: ArrayLike) -> Floats:
    """Share of the members in which the limit is reached, at least.

    Parameters
    ----------
    lead_time : (members, n) float, h
        From `overtopping_lead_time`.

    Returns
    -------
    (n,) float, 1
        A member that is unknown counts as one that does not reach it, so that one short member hides nothing;
        NaN where all are unknown.

    References
    ----------
    Relative frequency over equally likely members.
    """
    hours = np.asarray(lead_time, dtype=np.float64)
    return np.where(np.isnan(hours).all(axis=0), np.nan, np.isfinite(hours).mean(axis=0))


def lead_time_quantile(lead_time: ArrayLike, quantile: float) -> Floats:
    """Time by which a share of the members has reached the limit.

    Parameters
    ----------
    lead_time : (members, n) float, h
        From `overtopping_lead_time`.
    quantile : float, 1
        0.1 for P10, the early end.

    Returns
    -------
    (n,) float, h
        A member's own value, not one between two; infinite where fewer members than that reach it: never
        within the forecast. A member that is unknown counts as one that never does; NaN where all are.

    Raises
    ------
    InvalidInput
        If the quantile is not above 0 and at most 1.

    References
    ----------
    Inverse of the empirical distribution function.
    """
    if not 0.0 < quantile <= 1.0:
        raise InvalidInput(
            "no such quantile", where="quantile", expected="above 0, at most 1", got=str(quantile)
        )
    ranked = np.sort(np.asarray(lead_time, dtype=np.float64), axis=0)
    rank = int(np.ceil(quantile * ranked.shape[0] - 1e-9)) - 1
    unknown = np.isnan(ranked)
    return np.where(unknown.all(axis=0), np.nan, np.where(unknown, np.inf, ranked)[rank])
