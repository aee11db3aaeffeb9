"""Units in words: what foreign files and people call them, and how they become the data dictionary's."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import RootModel

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput

_SYMBOL = 3  # letters: what is no longer is a symbol, whose case matters


class Unit(Declaration):
    """A unit: its worth in the base unit of its dimension, and the words that mean it."""

    factor: float
    words: tuple[str, ...]


class _Table(RootModel[dict[str, dict[str, Unit]]]):
    pass


@cache
def _words() -> Mapping[str, tuple[str, str, float]]:
    """Map each word to its dimension, unit and factor."""
    table = read(Path(__file__).with_name("units.yaml"), _Table).root
    return MappingProxyType(
        {
            key: (dimension, name, unit.factor)
            for dimension, units in table.items()
            for name, unit in units.items()
            for word in unit.words
            for key in {_levelled(word), _levelled(word).casefold()}
            if key == _levelled(word) or len(key) > _SYMBOL
        }
    )


def unit_named(word: str, *, where: str = "") -> str:
    """Return the one name of a unit that a file calls by `word`.

    Raises
    ------
    InvalidInput
        If the word is empty or not in ``units.yaml``.
    """
    return _look_up(word, where)[1]


def conversion(source: str, target: str, *, where: str = "") -> float:
    """Return the factor that turns values in `source` into values in `target`.

    Raises
    ------
    InvalidInput
        If one of the words is unknown, or the two measure different things.
    """
    dimension, _, factor = _look_up(source, where)
    wanted, _, base = _look_up(target, where)
    if dimension != wanted:
        raise InvalidInput("a unit of another kind", where=where, expected=target, got=source)
    return factor / base


def is_rate(word: str, *, where: str = "") -> bool:
    """Tell whether a unit is an amount of rain per time rather than an amount."""
    return _look_up(word, where)[0] == "speed"


def factor_into(target: str, word: str) -> float | None:
    """Return what a value in `word` is multiplied by to be in `target`, None if it cannot be."""
    if _levelled(word) == _levelled(target):
        return 1.0
    try:
        return conversion(word, target)
    except InvalidInput:
        return None


def words_into(target: str) -> tuple[str, ...]:
    """Return the units that can be converted into `target`, itself first."""
    try:
        wanted, name, _ = _look_up(target, "")
    except InvalidInput:
        return (target,)
    kin = dict.fromkeys(unit for dimension, unit, _ in _words().values() if dimension == wanted)
    return (name, *(unit for unit in kin if unit != name))


def _levelled(text: str) -> str:
    """Level full width, superscripts and blanks: ``10⁴ m³`` becomes ``104m3``."""
    return "".join(unicodedata.normalize("NFKC", text).strip().strip("[]").split())


def _look_up(word: str, where: str) -> tuple[str, str, float]:
    try:
        levelled = _levelled(word)
        return _words().get(levelled) or _words()[levelled.casefold()]
    except KeyError:
        raise InvalidInput(
            "no unit is stated" if not word.strip() else "an unknown unit",
            where=where,
            expected="a unit of pipelines/units.yaml, in the file or declared by the caller",
            got=repr(word),
        ) from None
