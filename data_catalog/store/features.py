"""Features with history: reads as of a moment, writes that never overwrite."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
import shapely
import sqlalchemy as sa

from data_catalog.dataset import datasets
from data_catalog.store.records import Change, Feature
from data_catalog.store.schema import REVISION, feature_table
from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin

type Bounds = tuple[float, float, float, float]


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


def known(table: sa.Table, as_of: datetime | None) -> sa.ColumnElement[bool]:
    """Return the condition for rows known at `as_of`, or now."""
    if as_of is None:
        return table.c.known_to.is_(None)
    moment = format_utc(as_of)
    return sa.and_(
        table.c.known_from <= moment, sa.or_(table.c.known_to.is_(None), table.c.known_to > moment)
    )


def _conditions(
    dataset_id: str,
    bbox: Bounds | None,
    ids: Sequence[str] | None,
    where: Mapping[str, object] | None,
    as_of: datetime | None,
) -> list[sa.ColumnElement[bool]]:
    table = table_of(dataset_id)
    conditions = [known(table, as_of)]
    if ids is not None:
        conditions.append(table.c.id.in_(ids))
    for name, value in (where or {}).items():
        column = column_of(table, name)
        conditions.append(column.in_(value) if isinstance(value, list | tuple) else column == value)
    if bbox is not None:
        west, south, east, north = bbox
        index = sa.table(f"rtree_{dataset_id}", *map(sa.column, ("pk", "minx", "maxx", "miny", "maxy")))
        touching = sa.select(index.c.pk).where(
            index.c.maxx >= west, index.c.minx <= east, index.c.maxy >= south, index.c.miny <= north
        )
        conditions += [
            table.c.pk.in_(touching),
            sa.func.geometry_intersects(table.c.geometry, west, south, east, north) == 1,
        ]
    return conditions


def column_of(table: sa.Table, name: str) -> sa.Column[Any]:
    """Return a column that people may name.

    Raises
    ------
    InvalidInput
        If there is none, or it is internal.
    """
    hidden = {"pk", "geometry", "digest", "minx", "miny", "maxx", "maxy"}
    if name not in table.c or name in hidden:
        public = ", ".join(c.name for c in table.c if c.name not in hidden)
        raise InvalidInput("no such property", where=name, expected=public, got=name)
    return table.c[name]


def select_features(
    connection: sa.Connection,
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
        column_of(table, name.lstrip("-")).desc() if name.startswith("-") else column_of(table, name).asc()
        for name in order_by
    ]
    query = sa.select(table).where(*_conditions(dataset_id, bbox, ids, where, as_of))
    query = query.order_by(*order, table.c.pk).limit(limit if limit is not None else -1).offset(offset)
    rows = connection.execute(query).mappings().all()
    names = [field.name for field in datasets()[dataset_id].fields]
    geometries = shapely.from_wkb([row["geometry"] for row in rows])
    return [
        Feature(
            id=row["id"],
            properties={name: row[name] for name in names},
            geometry=geometry,
            origin=Origin(row["origin"]),
            source=row["source"],
            known_from=parse_utc(row["known_from"]),
        )
        for row, geometry in zip(rows, geometries, strict=True)
    ]


def count_features(
    connection: sa.Connection,
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
    return int(
        connection.execute(query.where(*_conditions(dataset_id, bbox, ids, where, as_of))).scalar_one()
    )


def upsert_features(
    connection: sa.Connection, dataset_id: str, features: Iterable[Feature], now: datetime
) -> Change:
    """Write features: new ones are inserted, changed ones become a new version, the rest stays."""
    table = table_of(dataset_id)
    current = {
        row.id: (row.pk, row.digest)
        for row in connection.execute(
            sa.select(table.c.id, table.c.pk, table.c.digest).where(table.c.known_to.is_(None))
        )
    }
    names = [field.name for field in datasets()[dataset_id].fields]
    fresh: list[dict[str, Any]] = []
    replaced: list[int] = []
    unchanged = 0
    moment = format_utc(now)
    for feature in features:
        row = _row(feature, names)
        pk, digest = current.get(feature.id, (None, None))
        if digest == row["digest"]:
            unchanged += 1
            continue
        if pk is not None:
            replaced.append(pk)
        current[feature.id] = (None, row["digest"])
        fresh.append({**row, "known_from": moment})
    if replaced:
        connection.execute(
            sa.update(table).where(table.c.pk == sa.bindparam("old")).values(known_to=moment),
            [{"old": pk} for pk in replaced],
        )
    if fresh:
        _insert(connection, dataset_id, table, fresh)
        bump(connection, dataset_id)
    return Change(inserted=len(fresh) - len(replaced), updated=len(replaced), unchanged=unchanged)


def _row(feature: Feature, names: list[str]) -> dict[str, Any]:
    unknown = set(feature.properties) - set(names)
    if unknown:
        raise InvalidInput(
            "a property that the dataset does not declare",
            where=feature.id,
            expected=", ".join(names),
            got=", ".join(sorted(unknown)),
        )
    wkb = shapely.to_wkb(feature.geometry, include_srid=False)
    properties = {name: feature.properties.get(name) for name in names}
    content = orjson.dumps([properties, feature.origin, feature.source], option=orjson.OPT_SORT_KEYS)
    minx, miny, maxx, maxy = feature.geometry.bounds
    return {
        "id": feature.id,
        **properties,
        "geometry": wkb,
        "minx": minx,
        "miny": miny,
        "maxx": maxx,
        "maxy": maxy,
        "origin": str(feature.origin),
        "source": feature.source,
        "digest": hashlib.sha256(wkb + content).hexdigest(),
    }


def _insert(connection: sa.Connection, dataset_id: str, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.pk), 0))).scalar_one()
    for pk, row in enumerate(rows, start=last + 1):
        row["pk"] = pk
    connection.execute(sa.insert(table), rows)
    connection.exec_driver_sql(
        f"INSERT INTO rtree_{dataset_id} (pk, minx, maxx, miny, maxy) VALUES (?, ?, ?, ?, ?)",
        [(row["pk"], row["minx"], row["maxx"], row["miny"], row["maxy"]) for row in rows],
    )


def bump(connection: sa.Connection, name: str) -> None:
    """Advance a revision number: what caches are keyed by."""
    updated = connection.execute(
        sa.update(REVISION).where(REVISION.c.name == name).values(number=REVISION.c.number + 1)
    )
    if not updated.rowcount:
        connection.execute(sa.insert(REVISION).values(name=name, number=1))
