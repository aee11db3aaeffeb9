"""What a run makes visible: artefacts, cells, tiers, regions and warnings, all in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from data_catalog.store.features import known
from data_catalog.store.moments import Write
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
from data_catalog.store.versions import close, digest_of
from minegis.clock import format_moment, parse_utc
from minegis.levels import Tier

_TIMES = frozenset(
    {"started_at", "finished_at", "reference_time", "made_at", "valid_at", "sent_at", "expires_at"}
)


def _plain(record: Any) -> dict[str, Any]:
    """Return a record's fields as columns; not `asdict`, which copies every node of every chain."""
    values = ((each.name, getattr(record, each.name)) for each in fields(record))
    return {name: format_moment(value) if name in _TIMES else value for name, value in values}


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


def publish(write: Write, published: PublishedRun) -> None:
    """Write a whole run; readers see the run before it or this one, never a part."""
    _replace_artefacts(write, published.artefacts)
    _replace_snapshots(write, published.snapshots)
    _replace(write, ASSESSMENT, ("dataset", "asset_id"), published.assessments)
    _replace(write, REGION_RISK, ("code",), published.region_risks)
    if published.warning_events:
        rows = [{**_plain(event), "known_from": write.at} for event in published.warning_events]
        write.connection.execute(sa.insert(WARNING_EVENT), rows)
        write.changed(WARNING_EVENT.name)
    shown = {"tiers": _assets_by_tier(write.connection), "warnings": len(_warned(write.connection))}
    write.connection.execute(sa.insert(RUN).values(**_plain(published.run), known_from=write.at, **shown))
    write.changed(RUN.name)


def _assets_by_tier(connection: sa.Connection) -> dict[str, int]:
    query = sa.select(ASSESSMENT.c.tier, sa.func.count()).where(known(ASSESSMENT, None))
    counts = dict.fromkeys((str(int(tier)) for tier in Tier), 0)
    for tier, number in connection.execute(query.group_by(ASSESSMENT.c.tier)):
        counts[str(tier)] = number
    return counts


def _warned(connection: sa.Connection) -> list[str]:
    """Return the last message of each warning that is active: it does not cancel it."""
    last = sa.select(sa.func.max(WARNING_EVENT.c.pk)).group_by(WARNING_EVENT.c.warning_id)
    active = sa.select(WARNING_EVENT.c.identifier).where(
        WARNING_EVENT.c.pk.in_(last), WARNING_EVENT.c.msg_type != "Cancel"
    )
    return list(connection.execute(active).scalars())


def _replace(write: Write, table: sa.Table, keys: Sequence[str], records: Sequence[Any]) -> None:
    key_columns = [table.c[key] for key in keys]
    current = {
        tuple(row[: len(keys)]): (row.pk, row.digest)
        for row in write.connection.execute(
            sa.select(*key_columns, table.c.pk, table.c.digest).where(table.c.known_to.is_(None))
        )
    }
    fresh = []
    gone = []
    for record in records:
        row = _plain(record)
        row["digest"] = digest_of(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))
        pk, digest = current.pop(tuple(row[key] for key in keys), (None, None))
        if digest == row["digest"]:
            continue
        if pk is not None:
            gone.append(pk)
        fresh.append(row)
    gone += [pk for pk, _ in current.values()]
    _write(write, table, gone, fresh)


def _write(write: Write, table: sa.Table, gone: Sequence[int], fresh: Sequence[dict[str, Any]]) -> None:
    close(write, table, gone)
    if fresh:
        write.connection.execute(sa.insert(table), [{**row, "known_from": write.at} for row in fresh])
    if gone or fresh:
        write.changed(table.name)
        write.backend.learn(write.connection, table)


def _replace_artefacts(write: Write, artefacts: Sequence[Artefact]) -> None:
    current = {
        row.id: row.pk
        for row in write.connection.execute(
            sa.select(ARTEFACT.c.id, ARTEFACT.c.pk).where(ARTEFACT.c.known_to.is_(None))
        )
    }
    kept = {artefact.id for artefact in artefacts}
    fresh = [_plain(artefact) for artefact in artefacts if artefact.id not in current]
    for row in fresh:
        del row["current"]
    _write(write, ARTEFACT, [pk for name, pk in current.items() if name not in kept], fresh)


def _replace_snapshots(write: Write, snapshots: Sequence[Snapshot]) -> None:
    current = write.connection.execute(sa.select(SNAPSHOT.c.pk).where(SNAPSHOT.c.known_to.is_(None)))
    _write(write, SNAPSHOT, list(current.scalars()), [asdict(snapshot) for snapshot in snapshots])


def last_run(connection: sa.Connection, as_of: datetime | None = None) -> RunRecord | None:
    """Return the newest finished run."""
    query = sa.select(RUN).order_by(RUN.c.finished_at.desc()).limit(1)
    if as_of is not None:
        query = query.where(RUN.c.known_from <= format_moment(as_of))
    row = connection.execute(query).mappings().first()
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


def hysteresis(connection: sa.Connection) -> dict[tuple[str, str], dict[str, Any]]:
    """Return what the next run starts from, of each asset by dataset and id."""
    columns = (ASSESSMENT.c.dataset, ASSESSMENT.c.asset_id, ASSESSMENT.c.hysteresis)
    rows = connection.execute(sa.select(*columns).where(known(ASSESSMENT, None)))
    return {(row.dataset, row.asset_id): row.hysteresis for row in rows}


def region_risks(
    connection: sa.Connection, codes: Sequence[str] | None = None, as_of: datetime | None = None
) -> dict[str, RegionRiskRecord]:
    """Return the risk of regions by code."""
    query = sa.select(REGION_RISK).where(known(REGION_RISK, as_of))
    if codes is not None:
        query = query.where(REGION_RISK.c.code.in_(codes))
    return {row["code"]: _record(RegionRiskRecord, row) for row in connection.execute(query).mappings()}


def is_warned(connection: sa.Connection, dataset: str, asset_id: str) -> bool:
    """Return whether a warning of an asset is active: its last message does not cancel it."""
    of_asset = (WARNING_EVENT.c.dataset == dataset, WARNING_EVENT.c.asset_id == asset_id)
    last = sa.select(sa.func.max(WARNING_EVENT.c.pk)).where(*of_asset).group_by(WARNING_EVENT.c.warning_id)
    messages = sa.select(WARNING_EVENT.c.msg_type).where(WARNING_EVENT.c.pk.in_(last))
    return any(message != "Cancel" for message in connection.execute(messages).scalars())


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
        query = query.where(WARNING_EVENT.c.known_from <= format_moment(as_of))
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
