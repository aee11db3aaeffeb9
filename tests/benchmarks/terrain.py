"""How long terrain takes, in what memory, and what a second Dask worker gains.

The elevation model is made up: octaves of random relief, 30 m cells, with a lake and a gap. Each case runs
in a process of its own, from COG to published COGs, with the page cache warm. Peers run on the same file:
`gdaldem` (slope alone) where it is installed, pyflwdir with the whole raster in memory.

    python tests/benchmarks/terrain.py --side 4000 --folder /tmp/terrain
    python tests/benchmarks/terrain.py --side 20000 --no-peers
    python tests/benchmarks/terrain.py --rows 14400 --columns 18000 --case flow --case derivatives
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import Affine
from rasterio.windows import Window

ROOT = Path(__file__).parents[2]
BLOCK = 2048
DERIVATIVES = ("slope_angle", "aspect", "hillshade", "profile_curvature", "plan_curvature", "local_relief")
FLOW = ("flow_direction", "upstream_area", "height_above_drainage", "wetness_index")


def make_dem(path: Path, rows: int, columns: int) -> None:
    """Write a made-up elevation model block by block."""
    random = np.random.default_rng(20260720)
    octaves = []
    spacing = 4
    while spacing < max(rows, columns):
        lattice = random.normal(size=(rows // spacing + 3, columns // spacing + 3)).astype(np.float32)
        octaves.append((spacing, 0.35 * spacing**0.85 * lattice))
        spacing *= 2
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": 1, "width": columns, "height": rows, "nodata": np.nan,
        "crs": "EPSG:4544", "transform": Affine(30, 0, 300_000, 0, -30, 3_600_000), "tiled": True,
        "blockxsize": 512, "blockysize": 512, "compress": "deflate", "predictor": 3, "zlevel": 1,
        "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.open(path, "w", num_threads=2, **profile) as file:
        for row in range(0, rows, BLOCK):
            for column in range(0, columns, BLOCK):
                height, width = min(BLOCK, rows - row), min(BLOCK, columns - column)
                z = np.full((height, width), 2000, np.float32)
                for spacing, lattice in octaves:
                    down = _weights(row, height, spacing)
                    right = _weights(column, width, spacing)
                    r, c = row // spacing, column // spacing
                    z += down @ lattice[r : r + down.shape[1], c : c + right.shape[1]] @ right.T
                y, x = np.ogrid[row : row + height, column : column + width]
                z[np.hypot(y - rows * 0.4, x - columns * 0.6) < 0.04 * rows] = 1800  # a lake
                z[np.hypot(y - rows * 0.8, x - columns * 0.2) < 0.03 * rows] = np.nan  # a gap
                file.write(np.round(z, 1), 1, window=Window(column, row, width, height))


def _weights(start: int, size: int, spacing: int) -> np.ndarray:
    """Return the weights of the lattice's points for each cell, linear between them."""
    at = (np.arange(start, start + size) - start // spacing * spacing) / spacing
    left = np.floor(at).astype(int)
    weights = np.zeros((size, left[-1] + 2), np.float32)
    weights[np.arange(size), left] = 1 - (at - left)
    weights[np.arange(size), left + 1] = at - left
    return weights


def case(name: str, dem: Path, folder: Path, address: str, threads: int, block: int) -> None:
    """Run one case and print what it took."""
    sys.path.insert(0, str(ROOT))
    from pipelines.engine import Engine, Source
    from pipelines.engine.schedule import Workers
    from pipelines.steps import terrain_blocks, terrain_flow

    step, outputs, parameters = {
        "derivatives": (terrain_blocks.DERIVATIVES, DERIVATIVES, {"radius": 15}),
        "flow": (terrain_flow.FLOW, FLOW, {"drainage_area": 1e6}),
        "slope": (terrain_blocks.DERIVATIVES, DERIVATIVES[:1], {"radius": 1}),
    }[name]
    stages = _Stages()
    shutil.rmtree(folder, ignore_errors=True)
    engine = Engine(folder / "work", Workers(address, threads))
    targets = {each: folder / f"{each}.tif" for each in outputs}
    started = time.perf_counter()
    engine.run(
        step, {"elevation": Source.of(dem)}, targets, parameters=parameters, block=block, progress=stages
    )
    _report(time.perf_counter() - started, stages.close())


class _Stages:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._now, self._since = "", time.perf_counter()

    def begin(self, title: str, total: int = 1) -> None:
        self.close()
        self._now, self._since = title.split(" ", 1)[1], time.perf_counter()

    def advance(self, steps: int = 1) -> None:
        pass

    def close(self) -> dict[str, float]:
        if self._now:
            self.seconds[self._now] = round(time.perf_counter() - self._since, 2)
        return self.seconds


def pyflwdir_whole(dem: Path) -> None:
    """Fill, direct, accumulate and HAND with the whole raster in memory."""
    import pyflwdir

    started = time.perf_counter()
    with rasterio.open(dem) as file:
        z, transform = file.read(1), file.transform
    known = np.isfinite(z)
    z[~known] = -9999
    filled, directions = pyflwdir.dem.fill_depressions(z, nodata=-9999.0)
    network = pyflwdir.from_array(directions, ftype="d8", transform=transform, latlon=False)
    area = network.accuflux(np.full(z.shape, 900.0, np.float32), nodata=-9999.0)
    network.hand(area >= 1e6, filled)
    _report(time.perf_counter() - started, {})


def _report(seconds: float, stages: dict[str, float]) -> None:
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line)
    print(json.dumps({"seconds": seconds, "gib": int(peak.split()[1]) / 2**20, "stages": stages}))


def run_case(*arguments: object) -> dict[str, object]:
    """Run a case in a process of its own and return its report."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[int]]]:
    """Start a scheduler and workers of one thread each on the loopback; yield the address and worker pids."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    dask = [sys.executable, "-m", "dask"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    port = address.rpartition(":")[2]
    scheduler = subprocess.Popen(
        [*dask, *f"scheduler --host 127.0.0.1 --port {port} --no-dashboard".split()], **quiet
    )
    one = f"worker {address} --nthreads 1 --no-nanny --no-dashboard --memory-limit 0".split()
    started = [subprocess.Popen([*dask, *one], **quiet) for _ in range(workers)]
    try:
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, [each.pid for each in started]
    finally:
        for each in (*started, scheduler):
            each.terminate()
            each.wait()


def main() -> None:
    """Make the elevation model, run the cases, print the table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--side", type=int, default=4000)
    options.add_argument("--rows", type=int, default=0)
    options.add_argument("--columns", type=int, default=0)
    options.add_argument("--folder", type=Path, default=Path("/tmp/minegis-terrain"))
    options.add_argument("--case", action="append", choices=["derivatives", "flow"])
    options.add_argument("--block", type=int, default=0)
    options.add_argument("--repeat", type=int, default=1)
    options.add_argument("--no-peers", action="store_true")
    options.add_argument("--no-cluster", action="store_true")
    options.add_argument("--run", nargs=5, help=argparse.SUPPRESS)
    options.add_argument("--pyflwdir", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.run:
        name, dem, folder, address, threads = given.run
        case(name, Path(dem), Path(folder), address, int(threads), given.block)
        return
    if given.pyflwdir:
        pyflwdir_whole(given.pyflwdir)
        return
    rows, columns = given.rows or given.side, given.columns or given.side
    given.folder.mkdir(parents=True, exist_ok=True)
    dem = given.folder / f"dem-{rows}x{columns}.tif"
    if not dem.exists():
        print(f"making up an elevation model of {rows} × {columns} cells …", flush=True)
        make_dem(dem, rows, columns)
    print(
        f"{rows} × {columns} cells, made up; {len(os.sched_getaffinity(0))} cores; medians of {given.repeat}"
    )
    print(f"{'case':<44}{'s':>9}{'Mcells/s':>10}{'peak GiB':>10}")
    out = given.folder / "out"

    def tell(title: str, arguments: tuple[object, ...], peak: bool = True) -> float:
        found = [run_case(*arguments) for _ in range(given.repeat)]
        seconds = statistics.median(float(each["seconds"]) for each in found)
        memory = f"{max(float(each['gib']) for each in found):10.2f}" if peak else f"{'':>10}"
        print(f"{title:<44}{seconds:9.1f}{rows * columns / seconds / 1e6:10.1f}{memory}", flush=True)
        for stage, took in found[-1]["stages"].items():
            print(f"    {stage:<40}{took:9.1f}", flush=True)
        return seconds

    for name in given.case or ["derivatives", "flow"]:
        common = ("--block", given.block)
        tell(f"{name}, threads", ("--run", name, dem, out, "", len(os.sched_getaffinity(0)), *common))
        took = []
        for workers in () if given.no_cluster else (1, 2):
            with cluster(workers) as (address, pids):
                run = ("--run", name, dem, out, address, 1, *common)
                took.append(tell(f"{name}, {workers} Dask worker(s)", run, peak=False))
                peaks = [_peak(pid) for pid in pids]
                print(f"    peak of each worker, GiB: {', '.join(f'{each:.2f}' for each in peaks)}")
        if took:
            print(f"    two workers over one: {took[0] / took[1]:.2f} times as fast")
    if not given.no_peers:
        _peers(dem, given.folder, rows * columns, tell, out)
    shutil.rmtree(out, ignore_errors=True)


def _peak(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in text.splitlines() if "VmHWM" in line).split()[1]) / 2**20


def _peers(dem: Path, folder: Path, cells: int, tell, out: Path) -> None:
    tell("slope alone, threads", ("--run", "slope", dem, out, "", len(os.sched_getaffinity(0))))
    if shutil.which("gdaldem"):
        target = folder / "gdaldem.tif"
        started = time.perf_counter()
        how = "gdaldem slope -q -of COG -co COMPRESS=DEFLATE -co LEVEL=1 -co PREDICTOR=YES -co NUM_THREADS=2"
        subprocess.run([*how.split(), dem, target], check=True)
        seconds = time.perf_counter() - started
        print(f"{'peer: gdaldem slope to COG':<44}{seconds:9.1f}{cells / seconds / 1e6:10.1f}")
        target.unlink()
    tell("peer: pyflwdir, whole raster in memory", ("--pyflwdir", dem))


if __name__ == "__main__":
    main()
