"""Evidence: a value with everything needed to follow it back to the bytes it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from minegis.levels import EvidenceState, Label, Standing, Tier


@dataclass(frozen=True, slots=True)
class Evidence:
    """One node of the chain that explains a colour.

    Attributes
    ----------
    key : str
        Stable name, for example ``freeboard`` or ``region/513200``.
    label : Label
        What a person reads.
    value : float, str or None
        The value in the data dictionary's unit; None when there is none.
    unit : str
        Unit of `value`, empty when it has none.
    tier : Tier
        The tier this node asks for, after its standing was applied.
    state : EvidenceState
        Whether the node may be relied on.
    method : str
        ``reading``, ``register``, ``raster``, or ``<card>/<version>`` of a model or rule.
    standing : Standing or None
        How far the model may be trusted; None where there is no model.
    clause, provenance : str
        Document and clause of the rule that fired, and where its numbers come from.
    threshold : str
        The comparison that decided, for people: ``≤ 1.0 × 0.7 m``.
    valid_time : str
        ISO 8601 UTC time that the value speaks of.
    source : str
        File (with its SHA-256), point or register row the value was read from.
    note : Label or None
        A remark, for example why evidence is insufficient.
    inputs : tuple of Evidence
        What this node was made from.
    """

    key: str
    label: Label
    value: float | str | None = None
    unit: str = ""
    tier: Tier = Tier.NONE
    state: EvidenceState = EvidenceState.SUFFICIENT
    method: str = ""
    standing: Standing | None = None
    clause: str = ""
    provenance: str = ""
    threshold: str = ""
    valid_time: str = ""
    source: str = ""
    note: Label | None = None
    inputs: tuple[Evidence, ...] = field(default=())

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Evidence]]:
        """Yield every node with its depth, parents first."""
        yield depth, self
        for node in self.inputs:
            yield from node.walk(depth + 1)

    def to_json(self) -> dict[str, Any]:
        """Return the node and its inputs as plain JSON values."""
        return {
            "key": self.key,
            "label": self.label.to_json(),
            "value": self.value,
            "unit": self.unit,
            "tier": int(self.tier),
            "state": str(self.state),
            "method": self.method,
            "standing": str(self.standing) if self.standing else None,
            "clause": self.clause,
            "provenance": self.provenance,
            "threshold": self.threshold,
            "valid_time": self.valid_time,
            "source": self.source,
            "note": self.note.to_json() if self.note else None,
            "inputs": [node.to_json() for node in self.inputs],
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Evidence:
        """Rebuild what `to_json` wrote."""
        return cls(
            key=data["key"],
            label=Label(**data["label"]),
            value=data["value"],
            unit=data["unit"],
            tier=Tier(data["tier"]),
            state=EvidenceState(data["state"]),
            method=data["method"],
            standing=Standing(data["standing"]) if data["standing"] else None,
            clause=data["clause"],
            provenance=data["provenance"],
            threshold=data["threshold"],
            valid_time=data["valid_time"],
            source=data["source"],
            note=Label(**data["note"]) if data["note"] else None,
            inputs=tuple(cls.from_json(node) for node in data["inputs"]),
        )
