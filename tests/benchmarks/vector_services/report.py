"""The report in Markdown: rates, latencies, ratios to minegis, memory and exports."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import data
from exports import Export
from load import Answer
from peers import Memory

_OURS = "minegis"
_HEAD = """# Vector services against peers

Made on {day} by `.venv/bin/python tests/benchmarks/vector_services {arguments}`: {machine}.
One run, one server at a time, eight connections on one thread of `wrk`; cold tiles are asked for once each,
over eight connections of a Python client, which itself stops at about 3,000/s. Medians of {rounds} rounds
of {seconds} s; where no answer came in a round, one request alone is timed. Machines are noisy: read the
ratios.

The data are made up: {polygons:,} polygons of {vertices} vertices with {attributes} attributes,
{points:,} points, {cells:,} risk cells. A tile carries the same attributes everywhere. Peers: {peers}.
Every server is one process as its makers ship it, MapServer two; PostgreSQL serves tipg and MapServer from
processes of its own.
"""


def written(
    machine: str,
    asked: argparse.Namespace,
    versions: Mapping[str, str],
    made: data.Made,
    answers: Mapping[str, Mapping[str, Answer]],
    memory: Mapping[str, Memory],
    carried: Sequence[Export],
    soaked: Sequence[float],
) -> str:
    """Return the whole report."""
    head = _HEAD.format(
        day=datetime.now(UTC).date(),
        machine=machine,
        arguments=" ".join(sys.argv[1:]),
        rounds=asked.rounds,
        seconds=asked.seconds,
        polygons=data.POLYGONS,
        points=data.POINTS,
        vertices=data.VERTICES,
        attributes=len(data.ATTRIBUTES),
        cells=made.cells,
        peers=", ".join(f"{name} {version}" for name, version in versions.items()),
    )
    parts = [head, _rates(answers), _latencies(answers), _memory(memory)]
    if carried:
        parts.append(_exports(carried))
    if soaked:
        parts.append("## Memory under load, MB each minute\n\n" + ", ".join(f"{each:.0f}" for each in soaked))
    return "\n".join(parts) + "\n"


def _names(answers: Mapping[str, Mapping[str, Answer]]) -> list[str]:
    return list(dict.fromkeys(name for each in answers.values() for name in each))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def _rates(answers: Mapping[str, Mapping[str, Answer]]) -> str:
    def shown(server: str, name: str) -> str:
        answer = answers[server].get(name)
        if answer is None:
            return "–"
        ours = answers.get(_OURS, {}).get(name)
        ratio = f" ({ours.rate / answer.rate:.1f}×)" if ours and server != _OURS and answer.rate else ""
        failed = f", {answer.errors} failed" if answer.errors else ""
        return (
            f"{answer.rate:,.1f}{ratio}{failed}" if answer.rate < 10 else f"{answer.rate:,.0f}{ratio}{failed}"
        )

    rows = [[name, *(shown(server, name) for server in answers)] for name in _names(answers)]
    title = "## Requests a second (in brackets: how many times faster minegis is)\n\n"
    return title + _table(["asked", *answers], rows)


def _latencies(answers: Mapping[str, Mapping[str, Answer]]) -> str:
    def shown(server: str, name: str) -> str:
        answer = answers[server].get(name)
        return "–" if answer is None else f"{answer.p50:.1f} / {answer.p99:.1f}"

    rows = [[name, *(shown(server, name) for server in answers)] for name in _names(answers)]
    return "## Latency, ms: p50 / p99\n\n" + _table(["asked", *answers], rows)


def _memory(memory: Mapping[str, Memory]) -> str:
    rows = [[name, f"{each.now:.0f}", f"{each.peak:.0f}"] for name, each in memory.items()]
    return (
        "## Resident memory of the largest process, MB (an export's GDAL is another, not counted)\n\n"
        + _table(["server", "after", "peak"], rows)
    )


def _exports(carried: Sequence[Export]) -> str:
    rows = [
        [
            each.format,
            f"{each.seconds:.1f}",
            f"{each.megabytes:.0f}",
            f"{each.rise:.0f}",
            f"{each.features:,}",
        ]
        for each in carried
    ]
    head = ["format", "seconds", "file MB", "peak memory above rest, MB", "features"]
    return f"## All {data.POINTS:,} points carried away\n\n" + _table(head, rows)
