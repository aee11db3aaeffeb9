"""Import templates: a table with the headers, what each column takes, and an example that is not imported."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data_catalog.dataset import Dataset, Field
from data_catalog.values import describe, is_blank
from minegis.errors import InvalidInput
from pipelines.steps.columns import (
    CRS_HEADER,
    ID_HEADER,
    LATITUDE_HEADER,
    LONGITUDE_HEADER,
    WKT_HEADER,
)

_PREPARED_ROWS = 1000  # rows of a workbook that offer their choices in a list
_LIST_LIMIT = 255  # characters Excel takes in a list of choices


def write_template(dataset: Dataset, path: Path) -> None:
    """Write the template of a dataset as CSV or XLSX, by the name's suffix.

    The first row holds the headers. Rows that begin with # are not imported: the second says what each
    column takes, the third is an example.

    Raises
    ------
    InvalidInput
        If the suffix is neither ``.csv`` nor ``.xlsx``.
    """
    rows = template_rows(dataset)
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise InvalidInput("no template in this form", where=path.name, expected=".csv or .xlsx", got=suffix)
    temporary = path.with_name(path.name + ".part")
    if suffix == ".csv":
        with temporary.open("w", encoding="utf-8-sig", newline="") as target:
            csv.writer(target).writerows(rows)
    else:
        _workbook(dataset, rows).save(temporary)
    temporary.replace(path)


def template_rows(dataset: Dataset) -> list[list[str]]:
    """Return the header, the explanations and the example."""
    fields = dataset.fields
    places = _places(dataset)
    header = [f"{field.label.zh} {field.name}" for field in fields] + [row[0] for row in places]
    told = [("必填 required; " if field.required else "") + describe(field) for field in fields]
    told += [row[1] for row in places]
    example = [_example(field) for field in fields] + [row[2] for row in places]
    if dataset.geometry:
        header.insert(0, ID_HEADER)
        told.insert(0, "a code that is unique in the layer")
        example.insert(0, f"{dataset.id.upper()}-001")
    told[0] = f"# 说明：本行不导入 / explanation, not imported; {told[0]}"
    example[0] = f"# 示例：本行不导入 / example, not imported; {example[0]}"
    return [header, told, example]


def is_example(values: Mapping[str, Any]) -> bool:
    """Whether a table row explains or exemplifies (template): its first filled cell begins with #."""
    first = next((cell for cell in values.values() if not is_blank(cell)), "")
    return isinstance(first, str) and first.strip().startswith(("#", "＃"))


def _places(dataset: Dataset) -> list[tuple[str, str, str]]:
    crs = (
        CRS_HEADER,
        "必填 required; CGCS2000, WGS84, GCJ-02, BD-09 or EPSG:code; one for the file",
        "CGCS2000",
    )
    if not dataset.geometry:
        return []
    if dataset.geometry == ("Point",):
        return [
            (LONGITUDE_HEADER, "必填 required; decimal degrees", "103.58"),
            (LATITUDE_HEADER, "必填 required; decimal degrees", "31.47"),
            crs,
        ]
    example = "POLYGON ((103.580 31.470, 103.590 31.470, 103.590 31.478, 103.580 31.478, 103.580 31.470))"
    kinds = ", ".join(kind.upper() for kind in dataset.geometry)
    told = f"必填 required; WKT, longitude before latitude: {kinds}"
    if "Point" in dataset.geometry:
        told += "; or two columns instead of this one: 经度 longitude, 纬度 latitude"
    return [(WKT_HEADER, told, example), crs]


def _example(field: Field) -> str:
    if field.example is None:
        return ""
    return field.choices[str(field.example)].zh if field.choices else str(field.example)


def _workbook(dataset: Dataset, rows: Sequence[Sequence[str]]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = dataset.title.zh[:31]
    for row in rows:
        sheet.append(list(row))
    for index, header in enumerate(rows[0], start=1):
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = min(max(2 * len(header), 14), 40)
        sheet[f"{letter}1"].font = Font(bold=True)
        for line in (2, 3):
            sheet[f"{letter}{line}"].fill = PatternFill("solid", fgColor="EEEEEE")
            sheet[f"{letter}{line}"].alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "B2"
    for index, field in enumerate(dataset.fields, start=2 if dataset.geometry else 1):
        _offer(sheet, get_column_letter(index), field)
    return book


def _offer(sheet: Worksheet, letter: str, field: Field) -> None:
    """Offer a column's choices, and keep the spreadsheet from turning codes into numbers or dates."""
    last = 3 + _PREPARED_ROWS
    if field.type == "string":
        for line in range(4, last + 1):
            sheet[f"{letter}{line}"].number_format = "@"
    choices = [label.zh for label in field.choices.values()] or (
        ["是", "否"] if field.type == "boolean" else []
    )
    listed = ",".join(choices)
    if listed and len(listed) <= _LIST_LIMIT and not any("," in choice for choice in choices):
        validation = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        validation.add(f"{letter}4:{letter}{last}")
        sheet.add_data_validation(validation)
