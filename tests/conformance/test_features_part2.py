"""Abstract tests of OGC API – Features Part 2 (OGC 18-058r1, Annex A), with the ids they have there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
import shapely
from core_schemas import FEATURE, FEATURE_COLLECTION, follows
from fastapi.testclient import TestClient
from pyproj import CRS, Transformer

CRS_CLASS = "ogcapi-features-2/1.0/conf/crs"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
NAME_OF_OGC = re.compile(r"http://www\.opengis\.net/def/crs/[A-Za-z]+/[0-9.]+/[A-Za-z0-9]+")
RECORDS = "catalogue"
WITHIN = 30.0  # deg; how far from its central meridian a zone is still meant to be used here

type Json = dict[str, Any]


def described(client: TestClient) -> Iterator[tuple[Json, list[str]]]:
    """Each description of each collection, in the list and on its own, with the list of systems behind it."""
    whole = client.get("/ogc/collections").json()
    for each in whole["collections"]:
        own = client.get(f"/ogc/collections/{each['id']}").json()
        for document in (each, own):
            named = document["crs"]
            yield document, [crs for name in named for crs in (whole["crs"] if name == "#/crs" else [name])]


def spatial(client: TestClient) -> Iterator[tuple[str, list[str], list[Json]]]:
    """Each collection that holds features, with its systems and its first features."""
    for document, systems in described(client):
        if document["crs"] != ["#/crs"] and document["id"] != RECORDS:
            found = client.get(f"/ogc/collections/{document['id']}/items?limit=5").json()["features"]
            if found:
                yield document["id"], systems, found


@cache
def system_of(uri: str) -> CRS:
    return CRS("OGC:CRS84" if uri == CRS84 else f"EPSG:{uri.rsplit('/', 1)[1]}")


def geodetic(uri: str) -> CRS:
    """Longitude and latitude of the datum of a system, in the order that EPSG has them in."""
    return CRS("EPSG:4490" if system_of(uri).geodetic_crs.to_epsg() == 4490 else "EPSG:4326")


def placed(uri: str, lonlat: Any) -> Any:
    """Points in a system, with the axes in the order of its authority, by PROJ."""
    if uri == CRS84:
        return lonlat
    way = Transformer.from_crs(geodetic(uri), system_of(uri))
    return np.column_stack(way.transform(lonlat[:, 1], lonlat[:, 0]))


def located(uri: str, coordinates: Any) -> Any:
    """Longitude and latitude of points of a system, by PROJ."""
    if uri == CRS84:
        return coordinates
    way = Transformer.from_crs(system_of(uri), geodetic(uri))
    return np.column_stack(way.transform(coordinates[:, 0], coordinates[:, 1]))[:, ::-1]


def points(features: list[Json]) -> Any:
    return shapely.get_coordinates([shapely.geometry.shape(each["geometry"]) for each in features])


def is_near(uri: str, lonlat: Any) -> bool:
    """Whether a system is meant for a place: a zone holds not much more than six degrees."""
    area = system_of(uri).area_of_use
    assert area is not None
    return bool((lonlat[:, 0] > area.west - WITHIN).all() and (lonlat[:, 0] < area.east + WITHIN).all())


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/crs-uri")
def test_every_system_is_named_by_a_uri(client: TestClient) -> None:
    for document, systems in described(client):
        for uri in (*systems, document["storageCrs"]):
            assert urlsplit(uri).scheme == "http"
            assert urlsplit(uri).netloc == "www.opengis.net"
            assert NAME_OF_OGC.fullmatch(uri)
        assert "#/crs" not in document["crs"] or len(document["crs"]) == 1
    assert {f"{EPSG}{code}" for code in (4326, 4490, 3857, *range(4513, 4555))} <= set(systems)


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/default-crs")
def test_every_collection_offers_longitude_and_latitude(client: TestClient) -> None:
    for _, systems in described(client):
        assert CRS84 in systems


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/storageCrs")
def test_the_system_of_storage_is_among_those_offered(client: TestClient) -> None:
    for document, systems in described(client):
        assert document["storageCrs"] in systems


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/crs-parameter")
def test_every_system_is_answered_and_named(client: TestClient) -> None:
    for name, systems, found in spatial(client):
        item = quote(found[0]["id"], safe="")
        for uri in systems:
            for path, schema in (("items?limit=2&", FEATURE_COLLECTION), (f"items/{item}?", FEATURE)):
                response = client.get(f"/ogc/collections/{name}/{path}crs={uri}")
                assert response.status_code == 200
                assert response.headers["content-crs"] == f"<{uri}>"
                assert follows(response.json(), schema)


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/crs-parameter")
def test_a_safe_curie_names_a_system_too(client: TestClient) -> None:
    by_curie = client.get("/ogc/collections/tsf/items?crs=[EPSG:4543]")
    by_uri = client.get(f"/ogc/collections/tsf/items?crs={EPSG}4543")
    assert by_curie.headers["content-crs"] == f"<{EPSG}4543>"
    assert by_curie.json()["features"] == by_uri.json()["features"]


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/crs-parameter-default")
def test_the_default_system_is_named(client: TestClient) -> None:
    for name, _, found in spatial(client):
        item = quote(found[0]["id"], safe="")
        for path in ("items", f"items/{item}"):
            response = client.get(f"/ogc/collections/{name}/{path}")
            assert response.headers["content-crs"] == f"<{CRS84}>"


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/crs-parameter-invalid")
@pytest.mark.parametrize("crs", [f"{EPSG}999999", "EPSG:4326", "nope", "", f"{EPSG}32648", "[EPSG:32648]"])
def test_a_system_that_is_not_offered_is_refused(client: TestClient, crs: str) -> None:
    for path in ("items", "items/T1"):
        response = client.get(f"/ogc/collections/tsf/{path}", params={"crs": crs})
        assert response.status_code == 400
        assert response.json()["where"] == "crs"


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/crs-parameter-transform")
def test_geometries_are_in_the_system_with_the_axes_of_its_authority(client: TestClient) -> None:
    """Against PROJ asked in each authority's order: 4490 and 4326 differ by the identity it takes."""
    for name, systems, found in spatial(client):
        expected = points(found)
        for uri in systems:
            if not is_near(uri, expected):
                continue
            got = points(client.get(f"/ogc/collections/{name}/items?limit=5&crs={uri}").json()["features"])
            assert np.allclose(located(uri, got), expected, atol=1e-8, rtol=0)  # deg, 1 mm
            item = quote(found[0]["id"], safe="")
            one = client.get(f"/ogc/collections/{name}/items/{item}?crs={uri}").json()
            assert np.array_equal(points([one]), got[: len(points([one]))])


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/bbox-crs-parameter")
def test_a_bbox_in_any_system_selects_what_it_selects_in_longitude_and_latitude(client: TestClient) -> None:
    west, south, east, north = (
        103.3,
        31.02,
        103.71,
        31.29,
    )  # no place of the site lies within 100 m of its edges
    edges = shapely.get_coordinates(shapely.segmentize(shapely.box(west, south, east, north), 0.01))
    for name, systems, _ in spatial(client):
        address = f"/ogc/collections/{name}/items?limit=10000&skipGeometry=true&bbox="
        plain = client.get(f"{address}{west},{south},{east},{north}").json()["features"]
        expected = {each["id"] for each in plain}
        for uri in systems:
            if not is_near(uri, edges):
                continue
            around = placed(uri, edges)
            box = ",".join(map(str, (*around.min(axis=0), *around.max(axis=0))))
            response = client.get(f"{address}{box}&bbox-crs={uri}")
            assert response.headers["content-crs"] == f"<{CRS84}>"
            got = {each["id"] for each in response.json()["features"]}
            assert expected <= got
            if uri in (CRS84, f"{EPSG}4326", f"{EPSG}4490", f"{EPSG}3857"):  # the same box, not one around it
                assert got == expected


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/bbox-crs-parameter-default")
def test_a_bbox_without_a_system_is_longitude_and_latitude(client: TestClient) -> None:
    for name, _, _ in spatial(client):
        address = f"/ogc/collections/{name}/items?limit=10000&bbox=103.3,31.02,103.71,31.29"
        named = client.get(f"{address}&bbox-crs={CRS84}").json()["features"]
        assert client.get(address).json()["features"] == named


@pytest.mark.abstract_test(CRS_CLASS, "/conf/crs/bbox-crs-parameter-invalid")
@pytest.mark.parametrize("crs", [f"{EPSG}999999", "EPSG:4326", "nope", "", f"{EPSG}32648"])
def test_a_bbox_in_a_system_that_is_not_offered_is_refused(client: TestClient, crs: str) -> None:
    params = {"bbox": "103.3,31.02,103.71,31.29", "bbox-crs": crs}
    response = client.get("/ogc/collections/tsf/items", params=params)
    assert response.status_code == 400
    assert response.json()["where"] == "bbox-crs"
