"""The physical models of assets: one module a dataset, each with a function `evidence`.

``evidence(inputs)`` returns one tuple of ready evidence nodes for each feature, in their order: a node for
each model that speaks of the asset, with tier and standing, a node of state missing where an input lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from data_catalog.store import Feature
from minegis.reading import Reading
from risk_models.rule_package import RulePackage

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Forecast:
    """Rain to come at each asset.

    Attributes
    ----------
    intensity : (members, hours, assets) float, mm/h
        Of the first hour after `issued_at` and so on.
    issued_at : datetime
    source : str
        File and SHA-256.
    """

    intensity: Floats
    issued_at: datetime
    source: str


@dataclass(frozen=True)
class AssetInputs:
    """What the models may look at, for the assets of one dataset.

    Attributes
    ----------
    features : sequence of Feature
    readings : sequence of sequence of Reading
        Of each feature, any order.
    cells : mapping of (assets,) float
        Column of the cells by name: its worst value under each asset, NaN where unknown.
    sources : mapping of str
        What each of those columns was made from.
    forecast : Forecast, optional
    rules : RulePackage
    at : datetime
        The time that is judged.
    """

    features: Sequence[Feature]
    readings: Sequence[Sequence[Reading]]
    cells: Mapping[str, Floats]
    sources: Mapping[str, str]
    forecast: Forecast | None
    rules: RulePackage
    at: datetime
