"""Rows that were refused at import: kept with their reasons until a corrected row releases them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from data_catalog.store.moments import Write
from data_catalog.store.records import QuarantinedRow
from data_catalog.store.schema import QUARANTINE
from minegis.clock import format_moment, parse_utc


def hold(write: Write, rows: Iterable[QuarantinedRow]) -> int:
    """Keep refused rows; the same row of the same file is kept once.

    Returns
    -------
    int
        How many were new.
    """
    table = QUARANTINE
    open_rows = sa.select(table.c.dataset, table.c.file_sha256, table.c.row).where(
        table.c.released_at.is_(None)
    )
    present = {tuple(row) for row in write.connection.execute(open_rows)}
    fresh = [
        {
            "dataset": row.dataset,
            "file": row.file,
            "file_sha256": row.file_sha256,
            "row": row.row,
            "feature_id": row.feature_id,
            "reasons": list(row.reasons),
            "values": row.values,
            "at": format_moment(row.at),
        }
        for row in rows
        if (row.dataset, row.file_sha256, row.row) not in present
    ]
    if fresh:
        write.connection.execute(sa.insert(QUARANTINE), fresh)
        write.changed(QUARANTINE.name)
    return len(fresh)


def release(write: Write, dataset: str, feature_ids: Sequence[str]) -> int:
    """Mark the held rows of these features as released: a good row has come in for each."""
    table = QUARANTINE
    of_features = (table.c.dataset == dataset, table.c.feature_id.in_(feature_ids))
    return _release(write, *of_features)


def settle(write: Write, rows: Iterable[QuarantinedRow]) -> None:
    """Mark these held rows as released: a newer reading of the same rows has come."""
    table = QUARANTINE
    for row in rows:
        of_file = (table.c.dataset == row.dataset, table.c.file_sha256 == row.file_sha256)
        _release(write, *of_file, table.c.row == row.row)


def _release(write: Write, *which: sa.ColumnElement[bool]) -> int:
    table = QUARANTINE
    statement = sa.update(table).where(*which, table.c.released_at.is_(None)).values(released_at=write.at)
    released = int(write.connection.execute(statement).rowcount)
    if released:
        write.changed(table.name)
    return released


def held(connection: sa.Connection, dataset: str | None = None) -> list[QuarantinedRow]:
    """Return the rows that still wait for a correction."""
    query = sa.select(QUARANTINE).where(QUARANTINE.c.released_at.is_(None)).order_by(QUARANTINE.c.pk)
    if dataset is not None:
        query = query.where(QUARANTINE.c.dataset == dataset)
    return [
        QuarantinedRow(
            dataset=row["dataset"],
            file=row["file"],
            file_sha256=row["file_sha256"],
            row=row["row"],
            feature_id=row["feature_id"],
            reasons=tuple(row["reasons"]),
            values=row["values"],
            at=parse_utc(row["at"]),
        )
        for row in connection.execute(query).mappings()
    ]
