"""What a run makes visible: artefacts, cells, tiers, regions and warnings, all in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from data_catalog.store.features import bump, known
from data_catalog.store.records import (
    Artefact,
    AssessmentRecord,
    PublishedRun,
    RegionRiskRecord,
    RunRecord,
    Snapshot,
    WarningEventRecord,
    WarningRecord,
)
from data_catalog.store.schema import ARTEFACT, ASSESSMENT, REGION_RISK, RUN, SNAPSHOT, WARNING_EVENT
from minegis.clock import format_utc, parse_utc

_TIMES = frozenset(
    {"started_at", "finished_at", "reference_time", "made_at", "valid_at", "sent_at", "expires_at"}
)


def _plain(record: Any) -> dict[str, Any]:
    return {name: format_utc(value) if name in _TIMES else value for name, value in asdict(record).items()}


def _record[R](kind: type[R], row: sa.RowMapping) -> R:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    values = {name: row[name] for name in names if name in row}
    for name, value in values.items():
        if name in _TIMES:
            values[name] = parse_utc(value)
        elif name in ("inputs", "contributors"):
            values[name] = tuple(value)
        elif name == "references":
            values[name] = tuple((identifier, sent) for identifier, sent in value)
    return kind(**values)


def publish(connection: sa.Connection, published: PublishedRun, now: datetime) -> None:
    """Write a whole run; readers see the run before it or this one, never a part."""
    moment = format_utc(now)
    connection.execute(sa.insert(RUN).values(**_plain(published.run)))
    _replace_artefacts(connection, published.artefacts, moment)
    _replace_snapshots(connection, published.snapshots, moment)
    keyed = [(("dataset", "asset_id"), ASSESSMENT, published.assessments)]
    for keys, table, records in [*keyed, (("code",), REGION_RISK, published.region_risks)]:
        if _replace(connection, table, keys, records, moment):
            bump(connection, table.name)
    if published.warning_events:
        rows = [{**_plain(event), "known_from": moment} for event in published.warning_events]
        connection.execute(sa.insert(WARNING_EVENT), rows)
        bump(connection, WARNING_EVENT.name)


def _replace(
    connection: sa.Connection, table: sa.Table, keys: Sequence[str], records: Sequence[Any], moment: str
) -> int:
    key_columns = [table.c[key] for key in keys]
    current = {
        tuple(row[: len(keys)]): (row.pk, row.digest)
        for row in connection.execute(
            sa.select(*key_columns, table.c.pk, table.c.digest).where(table.c.known_to.is_(None))
        )
    }
    fresh = []
    gone = []
    for record in records:
        row = _plain(record)
        row["digest"] = hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()
        pk, digest = current.pop(tuple(row[key] for key in keys), (None, None))
        if digest == row["digest"]:
            continue
        if pk is not None:
            gone.append(pk)
        fresh.append({**row, "known_from": moment})
    gone += [pk for pk, _ in current.values()]
    _close(connection, table, gone, moment)
    if fresh:
        connection.execute(sa.insert(table), fresh)
    return len(fresh) + len(gone)


def _close(connection: sa.Connection, table: sa.Table, keys: Sequence[int], moment: str) -> None:
    if keys:
        statement = sa.update(table).where(table.c.pk == sa.bindparam("old")).values(known_to=moment)
        connection.execute(statement, [{"old": key} for key in keys])


def _replace_artefacts(connection: sa.Connection, artefacts: Sequence[Artefact], moment: str) -> None:
    current = {
        row.id: row.pk
        for row in connection.execute(
            sa.select(ARTEFACT.c.id, ARTEFACT.c.pk).where(ARTEFACT.c.known_to.is_(None))
        )
    }
    kept = {artefact.id for artefact in artefacts}
    _close(connection, ARTEFACT, [pk for name, pk in current.items() if name not in kept], moment)
    fresh = []
    for artefact in artefacts:
        if artefact.id not in current:
            row = _plain(artefact)
            del row["current"]
            fresh.append({**row, "known_from": moment})
    if fresh:
        connection.execute(sa.insert(ARTEFACT), fresh)
        bump(connection, ARTEFACT.name)


def _replace_snapshots(connection: sa.Connection, snapshots: Sequence[Snapshot], moment: str) -> None:
    connection.execute(sa.update(SNAPSHOT).where(SNAPSHOT.c.known_to.is_(None)).values(known_to=moment))
    if snapshots:
        connection.execute(
            sa.insert(SNAPSHOT), [{**asdict(snapshot), "known_from": moment} for snapshot in snapshots]
        )
        bump(connection, SNAPSHOT.name)


def last_run(connection: sa.Connection) -> RunRecord | None:
    """Return the newest finished run."""
    row = connection.execute(sa.select(RUN).order_by(RUN.c.finished_at.desc()).limit(1)).mappings().first()
    return _record(RunRecord, row) if row else None


def run_ids(connection: sa.Connection) -> list[str]:
    """Return the id of every published run, oldest first."""
    return list(connection.execute(sa.select(RUN.c.id).order_by(RUN.c.finished_at)).scalars())


def artefacts(connection: sa.Connection, as_of: datetime | None = None) -> list[Artefact]:
    """Return the files that the map shows."""
    rows = connection.execute(sa.select(ARTEFACT).where(known(ARTEFACT, as_of)).order_by(ARTEFACT.c.pk))
    return [_record(Artefact, row) for row in rows.mappings()]


def snapshots(connection: sa.Connection, as_of: datetime | None = None) -> dict[int, Snapshot]:
    """Return the cell snapshots by resolution."""
    rows = connection.execute(sa.select(SNAPSHOT).where(known(SNAPSHOT, as_of))).mappings()
    return {row["resolution"]: _record(Snapshot, row) for row in rows}


def assessments(
    connection: sa.Connection,
    dataset: str | None = None,
    asset_id: str | None = None,
    as_of: datetime | None = None,
) -> list[AssessmentRecord]:
    """Return asset tiers with their chains."""
    query = sa.select(ASSESSMENT).where(known(ASSESSMENT, as_of))
    if dataset is not None:
        query = query.where(ASSESSMENT.c.dataset == dataset)
    if asset_id is not None:
        query = query.where(ASSESSMENT.c.asset_id == asset_id)
    rows = connection.execute(query.order_by(ASSESSMENT.c.dataset, ASSESSMENT.c.asset_id)).mappings()
    return [_record(AssessmentRecord, row) for row in rows]


def tiers(
    connection: sa.Connection, dataset: str, as_of: datetime | None = None
) -> dict[str, tuple[int, str, float]]:
    """Return ``(tier, state, score)`` of every asset of a dataset, without the chains."""
    columns = (ASSESSMENT.c.asset_id, ASSESSMENT.c.tier, ASSESSMENT.c.state, ASSESSMENT.c.score)
    query = sa.select(*columns).where(ASSESSMENT.c.dataset == dataset, known(ASSESSMENT, as_of))
    return {row.asset_id: (row.tier, row.state, row.score) for row in connection.execute(query)}


def region_risks(
    connection: sa.Connection, codes: Sequence[str] | None = None, as_of: datetime | None = None
) -> dict[str, RegionRiskRecord]:
    """Return the risk of regions by code."""
    query = sa.select(REGION_RISK).where(known(REGION_RISK, as_of))
    if codes is not None:
        query = query.where(REGION_RISK.c.code.in_(codes))
    return {row["code"]: _record(RegionRiskRecord, row) for row in connection.execute(query).mappings()}


def warning_events(
    connection: sa.Connection,
    *,
    identifier: str | None = None,
    warning_id: str | None = None,
    as_of: datetime | None = None,
) -> list[WarningEventRecord]:
    """Return the messages ever sent, oldest first."""
    query = sa.select(WARNING_EVENT).order_by(WARNING_EVENT.c.pk)
    if identifier is not None:
        query = query.where(WARNING_EVENT.c.identifier == identifier)
    if warning_id is not None:
        query = query.where(WARNING_EVENT.c.warning_id == warning_id)
    if as_of is not None:
        query = query.where(WARNING_EVENT.c.known_from <= format_utc(as_of))
    return [_record(WarningEventRecord, row) for row in connection.execute(query).mappings()]


def warnings(connection: sa.Connection, as_of: datetime | None = None) -> list[WarningRecord]:
    """Return every warning as it stands, from its messages; a cancelled one keeps its last message."""
    histories: dict[str, list[WarningEventRecord]] = {}
    for event in warning_events(connection, as_of=as_of):
        histories.setdefault(event.warning_id, []).append(event)
    return [
        WarningRecord(
            last=events[-1],
            raised_at=events[0].sent_at,
            cancelled_at=events[-1].sent_at if events[-1].msg_type == "Cancel" else None,
        )
        for events in histories.values()
    ]
