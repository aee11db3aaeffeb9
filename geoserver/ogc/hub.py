"""The pygeoapi door: landing page, conformance, collections and their JSON-LD, hosted on our collections.

pygeoapi's functions answer behind our routes. Its configuration is generated in memory and its documents are
amended: what is not offered here is taken out, what is offered beside it is put in.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import pygeoapi.api as core
from fastapi import APIRouter, Request, Response
from pygeoapi.api import API, APIRequest
from pygeoapi.plugin import PLUGINS

from data_catalog.collection import CATALOGUE
from data_catalog.items import Bounds, Items
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.errors import problem
from geoserver.ogc.crs import CRS84, offered
from geoserver.ogc.formats import FORMATS
from geoserver.ogc.links import root
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.offers import OFFERS
from geoserver.ogc.page import page as web_page
from geoserver.ogc.parameters import (
    DEFAULT_LIMIT,
    EVERYWHERE,
    GREATEST_LIMIT,
    LANGUAGES,
    given_parameters,
    language,
)
from geoserver.ogc.sources import ItemSources, sources_of
from geoserver.services import OpenSite, services_of
from layers.layer import layers
from minegis.errors import MinegisError

router = APIRouter(prefix="/ogc", tags=["ogc"])

_WORLD = (-180.0, -90.0, 180.0, 90.0)
_NOT_OFFERED_LINKS = ("/processes", "/jobs", "/TileMatrixSets", "/schema", "/queryables")
_MINE = "minegis"

logging.getLogger("pygeoapi").setLevel(logging.CRITICAL)  # it logs every bad request as an error
LOG = logging.getLogger(__name__)

PLUGINS["formatter"].clear()  # else every collection links to CSV, which loses the geometry


@dataclass(frozen=True, slots=True)
class Kind:
    """A form that a document has."""

    key: str
    media_type: str


_JSON, _HTML = Kind("json", "application/json"), Kind("html", "text/html")
DOCUMENT_KINDS = {each.key: each for each in (_JSON, _HTML)}
_KINDS = {**DOCUMENT_KINDS, "jsonld": Kind("jsonld", "application/ld+json")}


def configuration(opened: OpenSite, items: Mapping[str, Items]) -> dict[str, Any]:
    """Return pygeoapi's configuration for a site; its links are made absolute for each request."""
    title = opened.site.declaration.title.model_dump()
    return {
        "server": {
            "url": "/ogc",
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": list(LANGUAGES),
            "limits": {"default_items": DEFAULT_LIMIT, "max_items": GREATEST_LIMIT},
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
            "provider": {"name": _MINE, "url": "/"},
            "contact": {"name": _MINE},
        },
        "resources": {name: _resource(each) for name, each in items.items()},
    }


def _resource(items: Items) -> dict[str, Any]:
    collection = items.collection
    layer = next((each for each in layers().values() if collection.id in (each.dataset, each.id)), None)
    described = layer.description if layer else collection.title
    return {
        "type": "collection",
        "title": collection.title.model_dump(),
        "description": described.model_dump(),
        "keywords": {"zh": [collection.title.zh], "en": [collection.title.en]},
        "links": [],
        "extents": {"spatial": {"bbox": list(_bounds(items)), "crs": CRS84}},
        "providers": [
            {"type": "feature", "name": _MINE, "data": "", "crs": list(offered()), "storage_crs": CRS84}
        ],
    }


def _bounds(items: Items) -> Bounds:
    """Return the extent of a collection, the world when it is empty or cannot be read."""
    try:
        return items.bounds() or _WORLD
    except (MinegisError, OSError) as error:
        LOG.error("the extent of %s cannot be read: %s", items.collection.id, error)
        return _WORLD


class Hub:
    """Holds pygeoapi's API object for a site and makes it again when any collection has changed."""

    def __init__(self) -> None:
        self._api: Any = None
        self._made_of: tuple[ItemSources, str] | None = None
        self._lock = Lock()

    def api(self, sources: ItemSources, base_url: str) -> Any:
        """Return the API object with links that start with `base_url`."""
        made_of = (sources, sources.version())
        with self._lock:
            if made_of != self._made_of:
                self._api = API(configuration(sources.opened, sources.all), {})
                self._made_of = made_of
            api = copy.copy(self._api)
        api.base_url = base_url
        api.tpl_config = {**api.tpl_config, "server": {**api.tpl_config["server"], "url": base_url}}
        return api


type Call = Callable[..., tuple[dict[str, str], int, str | bytes]]
type Rework = Callable[[dict[str, Any], str, str], dict[str, Any]]


async def _answer(
    request: Request,
    call: Call,
    *arguments: str,
    rework: Rework,
    kinds: Mapping[str, Kind] = _KINDS,
) -> Response:
    """Run one of pygeoapi's functions in a thread and return what it says, with errors as problems."""

    def work() -> Response:
        given = given_parameters(request.scope["query_string"], EVERYWHERE)
        kind = negotiated(kinds, given.get("f"), request.headers.get("accept"))
        spoken = language(given, request.headers.get("accept-language"))
        base_url = root(request)
        api = request.app.state.hub.api(sources_of(request), base_url)
        wanted = _JSON if kind is _HTML else kind
        asked = APIRequest(_plain(request, {"f": wanted.key, "lang": spoken}), api.locales)
        _, status, content = call(api, asked, *arguments)
        if status >= HTTPStatus.BAD_REQUEST:
            return problem(status, orjson.loads(content)["description"], where=request.url.path)
        document = orjson.loads(content)
        if kind.key in DOCUMENT_KINDS:
            document = rework(document, base_url, spoken)
        return document_response(request, document, kind, spoken)

    return await services_of(request).query(work, request)


def document_response(request: Request, document: dict[str, Any], kind: Kind, spoken: str) -> Response:
    """Return a document in the form that was asked for, or 304 when the client has it."""
    body = web_page(document, spoken) if kind.key == "html" else orjson.dumps(document)
    tag = entity_tag(body.decode(), weak=True)
    headers = {**kept_headers(tag), "Vary": "Accept, Accept-Language", "Content-Language": spoken}
    kept = unchanged(request, tag)
    if kept is not None:
        kept.headers.update(headers)
        return kept
    return Response(body, media_type=kind.media_type, headers=headers)


def _plain(request: Request, parameters: Mapping[str, str]) -> Request:
    """Return the request as one that says nothing but some parameters."""
    return Request({**request.scope, "query_string": urlencode(parameters).encode(), "headers": []})


@router.get("")
@router.get("/", include_in_schema=False)
async def landing_page(request: Request) -> Response:
    """Return the landing page."""
    return await _answer(request, core.landing_page, rework=_landing)


@router.get("/collections")
async def collection_list(request: Request) -> Response:
    """List the collections."""
    return await _answer(request, core.describe_collections, rework=_collections)


@router.get("/collections/{collection}")
async def collection_description(request: Request, collection: str) -> Response:
    """Describe a collection."""
    return await _answer(request, core.describe_collections, collection, rework=_collection)


def _landing(document: dict[str, Any], base_url: str, spoken: str) -> dict[str, Any]:
    links = [
        *_offered(document["links"]),
        *(link for each in OFFERS for link in each.landing(base_url, spoken)),
    ]
    return {**document, "links": links}


def _offered(links: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    return [link for link in links if not urlsplit(link["href"]).path.endswith(_NOT_OFFERED_LINKS)]


def _collections(document: dict[str, Any], base_url: str, spoken: str) -> dict[str, Any]:
    found = [{**_collection(each, base_url, spoken), "crs": ["#/crs"]} for each in document["collections"]]
    return {**document, "collections": found, "crs": list(offered())}


def _collection(document: dict[str, Any], base_url: str, spoken: str) -> dict[str, Any]:
    name = document["id"]
    items = [
        {
            "rel": "items",
            "type": form.media_type,
            "title": form.title,
            "href": f"{base_url}/collections/{name}/items?f={form.key}",
        }
        for form in FORMATS.values()
        if name != CATALOGUE or form.key in DOCUMENT_KINDS
    ]
    kind = "record" if name == CATALOGUE else "feature"
    kept = [link for link in _offered(document["links"]) if link["rel"] != "items"]
    added = [link for each in OFFERS for link in each.collection(name, base_url, spoken)]
    return {**document, "itemType": kind, "links": [*kept, *items, *added]}
