from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from format_pages import (
    COLLECTION,
    EPSG,
    FIELDS,
    IDS,
    NAMES,
    NOW,
    PAGES,
    SHAPES,
    VALUES,
    answer,
    page,
    saved,
    written,
)
from shapely.geometry.base import BaseGeometry

from data_catalog.items import ItemQuery, Page
from geoserver.ogc.formats import FORMATS
from geoserver.ogc.formats.columns import partial_times
from minegis.errors import InvalidInput

WHOLE_WORLD = ("json", "geojsonseq", "fgb", "parquet", "csv", "gpkg")


def by_gdal(path: Path) -> Mapping[str, tuple[BaseGeometry | None, Mapping[str, Any]]]:
    """Read a file with the GDAL of pyogrio, which had no part in writing CSV and GeoJSON."""
    meta, table = pyogrio.read_arrow(path)
    shapes = shapely.from_wkb(table[meta["geometry_name"] or "wkb_geometry"].to_pylist())
    rows = table.drop_columns([meta["geometry_name"] or "wkb_geometry"]).to_pylist()
    return {row.pop("id"): (shape, row) for row, shape in zip(rows, shapes, strict=True)}


def typed(values: Sequence[Any]) -> dict[str, Any]:
    """What the values are as Python's own types: read by `datetime`, not by the code under test."""
    found = dict(zip(NAMES, values, strict=True))
    if found["built_on"]:
        found["built_on"] = date.fromisoformat(found["built_on"])
    if found["occurred_at"]:
        found["occurred_at"] = datetime.fromisoformat(found["occurred_at"]).astimezone(UTC)
    return found


EXPECTED = {IDS[n]: (SHAPES[n], typed(VALUES[n])) for n in range(len(IDS))}


def same_times(row: Mapping[str, Any]) -> dict[str, Any]:
    """Times as GDAL gives them: FlatGeobuf has no day without a time of day."""
    found = dict(row)
    for name in ("built_on", "occurred_at"):
        value = found[name]
        if isinstance(value, datetime):
            value = value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)
            found[name] = value.date() if name == "built_on" else value
    return found


@pytest.mark.parametrize("key", ["fgb", "gpkg"])
def test_a_file_that_gdal_reads_holds_every_feature_with_its_types(key: str, tmp_path: Path) -> None:
    found = by_gdal(saved(tmp_path, key, PAGES))
    assert found.keys() == EXPECTED.keys()
    for item_id, (shape, values) in EXPECTED.items():
        assert shapely.equals_identical(found[item_id][0], shape), item_id
        row = {name: value for name, value in found[item_id][1].items() if name != "fid"}
        assert same_times(row) == values, item_id


def test_geoparquet_is_read_by_geopandas_with_every_feature_and_its_types(tmp_path: Path) -> None:
    path = saved(tmp_path, "parquet", PAGES)
    frame = geopandas.read_parquet(path)
    assert frame.crs == "OGC:CRS84"
    assert [*frame["id"]] == list(IDS)
    assert all(shapely.equals_identical(frame.geometry.to_numpy(), SHAPES))
    rows = pq.read_table(path, columns=list(NAMES)).to_pylist()
    assert rows == [values for _, values in EXPECTED.values()]


def test_geoparquet_says_what_is_in_it(tmp_path: Path) -> None:
    path = saved(tmp_path, "parquet", PAGES)
    geo = json.loads(pq.read_metadata(path).metadata[b"geo"])
    column = geo["columns"][geo["primary_column"]]
    assert geo["version"] == "1.1.0"
    assert column["encoding"] == "WKB"
    assert set(column["geometry_types"]) == {shape.geom_type for shape in SHAPES}
    assert column["bbox"] == list(shapely.total_bounds(SHAPES))
    frames = pq.read_table(path, columns=["bbox"])["bbox"].to_pylist()
    assert [tuple(frame.values()) for frame in frames] == [shape.bounds for shape in SHAPES]


def in_csv(text: str | None) -> str:
    """What CSV holds for a name of `VALUES`: the one that a spreadsheet would compute has an apostrophe."""
    return "'=1+1" if text == "=1+1" else text or ""


def test_csv_keeps_every_text_and_tells_nothing_from_empty(tmp_path: Path) -> None:
    text = written("csv", PAGES)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = [*csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline=""))]
    assert [row["id"] for row in rows] == list(IDS)
    assert [row["name"] for row in rows] == [in_csv(values[0]) for values in VALUES]
    assert [row["built_on"] for row in rows] == [values[4] or "" for values in VALUES]
    assert [float(row["depth"]) if row["depth"] else None for row in rows] == [v[2] for v in VALUES]
    assert [row["overhead"] for row in rows] == ["true", "false", "", "", "true", "false"]
    empty, unknown = text.splitlines()[5], text.splitlines()[6]  # the second text has a line break
    assert empty.startswith(b'"e,\'f\'","",,')
    assert unknown.startswith(b'"5",,9007199254740993,')  # 2 ** 53 + 1: not through a float
    assert all(
        shapely.equals_identical(shapely.from_wkt(row["WKT"]), shape)
        for row, shape in zip(rows, SHAPES, strict=True)
    )


def test_gdal_reads_the_geometry_and_the_reference_system_of_csv(tmp_path: Path) -> None:
    path = saved(tmp_path, "csv", PAGES, answer(crs=f"{EPSG}4490"))
    found = by_gdal(path)
    assert pyogrio.read_info(path)["crs"] == "EPSG:4490"
    assert all(shapely.equals_identical(found[key][0], EXPECTED[key][0]) for key in EXPECTED)
    assert found["c;d"][1]["name"] == in_csv("=1+1")
    broken = 'say "no", 逗号，\nand a new line'  # GDAL reads any end of line as this one
    assert found["示例-2"][1]["name"].replace("\r", "") == broken


def test_a_text_sequence_has_a_separator_before_each_feature_and_gdal_reads_it(tmp_path: Path) -> None:
    text = written("geojsonseq", PAGES)
    records = text.split(b"\x1e")
    assert records[0] == b""  # RFC 8142 section 2.2: the separator comes before
    features = [json.loads(record) for record in records[1:]]
    assert all(record.endswith(b"\n") for record in records[1:])
    assert [each["id"] for each in features] == list(IDS)
    assert [[*each["properties"].values()] for each in features] == [list(values) for values in VALUES]
    path = saved(tmp_path, "geojsonseq", PAGES)
    shapes = shapely.from_wkb(pyogrio.read_arrow(path)[1]["wkb_geometry"].to_pylist())
    assert all(shapely.equals_identical(shapes, SHAPES))


@pytest.mark.parametrize("key", WHOLE_WORLD)
def test_an_empty_result_is_a_valid_file_with_its_columns(key: str, tmp_path: Path) -> None:
    path = saved(tmp_path, key, (page(0, 0),))
    if key == "parquet":
        frame = geopandas.read_parquet(path)
        assert len(frame) == 0
        assert [*frame.columns] == ["id", *NAMES, "geometry"]
    elif key == "geojsonseq":
        assert path.read_bytes() == b""  # RFC 8142: a sequence of no texts
    else:
        info = pyogrio.read_info(path, force_feature_count=True)
        assert info["features"] == 0
        if key != "json":  # GDAL takes WKT for a geometry when it has seen one
            assert [name for name in info["fields"] if name != "WKT"] == ["id", *NAMES]


@pytest.mark.parametrize("key", ["fgb", "gpkg", "parquet"])
@pytest.mark.parametrize("code", [4490, 4523, 3857])
def test_a_file_is_in_the_reference_system_that_was_asked_for_with_x_first(
    key: str, code: int, tmp_path: Path
) -> None:
    points = Page(("name",), [("a", shapely.to_wkb(shapely.Point(105, 31)), "t", "", "甲")], None, NOW)
    path = saved(tmp_path, key, (points,), answer(crs=f"{EPSG}{code}"))
    frame = geopandas.read_parquet(path) if key == "parquet" else pyogrio.read_dataframe(path)
    assert frame.crs.to_epsg() == code
    back = frame.to_crs("OGC:CRS84").geometry[0]
    assert (back.x, back.y) == pytest.approx((105, 31), abs=1e-8)


def test_flatgeobuf_carries_a_spatial_index_that_finds_what_a_box_touches(tmp_path: Path) -> None:
    rows = [(f"p{n}", shapely.to_wkb(shapely.Point(n % 100, n // 100)), "t", "", n) for n in range(5_000)]
    path = saved(tmp_path, "fgb", (Page(("deaths",), rows, None, NOW),))
    assert pyogrio.read_info(path)["capabilities"]["fast_spatial_filter"]
    found = pyogrio.read_dataframe(path, bbox=(10, 10, 12, 11))
    assert sorted(found["deaths"]) == [1010, 1011, 1012, 1110, 1111, 1112]  # 3 columns, 2 rows


def test_flatgeobuf_refuses_an_item_without_a_place_in_the_reference_system() -> None:
    far = Page(("name",), [("a", shapely.to_wkb(shapely.Point(15, 0)), "t", "", None)], None, NOW)
    with pytest.raises(InvalidInput, match="no place in this reference system"):
        written("fgb", (far,), answer(crs=f"{EPSG}4523"))


@pytest.mark.parametrize("key", ["gpkg", "parquet", "csv"])
def test_an_item_without_a_place_is_kept_without_geometry(key: str, tmp_path: Path) -> None:
    far = Page(("name",), [("a", shapely.to_wkb(shapely.Point(15, 0)), "t", "", "远")], None, NOW)
    path = saved(tmp_path, key, (far,), answer(crs=f"{EPSG}4523"))  # 90 degrees off its meridian, 105 E
    frame = geopandas.read_parquet(path) if key == "parquet" else pyogrio.read_dataframe(path)
    assert [*frame["name"]] == ["远"]
    assert frame.geometry[0] is None


@pytest.mark.parametrize("key", ["fgb", "gpkg", "parquet", "csv"])
def test_a_file_without_geometries_is_a_plain_table(key: str, tmp_path: Path) -> None:
    path = saved(tmp_path, key, PAGES, answer(geometry=False))
    if key == "parquet":
        assert pq.read_schema(path).names == ["id", *NAMES]
        assert b"geo" not in pq.read_metadata(path).metadata
    else:
        info = pyogrio.read_info(path, force_feature_count=True)
        assert [*info["fields"]] == ["id", *NAMES]
        assert info["features"] == len(IDS)
        shapes = pyogrio.read_dataframe(path).get("geometry")
        assert shapes is None or not shapes.notna().any()


def test_geopackage_names_the_layer_as_the_collection_with_labels_as_aliases(tmp_path: Path) -> None:
    import sqlite3

    path = saved(tmp_path, "gpkg", PAGES)
    assert pyogrio.list_layers(path)[0, 0] == "sight"
    with sqlite3.connect(path) as opened:
        aliases = dict(opened.execute("SELECT column_name, name FROM gpkg_data_columns"))
        (title,) = opened.execute("SELECT identifier FROM gpkg_contents").fetchone()
    opened.close()
    assert aliases == {each.name: each.label.zh for each in FIELDS}
    assert title == "示例·全部类型"


class Kept:
    """A collection of these pages; what `partial_times` reads."""

    collection = COLLECTION

    def __init__(self, pages: Sequence[Page]) -> None:
        self._pages = pages

    def batches(self, query: ItemQuery, size: int) -> Iterator[Page]:
        names = [name for name in NAMES if name in (query.properties or NAMES)]
        chosen = [4 + NAMES.index(name) for name in names]
        for each in self._pages:
            rows = [(*row[:4], *(row[at] for at in chosen)) for row in each.rows]
            yield Page(tuple(names), rows, None, NOW)


def with_time(text: str) -> Page:
    values = ("甲", None, None, None, "2020-01-01", text)
    return Page(NAMES, [("a", shapely.to_wkb(shapely.Point(1, 2)), "t", "", *values)], None, NOW)


@pytest.mark.parametrize(
    "text", ["1933-08-25", "1933", "2026-07-20T04:00Z", "2026-07-20T04:00:00.123456789Z"]
)
@pytest.mark.parametrize("key", ["fgb", "gpkg", "parquet"])
def test_a_time_that_is_no_whole_instant_is_kept_as_the_text_it_is(
    key: str, text: str, tmp_path: Path
) -> None:
    pages = (page(), with_time(text))
    found = partial_times(Kept(pages), None)  # type: ignore[arg-type]
    assert found == {"occurred_at"}
    path = saved(tmp_path, key, pages, answer(partial=found))
    frame = geopandas.read_parquet(path) if key == "parquet" else pyogrio.read_dataframe(path)
    texts = frame["occurred_at"].tolist()  # FlatGeobuf has an order of its own
    assert sorted(each for each in texts if isinstance(each, str)) == sorted(
        [text, *(v[5] for v in VALUES if v[5])]
    )


def test_times_that_are_whole_in_every_item_are_no_partial_times() -> None:
    assert partial_times(Kept(PAGES), None) == frozenset()  # type: ignore[arg-type]


def test_a_partial_time_is_never_made_whole_by_guessing() -> None:
    with pytest.raises(InvalidInput, match="a time that its column cannot hold"):
        written("parquet", (with_time("1933-08-25"),))


def test_a_file_that_is_given_up_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    making = iter(FORMATS["fgb"].write(iter([page()] * 50), answer()))
    assert next(making) == b""
    assert [*tmp_path.iterdir()]
    making.close()  # type: ignore[attr-defined]
    assert not [*tmp_path.iterdir()]


def test_folders_of_killed_processes_are_removed_and_those_in_use_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    from geoserver.ogc.formats.temporary import work_folder

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    orphan = tmp_path / "minegis-export-orphan"
    orphan.mkdir()
    (orphan / "x.fgb").write_bytes(b"half")
    os.utime(orphan, (0, 0))
    with work_folder() as used:
        os.utime(used, (0, 0))
        with work_folder():
            assert used.exists()
            assert not orphan.exists()
    assert not [*tmp_path.iterdir()]


def test_arrow_types_are_those_of_the_schema_even_where_nothing_is_known(tmp_path: Path) -> None:
    nothing = Page(NAMES, [("a", shapely.to_wkb(shapely.Point(1, 2)), "t", "", *(None,) * 6)], None, NOW)
    types = dict(zip(NAMES, pq.read_schema(saved(tmp_path, "parquet", (nothing,))).types[1:7], strict=True))
    assert types == {
        "name": pa.string(),
        "deaths": pa.int64(),
        "depth": pa.float64(),
        "overhead": pa.bool_(),
        "built_on": pa.date32(),
        "occurred_at": pa.timestamp("us", tz="UTC"),
    }
