"""Abstract tests of OGC API – Features Part 4 (OGC 20-002, Annex A), with the ids they have there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from httpx import Response
from pyproj import Transformer

CRUD = "ogcapi-features-4/1.0/conf/create-replace-delete"
UPDATE = "ogcapi-features-4/1.0/conf/update"
FEATURES = "ogcapi-features-4/1.0/conf/features"
ETAGS = "ogcapi-features-4/1.0/conf/optimistic-locking-etags"
TIMESTAMPS = "ogcapi-features-4/1.0/conf/optimistic-locking-timestamps"
HANDLING = "ogcapi-features-4/1.0/conf/handling"
RETURN = "ogcapi-features-4/1.0/conf/return-resource-representation-in-response"

ITEMS = "/ogc/collections/tsf/items"
ITEM = f"{ITEMS}/T1"
GEOJSON = {"Content-Type": "application/geo+json"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
MUTABLE = ("mine", "slope", "station", "tsf")
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def building(**changed: Any) -> dict[str, Any]:
    """A valid representation of a new feature."""
    properties = {
        "name": "新库",
        "county_code": "513221",
        "status": "in_use",
        "raise_method": "upstream",
        "total_storage": 120.5,
        "dam_height": 31.0,
        "overhead": False,
    }
    ring = [[103.61, 31.21], [103.62, 31.21], [103.62, 31.22], [103.61, 31.21]]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": properties,
    } | changed


def represents(got: dict[str, Any], sent: dict[str, Any]) -> bool:
    """Whether a feature has what was sent, and of its own nothing but what the server computes."""
    kept = {name: value for name, value in got["properties"].items() if value is not None}
    computed = {
        name: kept.pop(name) for name in ("origin", "source", "tier", "state", "score") if name in kept
    }
    return got["geometry"] == sent["geometry"] and kept == sent["properties"] and "source" in computed


def tag_of(api: TestClient, address: str = ITEM) -> dict[str, str]:
    return {"If-Match": api.get(address).headers["etag"]}


def written(api: TestClient, method: str, **headers: str) -> Response:
    """Replace or update the mutable feature by valid content."""
    if method == "PUT":
        return api.put(ITEM, json=building(), headers={**GEOJSON, **headers})
    patch = {"properties": {"dam_height": 33.5}}
    return api.patch(ITEM, json=patch, headers={**MERGE_PATCH, **headers})


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/options")
def test_each_mutable_resource_says_which_methods_it_takes(api: TestClient) -> None:
    for collection in MUTABLE:
        items = api.options(f"/ogc/collections/{collection}/items")
        assert items.status_code == 200
        assert "POST" in items.headers["allow"].split(", ")
        assert items.headers["accept-post"] == "application/geo+json"
    item = api.options(ITEM)
    assert item.status_code == 200
    assert {"PUT", "PATCH", "DELETE"} <= set(item.headers["allow"].split(", "))
    assert "POST" not in item.headers["allow"]


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/create")
def test_post_adds_a_feature(api: TestClient) -> None:
    existing = {each["id"] for each in api.get(ITEMS).json()["features"]}
    for body in (building(), building(id="T9")):
        response = api.post(ITEMS, json=body, headers=GEOJSON)
        assert response.status_code == 201
        found = api.get(response.headers["location"])
        assert found.status_code == 200
        assert represents(found.json(), body)
        assert found.json()["id"] not in existing
        assert response.headers["location"].endswith(f"{ITEMS}/{found.json()['id']}")
        existing.add(found.json()["id"])
    assert "T9" in existing


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/create-content-type")
def test_post_without_a_content_type_is_refused(api: TestClient) -> None:
    response = api.post(ITEMS, content=b"{}", headers={})
    assert "content-type" not in response.request.headers
    assert response.status_code == 400


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/replace")
def test_put_replaces_a_feature(api: TestClient) -> None:
    response = api.put(ITEM, json=building(), headers={**GEOJSON, **tag_of(api)})
    assert response.status_code == 204
    found = api.get(ITEM)
    assert found.status_code == 200
    assert represents(found.json(), building())


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/replace-content-type")
def test_put_without_a_content_type_is_refused(api: TestClient) -> None:
    assert api.put(ITEM, content=b"{}", headers=tag_of(api)).status_code == 400


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/replace-rid")
def test_put_of_another_id_is_refused(api: TestClient) -> None:
    before = api.get(ITEM).json(), api.get(f"{ITEMS}/T2").json()
    response = api.put(ITEM, json=building(id="T2"), headers={**GEOJSON, **tag_of(api)})
    assert 400 <= response.status_code < 500
    assert (api.get(ITEM).json(), api.get(f"{ITEMS}/T2").json()) == before


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/replace-exceptions")
def test_put_creates_nothing(api: TestClient) -> None:
    assert api.put(f"{ITEMS}/X1", json=building(), headers=GEOJSON).status_code == 404
    response = api.put(f"{ITEMS}/X2", json=building(), headers={**GEOJSON, "If-Match": '"xyz"'})
    assert response.status_code == 404
    assert api.get(f"{ITEMS}/X2").status_code == 404


@pytest.mark.abstract_test(CRUD, "/conf/create-replace-delete/delete")
def test_delete_removes_a_feature(api: TestClient) -> None:
    assert api.delete(ITEM, headers=tag_of(api)).status_code == 204
    assert api.get(ITEM).status_code == 404


@pytest.mark.abstract_test(UPDATE, "/conf/update/options")
def test_features_say_that_they_take_patches(api: TestClient) -> None:
    response = api.options(ITEM)
    assert response.status_code == 200
    assert "PATCH" in response.headers["allow"].split(", ")
    assert response.headers["accept-patch"].split(", ")[0] == "application/merge-patch+json"


@pytest.mark.abstract_test(UPDATE, "/conf/update/update")
def test_patch_changes_what_it_names_and_nothing_else(api: TestClient) -> None:
    before = api.get(ITEM).json()
    response = api.patch(
        ITEM, json={"properties": {"dam_height": 50.25}}, headers={**MERGE_PATCH, **tag_of(api)}
    )
    assert response.status_code == 204
    after = api.get(ITEM).json()
    changed = {"dam_height": 50.25, "origin": "operator", "source": "ogc-api"}
    assert after["properties"] == {**before["properties"], **changed}
    assert after["geometry"] == before["geometry"]


@pytest.mark.abstract_test(UPDATE, "/conf/update/update-content-type")
def test_patch_without_a_content_type_is_refused(api: TestClient) -> None:
    assert api.patch(ITEM, content=b"{}", headers=tag_of(api)).status_code == 400


@pytest.mark.abstract_test(UPDATE, "/conf/update/update-rid")
def test_patch_of_the_id_is_refused(api: TestClient) -> None:
    for other in ("T2", None, 1):
        response = api.patch(ITEM, json={"id": other}, headers={**MERGE_PATCH, **tag_of(api)})
        assert response.status_code == 400
    assert api.get(ITEM).json()["id"] == "T1"


@pytest.mark.abstract_test(FEATURES, "/conf/features/endpoints")
def test_what_is_edited_is_what_is_served(api: TestClient) -> None:
    collections = [each["id"] for each in api.get("/ogc/collections").json()["collections"]]
    assert set(MUTABLE) <= set(collections)
    assert {"T1", "T2"} <= {each["id"] for each in api.get(ITEMS).json()["features"]}


@pytest.mark.abstract_test(FEATURES, "/conf/features/put-create")
def test_no_collection_says_that_put_creates(api: TestClient) -> None:
    documents = [*api.get("/ogc/collections").json()["collections"], api.get("/ogc/collections/tsf").json()]
    assert not any(each.get("supportsNonAutogeneratedResourceIds", False) for each in documents)
    assert api.put(f"{ITEMS}/X1", json=building(), headers=GEOJSON).status_code == 404


@pytest.mark.abstract_test(FEATURES, "/conf/features/crs")
def test_geometries_are_read_in_the_system_that_is_stated(api: TestClient) -> None:
    crs = "http://www.opengis.net/def/crs/EPSG/0/4523"
    ring = np.array(building()["geometry"]["coordinates"][0])
    # EPSG:4523 is CGCS2000 / 3-degree zone 35 (105 E): northing first, by its authority.
    north, east = Transformer.from_crs("EPSG:4490", "EPSG:4523").transform(ring[:, 1], ring[:, 0])
    there = {"type": "Polygon", "coordinates": [np.column_stack([north, east]).tolist()]}
    first = api.post(ITEMS, json=building(), headers=GEOJSON)
    second = api.post(ITEMS, json=building(geometry=there), headers={**GEOJSON, "Content-Crs": f"<{crs}>"})
    unknown = "<http://www.opengis.net/def/crs/EPSG/0/27700>"
    third = api.post(ITEMS, json=building(), headers={**GEOJSON, "Content-Crs": unknown})
    assert (first.status_code, second.status_code, third.status_code) == (201, 201, 400)
    for asked, tolerance in ((CRS84, 1e-9), (crs, 1e-3)):
        one, other = (
            np.array(
                api.get(each.headers["location"], params={"crs": asked}).json()["geometry"]["coordinates"]
            )
            for each in (first, second)
        )
        assert np.allclose(one, other, rtol=0, atol=tolerance)


@pytest.mark.abstract_test(FEATURES, "/conf/features/schema")
def test_requests_are_taken_as_the_schema_says(api: TestClient) -> None:
    schema = api.get("/ogc/collections/tsf/schema").json()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["source"]["readOnly"] is True
    for extra, status in (({}, 201), ({"colour": "red"}, 400), ({"source": "me"}, 400)):
        body = building(properties={**building()["properties"], **extra})
        assert api.post(ITEMS, json=body, headers=GEOJSON).status_code == status


@pytest.mark.abstract_test(FEATURES, "/conf/features/geojson")
def test_the_geometry_member_is_the_primary_geometry(api: TestClient) -> None:
    schema = api.get("/ogc/collections/tsf/schema").json()["properties"]
    assert schema["geometry"]["x-ogc-role"] == "primary-geometry"
    before = api.get(ITEM).json()
    refused = api.put(ITEM, json=building(id="other"), headers={**GEOJSON, **tag_of(api)})
    assert refused.status_code == 400
    assert api.get(ITEM).json() == before
    assert api.put(ITEM, json=building(id="T1"), headers={**GEOJSON, **tag_of(api)}).status_code == 204
    assert api.get(ITEM).json()["geometry"] == building()["geometry"]


@pytest.mark.abstract_test(FEATURES, "/conf/features/json-merge-patch")
@pytest.mark.parametrize("nested", [True, False], ids=["as GeoJSON", "as the schema"])
def test_a_merge_patch_changes_adds_unsets_and_moves(api: TestClient, nested: bool) -> None:
    moved = {"type": "Point", "coordinates": [103.55, 31.25]}
    changes = {"dam_height": 41.5, "enterprise": "示例矿业", "tsf_class": None}
    patch = {"geometry": moved, "properties": changes} if nested else {"geometry": moved, **changes}
    response = api.patch(ITEM, json=patch, headers={**MERGE_PATCH, **tag_of(api)})
    assert response.status_code == 204
    found = api.get(ITEM).json()
    assert found["geometry"] == moved
    assert {name: found["properties"].get(name) for name in changes} == changes
    refused = api.patch(ITEM, json={"id": "T7"}, headers={**MERGE_PATCH, **tag_of(api)})
    assert refused.status_code == 400


@pytest.mark.abstract_test(ETAGS, "/conf/optimistic-locking-etags/get-etag")
def test_each_feature_has_an_etag(api: TestClient) -> None:
    for item in ("T1", "T2"):
        response = api.get(f"{ITEMS}/{item}")
        assert response.status_code == 200
        assert response.headers["etag"].removeprefix("W/").strip('"')


@pytest.fixture(params=["required", "offered"])
def locked(request: pytest.FixtureRequest, other_client: Callable[..., TestClient]) -> Iterator[TestClient]:
    with other_client(locking=request.param) as opened:
        opened.headers["X-Locking"] = request.param
        yield opened


def _without_condition(locked: TestClient) -> int:
    return {"required": 428, "offered": 204}[locked.headers["X-Locking"]]


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(
            "PUT",
            marks=pytest.mark.abstract_test(ETAGS, "/conf/optimistic-locking-etags/replace"),
            id="replace",
        ),
        pytest.param(
            "PATCH",
            marks=pytest.mark.abstract_test(ETAGS, "/conf/optimistic-locking-etags/update"),
            id="update",
        ),
    ],
)
def test_a_change_with_if_match_is_made_on_that_state_alone(locked: TestClient, method: str) -> None:
    before, tag = locked.get(ITEM).json(), tag_of(locked)["If-Match"]
    assert written(locked, method, **{"If-Match": '"0"'}).status_code == 412
    assert locked.get(ITEM).json() == before
    response = written(locked, method, **{"If-Match": tag})
    assert response.status_code == 204
    assert response.headers["etag"] not in (tag, "")
    assert response.headers["etag"] == tag_of(locked)["If-Match"]
    assert written(locked, method).status_code == _without_condition(locked)


@pytest.mark.abstract_test(ETAGS, "/conf/optimistic-locking-etags/delete")
def test_a_deletion_with_if_match_is_made_on_that_state_alone(locked: TestClient) -> None:
    tag = tag_of(locked)
    assert locked.delete(ITEM, headers={"If-Match": '"0"'}).status_code == 412
    assert locked.get(ITEM).status_code == 200
    assert locked.delete(ITEM, headers=tag).status_code == 204
    assert locked.get(ITEM).status_code == 404
    assert locked.delete(f"{ITEMS}/T2").status_code == _without_condition(locked)


@pytest.mark.abstract_test(TIMESTAMPS, "/conf/optimistic-locking-timestamps/get-last-modified")
def test_each_feature_says_when_it_changed(api: TestClient) -> None:
    for item in ("T1", "T2"):
        response = api.get(f"{ITEMS}/{item}")
        assert response.status_code == 200
        assert parsedate_to_datetime(response.headers["last-modified"]).tzinfo is not None


def _times(api: TestClient) -> tuple[dict[str, str], dict[str, str]]:
    """The condition a second before the last change, and the one at it."""
    changed = api.get(ITEM).headers["last-modified"]
    earlier = format_datetime(parsedate_to_datetime(changed) - timedelta(seconds=1), usegmt=True)
    return {"If-Unmodified-Since": earlier}, {"If-Unmodified-Since": changed}


@pytest.mark.parametrize(
    "method",
    [
        pytest.param(
            "PUT",
            marks=pytest.mark.abstract_test(TIMESTAMPS, "/conf/optimistic-locking-timestamps/replace"),
            id="replace",
        ),
        pytest.param(
            "PATCH",
            marks=pytest.mark.abstract_test(TIMESTAMPS, "/conf/optimistic-locking-timestamps/update"),
            id="update",
        ),
    ],
)
def test_a_change_since_a_time_is_made_on_that_state_alone(locked: TestClient, method: str) -> None:
    before = locked.get(ITEM).json()
    earlier, at = _times(locked)
    assert written(locked, method, **earlier).status_code == 412
    assert locked.get(ITEM).json() == before
    response = written(locked, method, **at)
    assert response.status_code == 204
    since = parsedate_to_datetime(at["If-Unmodified-Since"])
    assert parsedate_to_datetime(response.headers["last-modified"]) >= since
    assert written(locked, method).status_code == _without_condition(locked)


@pytest.mark.abstract_test(TIMESTAMPS, "/conf/optimistic-locking-timestamps/delete")
def test_a_deletion_since_a_time_is_made_on_that_state_alone(locked: TestClient) -> None:
    earlier, at = _times(locked)
    assert locked.delete(ITEM, headers=earlier).status_code == 412
    assert locked.get(ITEM).status_code == 200
    assert locked.delete(ITEM, headers=at).status_code == 204
    assert locked.get(ITEM).status_code == 404
    assert locked.delete(f"{ITEMS}/T2").status_code == _without_condition(locked)


@pytest.mark.abstract_test(HANDLING, "/conf/handling/prefer")
def test_both_ways_of_handling_are_known(api: TestClient) -> None:
    for prefer in ({}, {"Prefer": "handling=strict"}, {"Prefer": "handling=lenient"}):
        assert api.post(ITEMS, json=building(), headers={**GEOJSON, **prefer}).status_code == 201


@pytest.fixture
def invalid() -> dict[str, Any]:
    """A feature without a property that the schema requires."""
    properties = {name: value for name, value in building()["properties"].items() if name != "name"}
    return building(properties=properties)


@pytest.mark.abstract_test(HANDLING, "/conf/handling/strict")
def test_what_breaks_a_rule_is_refused_and_said(api: TestClient, invalid: dict[str, Any]) -> None:
    response = api.post(ITEMS, json=invalid, headers={**GEOJSON, "Prefer": "handling=strict"})
    assert response.status_code == 400
    assert response.json()["where"] == "$.properties.name"
    assert len(api.get(ITEMS).json()["features"]) == 2


@pytest.mark.abstract_test(HANDLING, "/conf/handling/lenient")
def test_lenient_handling_takes_what_is_taken_without(api: TestClient, invalid: dict[str, Any]) -> None:
    lenient = {**GEOJSON, "Prefer": "handling=lenient"}
    for body in (building(), invalid):
        first = api.post(ITEMS, json=body, headers=GEOJSON)
        second = api.post(ITEMS, json=body, headers=lenient)
        assert second.status_code == first.status_code


@pytest.mark.abstract_test(HANDLING, "/conf/handling/preference-applied")
def test_a_strict_refusal_says_that_it_was_strict(api: TestClient, invalid: dict[str, Any]) -> None:
    response = api.post(ITEMS, json=invalid, headers={**GEOJSON, "Prefer": "handling=strict"})
    assert response.headers["preference-applied"] == "handling=strict"


@pytest.mark.abstract_test(RETURN, "/conf/return-resource-representation-in-response/prefer")
def test_each_preference_of_what_is_returned_is_known(api: TestClient) -> None:
    for prefer in ({}, {"Prefer": "return=representation"}, {"Prefer": "return=minimal"}):
        assert api.post(ITEMS, json=building(), headers={**GEOJSON, **prefer}).status_code == 201


def _returned(api: TestClient) -> list[Response]:
    """The answers to each way of writing, by a client that wants to see what came of it."""
    prefer = {"Prefer": "return=representation", "Accept": "application/geo+json"}
    return [
        api.post(ITEMS, json=building(), headers={**GEOJSON, **prefer}),
        api.put(ITEM, json=building(), headers={**GEOJSON, **prefer, **tag_of(api)}),
        written(api, "PATCH", **prefer, **tag_of(api)),
    ]


@pytest.mark.abstract_test(RETURN, "/conf/return-resource-representation-in-response/representation")
def test_the_new_state_is_returned_when_it_is_preferred(api: TestClient) -> None:
    posted, put, patched = _returned(api)
    assert [each.status_code for each in (posted, put, patched)] == [201, 200, 200]
    assert represents(posted.json(), building())
    assert represents(put.json(), building())
    assert patched.json()["properties"]["dam_height"] == 33.5


@pytest.mark.abstract_test(RETURN, "/conf/return-resource-representation-in-response/minimal")
def test_the_new_state_is_not_returned_otherwise(api: TestClient) -> None:
    for prefer in ({"Prefer": "return=minimal"}, {}):
        assert api.post(ITEMS, json=building(), headers={**GEOJSON, **prefer}).content == b""
        assert written(api, "PUT", **prefer, **tag_of(api)).content == b""


@pytest.mark.abstract_test(RETURN, "/conf/return-resource-representation-in-response/content-negotiation")
def test_the_new_state_is_returned_in_the_format_that_is_accepted(api: TestClient) -> None:
    assert {each.headers["content-type"] for each in _returned(api)} == {"application/geo+json"}


@pytest.mark.abstract_test(RETURN, "/conf/return-resource-representation-in-response/preference-applied")
def test_an_answer_says_that_the_preference_was_followed(api: TestClient) -> None:
    assert {each.headers["preference-applied"] for each in _returned(api)} == {"return=representation"}
