"""ShakeMap products: the newest grid of every earthquake that an event service with products knows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from data_catalog.fetch import ShakeMapsAsked
from minegis.errors import InvalidInput, NotFound
from pipelines.connectors.services.events import address, parameters
from pipelines.connectors.services.job import Job, Missed, Outcome, refuse_answer, understood
from pipelines.connectors.transport.door import Wanted
from pipelines.connectors.transport.http import HttpDoor


def plan(job: Job[ShakeMapsAsked]) -> list[str]:
    """Return the queries that would be made; each event found costs one more."""
    return [f"GET {address(job)} {each}" for each in _queries(job)]


def fetch(job: Job[ShakeMapsAsked]) -> Iterator[Outcome]:
    """Bring the newest version of each map; an event that was not updated since is not asked for again."""
    with closing(HttpDoor(job.endpoint, now=job.now)) as door:
        events: dict[str, dict[str, Any]] = {}
        for params in _queries(job):
            found = job.patience.run(lambda params=params: door.json(address(job), params=params))  # type: ignore[misc]
            if found is None:
                continue
            if not isinstance(found, dict) or "features" not in found:
                refuse_answer(address(job), "a FeatureCollection", found)
            with understood(address(job)):
                events |= {str(each["id"]): dict(each["properties"]) for each in found["features"]}
        for identity in sorted(events):
            try:
                yield from _event(job, door, identity, events[identity])
            except (InvalidInput, NotFound) as reason:
                yield Missed(identity, reason)


def newest(products: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the product that supersedes the others: of the preferred source the highest version.

    Deleted ones do not count. `preferredWeight` says whose map is preferred, `updateTime` settles a draw.
    """
    alive = [each for each in products if each.get("status", "").upper() != "DELETE"]
    return max(alive, key=_rank, default=None)


def _rank(product: dict[str, Any]) -> tuple[int, int, int]:
    return int(product.get("preferredWeight", 0)), version(product), int(product.get("updateTime", 0))


def version(product: dict[str, Any]) -> int:
    """Return the version of a map, 0 where it does not say."""
    text = str(product.get("properties", {}).get("version", ""))
    return int(text) if text.isascii() and text.isdigit() else 0


def _size(length: Any) -> int | None:
    return None if length is None else int(length)


def _queries(job: Job[ShakeMapsAsked]) -> list[dict[str, str]]:
    return [
        {"format": "geojson", "producttype": "shakemap", **parameters(job, *job.period, box)}
        for box in job.areas()
    ]


def _event(
    job: Job[ShakeMapsAsked], door: HttpDoor, identity: str, summary: dict[str, Any]
) -> Iterator[Outcome]:
    names = [f"{identity}/{key.rpartition('/')[2]}" for key in job.asked.contents]
    known = [job.shelf.record(name) for name in names]
    updated = str(summary.get("updated", ""))
    unchanged = [each for each in known if each is not None and each.about.get("updated") == updated]
    if updated and len(unchanged) == len(names):
        yield from (replace(each, changed=False) for each in unchanged)
        return
    params = {"format": "geojson", "eventid": identity}
    detail = str(summary.get("detail") or "")
    found = job.patience.run(lambda: door.json(detail or address(job), params=None if detail else params))
    with understood(identity):
        product = newest(found["properties"]["products"].get("shakemap", []))
        contents = {key: (product or {}).get("contents", {}).get(key) for key in job.asked.contents}
        about = {"event": identity, "version": version(product or {}), "updated": updated}
        wanted = [
            Wanted(
                name,
                str(contents[key]["url"]),
                "xml" if key.endswith(".xml") else "any",
                size=_size(contents[key].get("length")),
                max_bytes=job.max_bytes,
                about=about,
            )
            for key, name in zip(job.asked.contents, names, strict=True)
            if contents[key] is not None
        ]
    yield from job.bring(door, wanted)
    for key in (key for key, content in contents.items() if content is None):
        yield Missed(identity, NotFound("no such product", where=identity, expected=key))
