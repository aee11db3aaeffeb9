"""A back-test of a package that is kept: what activation asks for."""

from __future__ import annotations

from datetime import datetime, timedelta

from data_catalog.site import Site
from data_catalog.store import BacktestRecord, Store
from minegis.clock import utc_now
from pipelines.rule_backtest import backtest
from pipelines.rule_state import KnownPackage, active_rules, named


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
        If the period is empty.
    """
    named(who)
    active = active_rules(site, store)
    report = backtest(store, active, known.package(), since, until, step)
    record = BacktestRecord(known.record.digest, active.digest, since, until, report, who, utc_now())
    store.rules.add(known.record)
    store.rules.add_backtest(record)
    return record
