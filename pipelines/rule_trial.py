"""A back-test of a package that is kept: what activation asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

from data_catalog.site import Site
from data_catalog.store import BacktestRecord, Store
from minegis.clock import parse_utc, utc_now
from pipelines.rule_backtest import Incident, backtest
from pipelines.rule_state import KnownPackage, active_rules, in_calendar, named


def run_backtest(
    site: Site,
    store: Store,
    known: KnownPackage,
    since: datetime,
    until: datetime,
    step: timedelta,
    *,
    who: str,
) -> BacktestRecord:
    """Replay a period under a package and under the active one, and keep the report.

    Raises
    ------
    InvalidInput
        If the period is empty, or out of the calendar.
    """
    named(who)
    in_calendar(since, until)
    active = active_rules(site, store)
    report = backtest(store, active, known.package(), since, until, step, _incidents(store))
    record = BacktestRecord(known.record.digest, active.digest, since, until, report, who, utc_now())
    store.rules.add(known.record)
    store.rules.add_backtest(record)
    return record


def _incidents(store: Store) -> list[Incident]:
    """Return every recorded incident with its time."""
    return [
        Incident(
            str(feature.properties["asset_dataset"]),
            str(feature.properties["asset_id"]),
            parse_utc(feature.properties["occurred_at"], where=f"incident/{feature.id}.occurred_at"),
        )
        for feature in store.features("incident")
        if "T" in str(feature.properties["occurred_at"])
    ]
