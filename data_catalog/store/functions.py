"""Functions that SQLite lacks, for each connection to take; one of a missing value is missing."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.folding import accenti, casei, like
from data_catalog.temporal import begin_of, end_of

_RELATIONS = {
    f"s_{relation.__name__}": relation
    for relation in (
        shapely.intersects,
        shapely.equals,
        shapely.disjoint,
        shapely.touches,
        shapely.within,
        shapely.overlaps,
        shapely.crosses,
        shapely.contains,
    )
}


class _Prepared(threading.local):
    """The last shapes that rows were compared with; prepared ones are not shared between threads."""

    def __init__(self) -> None:
        self.shape = lru_cache(maxsize=16)(_prepared)


def _prepared(wkb: bytes) -> BaseGeometry:
    shape = shapely.from_wkb(wkb)
    shapely.prepare(shape)
    return shape


_PREPARED = _Prepared()


def relates(relation: str, shape: bytes, other: bytes) -> bool:
    """Say whether `shape`, the same for many rows, has a relation as ``s_within`` to another."""
    return bool(_RELATIONS[relation](_PREPARED.shape(shape), shapely.from_wkb(other)))


def matches(text: str, pattern: str) -> bool:
    """Say whether a text is as a pattern of CQL2 says."""
    return like(pattern).fullmatch(text) is not None


def quotient(a: float, b: float) -> float | None:
    """Return the whole part of a quotient, None of one by zero."""
    return float(np.trunc(np.float64(a) / b)) if b else None


def remainder(a: float, b: float) -> float | None:
    """Return what is left of `a`, with its sign, None of a division by zero."""
    whole = quotient(a, b)
    return None if whole is None else float(a - b * whole)


def power(a: float, b: float) -> float | None:
    """Return a power, None where there is none: a root of a negative number, a negative power of zero."""
    if (a < 0 and b != math.floor(b)) or (a == 0 and b < 0):
        return None
    with np.errstate(over="ignore"):
        return float(np.power(np.float64(a), np.float64(b)))


def _of_values(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*values: Any) -> Any:
        return None if None in values else function(*values)

    return called


FUNCTIONS: tuple[tuple[str, int, Callable[..., Any]], ...] = tuple(
    (name, arity, _of_values(function))
    for name, arity, function in (
        ("geometry_relates", 3, relates),
        ("text_matches", 2, matches),
        ("text_casei", 1, casei),
        ("text_accenti", 1, accenti),
        ("number_quotient", 2, quotient),
        ("number_remainder", 2, remainder),
        ("number_power", 2, power),
        ("time_begin", 1, begin_of),
        ("time_end", 1, end_of),
    )
)
"""Name, number of arguments and function; all are deterministic."""
