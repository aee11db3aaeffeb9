"""What was fetched goes into the store, where its declaration says what it is: once a version."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data_catalog.fetch import Asked
from data_catalog.store import Store
from minegis.errors import InvalidInput, MinegisError
from minegis.levels import Origin
from pipelines.connectors.quakes import read_quakes
from pipelines.connectors.transport.shelf import Fetched, Shelf
from pipelines.import_report import ImportReport
from pipelines.importing import ImportOptions, import_file
from pipelines.reading_import import ReadingOptions, import_readings
from pipelines.registry_import import import_registry

EARTHQUAKE, READING = "earthquake", "reading"


def take_in(store: Store, shelf: Shelf, asked: Asked) -> list[tuple[Fetched, ImportReport | MinegisError]]:
    """Import the newest version of everything on a shelf that was not imported yet.

    Parameters
    ----------
    asked : Asked
        `into` names the dataset, ``reading``, or nothing.

    Returns
    -------
    list of (Fetched, ImportReport or MinegisError)
        Rows that are not good are held, as by any import. A file that cannot be used as a whole comes with
        why; it is tried again the next time, and keeps no other file waiting. A version counts as taken once
        it was read whole; a process that ends before leaves it for the next time, and importing it twice
        changes nothing.
    """
    if not asked.into:
        return []
    found: list[tuple[Fetched, ImportReport | MinegisError]] = []
    went_in = False
    for each in sorted(shelf.records(), key=lambda record: (record.fetched_at, record.name)):
        # What is newer goes in again after a file that could not be read until now: the newest word stands.
        if shelf.taken(each) and not went_in:
            continue
        try:
            report = _imported(store, shelf, each, asked)
        except MinegisError as error:
            found.append((each, error))
            continue
        shelf.note_taken(each)
        found.append((each, report))
        went_in = True
    return found


def _imported(store: Store, shelf: Shelf, each: Fetched, asked: Asked) -> ImportReport:
    path = shelf.site / each.path
    if asked.into == EARTHQUAKE:
        return _earthquakes(store, path, shelf.source)
    if asked.into == READING:
        options = ReadingOptions(time_zone=_zone(asked, shelf.source), encoding=asked.encoding or None)
        return import_readings(store, path, options=options)
    if asked.registry:
        return import_registry(store, path, shelf.source)
    options_of_file = ImportOptions(encoding=asked.encoding or None, origin=Origin(asked.origin))
    return import_file(store, path, asked.into, options=options_of_file)


def _zone(asked: Asked, source: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(asked.time_zone) if asked.time_zone else None
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(
            "an unknown time zone", where=source, expected="Asia/Shanghai", got=asked.time_zone
        ) from None


def _earthquakes(store: Store, path: Path, source: str) -> ImportReport:
    quakes = read_quakes(path, source)
    change = store.upsert(EARTHQUAKE, quakes)
    return ImportReport(
        file=path.name,
        dataset=EARTHQUAKE,
        rows=len(quakes),
        inserted=change.inserted,
        updated=change.updated,
        unchanged=change.unchanged,
        quarantined=0,
        released=0,
        skipped=0,
        mistakes=(),
        warnings=(),
        notes=(),
    )
