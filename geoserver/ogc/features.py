"""Items over HTTP: pages, whole collections and single items (OGC API – Features, Parts 1 to 3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from data_catalog.items import ItemQuery, Items, Page
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.ogc.cursor import Cursor
from geoserver.ogc.formats import FORMATS, Answer, Format
from geoserver.ogc.formats.export import export, file_name
from geoserver.ogc.links import address, root
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.parameters import (
    OF_ITEM,
    OF_ITEMS,
    Asked,
    given_parameters,
    item_asked,
    items_asked,
    language,
)
from geoserver.ogc.sources import ItemSources, sources_of
from geoserver.services import services_of
from minegis.clock import parse_utc, utc_now

router = APIRouter()

_COUNTED = 10_000
_VARY = "Accept, Accept-Language"
_SINGLE: Mapping[str, Format] = {key: each for key, each in FORMATS.items() if not each.streams}


@dataclass(frozen=True, slots=True)
class _Whole:
    """An answer that is written while it is read."""

    chunks: Iterator[bytes]
    media_type: str
    headers: dict[str, str]


async def items(request: Request) -> Response:
    """Return a page of items, or all of them in a format for carrying away."""
    services = services_of(request)
    made = await services.query(lambda: _items(request), request)
    if isinstance(made, Response):
        return made
    chunks = await services.stream(made.chunks)
    return StreamingResponse(chunks, media_type=made.media_type, headers=made.headers)


async def item(request: Request) -> Response:
    """Return one item."""
    return await services_of(request).query(lambda: _item(request), request)


async def options(_request: Request) -> Response:
    """Say which methods there are."""
    return Response(status_code=HTTPStatus.NO_CONTENT, headers={"Allow": "GET, HEAD, OPTIONS"})


router.add_route("/ogc/collections/{collection}/items", items, methods=["GET"])
router.add_route("/ogc/collections/{collection}/items/{item:path}", item, methods=["GET"])


def _items(request: Request) -> Response | _Whole:
    sources = sources_of(request)
    items = sources.items(request.path_params["collection"])
    schema = items.collection
    given = given_parameters(request.scope["query_string"], (*OF_ITEMS, *schema.properties))
    form = negotiated(FORMATS, given.get("f"), request.headers.get("accept"))
    spoken = language(given, request.headers.get("accept-language"))
    version, identity = items.version(), sources.opened.store.identity
    asked_for = f"{request.url.path}?{request.scope['query_string'].decode()}"
    tag = entity_tag(version, identity, asked_for, form.media_type, spoken, weak=True)
    changed_at = items.changed_at()
    kept = unchanged(request, tag, changed_at)
    if kept is not None:
        return _with_vary(kept)
    asked = items_asked(given, schema, identity, whole=form.streams)
    asked = replace(asked, query=replace(asked.query, as_text=form.as_text))
    answer = Answer(schema, asked.crs, spoken, utc_now(), asked.geometry, asked.zoom_level)
    headers = _headers(asked, spoken, tag, changed_at)
    if form.streams and not asked.hits:
        name = file_name(form, answer, asked.query.moment or changed_at or answer.made_at)
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return _Whole(export(form, items, asked.query, answer), form.media_type, headers)
    page = _page(items, asked)
    matched = _matched(sources, items, asked, page, version)
    links = _links(request, FORMATS, form, schema.id)
    if page.after is not None:
        text = Cursor(page.moment, page.after, matched).text(asked.selection)
        links.append(_next(request, form, text))
    body = b"".join(form.write([page], replace(answer, links=links, matched=matched)))
    return Response(body, media_type=form.media_type, headers=headers)


def _item(request: Request) -> Response:
    sources = sources_of(request)
    items = sources.items(request.path_params["collection"])
    schema = items.collection
    given = given_parameters(request.scope["query_string"], OF_ITEM)
    form = negotiated(_SINGLE, given.get("f"), request.headers.get("accept"))
    spoken = language(given, request.headers.get("accept-language"))
    asked = item_asked(given, schema)
    names, row = items.item(request.path_params["item"], asked.query.moment)
    tag, changed_at = f'W/"{row[2]}"', parse_utc(row[3])
    kept = unchanged(request, tag, changed_at)
    if kept is not None:
        return _with_vary(kept)
    page = Page(names, (row,), None, utc_now())
    if asked.query.properties is not None:
        page = _chosen(page, asked.query.properties)
    links = _links(request, _SINGLE, form, schema.id)
    answer = Answer(
        schema, asked.crs, spoken, utc_now(), asked.geometry, asked.zoom_level, single=True, links=links
    )
    body = b"".join(form.write([page], answer))
    return Response(body, media_type=form.media_type, headers=_headers(asked, spoken, tag, changed_at))


def _page(items: Items, asked: Asked) -> Page:
    if asked.hits:
        return Page((), (), None, asked.query.moment or utc_now())
    return items.page(asked.query)


def _matched(sources: ItemSources, items: Items, asked: Asked, page: Page, version: str) -> int | None:
    """Return how many items match in all, None when they are many and counting them would take long."""
    query: ItemQuery = asked.query
    if asked.cursor is not None and asked.cursor.matched is not None:
        return asked.cursor.matched
    if not asked.hits and page.after is None and query.after is None and (page.rows or not query.offset):
        return query.offset + len(page.rows)
    moment = query.moment if asked.hits else page.moment
    at_most = None if asked.hits or query.where is None else _COUNTED
    return sources.counts.count(items, replace(query, moment=moment), (version, asked.selection), at_most)


def _chosen(page: Page, names: tuple[str, ...]) -> Page:
    at = [page.names.index(name) + len(page.rows[0]) - len(page.names) for name in names]
    return replace(page, names=names, rows=[(*row[:4], *(row[each] for each in at)) for row in page.rows])


def _headers(asked: Asked, spoken: str, tag: str, changed_at: datetime | None) -> dict[str, str]:
    return {
        **kept_headers(tag, changed_at),
        "Vary": _VARY,
        "Content-Crs": f"<{asked.crs.uri}>",
        "Content-Language": spoken,
    }


def _with_vary(response: Response) -> Response:
    response.headers["Vary"] = _VARY
    return response


def _links(
    request: Request, forms: Mapping[str, Format], form: Format, collection: str
) -> list[dict[str, str]]:
    """Return links to this answer in every format, and to the collection."""
    here = address(request, "f")
    links = [
        {
            "rel": "self" if each is form else "alternate",
            "type": each.media_type,
            "title": each.title,
            "href": f"{here}f={each.key}",
        }
        for each in forms.values()
    ]
    href = f"{root(request)}/collections/{collection}"
    return [*links, {"rel": "collection", "type": "application/json", "title": collection, "href": href}]


def _next(request: Request, form: Format, cursor: str) -> dict[str, str]:
    href = f"{address(request, 'f', 'cursor', 'offset')}f={form.key}&cursor={cursor}"
    return {"rel": "next", "type": form.media_type, "title": "next", "href": href}
