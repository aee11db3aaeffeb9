"""Abstract tests of OGC API – Features Part 3 (OGC 19-079r2, Annex A) that speak of queryables."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from data_catalog.collection import collections
from geoserver.ogc.conformance import conforms, measured

QUERYABLES = "ogcapi-features-3/1.0/conf/queryables"


@pytest.mark.abstract_test(QUERYABLES, "/conf/queryables/get-conformance")
def test_the_class_is_declared_as_it_was_measured(client: TestClient) -> None:
    response = client.get("/ogc/conformance", headers={"Accept": "application/json"})
    assert response.status_code == 200
    declared = response.json()["conformsTo"]
    assert (f"http://www.opengis.net/spec/{QUERYABLES}" in declared) == conforms(QUERYABLES, measured())


@pytest.mark.abstract_test(QUERYABLES, "/conf/queryables/get-collections")
def test_every_collection_is_listed(client: TestClient) -> None:
    response = client.get("/ogc/collections", headers={"Accept": "application/json"})
    assert response.status_code == 200
    assert {each["id"] for each in response.json()["collections"]} == set(collections())


@pytest.mark.abstract_test(QUERYABLES, "/conf/queryables/get-queryables")
def test_each_collection_has_queryables(client: TestClient) -> None:
    for collection in collections():
        address = f"/ogc/collections/{collection}/queryables"
        response = client.get(address, headers={"Accept": "application/schema+json"})
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/schema+json"
        document = response.json()
        assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert document["$id"] == f"http://127.0.0.1{address}"
        assert document["type"] == "object"
        assert document["properties"]
        assert "type" not in document["properties"]["geometry"]


@pytest.mark.abstract_test(QUERYABLES, "/conf/queryables/get-collection")
def test_each_collection_links_to_its_queryables(client: TestClient) -> None:
    relation = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
    for collection in collections():
        links = client.get(f"/ogc/collections/{collection}").json()["links"]
        found = {link["href"] for link in links if link["rel"] == relation}
        assert found == {f"http://127.0.0.1/ogc/collections/{collection}/queryables"}
