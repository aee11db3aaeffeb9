"""Report: vector services against stock pygeoapi, tipg on PostGIS and MapServer, on the same data in one run.

Run by hand, as root on Debian::

    .venv/bin/python tests/benchmarks/vector_services --report docs/benchmarks/vector-services.md

It installs the peers into the work folder, makes the data up, starts one server after another on loopback
and asks each the same questions with `wrk`. Nothing is asserted; machines are noisy: quote the ratios.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import tempfile
from pathlib import Path

import data
import exports
import peers
import report
from load import Answer, measure, questions_of


def main() -> None:
    """Make the data, ask every server, write the report."""
    arguments = _arguments()
    if arguments.folder:
        _run(arguments, arguments.folder)
        return
    with tempfile.TemporaryDirectory(prefix="minegis-bench-") as folder:
        _run(arguments, Path(folder))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, help="work folder, kept; a temporary one if absent")
    parser.add_argument("--report", type=Path, help="Markdown file to write; printed if absent")
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument(
        "--rounds", type=int, default=3, help="measurements of each; their median is reported"
    )
    parser.add_argument("--soak", type=int, default=0, help="seconds of mixed load on minegis at the end")
    parser.add_argument("--only", nargs="*", default=[], help="names of servers, all if absent")
    return parser.parse_args()


def _run(arguments: argparse.Namespace, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    peers.install(folder)
    with peers.database(folder) as database:
        made = data.make(folder, database)
        answers: dict[str, dict[str, Answer]] = {}
        memory: dict[str, peers.Memory] = {}
        carried: list[exports.Export] = []
        soaked: list[float] = []
        for server in peers.servers(folder, database):
            if arguments.only and server.name not in arguments.only:
                continue
            with server.running() as running:
                answers[server.name] = {
                    question.name: measure(question, arguments.seconds, arguments.rounds)
                    for question in questions_of(server, running, made)
                }
                if server.name == "minegis" and arguments.soak:
                    soaked = exports.soak(server, running, made, arguments.soak)
                memory[server.name] = running.memory()
                if server.name.startswith("minegis"):
                    carried += exports.carry(server.name, running)
    text = report.written(
        _machine(), arguments, peers.versions(folder), made, answers, memory, carried, soaked
    )
    if arguments.report:
        arguments.report.parent.mkdir(parents=True, exist_ok=True)
        arguments.report.write_text(text)
    else:
        print(text)


def _machine() -> str:
    cores = subprocess.run(["nproc"], capture_output=True, text=True, check=True).stdout.strip()
    load = os.getloadavg()[0]
    python = platform.python_version()
    system = f"{platform.system()} {platform.machine()}"
    return f"{cores} cores, load average {load:.1f} at the end, {system}, Python {python}"


if __name__ == "__main__":
    main()
