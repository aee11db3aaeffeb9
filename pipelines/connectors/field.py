"""What a foreign raster file holds, and how it becomes a raster of one quantity, north up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import RootModel

from minegis.declarations import read
from minegis.errors import InvalidInput
from minegis.variables import Variable, variable
from pipelines.raster import Raster, RasterGrid, crs_name
from pipelines.units import conversion, unit_named

Floats = NDArray[np.float64]
Transform = tuple[float, float, float, float, float, float]
Bounds = tuple[float, float, float, float]

MAX_BYTES = 2_000_000_000
_BYTES_PER_CELL = 24  # the cell as it comes, in float64, and in the result
_MAGIC = {
    b"II*\0": "tiff",
    b"MM\0*": "tiff",
    b"II+\0": "tiff",
    b"MM\0+": "tiff",
    b"CDF\x01": "netcdf",
    b"CDF\x02": "netcdf",
    b"CDF\x05": "netcdf",
    b"\x89HDF": "netcdf",
    b"GRIB": "grib",
}


@dataclass(frozen=True, eq=False)
class Field:
    """What a file holds, before it is a quantity: rows in any order, declared gaps as NaN.

    Attributes
    ----------
    values : (height, width) float64
    transform : tuple of 6 float
        As of `RasterGrid`, but either axis may run backwards.
    crs, unit : str
        As stated in the file; empty where it states none.
    source : str
        The file's name and SHA-256.
    tags : mapping of str
        Metadata of the band.
    """

    values: Floats
    transform: Transform
    crs: str
    unit: str
    source: str
    tags: Mapping[str, str] = field(default_factory=dict)


class _Fills(RootModel[tuple[float, ...]]):
    pass


@cache
def _fills() -> tuple[float, ...]:
    return read(Path(__file__).with_name("fills.yaml"), _Fills).root


def file_kind(path: Path) -> str:
    """Return ``tiff``, ``netcdf`` or ``grib`` by the first bytes of a local file; names are not trusted.

    Raises
    ------
    InvalidInput
        If there is no such file, or it is none of them.
    """
    if not path.is_file():
        raise InvalidInput("no such file", where=str(path))
    with path.open("rb") as file:
        head = file.read(4)
    if head not in _MAGIC:
        raise InvalidInput(
            "not a raster that can be read",
            where=path.name,
            expected="GeoTIFF, NetCDF or GRIB",
            got=repr(head),
        )
    return _MAGIC[head]


def window(
    transform: Transform, shape: tuple[int, int], bounds: Bounds | None, *, max_bytes: int, where: str
) -> tuple[slice, slice, Transform]:
    """Return the rows, columns and transform of the cells that touch `bounds`.

    Parameters
    ----------
    transform, shape
        Of the whole file; either axis may run backwards.
    bounds : west, south, east, north, optional
        In the file's CRS. Where longitudes may be 0 to 360, bounds of -180 to 180 are found as well.
    max_bytes : int
        What the cells may take in memory.

    Raises
    ------
    InvalidInput
        If nothing is there, or it needs more than `max_bytes`.
    """
    a, b, c, d, e, f = transform
    if b or d:
        raise InvalidInput("a rotated raster", where=where, expected="rows along x, columns along y")
    rows, columns = slice(0, shape[0]), slice(0, shape[1])
    if bounds is not None:
        west, south, east, north = bounds
        x = c + a * (np.arange(shape[1]) + 0.5)
        y = f + e * (np.arange(shape[0]) + 0.5)
        if np.abs(x).max() <= 540 and np.abs(y).max() <= 90 and max(abs(west), abs(east)) <= 180:
            middle = (west + east) / 2
            x = middle + (x - middle + 180) % 360 - 180
        columns = _span((x > west - abs(a) / 2) & (x < east + abs(a) / 2), bounds, where)
        rows = _span((y > south - abs(e) / 2) & (y < north + abs(e) / 2), bounds, where)
    needed = (rows.stop - rows.start) * (columns.stop - columns.start) * _BYTES_PER_CELL
    if needed > max_bytes:
        raise InvalidInput(
            "too large to be read at once; name the bounds of the part that is wanted",
            where=where,
            expected=f"at most {max_bytes / 1e6:.0f} MB",
            got=f"{needed / 1e6:.0f} MB for {rows.stop - rows.start} × {columns.stop - columns.start} cells",
        )
    return rows, columns, (a, b, c + a * columns.start, d, e, f + e * rows.start)


def to_raster(
    found: Field,
    name: str,
    *,
    unit: str | None = None,
    crs: str | None = None,
    nodata: Iterable[float] = (),
    scale: float = 1.0,
    noise: float = 0.0,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Raster:
    """Make a field the quantity `name`: its unit, its range, north up, longitudes from -180 to 180.

    Parameters
    ----------
    found : Field
    name : str
        Variable of the data dictionary.
    unit, crs : str, optional
        What the caller declares where the file states nothing; a contradiction is refused.
    nodata : iterable of float
        Further stored values that mean a gap.
    scale : float
        What a stored value is multiplied by to be in the file's unit, where the file does not say.
    noise : float
        How far below its minimum a value may lie to be taken for it (packing), in the dictionary's unit.

    Raises
    ------
    InvalidInput
        If unit or CRS is missing, unknown or contradicted, or values lie outside the variable's range.
    """
    declared = variable(name)
    factor = scale * conversion(stated_unit(found, unit), declared.unit, where=found.source)
    reference = _stated_crs(found, crs)
    values, remarks = _without_fills(found, factor, tuple(nodata), declared)
    values, raised = _within_range(values * factor, name, declared, noise, found.source)
    values, transform = north_up(values, found.transform)
    grid = RasterGrid(transform, values.shape[1], values.shape[0], reference)
    if grid.is_geographic:
        values, transform = from_minus_180(values, transform)
        grid = RasterGrid(transform, values.shape[1], values.shape[0], reference)
    return Raster(
        np.ascontiguousarray(values, dtype=np.float32),
        grid,
        name,
        declared.unit,
        found.source,
        valid_from,
        valid_to,
        (*remarks, *raised),
    )


def stated_unit(found: Field, declared: str | None) -> str:
    """Return the unit's one name: the file's own word, or what the caller declares for a file without one.

    Raises
    ------
    InvalidInput
        If there is none, it is unknown, or file and caller disagree.
    """
    own = unit_named(found.unit, where=found.source) if found.unit.strip() else None
    said = unit_named(declared, where=found.source) if declared is not None else None
    if own and said and own != said:
        raise InvalidInput(
            "file and caller state different units", where=found.source, expected=said, got=own
        )
    return own or said or unit_named("", where=found.source)


def north_up(values: Floats, transform: Transform) -> tuple[Floats, Transform]:
    """Flip rows that run north and columns that run west."""
    a, b, c, d, e, f = transform
    if e > 0:
        values, e, f = values[::-1], -e, f + e * values.shape[0]
    if a < 0:
        values, a, c = values[:, ::-1], -a, c + a * values.shape[1]
    return values, (a, b, c, d, e, f)


def from_minus_180(values: Floats, transform: Transform) -> tuple[Floats, Transform]:
    """Bring the centres of columns into [-180, 180): a world is rolled, a part of it is shifted.

    A part that crosses the 180th meridian keeps its longitudes, since it would fall into two.
    """
    a, b, c, d, e, f = transform
    around = round(360 / a)
    whole = values.shape[1] >= around and abs(around * a - 360) < 0.01 * a
    if whole:
        values = values[:, :around]
    x = c + a * (np.arange(values.shape[1]) + 0.5)
    wrapped = (x + 180) % 360 - 180
    if whole:
        first = int(np.argmin(wrapped))
        return np.roll(values, -first, axis=1), (a, b, float(wrapped[first]) - a / 2, d, e, f)
    if (np.diff(wrapped) > 0).all():
        c -= 360 * round((x[0] - wrapped[0]) / 360)
    return values, (a, b, c, d, e, f)


def _span(inside: NDArray[np.bool_], bounds: Bounds, where: str) -> slice:
    found = np.flatnonzero(inside)
    if not found.size:
        raise InvalidInput("the raster does not reach there", where=where, expected=f"cells within {bounds}")
    return slice(int(found[0]), int(found[-1]) + 1)


def _stated_crs(found: Field, declared: str | None) -> str:
    own = crs_name(found.crs, where=found.source) if found.crs else None
    said = crs_name(declared, where=found.source) if declared is not None else None
    if own and said and own != said:
        raise InvalidInput(
            "file and caller state different CRS", where=found.source, expected=said, got=own[:80]
        )
    return own or said or crs_name("", where=found.source)


def _without_fills(
    found: Field, factor: float, nodata: tuple[float, ...], declared: Variable
) -> tuple[Floats, list[str]]:
    """Return the values with gaps as NaN, and a remark for each fill the file did not declare."""
    values = found.values.copy()
    for fill in nodata:
        values[np.isclose(values, fill, rtol=1e-6, atol=0)] = np.nan
    remarks = []
    for fill in _fills():
        if declared.minimum <= fill * factor <= declared.maximum:
            continue
        hit = np.isclose(values, fill, rtol=1e-6, atol=0)
        if hit.any():
            values[hit] = np.nan
            remarks.append(f"{hit.sum()} cells hold the undeclared fill {fill:g}")
    return values, remarks


def _within_range(
    values: Floats, name: str, declared: Variable, noise: float, where: str
) -> tuple[Floats, list[str]]:
    remarks = []
    below = (values < declared.minimum) & (values >= declared.minimum - noise)
    if below.any():
        values = np.where(below, declared.minimum, values)
        remarks.append(
            f"{below.sum()} cells less than {noise:g} {declared.unit} below the minimum raised to it"
        )
    wrong = (values < declared.minimum) | (values > declared.maximum)
    if wrong.any():
        raise InvalidInput(
            f"{wrong.sum()} cells outside the range of {name}",
            where=where,
            expected=f"{declared.minimum:g} to {declared.maximum:g} {declared.unit}",
            got=f"{np.nanmin(values):g} to {np.nanmax(values):g}",
        )
    return values, remarks
