"""The pygeoapi door: OGC API – Features, hosted on our store.

pygeoapi's functions answer behind our routes. Its configuration is generated in memory, its provider plug-in
reads our tables, and what it announces but is not offered here is taken out of its documents.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson
import pygeoapi.api as core
import shapely
from fastapi import APIRouter, Request, Response
from pygeoapi.api import API, APIRequest, itemtypes
from pygeoapi.openapi import get_oas
from pygeoapi.plugin import PLUGINS
from pygeoapi.provider.base import BaseProvider

from data_catalog.dataset import datasets
from geoserver.errors import problem
from geoserver.ogc.items import CellItems, ItemQuery, Items, TableItems
from geoserver.ogc.page import page as web_page
from geoserver.ogc.parameters import check_parameters, normalised, parse_period, without_format
from geoserver.services import OpenSite, services_of
from layers.layer import layers
from minegis.coordinates import transformer
from minegis.errors import InvalidInput
from tiles.cells import NAME as RISK_CELL
from tiles.table import WARNING

router = APIRouter(prefix="/ogc", tags=["ogc"])

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_CRS = (
    CRS84,
    "http://www.opengis.net/def/crs/EPSG/0/4326",
    "http://www.opengis.net/def/crs/EPSG/0/4490",
    "http://www.opengis.net/def/crs/EPSG/0/3857",
)
_LATITUDE_FIRST = ("/4326", "/4490")
_WORLD = (-180.0, -90.0, 180.0, 90.0)
_DEFAULT_ITEMS, _MOST_ITEMS = 100, 10_000
_NOT_OFFERED_LINKS = ("/processes", "/jobs", "/TileMatrixSets")
_NOT_OFFERED_CLASSES = ("create-replace-delete", "cql2", "ogcapi-features-3", "/html")
_GEOJSON = "application/geo+json"
_KEPT_HEADERS = ("Content-Language", "Content-Crs")

with warnings.catch_warnings():  # pygeoapi loads the rest of itself late, with deprecations of its own
    warnings.simplefilter("ignore", DeprecationWarning)
    core.all_apis()
PLUGINS["formatter"].clear()  # else every collection links to CSV, which loses the geometry
logging.getLogger("pygeoapi").setLevel(logging.CRITICAL)  # it logs every bad request as an error


_FEATURES: ContextVar[list[dict[str, Any]] | None] = ContextVar("_FEATURES", default=None)
"""Where the features of a request go past pygeoapi, which would write and read each number again."""


class StoreProvider(BaseProvider):  # type: ignore[misc]
    """pygeoapi's provider plug-in on our collections; built anew for each request, so it holds nothing."""

    def __init__(self, definition: dict[str, Any]) -> None:
        super().__init__(definition)
        self._items: Items = definition["data"].items
        self.get_fields()

    def get_fields(self) -> dict[str, dict[str, str]]:
        """Return the JSON schema type of each property."""
        self._fields = {name: dict(kind) for name, kind in self._items.fields.items()}
        return self._fields

    def query(
        self,
        offset: int = 0,
        limit: int = _DEFAULT_ITEMS,
        resulttype: str = "results",
        bbox: Iterable[float] = (),
        datetime_: str | None = None,
        properties: Iterable[tuple[str, str]] = (),
        sortby: Iterable[Mapping[str, str]] = (),
        select_properties: Iterable[str] = (),
        skip_geometry: bool = False,
        q: str | None = None,
        crs_transform_spec: Any = None,
        **_: Any,
    ) -> dict[str, Any]:
        """Return a GeoJSON feature collection with exact numbers."""
        edges = list(bbox)
        west_south_east_north = edges if len(edges) == 4 else edges[0:2] + edges[3:5]
        asked = ItemQuery(
            bbox=tuple(west_south_east_north) or None,  # type: ignore[arg-type]
            period=parse_period(datetime_) if datetime_ else None,
            where=dict(properties),
            sort=[(each["property"], each["order"] == "-") for each in sortby],
            text=q or "",
            limit=0 if resulttype == "hits" else limit,
            offset=offset,
        )
        page = self._items.query(asked)
        shown = set(select_properties)
        for feature in page.features:
            if shown:
                feature["properties"] = {k: v for k, v in feature["properties"].items() if k in shown}
            _place(feature, crs_transform_spec, skip_geometry)
        kept = _FEATURES.get()
        if kept is not None:
            kept.extend(page.features)
        return {
            "type": "FeatureCollection",
            "features": [_parsed(feature) for feature in page.features] if kept is None else [],
            "numberMatched": page.matched,
            "numberReturned": len(page.features),
        }

    def get(self, identifier: str, crs_transform_spec: Any = None, **_: Any) -> dict[str, Any]:
        """Return one GeoJSON feature."""
        feature = self._items.get(identifier)
        _place(feature, crs_transform_spec, skip=False)
        return _parsed(feature)


def _place(feature: dict[str, Any], crs_transform_spec: Any, skip: bool) -> None:
    """Write the geometry in the CRS that was asked for, in that CRS's axis order, or leave it out."""
    if skip:
        feature["geometry"] = None
        return
    shape = feature["geometry"]
    if crs_transform_spec is not None:
        target = str(crs_transform_spec.target_crs_uri)
        way = transformer("OGC:CRS84", f"EPSG:{target.rsplit('/', 1)[1]}")
        order = (1, 0) if target.endswith(_LATITUDE_FIRST) else (0, 1)
        shape = shapely.transform(
            shape, lambda points: np.column_stack(way.transform(points[:, 0], points[:, 1]))[:, order]
        )
    feature["geometry"] = orjson.Fragment(shapely.to_geojson(shape))


def _parsed(feature: dict[str, Any]) -> dict[str, Any]:
    """Return a feature that pygeoapi can read."""
    parsed: dict[str, Any] = orjson.loads(orjson.dumps(feature))
    return parsed


class _Reference:
    """Carries a collection through pygeoapi's configuration, which is copied deeply."""

    def __init__(self, items: Items) -> None:
        self.items = items

    def __deepcopy__(self, _memo: dict[int, Any]) -> _Reference:
        return self


def collections(opened: OpenSite) -> dict[str, Items]:
    """Return every collection of a site by id."""
    found: dict[str, Items] = {name: TableItems(opened.tables, name) for name in datasets()}
    found[WARNING] = TableItems(opened.tables, WARNING)
    found[RISK_CELL] = CellItems(opened.cells)
    return found


def configuration(opened: OpenSite, items: Mapping[str, Items]) -> dict[str, Any]:
    """Return pygeoapi's configuration for a site; its links are made absolute for each request."""
    title = opened.site.declaration.title.model_dump()
    return {
        "server": {
            "url": "/ogc",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["zh", "en"],
            "limits": {
                "default_items": _DEFAULT_ITEMS,
                "max_items": _MOST_ITEMS,
                "on_exceed": "throttle",
            },
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "CRITICAL"},
        "metadata": {
            "identification": {
                "title": title,
                "description": title,
                "keywords": {"zh": ["非煤矿山", "风险", "预警"], "en": ["mine", "risk", "warning"]},
                "terms_of_service": "",
                "url": "/",
            },
            "license": {"name": "", "url": ""},
            "provider": {"name": "minegis", "url": "/"},
            "contact": {"name": "minegis"},
        },
        "resources": {name: _resource(name, each) for name, each in items.items()},
    }


def _resource(name: str, items: Items) -> dict[str, Any]:
    layer = next(each for each in layers().values() if name in (each.dataset, each.id))
    title = datasets()[name].title if name in datasets() else layer.title
    return {
        "type": "collection",
        "title": title.model_dump(),
        "description": layer.description.model_dump(),
        "keywords": {"zh": [title.zh], "en": [title.en]},
        "links": [],
        "extents": {"spatial": {"bbox": list(items.bounds() or _WORLD), "crs": CRS84}},
        "providers": [
            {
                "type": "feature",
                "name": f"{__name__}.{StoreProvider.__name__}",
                "data": _Reference(items),
                "id_field": "id",
                "time_field": items.time_field or None,
                "crs": list(_CRS),
                "storage_crs": CRS84,
            }
        ],
    }


class Hub:
    """Holds pygeoapi's API object for a site and makes it again when the extents have changed."""

    def __init__(self) -> None:
        self._api: Any = None
        self._items: dict[str, Items] = {}
        self._version: tuple[int, str] | None = None
        self._lock = Lock()

    def api(self, opened: OpenSite, base_url: str) -> Any:
        """Return the API object with links that start with `base_url`."""
        version = (id(opened), opened.store.version(*datasets(), "snapshot", "warning_event"))
        with self._lock:
            if version != self._version:
                self._items = collections(opened)
                made = configuration(opened, self._items)
                self._api = API(made, get_oas(made, fail_on_invalid_collection=True))
                self._version = version
            api = copy.copy(self._api)
        api.base_url = base_url
        api.tpl_config = {
            **api.tpl_config,
            "server": {**api.tpl_config["server"], "url": base_url},
        }
        return api

    def items(self, collection: str) -> Items | None:
        """Return a collection, None when there is no such."""
        return self._items.get(collection)


type Call = Callable[..., tuple[dict[str, str], int, str | bytes]]
type Rework = Callable[[dict[str, Any]], dict[str, Any]]


async def _answer(
    request: Request, call: Call, *arguments: str, rework: Rework | None = None, media_type: str = ""
) -> Response:
    """Run one of pygeoapi's functions in a thread and return what it says, with errors as problems."""
    services = services_of(request)
    hub: Hub = request.app.state.hub
    clean = normalised(request)
    base_url = f"{str(request.base_url).rstrip('/')}/ogc"
    collection = request.path_params.get("collection")

    def work() -> Response:
        api = hub.api(services.opened(), base_url)
        check_parameters(request, hub.items(collection) if collection else None)
        asked = APIRequest(clean, api.locales)
        if not asked.is_valid():
            raise InvalidInput("no such format", where="f", expected="json, jsonld, html", got=asked.format)
        as_page = asked.format == "html"
        if as_page:
            asked = APIRequest(without_format(clean), api.locales)
        if asked.format != "jsonld":
            _FEATURES.set([])
        headers, status, content = call(api, asked, *arguments)
        if status >= HTTPStatus.BAD_REQUEST:
            return problem(status, orjson.loads(content)["description"], where=request.url.path)
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        if asked.format == "jsonld":
            return Response(content, media_type=headers["Content-Type"], headers=kept)
        document = rework(orjson.loads(content)) if rework else orjson.loads(content)
        if as_page:
            page = web_page(orjson.loads(orjson.dumps(document)), asked.locale.language)
            return Response(page, media_type="text/html", headers=kept)
        return Response(orjson.dumps(document), media_type=media_type or "application/json", headers=kept)

    return await services.query(work)


@router.get("")
@router.get("/", include_in_schema=False)
async def landing_page(request: Request) -> Response:
    """Return the landing page."""
    return await _answer(request, core.landing_page, rework=_offered_links)


@router.get("/openapi")
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document of the OGC API."""
    return await _answer(request, core.openapi_, rework=_offered_paths(request))


@router.get("/conformance")
async def conformance(request: Request) -> Response:
    """List the conformance classes."""
    return await _answer(request, core.conformance, rework=_offered_classes)


@router.get("/collections")
async def collection_list(request: Request) -> Response:
    """List the collections."""
    return await _answer(request, core.describe_collections)


@router.get("/collections/{collection}")
async def collection_description(request: Request, collection: str) -> Response:
    """Describe a collection."""
    return await _answer(request, core.describe_collections, collection)


@router.get("/collections/{collection}/schema")
async def schema(request: Request, collection: str) -> Response:
    """Return the JSON schema of a collection's items."""
    return await _answer(request, core.get_collection_schema, collection)


@router.get("/collections/{collection}/queryables")
async def queryables(request: Request, collection: str) -> Response:
    """List the properties a collection can be filtered by."""
    return await _answer(request, itemtypes.get_collection_queryables, collection)


@router.get("/collections/{collection}/items")
async def items(request: Request, collection: str) -> Response:
    """Return a page of items as GeoJSON."""
    return await _answer(
        request, itemtypes.get_collection_items, collection, rework=_whole_page(request), media_type=_GEOJSON
    )


@router.get("/collections/{collection}/items/{item:path}")
async def item(request: Request, collection: str, item: str) -> Response:
    """Return one item as GeoJSON."""
    return await _answer(request, itemtypes.get_collection_item, collection, item, media_type=_GEOJSON)


def _offered_links(document: dict[str, Any]) -> dict[str, Any]:
    def offered(link: dict[str, str]) -> bool:
        return not urlsplit(link["href"]).path.endswith(_NOT_OFFERED_LINKS)

    return {**document, "links": [link for link in document["links"] if offered(link)]}


def _offered_classes(document: dict[str, Any]) -> dict[str, Any]:
    def offered(name: str) -> bool:
        return not any(part in name for part in _NOT_OFFERED_CLASSES)

    return {**document, "conformsTo": [name for name in document["conformsTo"] if offered(name)]}


def _offered_paths(request: Request) -> Rework:
    base_url = str(request.base_url).rstrip("/") + "/ogc"

    def rework(document: dict[str, Any]) -> dict[str, Any]:
        paths = {
            path: {"get": methods["get"]}
            for path, methods in document["paths"].items()
            if "get" in methods and not path.startswith(_NOT_OFFERED_LINKS)
        }
        return {**document, "servers": [{"url": base_url}], "paths": paths}

    return rework


def _whole_page(request: Request) -> Rework:
    """Put the features in, and keep the link to the next page only where there is one."""

    def rework(document: dict[str, Any]) -> dict[str, Any]:
        offset = int(request.query_params.get("offset", "0"))
        hits = request.query_params.get("resulttype") == "hits"
        last = hits or offset + document["numberReturned"] >= document["numberMatched"]
        links = [each for each in document["links"] if not (last and each["rel"] == "next")]
        return {**document, "features": _FEATURES.get(), "links": links}

    return rework
