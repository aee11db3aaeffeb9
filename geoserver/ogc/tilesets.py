"""Documents of OGC API – Tiles: tile matrix sets, lists of tilesets, and tilesets.

References
----------
OGC 20-057, OGC API – Tiles – Part 1: Core, clauses 8 to 10; OGC 17-083r4, clause 8 (tileset metadata).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from data_catalog.collection import Collection
from data_catalog.items import Bounds
from geoserver.ogc.crs import CRS84
from geoserver.ogc.map_tiles import MEDIA_TYPE, drawn_collections
from layers.layer import Layer
from tiles.grid import GRIDS, Grid

type Drawn = Sequence[tuple[Collection, Layer, Sequence[str], Bounds | None]]
"""Schema, layer, properties in the tiles, and bounds of each collection of a tileset."""

RELATION = "http://www.opengis.net/def/rel/ogc/1.0/"
VECTOR, SCHEME = f"{RELATION}tilesets-vector", f"{RELATION}tiling-scheme"

_DIMENSION = {"Point": 0, "LineString": 1, "Polygon": 2}
_NUMBERS = ("integer", "number", "boolean")
_TITLE = {"zh": "矢量瓦片集", "en": "Vector tilesets"}
_SCHEMES = {"zh": "瓦片矩阵集", "en": "Tile matrix sets"}


def landing_links(base_url: str, language: str) -> list[dict[str, str]]:
    """Return the links of the landing page; `base_url` ends with ``/ogc``."""
    return [
        _link(VECTOR, f"{base_url}/tiles", title=_TITLE[language]),
        _link(f"{RELATION}tiling-schemes", f"{base_url}/tileMatrixSets", title=_SCHEMES[language]),
    ]


def collection_links(collection_id: str, base_url: str, language: str) -> list[dict[str, str]]:
    """Return the links of a collection."""
    if collection_id not in drawn_collections():
        return []
    return [_link(VECTOR, f"{base_url}/collections/{collection_id}/tiles", title=_TITLE[language])]


def grid_list(base_url: str) -> dict[str, Any]:
    """Return the list of tile matrix sets."""
    found = []
    for grid in GRIDS.values():
        uri = {"uri": grid.uri} if grid.uri else {}
        links = [_link("self", f"{base_url}/tileMatrixSets/{grid.id}")]
        found.append({"id": grid.id, "title": grid.title, **uri, "crs": grid.crs, "links": links})
    return {"tileMatrixSets": found}


def tileset_list(base_url: str, place: str, query: str, title: str) -> dict[str, Any]:
    """Return the tilesets of a resource, one for each grid.

    Parameters
    ----------
    place : str
        Path of the resource below ``/ogc``: empty for the whole map, or ``/collections/…``.
    query : str
        What selects, to be kept in links.
    """
    found = [_heading(base_url, place, grid, query, title) for grid in GRIDS.values()]
    return {"tilesets": found, "links": [_link("self", f"{base_url}{place}/tiles{_asking(query)}")]}


def tileset(
    base_url: str, place: str, grid: Grid, query: str, title: str, drawn: Drawn, bounds: Bounds | None
) -> dict[str, Any]:
    """Return the description of one tileset; parameters as of `tileset_list`."""
    item = f"{base_url}{place}/tiles/{grid.id}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{_asking(query)}"
    heading = _heading(base_url, place, grid, query, title)
    links: list[dict[str, Any]] = [
        *heading["links"],
        {**_link("item", item, MEDIA_TYPE), "templated": True},
    ]
    described: dict[str, Any] = {
        **heading,
        "mediaTypes": [MEDIA_TYPE],
        "layers": [_layer(*each, grid) for each in drawn],
        "links": links,
    }
    if bounds is not None:
        described["boundingBox"] = _box(bounds)
        described["tileMatrixSetLimits"] = limits(grid, bounds)
    return described


def limits(grid: Grid, bounds: Bounds) -> list[dict[str, Any]]:
    """Return which tiles of each level of a grid may hold something of a box."""
    found = []
    for z in range(grid.first, grid.last_drawn + 1):
        west, east, north, south = grid.covering(z, bounds)
        found.append(
            {
                "tileMatrix": str(z),
                "minTileRow": north,
                "maxTileRow": south,
                "minTileCol": west,
                "maxTileCol": east,
            }
        )
    return found


def _heading(base_url: str, place: str, grid: Grid, query: str, title: str) -> dict[str, Any]:
    uri = {"tileMatrixSetURI": grid.uri} if grid.uri else {}
    return {
        "title": f"{title} ({grid.id})",
        "dataType": "vector",
        "crs": grid.crs,
        **uri,
        "links": [
            _link("self", f"{base_url}{place}/tiles/{grid.id}{_asking(query)}"),
            _link(SCHEME, f"{base_url}/tileMatrixSets/{grid.id}", title=grid.title),
        ],
    }


def _layer(
    collection: Collection, layer: Layer, names: Sequence[str], bounds: Bounds | None, grid: Grid
) -> dict[str, Any]:
    types = {name: collection.properties[name].type for name in names}
    properties: Mapping[str, Any] = {
        name: {"type": kind if kind in _NUMBERS else "string"} for name, kind in types.items()
    }
    first, last = (grid.level_of_depth(depth) for depth in (layer.minzoom, layer.maxzoom))
    described: dict[str, Any] = {
        "id": collection.id,
        "title": collection.title.zh,
        "description": layer.description.zh,
        "dataType": "vector",
        "geometryDimension": max(_DIMENSION[kind] for kind in collection.geometry),
        "minTileMatrix": str(max(first, grid.first)),
        "maxTileMatrix": str(min(last, grid.last_drawn)),
        "propertiesSchema": {"type": "object", "properties": {"id": {"type": "string"}, **properties}},
    }
    if bounds is not None:
        described["boundingBox"] = _box(bounds)
    return described


def _box(bounds: Bounds) -> dict[str, Any]:
    west, south, east, north = bounds
    return {
        "lowerLeft": [west, south],
        "upperRight": [east, north],
        "crs": CRS84,
        "orderedAxes": ["Lon", "Lat"],
    }


def _link(rel: str, href: str, kind: str = "application/json", title: str = "") -> dict[str, str]:
    named = {"title": title} if title else {}
    return {"rel": rel, "type": kind, "href": href, **named}


def _asking(query: str) -> str:
    return f"?{quote(query, safe='=&,:/')}" if query else ""
