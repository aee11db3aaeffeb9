"""Statistics of a raster over footprints: with kept weights, beside exactextract and burnt zones.

Run by hand: ``python tests/benchmarks/zonal.py [--size 4000] [--footprints 2000]``. Raster and footprints are
made up: irregular polygons of some 1,250 pixels, a third with a hole, a third of two parts. All have the
array in memory.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import rasterio.features
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.transform import Affine
from rich.console import Console
from rich.table import Table

from pipelines.raster import RasterGrid
from pipelines.steps.zonal import ZonalStatistics, ZonalWeights

STEP = 1 / 3600  # deg
STATISTICS = ("count", "sum", "mean", "min", "max")
RUNS = 5


def grid_of(size: int) -> RasterGrid:
    return RasterGrid((STEP, 0, 103.0, 0, -STEP, 32.0), size, size, "EPSG:4326")


def footprints(count: int, grid: RasterGrid) -> NDArray[np.object_]:
    rng = np.random.default_rng(1)
    west, south, east, north = grid.bounds
    shapes = []
    for number in range(count):
        angle = np.sort(rng.uniform(0, 2 * np.pi, 24))
        reach = rng.uniform(0.7, 1.0, 24) * rng.uniform(18, 30) * STEP
        x, y = rng.uniform(west + 0.02, east - 0.03), rng.uniform(south + 0.02, north - 0.02)
        shape = shapely.Polygon(
            np.stack([x + reach * np.cos(angle), y + reach * np.sin(angle)], axis=1)
        ).buffer(0)
        if number % 3 == 1:
            shape = shape.difference(shapely.box(x - 3 * STEP, y - 5 * STEP, x + 4 * STEP, y + 2 * STEP))
        if number % 3 == 2:
            shape = shape.union(shapely.box(x + 31.2 * STEP, y, x + 36.7 * STEP, y + 8.1 * STEP))
        shapes.append(shape)
    return np.array(shapes, dtype=object)


def by_exactextract(values: NDArray[Any], grid: RasterGrid, frame: geopandas.GeoDataFrame) -> Any:
    west, south, east, north = grid.bounds
    source = NumPyRasterSource(
        values,
        xmin=west,
        ymin=south,
        xmax=east,
        ymax=north,
        nodata=np.nan,
        srs_wkt=CRS.from_epsg(4326).to_wkt(),
    )
    return exact_extract(source, frame, list(STATISTICS), output="pandas")


def by_burning(values: NDArray[Any], grid: RasterGrid, shapes: NDArray[np.object_]) -> NDArray[Any]:
    """Pixel centres only, and of two footprints over one pixel the later."""
    zones = rasterio.features.rasterize(
        zip(shapes, range(1, shapes.size + 1), strict=True), values.shape,
        transform=Affine(*grid.transform), dtype="int32",
    )  # fmt: skip
    sums: NDArray[Any] = np.bincount(zones.ravel(), np.nan_to_num(values).ravel())
    return sums


def median(work: Callable[[], Any], runs: int = RUNS) -> tuple[float, float]:
    """Return seconds by the clock and of the processor."""
    spent = []
    for _ in range(runs):
        begin, busy = time.perf_counter(), time.process_time()
        work()
        spent.append((time.perf_counter() - begin, time.process_time() - busy))
    clock, processor = zip(*spent, strict=True)
    return statistics.median(clock), statistics.median(processor)


def apart(ours: ZonalStatistics, theirs: Any) -> str:
    """Return the largest relative difference of each statistic."""
    found = []
    for name in STATISTICS:
        one, other = getattr(ours, name), theirs[name].to_numpy(np.float64)
        known = np.isfinite(other)
        found.append(f"{name} {np.max(np.abs(one - other)[known] / np.abs(other[known])):.1e}")
    return ", ".join(found)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=4000)
    parser.add_argument("--footprints", type=int, default=2000)
    chosen = parser.parse_args()
    grid = grid_of(chosen.size)
    rng = np.random.default_rng(2)
    values = rng.normal(500, 100, (chosen.size, chosen.size)).astype(np.float32)
    values[rng.random(values.shape, dtype=np.float32) < 0.02] = np.nan
    shapes = footprints(chosen.footprints, grid)
    frame = geopandas.GeoDataFrame(geometry=shapes, crs="EPSG:4326")
    console = Console(width=150)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {chosen.footprints} footprints")
    with tempfile.TemporaryDirectory() as folder:
        begin, busy = time.perf_counter(), time.process_time()
        weights = ZonalWeights.load_or_compute(Path(folder), grid, shapes)
        first = time.perf_counter() - begin, time.process_time() - busy
        reading = median(lambda: ZonalWeights.load_or_compute(Path(folder), grid, shapes))
    ours = weights.statistics(values)  # compile
    kept = median(lambda: weights.statistics(values))
    theirs = by_exactextract(values, grid, frame)
    peer = median(lambda: by_exactextract(values, grid, frame), 3)
    burnt = median(lambda: by_burning(values, grid, shapes), 3)
    table = Table("what", "s", "processor s", "footprints/s", "to exactextract", "by processor")
    for name, (clock, processor) in (
        ("weights, the first time", first),
        ("weights read again", reading),
        ("statistics with kept weights", kept),
        ("exactextract", peer),
        ("burnt zones, sums only", burnt),
    ):
        ratios = f"{peer[0] / clock:.1f} ×", f"{peer[1] / processor:.1f} ×"
        table.add_row(name, f"{clock:.4f}", f"{processor:.4f}", f"{chosen.footprints / clock:,.0f}", *ratios)
    console.print(table)
    console.print(
        f"{weights.edge_pixel.size:,} edge pixels, {weights.run_length.sum():,} inside in "
        f"{weights.run_pixel.size:,} runs; largest relative difference: {apart(ours, theirs)}"
    )


if __name__ == "__main__":
    main()
