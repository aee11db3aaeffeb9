"""Which format an answer has: what ``f`` names, else the best that ``Accept`` takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Protocol

from geoserver.errors import NotAcceptable
from minegis.errors import InvalidInput

_ALSO = {"application/json": "application/geo+json"}  # GeoJSON is JSON
_ANY = "*/*"


class Named(Protocol):
    """Something with a media type."""

    @property
    def media_type(self) -> str:
        """As in ``Content-Type``."""


def negotiated[F: Named](formats: Mapping[str, F], key: str | None, accept: str | None) -> F:
    """Return the format that is asked for; the first when anything will do.

    Raises
    ------
    InvalidInput
        If ``f`` names none.
    NotAcceptable
        If ``Accept`` takes none.
    """
    if key is not None:
        if key not in formats:
            raise InvalidInput("no such format", where="f", expected=", ".join(formats), got=key[:80])
        return formats[key]
    if not accept or accept == _ANY:
        return next(iter(formats.values()))
    types = tuple(each.media_type.partition(";")[0] for each in formats.values())
    best = _best(accept, types)
    if best is None:
        expected = ", ".join(types)
        raise NotAcceptable(
            "nothing of this kind is offered", where="Accept", expected=expected, got=accept[:200]
        )
    return tuple(formats.values())[best]


@lru_cache(maxsize=512)
def _best(accept: str, types: tuple[str, ...]) -> int | None:
    """Return the number of the type with the highest quality (RFC 9110 §12.5.1), the first of equals."""
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    qualities = [max((each for each in ranges if _takes(each[0], kind)), key=_precision, default=("", 0.0))[1]
                 for kind in types]  # fmt: skip
    best = max(range(len(types)), key=lambda at: (qualities[at], -at))
    return best if qualities[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    kind, *parameters = (each.strip().lower() for each in part.split(";"))
    quality = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    try:
        return kind, float(quality)
    except ValueError:
        return kind, 0.0


def _takes(wanted: str, kind: str) -> bool:
    return (
        wanted in (kind, _ANY)
        or _ALSO.get(wanted) == kind
        or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))
    )


def _precision(wanted: tuple[str, float]) -> int:
    return 0 if wanted[0] == _ANY else 1 if wanted[0].endswith("/*") else 2
