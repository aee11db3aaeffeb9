"""Warnings for other systems: CAP 1.2 documents and an Atom feed of them.

References
----------
OASIS Common Alerting Protocol 1.2; GB/T 35965.1-2018; GB/T 2260; RFC 4287.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import shapely
from fastapi import APIRouter, Request, Response
from lxml import etree
from shapely.geometry.base import BaseGeometry

from data_catalog.store import Store, WarningEventRecord
from geoserver.errors import PROBLEMS
from geoserver.services import services_of
from minegis.clock import format_utc, parse_utc
from minegis.errors import NotFound
from minegis.levels import Tier

router = APIRouter(prefix="/cap", tags=["cap"], responses=PROBLEMS)

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/cap+xml"

_BEIJING = timezone(timedelta(hours=8))
_LANGUAGES = (("zh-CN", "zh"), ("en-US", "en"))
_SENDER = "minegis"
_CATEGORY = "Safety"
_FEED_LENGTH = 200


class _Feed(Response):
    media_type = "application/atom+xml"


class _Document(Response):
    media_type = MEDIA_TYPE


@dataclass(frozen=True)
class Place:
    """Where a warning applies: the names of its region, and the shape of its asset."""

    region_name: str
    shape: BaseGeometry


@router.get("/feed.atom", response_class=_Feed)
async def feed(request: Request) -> Response:
    """Return the newest messages and, however old, the last of each active warning; the newest first."""
    services = services_of(request)
    base = str(request.base_url).rstrip("/")

    def work() -> Response:
        opened = services.opened()
        active = {each.last.identifier for each in opened.warnings() if each.cancelled_at is None}
        events = opened.store.warning_events()
        older = [event for event in events[:-_FEED_LENGTH] if event.identifier in active]
        events = [*older, *events[-_FEED_LENGTH:]][::-1]
        content = atom_feed(events, title=opened.site.declaration.title.zh, base=base)
        return _Feed(content)

    return await services.query(work, request)


@router.get("/{identifier}.xml", response_class=_Document)
async def document(request: Request, identifier: str) -> Response:
    """Return one message as a CAP 1.2 document."""
    services = services_of(request)

    def work() -> Response:
        store = services.opened().store
        events = store.warning_events(identifier=identifier)
        if not events:
            raise NotFound("no such warning message", where=f"identifier {identifier!r}")
        return _Document(cap_document(events[0], place_of(store, events[0])))

    return await services.query(work, request)


def place_of(store: Store, event: WarningEventRecord) -> Place:
    """Return where a message applies."""
    regions = store.features("region", where={"code": event.region_code})
    name = str(regions[0].properties["name"]) if regions else event.region_code
    return Place(name, shapely.from_wkb(event.geometry_wkb))


def cap_document(event: WarningEventRecord, place: Place) -> bytes:
    """Return the CAP 1.2 document of a message."""
    alert = _root("alert", NAMESPACE)
    _put(alert, "identifier", event.identifier)
    _put(alert, "sender", _SENDER)
    _put(alert, "sent", beijing(event.sent_at))
    _put(alert, "status", event.status)
    _put(alert, "msgType", event.msg_type)
    _put(alert, "scope", "Public")
    if event.references:
        earlier = [f"{_SENDER},{number},{beijing(parse_utc(sent))}" for number, sent in event.references]
        _put(alert, "references", " ".join(earlier))
    for language, key in _LANGUAGES:
        _info(alert, event, place, language, key)
    return _written(alert)


def _info(alert: Any, event: WarningEventRecord, place: Place, language: str, key: str) -> None:
    info = _put(alert, "info")
    _put(info, "language", language)
    _put(info, "category", _CATEGORY)
    _put(info, "event", event.texts["event"][key])
    _put(info, "responseType", event.cap["response_type"])
    _put(info, "urgency", event.cap["urgency"])
    _put(info, "severity", event.cap["severity"])
    _put(info, "certainty", event.cap["certainty"])
    code = _put(info, "eventCode")
    _put(code, "valueName", "GB/T 35561")
    _put(code, "value", event.cap["event_code"])
    _put(info, "effective", beijing(event.sent_at))
    _put(info, "expires", beijing(event.expires_at))
    _put(info, "senderName", _SENDER)
    for name in ("headline", "description", "instruction"):
        _put(info, name, event.texts[name][key])
    parameter = _put(info, "parameter")
    _put(parameter, "valueName", "alertLevel")
    _put(parameter, "value", Tier(event.tier).name.capitalize())
    _area(info, event, place)


def _area(info: Any, event: WarningEventRecord, place: Place) -> None:
    area = _put(info, "area")
    _put(area, "areaDesc", f"{place.region_name} {event.asset_name}")
    for part in shapely.get_parts(place.shape):
        if part.geom_type == "Polygon":
            _put(area, "polygon", " ".join(_position(x, y) for x, y in part.exterior.coords))
        else:
            at = part.representative_point()
            _put(area, "circle", f"{_position(at.x, at.y)} 0")
    geocode = _put(area, "geocode")
    _put(geocode, "valueName", "GB/T 2260")
    _put(geocode, "value", event.region_code)


def _position(lon: float, lat: float) -> str:
    """Write a point as CAP has it: latitude first."""
    return f"{lat:.6f},{lon:.6f}"


def atom_feed(events: Sequence[WarningEventRecord], *, title: str, base: str) -> bytes:
    """Return an Atom feed of messages, in the order given."""
    root = _root("feed", ATOM)
    address = f"{base}/cap/feed.atom"
    newest = max((event.sent_at for event in events), default=datetime(1970, 1, 1, tzinfo=_BEIJING))
    _put(root, "id", address)
    _put(root, "title", title)
    _put(root, "updated", format_utc(newest))
    _put(root, "link", rel="self", href=address, type="application/atom+xml")
    _put(_put(root, "author"), "name", _SENDER)
    for event in events:
        entry = _put(root, "entry")
        _put(entry, "id", f"urn:cap:{event.identifier}")
        _put(entry, "title", event.texts["headline"]["zh"])
        _put(entry, "updated", format_utc(event.sent_at))
        _put(entry, "summary", event.texts["description"]["zh"])
        _put(entry, "category", term=event.msg_type)
        _put(entry, "link", rel="alternate", href=f"{base}/cap/{event.identifier}.xml", type=MEDIA_TYPE)
    return _written(root)


def beijing(moment: datetime) -> str:
    """Return the time as CAP takes it: whole seconds, with an offset and never ``Z``."""
    return moment.astimezone(_BEIJING).isoformat(timespec="seconds")


def _root(name: str, namespace: str) -> Any:
    prefixes: Any = {None: namespace}
    return etree.Element(etree.QName(namespace, name), nsmap=prefixes)


def _put(parent: Any, name: str, text: str | None = None, **attributes: str) -> Any:
    """Add an element in the namespace of its parent."""
    tag = etree.QName(etree.QName(parent).namespace, name)
    element = etree.SubElement(parent, tag, attributes)
    element.text = text
    return element


def _written(root: Any) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
