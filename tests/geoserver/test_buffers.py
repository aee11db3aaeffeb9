from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

GEOD = Geod(ellps="GRS80")


def outline(client: TestClient, **asked: Any) -> BaseGeometry:
    body = client.get("/api/v1/buffers", params=asked).json()
    assert body["type"] == "Feature"
    return shapely.from_geojson(json.dumps(body["geometry"]))


@pytest.mark.parametrize(("lon", "lat"), [(103.5, 31.2), (103.5, 0.0), (127.0, 52.5)])
@pytest.mark.parametrize("km", [0.5, 10, 100])
def test_the_outline_of_a_point_is_as_far_from_it_on_the_ellipsoid_all_around(
    client: TestClient, lon: float, lat: float, km: float
) -> None:
    text = json.dumps({"type": "Point", "coordinates": [lon, lat]})
    points = shapely.get_coordinates(outline(client, geometry=text, km=km))
    _, _, metres = GEOD.inv(np.full(len(points), lon), np.full(len(points), lat), *points.T)
    assert metres / 1000 == pytest.approx(np.full(len(points), km), rel=1e-6, abs=2e-4)  # of six digits


def test_the_outline_of_an_asset_holds_it_and_is_as_far_from_its_edge(client: TestClient) -> None:
    found = outline(client, dataset="tsf", asset="T1", km=2)
    # The northern edge of T1 is at 31.215 N where it is 103.50 E; a degree of latitude there is 110.87 km.
    assert found.bounds[3] == pytest.approx(31.215 + 2 / 110.87, abs=2e-4)
    assert found.contains(shapely.box(103.50, 31.20, 103.53, 31.21))


@pytest.mark.parametrize(
    "asked",
    [
        {"geometry": "x", "km": 1}, {"geometry": "{}", "km": 1}, {"geometry": "null", "km": 1},
        {"geometry": '{"type":"Point","coordinates":["a",1]}', "km": 1},
        {"geometry": '{"type":"Point","coordinates":[200,1]}', "km": 1},
        {"geometry": '{"type":"Point","coordinates":[]}', "km": 1},
        {"geometry": '{"type":"Point","coordinates":[179.99,30]}', "km": 100},
        {"geometry": '{"type":"Point","coordinates":[-180,0]}', "km": 1},
        {"geometry": '{"type":"Point","coordinates":[117,90]}', "km": 1},
        {"geometry": '{"type":"Point","coordinates":[117,-89.99]}', "km": 10},
        {"geometry": '{"type":"LineString","coordinates":[[0,0],[20,0]]}', "km": 1},
        {"geometry": '{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,1],[1,0],[0,0]]]}', "km": 1},
        {"geometry": '{"type":"Point","coordinates":[1,1]}', "km": 0},
        {"geometry": '{"type":"Point","coordinates":[1,1]}', "km": "nan"},
        {"geometry": '{"type":"Point","coordinates":[1,1]}', "km": 101},
        {"geometry": "[" * 8_001, "km": 1}, {"dataset": "tsf", "asset": "none", "km": 1},
        {"dataset": "none", "asset": "T1", "km": 1}, {"km": 1},
    ],
)  # fmt: skip
def test_what_has_no_outline_is_refused_with_a_problem(client: TestClient, asked: dict[str, Any]) -> None:
    answer = client.get("/api/v1/buffers", params=asked)
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
