"""What the cell models say of the ground under an asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import numpy as np

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing
from minegis.variables import variable
from pipelines.assets import Assets, rows_under
from pipelines.cell_columns import CellColumns
from risk_models.cards import card
from risk_models.rule_package import RulePackage
from risk_models.warning.tiers import shown_provenance

GROUND_MODELS: Mapping[str, tuple[str, Label, tuple[str, ...]]] = MappingProxyType(
    {
        "coseismic_coverage": (
            "nowicki_jessee_probability",
            Label("同震滑坡", "Coseismic landslide"),
            ("slope_angle", "wetness_index", "pga", "pgv"),
        ),
        "rain_slope_probability": (
            "factor_of_safety",
            Label("降雨滑坡", "Rain-induced landslide"),
            ("slope_angle", "antecedent_rain_index", "wet_fraction", "factor_of_safety"),
        ),
    }
)
"""The columns of cells that speak of the ground under an asset: their card, label and inputs."""


def ground_evidence(
    number: int, columns: CellColumns, assets: Assets, rules: RulePackage, at: datetime
) -> list[Evidence]:
    """Return what the cell models say of the ground under an asset: its worst cell, never the mean."""
    nodes = []
    for column, (method, label, inputs) in GROUND_MODELS.items():
        if column not in columns.values:
            continue
        rows = rows_under(number, assets)
        values = columns.values[column][rows]
        if rows.size == 0 or np.isnan(values).all():
            note = Label("对象所在网格没有该模型的输入", "The cells of this asset lack an input of the model")
            nodes.append(Evidence(column, label, state=EvidenceState.MISSING, method=card(method).method,
                                  standing=Standing.ILLUSTRATIVE, note=note))  # fmt: skip
            continue
        row = int(rows[np.nanargmax(values)])
        nodes.append(_probability(column, label, method, columns, row, inputs, rules, at))
    return nodes


def _probability(
    column: str,
    label: Label,
    method: str,
    columns: CellColumns,
    row: int,
    inputs: Sequence[str],
    rules: RulePackage,
    at: datetime,
) -> Evidence:
    value = float(columns.values[column][row])
    tier = rules.cell.tier(value)
    return Evidence(
        key=column,
        label=label,
        value=round(value, 6),
        unit="1",
        tier=Standing.ILLUSTRATIVE.cap(tier),
        method=card(method).method,
        standing=Standing.ILLUSTRATIVE,
        clause=rules.cell.clause,
        provenance=shown_provenance(rules.cell.provenance),
        valid_time=format_utc(at),
        source=f"cell/{columns.text(row)}",
        note=Label("岩性、覆被或土体参数取默认值，最高只计蓝色",
                   "Lithology, land cover or ground are defaults: blue at most"),
        inputs=tuple(cell_input(columns, name, row) for name in inputs if name in columns.values),
    )  # fmt: skip


def cell_input(columns: CellColumns, name: str, row: int) -> Evidence:
    """Return a column's value in one cell as a node with the files it was made from."""
    known = variable(name)
    value = float(columns.values[name][row])
    return Evidence(
        key=name,
        label=Label(known.label.zh, known.label.en),
        value=None if np.isnan(value) else round(value, 6),
        unit=known.unit,
        state=EvidenceState.MISSING if np.isnan(value) else EvidenceState.SUFFICIENT,
        method="raster",
        source=columns.source(name, row),
    )
