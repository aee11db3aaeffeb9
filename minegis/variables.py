"""The data dictionary: each quantity's name, unit, range and labels, declared in ``variables.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import RootModel

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import NotFound


class Variable(Declaration):
    """A quantity: `unit` is the only one used inside; values outside the range are refused."""

    unit: str
    minimum: float
    maximum: float
    label: BilingualText


class _Dictionary(RootModel[dict[str, Variable]]):
    pass


@cache
def variables() -> Mapping[str, Variable]:
    """Return the whole dictionary, immutable."""
    return MappingProxyType(read(Path(__file__).with_name("variables.yaml"), _Dictionary).root)


def variable(name: str) -> Variable:
    """Return one quantity.

    Raises
    ------
    NotFound
        If the dictionary has no such name.
    """
    try:
        return variables()[name]
    except KeyError:
        raise NotFound(
            "no such variable", where=f"variable {name!r}", expected=", ".join(variables())
        ) from None
