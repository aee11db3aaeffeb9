"""Rule packages, their back-tests, and the log of what was active when: rows are added, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from data_catalog.store.backend import Backend
from data_catalog.store.moments import Write, writing
from data_catalog.store.schema import RULE_ACTIVATION, RULE_BACKTEST, RULE_PACKAGE
from minegis.clock import format_utc, parse_utc
from minegis.errors import Stale, StoreConflict

Kind = Literal["activate", "rollback"]


@dataclass(frozen=True, slots=True)
class RulePackageRecord:
    """A package as it was received.

    Attributes
    ----------
    id, version, digest : str
        A version of an id has one digest for ever.
    content : dict
        The whole package, with what it extends.
    text : str
        The file as it was written.
    signature : dict or None
    signer : str
        Whose key it was; empty when it is not signed.
    received_by : str
    received_at : datetime
    """

    id: str
    version: str
    digest: str
    content: dict[str, Any]
    text: str
    signature: dict[str, Any] | None
    signer: str
    received_by: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class BacktestRecord:
    """What a package would have said of a period, beside the one that was active then."""

    digest: str
    against: str
    since: datetime
    until: datetime
    report: dict[str, Any]
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ActivationRecord:
    """One entry of the log: who put which package in the place of which, and why."""

    number: int
    kind: Kind
    from_digest: str
    to_digest: str
    who: str
    reason: str
    at: datetime


_TIMES = frozenset({"received_at", "since", "until", "made_at", "at"})


class StoreRules:
    """The rule packages of a site. Each method that writes is one transaction."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def packages(self) -> list[RulePackageRecord]:
        """Return each package once, as it was received last, in the order they came first."""
        with self._backend.reading() as connection:
            rows = connection.execute(sa.select(RULE_PACKAGE).order_by(RULE_PACKAGE.c.pk)).mappings().all()
        newest = {row["digest"]: _record(RulePackageRecord, row) for row in rows}
        return list(newest.values())

    def add(self, package: RulePackageRecord) -> None:
        """Keep a package; one that is there already with the same signature is not written again.

        Raises
        ------
        StoreConflict
            If this version of this id is known with another content.
        """
        with writing(self._backend) as write:
            _add(write, package)

    def backtests(self, digest: str | None = None) -> list[BacktestRecord]:
        """Return the back-tests, oldest first."""
        query = sa.select(RULE_BACKTEST).order_by(RULE_BACKTEST.c.pk)
        if digest is not None:
            query = query.where(RULE_BACKTEST.c.digest == digest)
        with self._backend.reading() as connection:
            return [_record(BacktestRecord, row) for row in connection.execute(query).mappings()]

    def add_backtest(self, backtest: BacktestRecord) -> None:
        """Keep the report of a back-test."""
        with writing(self._backend) as write:
            write.connection.execute(sa.insert(RULE_BACKTEST).values(**_plain(backtest)))
            write.changed(RULE_BACKTEST.name)

    def activations(self) -> list[ActivationRecord]:
        """Return the log, oldest first."""
        query = sa.select(RULE_ACTIVATION).order_by(RULE_ACTIVATION.c.number)
        with self._backend.reading() as connection:
            return [_record(ActivationRecord, row) for row in connection.execute(query).mappings()]

    def log(self, entry: ActivationRecord, replaced: RulePackageRecord) -> None:
        """Add the next entry of the log; `replaced` is kept as well, so that history knows it.

        Raises
        ------
        Stale
            If somebody else added an entry meanwhile.
        """
        with writing(self._backend) as write:
            last = write.connection.execute(sa.select(sa.func.max(RULE_ACTIVATION.c.number))).scalar()
            if entry.number != (last or 0) + 1:
                raise Stale(
                    "the active rules were changed meanwhile",
                    where="rules",
                    expected=f"a change made on entry {last or 0} of the log",
                    got=f"one made on entry {entry.number - 1}",
                )
            _add(write, replaced)
            write.connection.execute(sa.insert(RULE_ACTIVATION).values(**_plain(entry)))
            write.changed(RULE_ACTIVATION.name)


def _add(write: Write, package: RulePackageRecord) -> None:
    table = RULE_PACKAGE
    query = sa.select(table.c.id, table.c.version, table.c.digest, table.c.signature).order_by(table.c.pk)
    rows = write.connection.execute(query).all()
    for row in rows:
        if (row.id, row.version) == (package.id, package.version) and row.digest != package.digest:
            raise StoreConflict(
                "this version is known with another content",
                where=f"{package.id} {package.version}",
                expected="a new version number for a new content",
                got=f"digest {package.digest[:12]}, known is {row.digest[:12]}",
            )
    known = [row.signature for row in rows if row.digest == package.digest]
    if known and (package.signature is None or known[-1] == package.signature):
        return
    write.connection.execute(sa.insert(table).values(**_plain(package)))
    write.changed(table.name)


def _plain(record: Any) -> dict[str, Any]:
    return {name: format_utc(value) if name in _TIMES else value for name, value in asdict(record).items()}


def _record[R](kind: type[R], row: Mapping[Any, Any]) -> R:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: parse_utc(row[name]) if name in _TIMES else row[name] for name in names})
