"""What the duty desk has done about a warning, and until when it must answer.

The desk never touches the warning itself: a warning that is closed here keeps its colour on the map and
counts as active while its evidence stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from minegis.errors import InvalidInput, StoreConflict
from minegis.levels import Tier
from risk_models.rule_package import RulePackage
from risk_models.warning.lifecycle import Warning, escalation


class DeskState(StrEnum):
    """What the desk has answered."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    ESCALATED = "escalated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the warning, and since when the desk can know it."""

    tier: Tier
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did: ``acknowledge``, ``assign``, ``comment``, ``escalate`` or ``close``."""

    kind: str
    who: str
    at: datetime
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """A warning at the desk.

    Attributes
    ----------
    state : DeskState
    by, at : str, datetime or None
        Who brought it into this state, and when; nobody where a message did.
    assigned_to : str or None
    level : str or None
        The highest level that was told.
    due_at : datetime or None
        Until when somebody must have answered.
    next_level : str or None
        Who is told next: at `due_at` if nobody has answered.
    reason : str or None
        Why it was closed.
    actions : int
        How many acts there are.
    changed_at : datetime
        The moment of the last message or act.
    """

    state: DeskState
    by: str | None
    at: datetime | None
    assigned_to: str | None
    level: str | None
    due_at: datetime | None
    next_level: str | None
    reason: str | None
    actions: int
    changed_at: datetime


def desk_of(warning: Warning, messages: Sequence[Message], acts: Sequence[Act], rules: RulePackage) -> Desk:
    """Return where a warning stands at the desk.

    Parameters
    ----------
    warning : Warning
        As its last message left it.
    messages : sequence of Message
        All of its messages, oldest first; at least one.
    acts : sequence of Act
        All that people did, oldest first.
    rules : RulePackage
        Section `warning.escalation`.

    Notes
    -----
    A message of a higher tier than the one before it asks for a new answer. A deadline runs from the last
    message that the desk was told, not from the time that it speaks of, until somebody answers.
    """
    levels = rules.warning.escalation.levels
    first = messages[0]
    standing = Desk(
        DeskState.UNACKNOWLEDGED, None, None, None, None, None, None, None, len(acts), first.known_at
    )
    tier = first.tier
    happened: list[tuple[datetime, Message | Act]] = [(each.known_at, each) for each in messages[1:]]
    happened += [(each.at, each) for each in acts]
    for at, each in sorted(happened, key=lambda one: one[0]):
        if isinstance(each, Act):
            standing = replace(_acted(standing, each, levels), changed_at=at)
            continue
        if each.tier > tier:
            standing = replace(
                standing, state=DeskState.UNACKNOWLEDGED, by=None, at=None, level=None, reason=None
            )
        tier = each.tier
        standing = replace(standing, changed_at=at)
    return _with_deadline(standing, replace(warning, updated_at=messages[-1].known_at), rules)


def _acted(before: Desk, act: Act, levels: Sequence[str]) -> Desk:
    signed = replace(before, by=act.who, at=act.at)
    match act.kind:
        case "assign":
            return replace(before, assigned_to=act.to)
        case "acknowledge":
            return replace(signed, state=DeskState.ACKNOWLEDGED)
        case "close":
            return replace(signed, state=DeskState.CLOSED, reason=act.reason)
        case "escalate":
            level = act.to or following(before.level, levels)
            return replace(signed, state=DeskState.ESCALATED, level=level)
        case _:
            return before


def _with_deadline(desk: Desk, warning: Warning, rules: RulePackage) -> Desk:
    if desk.state is DeskState.CLOSED:
        return desk
    next_level = following(desk.level, rules.warning.escalation.levels)
    if desk.state is DeskState.ACKNOWLEDGED:
        return replace(desk, next_level=next_level)
    due = {step.level: step.due_at for step in escalation(warning, rules)}
    return replace(desk, next_level=next_level, due_at=due.get(next_level or ""))


def following(level: str | None, levels: Sequence[str]) -> str | None:
    """Return the level that is told after one: the first after none, none after the last."""
    place = levels.index(level) + 1 if level in levels else 0
    return levels[place] if place < len(levels) else None


def judged(desk: Desk, kind: str, to: str, levels: Sequence[str]) -> str:
    """Return whom an act addresses, if it may be done in this state.

    Raises
    ------
    InvalidInput
        If it is escalated to a level that is not the next one.
    StoreConflict
        If the state does not allow the act.
    """
    closed = desk.state is DeskState.CLOSED
    if closed and kind in ("acknowledge", "escalate", "close"):
        raise StoreConflict(
            "the warning is closed",
            where="kind",
            expected="a comment, or a message of a higher tier, which opens it again",
            got=kind,
        )
    if kind != "escalate":
        return to
    next_level = following(desk.level, levels)
    if next_level is None:
        raise StoreConflict("the highest level has been told already", where="kind", got=desk.level or "")
    if to not in ("", next_level):
        raise InvalidInput("not the next level", where="to", expected=next_level, got=to)
    return next_level
