"""The command `minegis fetch`: bring what the site's sources have that is new."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from data_catalog.site import Site
from data_catalog.store import Store
from geoserver.terminal import JsonOption, SiteOption, err, out, print_json, settings_of
from minegis.errors import MinegisError
from minegis.settings import Settings


def fetch(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="Sources of sources.yaml. Default: those whose cadence has passed."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be asked, and ask nothing.")
    ] = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch the sources that sources.yaml gives an address for; files appear whole or not at all."""
    from pipelines import fetching  # noqa: PLC0415 – the command's help stays quick

    settings = settings_of(site)
    opened = Site.open(settings.site)
    asked = fetching.chosen(fetching.site_sources(opened), sources or [])
    needs_store = any(area.regions for area in opened.declaration.areas)
    boxes: tuple[Any, ...] = fetching.site_boxes(opened, None)
    if needs_store:
        with Store.open(settings.site, settings.database) as store:
            boxes = fetching.site_boxes(opened, store)
    reports: list[dict[str, Any]] = []
    for each in asked:
        job = fetching.job_of(opened, each, boxes)
        if dry_run:
            reports.append({"source": each.id, "would_ask": fetching.plan(job)})
        elif sources or fetching.is_due(job):
            reports.append(_fetched(opened, each, boxes) | _taken_in(settings, opened, each))
        else:
            reports.append({"source": each.id, "not_due": True})
    _tell(reports, as_json)


def _fetched(opened: Site, source: Any, boxes: tuple[Any, ...]) -> dict[str, Any]:
    """Fetch one source; an error ends this source and not the others."""
    from pipelines import fetching  # noqa: PLC0415
    from pipelines.connectors.services.job import Missed  # noqa: PLC0415

    report: dict[str, Any] = {"source": source.id, "new": [], "unchanged": 0, "absent": [], "refused": []}
    with _bytes_shown(source.id) as told:
        try:
            for each in fetching.fetch(fetching.job_of(opened, source, boxes, told=told)):
                if isinstance(each, Missed):
                    report["absent" if each.is_absent else "refused"].append(str(each.reason))
                elif each.changed:
                    report["new"].append(each.to_json())
                else:
                    report["unchanged"] += 1
        except MinegisError as error:
            report["error"] = str(error)
        except OSError as error:  # a full disk: what came before it stays
            report["error"] = f"{error.filename or opened.folder}: {error.strerror}"
    return report


def _taken_in(settings: Settings, opened: Site, source: Any) -> dict[str, Any]:
    """Import what has come, where the declaration says what it is."""
    if not source.asked.into:
        return {}
    from pipelines.connectors.transport.shelf import Shelf  # noqa: PLC0415
    from pipelines.intake import take_in  # noqa: PLC0415

    with Store.open(settings.site, settings.database) as store:
        taken = take_in(store, Shelf(opened.folder, source.id), source.asked)
    return {
        "imported": [each.to_json() for _, each in taken if not isinstance(each, MinegisError)],
        "not_imported": [
            {"file": file.path, "reason": str(each)} for file, each in taken if isinstance(each, MinegisError)
        ],
    }


@contextmanager
def _bytes_shown(title: str) -> Iterator[Any]:
    columns = (SpinnerColumn(), TextColumn("{task.description:<44}"), DownloadColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err) as bars:
        task = bars.add_task(title, total=None)
        yield lambda count: bars.advance(task, count)


def _tell(reports: list[dict[str, Any]], as_json: bool) -> None:
    """Print what came; a source that failed, or a file that was refused, is exit code 3."""
    if as_json:
        print_json({"sources": reports})
    else:
        for report in reports:
            for line in _lines(report):
                out.print(line, markup=False, highlight=False, soft_wrap=True)
        if not reports:
            err.print("No source has an address in sources.yaml; see docs/operators/sources.md.")
    if any(_went_wrong(report) for report in reports):
        raise typer.Exit(3)


def _went_wrong(report: dict[str, Any]) -> bool:
    return bool(any(report.get(name) for name in ("error", "refused", "not_imported")) or _held(report))


def _held(report: dict[str, Any]) -> int:
    """Return how many rows of what was imported are held."""
    return sum(each["quarantined"] for each in report.get("imported", []))


def _lines(report: dict[str, Any]) -> Iterator[str]:
    source = report["source"]
    if "would_ask" in report:
        yield f"{source}: {len(report['would_ask'])} requests"
        yield from (f"  {line}" for line in report["would_ask"])
        return
    if "not_due" in report:
        yield f"{source}: not due yet"
        return
    absent, refused = report["absent"], report["refused"]
    yield (
        f"{source}: {len(report['new'])} new, {report['unchanged']} unchanged, "
        f"{len(absent)} not there, {len(refused)} refused"
    )
    yield from (f"  new      {each['path']}  {each['size']:,} bytes" for each in report["new"])
    yield from (f"  absent   {each}" for each in absent)
    yield from (f"  refused  {each}" for each in refused)
    for each in report.get("imported", []):
        counts = ", ".join(
            f"{each[name]} {name}" for name in ("inserted", "updated", "unchanged", "quarantined")
        )
        yield f"  imported {each['file']} into {each['dataset']}: {counts}"
    for each in report.get("not_imported", []):
        yield f"  not imported  {each['file']}: {each['reason']}"
    if "error" in report:
        yield f"  failed   {report['error']}"
