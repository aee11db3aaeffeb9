"""What every test may use: the real data, when it is on this machine, and a whole published site."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
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
    base = tmp_path_factory.getbasetemp()
    of_all_workers = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    shared = base.parent / f"minegis-{of_all_workers}" if of_all_workers else base / "minegis"
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


@pytest.fixture(scope="session")
def served_site(published_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the real command serving the published site; what it logs must be its address alone."""
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "stderr.txt"
    command = [
        sys.executable,
        "-m",
        "geoserver.cli",
        "serve",
        "--site",
        str(published_site),
        "--port",
        str(port),
    ]
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr)
        try:
            wait_until_live(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait(timeout=30)
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    assert status == 0
    assert len(lines) == 2, lines
    assert f"http://127.0.0.1:{port}" in lines[0]
    assert lines[1] == "minegis stopped."


def free_port() -> int:
    """Return a port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_live(port: int, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Wait until the server answers that it lives."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")
