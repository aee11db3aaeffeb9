"""Run the jobs of a small made-up site while they are killed, or while the disk is full; used by a test.

    python attacked_job.py kill|full FOLDER TIMES

Each attempt is a child that was forked when everything was imported. After each, whatever is published must
be whole and right; at the end a run must complete. Prints one line of JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import distributed  # noqa: F401 – or each child would
import numpy as np
import orjson

from data_catalog.site import Area, RasterInput, Site, SiteDeclaration
from minegis.declarations import BilingualText
from minegis.levels import Origin
from pipelines.engine import Engine
from pipelines.engine.schedule import Workers
from pipelines.jobs.declaration import jobs
from pipelines.jobs.runner import JobSite
from pipelines.jobs.state import RunState
from pipelines.lineage import published
from pipelines.progress import Silent
from pipelines.raster import Raster, RasterGrid, read_raster, write_cog
from pipelines.steps import terrain

ALL = 5  # products: four, and the cleaned elevation
GRID = RasterGrid((30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), 130, 90, "EPSG:4544")


def small_site(folder: Path) -> JobSite:
    """Make a site with one elevation model of two blocks, made up."""
    y, x = np.mgrid[0:90, 0:130]
    heights = 1000 + 80 * np.sin(x / 9) * np.cos(y / 7) + y
    heights[20:24, 30:34] = np.nan
    raster = Raster(heights.astype(np.float32), GRID, "elevation", "m", "made up")
    write_cog(raster, folder / "sources" / "dem.tif")
    digest = hashlib.sha256((folder / "sources" / "dem.tif").read_bytes()).hexdigest()
    given = RasterInput(
        kind="elevation", path="sources/dem.tif", source="made_up", sha256=digest, area="valley", unit="m",
        origin=Origin.SAMPLE,
    )  # fmt: skip
    title = BilingualText(zh="试", en="Test")
    area = Area(id="valley", title=title, bbox=(104.9, 30.6, 105.1, 30.8))
    site = Site.create(
        folder, SiteDeclaration(title=title, origin=Origin.SAMPLE, areas=(area,), inputs=(given,))
    )
    declared = jobs()["terrain"]
    outputs = ("slope_angle", "local_relief"), ("upstream_area", "wetness_index")
    steps = tuple(
        each.model_copy(update={"block": 100, "outputs": kept})
        for each, kept in zip(declared.steps, outputs, strict=True)
    )
    only = {"terrain": declared.model_copy(update={"steps": steps, "attempts": 20})}
    return JobSite(site, only, Engine(folder / "work", Workers("", 2)))


def attempt(opened: JobSite) -> int:
    """Fork a child that runs what is due; return its process id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            runs = opened.run_due(Silent())
            code = 0 if all(each.state is RunState.DONE for each in runs.values()) else 3
        except OSError:
            code = 4
        finally:
            os._exit(code)
    return child


def check(opened: JobSite, expected: dict[str, str]) -> int:
    """Raise unless all that is published is whole and what it should be; return how much there is."""
    there = published(opened.site.path("rasters"))
    for each in there:
        values = read_raster(each.path).values
        digest = hashlib.sha256(values.tobytes()).hexdigest()
        if expected.setdefault(each.variable, digest) != digest:
            raise AssertionError(f"{each.path.name} is not what it was made to be")
    for book in opened.site.folder.glob("jobs/*.json"):
        orjson.loads(book.read_bytes())
    return len(there)


def fresh(opened: JobSite) -> None:
    """Forget all that was made."""
    for name in ("rasters", "work", "jobs"):
        shutil.rmtree(opened.site.path(name), ignore_errors=True)
    opened.site.path("rasters").mkdir()


def reference(opened: JobSite) -> tuple[dict[str, str], float]:
    """Run once undisturbed; return the hash of the values of each variable, and how long it took."""
    os.waitpid(attempt(opened), 0)  # machine code is made, or read
    fresh(opened)
    started = time.monotonic()
    _, status = os.waitpid(attempt(opened), 0)
    took = time.monotonic() - started
    assert os.waitstatus_to_exitcode(status) == 0
    expected: dict[str, str] = {}
    assert check(opened, expected) == ALL, expected
    dem = read_raster(next(opened.site.path("rasters").glob("elevation-*.tif")))
    for name in ("slope_angle", "wetness_index"):
        whole = getattr(terrain, name)(dem).values  # in one piece, by no job
        assert hashlib.sha256(whole.tobytes()).hexdigest() == expected[name]
    return expected, took


def killed(opened: JobSite, times: int, dice: random.Random) -> dict[str, float]:
    """Kill the run at random moments; whenever one completes, start from nothing."""
    expected, took = reference(opened)
    fresh(opened)
    partly = completed = 0
    for _ in range(times):
        child = attempt(opened)
        time.sleep(dice.uniform(0, took))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        there = check(opened, expected)
        partly += 0 < there < ALL
        if os.waitstatus_to_exitcode(status) == 0 or there == ALL:
            completed += 1
            fresh(opened)
    _, status = os.waitpid(attempt(opened), 0)
    return _result(opened, expected, status, partly=partly, completed=completed)


def full(opened: JobSite, times: int, dice: random.Random) -> dict[str, float]:
    """Leave random room on the disk; then enough."""
    expected, _ = reference(opened)
    needed = -_free(opened.site.folder)
    fresh(opened)
    needed += _free(opened.site.folder)
    ballast = opened.site.path("ballast")
    failed = partly = 0
    for _ in range(times):
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, _free(opened.site.folder) - int(dice.uniform(0, 2 * needed)))
        _, status = os.waitpid(attempt(opened), 0)
        ballast.unlink()
        failed += os.waitstatus_to_exitcode(status) in (3, 4)
        partly += 0 < check(opened, expected) < ALL
        if check(opened, expected) == ALL:
            fresh(opened)
    _, status = os.waitpid(attempt(opened), 0)
    return _result(opened, expected, status, partly=partly, failed=failed)


def _result(opened: JobSite, expected: dict[str, str], status: int, **counted: float) -> dict[str, float]:
    left = len(list(opened.site.path("work").glob("*"))) if opened.site.path("work").exists() else 0
    exit_code = os.waitstatus_to_exitcode(status)
    return {**counted, "exit": exit_code, "published": check(opened, expected), "left": left}


def _free(folder: Path) -> int:
    state = os.statvfs(folder)
    return state.f_bfree * state.f_frsize


def main() -> None:
    """Attack as the command line says."""
    how, folder, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if how == "full":
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "attacked", folder], check=True)
    opened = small_site(folder)
    # Before the fork, so that no child spends its time with reading machine code.
    for name in ("slope_angle", "upstream_area"):
        getattr(terrain, name)(read_raster(opened.site.path("sources/dem.tif")))
    found = {"kill": killed, "full": full}[how](opened, times, random.Random(20260720))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
