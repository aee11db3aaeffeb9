"""A mistake in a row, told so that the person who filled it in can find and mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from minegis.levels import Label

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong where: `row` and `column` as in the file, or 0 and the path in a document.

    A warning does not keep the row out.
    """

    row: int
    column: str
    problem: Label
    got: str
    expected: str
    severity: Literal["error", "warning"] = "error"

    def to_json(self) -> dict[str, str]:
        """Return texts only, as the quarantine keeps them."""
        return {
            "column": self.column,
            "problem_zh": self.problem.zh,
            "problem_en": self.problem.en,
            "got": self.got,
            "expected": self.expected,
        }

    def __str__(self) -> str:
        return (
            f"row {self.row}, column {self.column}: {self.problem.zh} / {self.problem.en}; "
            f"got {self.got}; expected {self.expected}"
        )


class Refused(Exception):
    """A value that is not accepted, before its row and column are known."""

    def __init__(self, zh: str, en: str, expected: str) -> None:
        super().__init__(en)
        self.problem = Label(zh, en)
        self.expected = expected

    def at(self, row: int, column: str, got: object) -> Mistake:
        """Return the mistake at its place."""
        return Mistake(row, column, self.problem, shown(got), self.expected)


def shown(value: Any) -> str:
    """Return a value as text, short."""
    text = "blank" if value is None or value == "" else str(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
