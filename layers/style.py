"""The words a layer's style may use in place of colours, so that no definition repeats them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minegis.levels import EvidenceState, Label, Tier

NO_EVIDENCE_COLOUR = "#B8A9C9"
_SILENT = (EvidenceState.INSUFFICIENT, EvidenceState.MISSING)


def tier_colour() -> list[Any]:
    """Return the MapLibre expression from `tier` and `state` to a colour.

    What is not known is never painted as normal: without sufficient evidence tier 0 has its own colour.
    """
    silent = [
        "all",
        ["==", ["get", "tier"], int(Tier.NONE)],
        ["in", ["get", "state"], ["literal", [str(state) for state in _SILENT]]],
    ]
    warned: list[Any] = ["match", ["get", "tier"]]
    for tier in Tier:
        warned += [int(tier), tier.colour]
    return ["case", silent, NO_EVIDENCE_COLOUR, [*warned, NO_EVIDENCE_COLOUR]]


def tier_legend() -> list[tuple[str, Label]]:
    """Return colour and label from red down to normal, then what is not known."""
    known = [(tier.colour, tier.label) for tier in reversed(Tier)]
    return [*known, (NO_EVIDENCE_COLOUR, EvidenceState.INSUFFICIENT.label)]


_WORDS: dict[str, Callable[[], list[Any]]] = {"tier-colour": tier_colour}


def expand(style: Any) -> Any:
    """Replace every word of a style by what it stands for."""
    if isinstance(style, dict):
        return {key: expand(value) for key, value in style.items()}
    if isinstance(style, list):
        return [expand(value) for value in style]
    if isinstance(style, str) and style in _WORDS:
        return _WORDS[style]()
    return style
