"""Ready evidence nodes of the models of assets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from data_catalog.store import Feature
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from risk_models.cards import card
from risk_models.warning.tiers import shown_provenance

_CAPPED = Label("示意性模型，最高只计蓝色", "An illustrative model: blue at most")


def numbers(features: Sequence[Feature], field: str) -> NDArray[np.float64]:
    """Return a register field of each asset, NaN where it holds no number."""
    return np.array([_number(feature.properties, field) for feature in features], dtype=np.float64)


def _number(properties: Mapping[str, object], field: str) -> float:
    value = properties.get(field)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def registered(feature: Feature, dataset: str, field: str, label: Label, unit: str) -> Evidence:
    """Return a register field as a node, missing where it holds no number."""
    value = _number(feature.properties, field)
    return Evidence(
        key=f"register/{field}",
        label=label,
        value=value if math.isfinite(value) else None,
        unit=unit,
        state=EvidenceState.SUFFICIENT if math.isfinite(value) else EvidenceState.MISSING,
        method="register",
        source=f"{dataset}/{feature.id}.{field}",
    )


def modelled(
    key: str,
    label: Label,
    model: str,
    value: float,
    unit: str,
    tier: float,
    *,
    standing: Standing | None = None,
    provenance: str = "",
    threshold: str = "",
    clause: str = "",
    valid_time: str = "",
    source: str = "",
    note: Label | None = None,
    inputs: tuple[Evidence, ...] = (),
) -> Evidence:
    """Return the node of a model's answer, its tier as its standing allows.

    Parameters
    ----------
    model : str
        Id of the card.
    value : float
        Infinite or NaN shows as no value.
    tier : float
        Before the standing is applied.
    standing : Standing, optional
        That of the card when absent.
    """
    trusted = standing or card(model).standing
    asked = Tier(int(tier))
    allowed = trusted.cap(asked)
    return Evidence(
        key=key,
        label=label,
        value=round(value, 6) if math.isfinite(value) else None,
        unit=unit,
        tier=allowed,
        method=card(model).method,
        standing=trusted,
        clause=clause,
        provenance=shown_provenance(provenance or card(model).provenance),
        threshold=threshold,
        valid_time=valid_time,
        source=source,
        note=note or (_CAPPED if allowed is not asked else None),
        inputs=inputs,
    )


def lacking(
    key: str,
    label: Label,
    model: str,
    note: Label,
    *,
    state: EvidenceState = EvidenceState.MISSING,
    valid_time: str = "",
    inputs: tuple[Evidence, ...] = (),
) -> Evidence:
    """Return the node of a model that has no answer, with the reason."""
    return Evidence(
        key=key,
        label=label,
        state=state,
        method=card(model).method,
        standing=card(model).standing,
        valid_time=valid_time,
        note=note,
        inputs=inputs,
    )
