"""How fast and how large the weights are. Run by hand: ``python tests/benchmarks/weights.py [data folder]``.

The county polygons are read from the folder of real data; without it those rows are left out. Each row is
measured in a process of its own, so that the memory is its own too.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely
from rich.console import Console
from rich.table import Table

from minegis import cells
from pipelines.raster import RasterGrid
from pipelines.steps.weights import Weights, asset_weights, raster_weights, region_weights

GRIDS = {
    '30" (900 × 720)': RasterGrid((1 / 120, 0, 100, 0, -1 / 120, 33.5), 720, 900, "EPSG:4326"),
    "1/60° ShakeMap": RasterGrid((1 / 60, 0, 100, 0, -1 / 60, 33.5), 360, 450, "EPSG:4326"),
    "0.2°": RasterGrid((0.2, 0, 70, 0, -0.2, 60), 350, 225, "EPSG:4326"),
    "2.5° of 0..360": RasterGrid((2.5, 0, -1.25, 0, -2.5, 90), 144, 72, "EPSG:4326"),
    "1 km Gauss-Krüger": RasterGrid((1000, 0, 250_000, 0, -1000, 3_800_000), 700, 900, "EPSG:4543"),
}
FINE = RasterGrid((1 / 3600, 0, 103, 0, -1 / 3600, 31.5), 1800, 1800, "EPSG:4326")


def many_cells(count: int) -> cells.Cells:
    """Cells of resolution 8 in Sichuan."""
    return cells.cells_of_area(shapely.box(100.5, 26.5, 105.5, 33.0), 8)[:count]


def on_a_grid(name: str, count: int) -> str:
    weights = raster_weights(GRIDS[name], many_cells(count))
    return f"{weights.pixel.size:,} pairs"


def on_a_fine_grid() -> str:
    weights = raster_weights(FINE, cells.cells_of_area(shapely.box(103.02, 31.02, 103.48, 31.48), 8))
    return f"{weights.start.size - 1:,} cells, {weights.pixel.size:,} pairs"


def kept(count: int) -> str:
    grid, wanted = GRIDS['30" (900 × 720)'], many_cells(count)
    with tempfile.TemporaryDirectory() as folder:
        Weights.load_or_compute(Path(folder), grid, wanted)
        begin = time.perf_counter()
        weights = Weights.load_or_compute(Path(folder), grid, wanted)
        read = time.perf_counter() - begin
    values = np.random.default_rng(1).random((grid.height, grid.width), dtype=np.float32)
    begin = time.perf_counter()
    weights.mean(values)
    return f"read again {read * 1000:.0f} ms, mean {(time.perf_counter() - begin) * 1000:.0f} ms"


def counties(folder: Path, count: int) -> str:
    text = (folder / "admin" / "tianditu_counties_sichuan_shanxi.geojson").read_text()
    regions = shapely.make_valid(shapely.get_parts(shapely.from_geojson(text)))
    shanxi = cells.cells_of_area(shapely.box(110.2, 34.5, 114.6, 40.8), 8)[: count // 2]
    wanted = np.concatenate([many_cells(count // 2), shanxi])
    matrix = region_weights(regions, wanted)
    return f"{regions.size} counties × {wanted.size:,} cells, {(matrix.data < 1).sum():,} cut"


def dams(count: int) -> str:
    rng = np.random.default_rng(1)
    places = shapely.points(rng.uniform(101, 105, count), rng.uniform(27, 32, count))
    found = asset_weights(shapely.buffer(places, rng.uniform(1e-4, 1e-2, count)), many_cells(400_000))
    return f"{count:,} ponds, {found.matrix.nnz:,} pairs"


def measure(job: Callable[..., str], *arguments: object) -> tuple[str, float, float]:
    """Return what `job` says, its seconds and the peak memory it added, MB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    said = job(*arguments)
    seconds = time.perf_counter() - begin
    return said, seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    """Print the table."""
    count = 200_000
    jobs: list[tuple[str, int, Callable[..., str], tuple[object, ...]]] = [
        *((f"raster {name}", count, on_a_grid, (name, count)) for name in GRIDS),
        ('raster 1" under 0.46° × 0.46°', 3_000, on_a_fine_grid, ()),
        ("kept weights", count, kept, (count,)),
        ("assets", 10_000, dams, (10_000,)),
    ]
    if len(sys.argv) > 1:
        jobs.append(("regions", 300_000, counties, (Path(sys.argv[1]), 300_000)))
    table = Table("what", "s", "rows/s", "MB", "remarks")
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name, rows, job, arguments in jobs:
            said, seconds, megabytes = pool.apply(measure, (job, *arguments))
            table.add_row(name, f"{seconds:.2f}", f"{rows / seconds:,.0f}", f"{megabytes:.0f}", said)
    Console().print(table)


if __name__ == "__main__":
    main()
