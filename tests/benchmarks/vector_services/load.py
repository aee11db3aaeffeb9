"""What every server is asked, and how fast it answers: `wrk` with eight connections on one thread."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import data
import numpy as np

_CONNECTIONS = 8
_ASKED = 4000
_SEED = 7

_SCRIPT = """
local paths = {}
for line in io.lines("%(paths)s") do paths[#paths + 1] = line end
local at = 0
local headers = {}
%(headers)s
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], headers)
end
done = function(summary, latency)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format('\\n{"requests":%%d,"microseconds":%%d,"refused":%%d,"broken":%%d,"p50":%%f,"p99":%%f}\\n',
    summary.requests, summary.duration, summary.errors.status, bad,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


class Server(Protocol):
    """How a server spells the questions; a question that it cannot be asked is None."""

    name: str

    def items(self, collection: str, limit: int) -> str | None:
        """A page."""

    def box(self, collection: str, bbox: str, limit: int) -> str | None:
        """A page within a box."""

    def item(self, item_id: str) -> str | None:
        """One polygon."""

    def filtered(self, code: str) -> str | None:
        """Polygons of a county, by CQL2."""

    def tile(self, collection: str, z: int, x: int, y: int) -> str | None:
        """A vector tile."""


@dataclass(frozen=True)
class Question:
    """Addresses to be asked for one after another."""

    name: str
    base: str
    paths: list[str]
    once: bool = False
    tag: str = ""


@dataclass(frozen=True)
class Answer:
    """Requests a second, latency in ms, and how many were answered with an error."""

    rate: float
    p50: float
    p99: float
    errors: int


def questions_of(server: Server, running: object, made: data.Made) -> Iterator[Question]:
    """Yield what a server can be asked; cold tiles are never asked for twice."""
    base: str = running.base  # type: ignore[attr-defined]
    rng = np.random.default_rng(_SEED)
    boxes = [_box(rng) for _ in range(_ASKED)]
    asked: dict[str, list[str | None]] = {
        "items limit=10": [server.items("polygons", 10)],
        "items limit=10, 1,000,000 points": [server.items("points", 10)],
        "bbox + limit=10": [server.box("polygons", each, 10) for each in boxes],
        "bbox + limit=10, 1,000,000 points": [server.box("points", each, 10) for each in boxes],
        "item by id": [server.item(each) for each in made.polygon_ids[:_ASKED]],
        "page of 1,000": [server.items("polygons", 1000)],
        "CQL2, indexed attribute": [server.filtered(each) for each in made.county_codes],
        "risk cells limit=10": [server.items("cells", 10)],
    }
    for name, paths in asked.items():
        if paths[0] is not None:
            yield Question(name, base, [each for each in paths if each is not None])
    first = server.items("polygons", 10)
    if first is not None and (tag := _tag(base + first)):
        yield Question("not modified (304)", base, [first], tag=tag)
    for collection, zooms in (("polygons", (11, 12, 13)), ("points", (11, 12)), ("cells", (4, 6, 8, 10, 12))):
        first = server.tile(collection, zooms[0], *_tiles(zooms[0], rng)[0])
        if first is not None:
            yield Question(f"first tile of all, {collection}", base, [first], once=True)
        for zoom in zooms:
            tiles = [server.tile(collection, zoom, x, y) for x, y in _tiles(zoom, rng)]
            if tiles[0] is not None:
                paths = [each for each in tiles if each is not None]
                yield Question(f"tile cold, {collection} z{zoom}", base, paths, once=True)
    warm = server.tile("polygons", 12, *next(iter(_tiles(12, rng))))
    if warm is not None:
        yield Question("tile warm, polygons z12", base, [warm])


def _box(rng: np.random.Generator) -> str:
    west = rng.uniform(data.WEST, data.EAST - 0.2)
    south = rng.uniform(data.SOUTH, data.NORTH - 0.2)
    return f"{west:.4f},{south:.4f},{west + 0.2:.4f},{south + 0.2:.4f}"


def _tiles(zoom: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Return the tiles of the data at a zoom in an order of chance."""
    left, top = _tile_at(data.WEST, data.NORTH, zoom)
    right, bottom = _tile_at(data.EAST, data.SOUTH, zoom)
    found = [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    return [found[i] for i in rng.permutation(len(found))]


def _tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom
    return int(x), int(y)


def _tag(url: str) -> str:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return str(answer.headers.get("ETag") or "")


def measure(question: Question, seconds: int, rounds: int) -> Answer:
    """Return the medians of some rounds; a question that may be asked once is shared out among the rounds."""
    if not question.once:
        return _median([_wrk(question, question.paths, seconds) for _ in range(rounds)])
    share = max(1, len(question.paths) // rounds)
    parts = [question.paths[i * share : (i + 1) * share] for i in range(rounds)]
    return _median([_each_once(question.base, part, seconds) for part in parts if part])


def _median(answers: list[Answer]) -> Answer:
    return Answer(
        rate=statistics.median(each.rate for each in answers),
        p50=statistics.median(each.p50 for each in answers),
        p99=statistics.median(each.p99 for each in answers),
        errors=sum(each.errors for each in answers),
    )


def _wrk(question: Question, paths: list[str], seconds: int) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder) / "paths", Path(folder) / "ask.lua"
        listed.write_text("\n".join(paths))
        header = f'headers["If-None-Match"] = [[{question.tag}]]' if question.tag else ""
        script.write_text(_SCRIPT % {"paths": listed, "headers": header})
        command = ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--timeout", "30s", "-s", str(script)]
        done = subprocess.run([*command, question.base], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if not found["requests"]:
        return _alone(question.base + paths[0])
    return Answer(
        rate=found["requests"] / found["microseconds"] * 1e6,
        p50=found["p50"],
        p99=found["p99"],
        errors=found["refused"] + found["broken"],
    )


def _alone(url: str) -> Answer:
    """Time one request without any other: nothing was answered in time while eight asked."""
    began = time.perf_counter()
    try:
        with urllib.request.urlopen(url, timeout=120) as answer:
            answer.read()
        errors = 0
    except OSError:
        errors = 1
    spent = time.perf_counter() - began
    return Answer(rate=1 / spent, p50=spent * 1e3, p99=spent * 1e3, errors=errors)


def _each_once(base: str, paths: list[str], seconds: int) -> Answer:
    """Ask for each address once, by a client in a process of its own, for so many seconds at most."""
    command = ["python3", str(Path(__file__).with_name("once.py")), base, str(_CONNECTIONS), str(seconds)]
    done = subprocess.run(command, input="\n".join(paths), capture_output=True, text=True, check=True)
    return Answer(**json.loads(done.stdout))
