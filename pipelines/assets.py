"""Every asset in one order, and the cells and ground under each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from data_catalog.dataset import datasets
from data_catalog.store import Feature, Store
from pipelines.cell_columns import CellColumns
from pipelines.steps.weights import AssetWeights, asset_weights


@dataclass(frozen=True)
class Assets:
    """Every asset in one order, and which cells each lies in."""

    features: tuple[tuple[str, Feature], ...]
    weights: AssetWeights

    @property
    def shapes(self) -> np.ndarray[Any, Any]:
        """Geometries, (n,)."""
        return np.array([feature.geometry for _, feature in self.features], dtype=object)

    @property
    def places(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        """Longitude and latitude of a point on each, (n,) deg."""
        points = shapely.point_on_surface(self.shapes)
        return shapely.get_x(points), shapely.get_y(points)


def assets_of(store: Store, columns: CellColumns) -> Assets:
    """Read every asset and find its cells."""
    features = tuple(
        (name, feature) for name, each in datasets().items() if each.asset for feature in store.features(name)
    )
    shapes = np.array([feature.geometry for _, feature in features], dtype=object)
    return Assets(features, asset_weights(shapes, columns.cells))


def rows_under(number: int, assets: Assets) -> np.ndarray[Any, Any]:
    """Return the rows of the cells that an asset lies in."""
    matrix = assets.weights.matrix
    return np.asarray(matrix.indices[matrix.indptr[number] : matrix.indptr[number + 1]])
