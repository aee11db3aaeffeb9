"""What the physical models say of every asset: each dataset's models run once over all of its assets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from data_catalog.store import Feature
from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from minegis.reading import Reading
from pipelines.asset_models import AssetInputs, Floats, Forecast, mine, slope, tsf
from pipelines.asset_models.members import most_in, upper_median
from pipelines.asset_records import asset_record
from pipelines.cell_columns import CellColumns
from pipelines.steps.weights import AssetWeights
from risk_models.rule_package import RulePackage
from risk_models.warning.weather import rain_signal_evidence

_NO_MEMBER = Label("降雨预报未覆盖此处", "The rain forecast does not reach here")
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
        for row, nodes, ahead in zip(rows, models(inputs), _rain_ahead(name, inputs), strict=True):
            found[row] = (*nodes, *ahead)
    return found


def _rain_ahead(dataset: str, inputs: AssetInputs) -> list[tuple[Evidence, ...]]:
    """Return what the rain to come would ask of each asset by the signal it makes.

    Each member has its own wettest hours; what at least half of the members reach counts. Without a standing
    of its own a forecast asks for blue at most; where no member speaks the node is missing.
    """
    if inputs.forecast is None:
        return [()] * len(inputs.features)
    hours = {window.hours for window in inputs.rules.rain_signals.windows.values()}
    most = {
        window: upper_median(
            np.stack([most_in(member, round(window)) for member in inputs.forecast.intensity])
        )
        for window in hours
    }
    said = []
    for row, feature in enumerate(inputs.features):
        amounts = {window: round(float(of_all[row]), 1) for window, of_all in most.items()}
        told = all(math.isfinite(amount) for amount in amounts.values())
        nodes = rain_signal_evidence(
            asset_record(dataset, feature),
            inputs.rules,
            amounts if told else dict.fromkeys(amounts, 0.0),
            valid_time=format_utc(inputs.forecast.issued_at),
            source=inputs.forecast.source,
        )
        ahead = (replace(node, key=f"forecast/{node.key}") for node in nodes)
        said.append(tuple(node if told else _unknown(node) for node in ahead))
    return said


def _unknown(node: Evidence) -> Evidence:
    """Return the node of a signal as that of one of which nothing is known."""
    return replace(node, value=None, tier=Tier.NONE, state=EvidenceState.MISSING, note=_NO_MEMBER, inputs=())


def worst_of_cells(values: NDArray[np.floating], weights: AssetWeights) -> Floats:
    """Return the largest value of a column in the cells of each asset, NaN where it has none."""
    matrix = weights.matrix
    # an empty row between two others must not borrow the next one's value
    under = np.append(values[matrix.indices].astype(np.float64), np.nan)
    found = np.fmax.reduceat(under, matrix.indptr[:-1])
    return np.where(np.diff(matrix.indptr) > 0, found, np.nan)
