"""What the physical models say of every asset: each dataset's models run once over all of its assets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from data_catalog.store import Feature
from minegis.evidence import Evidence
from minegis.reading import Reading
from pipelines.asset_models import AssetInputs, Floats, Forecast, mine, slope, tsf
from pipelines.cell_hazards import CellColumns
from pipelines.steps.weights import AssetWeights
from risk_models.rule_package import RulePackage

_MODELS: Mapping[str, Callable[[AssetInputs], list[tuple[Evidence, ...]]]] = {
    "tsf": tsf.evidence,
    "slope": slope.evidence,
    "mine": mine.evidence,
}


def modelled(
    features: Sequence[tuple[str, Feature]],
    readings: Mapping[tuple[str, str], Sequence[Reading]],
    weights: AssetWeights,
    columns: CellColumns,
    magnitude: Floats,
    forecast: Forecast | None,
    rules: RulePackage,
    at: datetime,
) -> list[tuple[Evidence, ...]]:
    """Return the evidence of the models for each asset, in their order.

    Parameters
    ----------
    features : (n,) sequence of dataset and feature
    magnitude : (n,) float
        Of the recent earthquake that shook each asset most, NaN where none did.
    """
    worst = {name: worst_of_cells(values, weights) for name, values in columns.values.items()}
    sources = {name: columns.sources[name][0] for name in worst}
    if np.isfinite(magnitude).any():
        worst["magnitude"] = magnitude
    found: list[tuple[Evidence, ...]] = [()] * len(features)
    for name, models in _MODELS.items():
        rows = np.array([row for row, (dataset, _) in enumerate(features) if dataset == name], dtype=np.intp)
        inputs = AssetInputs(
            features=[features[row][1] for row in rows],
            readings=[readings.get((name, features[row][1].id), ()) for row in rows],
            cells={column: values[rows] for column, values in worst.items()},
            sources=sources,
            forecast=forecast and replace(forecast, intensity=forecast.intensity[:, :, rows]),
            rules=rules,
            at=at,
        )
        for row, nodes in zip(rows, models(inputs), strict=True):
            found[row] = nodes
    return found


def worst_of_cells(values: NDArray[np.floating], weights: AssetWeights) -> Floats:
    """Return the largest value of a column in the cells of each asset, NaN where it has none."""
    matrix = weights.matrix
    # an empty row between two others must not borrow the next one's value
    under = np.append(values[matrix.indices].astype(np.float64), np.nan)
    found = np.fmax.reduceat(under, matrix.indptr[:-1])
    return np.where(np.diff(matrix.indptr) > 0, found, np.nan)
