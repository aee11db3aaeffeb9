"""Rain over a period, from rates, climatologies and shorter accumulations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from pipelines.raster import Raster

_DAY = timedelta(days=1)


def check_period(start: datetime, end: datetime, *, where: str = "") -> None:
    """Refuse a period without offset or length.

    Raises
    ------
    InvalidInput
        If a time has no offset, or `end` is not after `start`.
    """
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise InvalidInput(
            "not a period",
            where=where,
            expected="two times with offset, start before end",
            got=f"{start}, {end}",
        )


def days_by_month(start: datetime, end: datetime) -> NDArray[np.float64]:
    """Return how many days of a period fall in each calendar month (UTC), January first, shape ``(12,)``."""
    check_period(start, end)
    days = np.zeros(12)
    moment = start
    while moment < end:
        following = (moment.replace(day=28, hour=0, minute=0, second=0, microsecond=0) + 4 * _DAY).replace(
            day=1
        )
        until = min(following, end)
        days[moment.month - 1] += (until - moment) / _DAY
        moment = until
    return days


def climatological_rain(monthly_rates: ArrayLike, start: datetime, end: datetime) -> NDArray[np.float64]:
    """Return the rain that twelve monthly mean rates give over a period.

    Parameters
    ----------
    monthly_rates : (12, height, width) float, mm/d
        January first.
    start, end : datetime

    Returns
    -------
    (height, width) float, mm
        NaN where a month that the period touches is missing.
    """
    rates = np.asarray(monthly_rates, dtype=np.float64)
    days = days_by_month(start, end)
    touched = days > 0
    return np.asarray(np.tensordot(days[touched], rates[touched], axes=1))


def total_rain(parts: Sequence[Raster]) -> Raster:
    """Add up accumulations that follow one another without gap or overlap.

    Parameters
    ----------
    parts : sequence of Raster
        `rain` on one grid, each with its start and end.

    Raises
    ------
    InvalidInput
        If there are none, they differ in grid, or their periods do not join.
    """
    if not parts:
        raise InvalidInput("no rain to add up", expected="one accumulation or more")
    ordered = sorted(parts, key=lambda part: _period(part)[0])
    for earlier, later in pairwise(ordered):
        if later.valid_from != earlier.valid_to:
            raise InvalidInput(
                "accumulations that do not join",
                where=later.source,
                expected=f"start {earlier.valid_to}",
                got=f"start {later.valid_from}",
            )
        if later.grid != earlier.grid:
            raise InvalidInput(
                "accumulations on different grids", where=later.source, expected=earlier.source
            )
    total = np.sum([part.values for part in ordered], axis=0, dtype=np.float64)
    return replace(
        ordered[0],
        values=total.astype(np.float32),
        valid_to=ordered[-1].valid_to,
        source=" + ".join(dict.fromkeys(part.source for part in ordered)),
        remarks=tuple(dict.fromkeys(remark for part in ordered for remark in part.remarks)),
    )


def consecutive_rain(parts: Sequence[Raster], *, noise: float = 0.0) -> list[Raster]:
    """Return what fell between the ends of accumulations that begin at the same time.

    Parameters
    ----------
    parts : sequence of Raster
        `rain` on one grid, each with its start and end; those of one start grow with their end.
    noise : float, mm
        By how much packing may make an accumulation fall; such a fall counts as none.

    Returns
    -------
    list of Raster
        By start, then by end; the first of each start is as it came.

    Raises
    ------
    InvalidInput
        If an accumulation falls by more than `noise`, or grids differ.
    """
    ordered = sorted(parts, key=_period)
    found: list[Raster] = []
    for index, part in enumerate(ordered):
        before = ordered[index - 1] if index else None
        if before is None or before.valid_from != part.valid_from:
            found.append(part)
            continue
        if before.grid != part.grid or before.valid_to == part.valid_to:
            raise InvalidInput(
                "accumulations that cannot be subtracted", where=part.source, expected=before.source
            )
        fallen = part.values.astype(np.float64) - before.values
        least = np.nanmin(fallen, initial=0.0)
        if least < -noise:
            raise InvalidInput(
                "an accumulation that falls",
                where=f"{part.source} until {part.valid_to}",
                expected=f"no less than before, within {noise:g} mm",
                got=f"{least:g} mm",
            )
        values = np.maximum(fallen, 0.0).astype(np.float32)
        found.append(replace(part, values=values, valid_from=before.valid_to))
    return found


def _period(part: Raster) -> tuple[datetime, datetime]:
    if part.variable != "rain" or part.valid_from is None or part.valid_to is None:
        raise InvalidInput("not an accumulation", where=part.source, expected="rain with start and end")
    return part.valid_from, part.valid_to
