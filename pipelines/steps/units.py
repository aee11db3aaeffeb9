"""Units as people write them, and their factors into the dictionary's units."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from pydantic import Field, RootModel

from minegis.declarations import Declaration, read


class UnitSpelling(Declaration):
    """One unit of the dictionary: `written` are its names, `factors` convert other units into it."""

    written: tuple[str, ...]
    factors: dict[str, float] = Field(default_factory=dict)


class _Spellings(RootModel[dict[str, UnitSpelling]]):
    pass


@cache
def spellings() -> dict[str, UnitSpelling]:
    """Return the declared units by their name in the dictionary."""
    return read(Path(__file__).with_name("units.yaml"), _Spellings).root


def factor_into(unit: str, written: str) -> float | None:
    """Return what a value in `written` is multiplied by to be in `unit`, None if that is not declared."""
    if unit not in spellings():
        return 1.0 if plain(written) == plain(unit) else None
    spelling = spellings()[unit]
    if plain(written) in {plain(name) for name in spelling.written}:
        return 1.0
    # Case matters in units (mm, Mm), so only width and spaces are levelled.
    return next((factor for name, factor in spelling.factors.items() if plain(name) == plain(written)), None)


def plain(text: str) -> str:
    """Level full width, superscripts and spaces: ``10⁴ m³`` is ``104m3``."""
    return "".join(unicodedata.normalize("NFKC", text).split())
