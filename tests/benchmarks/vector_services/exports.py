"""How long it takes to carry 1,000,000 points away, what that needs, and whether memory grows under load."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import data
from load import measure, questions_of
from peers import Peer, Running

_FORMATS = {
    "fgb": "FlatGeobuf",
    "parquet": "GeoParquet",
    "gpkg": "GeoPackage",
    "csv": "CSV",
    "geojsonseq": "GeoJSON-seq",
}
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Export:
    """Seconds and MB of a file, and how far the server's peak memory rose above what it held before, MB."""

    server: str
    format: str
    seconds: float
    megabytes: float
    rise: float
    features: int


def _carry(name: str, running: Running, key: str) -> Export:
    """Download all points in one format."""
    before = running.memory().now
    Path(f"/proc/{running.process.pid}/clear_refs").write_text("5")  # the peak counts from here
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"points.{key}"
        began = time.perf_counter()
        address = f"{running.base}/ogc/collections/place/items?f={key}"
        with urllib.request.urlopen(address, timeout=300) as answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file, _BLOCK)
        seconds = time.perf_counter() - began
        count = _features(target)
        size = target.stat().st_size / 1e6
    return Export(name, _FORMATS[key], seconds, size, running.memory().peak - before, count)


def carry(name: str, running: Running) -> list[Export]:
    """Download all points in every format."""
    return [_carry(name, running, key) for key in _FORMATS]


def _features(path: Path) -> int:
    """Count the features by another program than ours."""
    if path.suffix in (".parquet", ".csv", ".geojsonseq"):
        if path.suffix == ".parquet":
            import pyarrow.parquet as pq

            return int(pq.ParquetFile(path).metadata.num_rows)
        with path.open("rb") as file:
            return sum(1 for _ in file) - (path.suffix == ".csv")
    said = subprocess.run(
        ["ogrinfo", "-so", "-al", str(path)], capture_output=True, text=True, check=True
    ).stdout
    return next(int(line.split(":")[1]) for line in said.splitlines() if line.startswith("Feature Count"))


def soak(server: Peer, running: Running, made: data.Made, seconds: int) -> list[float]:
    """Ask everything in turn for so long; return resident memory a minute, MB."""
    questions = [each for each in questions_of(server, running, made) if not each.once]
    tiles = [each for each in questions_of(server, running, made) if each.once]
    found: list[float] = []
    began = time.monotonic()

    for question in itertools.cycle([*questions, *tiles]):
        minute = int((time.monotonic() - began) // 60)
        while len(found) <= minute:
            found.append(running.memory().now)
        if time.monotonic() - began > seconds:
            return found
        measure(question, 4, 1)
    return found
