"""Styles over HTTP."""

from __future__ import annotations

import io
import json
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from layers.layer import layers
from minegis.levels import Tier

HERE = "http://testserver"
SLD = "{http://www.opengis.net/sld}StyledLayerDescriptor"


def test_the_landing_page_and_each_drawn_collection_link_to_their_styles(client: TestClient) -> None:
    relation = "http://www.opengis.net/def/rel/ogc/1.0/styles"
    for path in ("/ogc", "/ogc/collections/tsf", "/ogc/collections/risk_cell", "/ogc/collections/warning"):
        (link,) = [each for each in client.get(path).json()["links"] if each["rel"] == relation]
        assert client.get(link["href"]).json()["styles"]


def test_every_style_that_is_listed_can_be_had_in_every_encoding_it_names(client: TestClient) -> None:
    listed = client.get("/ogc/styles").json()
    ids = [each["id"] for each in listed["styles"]]
    assert listed["default"] == "one-map"
    assert len(ids) == len(set(ids)) == len(layers()) + 2
    for style in listed["styles"]:
        for link in style["links"]:
            answer = client.get(link["href"])
            assert answer.status_code == 200, link
            assert answer.headers["content-type"] == link["type"]
        assert {each["rel"] for each in style["links"]} == {"stylesheet", "describedby"}


def test_a_style_names_its_tiles_pictures_and_characters_at_the_address_that_was_asked(
    client: TestClient,
) -> None:
    style = client.get("/ogc/styles/tsf", headers={"Host": "map.example:8443"}).json()
    assert style["sprite"] == "http://map.example:8443/ogc/styles/sprites/tsf"
    assert style["glyphs"] == "http://map.example:8443/ogc/styles/glyphs/{fontstack}/{range}.pbf"
    (tiles,) = style["sources"]["tsf"]["tiles"]
    assert tiles.startswith("http://map.example:8443/")
    found = client.get(tiles.format(z=8, x=201, y=104))
    assert found.headers["content-type"] == "application/vnd.mapbox-vector-tile"


def test_the_whole_map_shows_what_the_site_has_and_nothing_else(client: TestClient) -> None:
    shown = {each["id"] for each in client.get("/api/v1/layers").json()}
    style = client.get("/ogc/styles/one-map").json()
    assert set(style["sources"]) == shown | {"region-names"}
    assert style["center"] == pytest.approx([103.5, 31.5], abs=0.2)
    names = style["sources"]["region-names"]["data"]["features"]
    assert [each["properties"]["name"] for each in names] == ["四川省"]
    west, south, east, north = 101, 29, 106, 33  # of 四川省 in conftest
    lon, lat = names[0]["geometry"]["coordinates"]
    assert west < lon < east
    assert south < lat < north


def test_the_night_has_the_same_tiers_on_a_dark_ground(client: TestClient) -> None:
    night = client.get("/ogc/styles/one-map-night").text
    assert [tier for tier in Tier if tier.colour not in night] == []
    assert json.loads(night)["layers"][0]["paint"]["background-color"] == "#10171D"


def test_a_style_of_a_collection_is_the_style(client: TestClient) -> None:
    listed = client.get("/ogc/collections/tsf/styles").json()
    assert [each["id"] for each in listed["styles"]] == ["tsf"]
    assert client.get("/ogc/collections/tsf/styles/tsf").json() == client.get("/ogc/styles/tsf").json()
    assert client.get("/ogc/collections/tsf/styles/mine").status_code == 404


@pytest.mark.parametrize(
    ("accept", "version"),
    [
        ("application/vnd.ogc.sld+xml;version=1.1", "1.1.0"),
        ("application/vnd.ogc.sld+xml;version=1.0", "1.0.0"),
        ("application/vnd.ogc.sld+xml", "1.0.0"),
    ],
)
def test_sld_is_given_to_who_accepts_it(client: TestClient, accept: str, version: str) -> None:
    root = ElementTree.fromstring(client.get("/ogc/styles/tsf", headers={"Accept": accept}).content)
    assert (root.tag, root.get("version")) == (SLD, version)


def test_metadata_says_what_is_read_of_each_layer(client: TestClient) -> None:
    (drawn,) = client.get("/ogc/styles/tsf/metadata?lang=en").json()["layers"]
    assert drawn["id"] == "tsf"
    assert drawn["propertiesSchema"] == {
        "name": {"type": "string"}, "state": {"type": "string"}, "tier": {"type": "integer"}
    }  # fmt: skip
    assert client.get("/ogc/styles/tsf/metadata", headers={"Accept": "text/html"}).text.startswith(
        "<!doctype html>"
    )


def test_titles_are_in_the_language_that_is_asked_for(client: TestClient) -> None:
    for lang, title in (("zh", "尾矿库"), ("en", "Tailings storage facilities")):
        answer = client.get("/ogc/styles/tsf", params={"lang": lang})
        assert answer.json()["name"] == title
        assert answer.headers["content-language"] == lang


@pytest.mark.parametrize("ratio", ["", "@2x"])
def test_the_index_of_a_sprite_fits_its_picture(client: TestClient, ratio: str) -> None:
    index = client.get(f"/ogc/styles/sprites/one-map{ratio}.json").json()
    picture = client.get(f"/ogc/styles/sprites/one-map{ratio}.png")
    image = Image.open(io.BytesIO(picture.content))
    assert picture.headers["content-type"] == "image/png"
    assert index
    assert all(each["x"] + each["width"] <= image.width for each in index.values())
    assert all(each["y"] + each["height"] <= image.height for each in index.values())


def test_characters_are_served_in_ranges(client: TestClient) -> None:
    answer = client.get("/ogc/styles/glyphs/sans-serif/0-255.pbf")
    assert answer.headers["content-type"] == "application/x-protobuf"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert b"0-255" in answer.content


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ogc/styles/nope", 404),
        ("/ogc/styles/nope/metadata", 404),
        ("/ogc/styles/tsf?f=kml", 400),
        ("/ogc/styles/tsf?x=1", 400),
        ("/ogc/styles/tsf?f=sld&f=mapbox", 400),
        ("/ogc/styles?f=xml", 400),
        ("/ogc/collections/nope/styles", 404),
        ("/ogc/styles/sprites/nope.json", 404),
        ("/ogc/styles/sprites/..%2Ftsf.json", 404),
        ("/ogc/styles/sprites/tsf@3x.png", 404),
        ("/ogc/styles/glyphs/sans-serif/0-256.pbf", 404),
        ("/ogc/styles/glyphs/sans-serif/1-256.pbf", 404),
        ("/ogc/styles/glyphs/sans-serif/65536-65791.pbf", 404),
        ("/ogc/styles/glyphs/sans-serif/999999999999-1.pbf", 404),
        ("/ogc/styles/glyphs/Comic Sans/0-255.pbf", 404),
    ],
)
def test_what_is_not_there_is_a_problem(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["what"]


@pytest.mark.parametrize(
    "path",
    [
        "/ogc/styles",
        "/ogc/styles/one-map",
        "/ogc/styles/tsf?f=sld",
        "/ogc/styles/tsf/metadata",
        "/ogc/styles/sprites/tsf.png",
        "/ogc/styles/glyphs/sans-serif/0-255.pbf",
    ],
)
def test_what_the_client_has_already_is_not_sent_again(client: TestClient, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]


def test_each_encoding_has_a_tag_of_its_own(client: TestClient) -> None:
    asked = ("f=mapbox", "f=sld10", "f=sld11", "f=mapbox&lang=en")
    tags = [client.get(f"/ogc/styles/tsf?{each}").headers["etag"] for each in asked]
    assert len(set(tags)) == len(tags)


def test_the_openapi_document_has_every_route_of_the_styles(client: TestClient) -> None:
    paths = client.get("/ogc/openapi").json()["paths"]
    assert {
        "/styles", "/styles/{style}", "/styles/{style}/metadata", "/styles/sprites/{file}",
        "/styles/glyphs/{stack}/{range}.pbf", "/collections/{collection}/styles",
        "/collections/{collection}/styles/{style}",
    } <= set(paths)  # fmt: skip
