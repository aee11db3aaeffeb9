"""CQL2 Text read into what CQL2 JSON would say, in one pass from left to right.

Operators are taken by precedence; nothing is read twice, so time grows with the length of the text alone.

References
----------
OGC 21-065r2, Annex B (the grammar) and clause 8.1 (escaping).
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import shapely

from minegis.errors import InvalidInput

type Json = Any
"""A tree as of CQL2 JSON, where a geometry may be one of shapely."""

MOST_NESTED = 32

_TOKEN = re.compile(
    r"""\s*+(?:(?P<text>'(?:[^'\\]|''|\\.)*+')
    |(?P<number>(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)
    |"(?P<quoted>[^"]++)"
    |(?P<name>(?:[^\W\d]|:)[\w.:]*+)
    |(?P<sign><=|>=|<>|[=<>+\-*/%^(),])
    |(?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"''|\\(['\\abtnvfr])")
_CONTROLS = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_SINGLE = ("POINT", "LINESTRING", "POLYGON")
_WKT = frozenset({*_SINGLE, *(f"MULTI{name}" for name in _SINGLE), "GEOMETRYCOLLECTION"})
_WORDS = frozenset({"AND", "OR", "NOT", "IS", "NULL", "IN", "LIKE", "BETWEEN", "DIV", "TRUE", "FALSE"})
_OPERAND = "a literal, a property, a function or ("
_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _POWER = range(1, 8)
_OPERATORS = {
    "OR": _OR,
    "AND": _AND,
    **dict.fromkeys(("=", "<>", "<", "<=", ">", ">=", "IS", "NOT", "IN", "LIKE", "BETWEEN"), _COMPARISON),
    **dict.fromkeys(("+", "-"), _SUM),
    **dict.fromkeys(("*", "/", "%", "DIV"), _PRODUCT),
    "^": _POWER,
}


def parse_text(text: str) -> Json:
    """Return the tree of a filter.

    Raises
    ------
    InvalidInput
        If it is no CQL2 Text, or is nested too deeply.
    """
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._source = text
        self._depth = 0
        self._at = self._begin = 0
        self._next()

    def _next(self) -> None:
        """Go to the next token: `kind`, its `value` and, for words and signs, the upper-case `word`."""
        found = _TOKEN.match(self._source, self._at)
        if found is None:
            self._begin = len(self._source) - len(self._source[self._at :].lstrip())
            raise self._mistake("a literal, a name or an operator")
        self.kind = found.lastgroup or ""
        self.value: str = found[self.kind]
        self._begin, self._at = found.start(self.kind), found.end()
        self.word = self.value.upper() if self.kind in ("name", "sign") else ""

    def whole(self) -> Json:
        tree = self._expression(_OR)
        if self.kind != "end":
            raise self._mistake("an operator or the end")
        return tree

    def _mistake(self, expected: str) -> InvalidInput:
        where = f"filter, character {self._begin + 1}"
        got = self._source[self._begin : self._begin + 40].strip() or "the end"
        return InvalidInput("not CQL2 Text", where=where, expected=expected, got=got)

    def _take(self, word: str) -> bool:
        if self.word != word:
            return False
        self._next()
        return True

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise self._mistake(word)

    def _nested(self, least: int) -> Json:
        self._depth += 1
        if self._depth > MOST_NESTED:
            expected = f"at most {MOST_NESTED} levels"
            where = f"filter, character {self._begin + 1}"
            raise InvalidInput("a filter that is nested too deeply", where=where, expected=expected)
        tree = self._expression(least)
        self._depth -= 1
        return tree

    def _expression(self, least: int) -> Json:
        """Read operands and the operators between them that bind at least as tightly as `least`."""
        tree = self._prefix()
        while (binding := _OPERATORS.get(self.word, 0)) >= least:
            op = self.word.lower()
            if binding == _COMPARISON:
                tree = self._comparison(tree)
                if _OPERATORS.get(self.word) == _COMPARISON:
                    raise self._mistake("AND, OR or the end, for a comparison is no operand")
                continue
            self._next()
            right = self._nested(_POWER) if binding == _POWER else self._expression(binding + 1)
            if binding in (_AND, _OR) and isinstance(tree, dict) and tree.get("op") == op:
                tree["args"].append(right)
            else:
                tree = {"op": op, "args": [tree, right]}
        return tree

    def _prefix(self) -> Json:
        if self._take("NOT"):
            return {"op": "not", "args": [self._nested(_COMPARISON)]}
        if self._take("+"):
            return self._signed(1)
        if self._take("-"):
            return self._signed(-1)
        return self._primary()

    def _signed(self, sign: int) -> Json:
        if self.kind == "number":
            return sign * self._number()
        operand = self._nested(_POWER)
        return operand if sign > 0 else {"op": "*", "args": [-1, operand]}

    def _comparison(self, left: Json) -> Json:
        if self.word in ("IS", "NOT", "BETWEEN", "LIKE", "IN"):
            return self._predicate(left)
        op = self.word
        self._next()
        return {"op": op, "args": [left, self._expression(_SUM)]}

    def _predicate(self, left: Json) -> Json:
        if self._take("IS"):
            negative = self._take("NOT")
            self._need("NULL")
            tree: Json = {"op": "isNull", "args": [left]}
        else:
            negative = self._take("NOT")
            if self._take("BETWEEN"):
                low = self._expression(_SUM)
                self._need("AND")
                tree = {"op": "between", "args": [left, low, self._expression(_SUM)]}
            elif self._take("LIKE"):
                tree = {"op": "like", "args": [left, self._expression(_SUM)]}
            elif self._take("IN"):
                self._need("(")
                tree = {"op": "in", "args": [left, self._list()]}
            else:
                raise self._mistake("BETWEEN, LIKE or IN")
        return {"op": "not", "args": [tree]} if negative else tree

    def _primary(self) -> Json:
        value = self.value
        if self._take("("):
            items = self._list()
            return items[0] if len(items) == 1 else items
        if self.kind == "name":
            return self._named(value, self.word)
        if self.kind == "number":
            return self._number()
        if self.kind not in ("text", "quoted"):
            raise self._mistake(_OPERAND)
        text = self.kind == "text"
        self._next()
        return _ESCAPED.sub(_unescaped, value[1:-1]) if text else {"property": value}

    def _named(self, name: str, word: str) -> Json:
        """Read what begins with a name: a geometry, a boolean, a function or a property."""
        if word in _WKT:
            return self._geometry()
        if word in _WORDS and word not in ("TRUE", "FALSE"):
            raise self._mistake(_OPERAND)
        self._next()
        if word in ("TRUE", "FALSE"):
            return word == "TRUE"
        if self._take("("):
            return self._called(word, self._list())
        return {"property": name}

    def _number(self) -> float:
        text = self.value
        self._next()
        return int(text) if text.isdecimal() and len(text) < 20 else float(text)

    def _list(self) -> list[Json]:
        """Read what stands before the closing parenthesis, separated by commas."""
        items: list[Json] = []
        if self._take(")"):
            return items
        while True:
            items.append(self._nested(_OR))
            if self._take(")"):
                return items
            self._need(",")

    def _called(self, name: str, args: list[Json]) -> Json:
        if name in ("DATE", "TIMESTAMP") and len(args) == 1:
            return {name.lower(): args[0]}
        if name in ("BBOX", "INTERVAL"):
            return {name.lower(): args}
        return {"op": name.lower(), "args": args}

    def _geometry(self) -> Json:
        """Read well-known text up to the parenthesis that closes it."""
        begin, where = self._begin, f"filter, character {self._begin + 1}"
        depth = 0
        while True:
            end = self._at
            depth += {"(": 1, ")": -1}.get(self.word, 0)
            closed = depth == 0 and self.word in (")", "EMPTY")
            if self.kind == "end" or depth > MOST_NESTED:
                raise self._mistake("a closed well-known text")
            self._next()
            if closed:
                break
        try:
            with np.errstate(all="ignore"):  # what is not finite is refused where shapes are checked
                return shapely.from_wkt(self._source[begin:end])
        except shapely.errors.ShapelyError:
            got = self._source[begin:end][:80]
            raise InvalidInput("not a geometry", where=where, expected="well-known text", got=got) from None


def _unescaped(found: re.Match[str]) -> str:
    escaped = found[1]
    return "'" if escaped is None else _CONTROLS.get(escaped, escaped)
