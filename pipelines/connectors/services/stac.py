"""STAC API: items of collections within areas and times, page after page, and the assets that are wanted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urljoin, urlsplit

from data_catalog.fetch import StacAsked
from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput, NotFound
from pipelines.connectors.services.job import Box, Job, Missed, Outcome, refuse_answer, understood
from pipelines.connectors.transport.door import Wanted
from pipelines.connectors.transport.http import HttpDoor

_ABOUT = (
    "platform",
    "eo:cloud_cover",
    "sat:orbit_state",
    "sat:relative_orbit",
    "processing:version",
    "s2:processing_baseline",
    "updated",
)


def plan(job: Job[StacAsked]) -> list[str]:
    """Return the searches that would be made."""
    return [f"POST {_address(job)} {search(job, box)}" for box in job.areas()]


def fetch(job: Job[StacAsked]) -> Iterator[Outcome]:
    """Search every area, and bring the assets of each item once."""
    with closing(HttpDoor(job.endpoint, now=job.now)) as door:
        seen: set[str] = set()
        for box in job.areas():
            for item in _items(job, door, box):
                name = _name(item)
                if name in seen:
                    continue
                seen.add(name)
                try:
                    with understood(name):
                        clear = _is_clear(item, job.asked.max_cloud_cover)
                        wanted = _assets(job, item) if clear else []
                except (InvalidInput, NotFound) as reason:
                    yield Missed(name, reason)
                else:
                    yield from job.bring(door, wanted)


def search(job: Job[StacAsked], box: Box) -> dict[str, Any]:
    """Return the body of a search."""
    body: dict[str, Any] = {
        "collections": list(job.asked.collections),
        "bbox": list(box),
        "limit": min(job.asked.page, job.asked.max_items),
    }
    if not job.asked.timeless:
        start, end = job.period
        body["datetime"] = f"{format_utc(start)}/{format_utc(end)}"
    if job.asked.max_cloud_cover is not None:
        body["query"] = {"eo:cloud_cover": {"lte": job.asked.max_cloud_cover}}
    return body


def _address(job: Job[StacAsked]) -> str:
    return f"{job.endpoint.address.rstrip('/')}/search"


def _items(job: Job[StacAsked], door: HttpDoor, box: Box) -> Iterator[dict[str, Any]]:
    """Follow the ``next`` links, whichever way they ask: GET, or POST with a body that may be merged."""
    address: str = _address(job)
    body: Any = search(job, box)
    count = 0
    asked = []
    while count < job.asked.max_items:
        asked.append((address, body))
        page = job.patience.run(lambda: door.json(address, body=body))  # noqa: B023 – done within the turn
        if not isinstance(page, dict) or not isinstance(page.get("features"), list):
            refuse_answer(address, "a FeatureCollection", page)
        for item in page["features"][: job.asked.max_items - count]:
            count += 1
            if not isinstance(item, dict):
                refuse_answer(address, "an item", item)
            yield item
        with understood(address):
            link = next((each for each in page.get("links", []) if each.get("rel") == "next"), None)
            if link is None or not page["features"]:
                return
            address, body = urljoin(address, link["href"]), _next_body(link, body)
        if (address, body) in asked:
            raise InvalidInput("pages in a ring", where=address, expected="a new next link")


def _next_body(link: dict[str, Any], body: Any) -> Any:
    if link.get("method", "GET").upper() != "POST":
        return None
    given = link.get("body") or {}
    return {**(body or {}), **given} if link.get("merge") else given


def _is_clear(item: dict[str, Any], most: float | None) -> bool:
    """Judge the clouds here too, not every service does; an item that does not say is left out."""
    if most is None:
        return True
    cover = item.get("properties", {}).get("eo:cloud_cover")
    return isinstance(cover, int | float) and cover <= most


def _assets(job: Job[StacAsked], item: dict[str, Any]) -> list[Wanted]:
    """Return what is wanted of an item.

    Raises
    ------
    NotFound
        If it has none of the assets.
    """
    name = _name(item)
    links, properties = item.get("links", []), item.get("properties", {})
    base = next((link["href"] for link in links if link.get("rel") == "self"), _address(job))
    start, end = _times(item)
    about = {key: properties[key] for key in _ABOUT if key in properties}
    found = []
    for key in (key for key in job.asked.assets if key in item["assets"]):
        asset = item["assets"][key]
        href = _href(asset, base)
        ending = "".join(PurePosixPath(urlsplit(href).path).suffixes[-1:])
        size = asset.get("file:size")
        wanted = Wanted(
            f"{name}/{key}{ending}",
            href,
            job.asked.content,
            checksum=str(asset.get("file:checksum", "")),
            size=None if size is None else int(size),
            max_bytes=job.max_bytes,
            valid_from=start,
            valid_to=end,
            about={**about, "collection": item["collection"], "item": item["id"], "asset": key},
        )
        found.append(wanted)
    if not found:
        raise NotFound("none of the assets", where=name, expected=", ".join(job.asked.assets))
    return found


def _name(item: dict[str, Any]) -> str:
    return f"{item.get('collection')}/{item.get('id')}"


def _href(asset: dict[str, Any], base: str) -> str:
    """Return an address that HTTP reads: the asset's own, or an alternate of it."""
    hrefs = [asset["href"], *(each.get("href", "") for each in asset.get("alternate", {}).values())]
    absolute = [urljoin(base, str(href)) for href in hrefs]
    return next((href for href in absolute if href.startswith("http")), absolute[0])


def _times(item: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    properties = item.get("properties", {})
    where = f"item {item.get('id')}"
    single = properties.get("datetime")
    texts = (properties.get("start_datetime") or single, properties.get("end_datetime") or single)
    start, end = (parse_utc(text, where=where) if text else None for text in texts)
    return start, end
