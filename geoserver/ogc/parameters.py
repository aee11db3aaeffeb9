"""Query parameters of items: read once, unknown ones and bad values refused before anything is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from data_catalog.collection import Collection
from data_catalog.items import ItemQuery, Sort
from geoserver.ogc.crs import CRS84, Crs, crs_of
from geoserver.ogc.cursor import Cursor, read_cursor
from geoserver.ogc.selection import SELECTING, selected
from minegis.clock import parse_utc
from minegis.errors import InvalidInput

EVERYWHERE = ("f", "lang")
SHOWING = ("crs", "properties", "skipGeometry", "zoom-level")
OF_ITEM = (*EVERYWHERE, *SHOWING, "as_of")
OF_ITEMS = (*EVERYWHERE, *SHOWING, *SELECTING, "sortby", "limit", "offset", "cursor", "resulttype")

DEFAULT_LIMIT, GREATEST_LIMIT = 100, 10_000
FINEST_ZOOM = 24
LANGUAGES = ("zh", "en")

_GREATEST_OFFSET = 10**12
_MOST_PARAMETERS = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a collection, and how it is to be shown.

    Parameters
    ----------
    selection : str
        The same for all pages of one set, and for no other set.
    cursor : Cursor, optional
        Where the page begins, when it is not the first.
    hits : bool
        Whether only the number of items is wanted.
    """

    query: ItemQuery
    crs: Crs
    geometry: bool
    zoom_level: int | None
    selection: str
    cursor: Cursor | None = None
    hits: bool = False


def given_parameters(query_string: bytes, known: Iterable[str]) -> dict[str, str]:
    """Return the value of each parameter of a query string.

    Raises
    ------
    InvalidInput
        If one is unknown, given twice or no text.
    """
    try:
        pairs = parse_qsl(
            query_string.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError:
        expected = f"UTF-8, at most {_MOST_PARAMETERS} parameters"
        raise InvalidInput("not a query string", where="query string", expected=expected) from None
    given = dict(pairs)
    for name, text in given.items():
        if name not in known:
            raise InvalidInput("unknown parameter", where=name[:80], expected=", ".join(known), got=name[:80])
        if "\0" in text:
            raise InvalidInput("a text that holds a null character", where=name)
    if len(given) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput("a parameter given twice", where=twice, expected="one value")
    return given


def items_asked(given: Mapping[str, str], schema: Collection, identity: str, *, whole: bool = False) -> Asked:
    """Return what is asked of the items of a collection.

    Parameters
    ----------
    given : mapping
        Parameters of `OF_ITEMS` and the properties of the collection.
    identity : str
        Of the store, so that a cursor is good for no other.
    whole : bool
        Whether everything that matches is wanted unless `limit` says less.

    Raises
    ------
    InvalidInput
        If a value is no good.
    """
    selection = _selection(given, schema, identity)
    cursor = read_cursor(given["cursor"], selection) if "cursor" in given else None
    if cursor is not None and "offset" in given:
        raise InvalidInput("a page that begins at two places", where="offset", expected="no cursor beside it")
    query = ItemQuery(
        where=selected(given, schema),
        sort=_sort(given["sortby"], schema) if "sortby" in given else (),
        limit=_limit(given.get("limit"), whole=whole),
        offset=_offset(given["offset"]) if "offset" in given else 0,
        after=cursor.after if cursor else None,
        moment=cursor.moment if cursor else as_of(given),
        properties=_properties(given, schema),
    )
    results = given.get("resulttype", "results")
    if results not in ("results", "hits"):
        raise InvalidInput(
            "no such result type", where="resulttype", expected="results, hits", got=results[:80]
        )
    return Asked(
        query=query,
        crs=crs_of(given.get("crs", CRS84), "crs"),
        geometry=_geometry(given),
        zoom_level=_zoom_level(given),
        selection=selection,
        cursor=cursor,
        hits=results == "hits",
    )


def item_asked(given: Mapping[str, str], schema: Collection) -> Asked:
    """Return what is asked of one item, with parameters of `OF_ITEM`.

    Raises
    ------
    InvalidInput
        If a value is no good.
    """
    return Asked(
        query=ItemQuery(moment=as_of(given), properties=_properties(given, schema)),
        crs=crs_of(given.get("crs", CRS84), "crs"),
        geometry=_geometry(given),
        zoom_level=_zoom_level(given),
        selection="",
    )


def as_of(given: Mapping[str, str]) -> datetime | None:
    """Return the moment whose knowledge is asked for, None for the present."""
    return parse_utc(given["as_of"], where="as_of") if "as_of" in given else None


def language(given: Mapping[str, str], accepted: str | None) -> str:
    """Return the first language that is asked for and offered, Chinese when none is."""
    for part in given.get("lang", accepted or "").split(","):
        primary = part.split(";")[0].strip().split("-")[0].lower()
        if primary in LANGUAGES:
            return primary
    return LANGUAGES[0]


def _selection(given: Mapping[str, str], schema: Collection, identity: str) -> str:
    shown = {*EVERYWHERE, *SHOWING, "limit", "offset", "cursor", "resulttype"}
    selecting = sorted(f"{name}={text}" for name, text in given.items() if name not in shown)
    return "\n".join((identity, schema.id, *selecting))


def _limit(text: str | None, *, whole: bool) -> int | None:
    if text is None:
        return None if whole else DEFAULT_LIMIT
    number = _number(text, "limit", least=1)
    return number if whole else min(number, GREATEST_LIMIT)


def _offset(text: str) -> int:
    return min(_number(text, "offset", least=0), _GREATEST_OFFSET)


def _number(text: str, where: str, least: int) -> int:
    digits = text.lstrip("0") or text[:1]
    number = int(digits[:18]) if digits.isascii() and digits.isdigit() else -1
    if number < least:
        raise InvalidInput("not a number of items", where=where, expected=f"≥ {least}", got=text[:80])
    return number


def _sort(text: str, schema: Collection) -> tuple[Sort, ...]:
    """Read ``+name,-other``; the plus of a query string is a space."""
    keys = tuple(Sort(part.lstrip("+- "), part.startswith("-")) for part in text.split(","))
    names = [key.name for key in keys]
    for name in names:
        if name not in schema.properties or names.count(name) > 1:
            expected = ", ".join(schema.properties)
            raise InvalidInput(
                "no such property, or named twice", where="sortby", expected=expected, got=name[:80]
            )
    return keys


def _properties(given: Mapping[str, str], schema: Collection) -> tuple[str, ...] | None:
    if "properties" not in given:
        return None
    names = tuple(dict.fromkeys(given["properties"].split(",")))
    for name in names:
        if name not in schema.properties:
            expected = ", ".join(schema.properties)
            raise InvalidInput("no such property", where="properties", expected=expected, got=name[:80])
    return names


def _geometry(given: Mapping[str, str]) -> bool:
    text = given.get("skipGeometry", "false")
    if text not in ("true", "false"):
        raise InvalidInput(
            "neither true nor false", where="skipGeometry", expected="true, false", got=text[:80]
        )
    return text == "false"


def _zoom_level(given: Mapping[str, str]) -> int | None:
    if "zoom-level" not in given:
        return None
    text = given["zoom-level"]
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and int(text) <= FINEST_ZOOM):
        expected = f"0 to {FINEST_ZOOM}"
        raise InvalidInput("not a zoom level", where="zoom-level", expected=expected, got=text[:80])
    return int(text)
