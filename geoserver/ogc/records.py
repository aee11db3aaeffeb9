"""OGC API – Records: the data catalogue, searched in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Request, Response

from data_catalog.collection import CATALOGUE, collection
from data_catalog.items import Page
from data_catalog.record import Record, mentions
from geoserver.ogc.catalogue import row_of
from geoserver.ogc.column_items import ColumnItems
from geoserver.ogc.cursor import Cursor
from geoserver.ogc.hub import DOCUMENT_KINDS, Kind, document_response
from geoserver.ogc.links import address, root
from geoserver.ogc.listed_items import ListedStates
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.parameters import (
    OF_ITEM,
    OF_ITEMS,
    as_of,
    given_parameters,
    item_asked,
    items_asked,
    language,
)
from geoserver.ogc.record_json import LANGUAGES, Language, feature
from geoserver.ogc.selection import parse_period
from geoserver.ogc.sources import sources_of
from geoserver.services import services_of
from minegis.clock import format_moment, format_utc, utc_now
from minegis.errors import InvalidInput

router = APIRouter(prefix="/ogc", tags=["records"])

_PROFILE = "http://www.opengis.net/def/profile/OGC/0/ogc-record"
_OWN = ("q", "type", "ids", "externalIds", "datetime")
_MAY_BE_EMPTY = (*_OWN, "bbox", "limit")
_LONGEST, _MOST = 1000, 100
_GEOJSON = Kind("json", "application/geo+json")
_KINDS = {"json": _GEOJSON, "html": DOCUMENT_KINDS["html"]}


@router.get(f"/collections/{CATALOGUE}/items")
async def records(request: Request) -> Response:
    """Return a page of records."""
    return await services_of(request).query(lambda: _page(request), request)


@router.get(f"/collections/{CATALOGUE}/items/{{record:path}}")
async def record(request: Request, record: str) -> Response:
    """Return one record."""
    return await services_of(request).query(lambda: _one(request, record), request)


def _page(request: Request) -> Response:
    catalogue = sources_of(request).catalogue
    schema = collection(CATALOGUE)
    given = given_parameters(
        request.scope["query_string"], (*OF_ITEMS, "ids", "externalIds", *schema.properties)
    )
    given = {name: text for name, text in given.items() if text or name not in _MAY_BE_EMPTY}
    kind = negotiated(_KINDS, given.get("f"), request.headers.get("accept"))
    spoken = _language(request, given)
    wanted = _wanted(given)
    identity = "\n".join(
        (catalogue.opened.store.identity, *(f"{name}={wanted[name]}" for name in sorted(wanted)))
    )
    others = {name: text for name, text in given.items() if name not in wanted}
    asked = items_asked(others, schema, identity)
    items = ColumnItems(
        schema, ListedStates(schema, catalogue.listing(lambda each: _is_wanted(each, wanted)))
    )
    page = Page((), (), None, utc_now()) if asked.hits else items.page(asked.query)
    matched = items.count(replace(asked.query, moment=asked.query.moment if asked.hits else page.moment))
    by_id = {each.id: each for each in catalogue.records(page.moment)} if page.rows else {}
    features = [
        feature(
            by_id[row[0]], root(request), spoken, asked.query.properties, row[1] if asked.geometry else None
        )
        for row in page.rows
    ]
    links = _links(request, kind)
    href = f"{root(request)}/collections/{CATALOGUE}"
    links.append({"rel": "collection", "type": "application/json", "title": CATALOGUE, "href": href})
    if page.after is not None:
        text = Cursor(page.moment, page.after, matched).text(asked.selection)
        href = f"{address(request, 'f', 'cursor', 'offset')}f={kind.key}&cursor={text}"
        links.append({"rel": "next", "type": kind.media_type, "title": "next", "href": href})
    document = {
        "type": "FeatureCollection",
        "title": getattr(schema.title, spoken),
        "links": links,
        "timeStamp": format_utc(page.moment),
        "numberMatched": matched,
        "numberReturned": len(features),
        "features": features,
    }
    return document_response(request, document, kind, spoken)


def _one(request: Request, record_id: str) -> Response:
    given = given_parameters(request.scope["query_string"], OF_ITEM)
    kind = negotiated(_KINDS, given.get("f"), request.headers.get("accept"))
    spoken = _language(request, given)
    asked = item_asked(given, collection(CATALOGUE))
    found = sources_of(request).catalogue.record(record_id, as_of(given))
    shape = row_of(found)[1] if asked.geometry else None
    document = feature(found, root(request), spoken, asked.query.properties, shape)
    links = [*_links(request, kind), *document["links"]]
    return document_response(request, {**document, "links": links}, kind, spoken)


def _language(request: Request, given: Mapping[str, str]) -> Language:
    return "en" if language(given, request.headers.get("accept-language")) == "en" else "zh"


def _wanted(given: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that records have beside those of all items, checked.

    Raises
    ------
    InvalidInput
        If there is too much of one, or ``datetime`` is no time.
    """
    wanted = {name: given[name] for name in _OWN if name in given}
    for name, text in wanted.items():
        if len(text) > _LONGEST or text.count(",") >= _MOST:
            expected = f"at most {_MOST} values and {_LONGEST} characters"
            raise InvalidInput("too much to look for", where=name, expected=expected, got=text[:80])
    if "datetime" in wanted:
        parse_period(wanted["datetime"])
    return wanted


def _is_wanted(found: Record, wanted: Mapping[str, str]) -> bool:
    lists = {
        name: [part.strip() for part in text.split(",") if part.strip()] for name, text in wanted.items()
    }
    return (
        ("q" not in wanted or mentions(found, lists["q"]))
        and ("type" not in wanted or found.type in lists["type"])
        and ("ids" not in wanted or found.id in lists["ids"])
        and ("externalIds" not in wanted or any(_is_called(found, each) for each in lists["externalIds"]))
        and ("datetime" not in wanted or _overlaps(found, wanted["datetime"]))
    )


def _is_called(found: Record, identifier: str) -> bool:
    """Compare ``scheme:value``, ``value`` or ``scheme:`` with the identifiers that others gave."""
    scheme, colon, value = identifier.rpartition(":")
    if colon and not value:
        return any(scheme == each for each, _ in found.identifiers)
    return any(value == given and (not colon or scheme == each) for each, given in found.identifiers)


def _overlaps(found: Record, period: str) -> bool:
    """Compare with the time of the data; a record that has none is of any time (Features Part 1, 7.15.4)."""
    if not (found.begin or found.end):
        return True
    begin, end = parse_period(period)
    first, last = _moments(found)
    return (begin is None or last >= format_moment(begin)) and (end is None or first <= format_moment(end))


def _moments(found: Record) -> tuple[str, str]:
    begin, end = parse_period(f"{found.begin or '..'}/{found.end or '..'}")
    return format_moment(begin) if begin else "", format_moment(end) if end else "9999"


def _links(request: Request, kind: Kind) -> list[dict[str, str]]:
    """Return links to this answer in each form and language."""
    here = address(request, "f")
    links = [
        {
            "rel": "self" if each is kind else "alternate",
            "type": each.media_type,
            "href": f"{here}f={each.key}",
        }
        for each in _KINDS.values()
    ]
    in_language = address(request, "lang")
    links.append({"rel": "profile", "href": _PROFILE})
    return links + [
        {
            "rel": "alternate",
            "hreflang": code,
            "type": kind.media_type,
            "title": name,
            "href": f"{in_language}lang={code}",
        }
        for code, name in LANGUAGES.items()
    ]
