from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from data_catalog.dataset import Dataset, datasets
from data_catalog.store import Feature, Store
from minegis.errors import InvalidInput
from minegis.levels import Origin
from pipelines.import_report import ImportReport
from pipelines.importing import ImportOptions, import_file
from pipelines.quarantine import write_quarantine
from pipelines.steps.columns import REASON_HEADER
from pipelines.steps.template import template_rows, write_template

ROW: dict[str, Any] = {
    "id": "TSF-1",
    "name": "青石沟尾矿库",
    "county_code": "513233",
    "status": "in_use",
    "raise_method": "upstream",
    "total_storage": "320",
    "dam_height": "48",
    "longitude": "103.31",
    "latitude": "31.21",
    "crs": "CGCS2000",
}
IMPORTABLE = [dataset for dataset in datasets().values() if dataset.importable]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "site") as opened:
        yield opened


def write(path: Path, *rows: dict[str, Any]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as source:
        return list(csv.DictReader(source))


def counts(report: ImportReport) -> tuple[int, int, int, int, int]:
    return report.inserted, report.updated, report.unchanged, report.quarantined, report.released


def test_the_same_file_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ROW, {**ROW, "id": "TSF-2", "dam_height": "tall"}, {**ROW, "id": ""})
    first = import_file(store, path, "tsf")
    before = store.version("tsf"), store.features("tsf"), store.quarantined("tsf")
    again = import_file(store, path, "tsf")
    assert counts(first) == (1, 0, 0, 2, 0)
    assert counts(again) == (0, 0, 1, 2, 0)
    assert again.mistakes == first.mistakes
    assert (store.version("tsf"), store.features("tsf"), store.quarantined("tsf")) == before


def test_a_changed_row_becomes_a_new_version_and_the_rest_keeps_its_source(
    store: Store, tmp_path: Path
) -> None:
    import_file(store, write(tmp_path / "a.csv", ROW, {**ROW, "id": "TSF-2"}), "tsf")
    old = store.feature("tsf", "TSF-2").source
    report = import_file(
        store, write(tmp_path / "b.csv", {**ROW, "dam_height": "52"}, {**ROW, "id": "TSF-2"}), "tsf"
    )
    assert counts(report) == (0, 1, 1, 0, 0)
    assert store.feature("tsf", "TSF-1").properties["dam_height"] == 52
    assert store.feature("tsf", "TSF-1").source.endswith("-b.csv")
    assert store.feature("tsf", "TSF-2").source == old


def test_a_column_that_is_absent_leaves_what_is_known_and_a_blank_clears_it(
    store: Store, tmp_path: Path
) -> None:
    import_file(store, write(tmp_path / "a.csv", {**ROW, "enterprise": "甲公司", "raises": "3"}), "tsf")
    import_file(store, write(tmp_path / "b.csv", {**ROW, "raises": ""}), "tsf")
    found = store.feature("tsf", "TSF-1").properties
    assert (found["enterprise"], found["raises"]) == ("甲公司", None)


def test_a_table_without_coordinates_updates_known_features_only(store: Store, tmp_path: Path) -> None:
    import_file(store, write(tmp_path / "a.csv", ROW), "tsf")
    bare = {name: value for name, value in ROW.items() if name not in ("longitude", "latitude", "crs")}
    report = import_file(
        store, write(tmp_path / "b.csv", {**bare, "dam_height": 50}, {**bare, "id": "TSF-9"}), "tsf"
    )
    assert counts(report) == (0, 1, 0, 1, 0)
    assert report.mistakes[0].problem.en == "no coordinates"
    assert store.feature("tsf", "TSF-1").geometry == shapely.Point(103.31, 31.21)


def test_every_row_of_a_repeated_id_is_held(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ROW, {**ROW, "id": "TSF-2"}, {**ROW, "dam_height": "49"})
    report = import_file(store, path, "tsf")
    assert counts(report) == (1, 0, 0, 2, 0)
    assert [(mistake.row, mistake.got) for mistake in report.mistakes] == [
        (2, "TSF-1 in rows 2, 4"),
        (4, "TSF-1 in rows 2, 4"),
    ]
    again = import_file(store, path, "tsf")
    assert counts(again) == (0, 0, 1, 2, 0)


def test_a_held_row_that_is_corrected_is_released(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write(path, ROW, {**ROW, "id": "TSF-2", "dam_height": "85 m"}, {**ROW, "id": "TSF-3", "status": "?"})
    import_file(store, path, "tsf")
    write(path, ROW, {**ROW, "id": "TSF-2", "dam_height": "85"}, {**ROW, "id": "TSF-3", "status": "??"})
    report = import_file(store, path, "tsf")
    assert counts(report) == (1, 0, 1, 1, 1)
    (held,) = store.quarantined("tsf")  # the row that is still wrong is held once, as it now stands
    assert (held.feature_id, held.values["status"]) == ("TSF-3", "??")


@pytest.mark.parametrize("wrong", ["", "TSF-\ufffd"])
def test_a_row_held_for_its_id_is_released_when_the_id_is_mended_in_place(
    store: Store, tmp_path: Path, wrong: str
) -> None:
    path = write(tmp_path / "a.csv", ROW, {**ROW, "id": wrong})
    import_file(store, path, "tsf")
    report = import_file(store, write(path, ROW, {**ROW, "id": "TSF-2"}), "tsf")
    assert counts(report) == (1, 0, 1, 0, 1)
    assert store.quarantined("tsf") == []


def test_another_file_of_the_same_name_does_not_release_what_it_does_not_hold(
    store: Store, tmp_path: Path
) -> None:
    path = write(tmp_path / "export.csv", {**ROW, "id": ""})
    import_file(store, path, "tsf")
    other = {
        **ROW,
        "id": "TSF-8",
        "name": "白石沟",
        "total_storage": 90,
        "dam_height": 20,
        "status": "closed",
    }
    other |= {"longitude": 103.4, "latitude": 31.3, "raise_method": "dry_stack"}
    assert import_file(store, write(path, other), "tsf").released == 0
    assert len(store.quarantined("tsf")) == 1


def test_held_rows_are_given_back_in_a_form_to_correct_and_import(store: Store, tmp_path: Path) -> None:
    good = {**ROW, "id": "TSF-0"}
    bad = {**ROW, "id": "", "dam_height": "85 m", "备注": "甲"}
    import_file(store, write(tmp_path / "a.csv", {**good, "备注": ""}, bad), "tsf")
    out = tmp_path / "out.csv"
    assert write_quarantine(store, "tsf", out) == 1
    (row,) = read(out)
    assert {name: row[name] for name in bad} == {**bad, "crs": "EPSG:4490"}
    assert "text after the number; got 85 m" in row[REASON_HEADER]
    assert "the id is blank" in row[REASON_HEADER]
    report = import_file(store, write(out, {**row, "id": "TSF-7", "dam_height": "85"}), "tsf")
    assert counts(report) == (1, 0, 0, 0, 1)
    assert store.quarantined("tsf") == []


def test_a_fatal_problem_changes_nothing(store: Store, tmp_path: Path) -> None:
    import_file(store, write(tmp_path / "a.csv", {**ROW, "dam_height": "?"}), "tsf")
    before = store.quarantined("tsf")
    with pytest.raises(InvalidInput, match="several coordinate systems"):
        import_file(
            store,
            write(tmp_path / "b.csv", ROW, {**ROW, "id": "2", "crs": "GCJ-02"}),
            "tsf",
            options=ImportOptions(sources=tmp_path / "sources"),
        )
    assert (store.count("tsf"), store.quarantined("tsf")) == (0, before)
    assert not (tmp_path / "sources").exists()


def test_the_site_keeps_the_bytes_that_a_feature_names_as_its_source(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ROW)
    folder = tmp_path / "sources"
    for _ in range(2):
        import_file(store, path, "tsf", options=ImportOptions(sources=folder))
    (copy,) = folder.iterdir()
    assert copy.name == store.feature("tsf", "TSF-1").source
    assert copy.read_bytes() == path.read_bytes()


SPOILERS: list[dict[str, str]] = [
    {"dam_height": "85 m"},
    {"dam_height": "-1"},
    {"total_storage": ""},
    {"status": "?"},
    {"longitude": "31.21", "latitude": "103.31"},
    {"latitude": "103"},
    {"longitude": ""},
    {"county_code": "5132"},
    {"name": ""},
]


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.none() | st.lists(st.sampled_from(SPOILERS), min_size=1, max_size=3), min_size=1, max_size=12)
)
def test_n_good_and_m_bad_rows_give_n_features_and_m_held_rows(
    plan: list[list[dict[str, str]] | None],
) -> None:
    rows: list[dict[str, Any]] = []
    for index, spoilers in enumerate(plan):
        row = {**ROW, "id": f"T{index}"}
        for spoiler in spoilers or []:
            row |= spoiler
        rows.append(row)
    bad = [index + 2 for index, spoilers in enumerate(plan) if spoilers]  # line 1 holds the headers
    with TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        report = import_file(store, write(Path(folder) / "a.csv", *rows), "tsf")
        assert (report.inserted, report.quarantined) == (len(plan) - len(bad), len(bad))
        assert store.count("tsf") == len(plan) - len(bad)
        assert [row.row for row in store.quarantined("tsf")] == bad
        assert sorted({mistake.row for mistake in report.mistakes}) == bad


# --- monitoring points -----------------------------------------------------------------------------------


def test_a_point_names_a_known_variable_and_an_asset_that_is_there(store: Store, tmp_path: Path) -> None:
    import_file(store, write(tmp_path / "a.csv", ROW), "tsf")
    station = {
        "id": "P1",
        "name": "库水位1",
        "asset_dataset": "尾矿库",
        "asset_id": "TSF-1",
        "variable": "pond_level",
        "interval_minutes": 60,
        "longitude": 103.31,
        "latitude": 31.21,
        "crs": "CGCS2000",
    }
    rows = [
        station,
        {**station, "id": "P2", "variable": "water"},
        {**station, "id": "P3", "asset_id": "TSF-X"},
    ]
    report = import_file(store, write(tmp_path / "b.csv", *rows), "station")
    assert counts(report) == (1, 0, 0, 2, 0)
    assert [mistake.problem.en for mistake in report.mistakes] == ["no such variable", "no such asset"]


# --- templates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dataset", IMPORTABLE, ids=lambda dataset: str(dataset.id))
@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_template_as_it_is_imports_nothing(
    store: Store, tmp_path: Path, dataset: Dataset, suffix: str
) -> None:
    path = tmp_path / f"template{suffix}"
    write_template(dataset, path)
    report = import_file(store, path, dataset.id, options=ImportOptions(crs="CGCS2000"))
    assert counts(report) == (0, 0, 0, 0, 0)
    assert (report.rows, report.skipped, report.notes) == (0, 2, ())


@pytest.mark.parametrize("dataset", [d for d in IMPORTABLE if d.asset], ids=lambda dataset: str(dataset.id))
def test_the_example_of_a_template_would_be_accepted(store: Store, tmp_path: Path, dataset: Dataset) -> None:
    path = tmp_path / "template.xlsx"
    write_template(dataset, path)
    book = openpyxl.load_workbook(path)
    _, _, example = template_rows(dataset)
    book.worksheets[0].append(["A-1", *example[1:]])
    book.save(path)
    report = import_file(store, path, dataset.id)
    assert (report.inserted, report.mistakes) == (1, ())


def test_a_template_tells_headers_ranges_and_choices() -> None:
    header, told, _ = template_rows(datasets()["tsf"])
    text = dict(zip(header, told, strict=True))
    assert text["现状坝高 dam_height"] == "必填 required; a number in m, 0 to 400"
    assert "upstream 上游式" in text["筑坝方式 raise_method"]


def test_a_feature_that_came_from_elsewhere_is_the_operators_once_they_report_it(
    store: Store, tmp_path: Path
) -> None:
    properties = {field.name: None for field in datasets()["tsf"].fields} | {"name": "旧名"}
    store.upsert("tsf", [Feature("TSF-1", properties, shapely.Point(103.3, 31.2), Origin.PUBLIC, "web")])
    import_file(store, write(tmp_path / "a.csv", ROW), "tsf")
    assert store.feature("tsf", "TSF-1").origin is Origin.OPERATOR
