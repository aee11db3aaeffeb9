"""What the list of layers says each of them was made from."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_every_layer_says_what_it_was_made_from_and_where_that_is_recorded(client: TestClient) -> None:
    listed = {each["id"]: each["lineage"] for each in client.get("/api/v1/layers").json()}
    assert [each["record"] for each in listed["relief"]] == ["raster:elevation-west", "raster:elevation-east"]
    assert listed["relief"][0]["text"].startswith("china_dem_30s")
    assert listed["tsf"] == [{"text": "sample:tsf.xlsx", "record": "source:sample"}]
    assert listed["risk_cell"] == listed["warning"] == [{"text": "run1", "record": "run:run1"}]


def test_a_layer_of_events_says_which_property_tells_their_time(client: TestClient) -> None:
    listed = {each["id"]: each["occurred"] for each in client.get("/api/v1/layers").json()}
    assert listed["earthquake"] == "occurred_at"
    assert {listed[other] for other in listed if other != "earthquake"} == {None}


def test_the_records_that_it_names_are_in_the_catalogue(client: TestClient) -> None:
    listed = client.get("/api/v1/layers").json()
    named = {each["record"] for layer in listed for each in layer["lineage"] if each["record"]}
    assert named
    for record in sorted(named):
        assert client.get(f"/ogc/collections/catalogue/items/{record}").status_code == 200, record
