"""Risk of H3 cells from hazard probabilities and the assets in them: the worst and a noisy-OR, no mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.chunks import in_chunks
from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Standing, Tier
from risk_models.composite.probability import noisy_or
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import WARNED

STATES = tuple(EvidenceState)
"""Evidence states by the integer that `CellRisk.state` and `CellAssets.state` hold."""


@dataclass(frozen=True, slots=True)
class CellHazard:
    """One hazard over the cells: probability (n,) float, NaN where unknown, and its model's standing."""

    probability: NDArray[np.floating[Any]]
    standing: Standing


@dataclass(frozen=True, slots=True)
class CellAssets:
    """Worst asset of each cell: tier, score, state (index into `STATES`) and number of assets, all (n,)."""

    tier: NDArray[np.int8]
    score: NDArray[np.float64]
    state: NDArray[np.int8]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CellRisk:
    """Risk of n cells.

    Attributes
    ----------
    tier : (n,) int8
        Worst of the hazards, each capped by its standing, and the assets.
    score : (n,) float
        0 to 100, inside the band of `tier`.
    probability : (n,) float
        Noisy-OR of the hazards that are known, NaN where none is.
    state : (n,) int8
        Index into `STATES`.
    hazard_tier : mapping of str to (n,) int8
        Tier of each hazard.
    """

    tier: NDArray[np.int8]
    score: NDArray[np.float64]
    probability: NDArray[np.float64]
    state: NDArray[np.int8]
    hazard_tier: Mapping[str, NDArray[np.int8]]


def assets_in_cells(
    cells: int, index: ArrayLike, tier: ArrayLike, score: ArrayLike, state: ArrayLike
) -> CellAssets:
    """Take the worst asset of each cell, however small its part in the cell.

    Parameters
    ----------
    cells : int
        Number n of cells.
    index : (m,) int
        Cell of each pair of asset and cell.
    tier, state : (m,) int
        Of the pair's asset; `state` is an index into `STATES`.
    score : (m,) float
        Of the pair's asset.
    """
    at = np.asarray(index, dtype=np.intp)
    worst = CellAssets(
        np.zeros(cells, np.int8), np.zeros(cells), np.zeros(cells, np.int8), np.zeros(cells, np.int64)
    )
    np.maximum.at(worst.tier, at, np.asarray(tier, dtype=np.int8))
    np.maximum.at(worst.score, at, np.asarray(score, dtype=np.float64))
    np.maximum.at(worst.state, at, np.asarray(state, dtype=np.int8))
    np.add.at(worst.count, at, 1)
    return worst


def cell_risk(hazards: Mapping[str, CellHazard], assets: CellAssets, rules: RulePackage) -> CellRisk:
    """Return the risk of each cell.

    Parameters
    ----------
    hazards : mapping of str to CellHazard
        Probabilities of all hazards over the same n cells.
    assets : CellAssets
        Of the same cells.
    rules : RulePackage
        Sections `cell` and `score`.

    Raises
    ------
    InvalidInput
        If the lengths differ or a probability is outside 0 to 1.
    """
    n = len(assets.tier)
    for name, hazard in hazards.items():
        if hazard.probability.shape != (n,):
            raise InvalidInput(
                "hazards and assets differ in length",
                where=name,
                expected=f"({n},)",
                got=str(hazard.probability.shape),
            )
    found = CellRisk(
        tier=np.empty(n, np.int8),
        score=np.empty(n),
        probability=np.empty(n),
        state=np.empty(n, np.int8),
        hazard_tier={name: np.empty(n, np.int8) for name in hazards},
    )
    in_chunks(n, lambda rows: _judge(hazards, assets, rules, rows, found))
    return found


def _judge(
    hazards: Mapping[str, CellHazard], assets: CellAssets, rules: RulePackage, rows: slice, found: CellRisk
) -> None:
    """Write the risk of some cells."""
    probability = {name: hazard.probability[rows].astype(np.float64) for name, hazard in hazards.items()}
    here = CellAssets(assets.tier[rows], assets.score[rows], assets.state[rows], assets.count[rows])
    tiers = {name: _tier(probability[name], hazards[name].standing, rules) for name in hazards}
    scores = [hazard_score(probability[name], tiers[name], rules) for name in hazards]
    unknown = np.full((1, here.tier.size), np.nan)
    stacked = np.stack(list(probability.values())) if hazards else unknown
    found.tier[rows] = np.maximum.reduce([here.tier, *tiers.values()])
    found.score[rows] = np.maximum.reduce([here.score, *scores])
    found.probability[rows] = noisy_or(stacked, axis=0)
    found.state[rows] = _state(~np.isnan(stacked), here)
    for name, tier in tiers.items():
        found.hazard_tier[name][rows] = tier


def _tier(probability: NDArray[np.float64], standing: Standing, rules: RulePackage) -> NDArray[np.int8]:
    raw = np.zeros(probability.size, np.int8)
    for tier in WARNED:
        raw += probability >= rules.cell.probability[tier]  # NaN reaches none
    return np.minimum(raw, np.int8(standing.cap(Tier.RED)))


def hazard_score(
    probability: NDArray[np.float64], tier: NDArray[np.int8], rules: RulePackage
) -> NDArray[np.float64]:
    """Place each probability of a hazard inside the band of its tier, 0 to 100."""
    probabilities = np.array([0.0, *(rules.cell.probability[level] for level in WARNED), 1.0])
    bands = np.array([rules.score.band(level) for level in Tier])
    low, high = probabilities[tier], probabilities[tier + 1]
    depth = (np.nan_to_num(probability, nan=0.0) - low) / (high - low)
    depth = np.clip(depth, 0.0, rules.score.top_of_band)
    return np.asarray(bands[tier, 0] + (bands[tier, 1] - bands[tier, 0]) * depth)


def _state(known: NDArray[np.bool_], assets: CellAssets) -> NDArray[np.int8]:
    """Missing where nothing is known, insufficient where something is not, else the assets' worst."""
    missing, insufficient = (
        np.int8(STATES.index(s)) for s in (EvidenceState.MISSING, EvidenceState.INSUFFICIENT)
    )
    spoken_for = (assets.count > 0) & (assets.state < missing)
    nothing = ~known.any(axis=0) & ~spoken_for
    partly = ~known.all(axis=0) | (assets.state == missing)
    return np.where(nothing, missing, np.where(partly, insufficient, assets.state)).astype(np.int8)
