"""FDSN event service: the earthquakes of a month around the site's areas, in any of its three formats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data_catalog.fetch import EventsAsked, ShakeMapsAsked
from minegis.clock import format_utc
from minegis.errors import InvalidInput
from pipelines.connectors.quakes import FORMATS, Quakes
from pipelines.connectors.services.job import Box, Job, Outcome
from pipelines.connectors.transport.http import HttpDoor, TooMuch
from pipelines.connectors.transport.shelf import Fetched

_SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Slice:
    """A part of time and space that one request asks for."""

    start: datetime
    end: datetime
    box: Box

    def halves(self) -> tuple[_Slice, _Slice]:
        """Return its two halves in time."""
        middle = self.start + (self.end - self.start) / 2
        return _Slice(self.start, middle, self.box), _Slice(middle, self.end, self.box)


def plan(job: Job[EventsAsked]) -> list[str]:
    """Return the requests that would be made, as long as no answer hits the limit."""
    return [
        f"GET {address(job)} {parameters(job, each.start, each.end, each.box)}"
        for month in _months(job)
        for each in _slices(month, job)
    ]


def fetch(job: Job[EventsAsked]) -> Iterator[Outcome]:
    """Keep one file a month that the window touches; revised events replace what was there."""
    suffix = {"geojson": "geojson", "text": "txt", "xml": "xml"}[job.asked.format]
    with closing(HttpDoor(job.endpoint, now=job.now)) as door:
        for start, end in _months(job):
            parts = [part for each in _slices((start, end), job) for part in _quakes(job, door, each)]
            if not parts:
                continue
            content = FORMATS[job.asked.format].merged(parts)
            found = Fetched(
                job.shelf.source,
                f"{start:%Y-%m}.{suffix}",
                "",
                "",
                0,
                job.now(),
                address(job),
                valid_from=start,
                valid_to=end,
                about={"min_magnitude": job.asked.min_magnitude, "boxes": [list(box) for box in job.areas()]},
            )
            yield job.shelf.keep(content, found)


def address[A: EventsAsked | ShakeMapsAsked](job: Job[A]) -> str:
    """Return the address of the service's query method."""
    return f"{job.endpoint.address.rstrip('/')}/query"


def parameters[A: EventsAsked | ShakeMapsAsked](
    job: Job[A], start: datetime, end: datetime, box: Box
) -> dict[str, str]:
    """Return the parameters of the FDSN event specification 1.2 for a slice; the end is not included."""
    west, south, east, north = widened(box, job.asked.margin_deg)
    last = end - timedelta(microseconds=1000)
    return {
        "starttime": format_utc(start).removesuffix("Z"),
        "endtime": format_utc(last).removesuffix("Z"),
        "minlatitude": f"{south:g}",
        "maxlatitude": f"{north:g}",
        "minlongitude": f"{west:g}",
        "maxlongitude": f"{east:g}",
        "minmagnitude": f"{job.asked.min_magnitude:g}",
        "limit": str(job.asked.limit),
        "orderby": "time-asc",
        "nodata": "204",
    }


def widened(box: Box, margin: float) -> Box:
    """Return a box with a margin, deg, within the world."""
    west, south, east, north = box
    return (
        max(west - margin, -180.0),
        max(south - margin, -90.0),
        min(east + margin, 180.0),
        min(north + margin, 90.0),
    )


def _months(job: Job[EventsAsked]) -> list[tuple[datetime, datetime]]:
    """Return the months that the window touches, the last one up to now."""
    first, last = job.period
    start = datetime(first.year, first.month, 1, tzinfo=UTC)
    found = []
    while start < last:
        following = (start + timedelta(days=32)).replace(day=1)
        found.append((start, following))
        start = following
    return found


def _slices(month: tuple[datetime, datetime], job: Job[EventsAsked]) -> list[_Slice]:
    return [_Slice(*month, box) for box in job.areas()]


def _quakes(job: Job[EventsAsked], door: HttpDoor, asked: _Slice) -> Iterator[Quakes]:
    """Ask; where the answer is as long as it may be, or is refused as too long, ask for both halves."""
    params = {"format": job.asked.format, **parameters(job, asked.start, asked.end, asked.box)}
    try:
        found = job.patience.run(lambda: door.document(address(job), params=params))
    except TooMuch:
        found, full = None, True
    else:
        full = False
    if found is None and not full:
        return
    if found is not None:
        quakes = FORMATS[job.asked.format].read(found[0], where=address(job))
        if len(quakes) < job.asked.limit:
            yield quakes
            return
    if asked.end - asked.start <= _SHORTEST:
        raise InvalidInput(
            "more events in a second than the limit", where=address(job), got=str(job.asked.limit)
        )
    for half in asked.halves():
        yield from _quakes(job, door, half)
