"""The command `minegis jobs`: what is computed when, and what was done."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from data_catalog.site import Site
from geoserver.progress_bars import progress_bars
from geoserver.terminal import JsonOption, SiteOption, err, out, print_json, settings_of
from minegis.clock import format_utc
from minegis.errors import StoreConflict

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.jobs.runner import JobSite
    from pipelines.jobs.state import JobRun

jobs = typer.Typer(no_args_is_help=True, help="Long computations: what is due, what was done.")
_FAILED = 5  # exit code


@jobs.callback()
def _jobs() -> None:
    """Long computations: what is due, what was done."""


@jobs.command("list")
def list_(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Say of every job when it runs, what it waits for, how its last run ended, and whether it is due."""
    opened = _open(site)
    due = opened.due()
    rows = [_described(opened, name, name in due) for name in opened.jobs]
    if as_json:
        print_json({"jobs": rows})
        return
    table = Table(box=None)
    for column in ("job", "title", "when", "after", "last", "ended", "due"):
        table.add_column(column)
    for row in rows:
        last = row["last"] or {}
        ended = f"{last.get('state', 'never')} {last.get('finished_at') or last.get('started_at') or ''}"
        table.add_row(
            row["job"],
            f"{row['title']['zh']} {row['title']['en']}",
            row["when"],
            ", ".join(row["after"]),
            f"{len(last.get('made', ()))} made, {len(last.get('found', ()))} found" if last else "",
            ended,
            "yes" if row["due"] else "",
        )
    out.print(table)
    for row in rows:
        for reason in (row["last"] or {}).get("reasons", ()):
            err.print(f"{row['job']}: {reason}", style="red", highlight=False, soft_wrap=True, markup=False)


@jobs.command("run")
def run(
    name: Annotated[str, typer.Argument(help="Which job: see `minegis jobs list`.")],
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run one job now; products that are there already are not made again."""
    opened = _open(site)
    with progress_bars() as progress:
        done = {name: opened.run(name, progress)}
    _tell(done, as_json)


@jobs.command("due")
def due(site: SiteOption = None, as_json: JsonOption = False) -> None:
    """Run every job that is due, each after those it waits for; meant for cron or a timer."""
    opened = _open(site)
    with progress_bars() as progress:
        done = opened.run_due(progress)
    _tell(done, as_json)


@jobs.command("watch")
def watch(
    site: SiteOption = None,
    seconds: Annotated[float, typer.Option(help="Pause between two looks at what is due, s.")] = 60.0,
) -> None:
    """Run jobs as they become due, until Ctrl-C."""
    opened = _open(site)
    err.print(f"{len(opened.jobs)} jobs are watched (Ctrl-C stops it)")
    try:
        while True:
            try:
                with progress_bars() as progress:
                    done = opened.run_due(progress)
            except StoreConflict as error:  # another process has the jobs now; there is a next look
                err.print(str(error), highlight=False, soft_wrap=True, markup=False)
                done = {}
            for name, each in done.items():
                _say(name, each)
            time.sleep(seconds)
    except KeyboardInterrupt:
        err.print("\nminegis stopped.")


def _open(site: Path | None) -> JobSite:
    from pipelines.engine import Engine  # noqa: PLC0415 – the command's help stays quick
    from pipelines.jobs.declaration import jobs as declared  # noqa: PLC0415
    from pipelines.jobs.runner import JobSite  # noqa: PLC0415

    settings = settings_of(site)
    return JobSite(Site.open(settings.site.resolve()), declared(), Engine.of(settings))


def _described(opened: JobSite, name: str, is_due: bool) -> dict[str, Any]:
    job = opened.jobs[name]
    runs = opened.book.runs(name)
    when = f"every {job.every}" if job.every else f"daily {job.daily:%H:%M} UTC" if job.daily else ""
    return {
        "job": name,
        "title": job.title.model_dump(),
        "when": when,
        "after": list(job.after),
        "due": is_due,
        "last": runs[-1].to_json() if runs else None,
    }


def _tell(done: dict[str, JobRun], as_json: bool) -> None:
    from pipelines.jobs.state import RunState  # noqa: PLC0415

    if as_json:
        print_json(
            {
                "at": format_utc(max(each.started_at for each in done.values())) if done else None,
                "runs": {name: each.to_json() for name, each in done.items()},
            }
        )
    else:
        for name, each in done.items():
            _say(name, each)
        if not done:
            err.print("Nothing is due.")
    if any(each.state is not RunState.DONE for each in done.values()):
        raise typer.Exit(_FAILED)


def _say(name: str, run: JobRun) -> None:
    err.print(
        f"{name}: {run.state} (attempt {run.attempt}), {len(run.made)} products made, {len(run.found)} found",
        highlight=False,
    )
    for reason in run.reasons:
        err.print(f"{name}: {reason}", style="red", highlight=False, soft_wrap=True, markup=False)
