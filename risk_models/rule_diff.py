"""What two rule packages say differently: where, the old and the new value, by which clause, which way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from risk_models.rule_package import RulePackage
from risk_models.warning.tiers import shown_provenance

type Side = Literal["stricter", "milder", ""]

_SILENT = frozenset({"id", "version", "title", "extends"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs.

    Attributes
    ----------
    field : str
        ``items.rain_24h.thresholds.yellow.value``.
    label : dict or None
        What it belongs to, for people.
    old, new : str, number, bool, list or None
        None where there is no such value.
    clause, provenance : str
        Of the new value, of the old one where it is gone.
    side : str
        ``stricter`` or ``milder`` for a limit that warns sooner or later, else empty.
    """

    field: str
    label: dict[str, str] | None
    old: Any
    new: Any
    clause: str
    provenance: str
    side: Side

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def differences(old: RulePackage, new: RulePackage) -> tuple[Difference, ...]:
    """Return every value that two packages say differently, in the order of the sections."""
    before, after = (_leaves(package) for package in (old, new))
    found = []
    for field in dict.fromkeys((*before, *after)):
        was, now = before.get(field, _Leaf()), after.get(field, _Leaf())
        if was.value == now.value or field[-1] in ("clause", "provenance"):
            continue
        told = now if now.value is not None else was
        found.append(
            Difference(
                ".".join(field),
                told.label,
                was.value,
                now.value,
                told.clause,
                told.provenance,
                _side(was, now),
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Leaf:
    value: Any = None
    label: dict[str, str] | None = None
    clause: str = ""
    provenance: str = ""
    comparison: str = ""


def _leaves(package: RulePackage) -> dict[tuple[str, ...], _Leaf]:
    content = {name: value for name, value in package.content().items() if name not in _SILENT}
    return dict(_walk((), content, _Leaf()))


def _walk(path: tuple[str, ...], node: Any, above: _Leaf) -> Iterator[tuple[tuple[str, ...], _Leaf]]:
    if isinstance(node, Mapping):
        told = node.get("label")
        here = _Leaf(
            None,
            told if isinstance(told, dict) else above.label,
            str(node.get("clause") or above.clause),
            shown_provenance(str(node["provenance"])) if node.get("provenance") else above.provenance,
            str(node.get("comparison") or above.comparison),
        )
        for name, below in node.items():
            yield from _walk((*path, str(name)), below, here)
    elif isinstance(node, list) and any(isinstance(each, Mapping) for each in node):
        for number, below in enumerate(node):
            yield from _walk((*path, str(number)), below, above)
    elif node is not None:
        yield path, _Leaf(node, above.label, above.clause, above.provenance, above.comparison)


def _side(old: _Leaf, new: _Leaf) -> Side:
    """Say which way a limit moved, where a comparison tells what is worse."""
    if not old.comparison or old.comparison != new.comparison:
        return ""
    if isinstance(old.value, bool) or isinstance(new.value, bool):
        return ""
    if not isinstance(old.value, int | float) or not isinstance(new.value, int | float):
        return ""
    sooner = new.value < old.value if new.comparison == "above" else new.value > old.value
    return "stricter" if sooner else "milder"
