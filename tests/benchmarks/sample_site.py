"""Report: how long the sample site takes to make, to run, and to run again, and the memory of each.

Run by hand: ``.venv/bin/python tests/benchmarks/sample_site.py``. Nothing is asserted; machines are noisy.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measured(*arguments: str) -> tuple[float, float, str]:
    """Run a minegis command in a process of its own; return seconds, peak MB and what it printed."""
    code = (
        "import resource, sys; from geoserver.cli import app; app(sys.argv[1:], standalone_mode=False);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=600
    )
    *printed, peak = done.stdout.strip().splitlines()
    return time.perf_counter() - started, int(peak) / 1024, "\n".join(printed)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        site = str(Path(folder) / "site")
        rows = [("init", *measured("init", "--site", site))]
        for name in ("run, nothing kept", "run, weights kept", "run, weights kept"):
            rows.append((name, *measured("run", "--site", site, "--json")))
    print(f"{'step':<20}{'seconds':>9}{'peak MB':>9}")
    for name, seconds, megabytes, _ in rows:
        print(f"{name:<20}{seconds:>9.1f}{megabytes:>9.0f}")
    print(json.dumps(json.loads(rows[1][3])["counts"]))


if __name__ == "__main__":
    main()
