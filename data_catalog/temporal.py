"""Times as texts that may say no more than a year, a month or a day, and one way to compare them.

A time that says less is all of what it names: 2019 is a year long. Of two times one is before the other when
it ends before the other begins; they are equal when neither is before the other. So a day equals every moment
of it, and one of ``<``, ``=`` and ``>`` always holds. All of CQL2 on times is made of one operator, `BEFORE`.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from data_catalog.expression import Call, Expression, Interval, Literal
from minegis.clock import format_moment

BEFORE = "before"
YEAR, MONTH, DAY, SECOND = 4, 7, 10, 19  # how many characters of ISO 8601 say so much
_MICROSECOND = timedelta(microseconds=1)
_EVER, _FOREVER = Literal(datetime.min.replace(tzinfo=UTC)), Literal(datetime.max.replace(tzinfo=UTC))
_Relation = Callable[[Expression, Expression, Expression, Expression], Expression]


def begin_of(text: str) -> str:
    """Return the first moment of a stored time, as ``2026-07-20T04:00:00.000000Z``."""
    said = text.removesuffix("Z")
    return f"{said}{'0000-01-01T00:00:00.000000'[len(said) :]}Z"


def end_of(text: str) -> str:
    """Return the last moment of a stored time, as ``2026-07-20T04:00:00.000000Z``."""
    said = text.removesuffix("Z")
    if len(said) == MONTH:
        said = f"{said}-{calendar.monthrange(int(said[:YEAR]), int(said[YEAR + 1 :]))[1]}"
    instant = len(said) >= SECOND
    return (
        f"{said}{('0000-12-31T00:00:00.000000' if instant else '0000-12-31T23:59:59.999999')[len(said) :]}Z"
    )


def span(value: date) -> tuple[str, str]:
    """Return the first and the last moment of a literal, as ``2026-07-20T04:00:00.000000Z``."""
    if isinstance(value, datetime):
        moment = _text(value)
        return moment, moment
    first = datetime.combine(value, time.min, tzinfo=UTC)
    return _text(first), _text(first + (timedelta(days=1) - _MICROSECOND))


def _text(moment: datetime) -> str:
    return format_moment(moment)


def is_time(expression: Expression) -> bool:
    """Say whether an expression is a time that was written down."""
    return isinstance(expression, Literal) and isinstance(expression.value, date)


def compared(op: str, left: Expression, right: Expression) -> Expression:
    """Return a comparison of two times, as ``<``, in terms of `BEFORE`."""
    before, after = Call(BEFORE, (left, right)), Call(BEFORE, (right, left))
    match op:
        case "<":
            return before
        case ">":
            return after
        case "<=":
            return _not(after)
        case ">=":
            return _not(before)
        case "=":
            return Call("and", (_not(before), _not(after)))
        case _:
            return Call("or", (before, after))


def related(op: str, left: Expression, right: Expression) -> Expression:
    """Return a temporal function, as ``t_after``, of times and intervals in terms of `BEFORE`.

    References
    ----------
    OGC 21-065r2, 7.8: the relations of the Time Ontology in OWL, on intervals that include both ends.
    """
    return RELATIONS[op](*_ends(left), *_ends(right))


def _ends(expression: Expression) -> tuple[Expression, Expression]:
    if isinstance(expression, Interval):
        return expression.begin or _EVER, expression.end or _FOREVER
    return expression, expression


def _not(expression: Expression) -> Expression:
    return Call("not", (expression,))


def _all(*comparisons: tuple[Expression, str, Expression]) -> Expression:
    parts = tuple(compared(op, left, right) for left, op, right in comparisons)
    return Call("and", parts) if len(parts) > 1 else parts[0]


RELATIONS: dict[str, _Relation] = {
    "t_after": lambda a, z, b, y: _all((a, ">", y)),
    "t_before": lambda a, z, b, y: _all((z, "<", b)),
    "t_disjoint": lambda a, z, b, y: Call("or", (Call(BEFORE, (z, b)), Call(BEFORE, (y, a)))),
    "t_equals": lambda a, z, b, y: _all((a, "=", b), (z, "=", y)),
    "t_intersects": lambda a, z, b, y: _all((a, "<=", y), (z, ">=", b)),
    "t_contains": lambda a, z, b, y: _all((a, "<", b), (z, ">", y)),
    "t_during": lambda a, z, b, y: _all((a, ">", b), (z, "<", y)),
    "t_finishedby": lambda a, z, b, y: _all((a, "<", b), (z, "=", y)),
    "t_finishes": lambda a, z, b, y: _all((a, ">", b), (z, "=", y)),
    "t_meets": lambda a, z, b, y: _all((z, "=", b)),
    "t_metby": lambda a, z, b, y: _all((a, "=", y)),
    "t_overlappedby": lambda a, z, b, y: _all((a, ">", b), (a, "<", y), (z, ">", y)),
    "t_overlaps": lambda a, z, b, y: _all((a, "<", b), (z, ">", b), (z, "<", y)),
    "t_startedby": lambda a, z, b, y: _all((a, "=", b), (z, ">", y)),
    "t_starts": lambda a, z, b, y: _all((a, "=", b), (z, "<", y)),
}
"""By operator; the operands are begin and end of the first, then begin and end of the second."""

OF_ANY = frozenset({"t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"})
"""Those that take single times too."""
