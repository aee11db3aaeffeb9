"""A fine raster file brought to H3 cells: the first time, and with the kept index, beside its peers.

Run by hand: ``python tests/benchmarks/raster_to_cells.py [--size 20000] [--resolution 8] [--peers 2000]``.
The raster is made up (smooth relief and noise) and is kept in ``--folder``, or a temporary one. Peers get a
window of ``--peers`` pixels a side: pixel centres by h3ronpy, hexagons burnt by rasterio, exactextract. Each
row is measured in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import rasterio.features
import shapely
from exactextract import exact_extract
from numpy.typing import NDArray
from rasterio.transform import Affine
from rasterio.windows import Window as Part
from rich.console import Console
from rich.table import Table

from minegis.cells import Cells, cell_at, cells_of_area, polygons
from pipelines.raster import Raster, RasterGrid, write_cog
from pipelines.steps.cell_index import CellIndex, cell_index
from pipelines.steps.weights import raster_weights
from pipelines.windows import Window, read_windows

STEP = 1 / 3600  # deg: some 30 m
WEST, NORTH = 102.0, 33.0


def grid_of(size: int) -> RasterGrid:
    return RasterGrid((STEP, 0, WEST, 0, -STEP, NORTH), size, size, "EPSG:4326")


def cells_over(grid: RasterGrid, resolution: int) -> Cells:
    return cells_of_area(shapely.box(*grid.bounds), resolution)


def relief(size: int) -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    x, y = np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32)[:, None]
    values = 1500 + 700 * np.sin(x / 611) * np.cos(y / 547) + 90 * np.sin((x + y) / 37)
    for row in range(0, size, 1000):
        values[row : row + 1000] += rng.random(values[row : row + 1000].shape, dtype=np.float32) * 10
    return values.astype(np.float32, copy=False)


def make(path: Path, size: int) -> str:
    write_cog(Raster(relief(size), grid_of(size), "elevation", "m", "made up"), path)
    return f"{path.stat().st_size / 1e6:,.0f} MB"


def first_time(path: Path, folder: Path, size: int, resolution: int) -> str:
    grid = grid_of(size)
    cells = cells_over(grid, resolution)
    index = CellIndex.load_or_compute(folder, grid, cells)
    found = index.statistics(read_windows(path))
    lost = size * size - int(found.count.sum())
    kept = sum(each.stat().st_size for each in folder.glob("*.npz")) / 1e6
    return f"{cells.size:,} cells, {index.start.size:,} runs, {lost} pixels lost, kept {kept:,.0f} MB"


def again(path: Path, folder: Path, size: int, resolution: int) -> str:
    grid = grid_of(size)
    found = CellIndex.load_or_compute(folder, grid, cells_over(grid, resolution)).statistics(
        read_windows(path)
    )
    return f"mean {np.nanmean(found.mean):.3f}"


def in_memory(size: int, resolution: int) -> str:
    """One core, array and index at hand."""
    grid = grid_of(size)
    index, values = cell_index(grid, cells_over(grid, resolution)), relief(size)
    index.statistics(Window.whole(values[:1]))  # compile
    begin = time.perf_counter()
    index.statistics(Window.whole(values))
    spent = time.perf_counter() - begin
    return f"{spent:.3f} s = {size * size / spent / 1e6:,.0f} Mpx/s of that the sums"


def read_only(path: Path) -> str:
    return f"{sum(window.values.size for window in read_windows(path)):,} pixels decoded"


def agreement(size: int, resolution: int) -> str:
    """Against H3 itself at each centre, and against the exact weights, on the made-up relief."""
    grid, values = grid_of(size), relief(size)
    cells = cells_over(grid, resolution)
    index = cell_index(grid, cells)
    x, y = (axis.ravel() for axis in np.meshgrid(grid.x, grid.y))
    owner = cells[np.repeat(index.cell, np.diff(np.append(index.start, 0)) % size)]
    wrong = np.mean(owner != cell_at(x, y, resolution))
    exact, covered = raster_weights(grid, cells).mean(values)
    found = index.statistics(Window.whole(values))
    apart = np.abs(found.mean - exact)[covered > 0.999]
    return (
        f"{wrong * 1e6:.1f} ppm of centres in another cell; means apart {np.median(apart):.4f} m median, "
        f"{apart.max():.3f} m most, of cells that differ by {np.nanstd(exact):.0f} m"
    )


def by_h3ronpy(path: Path, size: int, resolution: int) -> str:
    with rasterio.open(path) as dataset:
        values = dataset.read(1, window=Part(0, 0, size, size))
    grid = grid_of(size)
    x, y = (axis.ravel() for axis in np.meshgrid(grid.x, grid.y))
    cells, at = np.unique(cell_at(x, y, resolution), return_inverse=True)
    np.bincount(at, values.ravel()) / np.bincount(at)
    return f"{cells.size:,} cells"


def by_rasterize(path: Path, size: int, resolution: int) -> str:
    with rasterio.open(path) as dataset:
        values = dataset.read(1, window=Part(0, 0, size, size))
    grid = grid_of(size)
    cells = cells_over(grid, resolution)
    burnt = rasterio.features.rasterize(
        zip(polygons(cells), range(1, cells.size + 1), strict=True), (size, size),
        transform=Affine(*grid.transform), dtype="int32",
    )  # fmt: skip
    np.bincount(burnt.ravel(), values.ravel())
    return f"{cells.size:,} cells"


def by_exactextract(path: Path, size: int, resolution: int) -> str:
    cells = cells_over(grid_of(size), resolution)
    frame = geopandas.GeoDataFrame(geometry=polygons(cells), crs="EPSG:4326")
    exact_extract(path, frame, ["mean"], strategy="raster-sequential")
    return f"{cells.size:,} cells"


def warm() -> None:
    """Load the compiled loops: a fixed second of each process, whatever the raster."""
    in_memory(300, 8)


def measure(job: Callable[..., str], arguments: tuple[object, ...]) -> tuple[str, float, float, float]:
    """Return what `job` says, its seconds by the clock and of the processor, and the memory it added, MB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin, busy = time.perf_counter(), time.process_time()
    said = job(*arguments)
    seconds, processor = time.perf_counter() - begin, time.process_time() - busy
    return said, seconds, processor, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=4000)
    parser.add_argument("--resolution", type=int, default=8)
    parser.add_argument("--peers", type=int, default=2000)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    console = Console(width=170)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        index = Path(temporary) / "index"
        path, small = (folder / f"relief-{size}.tif" for size in (chosen.size, chosen.peers))
        size, resolution, peers = chosen.size, chosen.resolution, chosen.peers
        jobs: list[tuple[str, int, Callable[..., str], tuple[object, ...]]] = [
            ("first time, file to cells", size, first_time, (path, index, size, resolution)),
            ("kept index, file to cells", size, again, (path, index, size, resolution)),
            ("decoding alone", size, read_only, (path,)),
            ("index and sums in memory", min(size, 8000), in_memory, (min(size, 8000), resolution)),
            ("agreement", peers, agreement, (peers, resolution)),
            ("peer: h3ronpy at pixel centres", peers, by_h3ronpy, (small, peers, resolution)),
            ("peer: hexagons by rasterio", peers, by_rasterize, (small, peers, resolution)),
            ("peer: exactextract", peers, by_exactextract, (small, peers, resolution)),
        ]
        table = Table("what", "Mpx", "s", "processor s", "Mpx/s", "MB", "remarks")
        with multiprocessing.get_context("spawn").Pool(1, warm, maxtasksperchild=1) as pool:
            for made, side in ((path, size), (small, peers)):
                if not made.exists():
                    console.print(f"{made.name}: {pool.apply(make, (made, side))}")
            for name, side, job, arguments in jobs:
                said, seconds, processor, megabytes = pool.apply(measure, (job, arguments))
                pixels = side * side / 1e6
                numbers = (
                    f"{pixels:,.0f}",
                    f"{seconds:.2f}",
                    f"{processor:.2f}",
                    f"{pixels / seconds:,.1f}",
                    f"{megabytes:.0f}",
                )
                table.add_row(name, *numbers, said)
    console.print(table)


if __name__ == "__main__":
    main()
