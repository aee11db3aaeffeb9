"""Which assets and cells lie in each region, by exact fractions, never from parent cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from data_catalog.store import Feature, Store
from minegis.clock import format_utc
from minegis.levels import RegionLevel
from pipelines.assets import Assets
from pipelines.cell_columns import CellColumns
from pipelines.steps.weights import kept_region_weights, region_asset_weights
from risk_models.composite.region import Contributor, RegionRisk, region_risk
from risk_models.rule_package import RulePackage

NATION = "100000"


def regions_of(store: Store) -> list[Feature]:
    """Return every region, the whole before its parts."""
    order = {str(level): number for number, level in enumerate(RegionLevel)}
    return sorted(store.features("region"), key=lambda each: (order[each.properties["level"]], each.id))


@dataclass(frozen=True)
class RegionParts:
    """What lies in each region.

    Attributes
    ----------
    regions : (r,) sequence of Feature
        The whole before its parts.
    assets : (r, assets) sparse float
        Fraction of each asset.
    cells : (r, cells) sparse float
        Fraction of each cell.
    """

    regions: Sequence[Feature]
    assets: csr_array
    cells: csr_array

    def risk(
        self, row: int, contributors: Sequence[Contributor], rules: RulePackage, at: datetime
    ) -> RegionRisk:
        """Return the risk of one region; `contributors` are all assets, whatever their weight."""
        inside = slice(self.assets.indptr[row], self.assets.indptr[row + 1])
        present = [
            replace(contributors[number], weight=float(weight))
            for number, weight in zip(self.assets.indices[inside], self.assets.data[inside], strict=True)
        ]
        about = self.regions[row].properties
        return region_risk(about["code"], about["name"], present, rules, valid_time=format_utc(at))


def parts_of_regions(
    regions: Sequence[Feature], assets: Assets, columns: CellColumns, folder: Path
) -> RegionParts:
    """Find which assets and cells lie in each region; the overlaps with cells are kept in `folder`."""
    outlined = _weights(regions, lambda shapes: region_asset_weights(shapes, assets.shapes))
    of_cells = _weights(regions, lambda shapes: kept_region_weights(folder, shapes, columns.cells))
    return RegionParts(regions, _with_registered(outlined, regions, assets), of_cells)


def _weights(regions: Sequence[Feature], weigh: Callable[[NDArray[np.object_]], csr_array]) -> csr_array:
    """Weigh every region but the nation by its own outline; the nation is the sum of its provinces."""
    nation = [region for region in regions if region.properties["level"] == RegionLevel.NATION]
    rest = regions[len(nation) :]
    parts = weigh(np.array([region.geometry for region in rest], dtype=object))
    provinces = np.array([region.properties["level"] == RegionLevel.PROVINCE for region in rest], dtype=float)
    whole = csr_array(np.minimum(provinces @ parts, 1.0).reshape(1, -1))
    return csr_array(vstack([whole] * len(nation) + [parts], format="csr"))


def _with_registered(outlined: csr_array, regions: Sequence[Feature], assets: Assets) -> csr_array:
    """Count what lies in no outline of a level in the region of that level that its register names.

    Outlines are generalised: an asset on a coast or a border may lie a few metres beyond all of them.
    """
    rows = {str(region.properties["code"]): row for row, region in enumerate(regions)}
    levels = np.array([region.properties["level"] for region in regions], dtype=object)
    placed = {level: outlined[np.flatnonzero(levels == level)].sum(axis=0) > 0 for level in set(levels)}
    entries = [
        (row, number)
        for number, (_, feature) in enumerate(assets.features)
        for row in (rows.get(code) for code in _codes(str(feature.properties["county_code"])))
        if row is not None and not placed[levels[row]][number]
    ]
    if not entries:
        return outlined
    row, number = np.array(entries).T
    return csr_array(outlined + csr_array((np.ones(row.size), (row, number)), shape=outlined.shape))


def _codes(county: str) -> tuple[str, ...]:
    """Return a county's code and those of the regions above it, as GB/T 2260 builds them."""
    return county, f"{county[:4]}00", f"{county[:2]}0000", NATION
