"""Jobs that are killed, meet a full disk, lose a worker: nothing half-published, a rerun completes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from pipelines.engine import Engine, Source, Step
from pipelines.engine.schedule import Workers
from pipelines.raster import Raster, RasterGrid, read_raster, write_cog

ROOT = Path(__file__).parents[2]
GRID = RasterGrid((30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), 640, 520, "EPSG:4544")


def attacked(how: str, folder: Path, *, before: tuple[str, ...] = ()) -> dict[str, int]:
    script = Path(__file__).with_name("attacked_job.py")
    # Children are forked beside idle threads of numerical libraries, which they never use.
    command = [
        *before,
        sys.executable,
        "-W",
        "ignore::DeprecationWarning",
        str(script),
        how,
        str(folder),
        "50",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.slow
def test_a_job_killed_at_fifty_moments_publishes_nothing_half_and_completes_when_it_is_run_again(tmp_path):
    found = attacked("kill", tmp_path)
    assert (found["exit"], found["published"], found["left"]) == (0, 5, 0)
    assert found["partly"] > 5  # it was killed between its products, and at other moments


@pytest.mark.slow
def test_a_job_that_meets_a_full_disk_fifty_times_publishes_nothing_half_and_completes_with_room(tmp_path):
    alone = ("unshare", "--user", "--map-root-user", "--mount")
    possible = subprocess.run([*alone, "mount", "-t", "tmpfs", "none", str(tmp_path)], check=False)
    if possible.returncode:
        pytest.skip("needs a user who may mount a small disk of their own")
    found = attacked("full", tmp_path, before=alone)
    assert (found["exit"], found["published"], found["left"]) == (0, 5, 0)
    assert found["failed"] > 10
    assert found["partly"] > 5


@pytest.mark.slow
def test_a_job_on_two_dask_workers_completes_with_the_right_values_though_one_is_killed(tmp_path):
    values = np.random.default_rng(7).normal(size=(520, 640)).astype(np.float32)
    write_cog(Raster(values, GRID, "elevation", "m", "made up"), tmp_path / "dem.tif")

    def slow_double(elevation):  # inside, so that it is sent to the workers whole
        time.sleep(0.05)
        return elevation * 2

    step = Step("double", "1", slow_double, {"elevation": "elevation"})
    with two_workers() as (address, workers):
        engine = Engine(tmp_path / "work", Workers(address, 1))

        def kill_one_when_a_block_is_done():
            while not list(tmp_path.glob("work/*/blocks/*")):
                time.sleep(0.02)
            os.kill(workers[0].pid, signal.SIGKILL)

        killer = threading.Thread(target=kill_one_when_a_block_is_done, daemon=True)
        killer.start()
        source = {"elevation": Source.of(tmp_path / "dem.tif")}
        # 64 cells: 90 blocks, of which the killed worker leaves many
        made = engine.run(step, source, {"elevation": tmp_path / "out.tif"}, block=64)
        killer.join(timeout=10)
        assert workers[0].wait(timeout=10) == -signal.SIGKILL
        assert workers[1].poll() is None
    assert made.blocks == 90
    np.testing.assert_array_equal(read_raster(tmp_path / "out.tif").values, values * 2)


class two_workers:  # noqa: N801 – read as a function
    """A scheduler and two workers of one thread each on the loopback."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        address = f"tcp://127.0.0.1:{port}"
        dask = [sys.executable, "-m", "dask"]
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}"}
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
        scheduler = [*dask, *f"scheduler --host 127.0.0.1 --port {port} --no-dashboard".split()]
        worker = [*dask, *f"worker {address} --nthreads 1 --no-nanny --no-dashboard".split()]
        self.started = [subprocess.Popen(scheduler, **quiet)]
        self.started += [subprocess.Popen(worker, **quiet) for _ in range(2)]
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        return address, self.started[1:]

    def __exit__(self, *_):
        for each in self.started:
            each.terminate()
            each.wait()
