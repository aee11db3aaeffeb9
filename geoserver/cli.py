"""The `minegis` command."""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from data_catalog.dataset import datasets
from data_catalog.site import FILE_NAME, Site
from data_catalog.store import Store
from geoserver.fetch_command import fetch
from geoserver.import_command import import_
from geoserver.jobs_command import jobs
from geoserver.memory import economise, settle
from geoserver.progress_bars import progress_bars
from geoserver.rules_command import rules
from geoserver.terminal import JsonOption, SiteOption, err, out, print_json, settings_of
from geoserver.tiles_command import tiles
from geoserver.verify_command import verify
from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput, MinegisError, NotFound
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from minegis.settings import Settings

if TYPE_CHECKING:
    from pipelines.explaining import Explanation
    from risk_models.warning.counterfactual import Change

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The one map of non-coal mine safety. "
    "Start with `minegis init`, then `minegis run`, then `minegis serve`.",
)


@app.command()
def init(
    site: SiteOption = None,
    sample_data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of real data for the sample. Default: MINEGIS_SAMPLE_DATA, else beside the checkout."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything that the sample makes up.")] = 20260720,
) -> None:
    """Make a sample site: real boundaries and terrain, made-up mines and readings that say so."""
    settings = settings_of(site, sample_data=sample_data)
    _init(settings, seed)


def _init(settings: Settings, seed: int) -> None:
    from pipelines.sample.site import make_site  # noqa: PLC0415 – the command's help stays quick

    if (settings.site / FILE_NAME).exists():
        raise InvalidInput(
            "there is a site already", where=str(settings.site), expected="an empty or new folder"
        )
    foreign = [path.name for path in _entries(settings.site) if path.name not in _UNFINISHED]
    if foreign:
        raise InvalidInput(
            "other files are there",
            where=str(settings.site),
            expected="an empty or new folder",
            got=", ".join(foreign[:3]),
        )
    with progress_bars() as progress:
        site = make_site(
            settings.site, settings.sample_data, progress=progress, seed=seed, database=settings.database
        )
    err.print(f"Sample site made in [bold]{settings.site}[/]")
    for missing in site.declaration.missing:
        err.print(f"  missing: {missing.what.en} – {missing.why.en}", style="yellow")


# What a sample site that was interrupted leaves behind; it is made anew over it.
_UNFINISHED = frozenset(
    {"sources", "rasters", "weights", "cells", *(f"minegis.sqlite{end}" for end in ("", "-shm", "-wal"))}
)


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


@app.command()
def run(
    site: SiteOption = None,
    at: Annotated[
        str, typer.Option(help="Time to judge, for a run that was missed: not before the last run.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Run the pipeline once: rasters, cells, models, tiers, regions, warnings; publish all or nothing."""
    _run(settings_of(site), as_json, parse_utc(at, where="--at") if at else None)


def _run(settings: Settings, as_json: bool, at: datetime | None = None) -> None:
    from pipelines.run import run_site  # noqa: PLC0415

    site = Site.open(settings.site)
    with Store.open(settings.site, settings.database) as store, progress_bars() as progress:
        record = run_site(site, store, progress, at=at, keep_runs=settings.keep_runs)
    if as_json:
        print_json({"run": record.id, "finished_at": format_utc(record.finished_at), "counts": record.counts})
    else:
        counts = ", ".join(f"{name} {number:,}" for name, number in record.counts.items())
        err.print(f"Published run [bold]{record.id}[/]: {counts}")


@app.command()
def serve(
    site: SiteOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. Default: 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on. Default: MINEGIS_PORT, else 8000.")
    ] = None,
    prepare: Annotated[
        bool,
        typer.Option(
            "--prepare", help="First make the sample site with the runs of some days, if not done yet."
        ),
    ] = False,
) -> None:
    """Serve the map, the OGC API, the tiles and the warnings feed. Ctrl-C stops it."""
    settings = settings_of(site, host=host, port=port)
    if prepare:
        made = not (settings.site / FILE_NAME).exists()
        if made:
            _init(settings, seed=20260720)
        with Store.open(settings.site, settings.database) as store:
            fresh = store.last_run() is None
        if fresh:
            for at in _history(settings) if made else ():
                _run(settings, as_json=False, at=at)
            _run(settings, as_json=False)
            os.execv(sys.executable, sys.orig_argv)  # the pipeline's libraries and memory are not served with
    Site.open(settings.site)
    _serve(settings)


def _history(settings: Settings) -> list[datetime]:
    """Return the times at which a new sample is judged first: the days before, for the time scrubber."""
    from pipelines.sample.recipe import times_before  # noqa: PLC0415

    return times_before(Site.open(settings.site).now())


def _serve(settings: Settings) -> None:
    economise()
    import uvicorn  # noqa: PLC0415

    from geoserver.app import create_app, end_streams  # noqa: PLC0415

    listening = _listen(settings.host, settings.port)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    served = create_app(settings)
    config = uvicorn.Config(
        served, host=settings.host, port=settings.port, log_level="warning", access_log=False
    )
    server = _Server(config, lambda: end_streams(served), f"http://{settings.host}:{settings.port}")
    settle()
    # Not raised where the signal is ignored, as by what a shell starts in the background.
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listening])
    if not server.started:
        raise typer.Exit(1)
    err.print("\nminegis stopped.")


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything slow is done; say plainly if that cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        reason = "the port is in use" if error.errno == errno.EADDRINUSE else str(error.strerror)
        err.print(
            f"{host}:{port}: cannot listen: {reason}; choose another with --host or --port",
            style="red",
            highlight=False,
            soft_wrap=True,
        )
        raise typer.Exit(1) from None


def _Server(config: Any, end_streams: Callable[[], None], address: str) -> Any:  # noqa: N802
    """Make the class of the server once uvicorn is imported, and return one."""
    import uvicorn  # noqa: PLC0415

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                err.print(f"The one map is at [bold]{address}[/]   (Ctrl-C stops it)")

        async def shutdown(self, sockets: Any = None) -> None:
            end_streams()  # else the server would wait for clients that never leave
            await super().shutdown(sockets=sockets)

    return Announcing(config)


app.command("import")(import_)
app.command()(fetch)
app.add_typer(tiles, name="tiles")
app.add_typer(jobs, name="jobs")
app.add_typer(rules, name="rules")
app.command()(verify)


@app.command()
def status(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Say what the site holds, when it was last computed, and what is missing."""
    settings = settings_of(site)
    state = _status(settings)
    if as_json:
        print_json(state)
        return
    table = Table(show_header=False, box=None)
    for name, value in state.items():
        table.add_row(f"[bold]{name.replace('_', ' ')}[/]", escape(_shown(value)))
    out.print(table)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        parts = (f"{k} {v:,}" if isinstance(v, int) else str(v) for k, v in value.items())
        return ", ".join(parts) or "none"
    return "; ".join(value) or "nothing" if isinstance(value, list) else str(value or "never")


def _status(settings: Settings) -> dict[str, Any]:
    site = Site.open(settings.site)
    with Store.open(settings.site, settings.database) as store:
        last = store.last_run()
        active = [warning for warning in store.warnings() if warning.cancelled_at is None]
        tiers = dict.fromkeys(reversed(Tier), 0)
        for warning in active:
            tiers[Tier(warning.last.tier)] += 1
        return {
            "site": str(settings.site),
            "title": site.declaration.title.en,
            "origin": str(site.declaration.origin),
            "judged_at": format_utc(site.now()),
            "last_run": {"id": last.id, "finished_at": format_utc(last.finished_at)} if last else None,
            "counts": last.counts if last else {},
            "features": {name: store.count(name) for name in datasets()},
            "warnings": {tier.label.en.lower(): number for tier, number in tiers.items() if tier},
            "held": dict(Counter(row.dataset for row in store.quarantined())),
            "missing": [item.what.en for item in site.declaration.missing],
        }


@app.command()
def check(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Validate every declaration without a database; each mistake names file, line and field."""
    from geoserver.check import check_declarations  # noqa: PLC0415

    report = check_declarations(settings_of(site).site)
    if as_json:
        print_json({"checked": report.checked, "mistakes": list(report.mistakes)})
    else:
        for mistake in report.mistakes:
            out.print(mistake, style="red", highlight=False, soft_wrap=True)
        checked = ", ".join(f"{number} {name}" for name, number in report.checked.items())
        out.print(f"{len(report.mistakes)} mistakes; checked {checked}")
    if report.mistakes:
        raise typer.Exit(1)


@app.command()
def explain(
    asset: Annotated[str, typer.Argument(help="`tsf/ID`, a bare id, a region code or a cell id.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print why something has its colour, down to the readings and files it was computed from."""
    from geoserver.explain import explain_subject, is_finest, take_apart  # noqa: PLC0415

    settings = settings_of(site)
    opened = Site.open(settings.site)
    with Store.open(settings.site, settings.database) as store:
        chain = explain_subject(store, opened, asset)
        # A cell of a coarser scale is the worst of its parts, and no more can be told of it.
        taken = take_apart(store, opened, _subject(chain)) if is_finest(opened, chain) else None
    if as_json:
        print_json(chain.to_json() | ({"explanation": taken.to_json()} if taken else {}))
    else:
        # As wide as it needs: clause, file and hash stand at the end of a line.
        wide = Console(width=_UNCUT, highlight=False)
        wide.print(_tree(chain), soft_wrap=True)
        for line in _explained(taken) if taken else ():
            wide.print(line, soft_wrap=True)


def _subject(chain: Evidence) -> str:
    return chain.key.removeprefix("region/").removeprefix("cell/")


_TOLD, _SHOWN = 12, 0.005  # factors, and the least points of one


def _explained(explanation: Explanation) -> Iterator[str]:
    """Yield the parts of a score and what would make its tier better."""
    told = [factor for factor in explanation.factors[:_TOLD] if abs(factor.points) >= _SHOWN]
    for factor in told:
        yield f"{factor.points:+8.2f}  {escape(_both(factor.label))}"
    if rest := explanation.factors[len(told) :]:
        yield f"{sum(factor.points for factor in rest):+8.2f}  其余{len(rest)}项 / {len(rest)} more"
    for way in explanation.counterfactuals:
        changes = "，并且 and ".join(_change(change) for change in way.changes)
        yield escape(f"→ {way.tier.label.zh} {way.tier.label.en}：若 if {changes}")


def _both(label: Label) -> str:
    return label.zh if label.zh == label.en else f"{label.zh} / {label.en}"


def _change(change: Change) -> str:
    name = _both(change.label)
    if change.shift is not None:
        unit = "" if change.unit == "1" else f" {change.unit}"
        return f"{name} {change.shift:+g}{unit}".replace("-", "−")
    if change.tier is not None:
        return f"{name} → {change.tier.label.zh} {change.tier.label.en}"
    return f"{name} 解除 clears"


_UNCUT = 10_000
_STYLES = {Tier.RED: "bold red", Tier.ORANGE: "dark_orange", Tier.YELLOW: "yellow", Tier.BLUE: "blue"}


def _tree(node: Evidence) -> Tree:
    tree = Tree(_line(node), guide_style="dim")
    for child in node.inputs:
        tree.children.append(_tree(child))
    return tree


def _line(node: Evidence) -> str:
    value = f"{node.value:g}" if isinstance(node.value, float | int) else (node.value or "")
    unit = "" if node.unit in ("", "1") else f" {node.unit}"
    style = _STYLES.get(node.tier, "default")
    parts = [f"[{style}]{escape(_both(node.label))}[/]", f"{value}{unit}".strip()]
    if node.tier:
        parts.append(f"[{style}]{node.tier.label.zh} {node.tier.label.en}[/]")
    if node.state is not EvidenceState.SUFFICIENT:
        parts.append(f"({node.state.label.zh} {node.state.label.en})")
    details = [node.threshold, node.method, node.clause, node.provenance, node.valid_time, node.source]
    parts += [f"[dim]{escape(detail)}[/]" for detail in details if detail]
    if node.note:
        parts.append(f"[italic]{escape(f'{node.note.zh} {node.note.en}')}[/]")
    return "  ".join(part for part in parts if part)


def main() -> None:
    """Run the command; an error of ours is one line, not a traceback."""
    try:
        app(standalone_mode=True)
    except NotFound as error:
        err.print(str(error), style="red", highlight=False, soft_wrap=True)
        sys.exit(4)
    except MinegisError as error:
        err.print(str(error), style="red", highlight=False, soft_wrap=True)
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise
        err.print(f"{error.filename}: {error.strerror}", style="red", highlight=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
