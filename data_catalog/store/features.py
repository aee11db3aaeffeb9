"""Features with history, read as of a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import shapely
import sqlalchemy as sa

from data_catalog.dataset import datasets
from data_catalog.items import Bounds
from data_catalog.store.backend import Backend
from data_catalog.store.reach import wkb_of
from data_catalog.store.records import Feature
from data_catalog.store.schema import feature_table
from minegis.clock import format_moment, parse_utc
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin

_INTERNAL = frozenset({"pk", "as_text", "geometry", "digest", "minx", "miny", "maxx", "maxy"})


def table_of(dataset_id: str) -> sa.Table:
    """Return a dataset's table.

    Raises
    ------
    NotFound
        If no dataset has this id.
    """
    if dataset_id not in datasets():
        raise NotFound("no such dataset", where=f"dataset {dataset_id!r}", expected=", ".join(datasets()))
    return feature_table(dataset_id)


def known(table: sa.FromClause, as_of: datetime | None) -> sa.ColumnElement[bool]:
    """Return the condition for rows known at `as_of`, or now."""
    if as_of is None:
        return table.c.known_to.is_(None)
    moment = format_moment(as_of)
    return sa.and_(
        table.c.known_from <= moment, sa.or_(table.c.known_to.is_(None), table.c.known_to > moment)
    )


def column_of(table: sa.Table, name: str) -> sa.Column[Any]:
    """Return a column that people may name.

    Raises
    ------
    InvalidInput
        If there is none, or it is internal.
    """
    if name not in table.c or name in _INTERNAL:
        public = ", ".join(c.name for c in table.c if c.name not in _INTERNAL)
        raise InvalidInput("no such property", where=name, expected=public, got=name)
    return table.c[name]


def _conditions(
    backend: Backend,
    table: sa.Table,
    bbox: Bounds | None,
    ids: Sequence[str] | None,
    where: Mapping[str, object] | None,
    as_of: datetime | None,
) -> list[sa.ColumnElement[bool] | sa.TextClause]:
    conditions: list[sa.ColumnElement[bool] | sa.TextClause] = [known(table, as_of)]
    if ids is not None:
        conditions.append(table.c.id.in_(ids))
    for name, value in (where or {}).items():
        column = column_of(table, name)
        conditions.append(column.in_(value) if isinstance(value, list | tuple) else column == value)
    if bbox is not None:
        edges = [sa.literal(float(edge), sa.Double) for edge in bbox]
        conditions.append(backend.meets(table, edges, sa.literal(wkb_of(bbox), sa.LargeBinary)))
        tree = backend.tree(table)
        if tree is not None:
            near = tree.near([bbox], present=as_of is None)
            moment = {} if as_of is None else {"moment": format_moment(as_of)}
            conditions.append(sa.text(f"({near.text})").bindparams(**near.parameters, **moment))
    return conditions


def select_features(
    connection: sa.Connection,
    backend: Backend,
    dataset_id: str,
    *,
    bbox: Bounds | None = None,
    ids: Sequence[str] | None = None,
    where: Mapping[str, object] | None = None,
    as_of: datetime | None = None,
    order_by: Sequence[str] = (),
    limit: int | None = None,
    offset: int = 0,
) -> list[Feature]:
    """Read features; `order_by` names properties, a leading ``-`` means descending."""
    table = table_of(dataset_id)
    order = [
        (
            column_of(table, name.lstrip("-")).desc() if name.startswith("-") else column_of(table, name)
        ).nulls_last()
        for name in order_by
    ]
    query = sa.select(table).where(*_conditions(backend, table, bbox, ids, where, as_of))
    query = query.order_by(*order, table.c.pk).limit(limit).offset(offset or None)
    rows = connection.execute(query).mappings().all()
    names = [field.name for field in datasets()[dataset_id].fields]
    geometries = shapely.from_wkb([row["geometry"] for row in rows])
    found = []
    for row, geometry in zip(rows, geometries, strict=True):
        properties = {name: row[name] for name in names}
        origin, known_from = Origin(row["origin"]), parse_utc(row["known_from"])
        found.append(Feature(row["id"], properties, geometry, origin, row["source"], known_from))
    return found


def count_features(
    connection: sa.Connection,
    backend: Backend,
    dataset_id: str,
    *,
    bbox: Bounds | None = None,
    ids: Sequence[str] | None = None,
    where: Mapping[str, object] | None = None,
    as_of: datetime | None = None,
) -> int:
    """Count what `select_features` would return without a limit."""
    table = table_of(dataset_id)
    query = sa.select(sa.func.count()).select_from(table)
    conditions = _conditions(backend, table, bbox, ids, where, as_of)
    return int(connection.execute(query.where(*conditions)).scalar_one())


def changed_bounds(connection: sa.Connection, dataset_id: str, since: datetime) -> list[Bounds]:
    """Return the frames of rows that began or ended after a moment, each once."""
    c = table_of(dataset_id).c
    moment = format_moment(since)
    edges = (c.minx, c.miny, c.maxx, c.maxy)
    parts = [sa.select(*edges).where(edge > moment) for edge in (c.known_from, c.known_to)]
    rows = connection.execute(sa.union(*parts))
    return [(west, south, east, north) for west, south, east, north in rows]
