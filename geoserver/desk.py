"""The warning desk: where each warning stands, and what may be done about it now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from data_catalog.store import ActionRecord, MessageRecord
from geoserver.services import OpenSite
from minegis.clock import format_moment
from minegis.errors import NotFound, Stale
from minegis.levels import Tier
from pipelines.rule_state import active_rules
from pipelines.warning_record import warning_of
from risk_models.warning.desk import Act, Desk, Message, desk_of, judged

_TABLES = ("warning_event", "warning_action", "rule_activation")
_TRIES = 5


def desks(opened: OpenSite) -> dict[str, Desk]:
    """Return where each warning stands, or stood, at the desk, by its id."""
    if opened.as_of is not None:
        return _read(opened)
    return opened.kept.get("desks", opened.store.version(*_TABLES), lambda: _read(opened))


def _read(opened: OpenSite) -> dict[str, Desk]:
    store, as_of = opened.store, opened.as_of
    records = opened.warnings()
    messages: dict[str, list[MessageRecord]] = defaultdict(list)
    for message in store.actions.messages(as_of=as_of):
        messages[message.warning_id].append(message)
    actions: dict[str, list[ActionRecord]] = defaultdict(list)
    for action in store.actions.all(as_of=as_of):
        actions[action.warning_id].append(action)
    rules = active_rules(opened.site, store)
    found = {}
    for record in records:
        name = record.last.warning_id
        told = [Message(Tier(each.tier), each.known_at) for each in messages[name]]
        found[name] = desk_of(warning_of(record), told, _acts(actions[name]), rules)
    return found


def _acts(actions: Sequence[ActionRecord]) -> list[Act]:
    return [Act(each.kind, each.who, each.at, each.to, each.reason) for each in actions if each.at]


def act(opened: OpenSite, wanted: ActionRecord) -> tuple[ActionRecord, bool]:
    """Do what a person wants at the desk; return the action, and whether it is new.

    Parameters
    ----------
    wanted : ActionRecord
        Its `identifier` is the message that the person saw, empty for the last one.

    Raises
    ------
    NotFound
        If there is no such warning.
    InvalidInput
        If it is escalated to another level than the next one.
    StoreConflict
        If the state does not allow it, or the key stands for another act.
    Stale
        If the warning got a message that the person has not seen.
    """
    store = opened.store
    levels = active_rules(opened.site, store).warning.escalation.levels
    for attempt in range(_TRIES):
        desk = desks(opened).get(wanted.warning_id)
        if desk is None:
            raise NotFound("no such warning", where=f"warning {wanted.warning_id!r}")
        actions = store.actions.all(wanted.warning_id)
        last = store.actions.messages(wanted.warning_id)[-1].identifier
        if store.actions.find(wanted.key) is None:
            if wanted.identifier not in ("", last):
                raise Stale(
                    "the warning got a newer message",
                    where="identifier",
                    expected=last,
                    got=wanted.identifier,
                )
            to = judged(desk, wanted.kind, wanted.to, levels)
        else:  # sent again: the store gives back what was done then
            to = wanted.to
        try:
            seen = actions[-1].number if actions else 0
            return store.actions.add(replace(wanted, identifier=last, to=to), seen=seen)
        except Stale:  # somebody else acted in between: judge again
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def desk_json(desk: Desk) -> dict[str, Any]:
    """Return the state as the API gives it."""
    return {
        "state": str(desk.state),
        "by": desk.by,
        "at": _moment(desk.at),
        "assigned_to": desk.assigned_to,
        "level": desk.level,
        "due_at": _moment(desk.due_at),
        "next_level": desk.next_level,
        "reason": desk.reason,
        "actions": desk.actions,
        "changed_at": _moment(desk.changed_at),
    }


def action_json(action: ActionRecord) -> dict[str, Any]:
    """Return an action as the API gives it."""
    names = ("number", "kind", "who", "to", "text", "reason", "identifier")
    return {**{name: getattr(action, name) for name in names}, "at": _moment(action.at)}


def _moment(at: datetime | None) -> str | None:
    return format_moment(at) if at else None
