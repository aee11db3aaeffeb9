"""Abstract tests of OGC API – Records Part 1 (OGC 20-004r1, Annex A)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

CORE = "ogcapi-records-1/1.0/conf/record-core"
PARAMETERS = "ogcapi-records-1/1.0/conf/record-core-query-parameters"
ITEMS = "/ogc/collections/catalogue/items"
GEOJSON = "application/geo+json"
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def records(api: TestClient, **asked: str) -> list[dict[str, Any]]:
    response = api.get(f"{ITEMS}?{urlencode({'limit': '1000', 'lang': 'en', **asked})}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == GEOJSON
    found: list[dict[str, Any]] = response.json()["features"]
    return found


def ids(api: TestClient, **asked: str) -> set[str]:
    return {each["id"] for each in records(api, **asked)}


def parameter(api: TestClient, name: str) -> dict[str, Any]:
    document = api.get("/ogc/openapi").json()
    given = document["paths"]["/collections/catalogue/items"]["get"]["parameters"]
    shared = document["components"]["parameters"]
    named = [shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each for each in given]
    (found,) = [each for each in named if each["name"] == name]
    assert found["in"] == "query"
    assert not found.get("required", False)
    read: dict[str, Any] = found
    return read


@pytest.mark.abstract_test(CORE, "/conf/record-core/mandatory-properties-record")
def test_each_record_has_what_a_record_must_have(api: TestClient) -> None:
    for each in records(api):
        assert each["type"] == "Feature"
        assert each["id"]
        assert {"geometry", "time", "links"} <= set(each)
        assert each["properties"]["type"]
        assert each["properties"]["title"]


@pytest.mark.abstract_test(CORE, "/conf/record-core/links")
def test_each_record_links_once_to_its_catalogue(api: TestClient) -> None:
    for each in records(api):
        one = api.get(f"{ITEMS}/{each['id']}").json()
        for links in (each["links"], one["links"]):
            (catalogue,) = [link["href"] for link in links if link["rel"] == "collection"]
        assert api.get(catalogue).json()["itemType"] == "record"


@pytest.mark.abstract_test(CORE, "/conf/record-core/templated-link")
@pytest.mark.abstract_test(CORE, "/conf/record-core/templated-link-header")
def test_there_are_no_templates_among_the_links(api: TestClient) -> None:
    response = api.get(ITEMS)
    assert "Link-Template" not in response.headers
    assert all("linkTemplates" not in each for each in response.json()["features"])
    assert all("{" not in link["href"] for each in records(api) for link in each["links"])


@pytest.mark.abstract_test(CORE, "/conf/record-core/license")
def test_a_licence_is_named_by_its_spdx_identifier(api: TestClient) -> None:
    named = {each["properties"]["license"] for each in records(api) if "license" in each["properties"]}
    # https://spdx.org/licenses/ has these.
    assert named == {"Apache-2.0", "MIT", "CC-BY-4.0", "ODC-By-1.0", "CC0-1.0"}


@pytest.mark.abstract_test(CORE, "/conf/record-core/contact")
def test_contacts_have_a_name_and_no_logo_of_another_kind(api: TestClient) -> None:
    contacts = [contact for each in records(api) for contact in each["properties"]["contacts"]]
    assert contacts
    assert all(contact["organization"] and contact["roles"] == ["owner"] for contact in contacts)
    assert all("logo" not in contact and "links" not in contact for contact in contacts)


@pytest.mark.abstract_test(CORE, "/conf/record-core/time-instant-interval")
@pytest.mark.abstract_test(CORE, "/conf/record-core/time-instant")
@pytest.mark.abstract_test(CORE, "/conf/record-core/time-interval")
@pytest.mark.abstract_test(CORE, "/conf/record-core/time-zone")
def test_times_are_intervals_of_days_or_of_utc_moments(api: TestClient) -> None:
    times = [each["time"] for each in records(api) if each["time"] is not None]
    assert times
    for time in times:
        assert set(time) == {"interval"}
        ends = [each for each in time["interval"] if each != ".."]
        assert all(MOMENT.fullmatch(each) for each in ends) or all(DAY.fullmatch(each) for each in ends)


@pytest.mark.abstract_test(CORE, "/conf/record-core/default-mediatype")
def test_a_record_is_geojson_unless_something_else_is_asked_for(api: TestClient) -> None:
    response = api.get(f"{ITEMS}/dataset:tsf")
    assert response.headers["content-type"] == GEOJSON
    profile = "http://www.opengis.net/def/profile/OGC/0/ogc-record"
    assert profile in {each["href"] for each in response.json()["links"] if each["rel"] == "profile"}


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/bbox")
def test_a_box_selects_records_that_touch_it(api: TestClient) -> None:
    assert parameter(api, "bbox")["schema"]["type"] == "array"
    found = ids(api, bbox="103.5,31.2,103.6,31.3")
    assert "dataset:tsf" in found
    far = ids(api, bbox="-60,-40,-50,-30")  # of the sources only the precipitation covers South America
    assert "dataset:tsf" not in far
    assert "source:cmap_precipitation" in far


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/datetime")
def test_a_time_selects_records_of_that_time_and_those_of_none(api: TestClient) -> None:
    assert parameter(api, "datetime")["schema"]["type"] == "string"
    assert "source:cmap_precipitation" in ids(api, datetime="1981-01-01/1990-01-01")
    late = ids(api, datetime="2020-01-01T00:00:00Z/..")
    assert "source:cmap_precipitation" not in late
    assert "dataset:tsf" in late


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/externalIds-definition")
@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/externalIds-response")
def test_identifiers_of_others_select_records_that_have_one(api: TestClient) -> None:
    assert parameter(api, "externalIds")["schema"] == {"type": "array", "items": {"type": "string"}}
    for asked in ("sha256:", "sha256:00", "00,run:x"):
        for each in records(api, externalIds=asked):
            assert each["properties"]["externalIds"]
    assert records(api, externalIds="nobody:nothing") == []


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/ids-definition")
@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/ids-response")
def test_ids_select_these_records(api: TestClient) -> None:
    assert parameter(api, "ids")["schema"]["type"] == "array"
    assert ids(api, ids="dataset:tsf,source:geonames,nope") == {"dataset:tsf", "source:geonames"}


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/limit")
def test_a_limit_bounds_the_page(api: TestClient) -> None:
    assert parameter(api, "limit")["schema"]["minimum"] == 1
    page = api.get(f"{ITEMS}?limit=3").json()
    assert len(page["features"]) == page["numberReturned"] == 3
    assert any(each["rel"] == "next" for each in page["links"])


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/q-definition")
@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/q-response")
def test_terms_select_records_that_have_them(api: TestClient) -> None:
    parameter(api, "q")
    one, other = ids(api, q="faults"), ids(api, q="Precipitation")
    assert one
    assert other
    assert ids(api, q="FAULTS") == one
    assert ids(api, q="faults,precipitation") == one | other
    assert "source:himatibetmap" in ids(api, q="active  faults  of")
    assert "source:himatibetmap" not in ids(api, q="faults active")


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/type-definition")
@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/type-response")
def test_types_select_records_of_one_of_them(api: TestClient) -> None:
    assert parameter(api, "type")["schema"] == {"type": "array", "items": {"type": "string"}}
    assert {each["properties"]["type"] for each in records(api, type="source,layer")} == {"source", "layer"}
    assert records(api, type="nothing") == []


@pytest.mark.abstract_test(PARAMETERS, "/conf/record-core-query-parameters/empty-value")
def test_an_empty_parameter_is_as_good_as_none(api: TestClient) -> None:
    empty = dict.fromkeys(("bbox", "datetime", "ids", "externalIds", "q", "type"), "")
    assert ids(api, **empty) == ids(api)
