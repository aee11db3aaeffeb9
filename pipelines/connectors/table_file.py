"""Read tables: CSV in any declared or provable encoding, and XLSX workbooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.utils.exceptions import InvalidFileException

from minegis.errors import InvalidInput
from pipelines.connectors.rows import ReadOptions, Row, VectorFile
from pipelines.connectors.text_encoding import encoding_of

_DELIMITERS = ",\t;|"


def read_csv(path: Path, options: ReadOptions) -> VectorFile:
    """Read delimited text whose first filled line holds the headers; the delimiter is the header's.

    Raises
    ------
    InvalidInput
        If the encoding cannot be told, a header is there twice, or a quote is never closed.
    """
    content = path.read_bytes()
    text = content.decode(encoding_of(content, options.declared_encoding, where=path.name))
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    numbered: list[tuple[int, Sequence[Any]]] = []
    begins = 1
    try:
        for cells in reader:
            numbered.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(
            "the table cannot be read", where=f"{path.name} line {begins}", got=str(error)
        ) from None
    return _table(path, numbered)


def read_workbook(path: Path, options: ReadOptions) -> VectorFile:
    """Read one sheet of a workbook; formulas count with the value Excel saved.

    Raises
    ------
    InvalidInput
        If the file is no workbook, several sheets hold data and none is named, or a header is there twice.
    """
    try:
        book = openpyxl.load_workbook(path, data_only=True)
        formulas = openpyxl.load_workbook(path)
    except (InvalidFileException, BadZipFile, KeyError, OSError, ValueError) as error:
        raise InvalidInput("the workbook cannot be read", where=path.name, got=str(error)[:300]) from None
    filled = [sheet.title for sheet in book.worksheets if any(any(row) for row in sheet.values)]
    if options.layer is None and len(filled) != 1:
        raise InvalidInput(
            "say which sheet to read", where=path.name, expected="one of " + ", ".join(filled), got="none"
        )
    name = options.layer or filled[0]
    if name not in filled:
        raise InvalidInput("no such sheet", where=path.name, expected=", ".join(filled), got=name)
    sheets = zip(book[name].iter_rows(), formulas[name].iter_rows(), strict=True)
    numbered = [
        (index, [_cell(value, formula) for value, formula in zip(*pair, strict=True)])
        for index, pair in enumerate(sheets, start=1)
    ]
    return _table(path, numbered, about=(name,))


def _cell(saved: Any, written: Any) -> Any:
    """Return a cell's saved value; a formula without one is shown as it is written, so that it is refused."""
    if saved.value is None and isinstance(written, Cell) and written.data_type == "f":
        return str(written.value)
    return saved.value


def _table(
    path: Path, numbered: Iterable[tuple[int, Sequence[Any]]], about: tuple[str, ...] = ()
) -> VectorFile:
    filled = [(number, cells) for number, cells in numbered if any(_is_filled(cell) for cell in cells)]
    if not filled:
        raise InvalidInput("the table is empty", where=path.name, expected="a header row")
    header = [str(cell).strip().lstrip("\ufeff") if _is_filled(cell) else "" for cell in filled[0][1]]
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        raise InvalidInput("a column header is there twice", where=path.name, got=", ".join(repeated))
    rows = []
    for number, cells in filled[1:]:
        values = {name: cell for name, cell in zip(header, cells, strict=False) if name}
        unnamed = [cell for index, cell in enumerate(cells) if index >= len(header) or not header[index]]
        surplus = [str(cell) for cell in unnamed if _is_filled(cell)]
        problem = f"values outside the named columns: {', '.join(surplus)}" if surplus else ""
        rows.append(Row(number, values, None, problem))
    columns = tuple(name for name in header if name)
    return VectorFile(path, columns, tuple(rows), None, False, about)


def _is_filled(cell: Any) -> bool:
    return cell is not None and str(cell).strip() != ""
