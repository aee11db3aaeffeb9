"""Excel workbooks: typed cells, a place as two numbers, and a sheet that explains the columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import shapely

from data_catalog.dataset import Field
from data_catalog.items import Page
from geoserver.ogc.formats.columns import batch, schema
from geoserver.ogc.formats.format import Answer
from geoserver.ogc.formats.xlsx_book import LONGEST_TEXT, Book, Kind, Sheet
from minegis.clock import format_utc
from minegis.declarations import BilingualText
from minegis.levels import Label, Origin

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 27  # of 31; the number of a further sheet follows
_WIDTHS: Mapping[Kind, int] = {"string": 22, "datetime": 20}
_WIDTH = 14
_ABOUT_WIDTHS = (26, 30, 10, 12, 60)

_WORDS: Mapping[str, Label] = {
    "about": Label("说明", "About"),
    "collection": Label("数据集", "Collection"),
    "made_at": Label("生成时间", "Made at"),
    "crs": Label("坐标系", "Reference system"),
    "times": Label("时间", "Times"),
    "rows": Label("行数", "Rows"),
    "samples": Label("其中示例数据行数", "Of these, rows of sample data"),
    "cut": Label(f"超过 {LONGEST_TEXT} 字被截断的文本", f"Texts cut at {LONGEST_TEXT} characters"),
    "column": Label("列", "Column"),
    "name": Label("属性名", "Property"),
    "unit": Label("单位", "Unit"),
    "type": Label("类型", "Type"),
    "codes": Label("代码", "Codes"),
    "id": Label("编号", "Id"),
    "lon": Label("经度", "Longitude"),
    "lat": Label("纬度", "Latitude"),
    "x": Label("东坐标", "Easting"),
    "y": Label("北坐标", "Northing"),
}


class Xlsx:
    """A sheet of items under a heading of labels and units, and one that says what the columns are.

    A shape is given as a point on it in the last two columns, for a cell of Excel holds no outline. Text is
    always text, whatever sign it begins with. Times are in UTC, for Excel knows no other.
    """

    key = "xlsx"
    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    title = "Excel"
    suffix = ".xlsx"
    streams = True
    as_text = False

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the file, a page at a time."""
        book = Book()
        table: _Table | None = None
        for page in pages:
            table = table or _Table(book, page.names, answer)
            table.add(page)
            yield book.given()
        if table is not None:
            table.close()
        book.close()
        yield book.given()


@dataclass(frozen=True)
class _Column:
    """A column, and what the second sheet says of it."""

    name: str
    label: str
    kind: Kind
    unit: str = ""
    codes: str = ""
    declared: str = ""

    @property
    def heading(self) -> str:
        return f"{self.label} ({self.unit})" if self.unit else self.label


class _Table:
    """Items over as many sheets as they need."""

    def __init__(self, book: Book, names: Sequence[str], answer: Answer) -> None:
        self._book = book
        self._answer = answer
        self._plain = schema(names, replace(answer, geometry=False))
        self._columns = _columns(names, answer)
        self._name = _NOT_IN_NAMES.sub(" ", _said(answer.collection.title, answer))[:_LONGEST_NAME]
        self._sheets = self._rows = self._samples = 0
        self._sheet = self._begun()
        self._origin = next((n for n, each in enumerate(self._columns) if each.name == "origin"), None)

    def _begun(self) -> Sheet:
        self._sheets += 1
        name = self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        columns = [(each.kind, each.heading) for each in self._columns]
        return self._book.sheet(name, columns, [_WIDTHS.get(each.kind, _WIDTH) for each in self._columns])

    def add(self, page: Page) -> None:
        """Write a page; what the sheet has no place for goes on another."""
        found = batch(page, self._plain, None).columns
        if self._answer.geometry:
            found += _points(page, self._answer)
        columns = [each.to_pylist() for each in found]
        if self._origin is not None:
            self._samples += columns[self._origin].count(str(Origin.SAMPLE))
        rows = [*zip(*columns, strict=True)]
        self._rows += len(rows)
        while rows:
            if not self._sheet.left:
                self._sheet.close(filtered=True)
                self._sheet = self._begun()
            fitting, rows = rows[: self._sheet.left], rows[self._sheet.left :]
            self._sheet.add(fitting)

    def close(self) -> None:
        """End the table and write the sheet about it."""
        self._sheet.close(filtered=True)
        words = {name: _said(label, self._answer) for name, label in _WORDS.items()}
        kinds: list[tuple[Kind, str]] = [
            ("string", words[each]) for each in ("column", "name", "unit", "type", "codes")
        ]
        sheet = self._book.sheet(words["about"], kinds, _ABOUT_WIDTHS)
        sheet.add(
            (each.heading, each.name, each.unit, each.declared or each.kind, each.codes)
            for each in self._columns
        )
        title = _said(self._answer.collection.title, self._answer)
        facts: list[tuple[str, Any]] = [
            ("collection", f"{title} ({self._answer.collection.id})"),
            ("made_at", format_utc(self._answer.made_at)),
            ("crs", self._answer.crs.name),
            ("times", "UTC"),
            ("rows", self._rows),
            ("samples", self._samples),
            ("cut", self._book.cut),
        ]
        sheet.add([(None,) * len(kinds)])
        sheet.add((words[name], value, None, None, None) for name, value in facts)
        sheet.close(filtered=False)


def _columns(names: Sequence[str], answer: Answer) -> list[_Column]:
    properties = answer.collection.properties
    columns = [_Column("id", _said(_WORDS["id"], answer), "string")]
    columns += [_column(properties[name], answer) for name in names]
    if answer.geometry:
        unit = "°" if answer.crs.geographic else "m"
        place = ("lon", "lat") if answer.crs.geographic else ("x", "y")
        columns += [_Column(name, _said(_WORDS[name], answer), "number", unit) for name in place]
    return columns


def _column(field: Field, answer: Answer) -> _Column:
    partial = field.name in answer.partial
    unit = "UTC" if field.type == "datetime" and not partial else field.unit
    return _Column(
        name=field.name,
        label=_said(field.label, answer),
        kind="string" if partial else field.type,
        unit="" if unit == "1" else unit,
        codes="; ".join(f"{code} {_said(label, answer)}" for code, label in field.choices.items()),
        declared=field.type,
    )


def _points(page: Page, answer: Answer) -> list[pa.Array]:
    """Return the coordinates of a point on each shape, none where there is no shape."""
    points = shapely.point_on_surface(answer.shapes(page, east_first=True))
    return [
        pa.array(each, pa.float64(), from_pandas=True)
        for each in (shapely.get_x(points), shapely.get_y(points))
    ]


def _said(text: Label | BilingualText, answer: Answer) -> str:
    return text.zh if answer.language == "zh" else text.en
