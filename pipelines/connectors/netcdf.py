"""NetCDF (classic and HDF5) through netCDF4: one variable on two regular axes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from minegis.errors import InvalidInput
from pipelines.connectors.field import MAX_BYTES, Bounds, Field, Floats, Transform, file_kind, window
from pipelines.raster import source_name

_X = {"lon", "longitude", "x"}
_Y = {"lat", "latitude", "y"}


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a local NetCDF file with raw values: nothing is masked or scaled behind the reader's back.

    Raises
    ------
    InvalidInput
        If it is none, or broken.
    """
    if file_kind(path) != "netcdf":
        raise InvalidInput("not a NetCDF file", where=path.name)
    try:
        dataset = netCDF4.Dataset(path)
    except OSError as error:
        raise InvalidInput("a NetCDF file that cannot be read", where=path.name, got=str(error)) from None
    with dataset:
        dataset.set_auto_maskandscale(False)
        yield dataset


def read_netcdf(
    path: Path,
    name: str | None = None,
    *,
    step: int | None = None,
    bounds: Bounds | None = None,
    max_bytes: int = MAX_BYTES,
) -> Field:
    """Read one variable, or the part of it that touches `bounds` (in the file's own coordinates).

    Parameters
    ----------
    name : str, optional
        The variable (``group/variable`` in groups); may be left out where only one lies on x and y.
    step : int, optional
        Index on a third axis, if there is one longer than 1.

    Raises
    ------
    InvalidInput
        If the variable is not there or not clear, its axes are irregular, or it needs more than `max_bytes`.
    """
    with opened(path) as dataset:
        found = gridded_variable(dataset, name, path.name)
        x, y = _axis(found, _X), _axis(found, _Y)
        size = (
            found.shape[found.dimensions.index(y.dimensions[0])],
            found.shape[found.dimensions.index(x.dimensions[0])],
        )
        transform = _transform(x[:], y[:], path.name)
        rows, columns, transform = window(transform, size, bounds, max_bytes=max_bytes, where=path.name)
        parts = {x.dimensions[0]: columns, y.dimensions[0]: rows}
        values = _values(found, _index(found, parts, step, path.name), x, y)
        return Field(
            values,
            transform,
            _crs(found, x, y),
            str(getattr(found, "units", "")),
            source_name(path),
            {key: str(found.getncattr(key)) for key in found.ncattrs()},
        )


def gridded_variable(dataset: Any, name: str | None, where: str) -> Any:
    """Return the variable called `name`, or the only one that lies on x and y.

    Raises
    ------
    InvalidInput
        If there is no such variable, or more than one.
    """
    candidates = [
        key
        for key, item in dataset.variables.items()
        if _axis(item, _X) is not None and _axis(item, _Y) is not None
    ]
    if name is None and len(candidates) == 1:
        name = candidates[0]
    try:
        found = dataset[name] if name is not None else None
    except IndexError:
        found = None
    if found is None or _axis(found, _X) is None or _axis(found, _Y) is None:
        raise InvalidInput(
            "which variable is meant is not clear",
            where=where,
            expected=f"one of {', '.join(candidates) or 'those on longitude and latitude'}",
            got=str(name),
        )
    return found


def _axis(found: Any, names: set[str]) -> Any:
    """Return the coordinate variable of one of the dimensions that is x (or y) by its name or its words."""
    for dimension in found.dimensions:
        group = found.group()
        while group is not None:
            item = group.variables.get(dimension)
            if item is not None and item.ndim == 1:
                words = {dimension.casefold(), getattr(item, "standard_name", "").casefold()}
                if words & names:
                    return item
            group = group.parent
    return None


def _transform(x: Floats, y: Floats, where: str) -> Transform:
    steps = []
    for axis, values in (("x", np.asarray(x, float)), ("y", np.asarray(y, float))):
        if values.size < 2:
            raise InvalidInput("an axis of one cell", where=f"{where} {axis}", expected="two centres or more")
        step = (values[-1] - values[0]) / (values.size - 1)
        off = np.abs(values - values[0] - step * np.arange(values.size)).max()
        if step == 0 or off > 0.01 * abs(step):
            raise InvalidInput(
                "an irregular axis",
                where=f"{where} {axis}",
                expected=f"steps of {step:g}",
                got=f"{off:g} off",
            )
        steps.append(step)
    dx, dy = steps
    return float(dx), 0.0, float(x[0] - dx / 2), 0.0, float(dy), float(y[0] - dy / 2)


def _index(found: Any, parts: dict[str, slice], step: int | None, where: str) -> tuple[slice | int, ...]:
    index: list[slice | int] = []
    for dimension, size in zip(found.dimensions, found.shape, strict=True):
        if dimension in parts:
            index.append(parts[dimension])
        elif size == 1:
            index.append(0)
        elif step is not None and 0 <= step < size:
            index.append(step)
        else:
            raise InvalidInput(
                f"{size} layers along {dimension}", where=where, expected="the index of one", got=str(step)
            )
    return tuple(index)


def _values(found: Any, index: tuple[slice | int, ...], x: Any, y: Any) -> Floats:
    """Read, turn (lon, lat) into rows and columns, and apply the declared gaps, scale and offset."""
    raw = np.asarray(found[index])
    if found.dimensions.index(x.dimensions[0]) < found.dimensions.index(y.dimensions[0]):
        raw = raw.T
    values = raw.astype(np.float64)
    for attribute in ("_FillValue", "missing_value"):
        for gap in np.atleast_1d(getattr(found, attribute, [])):
            values[np.isclose(raw.astype(np.float64), float(gap), rtol=1e-6, atol=0)] = np.nan
    return values * float(getattr(found, "scale_factor", 1.0)) + float(getattr(found, "add_offset", 0.0))


def _crs(found: Any, x: Any, y: Any) -> str:
    """Return the CRS of the grid mapping; axes in degrees east and north are longitude and latitude."""
    mapping = found.group().variables.get(getattr(found, "grid_mapping", ""))
    for attribute in ("crs_wkt", "spatial_ref"):
        if mapping is not None and hasattr(mapping, attribute):
            return str(getattr(mapping, attribute))
    if getattr(x, "units", "").startswith("degree") and getattr(y, "units", "").startswith("degree"):
        return "OGC:CRS84"
    return ""
