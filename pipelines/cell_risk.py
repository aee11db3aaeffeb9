"""The risk of every cell, from its hazards and its assets, kept as immutable Parquet snapshots."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from data_catalog.site import Site
from data_catalog.store import Snapshot
from minegis.cells import Cells
from minegis.levels import EvidenceState, Tier
from pipelines.assets import Assets
from pipelines.cell_columns import CellColumns
from pipelines.cell_models import counted
from pipelines.durable import settled
from pipelines.steps.cell_rollup import roll_up
from risk_models.composite.cell import STATES, CellHazard, CellRisk, assets_in_cells, cell_risk
from risk_models.rule_package import RulePackage

COARSEST = 4
_ROWS_READ_AT_ONCE = 32_768  # what is read of a file to explain one cell


class Shown(Protocol):
    """What a cell takes from an asset in it."""

    @property
    def tier(self) -> Tier:
        """As shown."""

    @property
    def score(self) -> float:
        """0 to 100."""

    @property
    def state(self) -> EvidenceState:
        """Of its evidence."""


def risk_of_cells(
    columns: CellColumns, assets: Assets, shown: Sequence[Shown], rules: RulePackage
) -> tuple[CellRisk, np.ndarray[Any, Any]]:
    """Return the risk of each cell, and how many assets reach into it; `shown` are the assets in order."""
    matrix = assets.weights.matrix.tocoo()
    tier = np.array([int(each.tier) for each in shown], dtype=np.int8)
    score = np.array([each.score for each in shown])
    order = {state: number for number, state in enumerate(STATES)}
    state = np.array([order[each.state] for each in shown], dtype=np.int8)
    found = assets_in_cells(
        columns.cells.size, matrix.col, tier[matrix.row], score[matrix.row], state[matrix.row]
    )
    hazards = {
        name: CellHazard(columns.values[name], standing)
        for name, standing in counted(columns.missing).items()
    }
    return cell_risk(hazards, found, rules), found.count


def write_snapshots(
    site: Site, run_id: str, columns: CellColumns, risk: CellRisk, assets: np.ndarray[Any, Any]
) -> tuple[Snapshot, ...]:
    """Write the cells of a run at every resolution, the finest with all its columns."""
    shown: dict[str, np.ndarray[Any, Any]] = {
        "tier": risk.tier,
        "score": risk.score,
        "p": risk.probability,
        "state": risk.state,
        "assets": assets,
    }
    finest = site.declaration.resolution
    tiers = {f"tier_{name}": values for name, values in risk.hazard_tier.items()}
    everything = {**shown, "area": columns.area, **tiers, **columns.values}
    said = {"minegis_sources": columns.sources, "minegis_missing": columns.missing}
    snapshots = [_write(site, run_id, finest, columns.cells, everything, said)]
    for resolution, cells, coarse in coarser(columns.cells, shown, finest):
        snapshots.append(_write(site, run_id, resolution, cells, coarse, {"minegis_sources": {}}))
    return tuple(snapshots)


def coarser(
    cells: Cells, shown: Mapping[str, np.ndarray[Any, Any]], resolution: int
) -> Iterator[tuple[int, Cells, dict[str, np.ndarray[Any, Any]]]]:
    """Yield the coarser resolutions with cells and columns: the worst of the worst is the worst of all."""
    columns = dict(shown)
    for each in range(resolution - 1, COARSEST - 1, -1):
        cells, columns = roll_up(cells, columns, each)
        yield each, cells, columns


def forget_cells(site: Site, run_ids: Sequence[str], keep: int) -> None:
    """Delete the cells of all but the last runs; what the store says of older runs stays.

    Parameters
    ----------
    run_ids : sequence of str
        Published runs, the oldest first.
    keep : int
        How many to keep, one at least.
    """
    for run_id in run_ids[: -max(keep, 1)]:
        shutil.rmtree(site.path("cells") / run_id, ignore_errors=True)  # most are long gone


def _write(
    site: Site,
    run_id: str,
    resolution: int,
    cells: Cells,
    values: Mapping[str, np.ndarray[Any, Any]],
    said: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> Snapshot:
    words = pa.DictionaryArray.from_arrays(values["state"], [str(state) for state in STATES]).cast(
        pa.string()
    )
    # Where a cell is and how large follows from its number; seven digits are more than any score has.
    single = {name: values[name].astype(np.float32) for name in ("score", "p")}
    table = pa.table({"cell": cells, **values, **single, "state": words})
    table = table.replace_schema_metadata({name: orjson.dumps(texts) for name, texts in said.items()})
    relative = f"cells/{run_id}/r{resolution}.parquet"
    path = site.path(relative)
    with settled(path) as part:
        pq.write_table(table, part, compression="zstd", row_group_size=_ROWS_READ_AT_ONCE)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Snapshot(run_id, resolution, relative, digest, table.num_rows)
