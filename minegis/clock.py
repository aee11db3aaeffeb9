"""UTC time: the only time inside minegis."""

from __future__ import annotations

from datetime import UTC, datetime

from minegis.errors import InvalidInput


def utc_now() -> datetime:
    """Return the present, aware, in UTC."""
    return datetime.now(UTC)


def parse_utc(text: str, *, where: str = "") -> datetime:
    """Read an ISO 8601 time that carries an offset and return it in UTC.

    Raises
    ------
    InvalidInput
        If the text is no time, carries no offset, or is before the year 1 or after 9999 in UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(
            "not a time", where=where, expected="ISO 8601 with offset, 2026-07-20T04:00:00Z", got=repr(text)
        ) from None
    if moment.tzinfo is None:
        raise InvalidInput("a time without offset", where=where, expected="Z or +08:00 at the end", got=text)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(
            "a time out of range", where=where, expected="the years 1 to 9999 in UTC", got=text
        ) from None


def format_utc(moment: datetime) -> str:
    """Return ``2026-07-20T04:00:00Z``, microseconds only where there are any."""
    text = moment.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"


def format_moment(moment: datetime) -> str:
    """Return ``2026-07-20T04:00:00.000000Z``: always as wide, so that texts compare as the times do."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return text.removesuffix("+00:00") + "Z"
