"""Tiles of elevation, as a three-dimensional map asks for them.

In tile 8/201/104 (102.65625 to 104.0625 E) the latitude 31.75 N lies in row 43: the west of the small site is
1000 m high there and its east 3500 m. South of 31.5 N, row 97, nothing is known.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

TILE = "/tiles/terrain/relief/8/201/104.png"
PROBLEM = "application/problem+json"


def test_the_heights_of_a_tile_are_those_of_the_rasters(client: TestClient) -> None:
    answer = client.get(TILE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert pixels.shape == (256, 256, 3)
    assert tuple(pixels[43, 62]) == (131, 232, 0)  # 1000 + 32768 = 131 · 256 + 232
    assert tuple(pixels[43, 244]) == (141, 172, 0)  # 3500 + 32768 = 141 · 256 + 172
    assert tuple(pixels[200, 62]) == (128, 0, 0)


def test_a_client_that_has_a_tile_is_told_so(client: TestClient) -> None:
    tag = client.get(TILE).headers["etag"]
    assert client.get(TILE, headers={"If-None-Match": tag}).status_code == 304
    assert client.get("/tiles/terrain/relief/8/202/104.png").headers["etag"] != tag


def test_where_no_raster_lies_there_is_nothing(client: TestClient) -> None:
    answer = client.get("/tiles/terrain/relief/8/10/104.png")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/terrain/hillshade/8/201/104.png", 404),
        ("/tiles/terrain/nothing/8/201/104.png", 404),
        ("/tiles/terrain/relief/13/4160/3328.png", 404),
        ("/tiles/terrain/relief/8/-1/104.png", 404),
        ("/tiles/terrain/relief/8/a/104.png", 400),
        (f"{TILE}?size=4096", 400),
        (f"{TILE}?as_of=yesterday", 400),
        (f"{TILE}?as_of=2020-01-01T00:00:00Z", 404),
    ],
)
def test_what_cannot_be_answered_is_refused(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)


def test_the_list_of_layers_names_the_ground_of_the_map(client: TestClient) -> None:
    listed = {each["id"]: each for each in client.get("/api/v1/layers").json()}
    template = listed["relief"]["terrain"]
    assert template.startswith("/tiles/terrain/relief/{z}/{x}/{y}.png?v=")
    assert client.get(template.format(z=8, x=201, y=104)).status_code == 200
    assert "terrain" not in listed["tsf"]
