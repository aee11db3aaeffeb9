"""Abstract tests of OGC API – Features Part 1 (OGC 17-069r4, Annex A), with the ids they have there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import schemathesis
import shapely
from core_schemas import (
    COLLECTION,
    COLLECTIONS,
    CONFORMANCE,
    FEATURE,
    FEATURE_COLLECTION,
    LANDING_PAGE,
    follows,
)
from fastapi.testclient import TestClient
from lxml import html

CORE = "ogcapi-features-1/1.0/conf/core"
GEOJSON = "ogcapi-features-1/1.0/conf/geojson"
HTML = "ogcapi-features-1/1.0/conf/html"
OAS30 = "ogcapi-features-1/1.0/conf/oas30"

JSON_TYPE, GEOJSON_TYPE, HTML_TYPE = "application/json", "application/geo+json", "text/html"
OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
RECORDS = "catalogue"  # its items are records, described by another standard

type Json = dict[str, Any]


def collections(client: TestClient) -> list[Json]:
    found: list[Json] = client.get("/ogc/collections").json()["collections"]
    return found


def feature_collections(client: TestClient) -> list[str]:
    return [each["id"] for each in collections(client) if each["id"] != RECORDS]


def features(client: TestClient, name: str, query: str = "limit=1000") -> list[Json]:
    found: list[Json] = client.get(f"/ogc/collections/{name}/items?{query}").json()["features"]
    return found


def everything(client: TestClient) -> Iterator[tuple[str, list[Json]]]:
    """Each collection that holds something, with all its features."""
    for name in feature_collections(client):
        found = features(client, name, "limit=10000")
        if found:
            yield name, found


def shape(feature: Json) -> shapely.Geometry:
    return shapely.geometry.shape(feature["geometry"])


def media(response: Any) -> str:
    return str(response.headers["content-type"]).partition(";")[0]


def by_relation(document: Json, relation: str) -> list[Json]:
    return [link for link in document["links"] if link["rel"] == relation]


def answered(client: TestClient, href: str) -> Any:
    split = urlsplit(href)
    return client.get(f"{split.path}?{split.query}" if split.query else split.path)


def resolved(document: Json, part: Json) -> Json:
    """A part of an OpenAPI document, behind its reference if it is one."""
    if "$ref" not in part:
        return part
    found: Json = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def parameters(client: TestClient, name: str) -> dict[str, Json]:
    """Query parameters of the items of a collection, as the OpenAPI document has them."""
    document = client.get("/ogc/openapi").json()
    listed = document["paths"][f"/collections/{name}/items"]["get"]["parameters"]
    return {each["name"]: each for each in (resolved(document, part) for part in listed)}


def has_links_to_every_format(client: TestClient, document: Json, own: str) -> bool:
    """Self once, in this media type; alternates in every other, each answered in the type it names."""
    assert [link["type"].partition(";")[0] for link in by_relation(document, "self")] == [own]
    alternates = by_relation(document, "alternate")
    assert HTML_TYPE in {link["type"].partition(";")[0] for link in alternates}
    for link in alternates:
        response = answered(client, link["href"])
        assert response.status_code == 200
        assert media(response) == link["type"].partition(";")[0]
    return all(link["rel"] and link["type"] for link in document["links"])


@pytest.mark.abstract_test(CORE, "/conf/core/http")
def test_every_advertised_resource_speaks_http_1_1(served: str) -> None:
    import http.client

    address = urlsplit(served)
    for path in ("/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/tsf/items"):
        connection = http.client.HTTPConnection(str(address.hostname), int(address.port or 80))
        connection.request("GET", path)
        response = connection.getresponse()
        assert (response.version, response.status) == (11, 200)
        assert response.read()
        connection.close()


@pytest.mark.abstract_test(CORE, "/conf/core/crs84")
def test_geometries_are_longitude_and_latitude_unless_asked_otherwise(client: TestClient) -> None:
    held = dict(everything(client))
    assert len(held) > 5
    for found in held.values():
        west, south, east, north = shapely.total_bounds([shape(each) for each in found])
        assert 100 <= west <= east <= 112  # the site lies in China between 100 and 112 E, 28 and 40 N:
        assert 28 <= south <= north <= 40  # swapped axes or metres would fall outside
    assert client.get("/ogc/collections/tsf/items").headers["content-crs"] == f"<{CRS84}>"


@pytest.mark.abstract_test(CORE, "/conf/core/root-op")
def test_the_landing_page_is_at_the_root(client: TestClient) -> None:
    for path in ("/ogc/", "/ogc"):
        assert client.get(path).status_code == 200


@pytest.mark.abstract_test(CORE, "/conf/core/root-success")
def test_the_landing_page_leads_to_definition_conformance_and_data(client: TestClient) -> None:
    document = client.get("/ogc/", headers={"Accept": JSON_TYPE}).json()
    assert follows(document, LANDING_PAGE)
    relations = {link["rel"] for link in document["links"]}
    assert relations & {"service-desc", "service-doc"}
    assert {"conformance", "data"} <= relations
    page = client.get("/ogc/", headers={"Accept": HTML_TYPE}).text
    for path in ("/ogc/openapi", "/ogc/conformance", "/ogc/collections"):
        assert f'{path}"' in page


@pytest.mark.abstract_test(CORE, "/conf/core/api-definition-op")
@pytest.mark.abstract_test(CORE, "/conf/core/api-definition-success")
def test_each_link_to_the_definition_is_answered_in_the_type_it_names(client: TestClient) -> None:
    document = client.get("/ogc/").json()
    links = by_relation(document, "service-desc") + by_relation(document, "service-doc")
    assert len(links) == 2
    for link in links:
        response = answered(client, link["href"])
        assert response.status_code == 200
        assert response.headers["content-type"].replace(" ", "").startswith(link["type"])
        assert response.text


@pytest.mark.abstract_test(CORE, "/conf/core/conformance-op")
@pytest.mark.abstract_test(CORE, "/conf/core/conformance-success")
def test_conformance_lists_the_classes_by_uri(client: TestClient) -> None:
    for link in by_relation(client.get("/ogc/").json(), "conformance"):
        assert answered(client, link["href"]).status_code == 200
    response = client.get("/ogc/conformance")
    assert response.status_code == 200
    assert follows(response.json(), CONFORMANCE)
    for name in response.json()["conformsTo"]:
        assert name.startswith("http://www.opengis.net/spec/")


@pytest.mark.abstract_test(CORE, "/conf/core/fc-md-op")
def test_the_collections_are_at_their_path(client: TestClient) -> None:
    assert client.get("/ogc/collections").status_code == 200


@pytest.mark.abstract_test(CORE, "/conf/core/fc-md-success")
def test_the_collections_follow_their_schema(client: TestClient) -> None:
    assert follows(client.get("/ogc/collections").json(), COLLECTIONS)


@pytest.mark.abstract_test(CORE, "/conf/core/fc-md-links")
def test_the_collections_link_to_themselves_in_every_format(client: TestClient) -> None:
    assert has_links_to_every_format(client, client.get("/ogc/collections").json(), JSON_TYPE)


@pytest.mark.abstract_test(CORE, "/conf/core/fc-md-items")
def test_every_collection_that_has_items_is_listed(client: TestClient) -> None:
    listed = {each["id"] for each in collections(client)}
    assert len(listed) == len(collections(client))
    described = client.get("/ogc/openapi").json()["paths"]
    serving = {path.split("/")[2] for path in described if path.endswith("/items") and path.count("/") == 3}
    assert listed == serving
    for each in collections(client):
        assert follows(each, COLLECTION)


@pytest.mark.abstract_test(CORE, "/conf/core/fc-md-items-links")
def test_each_collection_links_to_its_items_in_every_format(client: TestClient) -> None:
    for each in collections(client):
        links = by_relation(each, "items")
        assert {GEOJSON_TYPE, HTML_TYPE} <= {link["type"] for link in links}
        for link in links:
            assert media(answered(client, f"{link['href']}&limit=1")) == link["type"].partition(";")[0]


@pytest.mark.abstract_test(CORE, "/conf/core/fc-md-extent")
def test_each_extent_holds_all_geometries_and_times(client: TestClient) -> None:
    described = {each["id"]: each for each in collections(client)}
    for name, found in everything(client):
        extent = described[name]["extent"]
        ((west, south, east, north),) = extent["spatial"]["bbox"]
        least = shapely.total_bounds([shape(each) for each in found])
        assert (west, south) <= tuple(least[:2])
        assert (least[2] <= east, least[3] <= north) == (True, True)
        assert south <= least[1]
        assert "temporal" not in extent  # what is not said cannot leave anything out


@pytest.mark.abstract_test(CORE, "/conf/core/sfc-md-op")
@pytest.mark.abstract_test(CORE, "/conf/core/sfc-md-success")
def test_each_collection_is_described_as_in_the_list(client: TestClient) -> None:
    for listed in collections(client):
        response = client.get(f"/ogc/collections/{listed['id']}")
        assert response.status_code == 200
        own = response.json()
        assert follows(own, COLLECTION)
        for name in ("id", "title", "description", "extent"):
            assert own.get(name) == listed.get(name)
        assert all(link in own["links"] for link in listed["links"])


@pytest.mark.abstract_test(CORE, "/conf/core/fc-op")
@pytest.mark.abstract_test(CORE, "/conf/core/fc-response")
def test_items_of_each_collection_are_a_feature_collection(client: TestClient) -> None:
    for name in feature_collections(client):
        response = client.get(f"/ogc/collections/{name}/items")
        assert response.status_code == 200
        assert follows(response.json(), FEATURE_COLLECTION)


LIMIT = {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}


@pytest.mark.abstract_test(CORE, "/conf/core/fc-limit-definition")
def test_limit_is_defined_as_the_standard_has_it(client: TestClient) -> None:
    for name in feature_collections(client):
        defined = parameters(client, name)["limit"]
        assert (defined["in"], defined["required"], defined["style"], defined["explode"]) == (
            "query",
            False,
            "form",
            False,
        )
        assert defined["schema"] == LIMIT


@pytest.mark.abstract_test(CORE, "/conf/core/fc-limit-response")
def test_no_page_is_larger_than_its_limit_and_a_huge_limit_is_lowered(client: TestClient) -> None:
    for name, found in everything(client):
        for limit in (1, 3, LIMIT["maximum"]):
            assert len(features(client, name, f"limit={limit}")) == min(int(str(limit)), len(found))
        for huge in ("10001", "123456789012345678901234567890"):
            response = client.get(f"/ogc/collections/{name}/items?limit={huge}")
            assert response.status_code == 200
            assert len(response.json()["features"]) <= 10_000
    for bad in ("0", "-1", "ten", "1.5", ""):
        assert client.get(f"/ogc/collections/tsf/items?limit={bad}").status_code == 400


@pytest.mark.abstract_test(CORE, "/conf/core/fc-bbox-definition")
def test_bbox_is_defined_as_the_standard_has_it(client: TestClient) -> None:
    for name in feature_collections(client):
        defined = parameters(client, name)["bbox"]
        assert (defined["in"], defined["required"], defined["style"], defined["explode"]) == (
            "query",
            False,
            "form",
            False,
        )
        lengths = [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]
        assert defined["schema"] == {"type": "array", "items": {"type": "number"}, "oneOf": lengths}


@pytest.mark.abstract_test(CORE, "/conf/core/fc-bbox-response")
@pytest.mark.parametrize(
    "box",
    [
        (103.51, 31.19, 103.52, 31.22),
        (103.0, 31.0, 104.0, 31.3),
        (-180.0, -90.0, 180.0, 90.0),
        (0.0, 0.0, 1.0, 1.0),
        (104.1, 31.9, 104.1, 31.9),
    ],
)
def test_bbox_selects_what_intersects_it(client: TestClient, box: tuple[float, ...]) -> None:
    west, south, east, north = box
    area = shapely.box(*box) if west < east else shapely.Point(west, south)
    for name, found in everything(client):
        expected = [each["id"] for each in found if shape(each).intersects(area)]
        for text in (f"{west},{south},{east},{north}", f"{west},{south},-10,{east},{north},9000"):
            assert [each["id"] for each in features(client, name, f"bbox={text}&limit=10000")] == expected


@pytest.mark.abstract_test(CORE, "/conf/core/fc-bbox-response")
def test_a_bbox_whose_west_is_beyond_its_east_crosses_the_antimeridian(client: TestClient) -> None:
    both = shapely.union(shapely.box(103.4, 31.1, 180, 32), shapely.box(-180, 31.1, 103.1, 32))
    for name, found in everything(client):
        expected = [each["id"] for each in found if shape(each).intersects(both)]
        query = "bbox=103.4,31.1,103.1,32&limit=10000"
        assert [each["id"] for each in features(client, name, query)] == expected


@pytest.mark.abstract_test(CORE, "/conf/core/fc-time-definition")
def test_datetime_is_defined_as_the_standard_has_it(client: TestClient) -> None:
    for name in feature_collections(client):
        defined = parameters(client, name)["datetime"]
        assert (defined["in"], defined["required"], defined["style"], defined["explode"]) == (
            "query",
            False,
            "form",
            False,
        )
        assert defined["schema"] == {"type": "string"}


@pytest.mark.abstract_test(CORE, "/conf/core/fc-time-response")
@pytest.mark.parametrize(("collection", "time"), [("earthquake", "occurred_at"), ("warning", "raised_at")])
def test_datetime_selects_what_is_within_it_and_what_has_no_time(
    client: TestClient, collection: str, time: str
) -> None:
    found = features(client, collection)
    times = {each["id"]: each["properties"][time] for each in found}
    known = {key: datetime.fromisoformat(text) for key, text in times.items() if text}
    second = timedelta(seconds=1)
    for moment in known.values():
        instant = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        before, after = ((moment + step).strftime("%Y-%m-%dT%H:%M:%SZ") for step in (-second, second))
        expected: dict[str, Callable[[datetime], bool]] = {
            instant: lambda each, at=moment: each == at,  # type: ignore[misc]
            f"{before}/{after}": lambda each, at=moment: at - second <= each <= at + second,  # type: ignore[misc]
            f"{instant}/..": lambda each, at=moment: each >= at,  # type: ignore[misc]
            f"{instant}/": lambda each, at=moment: each >= at,  # type: ignore[misc]
            f"../{instant}": lambda each, at=moment: each <= at,  # type: ignore[misc]
            f"/{instant}": lambda each, at=moment: each <= at,  # type: ignore[misc]
        }
        for interval, within in expected.items():
            got = {each["id"] for each in features(client, collection, f"datetime={interval}")}
            assert got == {key for key in times if key not in known or within(known[key])}


@pytest.mark.abstract_test(CORE, "/conf/core/fc-time-response")
def test_datetime_leaves_collections_without_a_time_whole(client: TestClient) -> None:
    assert len(features(client, "place", "datetime=2000-01-01T00:00:00Z&limit=1000")) == 250


@pytest.mark.abstract_test(CORE, "/conf/core/fc-links")
def test_a_page_links_to_itself_in_every_format_and_to_the_next(client: TestClient) -> None:
    for name in feature_collections(client):
        document = client.get(f"/ogc/collections/{name}/items?limit=1").json()
        assert has_links_to_every_format(client, document, GEOJSON_TYPE)
        more = client.get(f"/ogc/collections/{name}/items?resulttype=hits").json()["numberMatched"] > 1
        assert len(by_relation(document, "next")) == more


@pytest.mark.abstract_test(CORE, "/conf/core/fc-timeStamp")
def test_the_time_stamp_is_when_the_answer_was_made(client: TestClient) -> None:
    begin = datetime.now(UTC)
    stamp = datetime.fromisoformat(client.get("/ogc/collections/tsf/items").json()["timeStamp"])
    assert begin <= stamp <= datetime.now(UTC)


@pytest.mark.abstract_test(CORE, "/conf/core/fc-numberMatched")
@pytest.mark.parametrize("query", ["", "&bbox=103,31,103.5,31.2", "&datetime=../2000-01-01T00:00:00Z"])
def test_the_number_matched_is_that_of_all_pages(client: TestClient, query: str) -> None:
    for name, _ in everything(client):
        whole = features(client, name, f"limit=10000{query}")
        for limit in (2, 10_000):
            page = client.get(f"/ogc/collections/{name}/items?limit={limit}{query}").json()
            assert page["numberMatched"] == len(whole)


@pytest.mark.abstract_test(CORE, "/conf/core/fc-numberReturned")
def test_the_number_returned_is_that_of_the_page(client: TestClient) -> None:
    for name in feature_collections(client):
        page = client.get(f"/ogc/collections/{name}/items?limit=2").json()
        assert page["numberReturned"] == len(page["features"])


@pytest.mark.abstract_test(CORE, "/conf/core/f-op")
@pytest.mark.abstract_test(CORE, "/conf/core/f-success")
def test_each_feature_is_at_its_own_path_as_on_the_page(client: TestClient) -> None:
    for name, found in everything(client):
        for listed in (found[0], found[-1]):
            response = client.get(f"/ogc/collections/{name}/items/{quote(listed['id'], safe='')}")
            assert response.status_code == 200
            own = response.json()
            assert follows(own, FEATURE)
            assert {key: own[key] for key in listed} == listed


@pytest.mark.abstract_test(CORE, "/conf/core/f-links")
def test_a_feature_links_to_itself_in_every_format_and_to_its_collection(client: TestClient) -> None:
    for name, found in everything(client):
        document = client.get(f"/ogc/collections/{name}/items/{quote(found[0]['id'], safe='')}").json()
        assert has_links_to_every_format(client, document, GEOJSON_TYPE)
        (collection,) = by_relation(document, "collection")
        assert answered(client, collection["href"]).json()["id"] == name


PATHS = ("", "/conformance", "/collections", "/collections/tsf", "/collections/tsf/items",
         "/collections/tsf/items/T1")  # fmt: skip


@pytest.mark.abstract_test(CORE, "/conf/core/query-param-unknown")
def test_an_unknown_parameter_is_refused(client: TestClient) -> None:
    for path in PATHS:
        assert client.get(f"/ogc{path}?unknown=1").status_code == 400


@pytest.mark.abstract_test(CORE, "/conf/core/query-param-invalid")
def test_a_value_that_is_no_good_is_refused(client: TestClient) -> None:
    for query in ("limit=a", "bbox=1,2,3", "bbox=a,b,c,d", "datetime=noon", "crs=x", "tier=red", "f=nope"):
        response = client.get(f"/ogc/collections/tsf/items?{query}")
        assert response.status_code == 400
        assert media(response) == "application/problem+json"


@pytest.mark.abstract_test(GEOJSON, "/conf/geojson/definition")
def test_features_are_offered_as_geojson_and_the_rest_as_json(client: TestClient) -> None:
    for path in PATHS:
        kind = GEOJSON_TYPE if "/items" in path else JSON_TYPE
        response = client.get(f"/ogc{path}", headers={"Accept": kind})
        assert (response.status_code, media(response)) == (200, kind)


@pytest.mark.abstract_test(GEOJSON, "/conf/geojson/content")
def test_geojson_holds_feature_objects_with_their_links(client: TestClient) -> None:
    for name, found in everything(client):
        document = client.get(f"/ogc/collections/{name}/items").json()
        assert follows(document, FEATURE_COLLECTION)
        assert by_relation(document, "self")
        own = client.get(f"/ogc/collections/{name}/items/{quote(found[0]['id'], safe='')}").json()
        assert follows(own, FEATURE)
        assert {"self", "collection"} <= {link["rel"] for link in own["links"]}
        assert all(shape(each).is_valid and not shape(each).is_empty for each in found)


@pytest.mark.abstract_test(HTML, "/conf/html/definition")
def test_every_resource_is_offered_as_html(client: TestClient) -> None:
    for path in (*PATHS, "/openapi"):
        for address, accept in ((f"/ogc{path}", HTML_TYPE), (f"/ogc{path}?f=html", "*/*")):
            response = client.get(address, headers={"Accept": accept})
            assert (response.status_code, media(response)) == (200, HTML_TYPE)


@pytest.mark.abstract_test(HTML, "/conf/html/content")
def test_html_says_what_json_says(client: TestClient) -> None:
    """Stands for the inspection by hand: every text and address of the JSON is on the page."""
    for path in PATHS:
        text = client.get(f"/ogc{path}", headers={"Accept": HTML_TYPE}).text
        assert text.lower().startswith("<!doctype html>")
        tree = html.document_fromstring(text.encode(), parser=html.HTMLParser(encoding="utf-8"))
        said = tree.text_content()
        document = client.get(f"/ogc{path}").json()
        assert tree.findtext(".//title")
        for link in document["links"]:
            if link["rel"] in ("conformance", "data", "collection", "next"):
                target = urlsplit(link["href"]).path
                assert any(target in anchor.get("href") for anchor in tree.iterfind(".//a")), target
        for each in document.get("collections", ()):
            assert each["title"] in said
        for feature in document.get("features", ()):
            assert feature["id"] in said
            assert feature["properties"]["name"] in said
        if "description" in document:
            assert document["description"] in said


@pytest.mark.abstract_test(OAS30, "/conf/oas30/completeness")
@pytest.mark.abstract_test(OAS30, "/conf/oas30/exception-codes")
def test_every_answer_is_described_with_its_status_and_type(client: TestClient) -> None:
    document = client.get("/ogc/openapi").json()
    asked = {
        "/collections/tsf/items": ["", "?f=html", "?f=csv", "?f=nope", "?limit=x"],
        "/collections/tsf/items/{itemId}": ["", "?f=html", "?crs=x"],
        "/collections/tsf": ["", "?f=html", "?f=jsonld", "?x=1"],
        "/collections": ["", "?f=html", "?f=jsonld", "?x=1"],
        "/conformance": ["", "?f=html", "?x=1"],
        "/openapi": ["", "?f=html", "?x=1"],
        "/": ["", "?f=html", "?f=jsonld", "?x=1"],
    }
    for path, queries in asked.items():
        described = document["paths"][path]["get"]["responses"]
        for item in ("T1", "T9") if "{" in path else ("",):
            for query in queries:
                response = client.get(f"/ogc{path.replace('{itemId}', item)}{query}")
                answer = resolved(document, described[str(response.status_code)])
                assert media(response) in {each.partition(";")[0] for each in answer["content"]}
        refused = client.get(f"/ogc{path.replace('{itemId}', 'T1')}", headers={"Accept": "image/png"})
        assert refused.status_code == 406
        assert "406" in described


@pytest.mark.abstract_test(OAS30, "/conf/oas30/definition-1")
def test_the_definition_is_offered_as_json_and_html(client: TestClient) -> None:
    document = client.get("/ogc").json()
    for relation, kind in (("service-desc", OPENAPI_TYPE), ("service-doc", HTML_TYPE)):
        (link,) = by_relation(document, relation)
        assert link["type"] == kind
        response = answered(client, link["href"])
        assert response.headers["content-type"].replace(" ", "").startswith(kind)


@pytest.mark.abstract_test(OAS30, "/conf/oas30/definition-2")
def test_the_definition_is_valid_openapi_3_0(client: TestClient) -> None:
    document = client.get("/ogc/openapi").json()
    assert document["openapi"].startswith("3.0.")
    schemathesis.openapi.from_dict(document).validate()
    identifiers = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert len(set(identifiers)) == len(identifiers)


@pytest.mark.abstract_test(OAS30, "/conf/oas30/oas-impl")
def test_every_path_of_the_definition_is_answered(client: TestClient) -> None:
    document = client.get("/ogc/openapi").json()
    (server,) = document["servers"]
    for path in document["paths"]:
        if "get" in document["paths"][path] and "{" not in path:
            response = answered(client, f"{server['url']}{path}")
            assert response.status_code == 200, path
    for name, found in everything(client):
        assert f"/collections/{name}/items/{{itemId}}" in document["paths"]
        item = quote(found[0]["id"], safe="")
        assert answered(client, f"{server['url']}/collections/{name}/items/{item}").status_code == 200


@pytest.mark.abstract_test(OAS30, "/conf/oas30/security")
def test_no_authentication_is_used_and_none_is_described(client: TestClient) -> None:
    document = client.get("/ogc/openapi").json()
    assert "securitySchemes" not in document["components"]
    assert "security" not in document
    for path in PATHS:
        response = client.get(f"/ogc{path}")
        assert response.status_code == 200
        assert "www-authenticate" not in response.headers
