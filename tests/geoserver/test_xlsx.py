"""Workbooks, read by openpyxl and GDAL, which had no part in writing them."""

from __future__ import annotations

import io
import resource
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pyogrio
import pytest
import shapely
from fastapi.testclient import TestClient
from format_pages import COLLECTION, EPSG, IDS, NAMES, NOW, PAGES, VALUES, answer, page, saved, written

from data_catalog.items import Page
from geoserver.ogc.formats import xlsx_book
from geoserver.ogc.formats.formulas import is_formula


def opened(pages: Sequence[Page], **changes: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written("xlsx", pages, answer(**changes))))


def named(names: Sequence[str | None]) -> Page:
    """Items that have a name alone."""
    rows = [(f"i{n}", shapely.to_wkb(shapely.Point(1, 2)), "t", "", each) for n, each in enumerate(names)]
    return Page(("name",), rows, None, NOW)


def test_a_workbook_has_every_value_as_a_cell_of_its_type() -> None:
    rows = [*opened(PAGES).worksheets[0].iter_rows(min_row=2)]
    found = {row[0].value: dict(zip(NAMES, row[1:], strict=False)) for row in rows}
    assert [*found] == list(IDS)
    for item_id, values in zip(IDS, VALUES, strict=True):
        expected = dict(zip(NAMES, values, strict=True))
        cells = found[item_id]
        assert (cells["name"].value or None) == (expected["name"] or None)  # Excel has no empty text
        assert cells["depth"].value == expected["depth"]
        assert cells["overhead"].value is expected["overhead"]
    first = found["a"]
    assert [first[name].data_type for name in NAMES] == ["s", "n", "n", "b", "d", "d"]
    assert first["deaths"].value == 69_227
    assert first["built_on"].value == datetime(2008, 5, 12)
    assert first["occurred_at"].value == datetime(2008, 5, 12, 6, 28, 1)
    assert found["00106"]["occurred_at"].value == datetime(2026, 7, 20, 4)  # from 12:00+08:00


def test_what_excel_cannot_hold_is_text_and_not_another_value() -> None:
    fifth = next(opened(PAGES).worksheets[0].iter_rows(min_row=6, max_row=6, values_only=True))
    assert fifth[2] == "9007199254740993"  # sixteen digits, of which Excel keeps fifteen
    assert fifth[5] == "0001-01-01"
    assert fifth[6] == "9999-12-31T23:59:59.999000Z"


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        '=HYPERLINK("x")',
        "#REF!",
        "TRUE",
    ],
)
def test_text_is_never_a_formula_an_error_or_a_truth_value(text: str) -> None:
    cell = opened((named([text]),)).worksheets[0]["B2"]
    assert (cell.value, cell.data_type) == (text, "s")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＠SUM(A1)", "+86-10-12345"]
)
def test_text_that_a_spreadsheet_would_run_is_marked_in_both_formats(text: str) -> None:
    assert is_formula(text)
    assert opened((named([text]),)).worksheets[0]["B2"].quotePrefix
    line = written("csv", (named([text]),)).decode("utf-8-sig")
    assert f'"\'{text}"' in line


@pytest.mark.parametrize("text", ["-5", "+86 138", "-1.5", "a=1", "", "青石沟-2", "1-2"])
def test_other_text_is_left_alone(text: str) -> None:
    assert not is_formula(text)
    assert f',"{text}",' in written("csv", (named([text]),)).decode("utf-8-sig")


def test_signs_that_xml_and_excel_have_words_for_come_back_as_they_were() -> None:
    texts = ["<&>\"'", " both ends ", "two\nlines", "𠮷", "\x00\x01\ufffe", "_x000D_"]
    sheet = opened((named(texts),)).worksheets[0]
    found = [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    # Null and the like have no place in XML; the last is what Excel reads as the text _x000D_ (22.9.2.19).
    assert found == ["<&>\"'", " both ends ", "two\nlines", "𠮷", "\ufffd\ufffd\ufffd", "_x005F_x000D_"]


def test_the_heading_has_labels_and_units_and_the_second_sheet_explains_them() -> None:
    book = opened(PAGES)
    table, about = book.worksheets
    assert [cell.value for cell in table[1]] == [
        "编号", "名称", "死亡人数", "震源深度", "是否头顶库", "建成日期", "发震时刻 (UTC)",
        "经度 (°)", "纬度 (°)",
    ]  # fmt: skip
    assert (table.title, about.title) == ("示例·全部类型", "说明")
    assert table.freeze_panes == "B2"
    assert table.auto_filter.ref == "A1:I7"  # six items under the heading
    told = {row[0]: row[1] for row in about.iter_rows(values_only=True) if row[0]}
    assert told["发震时刻 (UTC)"] == "occurred_at"
    assert told["数据集"] == "示例·全部类型 (sight)"
    assert told["行数"] == "6"


def test_units_choices_and_sample_rows_are_told(client: TestClient) -> None:
    body = client.get("/ogc/collections/tsf/items?f=xlsx&lang=zh")
    assert body.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    table, about = openpyxl.load_workbook(io.BytesIO(body.content)).worksheets
    items = client.get("/ogc/collections/tsf/items?limit=1000").json()
    assert table.max_row - 1 == items["numberMatched"]
    rows = {row[1]: row for row in about.iter_rows(values_only=True)}
    assert rows["dam_height"][2] == "m"
    assert "in_use 在用" in str(rows["status"][4])
    told = {row[0]: row[1] for row in rows.values()}
    samples = sum(each["properties"]["origin"] == "sample" for each in items["features"])
    assert told["其中示例数据行数"] == str(samples)


def test_a_workbook_takes_the_filter_and_the_order_of_items(client: TestClient) -> None:
    asked = {"filter": "population > 1000", "sortby": "-population", "bbox": "102,30,105,33"}
    items = client.get("/ogc/collections/place/items", params={**asked, "limit": 1000}).json()["features"]
    body = client.get("/ogc/collections/place/items", params={**asked, "f": "xlsx"}).content
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [each["id"] for each in items]
    assert len(items) > 1


@pytest.mark.parametrize(
    ("code", "units"), [(4490, ("经度 (°)", "纬度 (°)")), (4523, ("东坐标 (m)", "北坐标 (m)"))]
)
def test_a_shape_is_a_point_on_it_in_the_reference_system(code: int, units: tuple[str, str]) -> None:
    points = Page(("name",), [("a", shapely.to_wkb(shapely.Point(105, 31)), "t", "", "甲")], None, NOW)
    sheet = opened((points,), crs=f"{EPSG}{code}").worksheets[0]
    assert tuple(cell.value for cell in sheet[1][2:]) == units
    # On the central meridian of zone 35 the easting is the false one, the northing the arc of the meridian
    # to 31 degrees: Helmert's series with n = f/(2 - f), a = 6378137 m, 1/f = 298.257222101.
    expected = (105, 31) if code == 4490 else (35_500_000, pytest.approx(3_430_974.3234, abs=1e-3))
    assert tuple(cell.value for cell in sheet[2][2:]) == expected


def test_a_place_that_is_not_known_is_an_empty_cell_and_none_is_a_plain_table() -> None:
    far = Page(("name",), [("a", shapely.to_wkb(shapely.Point(15, 0)), "t", "", "远")], None, NOW)
    sheet = opened((far,), crs=f"{EPSG}4523").worksheets[0]
    assert [cell.value for cell in sheet[2]][:2] == ["a", "远"]
    assert sheet["C2"].value is None
    plain = opened(PAGES, geometry=False).worksheets[0]
    assert plain.max_column == 1 + len(NAMES)


def test_a_table_goes_on_to_further_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_book, "ROWS", 3)
    book = opened((named(["甲"] * 2), named(["乙"] * 5)))
    assert book.sheetnames == ["示例·全部类型", "示例·全部类型 2", "示例·全部类型 3", "说明"]
    assert [sheet.max_row - 1 for sheet in book.worksheets[:3]] == [3, 3, 1]


def test_a_text_too_long_for_a_cell_is_cut_and_counted() -> None:
    table, about = opened((named(["长" * 40_000]),)).worksheets
    assert table["B2"].value == "长" * 32_766 + "…"
    told = {row[0]: row[1] for row in about.iter_rows(values_only=True) if row[0]}
    assert told["超过 32767 字被截断的文本"] == "1"


def test_every_part_is_well_formed_and_gdal_reads_the_table(tmp_path: Any) -> None:
    path = saved(tmp_path, "xlsx", PAGES)
    with zipfile.ZipFile(path) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            ElementTree.fromstring(parts.read(name))
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["示例·全部类型", "说明"]
    frame = pyogrio.read_dataframe(path, layer="示例·全部类型")
    assert frame["震源深度"].dropna().tolist() == [value[2] for value in VALUES if value[2] is not None]


def test_memory_does_not_grow_with_the_rows() -> None:
    from geoserver.ogc.formats import FORMATS

    form, given = FORMATS["xlsx"], answer()
    many = named([f"名称 {n}" for n in range(5_000)])
    sum(len(piece) for piece in form.write(iter([many] * 2), given))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    taken = sum(len(piece) for piece in form.write(iter([many] * 20), given))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert taken > 1_000_000
    assert after - before < 10_000  # KiB; the rows as Python texts would take 30 MB


def test_an_empty_result_is_a_workbook_with_its_heading() -> None:
    sheet = opened((page(0, 0),)).worksheets[0]
    assert sheet.max_row == 1
    assert len(COLLECTION.properties) + 3 == sheet.max_column
