"""What the OGC collections hold: datasets, active warnings and risk cells, queried alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data_catalog.dataset import datasets
from minegis import cells as h3
from minegis.errors import InvalidInput, NotFound
from tiles.cells import CellTable, CellTables, plain
from tiles.table import REGION, WARNING, Table, Tables

type Bounds = tuple[float, float, float, float]

RISK_CELL_RESOLUTION = 8

_TEXT: dict[str, str] = {"type": "string"}
_INTEGER: dict[str, str] = {"type": "integer"}
_NUMBER: dict[str, str] = {"type": "number"}
_TIME: dict[str, str] = {"type": "string", "format": "date-time"}
_DAY: dict[str, str] = {"type": "string", "format": "date"}
_FIELD_TYPES = {
    "string": _TEXT,
    "integer": _INTEGER,
    "number": _NUMBER,
    "boolean": {"type": "boolean"},
    "date": _DAY,
    "datetime": _TIME,
}
_RISK_FIELDS = {"tier": _INTEGER, "state": _TEXT, "score": _NUMBER}
_WARNING_FIELDS = {
    **dict.fromkeys(("identifier", "dataset", "asset_id", "asset_name", "region_code"), _TEXT),
    **_RISK_FIELDS,
    **dict.fromkeys(("status", "msg_type"), _TEXT),
    **dict.fromkeys(("raised_at", "updated_at", "expires_at"), _TIME),
}
_CELL_FIELDS = {"resolution": _INTEGER, **_RISK_FIELDS, "p": _NUMBER}


@dataclass(frozen=True)
class ItemQuery:
    """What is asked of a collection; `where` compares text with text, `sort` names (property, descending)."""

    bbox: Bounds | None = None
    period: tuple[str, str] | None = None
    where: Mapping[str, str] = field(default_factory=dict)
    sort: Sequence[tuple[str, bool]] = ()
    text: str = ""
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True)
class Page:
    """A page of items as GeoJSON features with shapely geometries, and how many match in all."""

    features: list[dict[str, Any]]
    matched: int


class Items(Protocol):
    """A collection of items."""

    @property
    def fields(self) -> dict[str, dict[str, str]]:
        """JSON schema type of each property."""

    @property
    def time_field(self) -> str:
        """The property that `datetime` speaks of, empty when there is none."""

    def bounds(self) -> Bounds | None:
        """West, south, east, north, deg."""

    def query(self, query: ItemQuery) -> Page:
        """Return one page."""

    def get(self, item_id: str) -> dict[str, Any]:
        """Return one item as a GeoJSON feature with a shapely geometry, or raise NotFound."""


class TableItems:
    """The features of a dataset, or the active warnings."""

    def __init__(self, tables: Tables, name: str) -> None:
        self._tables = tables
        self._name = name
        self.fields = _fields(name)
        times = [key for key, kind in self.fields.items() if kind in (_TIME, _DAY)]
        self.time_field = times[0] if times else ""

    def bounds(self) -> Bounds | None:
        """West, south, east, north, deg."""
        return self._tables.table(self._name).bounds

    def query(self, query: ItemQuery) -> Page:
        """Return one page."""
        table = self._tables.table(self._name)
        rows = self._rows(table, query)
        for key, descending in reversed(query.sort):
            rows = _sorted(rows, [table.properties[row].get(key) for row in rows], descending)
        shown = rows[query.offset : query.offset + query.limit]
        return Page([self._feature(table, row) for row in shown], len(rows))

    def get(self, item_id: str) -> dict[str, Any]:
        """Return one item."""
        table = self._tables.table(self._name)
        return self._feature(table, table.row(item_id))

    def _rows(self, table: Table, query: ItemQuery) -> list[int]:
        if query.bbox is None:
            rows = list(range(len(table.ids)))
        else:
            rows = np.sort(table.tree.query(window(query.bbox), predicate="intersects")).tolist()
        tests = [(key, _parsed(key, self.fields[key]["type"], text)) for key, text in query.where.items()]
        for key, value in tests:
            rows = [row for row in rows if table.properties[row].get(key) == value]
        if query.period is not None and self.time_field:
            rows = [row for row in rows if _within(table.properties[row].get(self.time_field), query.period)]
        if query.text:
            wanted = query.text.casefold()
            rows = [row for row in rows if wanted in str(table.properties[row].get("name")).casefold()]
        return rows

    def _feature(self, table: Table, row: int) -> dict[str, Any]:
        properties = table.properties[row]
        return {
            "type": "Feature",
            "id": table.ids[row],
            "geometry": table.geometries[row],
            "properties": {name: properties.get(name) for name in self.fields},
        }


class CellItems:
    """The risk cells of the published snapshot, as polygons."""

    fields = _CELL_FIELDS
    time_field = ""

    def __init__(self, tables: CellTables) -> None:
        self._tables = tables

    def bounds(self) -> Bounds | None:
        """West, south, east, north, deg."""
        table = self._table()
        if table is None or not len(table.cell):
            return None
        return (
            float(table.lon.min()),
            float(table.lat.min()),
            float(table.lon.max()),
            float(table.lat.max()),
        )

    def query(self, query: ItemQuery) -> Page:
        """Return one page."""
        table = self._table()
        if table is None:
            return Page([], 0)
        rows = self._rows(table, query)
        for key, descending in reversed(query.sort):
            if key != "resolution":
                values = [plain(value) for value in table.columns[key][rows]]
                rows = np.array(_sorted(rows.tolist(), values, descending), dtype=np.int64)
        shown = rows[query.offset : query.offset + query.limit]
        outlines = h3.polygons(table.cell[shown])
        texts = h3.to_text(table.cell[shown]) if len(shown) else []
        features = [
            _cell_feature(table, int(row), text, outline)
            for row, text, outline in zip(shown, texts, outlines, strict=True)
        ]
        return Page(features, len(rows))

    def get(self, item_id: str) -> dict[str, Any]:
        """Return one item."""
        try:
            cell = h3.from_text([item_id])
        except InvalidInput as error:
            raise NotFound(error.what, where=item_id, expected=error.expected) from None
        table = self._table()
        if table is None:
            raise NotFound("no run is published", where=item_id)
        row = table.row(int(cell[0]))
        return _cell_feature(table, row, item_id.lower(), h3.polygons(cell)[0])

    def _table(self) -> CellTable | None:
        tables = self._tables.tables()
        return tables.get(RISK_CELL_RESOLUTION) or (tables[max(tables)] if tables else None)

    def _rows(self, table: CellTable, query: ItemQuery) -> NDArray[np.int64]:
        rows = np.arange(len(table.cell))
        if query.bbox is not None:
            area = window(query.bbox)
            rows = table.near(area.bounds)
            touching = shapely.intersects(h3.polygons(table.cell[rows]), area)
            rows = rows[touching]
        for key, text in query.where.items():
            value = _parsed(key, self.fields[key]["type"], text)
            if key == "resolution":
                rows = rows if value == table.resolution else rows[:0]
            else:
                rows = rows[table.columns[key][rows] == value]
        return rows


def window(bbox: Bounds) -> BaseGeometry:
    """Return the area of a bbox; one whose west is beyond its east crosses the 180th meridian."""
    west, south, east, north = bbox
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union(shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north))


def _cell_feature(table: CellTable, row: int, text: str, outline: Any) -> dict[str, Any]:
    columns = {name: plain(table.columns[name][row]) for name in _CELL_FIELDS if name in table.columns}
    return {
        "type": "Feature",
        "id": text,
        "geometry": outline,
        "properties": {
            "resolution": table.resolution,
            **columns,
        },
    }


def _fields(name: str) -> dict[str, dict[str, str]]:
    if name == WARNING:
        return {**_WARNING_FIELDS, "origin": _TEXT}
    declared = datasets()[name]
    found = {each.name: _FIELD_TYPES[each.type] for each in declared.fields}
    if declared.asset or name == REGION:
        found |= _RISK_FIELDS
    if name == REGION:
        found |= {"coverage": _NUMBER}
    return {**found, "origin": _TEXT, "source": _TEXT}


def _parsed(key: str, kind: str, text: str) -> object:
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError):
        raise InvalidInput("not a value of this property", where=key, expected=kind, got=text) from None
    return text


def _sorted(rows: list[int], values: list[Any], descending: bool) -> list[int]:
    """Sort rows by their values; those without a value come last."""
    known = [(row, value) for row, value in zip(rows, values, strict=True) if value is not None]
    missing = [row for row, value in zip(rows, values, strict=True) if value is None]
    known.sort(key=lambda pair: pair[1], reverse=descending)
    return [row for row, _ in known] + missing


def _within(moment: str | None, period: tuple[str, str]) -> bool:
    """Compare ISO 8601 texts; one that says less (a day, a year) holds the whole of it."""
    if not moment:
        return False
    begin, end = period
    return (begin == ".." or moment[: len(begin)] >= begin) and (end == ".." or moment[: len(end)] <= end)
