"""Abstract tests of OGC API – Tiles – Part 1 (OGC 20-057, Annex A), with the ids they have there."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import morecantile
import pyogrio.raw
import pytest
import shapely
from fastapi.testclient import TestClient

from geoserver.ogc.conformance import conforms, measured

TILES = "ogcapi-tiles-1/1.0/conf"
CORE, TILESET, LIST = f"{TILES}/core", f"{TILES}/tileset", f"{TILES}/tilesets-list"
DATASET, GEODATA = f"{TILES}/dataset-tilesets", f"{TILES}/geodata-tilesets"
SELECTION, TIME, MVT, OAS = (
    f"{TILES}/{name}" for name in ("collections-selection", "datetime", "mvt", "oas30")
)

RELATION = "http://www.opengis.net/def/rel/ogc/1.0"
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
GRIDS = ("WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad")
HOMES = ("/ogc", "/ogc/collections/tsf", "/ogc/collections/place", "/ogc/collections/earthquake")
POND = shapely.Polygon([(103.50, 31.20), (103.53, 31.20), (103.53, 31.21), (103.50, 31.215)])
LEVEL = 8

type Decode = Callable[[bytes], dict[str, tuple[Any, dict[str, Any]]]]


@pytest.fixture
def decode(tmp_path: Path) -> Decode:
    """Read every layer of a tile with GDAL: geometries in steps, y upwards, and columns."""

    def read(data: bytes) -> dict[str, tuple[Any, dict[str, Any]]]:
        path = tmp_path / "tile.mvt"
        path.write_bytes(data)
        found = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL says that a lone tile has no CRS
            for name, _ in pyogrio.list_layers(f"MVT:{path}"):
                meta, _, shapes, columns = pyogrio.raw.read(f"MVT:{path}", layer=name, CLIP="NO")
                found[name] = shapely.from_wkb(shapes), dict(zip(meta["fields"], columns, strict=True))
        return found

    return read


def links(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [link for link in document["links"] if link["rel"] == rel]


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def tilesets(api: TestClient, home: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in api.get(f"{home}/tiles").json()["tilesets"]:
        address = path_of(links(each, "self")[0]["href"])
        yield address, api.get(address).json()


def matrices(api: TestClient, tileset: dict[str, Any]) -> morecantile.TileMatrixSet:
    """Return the grid of a tileset, as another implementation reads it."""
    scheme = api.get(path_of(links(tileset, f"{RELATION}/tiling-scheme")[0]["href"])).json()
    return morecantile.TileMatrixSet.model_validate(scheme)


def tile_address(tileset: dict[str, Any], z: int, row: int, column: int) -> str:
    (item,) = links(tileset, "item")
    address = path_of(item["href"])
    for name, value in (("tileMatrix", z), ("tileRow", row), ("tileCol", column)):
        address = address.replace(f"{{{name}}}", str(value))
    return address


def place_of(tileset: dict[str, Any], api: TestClient) -> tuple[int, int, int]:
    """Return level, row and column of the tile at 103.51 E, 31.205 N."""
    grid = tileset["links"][1]["href"].rsplit("/", 1)[1]
    found = morecantile.tms.get("WorldCRS84Quad" if grid == "CGCS2000Quad" else grid).tile(
        103.51, 31.205, LEVEL - (grid != "WebMercatorQuad")
    )
    return LEVEL - (grid == "WorldCRS84Quad"), found.y, found.x


def declares(api: TestClient, name: str) -> None:
    response = api.get("/ogc/conformance")
    assert response.status_code == 200
    declared = response.json()["conformsTo"]
    assert all(isinstance(each, str) for each in declared)
    assert (f"http://www.opengis.net/spec/{name}" in declared) == conforms(name, measured())


@pytest.mark.abstract_test(CORE, "/conf/core/conformance-success")
def test_core_is_declared_as_it_was_measured(api: TestClient) -> None:
    declares(api, CORE)


@pytest.mark.abstract_test(TILESET, "/conf/tileset/conformance-success")
def test_tileset_is_declared_as_it_was_measured(api: TestClient) -> None:
    declares(api, TILESET)


@pytest.mark.abstract_test(LIST, "/conf/tilesets-list/conformance-success")
def test_tilesets_list_is_declared_as_it_was_measured(api: TestClient) -> None:
    declares(api, LIST)


@pytest.mark.abstract_test(DATASET, "/conf/dataset-tilesets/conformance-success")
def test_dataset_tilesets_is_declared_as_it_was_measured(api: TestClient) -> None:
    declares(api, DATASET)


@pytest.mark.abstract_test(GEODATA, "/conf/geodata-tilesets/conformance-success")
def test_geodata_tilesets_is_declared_as_it_was_measured(api: TestClient) -> None:
    declares(api, GEODATA)


@pytest.mark.abstract_test(TIME, "/conf/datetime/conformance-success")
def test_datetime_is_declared_as_it_was_measured(api: TestClient) -> None:
    declares(api, TIME)


@pytest.mark.abstract_test(CORE, "/conf/core/tc-op")
def test_tiles_are_where_the_template_says(api: TestClient) -> None:
    for home in HOMES[:2]:
        for _, tileset in tilesets(api, home):
            response = api.get(tile_address(tileset, *place_of(tileset, api)))
            assert response.status_code == 200
            assert response.headers["content-type"] == MEDIA_TYPE


@pytest.mark.abstract_test(CORE, "/conf/core/tc-success")
@pytest.mark.abstract_test(MVT, "/conf/mvt/content")
def test_a_tile_holds_what_is_in_its_area_and_maps_linearly_to_the_crs(
    api: TestClient, decode: Decode
) -> None:
    for _, tileset in tilesets(api, "/ogc/collections/tsf"):
        z, row, column = place_of(tileset, api)
        grid = matrices(api, tileset)
        response = api.get(tile_address(tileset, z, row, column), headers={"Accept": MEDIA_TYPE})
        assert (response.status_code, response.headers["content-type"]) == (200, MEDIA_TYPE)
        ((name, (shapes, columns)),) = decode(response.content).items()
        assert name == "tsf"
        assert "T1" in columns["id"]
        drawn = shapes[columns["id"].tolist().index("T1")]
        west, south, east, north = steps_to_degrees(grid, z, row, column, drawn)
        # a step of level 8 is 1.4 / 4096 degree; the pond is drawn as a point on it below zoom 11
        assert POND.buffer(0.002).covers(shapely.box(west, south, east, north))


def steps_to_degrees(
    grid: morecantile.TileMatrixSet, z: int, row: int, column: int, drawn: shapely.Geometry
) -> tuple[float, ...]:
    matrix = next(each for each in grid.tileMatrices if each.id == str(z))
    first, second = matrix.pointOfOrigin
    x0, y0 = (second, first) if grid.orderedAxes == ["Lat", "Lon"] else (first, second)
    size = matrix.cellSize * matrix.tileWidth
    left, bottom, right, top = (edge / 4096 for edge in drawn.bounds)
    corners = [
        (x0 + (column + x) * size, y0 - (row + 1 - y) * size) for x, y in ((left, bottom), (right, top))
    ]
    if grid.id == "WebMercatorQuad":
        corners = [tuple(grid.lnglat(*corner)) for corner in corners]
    return (*corners[0], *corners[1])


@pytest.mark.abstract_test(CORE, "/conf/core/tc-error")
def test_a_tile_out_of_range_is_404_and_an_empty_one_204(api: TestClient) -> None:
    for _, tileset in tilesets(api, "/ogc/collections/tsf"):
        limits = {int(each["tileMatrix"]): each for each in tileset["tileMatrixSetLimits"]}
        last = max(limits)
        wide = 2 ** (LEVEL + 2)
        outside = [(last + 1, 0, 0), (LEVEL, 0, wide), (LEVEL, wide, 0), (LEVEL, 0, 0), (-1, 0, 0)]
        for z, row, column in outside:
            response = api.get(tile_address(tileset, z, row, column))
            assert response.status_code == 404, (tileset["title"], z, row, column)
            assert response.headers["content-type"] == "application/problem+json"
        at = limits[14]
        response = api.get(tile_address(tileset, 14, at["minTileRow"], at["minTileCol"]))
        assert response.status_code == 204  # the pond is at the southern edge, the other asset north-east
        assert response.content == b""


def path_parameters(api: TestClient, name: str) -> list[dict[str, Any]]:
    paths = api.get("/ogc/openapi").json()["paths"]
    found = []
    for path, methods in paths.items():
        if path.endswith("/{tileMatrix}/{tileRow}/{tileCol}"):
            found += [each for each in methods["get"]["parameters"] if each.get("name") == name]
    assert len(found) == 2
    return found


@pytest.mark.abstract_test(CORE, "/conf/core/tc-tilematrix-definition")
def test_the_tile_operation_has_the_parameter_tile_matrix(api: TestClient) -> None:
    for each in path_parameters(api, "tileMatrix"):
        assert (each["in"], each["required"], each["schema"]["type"]) == ("path", True, "string")


@pytest.mark.abstract_test(CORE, "/conf/core/tc-tilerow-definition")
def test_the_tile_operation_has_the_parameter_tile_row(api: TestClient) -> None:
    for each in path_parameters(api, "tileRow"):
        assert (each["in"], each["required"]) == ("path", True)


@pytest.mark.abstract_test(CORE, "/conf/core/tc-tilecol-definition")
def test_the_tile_operation_has_the_parameter_tile_col(api: TestClient) -> None:
    for each in path_parameters(api, "tileCol"):
        assert (each["in"], each["required"]) == ("path", True)


@pytest.mark.abstract_test(TILESET, "/conf/tileset/tileset-description")
def test_a_tileset_is_described_with_its_grid_limits_and_a_template(api: TestClient) -> None:
    for home in HOMES:
        for address, tileset in tilesets(api, home):
            assert api.get(address, headers={"Accept": "application/json"}).json() == tileset
            assert tileset["dataType"] == "vector"
            assert tileset["crs"].startswith("http://www.opengis.net/def/crs/")
            grid = matrices(api, tileset)
            if grid.id != "CGCS2000Quad":
                assert (
                    tileset["tileMatrixSetURI"]
                    == f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{grid.id}"
                )
            items = links(tileset, "item")
            assert items
            for item in items:
                assert item["templated"] is True
                assert item["type"] == MEDIA_TYPE
                assert {"{tileMatrix}", "{tileRow}", "{tileCol}"} <= set(re.findall(r"{\w+}", item["href"]))
            for limit in tileset["tileMatrixSetLimits"]:
                matrix = next(each for each in grid.tileMatrices if each.id == limit["tileMatrix"])
                assert 0 <= limit["minTileRow"] <= limit["maxTileRow"] < matrix.matrixHeight
                assert 0 <= limit["minTileCol"] <= limit["maxTileCol"] < matrix.matrixWidth
            for layer in tileset["layers"]:
                assert layer["dataType"] == "vector"
                assert layer["geometryDimension"] in (0, 1, 2)
                assert layer["propertiesSchema"]["properties"]["id"] == {"type": "string"}


@pytest.mark.abstract_test(LIST, "/conf/tilesets-list/tileset-links")
def test_each_tileset_of_a_list_links_to_itself_and_its_grid(api: TestClient) -> None:
    for home in HOMES:
        response = api.get(f"{home}/tiles", headers={"Accept": "application/json"})
        assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
        found = response.json()["tilesets"]
        assert len(found) == len(GRIDS)
        for each, grid in zip(found, GRIDS, strict=True):
            assert each["dataType"] == "vector"
            assert each["crs"]
            assert ("tileMatrixSetURI" in each) == (grid != "CGCS2000Quad")
            (own,) = links(each, "self")
            assert path_of(own["href"]) == f"{home}/tiles/{grid}"
            (scheme,) = links(each, f"{RELATION}/tiling-scheme")
            assert api.get(path_of(scheme["href"])).json()["id"] == grid


@pytest.mark.abstract_test(DATASET, "/conf/dataset-tilesets/landingpage")
def test_the_landing_page_links_to_the_tilesets_of_the_map(api: TestClient) -> None:
    (link,) = links(api.get("/ogc").json(), f"{RELATION}/tilesets-vector")
    assert api.get(path_of(link["href"])).json()["tilesets"]


@pytest.mark.abstract_test(DATASET, "/conf/dataset-tilesets/operation")
def test_the_map_has_tilesets_at_its_root(api: TestClient) -> None:
    assert {address for address, _ in tilesets(api, "/ogc")} == {f"/ogc/tiles/{grid}" for grid in GRIDS}


@pytest.mark.abstract_test(GEODATA, "/conf/geodata-tilesets/desc-links")
def test_a_collection_links_to_its_tilesets(api: TestClient) -> None:
    for home in HOMES[1:]:
        (link,) = links(api.get(home).json(), f"{RELATION}/tilesets-vector")
        assert path_of(link["href"]) == f"{home}/tiles"


@pytest.mark.abstract_test(GEODATA, "/conf/geodata-tilesets/operation")
def test_a_collection_has_tilesets_below_it(api: TestClient) -> None:
    for home in HOMES[1:]:
        assert {address for address, _ in tilesets(api, home)} == {f"{home}/tiles/{grid}" for grid in GRIDS}


@pytest.mark.abstract_test(SELECTION, "/conf/collections-selection/resources-query")
@pytest.mark.abstract_test(SELECTION, "/conf/collections-selection/query-collections")
@pytest.mark.abstract_test(SELECTION, "/conf/collections-selection/collections-response")
def test_collections_select_the_layers_of_tilesets_and_tiles(api: TestClient, decode: Decode) -> None:
    for names in (["tsf"], ["place", "tsf"], ["region", "place", "tsf"]):
        for grid in GRIDS:
            query = f"collections={','.join(names)}"
            tileset = api.get(f"/ogc/tiles/{grid}?{query}").json()
            assert [each["id"] for each in tileset["layers"]] == names
            address = tile_address(tileset, *place_of(tileset, api))
            assert query in address
            assert list(decode(api.get(address).content)) == names
    assert api.get("/ogc/tiles/WebMercatorQuad?collections=nope").status_code == 404
    assert api.get("/ogc/tiles/WebMercatorQuad?collections=tsf,tsf").status_code == 400


@pytest.mark.abstract_test(TIME, "/conf/datetime/datetime-axis")
def test_datetime_selects_what_is_in_a_tile(api: TestClient, decode: Decode) -> None:
    # e1 2008-05-12T06:28:01Z, e2 1933-08-25T07:50:30Z, e3 at no known time, which is in every answer
    for times, expected in (
        ("datetime=2008-05-12/2008-05-13", {"e1", "e3"}),
        ("datetime=../1950-01-01", {"e2", "e3"}),
        ('subset=datetime("2008-05-12":"2008-05-13")', {"e1", "e3"}),
        ('subset=datetime(*:"1950-01-01")', {"e2", "e3"}),
        ("datetime=1900-01-01/2100-01-01", {"e1", "e2", "e3"}),
    ):
        tileset = api.get(f"/ogc/collections/earthquake/tiles/WebMercatorQuad?{times}").json()
        # level 4: tile 12/6 covers 90 to 112.5 E, 21.9 to 41.0 N
        found = decode(api.get(tile_address(tileset, 4, 6, 12)).content)
        assert set(found["earthquake"][1]["id"]) == expected, times
    for bad in (
        "datetime=yesterday",
        "subset=height(3)",
        'subset=datetime("x")',
        "datetime=2008/2009&subset=datetime(1)",
    ):
        assert api.get(f"/ogc/collections/earthquake/tiles/WebMercatorQuad?{bad}").status_code == 400


@pytest.mark.abstract_test(OAS, "/conf/oas30/completeness")
def test_every_resource_of_tiles_is_described_with_its_parameters(api: TestClient) -> None:
    paths = api.get("/ogc/openapi").json()["paths"]
    for root, own in (("", {"collections"}), ("/collections/{collectionId}", {"collectionId"})):
        for path, needed in (
            (f"{root}/tiles", set()),
            (f"{root}/tiles/{{tileMatrixSetId}}", {"tileMatrixSetId"}),
            (
                f"{root}/tiles/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}",
                {"tileMatrixSetId", "tileMatrix", "tileRow", "tileCol"},
            ),
        ):
            given = paths[path]["get"]["parameters"]
            names = {each.get("name") or each["$ref"].rsplit("/", 1)[1] for each in given}
            assert needed | own | {"f", "datetime", "subset", "as_of"} <= names
    patterns = [re.compile(f"/ogc{re.sub(r'{[^}]+}', '[^/]+', path)}") for path in paths]
    for home in HOMES:
        for address, tileset in tilesets(api, home):
            template = path_of(links(tileset, "item")[0]["href"])
            for each in (address, template):
                assert any(pattern.fullmatch(each) for pattern in patterns), each


@pytest.mark.abstract_test(OAS, "/conf/oas30/operationids")
def test_operations_have_the_identifiers_of_the_standard(api: TestClient) -> None:
    operations = [
        each["operationId"]
        for methods in api.get("/ogc/openapi").json()["paths"].values()
        for each in methods.values()
    ]
    assert len(operations) == len(set(operations))
    for suffix in (
        "getTileMatrixSetsList", "getTileMatrixSet",
        ".dataset.vector.getTileSetsList", ".dataset.vector.getTileSet", ".dataset.vector.getTile",
        ".collection.vector.getTileSetsList", ".collection.vector.getTileSet", ".collection.vector.getTile",
    ):  # fmt: skip
        assert any(each.endswith(suffix) for each in operations), suffix
