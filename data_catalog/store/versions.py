"""Versions: how rows are written. A changed row is closed and a new one stands beside it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from itertools import batched
from typing import Any

import numpy as np
import orjson
import shapely
import sqlalchemy as sa

from data_catalog.dataset import Dataset, datasets
from data_catalog.store.features import table_of
from data_catalog.store.moments import Write
from data_catalog.store.records import Change, Feature
from data_catalog.store.sql import compiled
from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput, StoreConflict

_AT_ONCE = 10_000
_MANY = 1_000


def digest_of(content: bytes) -> str:
    """Return a text that names this content."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def close(write: Write, table: sa.Table, keys: Sequence[int]) -> None:
    """End the validity of rows, by their pk."""
    if keys:
        statement = sa.update(table).where(table.c.pk == sa.bindparam("old")).values(known_to=write.at)
        write.connection.execute(statement, [{"old": key} for key in keys])


def upsert(write: Write, dataset_id: str, features: Iterable[Feature]) -> Change:
    """Write features: new ones are inserted, changed ones become a new version, the rest stays.

    Raises
    ------
    InvalidInput
        If a property is not declared, or a value cannot be kept.
    StoreConflict
        If one id comes twice with different content.
    """
    table = table_of(dataset_id)
    current: dict[str, tuple[int | None, str]] = {
        row.id: (row.pk, row.digest)
        for row in write.connection.execute(
            sa.select(table.c.id, table.c.pk, table.c.digest).where(table.c.known_to.is_(None))
        )
    }
    inserted = updated = unchanged = 0
    with ExitStack() as filling:
        for i, batch in enumerate(batched(features, _AT_ONCE)):
            if i == 0 and len(batch) == _AT_ONCE:
                filling.enter_context(write.backend.filling(write.connection, table))
            change = _upsert(write, table, datasets()[dataset_id], batch, current)
            inserted += change.inserted
            updated += change.updated
            unchanged += change.unchanged
    if inserted or updated:
        write.changed(dataset_id)
    if inserted + updated >= _MANY:
        write.backend.learn(write.connection, table)
    return Change(inserted=inserted, updated=updated, unchanged=unchanged)


def _upsert(
    write: Write,
    table: sa.Table,
    dataset: Dataset,
    features: Sequence[Feature],
    current: dict[str, tuple[int | None, str]],
) -> Change:
    """Write some features; `current` holds pk and digest by id, no pk where it is written in this turn."""
    fresh: list[dict[str, Any]] = []
    replaced: list[int] = []
    for row in rows_of(dataset, features):
        pk, digest = current.get(row["id"], (0, ""))
        if digest == row["digest"]:
            continue
        if pk is None:
            raise StoreConflict("the same id twice with different content", where=row["id"])
        if pk:
            replaced.append(pk)
        current[row["id"]] = (None, row["digest"])
        fresh.append(row)
    close(write, table, replaced)
    insert(write, table, fresh)
    return Change(len(fresh) - len(replaced), len(replaced), len(features) - len(fresh))


def insert(write: Write, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Add rows that are known from the moment of the write."""
    if rows:
        named: dict[str, sa.BindParameter[Any]] = {
            name: sa.bindparam(name) for name in (*rows[0], "known_from")
        }
        sql = compiled(sa.insert(table).values(named), write.backend.dialect)
        write.connection.exec_driver_sql(sql.text, [{**row, "known_from": write.at} for row in rows])


def rows_of(dataset: Dataset, features: Sequence[Feature]) -> list[dict[str, Any]]:
    """Return the columns of features.

    Raises
    ------
    InvalidInput
        If a property is not declared, or a value cannot be kept.
    """
    geometries = np.array([feature.geometry for feature in features], dtype=object)
    shapes: Iterable[bytes] = shapely.to_wkb(geometries, include_srid=False)
    frames = shapely.bounds(geometries).tolist()
    rows = []
    for feature, wkb, (minx, miny, maxx, maxy) in zip(features, shapes, frames, strict=True):
        if not (math.isfinite(minx + maxx) and math.isfinite(miny + maxy)):
            raise InvalidInput("a geometry that is empty or not finite", where=feature.id)
        values = _values(dataset, feature)
        kept = {
            "id": feature.id, "minx": minx, "miny": miny, "maxx": maxx, "maxy": maxy,
            "origin": str(feature.origin), "source": feature.source,
            "digest": _digest(feature, values, wkb), **values,
            "as_text": _text(dataset, feature, values), "geometry": wkb,
        }  # fmt: skip
        rows.append(kept)
    return rows


def _digest(feature: Feature, values: dict[str, Any], wkb: bytes) -> str:
    try:
        content = orjson.dumps([feature.id, values, feature.origin, feature.source])
    except TypeError as error:  # a whole number beyond 64 bits, half of a surrogate pair
        raise InvalidInput("a value that cannot be kept", where=feature.id, got=str(error)) from None
    return digest_of(content + wkb)


def _text(dataset: Dataset, feature: Feature, values: dict[str, Any]) -> str:
    """Return what is kept of a feature as JSON, each value of its declared type."""
    exact: dict[str, type] = {"number": float, "boolean": bool}
    typed = {
        field.name: exact[field.type](value) if field.type in exact and value is not None else value
        for field, value in zip(dataset.fields, values.values(), strict=True)
    }
    return orjson.dumps({**typed, "origin": feature.origin, "source": feature.source}).decode()


def _values(dataset: Dataset, feature: Feature) -> dict[str, Any]:
    given = feature.properties
    values = {}
    for field in dataset.fields:
        value = given.get(field.name)
        if isinstance(value, str):
            if "\0" in value:
                raise InvalidInput("a text with a NUL character", where=f"{feature.id}.{field.name}")
            if field.type == "datetime" and "T" in value:  # else it says no more than a day
                value = format_utc(parse_utc(value, where=f"{feature.id}.{field.name}"))
        elif isinstance(value, float) and not math.isfinite(value):
            raise InvalidInput("a number that is not finite", where=f"{feature.id}.{field.name}")
        values[field.name] = value
    if len(given) > len(values) or not given.keys() <= values.keys():
        unknown = ", ".join(sorted(given.keys() - values.keys()))
        raise InvalidInput(
            "a property that the dataset does not declare",
            where=feature.id,
            expected=", ".join(values),
            got=unknown,
        )
    return values
