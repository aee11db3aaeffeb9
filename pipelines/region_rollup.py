"""Risk of every region, from the fractions of assets and cells that lie in it, never from parent cells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from data_catalog.store import Feature, RegionRiskRecord
from minegis.levels import Tier
from pipelines.asset_risk import AssetRisk
from pipelines.cell_columns import CellColumns
from pipelines.progress import Progress
from pipelines.region_parts import RegionParts
from risk_models.composite.cell import CellRisk
from risk_models.composite.region import Contributor, RegionRisk
from risk_models.rule_package import RulePackage


def roll_up_regions(
    parts: RegionParts,
    risks: Sequence[AssetRisk],
    columns: CellColumns,
    cells: CellRisk,
    rules: RulePackage,
    at: datetime,
    progress: Progress,
) -> list[RegionRiskRecord]:
    """Return the risk of each region, with its contributors and the area of its cells by tier."""
    progress.begin("区域汇总 Regions", len(parts.regions))
    area = columns.area_km2
    by_tier = {tier: parts.cells @ np.where(cells.tier == tier, area, 0.0) for tier in Tier}
    contributors = [_contributor(risk) for risk in risks]
    records = []
    for row, region in enumerate(parts.regions):
        found = parts.risk(row, contributors, rules, at)
        areas = {str(int(tier)): round(float(values[row]), 3) for tier, values in by_tier.items()}
        records.append(_record(region, found, areas))
        progress.advance()
    return records


def _contributor(risk: AssetRisk) -> Contributor:
    assessment = risk.assessment
    return Contributor(
        dataset=assessment.dataset,
        asset_id=assessment.asset_id,
        name=risk.asset.name,
        weight=1.0,
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
