"""What every test may use: the real data, when it is on this machine, and a whole published site."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Folder of real data (``MINEGIS_SAMPLE_DATA``); the test is skipped where it is absent."""
    folder = Path(os.environ.get("MINEGIS_SAMPLE_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "SHA256SUMS").exists():
        pytest.skip("needs the folder of real data: set MINEGIS_SAMPLE_DATA to it")
    return folder


@pytest.fixture(scope="session")
def published_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site with one published run, made once for all workers; never write to it, copy it."""
    shared = (
        tmp_path_factory.getbasetemp().parent / f"minegis-{os.environ.get('PYTEST_XDIST_TESTRUNUID', '0')}"
    )
    shared.mkdir(exist_ok=True)
    site = shared / "site"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (site / "built").exists():
            command = [sys.executable, "-m", "geoserver.cli"]
            environment = {**os.environ, "MINEGIS_SITE": str(site)}
            for step in ("init", "run"):
                subprocess.run(
                    [*command, step], env=environment, check=True, capture_output=True, timeout=600
                )
            (site / "built").touch()
    return site
