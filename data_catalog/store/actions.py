"""What people did about warnings: added, never changed, and in one order with the messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from data_catalog.store.backend import Backend
from data_catalog.store.moments import writing
from data_catalog.store.schema import REVISION, RULE_ACTIVATION, RUN, WARNING_ACTION, WARNING_EVENT
from minegis.clock import format_moment, parse_utc
from minegis.errors import NotFound, Stale, StoreConflict

ActionKind = Literal["acknowledge", "assign", "comment", "escalate", "close"]


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """One act of a person at the desk.

    Attributes
    ----------
    warning_id, identifier : str
        The warning, and its last message when the person acted.
    kind : str
    who : str
        The duty officer.
    to : str
        Whom it is assigned or escalated to; empty for the others.
    text, reason : str
        Of a comment, and of a closing.
    key : str
        Made up by the client: the same key is the same act, sent again.
    number : int
        Of all actions of the site, from 1; given by the store.
    at : datetime or None
        The moment of the write; given by the store.
    """

    warning_id: str
    identifier: str
    kind: ActionKind
    who: str
    to: str = ""
    text: str = ""
    reason: str = ""
    key: str = ""
    number: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """What the desk needs of a message: its tier, and since when it is known."""

    warning_id: str
    identifier: str
    msg_type: str
    tier: int
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the order of everything written: a moment, and a number inside it."""

    at: datetime
    number: int = 0

    @property
    def key(self) -> tuple[datetime, int]:
        """What positions are compared by."""
        return self.at, self.number


@dataclass(frozen=True, slots=True)
class Written:
    """A warning that got a message or an action there; a run or the rules where `warning_id` is empty."""

    position: Position
    kind: Literal["warning", "run", "rules"]
    warning_id: str = ""


_LAST = 2**62  # what a run or an activation is numbered by: behind the messages of its moment


class StoreActions:
    """The actions at the warning desk. Each method that writes is one transaction."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def add(self, action: ActionRecord, *, seen: int) -> tuple[ActionRecord, bool]:
        """Add an action; return it as kept, and whether it is new.

        Parameters
        ----------
        seen : int
            Number of the warning's last action that the person's decision was made on, 0 for none.

        Raises
        ------
        NotFound
            If no such warning was ever sent.
        Stale
            If the warning got a message or an action meanwhile.
        StoreConflict
            If the key stands for another act.
        """
        table, messages = WARNING_ACTION, WARNING_EVENT
        with writing(self._backend) as write:
            found = write.connection.execute(sa.select(table).where(table.c.key == action.key)).mappings()
            if (row := found.first()) is not None:
                return _same(_action(row), action), False
            of_warning = messages.c.warning_id == action.warning_id
            query = sa.select(messages.c.identifier).where(of_warning).order_by(messages.c.pk.desc()).limit(1)
            last_message = write.connection.execute(query).scalar()
            if last_message is None:
                raise NotFound("no such warning", where=f"warning {action.warning_id!r}")
            acted = sa.select(sa.func.max(table.c.number)).where(table.c.warning_id == action.warning_id)
            last_action = write.connection.execute(acted).scalar() or 0
            if (last_message, last_action) != (action.identifier, seen):
                raise Stale(
                    "the warning changed meanwhile",
                    where=f"warning {action.warning_id!r}",
                    expected=f"an act on message {last_message} and action {last_action}",
                    got=f"one on message {action.identifier} and action {seen}",
                )
            highest = write.connection.execute(sa.select(sa.func.max(table.c.number))).scalar() or 0
            kept = replace(action, number=highest + 1, at=parse_utc(write.at))
            write.connection.execute(sa.insert(table).values(**{**_plain(kept), "at": write.at}))
            write.changed(table.name)
        return kept, True

    def find(self, key: str) -> ActionRecord | None:
        """Return the action that was sent with a key."""
        query = sa.select(WARNING_ACTION).where(WARNING_ACTION.c.key == key)
        with self._backend.reading() as connection:
            row = connection.execute(query).mappings().first()
        return _action(row) if row else None

    def all(self, warning_id: str | None = None, as_of: datetime | None = None) -> list[ActionRecord]:
        """Return the actions, oldest first."""
        query = sa.select(WARNING_ACTION).order_by(WARNING_ACTION.c.number)
        if warning_id is not None:
            query = query.where(WARNING_ACTION.c.warning_id == warning_id)
        if as_of is not None:
            query = query.where(WARNING_ACTION.c.at <= format_moment(as_of))
        with self._backend.reading() as connection:
            return [_action(row) for row in connection.execute(query).mappings()]

    def messages(self, warning_id: str | None = None, as_of: datetime | None = None) -> list[MessageRecord]:
        """Return what the desk needs of every message, oldest first."""
        c = WARNING_EVENT.c
        columns = (c.warning_id, c.identifier, c.msg_type, c.tier, c.known_from)
        query = sa.select(*columns).order_by(c.pk)
        if warning_id is not None:
            query = query.where(c.warning_id == warning_id)
        if as_of is not None:
            query = query.where(c.known_from <= format_moment(as_of))
        with self._backend.reading() as connection:
            return [MessageRecord(*row[:4], parse_utc(row[4])) for row in connection.execute(query)]

    def written_after(self, position: Position, limit: int) -> list[Written]:
        """Return what was written after a position, in order, at most `limit` of it.

        Moments grow as commits do, so what is read later is never before what was read already.
        """
        moment = format_moment(position.at)
        found: list[Written] = []
        with self._backend.reading() as connection:
            for table, time, number in (
                (WARNING_EVENT, WARNING_EVENT.c.known_from, WARNING_EVENT.c.pk),
                (WARNING_ACTION, WARNING_ACTION.c.at, WARNING_ACTION.c.number),
            ):
                later = sa.or_(time > moment, sa.and_(time == moment, number > position.number))
                query = sa.select(time, number, table.c.warning_id).where(later)
                rows = connection.execute(query.order_by(time, number).limit(limit))
                found += [Written(Position(parse_utc(at), pk), "warning", name) for at, pk, name in rows]
            # In the same snapshot: a run that is told before its messages are read would pass over them.
            c = REVISION.c
            changed = sa.select(c.name, c.at).where(c.name.in_(_REVISED), c.at >= moment)
            for name, at in connection.execute(changed):
                place = Position(parse_utc(at), _LAST)
                if place.key > position.key:
                    found.append(Written(place, _REVISED[name]))
        return sorted(found, key=lambda each: each.position.key)[:limit]


_REVISED: dict[str, Literal["run", "rules"]] = {RUN.name: "run", RULE_ACTIVATION.name: "rules"}


def _same(known: ActionRecord, sent: ActionRecord) -> ActionRecord:
    """Return the known act if `sent` says the same; the message it was made on may differ.

    Who escalates need not say to whom: then what it was made to stands.
    """
    names = ("warning_id", "kind", "who", "to", "text", "reason")
    said = replace(sent, to=sent.to or known.to)
    if any(getattr(known, name) != getattr(said, name) for name in names):
        raise StoreConflict(
            "this key stands for another act", where="key", expected="a new key", got=sent.key
        )
    return known


def _plain(record: ActionRecord) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def _action(row: Mapping[Any, Any]) -> ActionRecord:
    values = {each.name: row[each.name] for each in fields(ActionRecord)}
    return ActionRecord(**{**values, "at": parse_utc(values["at"])})
