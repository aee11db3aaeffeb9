"""Report: how fast the map page is in a headless Chromium without a GPU, and whether its heap grows.

Run by hand, on a quiet machine, after ``make up`` or ``npm run build`` in ``geoserver/web``:
``.venv/bin/python tests/benchmarks/page.py [--site FOLDER] [--web FOLDER] [--soak SECONDS]``.
Without a site the sample is made anew. Nothing is asserted; machines are noisy.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "geoserver" / "web" / "dist"
START_LIMIT_S = 60


@contextmanager
def serving(site: Path, web: Path) -> Iterator[str]:
    """Serve a site with the real command on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"MINEGIS_SITE": str(site), "MINEGIS_WEB": str(web), "MINEGIS_PORT": str(port)}
    command = [sys.executable, "-m", "geoserver.cli", "serve"]
    server = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        wait(base)
        yield base
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait(base: str) -> None:
    """Wait until the server is ready."""
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise SystemExit(f"the server did not start within {START_LIMIT_S} s")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, help="a published site; it gets acts at the desk")
    parser.add_argument("--web", type=Path, default=BUILT, help="the built page")
    parser.add_argument("--soak", type=int, default=120, help="seconds of the soak (30 min: 1800)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = given.site or Path(folder) / "site"
        if not given.site:
            for step in ("init", "run"):
                command = [sys.executable, "-m", "geoserver.cli", step, "--site", str(site)]
                subprocess.run(command, check=True, capture_output=True)
        with serving(site, given.web) as base:
            chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or ""
            told = {"BASE_URL": base, "CHROMIUM": chromium, "SOAK_S": str(given.soak), "WEB": str(given.web)}
            done = subprocess.run(
                ["node", str(ROOT / "tests" / "benchmarks" / "page.mjs")],
                env={**os.environ, **told},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
    print("| measured | figure | value |\n|---|---|---|")
    for name, figures in json.loads(done.stdout.splitlines()[-1]).items():
        for figure, value in figures.items():
            print(f"| {name} | {figure} | {value} |")
    print(f"\nload average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
