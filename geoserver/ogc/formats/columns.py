"""Pages of items as typed Arrow columns, for the formats that hold types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import shapely

from data_catalog.dataset import Field
from data_catalog.items import FIXED_COLUMNS, ItemQuery, Items, Page
from geoserver.ogc.crs import Geometries
from geoserver.ogc.formats.format import Answer
from minegis.errors import InvalidInput

GEOMETRY = "geometry"
ROWS_A_PAGE = 5_000
"""What batches of the formats for carrying away are read in: some megabytes at a time."""

_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}
_DAY = r"\d{4}-\d{2}-\d{2}"
_WHOLE = {
    "date": re.compile(_DAY),
    "datetime": re.compile(_DAY + r"T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})"),
}
"""The times that a file can hold as such; of those GDAL writes milliseconds."""


def partial_times(items: Items, moment: datetime | None) -> frozenset[str]:
    """Return the time properties of which an item, as known at a moment, has less than a file's type.

    A year or a day is not an instant: such a property is text in every file of this state of the
    collection, whatever is selected from it.
    """
    kinds = {name: each.type for name, each in items.collection.properties.items() if each.type in _WHOLE}
    if not kinds:
        return frozenset()
    found: set[str] = set()
    asked = ItemQuery(limit=None, moment=moment, properties=tuple(kinds))
    for page in items.batches(asked, ROWS_A_PAGE):
        values = zip(*(row[FIXED_COLUMNS:] for row in page.rows), strict=True)
        for name, column in zip(page.names, values, strict=False):
            if not _whole(column, kinds[name]):
                found.add(name)
    return frozenset(found)


def schema(names: Sequence[str], answer: Answer) -> pa.Schema:
    """Return the columns of items: ``id``, the properties, and ``geometry`` where it is wanted."""
    properties = answer.collection.properties
    fields = [pa.field("id", pa.string(), nullable=False)]
    fields += [_field(properties[name], name in answer.partial, answer.language) for name in names]
    if answer.geometry:
        fields.append(pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"}))
    return pa.schema(fields)


def _field(field: Field, as_text: bool, language: str) -> pa.Field:
    label = field.label.zh if language == "zh" else field.label.en
    alias = f"{label} ({field.unit})" if field.unit not in ("", "1") else label
    kind = pa.string() if as_text else _TYPES[field.type]
    return pa.field(field.name, kind, metadata={"GDAL:OGR:alternative_name": alias})


def shapes_of(page: Page, answer: Answer) -> Geometries | None:
    """Return the geometries of a page, x before y, None where none are wanted."""
    return answer.shapes(page, east_first=True) if answer.geometry else None


def batch(page: Page, into: pa.Schema, shapes: Geometries | None) -> pa.RecordBatch:
    """Return a page as a batch of the columns of `schema`.

    Raises
    ------
    InvalidInput
        If a time does not fit the type of its column.
    """
    rows = page.rows
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * (FIXED_COLUMNS + len(page.names))
    arrays = [pa.array(columns[0], pa.string())]
    arrays += [
        _array(values, into.field(name))
        for name, values in zip(page.names, columns[FIXED_COLUMNS:], strict=True)
    ]
    if shapes is not None:
        arrays.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
    return pa.record_batch(arrays, schema=into)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    if pa.types.is_temporal(field.type):
        kind = "date" if pa.types.is_date(field.type) else "datetime"
        if not _whole(values, kind):
            raise InvalidInput("a time that its column cannot hold", where=field.name)
        return pa.array(values, pa.string()).cast(field.type)
    if pa.types.is_boolean(field.type):
        return pa.array([None if each is None else bool(each) for each in values], field.type)
    return pa.array(values, field.type)


def _whole(values: Iterable[str | None], kind: str) -> bool:
    """Say whether all that is known is a whole day or instant; one that cannot be is none."""
    pattern = _WHOLE[kind]
    return all(each is None or pattern.fullmatch(each) for each in values)
