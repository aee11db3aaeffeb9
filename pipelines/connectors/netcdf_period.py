"""The period each step of a NetCDF variable speaks of: from its bounds, its metadata, or what is declared."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import netCDF4
import numpy as np

from minegis.clock import parse_utc
from minegis.errors import InvalidInput
from pipelines.connectors.grib_period import Period

type Stamp = Literal["hour_end", "since_day"]

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_GRANULE = re.compile(r"(Start|Stop)GranuleDateTime=([0-9T:.\-]+Z)")


def netcdf_periods(
    dataset: Any,
    found: Any,
    where: str,
    *,
    stamp: Stamp | None = None,
    day_ends: time | None = None,
    offset: timedelta = timedelta(0),
) -> list[Period | None]:
    """Return the period of each step of the first axis of time, None where nothing says it.

    Parameters
    ----------
    dataset, found
        The file and the variable.
    stamp : str, optional
        What a time without bounds means: the end of an hour, or the end of what has fallen since 00 UTC.
    day_ends : time with offset, optional
        A time without bounds is a date, whose day of 24 hours ends at this clock time of that date.
    offset : timedelta
        How far the file's clock is ahead of UTC although it does not say so.
    """
    axes = [found.group().variables.get(dimension) for dimension in found.dimensions]
    axis = next((each for each in axes if each is not None and " since " in getattr(each, "units", "")), None)
    if axis is None:
        return [_granule(dataset, where)]
    bounds = axis.group().variables.get(getattr(axis, "bounds", ""))
    if bounds is not None:
        pairs = _moments(bounds[:], axis, where) - offset
        return [(_utc(first), _utc(last)) for first, last in pairs]
    if stamp is None and day_ends is None:
        granule = _granule(dataset, where) if axis.shape[0] == 1 else None
        return [granule] * axis.shape[0]
    moments = [_utc(each) for each in _moments(axis[:], axis, where) - offset]
    if day_ends is not None:
        return [_day(moment, day_ends) for moment in moments]
    return [_stamped(moment, stamp) for moment in moments]


def _stamped(moment: datetime, stamp: Stamp | None) -> Period:
    if stamp == "hour_end":
        return moment - _HOUR, moment
    # 00 UTC ends the day before (ERA5-Land).
    day = (moment - timedelta(microseconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day, moment


def _day(moment: datetime, ends: time) -> Period:
    end = datetime.combine(moment.date(), ends).astimezone(UTC)
    return end - _DAY, end


def _granule(dataset: Any, where: str) -> Period | None:
    """Read the times of a granule of GPM from the header of the file; its last millisecond is included."""
    header = str(getattr(dataset, "FileHeader", ""))
    times = {name: parse_utc(text, where=f"{where} FileHeader") for name, text in _GRANULE.findall(header)}
    if set(times) != {"Start", "Stop"}:
        return None
    stop = times["Stop"]
    return times["Start"], stop + timedelta(milliseconds=1) if stop.microsecond == 999_000 else stop


def _moments(values: Any, axis: Any, where: str) -> Any:
    calendar = getattr(axis, "calendar", "standard")
    if (
        calendar == "julian"
    ):  # as IMERG says of seconds since 1970; both calendars count them alike until 2100
        calendar = "standard"
    try:
        found = netCDF4.num2date(values, axis.units, calendar, only_use_cftime_datetimes=False)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("times that are no dates", where=f"{where} {axis.name}", got=str(error)) from None
    moments = np.asarray(found)
    if not all(isinstance(each, datetime) for each in moments.ravel()):
        raise InvalidInput(
            "times that are no dates", where=f"{where} {axis.name}", got=str(moments.ravel()[0])
        )
    return moments


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
