"""Abstract tests of OGC API – Features Part 3 (OGC 19-079r2, Annex A) that speak of `filter`."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from fastapi.testclient import TestClient
from pyproj import CRS, Transformer

from data_catalog.collection import CATALOGUE, collections
from geoserver.ogc.conformance import conforms, measured
from minegis.coordinates import transformer

FILTER = "ogcapi-features-3/1.0/conf/filter"
FEATURES_FILTER = "ogcapi-features-3/1.0/conf/features-filter"
ON_ITEMS = pytest.mark.abstract_test(FEATURES_FILTER, "/conf/features-filter/filter-on-items")
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
NAMES = [name for name in collections() if name != CATALOGUE]


def items(client: TestClient, name: str, **parameters: Any) -> Any:
    asked = {"limit": 10_000, **{key.replace("_", "-"): value for key, value in parameters.items()}}
    headers = {"Accept": "application/geo+json"}
    return client.get(f"/ogc/collections/{name}/items", params=asked, headers=headers)


def features(client: TestClient, name: str, **parameters: Any) -> dict[str, Any]:
    response = items(client, name, **parameters)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/geo+json"
    return {each["id"]: each for each in response.json()["features"]}


def sample(name: str) -> str:
    """Return an arbitrary queryable."""
    return next(iter(collections()[name].properties))


def box_of(client: TestClient, name: str) -> tuple[float, float, float, float] | None:
    """Return the bbox that a collection states, None when it holds nothing."""
    if not features(client, name):
        return None
    west, south, east, north = client.get(f"/ogc/collections/{name}").json()["extent"]["spatial"]["bbox"][0]
    return west, south, east, north


def intersects(west: float, south: float, east: float, north: float) -> str:
    return f"S_INTERSECTS(geometry,BBOX({west!r},{south!r},{east!r},{north!r}))"


def _declared(client: TestClient, path: str) -> bool:
    declared = client.get("/ogc/conformance", headers={"Accept": "application/json"}).json()["conformsTo"]
    return f"http://www.opengis.net/spec/{path}" in declared


@pytest.mark.abstract_test(FILTER, "/conf/filter/get-conformance")
def test_the_filter_class_is_declared_as_it_was_measured(client: TestClient) -> None:
    assert _declared(client, FILTER) == conforms(FILTER, measured())


@pytest.mark.abstract_test(FEATURES_FILTER, "/conf/features-filter/get-conformance")
def test_the_features_filter_class_is_declared_as_it_was_measured(client: TestClient) -> None:
    assert _declared(client, FEATURES_FILTER) == conforms(FEATURES_FILTER, measured())


@ON_ITEMS
@pytest.mark.abstract_test(FILTER, "/conf/filter/filter-param")
@pytest.mark.parametrize("name", NAMES)
def test_a_filter_selects_what_matches_it_and_a_wrong_one_is_refused(client: TestClient, name: str) -> None:
    whole, queryable = features(client, name), sample(name)
    lang = {"filter_lang": "cql2-text"}
    found = features(client, name, filter=f"{queryable} IS NULL", **lang)
    assert set(found) == {key for key, each in whole.items() if each["properties"][queryable] is None}
    found = features(client, name, filter=f"{queryable} IS NOT NULL", **lang)
    assert set(found) == {key for key, each in whole.items() if each["properties"][queryable] is not None}
    assert items(client, name, filter="THIS IS NOT A FILTER", **lang).status_code == 400


@ON_ITEMS
@pytest.mark.abstract_test(FILTER, "/conf/filter/filter-lang-default")
@pytest.mark.parametrize("name", NAMES)
def test_a_filter_is_text_when_nobody_says(client: TestClient, name: str) -> None:
    condition = f"{sample(name)} IS NOT NULL"
    assert features(client, name, filter=condition) == features(
        client, name, filter=condition, filter_lang="cql2-text"
    )
    assert items(client, name, filter="THIS IS NOT A FILTER").status_code == 400


@ON_ITEMS
@pytest.mark.abstract_test(FILTER, "/conf/filter/expression-construction")
@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_queryable_is_refused(client: TestClient, name: str) -> None:
    response = items(client, name, filter="this_is_not_a_queryable IS NULL", filter_lang="cql2-text")
    assert response.status_code == 400
    assert "this_is_not_a_queryable" in response.json()["got"]


@ON_ITEMS
@pytest.mark.abstract_test(FILTER, "/conf/filter/filter-crs-wgs84")
@pytest.mark.parametrize("name", NAMES)
def test_coordinates_of_a_filter_are_longitude_and_latitude(client: TestClient, name: str) -> None:
    box = box_of(client, name)
    if box is not None:
        assert set(features(client, name, filter=intersects(*box))) == set(features(client, name))
    beyond = items(client, name, filter=intersects(1e6, 1e6, 2e6, 2e6))
    assert beyond.status_code == 400


@ON_ITEMS
@pytest.mark.abstract_test(FILTER, "/conf/filter/filter-crs-param")
@pytest.mark.parametrize("code", [4326, 4490, 3857])
@pytest.mark.parametrize("name", NAMES)
def test_coordinates_of_a_filter_are_read_in_its_own_system(client: TestClient, name: str, code: int) -> None:
    box = box_of(client, name)
    if box is None:
        return
    (west, east), (south, north) = transformer("OGC:CRS84", code).transform(box[::2], box[1::2])
    edges = (west, south, east, north) if code == 3857 else (south, west, north, east)  # latitude first
    if code == 3857:
        edges = (west - 1e-3, south - 1e-3, east + 1e-3, north + 1e-3)  # a millimetre, there and back
    found = features(client, name, filter=intersects(*edges), filter_crs=f"{EPSG}{code}")
    assert set(found) == set(features(client, name))


@ON_ITEMS
@pytest.mark.abstract_test(FILTER, "/conf/filter/filter-crs-param")
@pytest.mark.parametrize("name", NAMES)
def test_a_filter_may_be_in_every_system_of_the_collection_and_in_no_other(
    client: TestClient, name: str
) -> None:
    described = client.get(f"/ogc/collections/{name}").json()
    everywhere = client.get("/ogc/collections").json()["crs"]
    systems = [each for each in described["crs"] if each != "#/crs"] + everywhere * (
        "#/crs" in described["crs"]
    )
    assert CRS84 in systems
    for system in systems:
        response = items(client, name, filter=_somewhere_in(system), filter_crs=system)
        assert response.status_code == 200, (system, response.text)
    unknown = "http://www.opengis.net/def/crs/OGC/0/does_not_exist"
    assert items(client, name, filter=intersects(0.0, 0.0, 1.0, 1.0), filter_crs=unknown).status_code == 400


@cache
def _somewhere_in(system: str) -> str:
    """Return a condition on a point in the middle of where a system is used, its axes in its own order."""
    if system == CRS84:
        return "S_INTERSECTS(geometry,POINT(104.0 31.0))"
    crs = CRS.from_epsg(int(system.rsplit("/", 1)[1]))
    use = crs.area_of_use
    lon, lat = (use.west + use.east) / 2, (use.south + use.north) / 2
    first, second = Transformer.from_crs("OGC:CRS84", crs).transform(lon, lat)
    return f"S_INTERSECTS(geometry,POINT({first!r} {second!r}))"


@ON_ITEMS
@pytest.mark.abstract_test(FILTER, "/conf/filter/mixing-expression")
@pytest.mark.parametrize("name", NAMES)
def test_a_filter_and_a_bbox_both_hold(client: TestClient, name: str) -> None:
    box = box_of(client, name)
    if box is None:
        return
    both = {"filter": intersects(*box)}
    assert set(features(client, name, **both, bbox=",".join(map(repr, box)))) == set(features(client, name))
    assert features(client, name, **both, bbox="-60,-40,-50,-30") == {}
