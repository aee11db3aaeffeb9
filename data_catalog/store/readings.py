"""Monitoring readings: appended once, read as of when they were received."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from data_catalog.store.moments import Write
from data_catalog.store.schema import READING
from minegis.clock import format_moment, parse_utc
from minegis.levels import Origin
from minegis.reading import Quality, Reading


def add_readings(write: Write, readings: Iterable[Reading]) -> int:
    """Append readings; one that is there already (point, variable, time) is left as it is."""
    rows = [
        {
            "point_id": reading.point_id,
            "variable": reading.variable,
            "observed_at": format_moment(reading.observed_at),
            "dataset": reading.dataset,
            "asset_id": reading.asset_id,
            "value": reading.value,
            "quality": int(reading.quality),
            "origin": str(reading.origin),
            "source": reading.source,
            "received_at": write.at,
        }
        for reading in readings
    ]
    if not rows:
        return 0
    number = sa.select(sa.func.count()).select_from(READING)
    before = write.connection.execute(number).scalar_one()
    write.connection.execute(write.backend.insert_new(READING), rows)
    added = write.connection.execute(number).scalar_one() - before
    if added:
        write.changed(READING.name)
    return int(added)


def newest_readings(
    connection: sa.Connection,
    dataset: str | None = None,
    asset_id: str | None = None,
    *,
    before: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
) -> list[Reading]:
    """Return the newest reading of each point and variable of an asset, from before or until a time."""
    point = (READING.c.dataset, READING.c.asset_id, READING.c.point_id, READING.c.variable)
    query = sa.select(*point, sa.func.max(READING.c.observed_at).label("observed_at")).group_by(*point)
    asked = _between(None, until, as_of, None)
    if before is not None:
        asked.append(READING.c.observed_at < format_moment(before))
    newest = _of(query, dataset, asset_id).where(*asked).subquery()
    same = (READING.c[column.name] == column for column in newest.c)
    rows = connection.execute(sa.select(READING).join(newest, sa.and_(*same)).order_by(READING.c.pk))
    return [_reading(row) for row in rows.mappings()]


def last_heard(connection: sa.Connection, until: datetime) -> list[Reading]:
    """Return the newest reading that has a value of each point and variable, up to a time."""
    c = READING.c
    spoken = (c.value.is_not(None), c.quality != Quality.MISSING, c.observed_at <= format_moment(until))
    query = sa.select(c.point_id, c.variable, sa.func.max(c.observed_at).label("observed_at"))
    newest = query.where(*spoken).group_by(c.point_id, c.variable).subquery()
    same = (c[column.name] == column for column in newest.c)
    rows = connection.execute(sa.select(READING).join(newest, sa.and_(*same)).order_by(c.pk))
    return [_reading(row) for row in rows.mappings()]


def select_readings(
    connection: sa.Connection,
    dataset: str | None = None,
    asset_id: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
    variable: str | None = None,
) -> list[Reading]:
    """Return readings, oldest first; `as_of` hides what was received later."""
    query = _of(sa.select(READING).order_by(READING.c.observed_at, READING.c.point_id), dataset, asset_id)
    query = query.where(*_between(since, until, as_of, variable))
    return [_reading(row) for row in connection.execute(query).mappings()]


def count_readings(
    connection: sa.Connection,
    dataset: str,
    asset_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    as_of: datetime | None = None,
    variable: str | None = None,
) -> int:
    """Count what `select_readings` would return of an asset."""
    query = _of(sa.select(sa.func.count()).select_from(READING), dataset, asset_id)
    return int(connection.execute(query.where(*_between(since, until, as_of, variable))).scalar_one())


def _between(
    since: datetime | None, until: datetime | None, as_of: datetime | None, variable: str | None
) -> list[sa.ColumnElement[bool]]:
    found = []
    if since is not None:
        found.append(READING.c.observed_at >= format_moment(since))
    if until is not None:
        found.append(READING.c.observed_at <= format_moment(until))
    if as_of is not None:
        found.append(READING.c.received_at <= format_moment(as_of))
    if variable is not None:
        found.append(READING.c.variable == variable)
    return found


def _of(query: sa.Select[Any], dataset: str | None, asset_id: str | None) -> sa.Select[Any]:
    if dataset is not None:
        query = query.where(READING.c.dataset == dataset)
    if asset_id is not None:
        query = query.where(READING.c.asset_id == asset_id)
    return query


def _reading(row: sa.RowMapping) -> Reading:
    return Reading(
        point_id=row["point_id"],
        dataset=row["dataset"],
        asset_id=row["asset_id"],
        variable=row["variable"],
        value=row["value"],
        observed_at=parse_utc(row["observed_at"]),
        quality=Quality(row["quality"]),
        origin=Origin(row["origin"]),
        source=row["source"],
    )
