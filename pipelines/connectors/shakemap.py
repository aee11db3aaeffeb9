"""USGS ShakeMap ``grid.xml``: the shaking of one earthquake on a regular grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
from lxml import etree
from numpy.typing import NDArray

from minegis.clock import parse_utc
from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from pipelines.connectors.field import MAX_BYTES, Field, Floats, to_raster
from pipelines.raster import Raster, source_name

_NAMESPACE = {"s": "http://earthquake.usgs.gov/eqcenter/shakemap"}


class _GroundMotion(Declaration):
    variable: str
    unit: str


class _Declared(Declaration):
    ground_motion: dict[str, _GroundMotion]
    spread: dict[str, str]


@dataclass(frozen=True)
class ShakeMap:
    """One version of the shaking of one earthquake; a higher `version` of the same event replaces it.

    Attributes
    ----------
    event_id, version : str
        The key of the map.
    magnitude, depth : float
        Depth in km.
    lon, lat : float
        Epicentre, deg.
    event_at, processed_at : datetime
        UTC.
    description, network, map_status, event_type : str
        As published: ``RELEASED``, ``ACTUAL`` or ``SCENARIO``.
    rasters : mapping of variable to Raster
        `pga` (g), `pgv` (cm/s), `mmi`.
    spread : mapping of variable to (height, width) float
        Standard deviation on the same grid, of the natural logarithm for `pga` and `pgv`; empty if not given.
    """

    event_id: str
    version: str
    magnitude: float
    depth: float
    lon: float
    lat: float
    event_at: datetime
    processed_at: datetime
    description: str
    network: str
    map_status: str
    event_type: str
    rasters: Mapping[str, Raster]
    spread: Mapping[str, Floats]


@dataclass(frozen=True)
class _Table:
    """The grid of one file: `columns` by field name, each (height, width) from the north-west corner."""

    root: etree._Element
    transform: tuple[float, float, float, float, float, float]
    columns: Mapping[str, Floats]
    units: Mapping[str, str]
    source: str


def read_shakemap(path: Path, uncertainty: Path | None = None, *, max_bytes: int = MAX_BYTES) -> ShakeMap:
    """Read a ShakeMap grid, with its spread from the grid and from ``uncertainty.xml`` if there is one.

    Raises
    ------
    InvalidInput
        If a file is no ShakeMap grid, is not complete, or the two do not belong together.
    """
    table = _read_table(path, max_bytes)
    moment = table.root.find("s:event", _NAMESPACE)
    if moment is None:
        raise InvalidInput("no event", where=path.name, expected="<event>")
    declared = _declared()
    missing = [name for name in declared.ground_motion if name not in table.columns]
    if missing:
        raise InvalidInput("fields are missing", where=path.name, expected=", ".join(missing))
    event_at = _utc(moment.get("event_timestamp", ""), path.name)
    rasters = {
        item.variable: to_raster(
            Field(table.columns[name], table.transform, "OGC:CRS84", table.units[name], table.source),
            item.variable,
            unit=None if table.units[name] else item.unit,
            valid_from=event_at,
            valid_to=event_at,
        )
        for name, item in declared.ground_motion.items()
    }
    return ShakeMap(
        event_id=table.root.get("event_id", ""),
        version=table.root.get("shakemap_version", ""),
        magnitude=_number(moment, "magnitude", path.name),
        depth=_number(moment, "depth", path.name),
        lon=_number(moment, "lon", path.name),
        lat=_number(moment, "lat", path.name),
        event_at=event_at,
        processed_at=_utc(table.root.get("process_timestamp", ""), path.name),
        description=moment.get("event_description", ""),
        network=moment.get("event_network", ""),
        map_status=table.root.get("map_status", ""),
        event_type=table.root.get("shakemap_event_type", ""),
        rasters=rasters,
        spread=_spread(table, uncertainty, max_bytes),
    )


@cache
def _declared() -> _Declared:
    return read(Path(__file__).with_name("shakemap.yaml"), _Declared)


def _spread(table: _Table, uncertainty: Path | None, max_bytes: int) -> dict[str, Floats]:
    tables = [table]
    if uncertainty is not None:
        other = _read_table(uncertainty, max_bytes)
        same = all(other.root.get(key) == table.root.get(key) for key in ("event_id", "shakemap_version"))
        if not same or other.transform != table.transform:
            raise InvalidInput("the uncertainty is that of another map", where=uncertainty.name)
        tables.append(other)
    return {
        variable: found.columns[name]
        for found in tables
        for name, variable in _declared().spread.items()
        if name in found.columns
    }


def _read_table(path: Path, max_bytes: int) -> _Table:
    root = _parsed(path, max_bytes)
    specification = root.find("s:grid_specification", _NAMESPACE)
    data = root.find("s:grid_data", _NAMESPACE)
    fields = root.findall("s:grid_field", _NAMESPACE)
    if specification is None or data is None or not fields:
        raise InvalidInput("no ShakeMap grid", where=path.name, expected="grid_specification, field and data")
    size = {key: int(_number(specification, key, path.name)) for key in ("nlon", "nlat")}
    west, east, south, north = (
        _number(specification, key, path.name) for key in ("lon_min", "lon_max", "lat_min", "lat_max")
    )
    if min(size.values()) < 2 or west >= east or south >= north:
        raise InvalidInput(
            "a grid without extent", where=path.name, got=f"{west} {south} {east} {north}, {size}"
        )
    dx, dy = (east - west) / (size["nlon"] - 1), (north - south) / (size["nlat"] - 1)
    rows = _rows(data.text or "", len(fields), size["nlon"] * size["nlat"], path.name)
    named = {
        field.get("name", "").upper(): rows[:, _position(field, len(fields), path.name)] for field in fields
    }
    if not {"LON", "LAT"} <= named.keys():
        raise InvalidInput("no coordinates", where=path.name, expected="fields LON and LAT")
    order = _order(
        (named.pop("LON") - west) / dx, (north - named.pop("LAT")) / dy, size["nlon"], size["nlat"], path.name
    )
    return _Table(
        root,
        (dx, 0.0, west - dx / 2, 0.0, -dy, north + dy / 2),
        {name: column[order].reshape(size["nlat"], size["nlon"]) for name, column in named.items()},
        {field.get("name", "").upper(): field.get("units", "") for field in fields},
        source_name(path),
    )


def _parsed(path: Path, max_bytes: int) -> etree._Element:
    """Parse without entities, document types or network; the text is UTF-8 whatever it declares."""
    if not path.is_file():
        raise InvalidInput("no such file", where=str(path))
    if path.stat().st_size * 4 > max_bytes:
        raise InvalidInput("too large", where=path.name, expected=f"{max_bytes / 4e6:.0f} MB at most")
    text = path.read_bytes()
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise InvalidInput("a document type is not accepted", where=path.name, expected="plain XML")
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise InvalidInput("not XML", where=path.name, got=str(error)[:200]) from None
    if etree.QName(root).localname != "shakemap_grid":
        raise InvalidInput("not a ShakeMap", where=path.name, expected="shakemap_grid", got=str(root.tag))
    return root


def _rows(text: str, fields: int, expected: int, where: str) -> Floats:
    try:
        numbers = np.array(text.split(), dtype=np.float64)
    except ValueError as error:
        raise InvalidInput("a value that is no number", where=f"{where} grid_data", got=str(error)) from None
    if numbers.size != expected * fields:
        raise InvalidInput(
            "the grid is not complete",
            where=f"{where} grid_data",
            expected=f"{expected} rows of {fields} fields (nlon × nlat)",
            got=f"{numbers.size / fields:g} rows",
        )
    return numbers.reshape(expected, fields)


def _position(field: etree._Element, fields: int, where: str) -> int:
    index = int(_number(field, "index", where))
    if not 1 <= index <= fields:
        raise InvalidInput(
            "a field beyond the columns", where=where, expected=f"1 to {fields}", got=str(index)
        )
    return index - 1


def _order(column: Floats, row: Floats, width: int, height: int, where: str) -> NDArray[np.intp]:
    """Return where each cell, from the north-west corner with longitude fastest, stands in the file."""
    columns, rows = np.rint(column), np.rint(row)
    off = max(np.abs(column - columns).max(), np.abs(row - rows).max())
    inside = (columns >= 0).all() and (columns < width).all() and (rows >= 0).all() and (rows < height).all()
    cells = rows * width + columns
    if off > 0.2 or not inside or np.unique(cells).size != width * height:
        raise InvalidInput(
            "coordinates that are not those of the grid",
            where=where,
            expected="each cell once",
            got=f"{off:.2f} off",
        )
    return np.argsort(cells)


def _number(element: etree._Element, name: str, where: str) -> float:
    text = element.get(name, "")
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("not a number", where=f"{where} {name}", got=repr(text)) from None


def _utc(text: str, where: str) -> datetime:
    """Read a ShakeMap time: always UTC, written with ``UTC``, ``Z`` or nothing behind it."""
    plain = text.removesuffix("UTC").removesuffix("GMT").removesuffix("Z")
    return parse_utc(f"{plain}Z", where=where).astimezone(UTC)
