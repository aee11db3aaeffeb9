"""Editing over HTTP: what comes back is what was sent, nothing is lost, and bad input is said to be bad."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import format_datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from small_site import make_site

from data_catalog.dataset import dataset
from data_catalog.store import Store
from geoserver.app import create_app
from minegis.clock import parse_utc
from minegis.settings import Settings

ITEMS = "/ogc/collections/tsf/items"
ITEM = f"{ITEMS}/T1"
GEOJSON = {"Content-Type": "application/geo+json"}
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
HERE = "http://127.0.0.1"

PROPERTIES = {
    "name": "新库",
    "county_code": "513221",
    "status": "in_use",
    "raise_method": "upstream",
    "total_storage": 120.5,
    "dam_height": 31.0,
}
POINT = {"type": "Point", "coordinates": [103.61, 31.21]}


def feature(**changed: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": POINT, "properties": PROPERTIES} | changed


def point(*coordinates: float) -> dict[str, Any]:
    return feature(geometry={"type": "Point", "coordinates": list(coordinates)})


def polygon(*ring: tuple[float, float]) -> dict[str, Any]:
    return feature(geometry={"type": "Polygon", "coordinates": [[list(place) for place in ring]]})


def tag_of(api: TestClient, address: str = ITEM) -> dict[str, str]:
    return {"If-Match": api.get(address).headers["etag"]}


def filled(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item["properties"].items() if value is not None}


# What comes back is what was sent.

# Southwest Sichuan inside the county of the site, away from its edges.
PLACES = st.tuples(st.floats(103.25, 103.85), st.floats(31.05, 31.45))
RINGS = st.builds(
    lambda place, width, height: [
        place,
        (place[0] + width, place[1]),
        (place[0] + width, place[1] + height),
        (place[0], place[1] + height / 2),
        place,
    ],
    PLACES,
    st.floats(1e-4, 0.03),
    st.floats(1e-4, 0.03),
)
GEOMETRIES = st.one_of(
    PLACES.map(lambda place: {"type": "Point", "coordinates": list(place)}),
    RINGS.map(lambda ring: {"type": "Polygon", "coordinates": [[list(place) for place in ring]]}),
)
SYSTEMS = st.sampled_from(
    ["CRS84", "4326", "4490", "3857", *map(str, range(4516, 4526)), *map(str, range(4537, 4546))]
)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "enterprise": st.text(st.characters(categories=("L", "N")), min_size=1, max_size=40),
        "responsible": st.sampled_from(["O'Brien", '"; DROP TABLE tsf; --', "%_\\", "张三 李四", "𠮷野家"]),
        "tsf_class": st.integers(1, 5),
        "raises": st.integers(0, 200),
        "overhead": st.booleans(),
        "discharge": st.sampled_from(["wet", "dry"]),
        "total_storage": st.floats(0, 200_000, allow_subnormal=False),
        "flood_storage": st.floats(0, 100_000, allow_subnormal=False),
        "beach_slope": st.floats(0.001, 0.2),
    },
)


def uri(system: str) -> str:
    return "http://www.opengis.net/def/crs/OGC/1.3/CRS84" if system == "CRS84" else f"{EPSG}{system}"


def placed(geometry: dict[str, Any], system: str) -> dict[str, Any]:
    """A lon/lat geometry in another system, in the order of axes that its authority gives."""
    if system == "CRS84":
        return geometry
    way = Transformer.from_crs("OGC:CRS84" if system in ("4326", "3857") else "EPSG:4490", f"EPSG:{system}")
    # The authority of EPSG:4490 has latitude first, for PROJ as well.
    there = np.array(geometry["coordinates"], dtype=float)
    flat = there.reshape(-1, 2)
    first, second = (flat.T if system in ("4326", "3857") else flat.T[::-1])  # fmt: skip
    moved = np.column_stack(way.transform(first, second)).reshape(there.shape)
    return {**geometry, "coordinates": moved.tolist()}


def close(one: dict[str, Any], other: dict[str, Any], tolerance: float) -> bool:
    """Whether two geometries are alike; a ring may begin anywhere, but ours are kept as they come."""
    return one["type"] == other["type"] and np.allclose(
        np.array(one["coordinates"]), np.array(other["coordinates"]), rtol=0, atol=tolerance
    )


SLOW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SLOW
@given(geometry=GEOMETRIES, values=VALUES, system=SYSTEMS)
def test_what_is_created_and_replaced_is_what_is_read(
    api: TestClient, geometry: dict[str, Any], values: dict[str, Any], system: str
) -> None:
    sent = feature(geometry=placed(geometry, system), properties={**PROPERTIES, **values})
    headers = {**GEOJSON, "Content-Crs": f"<{uri(system)}>"}
    created = api.post(ITEMS, json=sent, headers=headers)
    assert created.status_code == 201, created.text
    for address, response in (
        (created.headers["location"], created),
        (ITEM, api.put(ITEM, json=sent, headers={**headers, **tag_of(api)})),
    ):
        assert response.status_code in (201, 204), response.text
        found = api.get(address)
        assert found.headers["etag"] == response.headers["etag"]
        assert {name: found.json()["properties"][name] for name in sent["properties"]} == sent["properties"]
        assert close(found.json()["geometry"], geometry, 1e-9)
        there = api.get(address, params={"crs": uri(system)}).json()["geometry"]
        in_degrees = system in ("CRS84", "4326", "4490")
        assert close(there, sent["geometry"], 1e-9 if in_degrees else 1e-3)


def rfc_7396(target: Any, patch: Any) -> Any:
    """MergePatch of RFC 7396, section 2, as it is written there."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    merged = copy.deepcopy(target)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = rfc_7396(merged.get(name), value)
    return merged


OPTIONAL = ("enterprise", "tsf_class", "raises", "overhead", "discharge", "flood_storage", "beach_slope")
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "properties": st.builds(
            lambda values, gone: {**values, **dict.fromkeys(gone)}, VALUES, st.sets(st.sampled_from(OPTIONAL))
        ),
        "geometry": st.one_of(GEOMETRIES, PLACES.map(lambda place: {"coordinates": list(place)})),
        "id": st.just("T2"),
        "type": st.just("Feature"),
    },
)


@SLOW
@given(values=VALUES, patch=PATCHES)
def test_a_patch_does_what_rfc_7396_says(
    api: TestClient, values: dict[str, Any], patch: dict[str, Any]
) -> None:
    item = f"{ITEMS}/T2"
    before = feature(id="T2", properties={**PROPERTIES, **values})
    assert api.put(item, json=before, headers={**GEOJSON, **tag_of(api, item)}).status_code == 204
    response = api.patch(item, json=patch, headers={**MERGE_PATCH, **tag_of(api, item)})
    assert response.status_code == 204, response.text
    found, expected = api.get(item).json(), rfc_7396(before, patch)
    own = {name: value for name, value in filled(found).items() if name in dict.fromkeys(
        field.name for field in dataset("tsf").fields)}  # fmt: skip
    assert (found["id"], found["geometry"], own) == ("T2", expected["geometry"], expected["properties"])


def test_what_a_client_got_can_be_sent_back(api: TestClient) -> None:
    got = api.get(ITEM).json()
    assert api.put(ITEM, json=got, headers={**GEOJSON, **tag_of(api)}).status_code == 204
    after = api.get(ITEM).json()
    assert after["geometry"] == got["geometry"]
    changed = {"origin": "operator", "source": "ogc-api"}
    assert after["properties"] == {**got["properties"], **changed}


def test_a_patch_that_does_not_move_keeps_every_bit_of_the_place(api: TestClient) -> None:
    before = api.get(ITEM).json()["geometry"]
    headers = {**MERGE_PATCH, "Content-Crs": f"<{EPSG}4523>", **tag_of(api)}
    assert api.patch(ITEM, json={"properties": {"raises": 3}}, headers=headers).status_code == 204
    assert api.get(ITEM).json()["geometry"] == before


def test_heights_are_left_out_as_imports_leave_them_out(api: TestClient) -> None:
    response = api.post(ITEMS, json=point(103.61, 31.21, 1500.0), headers=GEOJSON)
    assert response.status_code == 201
    assert api.get(response.headers["location"]).json()["geometry"] == POINT


def test_an_id_of_any_letters_has_an_address(api: TestClient) -> None:
    for item_id in ("示例库 一号", "a+b&c=d", "x.y;z", "ü'\"<>"):
        response = api.post(ITEMS, json=feature(id=item_id), headers=GEOJSON)
        assert response.status_code == 201
        assert api.get(response.headers["location"]).json()["id"] == item_id


def test_a_taken_id_is_not_given_again(api: TestClient) -> None:
    before = api.get(ITEM).json()
    response = api.post(ITEMS, json=feature(id="T1"), headers=GEOJSON)
    assert response.status_code == 409
    assert api.get(ITEM).json() == before


# Nothing is lost, and everybody sees it.


def test_of_two_writers_on_one_state_one_wins_and_nothing_is_lost(
    api: TestClient, settings: Settings
) -> None:
    rounds = 20
    with Store.open(settings.site, settings.database) as other, ThreadPoolExecutor(2) as pool:
        for number in range(rounds):
            headers = {**GEOJSON, **tag_of(api)}
            before = api.get(ITEM).json()["properties"]["name"]
            moment, ready = other.moment(), Barrier(2)

            def write(
                writer: str, headers: dict[str, str] = headers, ready: Barrier = ready
            ) -> tuple[int, str]:
                ready.wait()
                sent = feature(properties={**PROPERTIES, "name": writer})
                return api.put(ITEM, json=sent, headers=headers).status_code, writer

            answers = dict(pool.map(write, [f"{number} left", f"{number} right"]))
            assert sorted(answers) == [204, 412]
            assert api.get(ITEM).json()["properties"]["name"] == answers[204]
            assert other.feature("tsf", "T1").properties["name"] == answers[204]
            assert other.feature("tsf", "T1", as_of=moment).properties["name"] == before
    assert api.get(ITEM).json()["properties"]["name"].startswith(str(rounds - 1))


def test_writers_without_a_condition_all_have_their_turn(
    other_client: Callable[..., TestClient], settings: Settings
) -> None:
    patches = {
        "total_storage": 250.0,
        "dam_height": 40.0,
        "beach_slope": 0.015,
        "flood_storage": 12.5,
        "catchment": 3.25,
        "phreatic_depth": 4.5,
    }
    with other_client(locking="offered") as api, ThreadPoolExecutor(6) as pool:

        def write(name: str) -> int:
            patch = {"properties": {name: patches[name]}}
            return api.patch(ITEM, json=patch, headers=MERGE_PATCH).status_code

        assert set(pool.map(write, patches)) == {204}
        found = api.get(ITEM).json()["properties"]
    assert {name: found[name] for name in patches} == patches


def test_an_edit_is_seen_at_once_here_and_in_other_processes(api: TestClient, settings: Settings) -> None:
    with Store.open(settings.site, settings.database) as other:
        version, listed = other.version("tsf"), api.get(ITEMS)
        kept = {"If-None-Match": listed.headers["etag"]}
        assert api.get(ITEMS, headers=kept).status_code == 304
        place = api.post(ITEMS, json=feature(id="T3"), headers=GEOJSON).headers["location"]
        assert other.version("tsf") != version
        assert other.feature("tsf", "T3").properties["name"] == "新库"
        assert api.get(ITEMS, headers=kept).status_code == 200
        assert {each["id"] for each in api.get(ITEMS).json()["features"]} == {"T1", "T2", "T3"}
        assert api.delete(place, headers=tag_of(api, place)).status_code == 204
        assert {each["id"] for each in api.get(ITEMS).json()["features"]} == {"T1", "T2"}


def test_what_was_known_stays_readable(api: TestClient, settings: Settings) -> None:
    with Store.open(settings.site, settings.database) as other:
        before = other.moment().isoformat()
    first = api.get(ITEM).json()
    assert api.put(ITEM, json=feature(), headers={**GEOJSON, **tag_of(api)}).status_code == 204
    assert api.delete(ITEM, headers=tag_of(api)).status_code == 204
    assert api.get(ITEM).status_code == 404
    then = api.get(ITEM, params={"as_of": before}).json()
    assert (then["geometry"], then["properties"]) == (first["geometry"], first["properties"])


@pytest.mark.parametrize("form", ["{}", '"other", {}', "*", ' {} , W/"other"'])
def test_each_form_of_if_match_is_read(api: TestClient, form: str) -> None:
    weak = tag_of(api)["If-Match"]
    for tag in (weak, weak.removeprefix("W/")):
        condition = {"If-Match": form.format(tag)}
        answer = api.patch(ITEM, json={"raises": 1}, headers={**MERGE_PATCH, **condition})
        assert answer.status_code == 204
        assert api.put(ITEM, json=feature(), headers={**GEOJSON, "If-Match": "*"}).status_code == 204
        weak = tag_of(api)["If-Match"]
        form = form if form == "*" else form.format(weak).replace("{", "{{")


def test_a_second_with_two_changes_does_not_tell_which_was_seen(api: TestClient, settings: Settings) -> None:
    """Last-Modified has whole seconds: who saw the first state of a second must not undo the other."""
    for _ in range(20):
        first = api.patch(ITEM, json={"raises": 1}, headers={**MERGE_PATCH, **tag_of(api)})
        second = api.patch(ITEM, json={"raises": 2}, headers={**MERGE_PATCH, **tag_of(api)})
        seen = first.headers["last-modified"]
        if seen == second.headers["last-modified"]:
            break
    else:
        pytest.fail("two edits never fell into one second")
    with Store.open(settings.site, settings.database) as other:
        _, row = other.items("tsf").item("T1")
    assert seen == format_datetime(parse_utc(row[3]).replace(microsecond=0), usegmt=True)
    refused = api.patch(ITEM, json={"raises": 3}, headers={**MERGE_PATCH, "If-Unmodified-Since": seen})
    assert refused.status_code == 412
    assert api.get(ITEM).json()["properties"]["raises"] == 2


def test_a_time_that_is_none_is_no_condition(api: TestClient) -> None:
    for text in ("yesterday", "", "Mon, 99 Foo 2026 00:00:00 GMT"):
        headers = {**MERGE_PATCH, "If-Unmodified-Since": text}
        assert api.patch(ITEM, json={"raises": 1}, headers=headers).status_code == 428


# Who may edit what.


@pytest.mark.parametrize(
    ("editing", "client", "address", "headers", "allowed"),
    [
        ("here", "127.0.0.1", HERE, {}, True),
        ("here", "127.0.0.1", "http://localhost:8000", {}, True),
        ("here", "::1", "http://[::1]:8000", {}, True),
        ("here", "::ffff:127.0.0.1", HERE, {}, True),
        ("here", "192.0.2.7", HERE, {}, False),
        ("here", "127.0.0.1", "http://mines.example", {}, False),
        ("here", "127.0.0.1", HERE, {"X-Forwarded-For": "127.0.0.1"}, False),
        ("here", "127.0.0.1", HERE, {"Forwarded": "for=192.0.2.7"}, False),
        ("anywhere", "192.0.2.7", "http://mines.example", {}, True),
        ("off", "127.0.0.1", HERE, {}, False),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_only_those_may_edit_who_the_settings_say(
    other_client: Callable[..., TestClient],
    editing: str,
    client: str,
    address: str,
    headers: dict[str, str],
    allowed: bool,
) -> None:
    with other_client(client, address, editing=editing) as api:
        assert api.get(ITEM).status_code == 200
        allow = api.options(ITEMS, headers=headers).headers["allow"].split(", ")
        assert ("POST" in allow, "GET" in allow) == (allowed, True)
        answer = api.post(ITEMS, json=feature(), headers={**GEOJSON, **headers})
        assert answer.status_code == (201 if allowed else 403)
        for method in ("PUT", "PATCH", "DELETE"):
            answer = api.request(method, ITEM, headers={**headers, "If-Match": "*"})
            assert (answer.status_code == 403) != allowed
            assert allowed == (method in api.options(ITEM, headers=headers).headers["allow"])


@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_page_of_another_origin_is_let_edit(api: TestClient) -> None:
    asked = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "DELETE"}
    response = api.options(ITEM, headers=asked)
    assert "access-control-allow-methods" not in response.headers
    # A form may send these without asking first.
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        headers = {"Content-Type": kind, "Origin": "http://elsewhere.example"}
        assert api.post(ITEMS, content=json.dumps(feature()), headers=headers).status_code == 415


@pytest.mark.parametrize("collection", ["boundary", "place", "earthquake", "warning", "risk_cell"])
@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_not_edited_says_so(api: TestClient, collection: str) -> None:
    address = f"/ogc/collections/{collection}/items"
    for method, place in (
        ("POST", address),
        ("PUT", f"{address}/1"),
        ("PATCH", f"{address}/1"),
        ("DELETE", f"{address}/1"),
    ):
        response = api.request(method, place, json=feature(), headers=GEOJSON)
        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD, OPTIONS"
        assert response.headers["content-type"] == "application/problem+json"
        assert api.options(place).headers["allow"] == "GET, HEAD, OPTIONS"


# Bad input.


def _deep(levels: int) -> str:
    return "[" * levels + "]" * levels


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "half a text": '{"type": "Feature", "name": "新'.encode()[:-1],
    "no UTF-8": b'{"type": "\xff"}',
    "half a surrogate pair": rb'{"type": "Feature", "geometry": null, "properties": {"name": "\ud800"}}',
    "NaN": b'{"type": "Feature", "properties": {"dam_height": NaN}}',
    "an array": b"[]",
    "a text": b'"Feature"',
    "deep": f'{{"type": "Feature", "properties": {{"name": {_deep(900)}}}}}'.encode(),
    "deeper": _deep(200_000).encode(),
}


def altered(**properties: Any) -> dict[str, Any]:
    return feature(properties={**PROPERTIES, **properties})


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a collection": ({"type": "FeatureCollection", "features": [feature()]}, "$.type"),
    "a bare geometry": (POINT, "$.type"),
    "no properties": (feature(properties=None), "$.properties.name"),
    "properties that are a list": (feature(properties=[]), "$.properties"),
    "no geometry": (feature(geometry=None), "$.geometry"),
    "a geometry that is a text": (feature(geometry="POINT (1 2)"), "$.geometry"),
    "an unknown geometry": (feature(geometry={"type": "Circle", "coordinates": [1, 2]}), "$.geometry"),
    "a geometry whose type is an object": (feature(geometry={"type": {}, "coordinates": []}), "$.geometry"),
    "a line": (
        feature(geometry={"type": "LineString", "coordinates": [[103.6, 31.2], [103.7, 31.2]]}),
        "$.geometry",
    ),
    "a geometry collection": (
        feature(geometry={"type": "GeometryCollection", "geometries": [POINT]}),
        "$.geometry",
    ),
    "a feature as geometry": (feature(geometry=feature()), "$.geometry"),
    "no coordinates": (feature(geometry={"type": "Point"}), "$.geometry"),
    "empty coordinates": (point(), "$.geometry"),
    "one coordinate": (point(103.6), "$.geometry"),
    "coordinates that are texts": (
        feature(geometry={"type": "Point", "coordinates": ["1", "2"]}),
        "$.geometry",
    ),
    "an open ring": (polygon((103.6, 31.2), (103.7, 31.2), (103.7, 31.3)), "$.geometry"),
    "a ring of two": (polygon((103.6, 31.2), (103.7, 31.2), (103.6, 31.2)), "$.geometry"),
    "a bow tie": (
        polygon((103.6, 31.2), (103.7, 31.3), (103.7, 31.2), (103.6, 31.3), (103.6, 31.2)),
        "$.geometry",
    ),
    "latitude first": (point(31.21, 103.61), "$.geometry"),
    "beyond the earth": (point(1e300, 31.21), "$.geometry"),
    "another country": (point(2.35, 48.85), "$.geometry"),
    "outside its county": (point(104.5, 31.2), "$.geometry"),
    "a reference system inside": (feature(crs={"type": "name"}), "$.crs"),
    "JSON-FG's reference system": (feature(coordRefSys=f"{EPSG}4490"), "$.coordRefSys"),
    "an id that is a list": (feature(id=["T3"]), "$.id"),
    "a blank id": (feature(id=" "), "$.id"),
    "an id with a slash": (feature(id="../T3"), "$.id"),
    "an id with a null": (feature(id="T\u00003"), "$.id"),
    "a long id": (feature(id="x" * 101), "$.id"),
    "an unknown property": (altered(colour="red"), "$.properties.colour"),
    "a property of SQL": (altered(**{'name"; DROP TABLE tsf; --': 1}), "$.properties.name"),
    "a computed property": (altered(tier=4), "$.properties.tier"),
    "the id among the properties": (altered(id="T3"), "$.properties.id"),
    "a required property that is null": (altered(name=None), "$.properties.name"),
    "a required property that is blank": (altered(name="  "), "$.properties.name"),
    "a text for a number": (altered(dam_height="48"), "$.properties.dam_height"),
    "a number with its unit": (altered(dam_height="48 m"), "$.properties.dam_height"),
    "a truth for a number": (altered(dam_height=True), "$.properties.dam_height"),
    "an object for a number": (altered(dam_height={"m": 48}), "$.properties.dam_height"),
    "a number out of range": (altered(dam_height=401), "$.properties.dam_height"),
    "an infinite number": (altered(dam_height=10**400), "$"),
    "a fraction for a whole number": (altered(raises=1.5), "$.properties.raises"),
    "a whole number of 30 digits": (altered(raises=10**29), "$.properties.raises"),
    "a number for a text": (altered(enterprise=7), "$.properties.enterprise"),
    "a text with a null": (altered(enterprise="a\u0000b"), "$.properties.enterprise"),
    "a code that is none": (altered(county_code="51322"), "$.properties.county_code"),
    "a credit code with a wrong digit": (altered(uscc="91510000000000000X"), "$.properties.uscc"),
    "a choice that is none": (altered(status="asleep"), "$.properties.status"),
    "a label for a choice": (altered(status="在用"), "$.properties.status"),
    "a beach longer than the pond": (
        altered(dry_beach_length=500, pond_length=400),
        "$.properties.dry_beach_length",
    ),
}


def refused(response: Any, status: int = 400, *, said: str = "") -> dict[str, Any]:
    assert response.status_code == status, f"{said}: {response.text}"
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert problem["what"]
    assert "Traceback" not in response.text
    return problem


@pytest.fixture
def unharmed(api: TestClient) -> Iterator[TestClient]:
    """A client after whose requests everything is as it was."""
    before = api.get(ITEMS).json()["features"]
    yield api
    assert api.get(ITEMS).json()["features"] == before


def test_a_body_that_is_no_document_is_refused(unharmed: TestClient) -> None:
    tag = tag_of(unharmed)
    for name, body in BODIES.items():
        refused(unharmed.post(ITEMS, content=body, headers=GEOJSON), said=name)
        refused(unharmed.put(ITEM, content=body, headers={**GEOJSON, **tag}), said=name)
        refused(unharmed.patch(ITEM, content=body, headers={**MERGE_PATCH, **tag}), said=name)


def test_a_feature_that_breaks_a_rule_is_refused_where_it_does(unharmed: TestClient) -> None:
    tag = tag_of(unharmed)
    for name, (document, where) in BAD.items():
        problem = refused(unharmed.post(ITEMS, json=document, headers=GEOJSON), said=name)
        assert problem["where"].startswith(where), name
        refused(unharmed.put(ITEM, json=document, headers={**GEOJSON, **tag}), said=name)


BAD_PATCHES: list[tuple[dict[str, Any], str]] = [
    ({"colour": "red"}, "$.colour"),
    ({"properties": {"colour": "red"}}, "$.properties.colour"),
    ({"properties": None}, "$.properties"),
    ({"properties": []}, "$.properties"),
    ({"geometry": None}, "$.geometry"),
    ({"geometry": 7}, "$.geometry"),
    ({"geometry": {"type": "LineString"}}, "$.geometry"),
    ({"type": "FeatureCollection"}, "$.type"),
    ({"properties": {"tier": 4}}, "$.properties.tier"),
    ({"properties": {"source": None}}, "$.properties.source"),
    ({"properties": {"name": None}}, "$.properties.name"),
    ({"properties": {"name": {"zh": "库"}}}, "$.properties.name"),
    ({"properties": {"county_code": "999999", "geometry": None}}, "$.properties.geometry"),
]


def test_a_patch_that_breaks_a_rule_is_refused_where_it_does(unharmed: TestClient) -> None:
    headers = {**MERGE_PATCH, **tag_of(unharmed)}
    for patch, where in BAD_PATCHES:
        problem = refused(unharmed.patch(ITEM, json=patch, headers=headers), said=str(patch))
        assert problem["where"] == where


def test_every_mistake_is_named_in_both_languages(unharmed: TestClient) -> None:
    document = altered(dam_height="48", status="asleep", colour="red") | {"geometry": None}
    errors = refused(unharmed.post(ITEMS, json=document, headers=GEOJSON))["errors"]
    assert {each["where"] for each in errors} == {
        "$.properties.dam_height",
        "$.properties.status",
        "$.properties.colour",
        "$.geometry",
    }
    assert all(each["label"]["zh"] and each["label"]["en"] and each["expected"] for each in errors)


@pytest.mark.parametrize(
    ("method", "kind", "status"),
    [
        ("POST", "application/json", 415),
        ("POST", "application/merge-patch+json", 415),
        ("POST", "application/geo+json; charset=gb18030", 415),
        ("POST", "application/geo+json; charset=utf-8", 201),
        ("POST", "Application/Geo+JSON", 201),
        ("POST", "text/html", 415),
        ("PUT", "application/merge-patch+json", 415),
        ("PATCH", "application/json-patch+json", 415),
        ("PATCH", "application/geo+json", 204),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_only_what_a_method_takes_is_taken(api: TestClient, method: str, kind: str, status: int) -> None:
    address = ITEMS if method == "POST" else ITEM
    headers = {"Content-Type": kind, **tag_of(api)}
    response = api.request(method, address, content=json.dumps(feature()), headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_body_of_more_than_a_mebibyte_is_not_read_on(unharmed: TestClient) -> None:
    given = 0

    def chunks() -> Iterator[bytes]:
        nonlocal given
        for _ in range(64):
            given += 1
            yield b" " * 65536

    refused(unharmed.post(ITEMS, content=chunks(), headers=GEOJSON), 413)
    large = json.dumps(altered(enterprise="库" * 400_000), ensure_ascii=False).encode()
    refused(unharmed.post(ITEMS, content=large, headers=GEOJSON), 413)
    whole = json.dumps(altered(enterprise="库" * 300_000), ensure_ascii=False).encode()
    assert len(whole) < 2**20


@pytest.mark.parametrize("crs", ["EPSG:4490", f"<{EPSG}27700>", f"{EPSG}4490/../x", "\u00ff", "'; --"])
@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_system_that_is_not_offered_is_refused(unharmed: TestClient, crs: str) -> None:
    headers = {**GEOJSON, "Content-Crs": crs.encode("latin-1")}
    assert refused(unharmed.post(ITEMS, json=feature(), headers=headers))["where"] == "Content-Crs"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/ogc/collections/nothing/items", 404),
        ("/ogc/collections/tsf'; DROP TABLE tsf; --/items", 404),
        (f"{ITEMS}?colour=red", 400),
        (f"{ITEMS}?f=json&f=json", 400),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"])
def test_an_address_that_is_none_is_refused(unharmed: TestClient, address: str, status: int) -> None:
    refused(unharmed.post(address, json=feature(), headers=GEOJSON), status)


def test_an_item_that_is_none_is_not_found(unharmed: TestClient) -> None:
    condition = {"If-Match": "*"}
    for item in ["X", "..%2f..%2fetc%2fpasswd", "%00", "T1%27%20OR%201=1", "T1/%2e%2e", "ÿ"]:
        address = f"{ITEMS}/{item}"
        for response in (
            unharmed.put(address, json=feature(), headers={**GEOJSON, **condition}),
            unharmed.patch(address, json={}, headers={**MERGE_PATCH, **condition}),
            unharmed.delete(address, headers=condition),
        ):
            assert response.status_code in (400, 404)
            assert response.headers["content-type"] == "application/problem+json"


# Rules of particular collections.


def test_an_asset_with_an_active_warning_is_not_deleted(tmp_path: Path, database: str) -> None:
    site = make_site(tmp_path, database=database)
    settings = Settings(site=site, database=database, web=Path("absent"))
    with TestClient(create_app(settings), base_url=HERE, client=("127.0.0.1", 50000)) as api:
        before = api.get("/ogc/collections/warning/items").json()["features"]
        assert [each["properties"]["asset_id"] for each in before] == ["T1"]
        refused(api.delete(ITEM, headers=tag_of(api)), 409)
        assert api.get(ITEM).json()["properties"]["tier"] == 4
        other = f"{ITEMS}/T2"
        assert api.delete(other, headers=tag_of(api, other)).status_code == 204


def station(**changed: Any) -> dict[str, Any]:
    properties = {
        "name": "浸润线1", "asset_dataset": "tsf", "asset_id": "T1", "variable": "phreatic_depth",
        "interval_minutes": 60, **changed,
    }  # fmt: skip
    return feature(properties=properties)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_monitoring_point_belongs_to_an_asset_that_is_there(api: TestClient) -> None:
    address = "/ogc/collections/station/items"
    assert api.post(address, json=station(), headers=GEOJSON).status_code == 201
    for changed, where in (
        ({"asset_id": "T99"}, "asset_id"),
        ({"variable": "mood"}, "variable"),
        ({"asset_dataset": "place"}, "asset_dataset"),
    ):
        problem = refused(api.post(address, json=station(**changed), headers=GEOJSON))
        assert problem["where"] == f"$.properties.{where}"
