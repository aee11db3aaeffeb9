"""The records of a site: gathered from its declarations and its store, and listed as items."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from threading import Lock

import orjson
import shapely

from data_catalog.collection import CATALOGUE
from data_catalog.dataset import datasets
from data_catalog.items import Bounds, Row
from data_catalog.record import Record, dataset_records, raster_records, run_records, source_records
from data_catalog.store import Artefact
from geoserver.caching import entity_tag
from geoserver.ogc.listed_items import Listing
from geoserver.services import OpenSite
from layers.layer import Layer, groups, layers
from minegis.clock import format_moment
from minegis.declarations import BilingualText
from minegis.errors import NotFound
from tiles.raster import bounds_of

_PUBLISHED = ("snapshot", "artefact", "warning_event")
_STATES_KEPT = 4


class Catalogue:
    """The records of an open site, made again when anything is imported or published."""

    def __init__(self, opened: OpenSite) -> None:
        self.opened = opened
        self._kept: dict[tuple[str, datetime], tuple[Record, ...]] = {}
        self._lock = Lock()

    def version(self) -> str:
        """Return a text that changes whenever a record may; ages are counted in days."""
        return f"{self.opened.version()}/{self.opened.site.now():%Y-%m-%d}"

    def changed_at(self) -> datetime | None:
        """Return when the store last changed."""
        return self.opened.store.changed_at(*datasets(), *_PUBLISHED)

    def records(self, moment: datetime) -> tuple[Record, ...]:
        """Return every record as known at a moment, in one order."""
        key = (self.version(), moment)
        with self._lock:
            if key not in self._kept:
                self._kept = dict([*self._kept.items()][1 - _STATES_KEPT :])
                self._kept[key] = tuple(_records(self.opened, moment))
            return self._kept[key]

    def listing(self, wanted: Callable[[Record], bool] = lambda _: True) -> Listing:
        """Return the records that are wanted as rows of the collection."""

        def rows(moment: datetime) -> Sequence[Row]:
            return [row_of(each) for each in self.records(moment) if wanted(each)]

        return Listing(self.version, self.changed_at, self.opened.store.moment, rows)

    def record(self, record_id: str, moment: datetime | None) -> Record:
        """Return one record, or raise NotFound."""
        for each in self.records(moment or self.opened.store.moment()):
            if each.id == record_id:
                return each
        raise NotFound("no such record", where=f"{CATALOGUE}/{record_id[:80]}")


def _records(opened: OpenSite, moment: datetime) -> Iterator[Record]:
    store = opened.store
    artefacts = store.artefacts(moment)
    yield from source_records()
    yield from dataset_records(store, moment, opened.site.now())
    yield from (_layer(opened, each, artefacts) for each in layers().values())
    yield from raster_records(artefacts, lambda each: _bounds(opened, each))
    run = store.last_run()
    if run is not None and run.finished_at <= moment:
        boxes = [area.bbox for area in opened.site.declaration.areas if area.bbox]
        bounds = _joined(boxes)
        yield from run_records(run, store.snapshots(moment).values(), artefacts, bounds)


def _bounds(opened: OpenSite, artefact: Artefact) -> Bounds | None:
    path = opened.site.path(artefact.path)
    if not path.exists() or path.suffix != ".tif":
        return None
    west, south, east, north = bounds_of(path)
    return west, south, east, north


def _layer(opened: OpenSite, shown: Layer, artefacts: Sequence[Artefact]) -> Record:
    group = groups()[shown.group]
    bounds = opened.store.items(shown.dataset).bounds() if shown.dataset in datasets() else None
    if shown.kind == "raster":
        drawn = [_bounds(opened, each) for each in artefacts if each.layer == shown.raster]
        bounds = _joined([each for each in drawn if each is not None])
    return Record(
        id=f"layer:{shown.id}",
        type="layer",
        title=shown.title,
        description=shown.description,
        keywords=(
            group,
            *(entry.label for entry in shown.legend_entries()),
            BilingualText(zh=shown.title.zh, en=shown.id),
        ),
        theme=shown.group,
        dataset=shown.dataset or (shown.id if shown.kind == "cells" else ""),
        bounds=bounds,
        details={"kind": shown.kind, "variable": shown.variable or None},
    )


def _joined(boxes: Sequence[Sequence[float]]) -> Bounds | None:
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def row_of(found: Record) -> Row:
    """Return a record as a row of the collection: what it can be filtered and sorted by."""
    shape = shapely.to_wkb(shapely.box(*found.bounds), byte_order=1) if found.bounds else None
    values = (
        found.type,
        f"{found.title.zh} {found.title.en}",
        f"{found.description.zh} {found.description.en}",
        ", ".join(dict.fromkeys(text for each in found.keywords for text in (each.zh, each.en))),
        found.spdx or None,
        found.licence or None,
        found.owner or None,
        found.theme or None,
        found.dataset or None,
        found.source or None,
        format_moment(found.created) if found.created else None,
        format_moment(found.updated) if found.updated else None,
    )
    tag = entity_tag(orjson.dumps([found.id, *values, found.details]).decode()).strip('"')
    return (
        found.id,
        shape,
        tag,
        format_moment(found.updated or datetime.fromtimestamp(0, UTC)),
        *values,
    )
