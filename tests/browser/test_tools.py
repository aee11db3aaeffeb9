"""Tools and the table as a person uses them, in a real browser."""

from __future__ import annotations

import csv
import json
import os
import urllib.parse
import urllib.request
from typing import Any

import openpyxl
import pyogrio
import pytest
from browser_walk import SCREENSHOTS, Walk
from pyproj import Geod

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="GRS80")


def measured(ring: list[list[float]]) -> tuple[float, float]:
    """Area, m², and outline, m, of a ring on the ellipsoid, by PROJ."""
    lons, lats = [each[0] for each in ring], [each[1] for each in ring]
    area, length = GEOD.polygon_area_perimeter(lons, lats)
    return abs(area), length


@pytest.fixture(scope="module")
def base(request: pytest.FixtureRequest) -> str:
    return os.environ.get("BASE_URL") or str(request.getfixturevalue("served_site"))


@pytest.fixture(scope="module")
def seen(base: str, walk: Walk) -> dict[str, Any]:
    """What `tools.mjs` saw on its walk."""
    return walk("tools.mjs", base)


@pytest.fixture(scope="module")
def matching(base: str, seen: dict[str, Any]) -> dict[str, Any]:
    """What the server itself finds by the text that the builder printed."""
    asked = urllib.parse.urlencode({"filter": seen["filter"]["cql"], "f": "json", "limit": 1000})
    with urllib.request.urlopen(f"{base}/ogc/collections/tsf/items?{asked}", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_an_area_drawn_with_the_mouse_is_measured_on_the_ellipsoid(seen: dict[str, Any]) -> None:
    (drawing,) = seen["byMouse"]["drawn"]
    (ring,) = drawing["geometry"]["coordinates"]
    area, length = measured(ring)
    assert seen["byMouse"]["list"] == f"{area / 1e6:,.2f} km²"
    # On the map's own Mercator plane it would be larger by 1 / cos²(31.3°) = 1.37.
    assert f"{length / 1000:,.2f} km" in seen["reading"]
    assert seen["byMouse"]["rendered"] >= 1


def test_the_keyboard_draws_an_area_takes_back_and_ends_it(seen: dict[str, Any]) -> None:
    (ring,) = seen["byKeyboard"]["geometry"]["coordinates"]
    assert len(ring) == 5
    (west, north), (east, _), (_, south) = ring[0], ring[1], ring[2]
    assert west < east
    assert south < north
    assert ring[3][0] == pytest.approx(west, abs=1e-3)  # right, down, left by the same way
    assert seen["handles"] == 8  # four vertices and the middles between them


def test_drawings_are_exported_with_their_figures(seen: dict[str, Any]) -> None:
    assert seen["handles"]
    found = json.loads((SCREENSHOTS / "drawings.geojson").read_text(encoding="utf-8"))
    drawing, buffer = found["features"]
    area, _ = measured(drawing["geometry"]["coordinates"][0])
    assert drawing["properties"]["area_m2"] == pytest.approx(area, rel=1e-5)
    # Two kilometres around: the area, its outline times two, and a circle of two kilometres in the corners.
    outline = drawing["properties"]["length_m"]
    assert buffer["properties"]["area_m2"] == pytest.approx(
        area + outline * 2000 + 3.1416 * 2000**2, rel=2e-3
    )


def test_the_builder_prints_what_the_server_reads_and_counts_as_it_does(
    seen: dict[str, Any], matching: dict[str, Any]
) -> None:
    text = seen["filter"]["cql"]
    assert text.startswith("tier >= 1 AND S_INTERSECTS(geometry, POLYGON((")
    assert seen["filter"]["address"] == f"tsf:{text}"
    assert 2 < matching["numberMatched"] < 100
    assert seen["filter"]["count"] == matching["numberMatched"]
    assert str(matching["numberMatched"]) in seen["filter"]["note"]


def test_the_map_draws_what_matches_and_nothing_else_of_the_dataset(
    seen: dict[str, Any], matching: dict[str, Any]
) -> None:
    ids = {each["id"] for each in matching["features"]}
    assert seen["filter"]["onMap"]
    assert set(seen["filter"]["onMap"]) <= ids


def test_the_table_has_the_rows_of_the_filter_in_the_order_that_was_clicked(
    seen: dict[str, Any], matching: dict[str, Any]
) -> None:
    table = seen["table"]
    assert table["matched"] == table["rows"] == matching["numberMatched"]
    scores = {each["id"]: each["properties"]["score"] for each in matching["features"]}
    assert [scores[each] for each in table["sorted"]] == sorted(scores.values())


def test_a_row_opens_its_asset_on_the_map_and_an_asset_marks_its_row(seen: dict[str, Any]) -> None:
    table = seen["table"]
    assert table["hovered"]
    assert urllib.parse.unquote(table["opened"]["show"]) == f"feature/tsf/{table['opened']['row']}"
    assert table["opened"]["row"] in table["outlined"]
    assert seen["fromMap"]["clicked"]
    assert seen["fromMap"]["marked"] == seen["fromMap"]["clicked"]


def test_the_three_files_hold_the_rows_of_the_table(seen: dict[str, Any], matching: dict[str, Any]) -> None:
    order = seen["table"]["sorted"]
    sheet = openpyxl.load_workbook(SCREENSHOTS / "table.xlsx").worksheets[0]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == order
    assert sheet["B1"].value == "尾矿库名称"
    with (SCREENSHOTS / "table.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == order
    frame = pyogrio.read_dataframe(SCREENSHOTS / "table.gpkg")
    assert sorted(frame["id"]) == sorted(each["id"] for each in matching["features"])


def test_a_point_is_reported_by_the_mouse_and_by_the_keyboard(seen: dict[str, Any]) -> None:
    lon, lat = map(float, seen["identify"]["point"].split(","))
    assert (lon, lat) == pytest.approx((103.7, 31.75), abs=0.01)  # a pixel is 0.0014 degrees
    assert seen["identify"]["facts"][0] == f"{lon:.5f}, {lat:.5f}"
    assert len(seen["identify"]["rasters"]) > 3
    assert seen["identify"]["keyboard"] == pytest.approx(seen["identify"]["centre"], abs=1e-5)


def test_of_a_long_table_only_the_rows_in_sight_are_drawn(seen: dict[str, Any]) -> None:
    assert seen["long"]["height"] >= 5 * 200 * 30  # five pages of 200 rows, 30 pixels each
    assert 0 < seen["long"]["rows"] < 80


def test_a_coordinate_in_the_search_box_leads_to_its_place(seen: dict[str, Any]) -> None:
    assert "度分秒" in seen["search"]["option"]
    assert 0.2 < seen["search"]["centre"] < 0.8


def test_nothing_is_complained_of_and_no_request_leaves_the_origin(seen: dict[str, Any]) -> None:
    assert seen["console"] == []
    assert seen["foreign"] == []
    assert seen["statuses"] == []
