"""Risk of every region, from the fractions of assets and cells that lie in it, never from parent cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from data_catalog.store import Feature, RegionRiskRecord, Store
from minegis.clock import format_utc
from minegis.levels import RegionLevel, Tier
from pipelines.asset_risk import AssetRisk, Assets
from pipelines.cell_hazards import CellColumns
from pipelines.progress import Progress
from pipelines.steps.weights import kept_region_weights, region_asset_weights
from risk_models.composite.cell import CellRisk
from risk_models.composite.region import Contributor, RegionRisk, region_risk
from risk_models.rule_package import RulePackage

NATION = "100000"


def regions_of(store: Store) -> list[Feature]:
    """Return every region, the whole before its parts."""
    order = {str(level): number for number, level in enumerate(RegionLevel)}
    return sorted(store.features("region"), key=lambda each: (order[each.properties["level"]], each.id))


def roll_up_regions(
    regions: Sequence[Feature],
    assets: Assets,
    risks: Sequence[AssetRisk],
    columns: CellColumns,
    cells: CellRisk,
    rules: RulePackage,
    at: datetime,
    folder: Path,
    progress: Progress,
) -> list[RegionRiskRecord]:
    """Return the risk of each region, with its contributors and the area of its cells by tier.

    The overlaps of regions and cells are kept in `folder`.
    """
    progress.begin("区域汇总 Regions", len(regions))
    outlined = _weights(regions, lambda shapes: region_asset_weights(shapes, assets.shapes))
    of_assets = _with_registered(outlined, regions, assets)
    of_cells = _weights(regions, lambda shapes: kept_region_weights(folder, shapes, columns.cells))
    area = columns.area_km2
    by_tier = {tier: of_cells @ np.where(cells.tier == tier, area, 0.0) for tier in Tier}
    records = []
    for row, region in enumerate(regions):
        inside = slice(of_assets.indptr[row], of_assets.indptr[row + 1])
        contributors = [
            _contributor(risks[number], weight)
            for number, weight in zip(of_assets.indices[inside], of_assets.data[inside], strict=True)
        ]
        found = region_risk(
            region.properties["code"],
            region.properties["name"],
            contributors,
            rules,
            valid_time=format_utc(at),
        )
        areas = {str(int(tier)): round(float(values[row]), 3) for tier, values in by_tier.items()}
        records.append(_record(region, found, areas))
        progress.advance()
    return records


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


def _contributor(risk: AssetRisk, weight: float) -> Contributor:
    assessment = risk.assessment
    return Contributor(
        dataset=assessment.dataset,
        asset_id=assessment.asset_id,
        name=risk.asset.name,
        weight=float(weight),
        score=assessment.score,
        tier=assessment.tier,
        state=assessment.state,
        coverage=assessment.coverage,
        red_causes=assessment.red_causes,
    )


def _record(region: Feature, found: RegionRisk, areas: dict[str, float]) -> RegionRiskRecord:
    return RegionRiskRecord(
        code=found.code,
        level=region.properties["level"],
        tier=int(found.tier),
        state=str(found.state),
        score=found.score if found.nemerow is not None else None,
        nemerow=found.nemerow,
        rule_tier=int(found.rule_tier),
        coverage=found.coverage,
        assets=found.assets,
        counts={str(int(tier)): count for tier, count in found.counts.items()},
        cell_area_km2=areas,
        contributors=tuple(
            {
                "dataset": one.dataset,
                "id": one.asset_id,
                "name": one.name,
                "tier": int(one.tier),
                "score": one.score,
                "weight": round(one.weight, 6),
                "points": points,
                "share": round(points / found.score, 6) if found.score else 0.0,
                "state": str(one.state),
                "coverage": one.coverage,
                "red_causes": sorted(one.red_causes),
            }
            for one, points in found.contributors
        ),
        chain=found.chain.to_json(),
    )
