"""Where a row lies: its coordinates in whatever system the file states, brought to lon/lat (CGCS2000)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from data_catalog.mistake import Mistake, Refused, shown
from data_catalog.values import is_blank, parse_number
from data_catalog.whereabouts import refuse_abroad, refuse_swapped
from minegis.coordinates import CGCS2000, bd09_to_gcj02, gcj02_to_wgs84, transformer
from minegis.errors import InvalidInput
from pipelines.connectors.rows import Row, VectorFile
from pipelines.steps.columns import Columns


class Datum(StrEnum):
    """The datum of longitudes and latitudes; the last two are shifted on purpose."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"

    @property
    def shifted(self) -> bool:
        """Whether coordinates must be shifted back."""
        return self in (Datum.GCJ02, Datum.BD09)


_SHIFTED_NAMES = re.compile(
    r"高德|百度|腾讯地图|火星|(?<![a-z])(gcj|bd[-_ ]?09|amap|autonavi|baidu)", re.IGNORECASE
)
_DATUM_NAMES = {
    "gcj02": Datum.GCJ02,
    "bd09": Datum.BD09,
    "wgs84": Datum.WGS84,
    "cgcs2000": Datum.CGCS2000,
}
_EPSG_OF = {Datum.WGS84: "EPSG:4326", Datum.CGCS2000: CGCS2000, Datum.GCJ02: CGCS2000, Datum.BD09: CGCS2000}
_KNOWN_DATUMS = (4490, 4326)


@dataclass(frozen=True, slots=True)
class Frame:
    """The system a file's coordinates are in."""

    crs: CRS
    datum: Datum | None

    @property
    def name(self) -> str:
        """How an import option or a `crs` column names it."""
        if self.datum is not None and self.datum.shifted:
            return "GCJ-02" if self.datum is Datum.GCJ02 else "BD-09"
        authority = self.crs.to_authority()
        return ":".join(authority) if authority else self.crs.to_wkt()


def frame_of(file: VectorFile, columns: Columns, crs: str | None, datum: Datum | None) -> Frame:
    """Return the system that the file or the person states; nothing is assumed.

    Raises
    ------
    InvalidInput
        If nothing is stated, statements disagree, the datum is neither CGCS2000 nor WGS 84, or the file
        hints at GCJ-02 or BD-09 without saying so.
    """
    where = file.path.name
    stated = crs or _stated_in_column(file, columns)
    named = _DATUM_NAMES.get(re.sub(r"[-_ ]", "", stated or "").casefold())
    if named is not None:
        if datum not in (None, named):
            raise InvalidInput("two datums are stated", where=where, got=f"{stated} and {datum}")
        stated, datum = None, named
    if datum is None:
        _refuse_hints(file)
    system = file.crs
    if stated:
        given = _parsed(stated, where)
        if system is not None and not _same(system, given):
            raise InvalidInput(
                "the file states another coordinate system",
                where=where,
                expected=_title(system),
                got=_title(given),
            )
        system = given
    if system is None and datum is not None:
        system = CRS.from_user_input(_EPSG_OF[datum])
    if system is None:
        raise InvalidInput(
            "the file states no coordinate system",
            where=where,
            expected="a .prj, a `crs` column, or the crs or datum option (EPSG:4490, EPSG:4527, gcj02 …)",
        )
    _refuse_unknown_datum(system, datum, where)
    return Frame(system, datum)


def own_geometry(file: VectorFile, columns: Columns, frame: Frame) -> Callable[[Row], BaseGeometry | None]:
    """Return the function that reads a row's geometry in the file's own system; it raises `Refused`.

    Raises
    ------
    InvalidInput
        If coordinate columns do not fit the system, or their order cannot be told.
    """
    if file.has_geometry:
        return lambda row: row.geometry
    special = columns.special
    if "wkt" in special:
        return lambda row: _from_wkt(row.values.get(special["wkt"]))
    if {"longitude", "latitude"} <= special.keys():
        _refuse_system(frame, file, geographic=True)
        return _point_reader(special["longitude"], special["latitude"], "decimal degrees")
    if {"easting", "northing"} <= special.keys():
        _refuse_system(frame, file, geographic=False)
        return _point_reader(special["easting"], special["northing"], "metres")
    if {"x", "y"} <= special.keys():
        east, north = special["x"], special["y"]
        if frame.crs.is_projected and _northing_first(file, east, north, frame):
            east, north = north, east
        return _point_reader(east, north, "metres" if frame.crs.is_projected else "decimal degrees")
    return lambda row: None


def to_lon_lat(geometry: BaseGeometry, frame: Frame) -> BaseGeometry:
    """Return a flat geometry in lon/lat (CGCS2000).

    Raises
    ------
    Refused
        If longitude and latitude are swapped, or the place is outside China.
    """
    if frame.crs.is_geographic:
        refuse_swapped(geometry)
    way = transformer(frame.crs, CGCS2000)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon, lat = way.transform(points[:, 0], points[:, 1])
        if frame.datum is Datum.BD09:
            lon, lat = bd09_to_gcj02(lon, lat)
        if frame.datum is not None and frame.datum.shifted:
            lon, lat = gcj02_to_wgs84(lon, lat)
        return np.column_stack([lon, lat])

    moved = shapely.transform(shapely.force_2d(geometry), move)
    refuse_abroad(moved, "" if frame.crs.is_geographic else f" (read as {frame.name}: is the zone right?)")
    return moved


def position_header(columns: Columns) -> str:
    """Return the file's header(s) of the coordinates, for reports."""
    special = columns.special
    for names in (("wkt",), ("longitude", "latitude"), ("easting", "northing"), ("x", "y")):
        if all(name in special for name in names):
            return ", ".join(special[name] for name in names)
    return "geometry"


def geometry_mistake(row: Row, columns: Columns, refusal: Refused, geometry: BaseGeometry | None) -> Mistake:
    """Return a refusal of a geometry as a mistake, showing the coordinates as the file has them."""
    cells = [row.values.get(header) for header in position_header(columns).split(", ")]
    filled = [shown(cell) for cell in cells if cell is not None]
    got = ", ".join(filled) if filled else "no geometry" if geometry is None else shown(geometry.wkt)
    return Mistake(row.number, position_header(columns), refusal.problem, got, refusal.expected)


def _stated_in_column(file: VectorFile, columns: Columns) -> str | None:
    if "crs" not in columns.special:
        return None
    header = columns.special["crs"]
    stated = {
        str(row.values.get(header)).strip() for row in file.rows if not is_blank(row.values.get(header))
    }
    if len(stated) > 1:
        raise InvalidInput(
            "one file, several coordinate systems",
            where=f"{file.path.name} column {header}",
            expected="one system for all rows",
            got=", ".join(sorted(stated)),
        )
    return next(iter(stated), None)


def _refuse_hints(file: VectorFile) -> None:
    for text in (file.path.name, *file.columns, *file.about):
        hint = _SHIFTED_NAMES.search(text)
        if hint:
            raise InvalidInput(
                "the file hints at a shifted datum without stating it",
                where=file.path.name if text == file.path.name else f"{file.path.name}: {shown(text)}",
                expected="the datum option: gcj02, bd09, wgs84 or cgcs2000",
                got=hint[0],
            )


def _parsed(text: str, where: str) -> CRS:
    try:
        return CRS.from_user_input(int(text) if text.isdigit() else text)
    except CRSError:
        raise InvalidInput(
            "not a coordinate system", where=where, expected="EPSG:4490, CGCS2000, GCJ-02 …", got=text
        ) from None


def _same(one: CRS, other: CRS) -> bool:
    codes = {one.to_epsg(), other.to_epsg()}
    return one.equals(other, ignore_axis_order=True) or (None not in codes and len(codes) == 1)


def _title(crs: CRS) -> str:
    code = crs.to_epsg()
    return f"EPSG:{code} {crs.name}" if code else crs.name


def _refuse_unknown_datum(crs: CRS, datum: Datum | None, where: str) -> None:
    if datum is not None and datum.shifted and not crs.is_geographic:
        raise InvalidInput(
            "a shifted datum goes with longitudes and latitudes only", where=where, got=_title(crs)
        )
    geodetic = crs.geodetic_crs
    code = geodetic.to_epsg(min_confidence=25) if geodetic is not None else None
    if code not in _KNOWN_DATUMS and "CRS84" not in crs.name and "CRS 84" not in crs.name:
        raise InvalidInput(
            "no exact way from this datum to CGCS2000 is public",
            where=where,
            expected="CGCS2000 or WGS 84 (Beijing 1954 and Xi'an 1980 need the local survey's parameters)",
            got=_title(crs),
        )


def _refuse_system(frame: Frame, file: VectorFile, *, geographic: bool) -> None:
    if frame.crs.is_geographic != geographic:
        raise InvalidInput(
            "the coordinate columns do not go with the coordinate system",
            where=file.path.name,
            expected="longitude and latitude" if frame.crs.is_geographic else "easting and northing",
            got="longitude and latitude" if geographic else "easting and northing",
        )


def _point_reader(east: str, north: str, unit: str) -> Callable[[Row], BaseGeometry | None]:
    def read(row: Row) -> BaseGeometry | None:
        cells = [row.values.get(east), row.values.get(north)]
        if all(is_blank(cell) for cell in cells):
            return None
        return shapely.Point(*(parse_number("" if cell is None else cell, unit) for cell in cells))

    return read


def _from_wkt(cell: Any) -> BaseGeometry | None:
    if is_blank(cell):
        return None
    try:
        return shapely.from_wkt(str(cell).strip())
    except shapely.errors.ShapelyError:
        raise Refused("不是WKT几何", "not a WKT geometry", "POLYGON ((103.5 31.4, …)) or POINT (…)") from None


def _northing_first(file: VectorFile, x: str, y: str, frame: Frame) -> bool:
    """Tell whether columns named x and y are northing and easting, as Chinese surveyors write them."""
    fits = [_fitting(file.rows, x, y, frame), _fitting(file.rows, y, x, frame)]
    if min(fits) > 0 or max(fits) == 0:
        raise InvalidInput(
            "the order of x and y cannot be told",
            where=file.path.name,
            expected="columns named 东坐标/北坐标 or easting/northing",
            got=f"{fits[0]} rows in China with x east, {fits[1]} with x north",
        )
    return fits[1] > 0


def _fitting(rows: tuple[Row, ...], east: str, north: str, frame: Frame) -> int:
    read = _point_reader(east, north, "metres")
    count = 0
    for row in rows:
        try:
            point = read(row)
            count += point is not None and bool(to_lon_lat(point, frame))
        except Refused:
            continue
    return count
