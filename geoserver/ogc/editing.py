"""Editing (OGC API – Features Part 4): create, replace, update and delete, each on the state the editor saw.

Nothing is overwritten: an edit makes the next version of a feature, after the checks that imports make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from data_catalog.collection import Collection
from data_catalog.collection import collection as collection_of
from data_catalog.items import Items, Page, Row
from data_catalog.store import Feature, Store
from geoserver.caching import kept_headers, names_tag
from geoserver.errors import (
    ContentTooLarge,
    PreconditionRequired,
    UnsupportedMediaType,
    problem_of,
)
from geoserver.ogc.crs import CRS84, Crs, crs_of
from geoserver.ogc.formats import FORMATS, Answer
from geoserver.ogc.links import root
from geoserver.ogc.parameters import EVERYWHERE, given_parameters, language
from geoserver.ogc.received import Present, created, parse_document, patched, replaced
from geoserver.ogc.sources import sources_of
from geoserver.services import services_of
from geoserver.writers import may_write, refuse_stranger
from minegis.clock import parse_utc, utc_now
from minegis.errors import InvalidInput, NotFound, Stale

GEOJSON, MERGE_PATCH = "application/geo+json", "application/merge-patch+json"
GREATEST_BODY = 2**20  # bytes

_READING = ("GET", "HEAD", "OPTIONS")
_TAKEN = {"POST": (GEOJSON,), "PUT": (GEOJSON,), "PATCH": (MERGE_PATCH, GEOJSON)}
_TRIES = 8  # where no condition was set, against writers that come between reading and writing
_MICROSECOND = timedelta(microseconds=1)

type Make = Callable[[Store, Collection, dict[str, Any], Crs, Present], Feature]

router = APIRouter()


@dataclass(frozen=True, slots=True)
class _Edit:
    """One request that edits, with its body read."""

    request: Request
    store: Store
    items: Items
    crs: Crs
    body: bytes
    conditional: bool

    def agreed(self, item_id: str) -> Present:
        """Return the item as it stands, if that is the state that the client set as its condition.

        Raises
        ------
        NotFound
            If there is none with this id.
        PreconditionRequired
            If the client set no condition, and must.
        Stale
            If the item is in another state.
        """
        names, row = self.items.item(item_id)
        headers = self.request.headers
        where = f"{self.items.collection.id}/{item_id}"
        if "if-match" in headers:
            if not names_tag(headers["if-match"], _tag(row)):
                raise Stale(
                    "it is in another state", where=where, expected=_tag(row), got=headers["if-match"]
                )
        elif (since := _http_date(headers.get("if-unmodified-since"))) is not None:
            if not self._unmodified(row, since):
                got = headers["if-unmodified-since"]
                raise Stale("it was changed since", where=where, expected=str(row[3]), got=got)
        elif self.conditional:
            raise PreconditionRequired(
                "an edit says which state it was made on",
                where="If-Match",
                expected="the ETag of the item, or If-Unmodified-Since with its Last-Modified",
            )
        return names, row

    def _unmodified(self, row: Row, since: datetime) -> bool:
        """Whether an item is as it was at a time given in whole seconds.

        A second in which it changed twice does not tell which of the two states the client saw.
        """
        changed_at = parse_utc(row[3])
        if changed_at.replace(microsecond=0) > since:
            return False
        try:
            _, before = self.items.item(row[0], changed_at - _MICROSECOND)
        except NotFound:
            return True
        return parse_utc(before[3]).replace(microsecond=0) != changed_at.replace(microsecond=0)


async def items_options(request: Request) -> Response:
    """Say which methods the items of a collection take."""
    return _options(request, "POST")


async def item_options(request: Request) -> Response:
    """Say which methods one item takes."""
    return _options(request, "PUT", "PATCH", "DELETE")


async def create(request: Request) -> Response:
    """Create a feature from GeoJSON; it keeps its id, or gets one."""

    def work(edit: _Edit) -> Response:
        schema = edit.items.collection
        feature = created(edit.store, schema, parse_document(edit.body), edit.crs)
        if not feature.id:
            feature = replace(feature, id=str(uuid4()))
        written = edit.store.create(schema.id, feature)
        place = f"{root(request)}/collections/{schema.id}/items/{quote(feature.id, safe='')}"
        return _answer(edit, written, HTTPStatus.CREATED, {"Location": place})

    return await _edited(request, work)


async def replace_item(request: Request) -> Response:
    """Replace a feature by GeoJSON."""
    return await _changed(request, replaced)


async def update_item(request: Request) -> Response:
    """Change parts of a feature by a JSON Merge Patch."""
    return await _changed(request, patched)


async def delete_item(request: Request) -> Response:
    """End a feature; what was known of it stays readable with ``as_of``."""
    item_id: str = request.path_params["item"]

    def work(edit: _Edit) -> Response:
        def write(present: Present) -> Response:
            edit.store.delete(edit.items.collection.id, item_id, present[1][2])
            return Response(status_code=HTTPStatus.NO_CONTENT)

        return _tried(edit, item_id, write)

    return await _edited(request, work)


_ITEMS, _ITEM = "/ogc/collections/{collection}/items", "/ogc/collections/{collection}/items/{item:path}"
router.add_route(_ITEMS, items_options, methods=["OPTIONS"])
router.add_route(_ITEM, item_options, methods=["OPTIONS"])
router.add_route(_ITEMS, create, methods=["POST"])
router.add_route(_ITEM, replace_item, methods=["PUT"])
router.add_route(_ITEM, update_item, methods=["PATCH"])
router.add_route(_ITEM, delete_item, methods=["DELETE"])


async def _changed(request: Request, make: Make) -> Response:
    item_id: str = request.path_params["item"]

    def work(edit: _Edit) -> Response:
        document = parse_document(edit.body)
        schema = edit.items.collection

        def write(present: Present) -> Response:
            feature = make(edit.store, schema, document, edit.crs, present)
            written = edit.store.replace(schema.id, item_id, feature, present[1][2])
            return _answer(edit, written, HTTPStatus.OK, {})

        return _tried(edit, item_id, write)

    return await _edited(request, work)


async def _edited(request: Request, work: Callable[[_Edit], Response]) -> Response:
    """Run an edit that is allowed, with its body and its headers read."""
    schema = collection_of(request.path_params["collection"])
    given_parameters(request.scope["query_string"], EVERYWHERE)
    if not schema.editable:
        raise HTTPException(
            HTTPStatus.METHOD_NOT_ALLOWED, f"{schema.id} is not edited", {"Allow": ", ".join(_READING)}
        )
    refuse_stranger(request)
    body = await _body(request)
    crs = crs_of(request.headers.get("content-crs", CRS84).strip("<> "), "Content-Crs")
    services = services_of(request)

    def prepared() -> Response:
        sources = sources_of(request)
        conditional = services.settings.locking == "required"
        edit = _Edit(request, sources.opened.store, sources.items(schema.id), crs, body, conditional)
        try:
            return work(edit)
        except InvalidInput as error:
            refused = problem_of(error, request.url.path)
            if "handling=strict" in _preferences(request):
                refused.headers["Preference-Applied"] = "handling=strict"
            return refused

    return await services.query(prepared)


def _tried(edit: _Edit, item_id: str, write: Callable[[Present], Response]) -> Response:
    """Write on the present state, and again when another came in between: then its condition speaks anew."""
    for _ in range(_TRIES - 1):
        present = edit.agreed(item_id)
        try:
            return write(present)
        except Stale:
            continue
    return write(edit.agreed(item_id))


def _options(request: Request, *writing: str) -> Response:
    schema = collection_of(request.path_params["collection"])
    allowed = schema.editable and may_write(request)
    headers = {"Allow": ", ".join((*_READING, *writing) if allowed else _READING)}
    if allowed:
        headers |= {
            f"Accept-{method.title()}": ", ".join(_TAKEN[method])
            for method in writing
            if method in ("POST", "PATCH")
        }
    return Response(status_code=HTTPStatus.OK, headers=headers)


async def _body(request: Request) -> bytes:
    """Return the body of a request, empty for one that has none.

    Raises
    ------
    InvalidInput
        If it does not say what it is.
    UnsupportedMediaType
        If it is something else than the method takes.
    ContentTooLarge
        If it is longer than `GREATEST_BODY`; the rest is not read.
    """
    if request.method in _TAKEN:
        _check_media_type(request.headers.get("content-type"), _TAKEN[request.method])
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > GREATEST_BODY:
            expected = f"at most {GREATEST_BODY} bytes"
            raise ContentTooLarge("the body is too long", where="body", expected=expected)
    return bytes(body)


def _check_media_type(given: str | None, taken: tuple[str, ...]) -> None:
    expected = " or ".join(taken)
    if given is None:
        raise InvalidInput("a body that does not say what it is", where="Content-Type", expected=expected)
    kind, _, parameters = given.partition(";")
    charset = parameters.lower().partition("charset=")[2].split(";")[0].strip(' "')
    if kind.strip().lower() not in taken or charset not in ("", "utf-8"):
        raise UnsupportedMediaType(
            "not what is taken here", where="Content-Type", expected=f"{expected}, in UTF-8", got=given[:200]
        )


def _answer(edit: _Edit, written: Present, status: HTTPStatus, headers: dict[str, str]) -> Response:
    """Return the new state by its tag alone, or whole where the client prefers it."""
    names, row = written
    headers = {**headers, **kept_headers(_tag(row), parse_utc(row[3]))}
    if "return=representation" not in _preferences(edit.request):
        nothing = HTTPStatus.NO_CONTENT if status is HTTPStatus.OK else status
        return Response(status_code=nothing, headers=headers)
    spoken = language({}, edit.request.headers.get("accept-language"))
    answer = Answer(edit.items.collection, edit.crs, spoken, utc_now(), single=True)
    form = FORMATS["json"]
    body = b"".join(form.write([Page(names, (row,), None, utc_now())], answer))
    headers |= {"Content-Crs": f"<{edit.crs.uri}>", "Preference-Applied": "return=representation"}
    return Response(body, status_code=status, media_type=form.media_type, headers=headers)


def _preferences(request: Request) -> frozenset[str]:
    """Return what ``Prefer`` says (RFC 7240), as ``return=minimal``."""
    parts = ",".join(request.headers.getlist("prefer")).lower().split(",")
    return frozenset(part.partition(";")[0].replace(" ", "").replace('"', "") for part in parts)


def _tag(row: Row) -> str:
    return f'W/"{row[2]}"'


def _http_date(text: str | None) -> datetime | None:
    """Return the time of a header; one that is no HTTP date is ignored (RFC 9110 §13.1.4)."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else None
