"""Registers of tailings facilities in the words of their publishers."""

from __future__ import annotations

import csv

import openpyxl
import pytest
import shapely

from data_catalog.store import Feature, Store
from minegis.errors import InvalidInput
from minegis.levels import Origin
from pipelines.registry_import import import_registry

HEADERS = ("Facility ID", "Facility Name", "Company", "Country", "Longitude", "Latitude", "Status")
MORE = ("Raising Method", "Current Maximum Height (m)", "Storage Volume (m3)")
GOOD = ("A1", "Qingshigou", "Example", "China", 103.31, 31.21, "Active", "Upstream", 48, "3,200,000")


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "site") as opened:
        regions = [("100000", "中国", "nation", None, shapely.box(80, 20, 125, 45))]
        regions += [("513233", "红原县", "county", "100000", shapely.box(103.0, 31.0, 103.6, 31.5))]
        opened.upsert(
            "region",
            [
                Feature(
                    code,
                    {"code": code, "name": name, "level": level, "parent": parent},
                    box,
                    Origin.PUBLIC,
                    "t",
                )
                for code, name, level, parent, box in regions
            ],
        )
        yield opened


@pytest.fixture
def register(tmp_path):
    def made(*rows, headers=(*HEADERS, *MORE), name="register.csv"):
        path = tmp_path / name
        if name.endswith("xlsx"):
            book = openpyxl.Workbook()
            for row in (headers, *rows):
                book.active.append(row)
            book.save(path)
            return path
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([headers, *rows])
        return path

    return made


@pytest.mark.parametrize("name", ["register.csv", "register.xlsx"])
def test_a_facility_is_taken_in_with_its_county_and_in_our_units(store, register, name):
    report = import_registry(store, register(GOOD, name=name), "world_tsf")
    assert report.inserted == 1
    (found,) = store.features("tsf")
    assert (found.id, found.origin) == ("world_tsf-A1", Origin.PUBLIC)
    assert found.source.startswith("world_tsf register")
    wanted = {
        "county_code": "513233",
        "status": "in_use",
        "raise_method": "upstream",
        "dam_height": 48,
        "total_storage": 320,  # 3.2 million m³ in 10⁴ m³
    }
    assert {key: found.properties[key] for key in wanted} == wanted


def test_what_fails_is_held_with_its_reasons_and_other_countries_are_left(store, register, tmp_path):
    unknown_word = ("A2", *GOOD[1:7], "Paddock", *GOOD[8:])
    nowhere = ("A3", *GOOD[1:4], 110.0, 31.21, *GOOD[6:])
    no_height = ("A4", *GOOD[1:8], "", GOOD[9])
    abroad = ("A5", *GOOD[1:3], "Brazil", -44.1, -20.1, *GOOD[6:])
    path = register(GOOD, unknown_word, nowhere, no_height, abroad)
    report = import_registry(store, path, "world_tsf", sources=tmp_path / "kept")
    assert (report.inserted, report.quarantined) == (1, 3)
    held = {row.feature_id: [reason["column"] for reason in row.reasons] for row in store.quarantined("tsf")}
    assert held == {
        "world_tsf-A2": ["raise_method"],
        "world_tsf-A3": ["county_code"],
        "world_tsf-A4": ["dam_height"],
    }
    assert [each.name.partition("-")[2] for each in (tmp_path / "kept").iterdir()] == ["register.csv"]


def test_the_same_register_a_second_time_changes_nothing(store, register):
    import_registry(store, register(GOOD), "world_tsf")
    again = import_registry(store, register(GOOD), "world_tsf")
    assert (again.inserted, again.updated, again.unchanged) == (0, 0, 1)


@pytest.mark.parametrize(
    ("header", "stated", "stored"),
    [("Capacity (10^3 m3)", 3200, 320), ("Volume (Mm3)", 3.2, 320), ("Reservoir capacity (m3)", 3.2e6, 320)],
)
def test_volumes_are_in_the_unit_of_their_header(store, register, header, stated, stored):
    path = register((*GOOD[:9], stated), headers=(*HEADERS, *MORE[:2], header))
    import_registry(store, path, "world_tsf")
    assert store.features("tsf")[0].properties["total_storage"] == pytest.approx(stored)


def test_a_table_of_other_things_is_refused(store, register):
    with pytest.raises(InvalidInput, match="columns of longitude, latitude"):
        import_registry(store, register(("a",), headers=("Name",)), "world_tsf")
    with pytest.raises(InvalidInput, match="no facility of China"):
        import_registry(store, register((*GOOD[:3], "Peru", *GOOD[4:])), "world_tsf")
