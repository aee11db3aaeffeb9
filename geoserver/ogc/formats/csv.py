"""CSV (RFC 4180): one row an item, geometry as well-known text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

import shapely

from data_catalog.items import FIXED_COLUMNS, Page
from geoserver.ogc.formats.columns import shapes_of
from geoserver.ogc.formats.format import Answer
from geoserver.ogc.formats.formulas import is_formula

_MARK = "\ufeff"  # else Excel reads Chinese as the code page of the machine


class Csv:
    """Text in quotes, all else bare: nothing between two commas is not known, ``""`` is an empty text.

    Values are as they are stored, times in ISO 8601; but a text that a spreadsheet would run as a formula has
    an apostrophe in front. The column of the geometry comes last and has the name by which GDAL and QGIS know
    it: ``WKT`` in CRS84, else with the code, as ``_WKTgeometry_EPSG_4490``; its coordinates are x before y.
    """

    key = "csv"
    media_type = "text/csv"
    title = "CSV"
    suffix = ".csv"
    streams = True
    as_text = False

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the file, a page at a time."""
        text = StringIO(_MARK, newline="")
        text.seek(0, 2)
        rows = csv.writer(text, quoting=csv.QUOTE_STRINGS)
        named = False
        for page in pages:
            if not named:
                rows.writerow(["id", *page.names, *([_geometry_name(answer)] if answer.geometry else ())])
                named = True
            rows.writerows(_rows(page, answer))
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()


def _geometry_name(answer: Answer) -> str:
    authority, code = answer.crs.name.split(":")
    return f"_WKTgeometry_EPSG_{code}" if authority == "EPSG" else "WKT"


def _rows(page: Page, answer: Answer) -> Iterator[list[Any]]:
    shapes = shapes_of(page, answer)
    ends = [()] * len(page.rows) if shapes is None else [(each,) for each in shapely.to_wkt(shapes, -1)]
    for row, end in zip(page.rows, ends, strict=True):
        yield [_written(row[0]), *map(_written, row[FIXED_COLUMNS:]), *end]


def _written(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and is_formula(value) else value
