"""Abstract tests of OGC API – Features Part 5 (OGC 23-058, Annex A), with the ids they have there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from fastapi.testclient import TestClient

from data_catalog.collection import collections
from data_catalog.dataset import datasets
from geoserver.ogc.conformance import conforms, measured
from geoserver.ogc.schemas import UCUM

COMMON = "ogcapi-common-3/1.0/conf"
SCHEMAS, ROLES = f"{COMMON}/schemas", f"{COMMON}/advanced-property-roles"
REFERENCES, RECEIVABLES = f"{COMMON}/references", f"{COMMON}/returnables-and-receivables"
QUERYABLES, SORTABLES = f"{COMMON}/queryables", f"{COMMON}/sortables"

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ACCEPT = {"Accept": "application/schema+json"}
RESOURCES = ("schema", "queryables", "sortables")
GEOMETRIES = re.compile(
    "geometry-(any|(point|linestring|polygon)(-or-multi(point|linestring|polygon))?|"
    "multi(point|linestring|polygon)|geometrycollection)"
)
# Terminal symbols and operators of UCUM that our units are made of: 10*4 is ten to the fourth, [g] gravity.
UCUM_UNIT = re.compile(r"(1|10\*4|mm|m|km|kPa|MPa|kN|min|h|deg|t|a|\[g\])[23]?([./](m|t|a|s|h)[23]?)*")


def fetch(api: TestClient, collection: str, resource: str) -> dict[str, Any]:
    response = api.get(f"/ogc/collections/{collection}/{resource}", headers=ACCEPT)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/schema+json"
    document: dict[str, Any] = response.json()
    return document


def every(api: TestClient, *resources: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for collection in collections():
        for resource in resources or RESOURCES:
            yield collection, resource, fetch(api, collection, resource)


@pytest.mark.abstract_test(SCHEMAS, "/conf/schemas/basic-schema-inspection")
def test_each_schema_is_a_json_schema_of_an_object(client: TestClient) -> None:
    validator = jsonschema.Draft202012Validator
    known = {
        "$schema", "$id", "title", "description", "type", "properties", "required", "additionalProperties",
        "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "enum", "oneOf", "readOnly",
    }  # fmt: skip
    for _, _, schema in every(client):
        assert schema["$schema"] == DIALECT
        assert schema["$id"].startswith("http")
        assert "?" not in schema["$id"]
        assert client.get(schema["$id"], headers=ACCEPT).json() == schema
        assert schema["type"] == "object"
        validator.check_schema(schema)
        assert {name for name in schema if not name.startswith("x-ogc-")} <= known
        for each in schema["properties"].values():
            spatial = bool(GEOMETRIES.fullmatch(each.get("format", "")))
            assert spatial != ("type" in each)
            assert {name for name in each if not name.startswith("x-ogc-")} <= known


def test_times_are_dates_or_moments(client: TestClient) -> None:
    kinds = {"date": "date", "datetime": "date-time"}
    for name, _, schema in every(client):
        for key, field in collections()[name].properties.items():
            if field.type in kinds:
                found = schema["properties"][key]
                assert (found["type"], found["format"]) == ("string", kinds[field.type])


@pytest.mark.abstract_test(SCHEMAS, "/conf/schemas/role")
def test_roles_are_texts(client: TestClient) -> None:
    for _, _, schema in every(client):
        roles = [each.get("x-ogc-role", "") for each in schema["properties"].values()]
        assert all(isinstance(role, str) for role in roles)


def with_role(schema: dict[str, Any], role: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, each) for name, each in schema["properties"].items() if each.get("x-ogc-role") == role]


@pytest.mark.abstract_test(SCHEMAS, "/conf/schemas/role-id")
def test_one_property_is_the_id(client: TestClient) -> None:
    for _, _, schema in every(client, "schema"):
        ((name, each),) = with_role(schema, "id")
        assert (name, each["type"]) == ("id", "string")


@pytest.mark.abstract_test(SCHEMAS, "/conf/schemas/property-seq")
def test_properties_have_an_order(client: TestClient) -> None:
    for _, _, schema in every(client, "schema"):
        places = [each["x-ogc-propertySeq"] for each in schema["properties"].values()]
        assert places == list(range(1, len(places) + 1))


@pytest.mark.abstract_test(SCHEMAS, "/conf/schemas/unit")
def test_units_are_ucum(client: TestClient) -> None:
    found = set()
    for _, _, schema in every(client):
        for each in schema["properties"].values():
            if "x-ogc-unit" in each:
                assert each["type"] in ("number", "integer")
                assert UCUM_UNIT.fullmatch(each["x-ogc-unit"]), each
                found.add(each["x-ogc-unit"])
    assert {"m", "km2", "10*4.m3"} <= found


def test_each_unit_of_a_dataset_has_a_ucum_name() -> None:
    assert {field.unit for each in datasets().values() for field in each.fields if field.unit} <= UCUM.keys()


@pytest.mark.abstract_test(SCHEMAS, "/conf/schemas/definition")
@pytest.mark.abstract_test(SCHEMAS, "/conf/schemas/nullvalues")
def test_no_definition_and_no_value_for_nothing_is_stated(client: TestClient) -> None:
    for _, _, schema in every(client):
        for each in schema["properties"].values():
            assert not {"x-ogc-definition", "x-ogc-nullValues"} & each.keys()


@pytest.mark.abstract_test(ROLES, "/conf/advanced-property-roles/role-primary-geometry")
def test_one_property_is_the_geometry(client: TestClient) -> None:
    for _, _, schema in every(client, "schema", "queryables"):
        ((name, each),) = with_role(schema, "primary-geometry")
        assert name == "geometry"
        assert not {"type", "$ref"} & each.keys()
        assert GEOMETRIES.fullmatch(each["format"])


@pytest.mark.abstract_test(ROLES, "/conf/advanced-property-roles/role-primary-temporal")
def test_at_most_one_property_is_the_time(client: TestClient) -> None:
    found = {}
    for collection, _, schema in every(client, "schema"):
        for name, each in with_role(schema, "primary-instant"):
            assert collection not in found
            assert (each["type"], each["format"] in ("date", "date-time")) == ("string", True)
            found[collection] = name
        assert not with_role(schema, "primary-interval-start") + with_role(schema, "primary-interval")
    assert found["earthquake"] == "occurred_at"


@pytest.mark.abstract_test(ROLES, "/conf/advanced-property-roles/role-type")
def test_no_property_is_the_feature_type(client: TestClient) -> None:
    assert not any(with_role(schema, "type") for _, _, schema in every(client))


@pytest.mark.abstract_test(REFERENCES, "/conf/references/role-reference")
def test_references_lead_to_a_collection_whose_id_is_alike(client: TestClient) -> None:
    found = 0
    for _, _, schema in every(client):
        for _, each in with_role(schema, "reference"):
            ((_, target),) = with_role(fetch(client, each["x-ogc-collectionId"], "schema"), "id")
            assert each["type"] == target["type"] == "string"
            found += 1
    assert found
    # A region is referred to by the code that is its id.
    region = client.get("/ogc/collections/region/items").json()["features"][0]
    assert region["id"] == region["properties"]["code"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            each, marks=pytest.mark.abstract_test(each, f"/conf/{each.rsplit('/')[-1]}/get-conformance")
        )
        for each in (RECEIVABLES, QUERYABLES, SORTABLES)
    ],
)
def test_a_class_is_declared_as_it_was_measured(client: TestClient, name: str) -> None:
    response = client.get("/ogc/conformance", headers={"Accept": "application/json"})
    assert response.status_code == 200
    declared = response.json()["conformsTo"]
    assert (f"http://www.opengis.net/spec/{name}" in declared) == conforms(name, measured())


@pytest.mark.abstract_test(RECEIVABLES, "/conf/returnables-and-receivables/link")
@pytest.mark.abstract_test(QUERYABLES, "/conf/queryables/link")
@pytest.mark.abstract_test(SORTABLES, "/conf/sortables/link")
def test_each_collection_links_to_its_schemas(client: TestClient) -> None:
    listed = client.get("/ogc/collections").json()["collections"]
    assert {each["id"] for each in listed} == set(collections())
    for one in listed:
        alone = client.get(f"/ogc/collections/{one['id']}").json()
        for document in (one, alone):
            links = {link["rel"]: link["href"] for link in document["links"]}
            for resource in RESOURCES:
                address = f"http://127.0.0.1/ogc/collections/{one['id']}/{resource}"
                assert links[f"http://www.opengis.net/def/rel/ogc/1.0/{resource}"] == address


@pytest.mark.abstract_test(RECEIVABLES, "/conf/returnables-and-receivables/op-and-response")
@pytest.mark.abstract_test(QUERYABLES, "/conf/queryables/op-and-response")
def test_each_resource_is_closed_and_names_what_the_collection_has(client: TestClient) -> None:
    for name, resource, schema in every(client, "schema", "queryables"):
        own = set(collections()[name].properties)
        beside = {"schema": {"id", "geometry"}, "queryables": {"geometry"}}[resource]
        assert set(schema["properties"]) == own | beside
        assert schema["additionalProperties"] is False


@pytest.mark.abstract_test(SORTABLES, "/conf/sortables/op-and-response")
def test_sortables_are_plain_values_by_which_items_are_sorted(client: TestClient) -> None:
    for name, _, schema in every(client, "sortables"):
        types = {each["type"] for each in schema["properties"].values()}
        assert not types & {"array", "object"}
        assert set(schema["properties"]) == set(collections()[name].properties)
    for key in fetch(client, "place", "sortables")["properties"]:
        assert client.get("/ogc/collections/place/items", params={"sortby": f"-{key}"}).status_code == 200
    assert client.get("/ogc/collections/place/items", params={"sortby": "geometry"}).status_code == 400


def as_the_schema_has_it(feature: dict[str, Any]) -> dict[str, Any]:
    """A feature with the members that its schema names; a null is a property that is not there."""
    values = {name: value for name, value in feature["properties"].items() if value is not None}
    return {"id": feature["id"], "geometry": feature["geometry"], **values}


@pytest.mark.abstract_test(RECEIVABLES, "/conf/returnables-and-receivables/response-1")
def test_features_are_valid_by_their_schema(client: TestClient) -> None:
    checked = 0
    for name in ("tsf", "place", "earthquake", "region", "mine", "station"):
        validator = jsonschema.Draft202012Validator(
            fetch(client, name, "schema"), format_checker=jsonschema.FormatChecker()
        )
        for feature in client.get(f"/ogc/collections/{name}/items").json()["features"]:
            alone = client.get(f"/ogc/collections/{name}/items/{feature['id']}").json()
            for each in (feature, alone):
                validator.validate(as_the_schema_has_it(each))
                checked += 1
    assert checked == 2 * (2 + 100 + 3 + 3)


@pytest.mark.abstract_test(RECEIVABLES, "/conf/returnables-and-receivables/response-2")
@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({}, 201),
        ({"enterprise": "示例矿业"}, 201),
        ({"dam_height": "48"}, 400),
        ({"dam_height": -1}, 400),
        ({"dam_height": 400.5}, 400),
        ({"dam_height": True}, 400),
        ({"tsf_class": 2.5}, 400),
        ({"tsf_class": 9}, 400),
        ({"status": "在用"}, 400),
        ({"county_code": "5132"}, 400),
        ({"uscc": "91510000000000000X"}, 400),
        ({"overhead": "yes"}, 400),
        ({"name": None}, 400),
        ({"name": ["a"]}, 400),
        ({"colour": "red"}, 400),
        ({"score": 0.5}, 400),
    ],
)
def test_what_is_taken_is_what_the_schema_takes(
    api: TestClient, changed: dict[str, Any], status: int
) -> None:
    item = "/ogc/collections/tsf/items/T2"
    properties = {
        "name": "新库", "county_code": "513221", "status": "in_use", "raise_method": "upstream",
        "total_storage": 120.5, "dam_height": 31.0, **changed,
    }  # fmt: skip
    point = {"type": "Point", "coordinates": [103.61, 31.21]}
    body = {"type": "Feature", "geometry": point, "properties": properties}
    headers = {"Content-Type": "application/geo+json"}
    assert api.post("/ogc/collections/tsf/items", json=body, headers=headers).status_code == status
    headers["If-Match"] = api.get(item).headers["etag"]
    assert api.put(item, json=body, headers=headers).status_code == (204 if status == 201 else 400)
    schema = fetch(api, "tsf", "schema")
    receivable = {name: each for name, each in schema["properties"].items() if not each.get("readOnly")}
    validator = jsonschema.Draft202012Validator({**schema, "properties": receivable})
    # The check digit of a credit code is beyond what a schema says.
    if "uscc" not in changed:
        assert validator.is_valid({"geometry": point, **properties}) == (status == 201)


def test_titles_speak_the_language_that_is_asked_for(client: TestClient) -> None:
    chinese, english = (
        client.get("/ogc/collections/tsf/schema", params={"lang": lang}).json() for lang in ("zh", "en")
    )
    assert (chinese["title"], english["title"]) == ("尾矿库", "Tailings storage facilities")
    status = [each["properties"]["status"] for each in (chinese, english)]
    assert [each["title"] for each in status] == ["运行状况", "Status"]
    assert [each["oneOf"][0] for each in status] == [
        {"const": "in_use", "title": "在用"},
        {"const": "in_use", "title": "In use"},
    ]


def test_a_schema_is_a_page_for_people(client: TestClient) -> None:
    for resource in RESOURCES:
        response = client.get(f"/ogc/collections/tsf/{resource}", headers={"Accept": "text/html,*/*;q=0.1"})
        assert response.headers["content-type"].startswith("text/html")
        assert "dam_height" in response.text


def test_a_schema_is_kept_until_it_changes(client: TestClient) -> None:
    address = "/ogc/collections/tsf/schema"
    first = client.get(address)
    assert client.get(address, headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    assert client.get(address, params={"lang": "en"}).headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/ogc/collections/nothing/schema", 404),
        ("/ogc/collections/tsf/schema?f=yaml", 400),
        ("/ogc/collections/tsf/schema?colour=red", 400),
        ("/ogc/collections/tsf'; DROP TABLE tsf; --/queryables", 404),
        ("/ogc/collections/..%2f..%2fetc/sortables", 404),
    ],
)
def test_what_is_not_there_is_a_problem(client: TestClient, address: str, status: int) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
