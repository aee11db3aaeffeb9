"""One run: from the site's inputs to everything on the map, published in one transaction."""

from __future__ import annotations

import fcntl
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from data_catalog.site import Site
from data_catalog.store import PublishedRun, RunRecord, Store
from minegis.clock import format_utc, utc_now
from minegis.errors import InvalidInput, StoreConflict
from minegis.levels import Tier
from pipelines.alerting import warning_events, without_asset
from pipelines.asset_records import designers_limits
from pipelines.asset_risk import assess_assets
from pipelines.assets import assets_of
from pipelines.cell_hazards import hazards
from pipelines.cell_places import cells_of_site
from pipelines.cell_risk import forget_cells, risk_of_cells, write_snapshots
from pipelines.durable import PART, is_abandoned
from pipelines.events import recent_events
from pipelines.forecast import rain_forecast
from pipelines.products import make_products
from pipelines.progress import Progress
from pipelines.region_parts import parts_of_regions, regions_of
from pipelines.region_rollup import roll_up_regions
from pipelines.rule_state import active_rules
from pipelines.seen import seen
from pipelines.shaking import shaking_fields


def run_site(
    site: Site,
    store: Store,
    progress: Progress,
    *,
    at: datetime | None = None,
    keep_runs: int | None = None,
) -> RunRecord:
    """Run the whole pipeline once and publish it, all or nothing.

    Parameters
    ----------
    at : datetime, optional
        The time to judge, of a run that is made up for; the site's own present if absent.
    keep_runs : int, optional
        Runs whose cells are kept, the newest; all of them if absent.

    Raises
    ------
    StoreConflict
        If another run of this site is under way.
    InvalidInput
        If an input of the site cannot be used, or `at` is before the last run or after the present.
    """
    with _alone(site.folder):
        if at is not None:
            _check_time(site, store, at)
        _remove_unpublished(site, store)
        record = _run(site, store, progress, at or site.now())
        if keep_runs is not None:
            forget_cells(site, store.run_ids(), keep_runs)
        return record


def _check_time(site: Site, store: Store, at: datetime) -> None:
    """Let no run go back: what the map shows now, and every warning, would be older than what was sent."""
    last, now = store.last_run(), site.now()
    if last is not None and at < last.reference_time:
        since = format_utc(last.reference_time)
        raise InvalidInput(
            "a run must not go back in time", where="at", expected=f"{since} or later", got=format_utc(at)
        )
    if at > now:
        raise InvalidInput(
            "a run of the future", where="at", expected=f"{format_utc(now)} or earlier", got=format_utc(at)
        )


def _run(site: Site, store: Store, progress: Progress, at: datetime) -> RunRecord:
    started = utc_now()
    run_id = f"{started:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"
    rules = active_rules(site, store)
    products = make_products(site, at, progress)
    events = recent_events(store, products.shaking, rules, at)
    fields = [field for event in events if not event.shakemap for field in shaking_fields(site, event)]
    columns = hazards(site, cells_of_site(site, store), products, events, rules, at, progress)
    assets = assets_of(store, columns)
    design, unusable = designers_limits(store)
    forecast = rain_forecast(site, *assets.places, at)
    satellites = seen(products.factors, assets.shapes, site.path("weights"), at)
    risks = assess_assets(store, assets, columns, events, design, forecast, satellites, rules, at, progress)
    cells, in_cells = risk_of_cells(columns, assets, [risk.assessment for risk in risks], rules)
    parts = parts_of_regions(regions_of(store), assets, columns, site.path("weights"))
    regions = roll_up_regions(parts, risks, columns, cells, rules, at, progress)
    messages = warning_events(store, risks, rules, at, site.declaration.origin)
    progress.begin("发布 Publish", 2)
    snapshots = write_snapshots(site, run_id, columns, cells, in_cells)
    progress.advance()
    record = RunRecord(
        id=run_id,
        started_at=started,
        finished_at=utc_now(),
        reference_time=at,
        counts={
            "cells": int(columns.cells.size),
            "assets": len(risks),
            "regions": len(regions),
            "regions_with_assets": sum(region.assets > 0 for region in regions),
            "events": len(events),
            "messages": len(messages),
            "unusable_limits": len(unusable),
            "warnings_without_asset": len(without_asset(store, risks)),
            **{f"assets_{tier.name.lower()}": sum(r.assessment.tier is tier for r in risks) for tier in Tier},
        },
    )
    store.publish(
        PublishedRun(
            run=record,
            artefacts=(*products.artefacts(), *(field.artefact for field in fields)),
            snapshots=snapshots,
            assessments=tuple(risk.record for risk in risks),
            region_risks=tuple(regions),
            warning_events=messages,
        )
    )
    progress.advance()
    return record


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the site's lock; the operating system frees it however the process ends."""
    with (folder / ".run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreConflict("another run of this site is under way", where=str(folder)) from None
        yield


def _remove_unpublished(site: Site, store: Store) -> None:
    """Delete what a killed run left: half-written files, and cells that no published run names."""
    for path in site.folder.glob(f"*/.*{PART}"):
        if is_abandoned(path):  # jobs may be writing at the same time
            path.unlink(missing_ok=True)
    published = set(store.run_ids())
    for folder in site.path("cells").glob("*/"):
        if folder.name not in published:
            shutil.rmtree(folder)
