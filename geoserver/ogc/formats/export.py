"""Whole collections, carried away in a format that is written while it is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain

from data_catalog.items import ItemQuery, Items
from geoserver.ogc.formats.columns import ROWS_A_PAGE, partial_times
from geoserver.ogc.formats.format import Answer, Format


def export(form: Format, items: Items, query: ItemQuery, answer: Answer) -> Iterator[bytes]:
    """Give the bytes of everything that matches, in the state of one moment."""
    pages = items.batches(query, ROWS_A_PAGE)
    first = next(pages)
    partial = partial_times(items, first.moment)
    yield from form.write(chain((first,), pages), replace(answer, partial=partial))


def file_name(form: Format, answer: Answer, moment: datetime) -> str:
    """Return the name of a file: the collection, and the moment whose state it holds."""
    return f"{answer.collection.id}-{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}{form.suffix}"
