"""What was published when: the runs of a site, and what each said of an asset or a region."""

from __future__ import annotations

import sqlalchemy as sa

from data_catalog.store.records import Moment, PastTier
from data_catalog.store.schema import ASSESSMENT, REGION_RISK, RUN
from minegis.clock import parse_utc


def moments(connection: sa.Connection, limit: int) -> list[Moment]:
    """Return the newest runs, the earliest valid time first."""
    c = RUN.c
    query = sa.select(c.id, c.reference_time, c.known_from, c.tiers, c.warnings)
    rows = connection.execute(query.order_by(c.known_from.desc()).limit(limit))
    found = [
        Moment(row.id, parse_utc(row.reference_time), parse_utc(row.known_from), row.tiers, row.warnings)
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.valid_at, each.known_at))


def of_asset(connection: sa.Connection, dataset: str, asset_id: str, limit: int) -> list[PastTier]:
    """Return what the newest runs said of an asset, the oldest first."""
    c = ASSESSMENT.c
    columns = (c.tier, c.state, c.score)
    return _said(connection, ASSESSMENT, columns, (c.dataset == dataset, c.asset_id == asset_id), limit)


def of_region(connection: sa.Connection, code: str, limit: int) -> list[PastTier]:
    """Return what the newest runs said of a region, the oldest first."""
    c = REGION_RISK.c
    columns = (c.tier, c.state, c.score, c.counts)
    return _said(connection, REGION_RISK, columns, (c.code == code,), limit)


def _said(
    connection: sa.Connection,
    table: sa.Table,
    columns: tuple[sa.Column[object], ...],
    wanted: tuple[sa.ColumnElement[bool], ...],
    limit: int,
) -> list[PastTier]:
    """Join each run to the row that was known once it was published; a row may hold for many runs."""
    then = sa.and_(
        table.c.known_from <= RUN.c.known_from,
        sa.or_(table.c.known_to.is_(None), table.c.known_to > RUN.c.known_from),
    )
    query = sa.select(RUN.c.reference_time, RUN.c.known_from, *columns).join(table, then)
    rows = connection.execute(query.where(*wanted).order_by(RUN.c.known_from.desc()).limit(limit))
    found = [PastTier(parse_utc(valid), parse_utc(at), *said) for valid, at, *said in rows]
    return found[::-1]
