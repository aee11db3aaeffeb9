"""What models asked for, kept until they take it back: a model that fell silent has not answered "normal"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from risk_models.warning import shaking

_RANK = {state: rank for rank, state in enumerate(EvidenceState)}  # the better founded the smaller


@dataclass(frozen=True, slots=True)
class Answer:
    """What one model or satellite said.

    Attributes
    ----------
    model : str
        Key of its node.
    label : Label
        Its name.
    tier : Tier
        That it asked for, after its standing was applied.
    state : EvidenceState
        How well it was founded; missing when the model was silent.
    passing : bool
        Whether it rests on the shaking of an earthquake, and so ends with it.
    """

    model: str
    label: Label
    tier: Tier
    state: EvidenceState = EvidenceState.SUFFICIENT
    passing: bool = False

    @classmethod
    def of(cls, node: Evidence) -> Answer:
        """Return what a node says; one that has neither tier nor value on poor evidence says nothing."""
        poor = node.state is not EvidenceState.SUFFICIENT
        silent = not node.tier and poor and (node.value is None or node.state is EvidenceState.MISSING)
        spoken = min(node.state, EvidenceState.INSUFFICIENT, key=_RANK.__getitem__)
        state = EvidenceState.MISSING if silent else spoken
        passing = bool(node.tier) and any(each.key in (shaking.KEY, "pga") for _, each in node.walk())
        return cls(node.key, node.label, node.tier, state, passing)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "model": self.model,
            "label": self.label.to_json(),
            "tier": int(self.tier),
            "state": str(self.state),
            "passing": self.passing,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Answer:
        """Rebuild what `to_json` wrote."""
        return cls(
            data["model"],
            Label(**data["label"]),
            Tier(data["tier"]),
            EvidenceState(data["state"]),
            data["passing"],
        )


def still_asked(before: frozenset[Answer], answers: Iterable[Answer]) -> frozenset[Answer]:
    """Return what models ask for now, and what they asked for before and have not taken back.

    A model takes back what it asked for by answering again on evidence at least as good. Silence takes
    nothing back, nor does an answer on weaker evidence. What rests on shaking ends when no earthquake counts
    any more.

    Parameters
    ----------
    before : frozenset of Answer
        What this function returned for the evaluation before.
    answers : iterable of Answer
        All that was said now; of several nodes of one model the poorest decides how well it is founded.
    """
    now = tuple(answers)
    founded: dict[str, int] = {}
    for each in now:
        founded[each.model] = max(founded.get(each.model, 0), _RANK[each.state])
    shaken = shaking.KEY in founded
    silent = _RANK[EvidenceState.MISSING]
    kept = (
        each
        for each in before
        if (shaken or not each.passing) and founded.get(each.model, silent) > _RANK[each.state]
    )
    return frozenset((*kept, *(each for each in now if each.tier)))
