"""An Excel workbook (Office Open XML, ECMA-376) that is given away while it is written.

Written here and not by openpyxl, which takes six times as long, keeps its sheets in temporary files and gives
nothing before all is written; in the tests openpyxl and GDAL read what is written here. Only what a table
needs: text, numbers, truth values, days and times, a heading that stays, and a filter.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import IO, Any, Literal, cast
from xml.sax.saxutils import escape, quoteattr

from geoserver.ogc.formats.formulas import is_formula
from geoserver.ogc.formats.sink import Sink

Kind = Literal["string", "integer", "number", "boolean", "date", "datetime"]
type _Written = Callable[[Any], str]

ROWS = 1_048_575
"""Of a sheet, beside its heading; what is more goes on another sheet."""
LONGEST_TEXT = 32_767
"""Of a cell; what is more is cut."""

_CUT = "…"
_LARGEST = 1_500_000_000  # bytes of a sheet; ZIP without its extension, which Excel lacks, ends at 2 GiB
_COMPRESSION = 4
_EXACT = 10**15  # Excel keeps fifteen digits of a number
_HEADING, _DATE, _DATETIME, _QUOTED = 1, 2, 3, 4  # places in `cellXfs` below
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ESCAPE_OF_EXCEL = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_DAY_ZERO = date(1899, 12, 30)
_FIRST, _LAST = date(1900, 3, 1), date(9999, 12, 31)  # Excel believes in a 29 February 1900
_SECONDS = 86_400

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFDDE6EE"/></patternFill></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class Book:
    """A workbook in the making; `given` takes what is ready away."""

    def __init__(self) -> None:
        self._sink = Sink()
        self._zip = zipfile.ZipFile(
            cast(IO[bytes], self._sink), "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION
        )
        self._names: list[str] = []
        self.cut = 0

    def sheet(self, name: str, columns: Sequence[tuple[Kind, str]], widths: Sequence[int]) -> Sheet:
        """Begin a sheet whose columns have a kind and a heading; the one before must be closed."""
        self._names.append(name)
        part = self._zip.open(f"xl/worksheets/sheet{len(self._names)}.xml", "w")
        return Sheet(part, columns, widths, self._count_cut)

    def _count_cut(self) -> None:
        self.cut += 1

    def given(self) -> bytes:
        """Return the bytes that nobody has taken yet."""
        return self._sink.taken()

    def close(self) -> None:
        """Write what holds the sheets together."""
        numbers = range(1, len(self._names) + 1)
        sheets = "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="s{n}"/>'
            for n, name in zip(numbers, self._names, strict=True)
        )
        relations = "".join(
            f'<Relationship Id="s{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in numbers
        )
        overrides = "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
            for n in numbers
        )
        parts = {
            "xl/styles.xml": _STYLES,
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>'
            "</workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
            f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="book" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="{_RELATIONS}"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{overrides}'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>',
        }
        for name, text in parts.items():
            self._zip.writestr(name, text if text.startswith(_HEAD) else _HEAD + text)
        self._zip.close()


class Sheet:
    """A sheet in the making: a heading that stays in sight, and rows."""

    def __init__(
        self, part: Any, columns: Sequence[tuple[Kind, str]], widths: Sequence[int], cut: Callable[[], None]
    ) -> None:
        self._part = part
        self._letters = [_letters(n) for n in range(1, len(columns) + 1)]
        self._cells = [_written(kind, cut) for kind, _ in columns]
        self._number = 1
        self._size = 0
        frame = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
            for n, width in enumerate(widths, start=1)
        )
        heading = "".join(
            f'<c r="{letter}1" s="{_HEADING}" t="inlineStr"><is><t>{_text(label)}</t></is></c>'
            for letter, (_, label) in zip(self._letters, columns, strict=True)
        )
        self._write(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>'
            f'</sheetView></sheetViews><cols>{frame}</cols><sheetData><row r="1">{heading}</row>'
        )

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write rows, not more than are `left`."""
        texts = []
        for row in rows:
            self._number = number = self._number + 1
            cells = [
                f'<c r="{letter}{number}"{cell(value)}'
                for letter, cell, value in zip(self._letters, self._cells, row, strict=True)
                if value is not None
            ]
            texts.append(f'<row r="{number}">{"".join(cells)}</row>')
        self._write("".join(texts))

    @property
    def left(self) -> int:
        """How many rows the sheet still takes."""
        return ROWS + 1 - self._number if self._size < _LARGEST else 0

    def close(self, *, filtered: bool) -> None:
        """End the sheet; a `filtered` one has the buttons by which Excel filters and sorts."""
        buttons = f'<autoFilter ref="A1:{self._letters[-1]}{self._number}"/>' if filtered else ""
        self._write(f"</sheetData>{buttons}</worksheet>")
        self._part.close()

    def _write(self, text: str) -> None:
        written = text.encode()
        self._size += len(written)
        self._part.write(written)


def _letters(number: int) -> str:
    """Return the letters of a column, counted from 1."""
    found = ""
    while number:
        number, digit = divmod(number - 1, 26)
        found = chr(ord("A") + digit) + found
    return found


def _text(value: str) -> str:
    shown = _ESCAPE_OF_EXCEL.sub("_x005F_", _UNWRITABLE.sub("\ufffd", value))
    return escape(shown, {"\r": "&#13;"})


def _written(kind: Kind, cut: Callable[[], None]) -> _Written:
    """Return what writes a value of a kind: the cell after its place."""

    def string(value: Any) -> str:
        shown = str(value)
        if len(shown) > LONGEST_TEXT:
            shown = shown[: LONGEST_TEXT - len(_CUT)] + _CUT
            cut()
        style = f' s="{_QUOTED}"' if is_formula(shown) else ""  # text after an edit as well
        return f'{style} t="inlineStr"><is><t xml:space="preserve">{_text(shown)}</t></is></c>'

    def number(value: Any) -> str:
        exact = abs(value) < (_EXACT if isinstance(value, int) else float("inf"))
        return f"><v>{value!r}</v></c>" if exact else string(value)

    def boolean(value: Any) -> str:
        return f' t="b"><v>{int(value)}</v></c>'

    def day(value: date) -> str:
        if not _FIRST <= value <= _LAST:
            return string(value.isoformat())
        return f' s="{_DATE}"><v>{(value - _DAY_ZERO).days}</v></c>'

    def time(value: datetime) -> str:
        moment = value.astimezone(UTC)
        if not _FIRST <= moment.date() < _LAST:
            return string(moment.isoformat().replace("+00:00", "Z"))
        seconds = (moment.hour * 60 + moment.minute) * 60 + moment.second + moment.microsecond / 1e6
        return f' s="{_DATETIME}"><v>{(moment.date() - _DAY_ZERO).days + seconds / _SECONDS!r}</v></c>'

    kinds: dict[str, _Written] = {
        "string": string,
        "integer": number,
        "number": number,
        "boolean": boolean,
        "date": day,
        "datetime": time,
    }
    return kinds[kind]
