"""Query parameters of the OGC API: unknown ones and bad values are refused before anything is read."""

from __future__ import annotations

import math
import re
from urllib.parse import parse_qsl, urlencode

from fastapi import Request

from geoserver.ogc.items import Items
from minegis.clock import parse_utc
from minegis.errors import InvalidInput

_EVERYWHERE = ("f", "lang")
_ITEMS = (
    "bbox",
    "bbox-crs",
    "crs",
    "limit",
    "offset",
    "resulttype",
    "datetime",
    "sortby",
    "properties",
    "skipGeometry",
    "q",
)
_QUERYABLES = ("properties", "profile")
_LANGUAGES = ("zh", "en")
_MOMENT = re.compile(r"\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?)?)?")


def check_parameters(request: Request, items: Items | None) -> None:
    """Refuse what pygeoapi would ignore or fail on.

    Raises
    ------
    InvalidInput
        If a parameter is unknown, given twice or no good.
    """
    known = _known(request.url.path, items)
    for name, _ in request.query_params.multi_items():
        if name not in known:
            raise InvalidInput("unknown parameter", where=name, expected=", ".join(known), got=name)
    given = dict(request.query_params)
    for name, least in (("limit", 1), ("offset", 0)):
        text = given.get(name, "1")
        if not (re.fullmatch(r"[0-9]{1,9}", text) and int(text) >= least):
            raise InvalidInput("not a number of items", where=name, expected=f"≥ {least}", got=text)
    if "bbox" in given:
        _check_bbox(given["bbox"])
    if "datetime" in given:
        parse_period(given["datetime"])
    if given.get("resulttype", "results") not in ("results", "hits"):
        raise InvalidInput(
            "no such result type", where="resulttype", expected="results, hits", got=given["resulttype"]
        )


def _known(path: str, items: Items | None) -> tuple[str, ...]:
    if items is not None and path.endswith("/items"):
        return (*_EVERYWHERE, *_ITEMS, *items.fields)
    if items is not None and path.endswith("/queryables"):
        return (*_EVERYWHERE, *_QUERYABLES)
    return (*_EVERYWHERE, "crs") if "/items/" in path else _EVERYWHERE


def _check_bbox(text: str) -> None:
    try:
        edges = [float(part) for part in text.split(",")]
    except ValueError:
        edges = []
    if len(edges) not in (4, 6) or not all(map(math.isfinite, edges)):
        raise InvalidInput("not a bbox", where="bbox", expected="west,south,east,north", got=text)
    if edges[1] > edges[len(edges) // 2 + 1]:
        raise InvalidInput("a bbox whose south is above its north", where="bbox", got=text)


def parse_period(text: str) -> tuple[str, str]:
    """Return begin and end of ``datetime``: an instant, or an interval open on either side.

    Raises
    ------
    InvalidInput
        If it is neither.
    """
    parts = text.split("/")
    moments = [part or ".." for part in (parts * 2 if len(parts) == 1 else parts)]
    if len(moments) != 2 or any(each != ".." and not _MOMENT.fullmatch(each) for each in moments):
        raise InvalidInput("not a time", where="datetime", expected="an RFC 3339 time or interval", got=text)
    begin, end = (_utc(each) for each in moments)
    if ".." not in (begin, end) and begin > end:
        raise InvalidInput("an interval that ends before it begins", where="datetime", got=text)
    return begin, end


def _utc(moment: str) -> str:
    if "T" not in moment:
        return moment
    try:
        return parse_utc(moment, where="datetime").replace(tzinfo=None).isoformat(timespec="seconds")
    except OverflowError:
        expected = "a time of the years 1 to 9999 in UTC"
        raise InvalidInput("not a time", where="datetime", expected=expected, got=moment) from None


def normalised(request: Request) -> Request:
    """Return the request with a language pygeoapi knows; it fails on ``zh-CN`` and on any other."""
    pairs = parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True)
    query = urlencode([(name, _language(text) if name == "lang" else text) for name, text in pairs])
    headers = [
        (name, _language(text.decode("latin-1")).encode() if name == b"accept-language" else text)
        for name, text in request.scope["headers"]
    ]
    return Request({**request.scope, "query_string": query.encode(), "headers": headers}, request.receive)


def without_format(request: Request) -> Request:
    """Return the request as of a client that takes any format, so that links name none."""
    pairs = parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True)
    query = urlencode([(name, text) for name, text in pairs if name != "f"])
    headers = [(name, text) for name, text in request.scope["headers"] if name != b"accept"]
    return Request({**request.scope, "query_string": query.encode(), "headers": headers}, request.receive)


def _language(text: str) -> str:
    """Return the first language of a list that is offered, Chinese when none is."""
    for part in text.split(","):
        primary = part.split(";")[0].strip().split("-")[0].lower()
        if primary in _LANGUAGES:
            return primary
    return _LANGUAGES[0]
