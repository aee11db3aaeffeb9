"""All cell models, the risk of cells and the roll-up, from twelve factors: seconds, memory and growth.

Run by hand: ``python tests/benchmarks/cells.py 341000 13000000``. The factors are made up; each size is
measured in a process of its own, several times, and the last line is the slope of the time over the cells.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from minegis.cells import Cells, cells_of_area
from minegis.levels import Standing
from pipelines.cell_models import CELL_MODELS, run_models
from pipelines.cell_risk import COARSEST
from pipelines.steps.cell_rollup import roll_up
from risk_models.composite.cell import CellAssets, CellHazard, CellRisk, assets_in_cells, cell_risk
from risk_models.rule_package import load_rules

RANGES = {
    "elevation": (0, 5000), "slope_angle": (0, 60), "wetness_index": (2, 20), "rain_24h": (0, 200),
    "antecedent_rain_index": (0, 200), "pga": (0, 0.6), "pgv": (0, 120), "vs30": (150, 900),
    "annual_precipitation": (200, 2500), "distance_to_water": (0, 30), "water_table_depth": (0, 40),
    "antecedent_rain_p95": (20, 120),
}  # fmt: skip
"""The twelve factors and what they are drawn from."""
RESOLUTION = 8
DEGREES_A_CELL = 0.0083  # of a square of one cell's area near 35° N
RUNS = 5
RULES = load_rules("national")


def cells_of(count: int) -> Cells:
    side = DEGREES_A_CELL * np.sqrt(count) * 1.1
    return cells_of_area(
        shapely.box(105 - side / 2, 36 - side / 2, 105 + side / 2, 36 + side / 2), RESOLUTION
    )[:count]


def factors_of(count: int) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng(1)
    return {
        name: (low + (high - low) * rng.random(count, dtype=np.float32)).astype(np.float32)
        for name, (low, high) in RANGES.items()
    }


def assets_of(count: int) -> CellAssets:
    rng = np.random.default_rng(2)
    place = rng.integers(0, count, max(count // 300, 1))
    tier = rng.integers(0, 5, place.size)
    return assets_in_cells(count, place, tier, 20.0 * tier + 5, np.zeros(place.size, np.int8))


def judge(factors: Mapping[str, NDArray[Any]], assets: CellAssets) -> CellRisk:
    """Run all models, then the risk from twelve probabilities: the models' own and the factors as shares."""
    count = assets.tier.size
    columns, missing = run_models(factors, count)
    hazards = {
        model.column: CellHazard(columns[model.column], Standing.ILLUSTRATIVE)
        for model in CELL_MODELS
        if model.hazard is not None and model.column not in missing
    }
    for name, (_, high) in list(RANGES.items())[: 12 - len(hazards)]:
        hazards[name] = CellHazard(factors[name] / np.float32(high), Standing.VERIFIED)
    return cell_risk(hazards, assets, RULES)


def draw_small_scales(cells: Cells, risk: CellRisk, assets: CellAssets) -> int:
    shown: dict[str, NDArray[Any]] = {
        "tier": risk.tier, "score": risk.score, "p": risk.probability, "state": risk.state,
        "assets": assets.count,
    }  # fmt: skip
    for resolution in range(RESOLUTION - 1, COARSEST - 1, -1):
        cells, shown = roll_up(cells, shown, resolution)
    return cells.size


def median(work: Callable[[], object], runs: int) -> float:
    spent = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begin)
    return statistics.median(spent)


def measure(count: int, runs: int) -> tuple[int, list[float], float, float]:
    """Return the cells, median seconds of each part, MB of all, and MB of factors and cells alone."""
    cells = cells_of(count)
    count = cells.size
    factors, assets = factors_of(count), assets_of(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    judge({name: values[:100] for name, values in factors.items()}, assets_of(100))  # compile
    models = median(lambda: run_models(factors, count), runs)
    found = judge(factors, assets)
    both = median(lambda: judge(factors, assets), runs)
    rolled = median(lambda: draw_small_scales(cells, found, assets), runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return count, [models, both, rolled, both + rolled], peak, before


def main() -> None:
    """Print the table."""
    sizes = [int(text) for text in sys.argv[1:]] or [50_000, 341_000]
    console = Console(width=120)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, medians of up to {RUNS} runs")
    table = Table("cells", "models s", "models + risk s", "roll-up s", "all s", "µs/cell", "peak MB",
                  "of it given MB")  # fmt: skip
    measured = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for size in sizes:
            count, seconds, peak, before = pool.apply(measure, (size, RUNS if size < 2_000_000 else 3))
            models, both, rolled, everything = seconds
            measured.append((count, everything))
            table.add_row(f"{count:,}", f"{models:.3f}", f"{both:.3f}", f"{rolled:.3f}", f"{everything:.3f}",
                          f"{1e6 * everything / count:.2f}", f"{peak:,.0f}",
                          f"{before:,.0f}")  # fmt: skip
    console.print(table)
    if len(measured) > 1:
        count, seconds = np.log(np.array(measured)).T
        slope = np.polyfit(count, seconds, 1)[0]
        console.print(f"time grows with cells to the power {slope:.2f}")


if __name__ == "__main__":
    main()
