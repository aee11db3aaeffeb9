"""Fetching the sources of a site: what is declared, from where the operator says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any

from data_catalog.endpoint import FILE_NAME, Endpoint, endpoints
from data_catalog.fetch import Fetch
from data_catalog.site import Site
from data_catalog.source import sources
from data_catalog.store import Store
from minegis.clock import utc_now
from minegis.errors import InvalidInput, NotFound
from pipelines.connectors.services import events, files, forecast, process, shakemaps, stac, tables
from pipelines.connectors.services.job import Box, Job, Outcome
from pipelines.connectors.transport.patience import Patience
from pipelines.connectors.transport.shelf import Shelf

_SERVICES: Mapping[str, ModuleType] = {
    "files": files,
    "stac": stac,
    "fdsn_event": events,
    "shakemap": shakemaps,
    "forecast": forecast,
    "process": process,
    "table": tables,
}
_PROTOCOLS = {"files": {"http", "https", "ftp", "ftps", "sftp", "s3", "file"}, "table": {"database"}}
_WEB = {"http", "https"}


@dataclass(frozen=True, slots=True)
class SiteSource:
    """A source that a site can fetch: what to ask, and where."""

    id: str
    endpoint: Endpoint
    asked: Fetch


def site_sources(site: Site) -> dict[str, SiteSource]:
    """Return the sources that the operator gave an address for, by id.

    Raises
    ------
    InvalidInput
        If ``sources.yaml`` names a source that nothing says what to ask of, or gives it an address of a
        protocol its service does not speak.
    """
    found = {}
    for source_id, endpoint in endpoints(site.folder).items():
        where = f"{FILE_NAME}: sources.{source_id}"
        declared = sources().get(source_id)
        asked = endpoint.fetch or (declared.fetch if declared else None)
        if asked is None:
            askable = ", ".join(name for name, each in sources().items() if each.fetch)
            raise InvalidInput(
                "nothing says what to ask", where=where, expected=f"a `fetch` here, or one of {askable}"
            )
        protocols = _PROTOCOLS.get(asked.service, _WEB)
        if endpoint.scheme not in protocols:
            raise InvalidInput(
                f"{asked.service} is not spoken there",
                where=f"{where}.address",
                expected=", ".join(sorted(protocols)),
                got=endpoint.scheme,
            )
        found[source_id] = SiteSource(source_id, endpoint, asked)
    return found


def site_boxes(site: Site, store: Store | None) -> tuple[Box, ...]:
    """Return the box of every area of a site; areas of regions take theirs from the store."""
    boxes = []
    for area in site.declaration.areas:
        if area.bbox is not None:
            boxes.append(area.bbox)
        elif store is not None:
            bounds = [each.geometry.bounds for each in store.features("region", ids=list(area.regions))]
            if bounds:
                west, south, east, north = zip(*bounds, strict=True)
                boxes.append((min(west), min(south), max(east), max(north)))
    return tuple(boxes)


def job_of(
    site: Site,
    source: SiteSource,
    boxes: tuple[Box, ...],
    *,
    now: Callable[[], datetime] = utc_now,
    told: Callable[[int], None] = lambda count: None,
    patience: Patience | None = None,
) -> Job[Any]:
    """Return the job of fetching a source now."""
    return Job(
        source.asked,
        source.endpoint,
        Shelf(site.folder, source.id),
        boxes,
        patience or Patience(attempts=source.endpoint.attempts),
        now,
        told,
    )


def plan(job: Job[Any]) -> list[str]:
    """Return what a fetch would ask, without asking."""
    lines: list[str] = _SERVICES[job.asked.service].plan(job)
    return lines


def fetch(job: Job[Any]) -> Iterator[Outcome]:
    """Fetch a source; what came is on its shelf when it is yielded.

    Raises
    ------
    MinegisError
        If the service does not answer or refuses; what came before stays.
    """
    with job.shelf.reserved():
        yield from _SERVICES[job.asked.service].fetch(job)
        job.shelf.note_visit(job.now())


def is_due(job: Job[Any]) -> bool:
    """Whether the cadence has passed since the source was last fetched whole."""
    visited = job.shelf.visited()
    return visited is None or job.now() - visited >= job.asked.cadence


def chosen(available: Mapping[str, SiteSource], names: list[str]) -> list[SiteSource]:
    """Return the sources with these ids, all without any.

    Raises
    ------
    NotFound
        If the site gives no address for one.
    """
    unknown = [name for name in names if name not in available]
    if unknown:
        raise NotFound(
            "no address for this source",
            where=f"{FILE_NAME}: {unknown[0]}",
            expected=", ".join(available) or f"sources in {FILE_NAME}",
        )
    return [available[name] for name in names] if names else list(available.values())
