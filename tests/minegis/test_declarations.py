"""Declarations from outside: whatever YAML makes of a text, a mistake is named and nothing else escapes."""

from __future__ import annotations

import pytest

from minegis.declarations import Declaration, read_text
from minegis.errors import InvalidDeclaration


class Named(Declaration):
    name: str
    number: float = 0


@pytest.mark.parametrize(
    ("scalar", "told"),
    [
        ("2026-13-45", "no timestamp; got 2026-13-45"),
        ("!!timestamp noon", "no timestamp; got noon"),
        ("!!int abc", "no int; got abc"),
        ("!!int ''", "no int"),
        ("!!float ''", "no float"),
        ("!!bool perhaps", "no bool; got perhaps"),
        ("1" * 5000, "no int; got 1111"),  # Python reads at most 4300 digits
    ],
)
def test_a_scalar_that_is_not_of_its_kind_is_named_with_its_line(scalar: str, told: str) -> None:
    with pytest.raises(InvalidDeclaration) as caught:
        read_text(f"name: a\nnumber: [1, {{b: {scalar}}}]\n", Named, "file")
    assert str(caught.value).startswith(f"file:2: {told}")
    assert len(str(caught.value)) < 300


def test_a_number_that_python_does_not_write_is_named_too() -> None:
    with pytest.raises(InvalidDeclaration, match=r"file:1: name: .*got int without end"):
        read_text(f"name: 0x{'f' * 5000}\n", Named, "file")


def test_what_came_is_shown_by_its_beginning() -> None:
    with pytest.raises(InvalidDeclaration, match="file:2: number") as caught:
        read_text(f"name: a\nnumber: {'x' * 100_000}\n", Named, "file")
    assert len(str(caught.value)) < 400
