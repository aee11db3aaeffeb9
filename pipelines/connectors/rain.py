"""Rain from NetCDF, GRIB and GeoTIFF as accumulations in mm with an explicit start and end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import cache, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from pydantic import RootModel

from minegis.clock import format_utc
from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput, NotFound
from pipelines.accumulation import check_period, climatological_rain, consecutive_rain, total_rain
from pipelines.connectors.field import MAX_BYTES, Bounds, Field, file_kind, stated_unit, to_raster
from pipelines.connectors.geotiff import read_geotiff, read_grib
from pipelines.connectors.grib_period import Period, grib_member, grib_period
from pipelines.connectors.netcdf import gridded_variable, opened, read_netcdf
from pipelines.connectors.netcdf_period import Stamp, netcdf_periods
from pipelines.raster import Raster
from pipelines.units import conversion, is_rate

_MONTHS = 12


@dataclass(frozen=True)
class _Layer:
    """One field of a file: the period it states, if it does, how to read it, and its member."""

    period: Period | None
    load: Callable[[], Field]
    member: int = 0


class RainProduct(Declaration):
    """What the files of a product do not say of themselves; see ``rain_products.yaml``."""

    kind: Literal["amount", "climatology"] = "amount"
    variable: str | tuple[str, ...] | None = None
    unit: str | None = None
    scale: float = 1.0
    nodata: tuple[float, ...] = ()
    since: Literal["reference", "day", "hour"] | None = None
    day_ends: time | None = None
    ahead_h: float = 0.0
    noise: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the variable has had, the newest first."""
        if self.variable is None:
            return ()
        return (self.variable,) if isinstance(self.variable, str) else self.variable


class _Products(RootModel[dict[str, RainProduct]]):
    pass


@cache
def rain_products() -> Mapping[str, RainProduct]:
    """Return the declared products by name, immutable."""
    return MappingProxyType(read(Path(__file__).with_name("rain_products.yaml"), _Products).root)


def read_rain(
    path: Path,
    product: str | None = None,
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    crs: str | None = None,
    bounds: Bounds | None = None,
    max_bytes: int = MAX_BYTES,
) -> Raster:
    """Read the rain of one period.

    Parameters
    ----------
    product : str, optional
        Name in ``rain_products.yaml``; without it only what the file states is believed.
    start, end : datetime, optional
        The period. Where the file states periods, those that make up this one are added up; it may be left
        out if the file has only one. Where the file states none, it is what the caller says.
    crs, bounds, max_bytes
        As of `read_grid`.

    Returns
    -------
    Raster
        `rain`, mm, with `valid_from` and `valid_to`.

    Raises
    ------
    InvalidInput
        If the period is neither in the file nor given, or the file's periods do not make it up.
    """
    asked = _asked(start, end, path.name)
    profile = _profile(product)
    if profile.kind == "climatology":
        return _climatology(path, profile, _needed(asked, path.name), crs, bounds, max_bytes)
    layers = list(_layers(path, profile, bounds, max_bytes))
    if not layers:
        raise InvalidInput(
            "no rain in the file", where=path.name, expected=", ".join(profile.names) or "a rain field"
        )
    if any(layer.period is None for layer in layers):
        if len(layers) > 1:
            raise InvalidInput("several layers, not all with a period of their own", where=path.name)
        return _rain(layers[0], profile, _needed(asked, path.name), crs)
    return _made_up(layers, profile, asked, crs, path.name)


def rain_layers(
    path: Path, product: str | None = None, *, bounds: Bounds | None = None, max_bytes: int = MAX_BYTES
) -> Iterator[tuple[int, Raster]]:
    """Yield the member of the ensemble (0 without one) and the rain of every field of a file.

    Raises
    ------
    InvalidInput
        If a field has no period.
    """
    profile = _profile(product)
    for layer in _layers(path, profile, bounds, max_bytes):
        yield layer.member, _rain(layer, profile, _needed(layer.period, path.name), None)


def _made_up(
    layers: Iterable[_Layer], profile: RainProduct, asked: Period | None, crs: str | None, where: str
) -> Raster:
    """Add up the layers within the period; they must cover it."""
    stated = [(layer, layer.period) for layer in layers if layer.period is not None]
    periods = [period for _, period in stated]
    first, last = asked or (periods[0] if len(periods) == 1 else _needed(None, where, periods))
    if profile.since in ("reference", "day") and (first, last) not in periods:
        ended = [(layer, period) for layer, period in stated if first <= period[1] <= last]
        growing = [_rain(layer, profile, period, crs) for layer, period in ended]
        parts = consecutive_rain(growing, noise=profile.noise)
        within = [part for part in parts if part.valid_from is not None and part.valid_from >= first]
    elif profile.since in ("reference", "day"):
        within = [_rain(layer, profile, period, crs) for layer, period in stated if period == (first, last)]
    else:
        inner = [(layer, period) for layer, period in stated if first <= period[0] and period[1] <= last]
        within = [_rain(layer, profile, period, crs) for layer, period in inner]
    total = total_rain(within) if within else None
    if total is None or (total.valid_from, total.valid_to) != (first, last):
        raise InvalidInput(
            "the file does not cover the period",
            where=where,
            expected=_written([(first, last)]),
            got=_written(periods),
        )
    return total


def _profile(product: str | None) -> RainProduct:
    if product is None:
        return RainProduct()
    if product not in rain_products():
        raise NotFound("no such rain product", where=product, expected=", ".join(rain_products()))
    return rain_products()[product]


def _asked(start: datetime | None, end: datetime | None, where: str) -> Period | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise InvalidInput("half a period", where=where, expected="start and end", got=f"{start}, {end}")
    check_period(start, end, where=where)
    return start.astimezone(UTC), end.astimezone(UTC)


def _needed(asked: Period | None, where: str, periods: Iterable[Period] = ()) -> Period:
    if asked is None:
        raise InvalidInput(
            "the period of the rain is not clear",
            where=where,
            expected="start and end",
            got=_written(periods),
        )
    return asked


def _written(periods: Iterable[Period]) -> str:
    return "; ".join(f"{format_utc(start)} to {format_utc(end)}" for start, end in periods) or "none stated"


def _rain(layer: _Layer, profile: RainProduct, period: Period, crs: str | None) -> Raster:
    """Convert an amount, or a rate times the length of its period, to mm."""
    found = layer.load()
    unit, scale = stated_unit(found, profile.unit), profile.scale
    if is_rate(unit, where=found.source):
        days = (period[1] - period[0]).total_seconds() / 86400
        scale *= conversion(unit, "mm/d", where=found.source) * days
        unit = "mm"
    return to_raster(
        replace(found, unit=unit),
        "rain",
        crs=crs,
        nodata=profile.nodata,
        scale=scale,
        noise=profile.noise,
        valid_from=period[0],
        valid_to=period[1],
    )


def _climatology(
    path: Path, profile: RainProduct, period: Period, crs: str | None, bounds: Bounds | None, max_bytes: int
) -> Raster:
    """Add up monthly mean rates; the axis of time is counted, not decoded: its years mean nothing."""
    with opened(path) as dataset:
        name = _name_in(dataset, profile)
        found = gridded_variable(dataset, name, path.name)
        if found.ndim != 3 or found.shape[0] != _MONTHS:
            raise InvalidInput(
                "not a monthly climatology", where=path.name, expected="12 × y × x", got=str(found.shape)
            )
    months = [
        read_netcdf(path, name, step=month, bounds=bounds, max_bytes=max_bytes // _MONTHS)
        for month in range(_MONTHS)
    ]
    factor = conversion(stated_unit(months[0], profile.unit), "mm/d", where=path.name) * profile.scale
    rain = climatological_rain(np.stack([month.values for month in months]) * factor, *period)
    amount = replace(months[0], values=rain, unit="mm")
    return to_raster(amount, "rain", crs=crs, noise=profile.noise, valid_from=period[0], valid_to=period[1])


def _layers(path: Path, profile: RainProduct, bounds: Bounds | None, max_bytes: int) -> Iterator[_Layer]:
    kind = file_kind(path)
    if kind == "tiff":
        yield _Layer(None, lambda: read_geotiff(path, bounds=bounds, max_bytes=max_bytes))
    elif kind == "netcdf":
        yield from _netcdf_layers(path, profile, bounds, max_bytes)
    else:
        yield from _grib_layers(path, profile, bounds, max_bytes)


def _grib_layers(path: Path, profile: RainProduct, bounds: Bounds | None, max_bytes: int) -> Iterator[_Layer]:
    if not profile.names:
        raise InvalidInput("which GRIB element is rain is not clear", where=path.name, expected="a product")
    for message, found in read_grib(path, bounds=bounds, max_bytes=max_bytes):
        # GDAL appends the hours of the interval to some elements: APCP06
        if found.tags.get("GRIB_ELEMENT", "").rstrip("0123456789") in profile.names:
            period = grib_period(message, found.tags, since_reference=profile.since in ("reference", "day"))
            if period is None and profile.since == "hour":
                valid = datetime.fromtimestamp(int(found.tags["GRIB_VALID_TIME"]), UTC)
                period = valid - timedelta(hours=1), valid
            yield _Layer(period, partial(replace, found), grib_member(message, found.tags))


def _netcdf_layers(
    path: Path, profile: RainProduct, bounds: Bounds | None, max_bytes: int
) -> Iterator[_Layer]:
    with opened(path) as dataset:
        name = _name_in(dataset, profile)
        found = gridded_variable(dataset, name, path.name)
        periods = netcdf_periods(
            dataset,
            found,
            path.name,
            stamp=_STAMPS.get(profile.since or ""),
            day_ends=profile.day_ends,
            offset=timedelta(hours=profile.ahead_h),
        )
    for step, period in enumerate(periods):
        yield _Layer(
            period,
            partial(read_netcdf, path, name, step=step, bounds=bounds, max_bytes=max_bytes),
        )


_STAMPS: Mapping[str, Stamp] = {"hour": "hour_end", "day": "since_day"}


def _name_in(dataset: Any, profile: RainProduct) -> str | None:
    """Return which of its names the variable has in this file, the newest where it has none of them."""
    for name in profile.names:
        try:
            dataset[name]
        except IndexError:
            continue
        return name
    return profile.names[0] if profile.names else None
