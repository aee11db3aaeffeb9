"""Moments: each write transaction stamps what it writes with one, later than any before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from data_catalog.store.backend import Backend, Revision
from data_catalog.store.schema import REVISION
from minegis.clock import format_moment, parse_utc, utc_now


@dataclass(frozen=True, slots=True)
class Write:
    """A write transaction: its connection, and the moment that its rows bear."""

    backend: Backend
    connection: sa.Connection
    at: str

    def changed(self, name: str) -> None:
        """Advance the revision of a table: what caches are keyed by."""
        values = {"number": REVISION.c.number + 1, "at": self.at}
        updated = self.connection.execute(sa.update(REVISION).where(REVISION.c.name == name).values(values))
        if not updated.rowcount:
            self.connection.execute(sa.insert(REVISION).values(name=name, number=1, at=self.at))


@contextmanager
def writing(backend: Backend) -> Iterator[Write]:
    """Give the one write transaction; its moment is taken inside, so moments grow as commits do."""
    with backend.writing() as connection:
        last = connection.execute(sa.select(sa.func.max(REVISION.c.at))).scalar_one()
        moment = max(utc_now(), parse_utc(last) + timedelta(microseconds=1))
        yield Write(backend, connection, format_moment(moment))


def newest(revisions: Mapping[str, Revision], *names: str) -> datetime | None:
    """Return the moment of the last change of the named tables, or of any; None when there was none."""
    chosen = [revisions[name].at for name in names or revisions if name in revisions]
    return parse_utc(max(chosen)) if chosen else None
