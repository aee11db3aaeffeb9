"""Selections: the SQL that reads a collection, with the risk that is joined to its features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from data_catalog.collection import Collection
from data_catalog.expression import GEOMETRY
from data_catalog.items import Sort
from data_catalog.store.backend import Backend
from data_catalog.store.features import table_of
from data_catalog.store.schema import ASSESSMENT, REGION_RISK, TEXT
from data_catalog.store.sql import Sql, compiled
from minegis.errors import InvalidInput

RISK = frozenset({"tier", "state", "score", "coverage"})
_WHERE = "__where__"
_LARGEST = 2**63


class Template(str):
    """The text of a statement whose condition is filled in."""

    __slots__ = ()

    def where(self, condition: Sql) -> str:
        """Return the whole statement."""
        return self.replace(_WHERE, f"({condition.text})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What tells one statement from another; the values stay parameters.

    `after` says which sort keys of the last row had a value, None on a first page. `present` is the state of
    now, which the indexes know best. With `as_text` the row ends with the text of what is not among `names`.
    """

    names: tuple[str, ...]
    sort: tuple[Sort, ...]
    after: tuple[bool, ...] | None
    present: bool
    as_text: bool = False


class Selection:
    """The statements of one collection; none has a parameter that could meet one of a condition."""

    def __init__(self, backend: Backend, collection: Collection) -> None:
        self.backend = backend
        self.table = table_of(collection.id)
        self._risk = REGION_RISK if collection.id == "region" else ASSESSMENT if collection.asset else None
        self._dataset = collection.id
        self.names = tuple(collection.properties)
        self.joined = tuple(name for name in self.names if self._risk is not None and name in RISK)
        self.columns = self._columns()
        table, risk = self.table, self._risk
        self.tag: sa.ColumnElement[str] = table.c.digest
        self.changed_at: sa.ColumnElement[str] = table.c.known_from
        if risk is not None:
            nothing: sa.ColumnElement[str] = sa.literal_column("''")
            self.tag = table.c.digest.concat(sa.func.coalesce(risk.c.digest, nothing))
            later = risk.c.known_from > table.c.known_from
            self.changed_at = sa.case((later, risk.c.known_from), else_=table.c.known_from)

    @property
    def sources(self) -> tuple[str, ...]:
        """The tables whose changes change an answer."""
        return (self._dataset,) if self._risk is None else (self._dataset, self._risk.name)

    def page(self, wanted: Wanted) -> Template:
        """Return the statement of a page: fixed columns, values, then the sort keys, the pk, and the text."""
        table = self.table
        keys = [self._key(each.name) for each in wanted.sort]
        values = [self._key(name).label(name) for name in wanted.names]
        fixed = (table.c.id, table.c.geometry, self.tag.label("tag"), self.changed_at.label("changed_at"))
        text = (table.c.as_text,) if wanted.as_text else ()
        query = self._of(sa.select(*fixed, *values, *keys, table.c.pk, *text), wanted.present)
        query = query.where(sa.text(_WHERE))
        if wanted.after is not None:
            query = query.where(self._beyond(wanted.sort, keys, wanted.after))
        order = [
            (key.desc() if each.descending else key.asc()).nulls_last()
            for key, each in zip(keys, wanted.sort, strict=True)
        ]
        query = query.order_by(*order, table.c.pk)
        return self._text(query.limit(_number("page_limit")).offset(_number("page_offset")))

    def count(self, present: bool, joined: bool) -> Template:
        """Return the statement that counts, up to ``page_limit``."""
        one: sa.Select[Any] = sa.select(sa.literal_column("1").label("one"))
        matches = (
            self._of(one, present, joined)
            .where(sa.text(_WHERE))
            .limit(_number("page_limit"))
            .offset(sa.literal_column("0"))
            .subquery()
        )
        return self._text(sa.select(sa.func.count()).select_from(matches))

    def item(self, names: Sequence[str], present: bool) -> str:
        """Return the statement of one item by ``item_id``: as a page, with the pk at the end."""
        table = self.table
        values = [self._key(name).label(name) for name in names]
        fixed = (table.c.id, table.c.geometry, self.tag.label("tag"), self.changed_at.label("changed_at"))
        query = self._of(sa.select(*fixed, *values, table.c.pk), present)
        return self._text(query.where(table.c.id == sa.bindparam("item_id", type_=TEXT)))

    def up_to(self, key: int) -> Sql:
        """Return the condition for rows up to a pk."""
        return Sql(f"{self.table.name}.pk <= {key}")

    def among(self, keys: Sequence[int]) -> Sql:
        """Return the condition for rows by their pk."""
        return Sql(f"{self.table.name}.pk IN ({', '.join(map(str, keys)) or 'NULL'})")

    def check_after(self, sort: Sequence[Sort], after: Sequence[Any]) -> None:
        """Refuse an end of a page that is none of this order.

        Raises
        ------
        InvalidInput
            If the number or the kinds of its values differ.
        """
        kinds = [self._key(each.name).type.python_type for each in sort]
        fits = len(after) == len(sort) + 1 and type(after[-1]) is int and abs(after[-1]) < _LARGEST
        if not fits or not all(_is(kind, key) for kind, key in zip(kinds, after, strict=False)):
            raise InvalidInput("the end of a page in another order", where="cursor")

    def _text(self, statement: sa.Select[Any]) -> Template:
        made = compiled(statement, self.backend.dialect)
        unbound = {name: value for name, value in made.parameters.items() if value is not None}
        assert not unbound, unbound  # a value here could meet one of a condition
        return Template(made.text)

    def _columns(self) -> dict[str, sa.ColumnElement[Any]]:
        table, risk = self.table, self._risk
        columns: dict[str, sa.ColumnElement[Any]] = {"id": table.c.id, GEOMETRY: self.backend.shape(table)}
        for name in self.names:
            if name not in RISK or risk is None:
                columns[name] = table.c[name]
            elif name == "tier":
                columns[name] = sa.func.coalesce(risk.c.tier, sa.literal_column("0", sa.Integer))
            elif name == "state":
                columns[name] = sa.func.coalesce(risk.c.state, sa.literal_column("'missing'", TEXT))
            else:
                columns[name] = risk.c[name]
        return columns

    def _key(self, name: str) -> sa.ColumnElement[Any]:
        if name not in self.columns or name == GEOMETRY:
            expected = ", ".join(("id", *self.names))
            raise InvalidInput("no such property", where=name, expected=expected, got=name)
        return self.columns[name]

    def _of[S: sa.Select[Any]](self, query: S, present: bool, joined: bool = True) -> S:
        table, risk = self.table, self._risk
        source: sa.FromClause = table
        if risk is not None and joined:
            same = (
                risk.c.code == table.c.code
                if risk is REGION_RISK
                else sa.and_(
                    risk.c.dataset == sa.literal_column(f"'{self._dataset}'"), risk.c.asset_id == table.c.id
                )
            )
            source = table.outerjoin(risk, sa.and_(same, _known(risk, present)))
        return query.select_from(source).where(_known(table, present))

    def _beyond(
        self, sort: Sequence[Sort], keys: Sequence[sa.ColumnElement[Any]], valued: Sequence[bool]
    ) -> sa.ColumnElement[bool]:
        """Return the condition for rows after the last one, where a key without a value comes last."""
        same: list[sa.ColumnElement[bool]] = []
        beyond: list[sa.ColumnElement[bool]] = []
        for i, (each, key, has_value) in enumerate(zip(sort, keys, valued, strict=True)):
            if has_value:
                value = sa.bindparam(f"after_{i}", type_=key.type)
                further = key < value if each.descending else key > value
                beyond.append(sa.and_(*same, sa.or_(further, key.is_(None))))
                same.append(key == value)
            else:
                same.append(key.is_(None))
        return sa.or_(*beyond, sa.and_(*same, self.table.c.pk > _number("after_pk")))


def _known(table: sa.Table, present: bool) -> sa.ColumnElement[bool]:
    if present:
        return table.c.known_to.is_(None)
    moment = sa.bindparam("moment", type_=TEXT)
    return sa.and_(
        table.c.known_from <= moment, sa.or_(table.c.known_to.is_(None), table.c.known_to > moment)
    )


def _is(kind: type, key: object) -> bool:
    """Return whether a key may be compared with a column: a whole number is a number, a bool is none."""
    if kind is float:
        return key is None or type(key) in (int, float)
    return key is None or type(key) is kind


def _number(name: str) -> sa.BindParameter[int]:
    return sa.bindparam(name, type_=sa.BigInteger)
