"""What features are found by: a part of their name, their id or code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from data_catalog.store.features import known, table_of

_NAMES = ("id", "name", "name_en")
_IMPORTANCE = "population"


@dataclass(frozen=True, order=True)
class Hit:
    """A feature that was found: `quality` is 0 for the same text, 1 for its beginning, 2 for a part."""

    quality: int
    id: str


def search(connection: sa.Connection, dataset_id: str, text: str, limit: int) -> list[Hit]:
    """Return the present features that a text names, the best and most populous first, in one pass."""
    table = table_of(dataset_id)
    wanted = text.lower()
    names = [sa.func.lower(table.c[name]) for name in _NAMES if name in table.c]
    quality = sa.case(
        (sa.or_(*(name == wanted for name in names)), 0),
        (sa.or_(*(name.startswith(wanted, autoescape=True) for name in names)), 1),
        else_=2,
    )
    order: list[sa.ColumnElement[object]] = [quality]
    if _IMPORTANCE in table.c:
        order.append(table.c[_IMPORTANCE].desc().nulls_last())
    query = (
        sa.select(quality, table.c.id)
        .where(known(table, None), sa.or_(*(name.contains(wanted, autoescape=True) for name in names)))
        .order_by(*order, table.c.pk)
        .limit(limit)
    )
    return [Hit(int(rank), feature_id) for rank, feature_id in connection.execute(query)]


def provenance(
    connection: sa.Connection, dataset_id: str, as_of: datetime | None = None
) -> frozenset[tuple[str, str]]:
    """Return the origins and sources that the features of a dataset have."""
    table = table_of(dataset_id)
    query = sa.select(table.c.origin, table.c.source).where(known(table, as_of)).distinct()
    return frozenset((origin, source) for origin, source in connection.execute(query))
