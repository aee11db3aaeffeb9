"""SQL as text with named parameters: what a driver's cursor takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement, or a condition, with its parameters."""

    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


def compiled(element: sa.ClauseElement, dialect: sa.Dialect) -> Sql:
    """Return the text of an element, written once and run often."""
    made = element.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    return Sql(str(made), made.params)


def all_of(*conditions: Sql) -> Sql:
    """Return the conjunction; of no two may a parameter have the same name."""
    if not conditions:
        return Sql("1=1")
    text = " AND ".join(f"({each.text})" for each in conditions)
    return Sql(text, {name: value for each in conditions for name, value in each.parameters.items()})
