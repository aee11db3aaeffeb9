"""OGC API – Styles: MapLibre and SLD styles of every layer and of the whole map, with sprites and glyphs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import orjson
import shapely
from fastapi import APIRouter, Request, Response

from data_catalog.collection import collections
from data_catalog.store import Store
from geoserver.api import describe_layer, site_bounds
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.ogc.hub import DOCUMENT_KINDS, document_response
from geoserver.ogc.links import root
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.parameters import EVERYWHERE, given_parameters, language
from geoserver.services import OpenSite, services_of
from layers.colour import Theme
from layers.glyphs import LAST_START, RANGE, find_font, glyph_range
from layers.layer import Layer, groups, layer, layers
from layers.maplibre import FONT, Look, ServedLayer, kinds_of, pictures_of, style_document
from layers.sld import Version, sld_document
from layers.sprites import sheet
from minegis.declarations import BilingualText
from minegis.errors import InvalidInput, NotFound
from tiles.cells import NAME as RISK_CELL

router = APIRouter(prefix="/ogc", tags=["styles"])

type Language = Literal["zh", "en"]

WHOLE_MAPS: Mapping[str, tuple[Theme, BilingualText]] = {
    "one-map": ("day", BilingualText(zh="一张图", en="One map")),
    "one-map-night": ("night", BilingualText(zh="一张图（夜间）", en="One map by night")),
}

_MAPBOX = "application/vnd.mapbox.style+json"
_SLD = "application/vnd.ogc.sld+xml"
_SHEETS: Mapping[str, str] = {
    "mapbox": _MAPBOX,
    "sld": f"{_SLD};version=1.0",
    "sld10": f"{_SLD};version=1.0",
    "sld11": f"{_SLD};version=1.1",
}
_STYLESHEETS = (
    ("mapbox", "MapLibre Style", "8", "https://maplibre.org/maplibre-style-spec/", True),
    ("sld10", "OGC SLD", "1.0", "https://www.ogc.org/standard/sld/", False),
    ("sld11", "OGC SLD", "1.1", "https://www.ogc.org/standard/sld/", False),
)
_DAY = "public, max-age=86400"
_SPRITE = re.compile(r"([a-z][a-z0-9_-]{0,60})(@2x)?\.(json|png)")
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})\.pbf")
_REGION, _NATION = "region", "100000"
_VERSION = "1.0.0"


@router.get("/styles")
async def style_list(request: Request) -> Response:
    """List the styles of the whole map and of each layer."""
    ids = [*WHOLE_MAPS, *layers()]
    return _document(request, lambda base, lang: _listed(ids, base, lang, default="one-map"))


@router.get("/collections/{collection}/styles")
async def collection_styles(request: Request, collection: str) -> Response:
    """List the styles that draw a collection."""
    if collection not in collections():
        raise NotFound("no such collection", where=f"collection {collection[:80]!r}")
    ids = [each.id for each in layers().values() if collection in (each.dataset, each.id)]
    return _document(request, lambda base, lang: _listed(ids, base, lang, default=next(iter(ids), "")))


@router.get("/collections/{collection}/styles/{style}")
async def collection_style(request: Request, collection: str, style: str) -> Response:
    """Return a style that draws a collection."""
    if style not in layers() or collection not in (layer(style).dataset, style):
        raise NotFound("no such style of this collection", where=f"style {style[:80]!r}")
    return await style_sheet(request, style)


@router.get("/styles/{style}/metadata")
async def style_metadata(request: Request, style: str) -> Response:
    """Describe a style: its style sheets, its layers and what they read."""
    drawn = _drawn(style)
    return _document(request, lambda base, lang: _metadata(style, drawn, base, lang))


@router.get("/styles/sprites/{file}")
async def sprite(request: Request, file: str) -> Response:
    """Return the pictures of a style, or where each is: ``{style}.json``, ``.png``, and ``@2x`` of both."""
    found = _SPRITE.fullmatch(file)
    if found is None:
        raise NotFound("no such sprite", where=file[:80], expected="{style}.json, {style}@2x.png")
    style, double, suffix = found.groups()
    _drawn(style)
    work = services_of(request).query
    index, image = await work(lambda: _sprite(style, 2 if double else 1))
    media_type = "application/json" if suffix == "json" else "image/png"
    return _kept_a_day(request, index if suffix == "json" else image, media_type)


@router.get("/styles/glyphs/{stack}/{file}")
async def glyphs(request: Request, stack: str, file: str) -> Response:
    """Return 256 characters of the font of all labels as signed distance fields."""
    found = _RANGE.fullmatch(file)
    start, end = (int(part) for part in found.groups()) if found else (-1, -1)
    if start % RANGE or not 0 <= start <= LAST_START or end != start + RANGE - 1:
        raise NotFound(
            "no such range of characters", where=file[:80], expected="0-255.pbf to 65280-65535.pbf"
        )
    if FONT not in [name.strip() for name in stack.split(",")]:
        raise NotFound("no such font", where="fontstack", expected=FONT, got=stack[:80])
    services = services_of(request)
    path = services.settings.font
    body = await services.query(lambda: glyph_range(path or _installed_font(), start, stack))
    return _kept_a_day(request, body, "application/x-protobuf")


@router.get("/styles/{style}")
async def style_sheet(request: Request, style: str) -> Response:
    """Return a style as MapLibre style (`f=mapbox`) or as SLD (`f=sld10`, `f=sld11`)."""
    given = given_parameters(request.scope["query_string"], EVERYWHERE)
    lang = _language(request, given)
    encoding = _encoding(given.get("f"), request.headers.get("accept", ""))
    drawn = _drawn(style)
    services = services_of(request)
    base = _base(request)

    def work() -> Response:
        opened = services.opened()
        tag = entity_tag(opened.store.identity, opened.version(), base, style, encoding, lang, weak=True)
        known = unchanged(request, tag)
        if known is not None:
            return known
        if encoding == "mapbox":
            body = orjson.dumps(_maplibre(opened, style, drawn, base, lang))
        else:
            version: Version = "1.1" if encoding == "sld11" else "1.0"
            body = sld_document(drawn, style, version, lang)
        headers = {**kept_headers(tag), "Content-Language": lang, "Vary": "Accept, Accept-Language"}
        return Response(body, media_type=_SHEETS[encoding], headers=headers)

    return await services.query(work)


def _drawn(style: str) -> list[Layer]:
    """Return the layers that a style draws, from bottom to top, or raise NotFound."""
    if style in WHOLE_MAPS:
        return list(layers().values())
    if style not in layers():
        expected = ", ".join([*WHOLE_MAPS, *layers()])
        raise NotFound("no such style", where=f"style {style[:80]!r}", expected=expected)
    return [layer(style)]


def _base(request: Request) -> str:
    return root(request).removesuffix("/ogc")


def _language(request: Request, given: Mapping[str, str]) -> Language:
    return "en" if language(given, request.headers.get("accept-language")) == "en" else "zh"


def _encoding(asked: str | None, accepted: str) -> str:
    if asked is not None:
        if asked not in _SHEETS:
            raise InvalidInput("no such encoding", where="f", expected=", ".join(_SHEETS), got=asked[:80])
        return asked
    if _SLD in accepted and _MAPBOX not in accepted:
        return "sld11" if "version=1.1" in accepted else "sld10"
    return "mapbox"


def _document(request: Request, make: Callable[[str, Language], dict[str, Any]]) -> Response:
    """Answer with a document as JSON, or as a page for a browser."""
    given = given_parameters(request.scope["query_string"], EVERYWHERE)
    kind = negotiated(DOCUMENT_KINDS, given.get("f"), request.headers.get("accept"))
    lang = _language(request, given)
    return document_response(request, make(_base(request), lang), kind, lang)


def _kept_a_day(request: Request, body: bytes, media_type: str) -> Response:
    tag = entity_tag(body.hex())
    headers = {**kept_headers(tag), "Cache-Control": _DAY}
    known = unchanged(request, tag)
    if known is not None:
        known.headers["Cache-Control"] = _DAY
        return known
    return Response(body, media_type=media_type, headers=headers)


@lru_cache(maxsize=64)
def _sprite(style: str, ratio: int) -> tuple[bytes, bytes]:
    index, image = sheet(pictures_of(_drawn(style), kinds_of(list(layers().values()))), ratio)
    return orjson.dumps(index), image


@lru_cache(maxsize=1)
def _installed_font() -> Path | None:
    return find_font()


def _listed(ids: Sequence[str], base: str, lang: Language, default: str) -> dict[str, Any]:
    return {
        "title": {"zh": "样式", "en": "Styles"}[lang],
        "default": default,
        "styles": [
            {"id": each, "title": getattr(_title(each), lang), "links": _links(each, base, lang)}
            for each in ids
        ],
        "links": [{"rel": "root", "type": "application/json", "title": "minegis", "href": f"{base}/ogc"}],
    }


def _title(style: str) -> BilingualText:
    return WHOLE_MAPS[style][1] if style in WHOLE_MAPS else layer(style).title


def _links(style: str, base: str, lang: Language) -> list[dict[str, str]]:
    address = f"{base}/ogc/styles/{style}"
    title = getattr(_title(style), lang)
    sheets = [
        {
            "rel": "stylesheet",
            "type": _SHEETS[key],
            "title": f"{title}: {name} {version}",
            "href": f"{address}?f={key}",
        }
        for key, name, version, _, _ in _STYLESHEETS
    ]
    described = {
        "rel": "describedby",
        "type": "application/json",
        "title": title,
        "href": f"{address}/metadata",
    }
    return [*sheets, described]


def _metadata(style: str, drawn: Sequence[Layer], base: str, lang: Language) -> dict[str, Any]:
    described = drawn[0].description if style not in WHOLE_MAPS else _title(style)
    return {
        "id": style,
        "title": getattr(_title(style), lang),
        "description": getattr(described, lang),
        "keywords": [getattr(groups()[each], lang) for each in dict.fromkeys(one.group for one in drawn)],
        "scope": "style",
        "version": _VERSION,
        "stylesheets": [
            {
                "title": name,
                "version": version,
                "specification": specification,
                "native": native,
                "link": {
                    "rel": "stylesheet",
                    "type": _SHEETS[key],
                    "href": f"{base}/ogc/styles/{style}?f={key}",
                },
            }
            for key, name, version, specification, native in _STYLESHEETS
        ],
        "layers": [_layer(each, base, lang) for each in drawn],
        "links": _links(style, base, lang),
    }


def _layer(drawn: Layer, base: str, lang: Language) -> dict[str, Any]:
    """Describe one layer of a style: the feature type, its geometry, what is read of it, and where it is."""
    if drawn.kind == "raster":
        found = {"id": drawn.id, "description": getattr(drawn.description, lang), "dataType": "coverage"}
        return {**found, "sampleData": {"rel": "start", "type": "image/png", "href": _tiles(drawn, base)}}
    name = drawn.dataset or drawn.id
    read = sorted(set(re.findall(r'\["get",\s*"([^"]+)"', orjson.dumps(drawn.paint()).decode())))
    fields = collections()[name].properties
    return {
        "id": name,
        "description": getattr(drawn.description, lang),
        "dataType": "vector",
        "geometryType": f"{drawn.geometry or 'polygon'}s",
        "propertiesSchema": {each: _schema(fields[each].type) for each in read if each in fields},
        "sampleData": {
            "rel": "start",
            "type": "application/geo+json",
            "href": f"{base}/ogc/collections/{name}/items",
        },
    }


def _schema(kind: str) -> dict[str, str]:
    formats = {"date": "date", "datetime": "date-time"}
    return {"type": "string", "format": formats[kind]} if kind in formats else {"type": kind}


def _tiles(drawn: Layer, base: str) -> str:
    if drawn.kind == "raster":
        return f"{base}/tiles/raster/{drawn.id}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}.png"
    place = "cells" if drawn.kind == "cells" else f"vector/{drawn.dataset}"
    return f"{base}/tiles/{place}/{{z}}/{{x}}/{{y}}.mvt"


def _maplibre(
    opened: OpenSite, style: str, drawn: Sequence[Layer], base: str, lang: Language
) -> dict[str, Any]:
    whole = style in WHOLE_MAPS
    theme = WHOLE_MAPS[style][0] if whole else "day"
    served = []
    for each in drawn:
        described = describe_layer(opened, each)
        if described is None and whole:
            continue
        shown = each if whole else each.model_copy(update={"visible": True})
        said = described or {}
        source_layer = RISK_CELL if each.kind == "cells" else each.dataset
        served.append(
            ServedLayer(
                shown, _tiles(each, base), source_layer, said.get("bounds"), said.get("attribution", "")
            )
        )
    named = any(each.layer.dataset == _REGION for each in served)
    return style_document(
        served,
        Look(theme, lang, kinds_of(list(layers().values()))),
        name=getattr(_title(style), lang),
        sprite=f"{base}/ogc/styles/sprites/{style}",
        glyphs=f"{base}/ogc/styles/glyphs/{{fontstack}}/{{range}}.pbf",
        region_names=_region_names(opened.store) if named else None,
        bounds=site_bounds(opened),
    )


def _region_names(store: Store) -> dict[str, Any]:
    """Return a point in the largest part of each province, with what its label and colour need."""
    features = []
    for region in store.features(_REGION, where={"parent": _NATION}):
        largest = max(shapely.get_parts(region.geometry), key=lambda part: float(part.area))
        lon, lat = shapely.point_on_surface(largest).coords[0]
        point = {"type": "Point", "coordinates": [round(lon, 3), round(lat, 3)]}
        properties = {name: region.properties.get(name) for name in ("name", "code")}
        features.append({"type": "Feature", "properties": properties, "geometry": point})
    return {"type": "FeatureCollection", "features": features}
