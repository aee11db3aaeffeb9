"""Cells at small map scales: a parent shows the worst of its children, never their average.

Only for drawing: an H3 child is not wholly inside its parent, so regions are computed with exact weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.cells import Cells, parents
from minegis.errors import InvalidInput
from minegis.levels import EvidenceState

_STATES = tuple(EvidenceState)  # from sufficient to missing


class Rule(StrEnum):
    """How the values of children become that of their parent."""

    MAX = "max"
    NOISY_OR = "noisy_or"
    WORST_STATE = "worst_state"
    SUM = "sum"


# Probability by the largest: the chance that something happens somewhere in 2 401 cells (noisy-OR) is nearly
# one everywhere, and children that share one storm or one earthquake are not independent.
RULES: Mapping[str, Rule] = MappingProxyType(
    {"tier": Rule.MAX, "score": Rule.MAX, "p": Rule.MAX, "state": Rule.WORST_STATE, "assets": Rule.SUM}
)


def roll_up(
    cells: Cells,
    columns: Mapping[str, NDArray[Any]],
    resolution: int,
    rules: Mapping[str, Rule] = RULES,
) -> tuple[Cells, dict[str, NDArray[Any]]]:
    """Return the parents of cells with their columns.

    Parameters
    ----------
    cells : (n,) uint64
    columns : mapping of (n,) arrays
        NaN is no value: it is passed over by the maximum and by noisy-OR, and makes a sum NaN. States are
        texts of `EvidenceState`, or its positions from sufficient to missing.
    resolution : int
        Coarser than that of the cells, or the same.
    rules : mapping of Rule
        One for each column. Noisy-OR is the probability of at least one, if children are independent.

    Returns
    -------
    cells : (m,) uint64
        Ascending.
    columns : dict of (m,) arrays

    Raises
    ------
    InvalidInput
        If a column has no rule or another length, or a state is unknown.
    """
    for name, values in columns.items():
        if name not in rules:
            raise InvalidInput("no rule to roll up", where=f"column {name!r}", expected=", ".join(rules))
        if len(values) != cells.size:
            raise InvalidInput(
                "a column of another length", where=name, expected=str(cells.size), got=str(len(values))
            )
    coarse = parents(cells, resolution)
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    if not coarse.size:
        return coarse, arrays
    if not (coarse[1:] >= coarse[:-1]).all():  # ascending cells have ascending parents
        order = np.argsort(coarse, kind="stable")
        coarse, arrays = coarse[order], {name: values[order] for name, values in arrays.items()}
    start = np.flatnonzero(np.concatenate([[True], coarse[1:] != coarse[:-1]]))
    return coarse[start], {name: _JOIN[rules[name]](values, start) for name, values in arrays.items()}


def _noisy_or(values: NDArray[Any], start: NDArray[np.intp]) -> NDArray[Any]:
    known = np.logical_or.reduceat(~np.isnan(values), start)
    none_happens = np.multiply.reduceat(1.0 - np.nan_to_num(values, nan=0.0), start)
    return np.where(known, 1.0 - none_happens, np.nan)


def _worst_state(values: NDArray[Any], start: NDArray[np.intp]) -> NDArray[Any]:
    if np.issubdtype(values.dtype, np.integer):
        return np.asarray(np.maximum.reduceat(values, start))
    unknown = sorted(set(np.unique(values).tolist()) - {str(state) for state in _STATES})
    if unknown:
        raise InvalidInput(
            "no such state of evidence", where="state", expected=", ".join(_STATES), got=", ".join(unknown)
        )
    rank = np.select([values == str(state) for state in _STATES], range(len(_STATES)))
    return np.array([str(state) for state in _STATES])[np.maximum.reduceat(rank, start)]


_JOIN: Mapping[Rule, Callable[[NDArray[Any], NDArray[np.intp]], NDArray[Any]]] = {
    Rule.MAX: np.fmax.reduceat,
    Rule.NOISY_OR: _noisy_or,
    Rule.WORST_STATE: _worst_state,
    Rule.SUM: np.add.reduceat,
}
