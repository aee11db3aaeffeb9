"""The truth store: one object that reads and writes a site's database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from data_catalog.store import features, published, quarantine, readings
from data_catalog.store.engine import open_engine, writing
from data_catalog.store.features import Bounds
from data_catalog.store.records import (
    Artefact,
    AssessmentRecord,
    Change,
    Feature,
    PublishedRun,
    QuarantinedRow,
    RegionRiskRecord,
    RunRecord,
    Snapshot,
    WarningEventRecord,
    WarningRecord,
)
from data_catalog.store.revisions import Revisions
from data_catalog.store.schema import create
from minegis.clock import utc_now
from minegis.errors import NotFound
from minegis.reading import Reading

FILE_NAME = "minegis.sqlite"


class Store:
    """A site's truth. Reads take `as_of`; each write method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._revisions = Revisions(engine)

    @classmethod
    def open(cls, site: Path) -> Self:
        """Open the store of a site folder, creating what is missing."""
        site.mkdir(parents=True, exist_ok=True)
        engine = open_engine(site / FILE_NAME)
        create(engine)
        return cls(engine)

    def close(self) -> None:
        """Give back every connection."""
        self._revisions.close()
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._engine.connect() as connection, connection.begin():
            yield connection

    def features(
        self,
        dataset: str,
        *,
        bbox: Bounds | None = None,
        ids: Sequence[str] | None = None,
        where: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Feature]:
        """Read features that intersect `bbox` (lon/lat) and match `where`, oldest entry first."""
        with self._reading() as connection:
            return features.select_features(
                connection, dataset, bbox=bbox, ids=ids, where=where, as_of=as_of,
                order_by=order_by, limit=limit, offset=offset,
            )  # fmt: skip

    def count(
        self,
        dataset: str,
        *,
        bbox: Bounds | None = None,
        ids: Sequence[str] | None = None,
        where: Mapping[str, object] | None = None,
        as_of: datetime | None = None,
    ) -> int:
        """Count features."""
        with self._reading() as connection:
            return features.count_features(connection, dataset, bbox=bbox, ids=ids, where=where, as_of=as_of)

    def feature(self, dataset: str, feature_id: str, *, as_of: datetime | None = None) -> Feature:
        """Read one feature.

        Raises
        ------
        NotFound
            If there is none with this id at that time.
        """
        found = self.features(dataset, ids=[feature_id], as_of=as_of, limit=1)
        if not found:
            raise NotFound("no such feature", where=f"{dataset}/{feature_id}")
        return found[0]

    def upsert(self, dataset: str, rows: Iterable[Feature]) -> Change:
        """Write features in one transaction."""
        with writing(self._engine) as connection:
            return features.upsert_features(connection, dataset, rows, utc_now())

    def take_in(
        self,
        dataset: str,
        good: Sequence[Feature],
        bad: Sequence[QuarantinedRow],
        settled: Sequence[QuarantinedRow] = (),
    ) -> tuple[Change, int, int]:
        """Import one file in one transaction: good rows in, bad rows held, corrected ones released.

        `settled` are held rows that this file presents anew, good or bad.

        Returns
        -------
        change, held, released : Change, int, int
        """
        with writing(self._engine) as connection:
            now = utc_now()
            change = features.upsert_features(connection, dataset, good, now)
            released = quarantine.release(connection, dataset, [feature.id for feature in good], now)
            quarantine.settle(connection, settled, now)
            held = quarantine.hold(connection, bad)
        return change, held, released

    def take_in_readings(
        self,
        good: Sequence[Reading],
        bad: Sequence[QuarantinedRow],
        settled: Sequence[QuarantinedRow] = (),
    ) -> int:
        """Import one table of readings in one transaction; return how many were new."""
        with writing(self._engine) as connection:
            now = utc_now()
            added = readings.add_readings(connection, good, now)
            quarantine.settle(connection, settled, now)
            quarantine.hold(connection, bad)
        return added

    def quarantined(self, dataset: str | None = None) -> list[QuarantinedRow]:
        """Return the rows that wait for a correction."""
        with self._reading() as connection:
            return quarantine.held(connection, dataset)

    def add_readings(self, rows: Iterable[Reading]) -> int:
        """Append readings; return how many were new."""
        with writing(self._engine) as connection:
            return readings.add_readings(connection, rows, utc_now())

    def readings(
        self,
        dataset: str | None = None,
        asset_id: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
    ) -> list[Reading]:
        """Return readings, oldest first."""
        with self._reading() as connection:
            return readings.select_readings(
                connection, dataset, asset_id, since=since, until=until, as_of=as_of
            )

    def newest_readings(self, *, before: datetime) -> list[Reading]:
        """Return the newest reading of each point and variable of an asset from before a time."""
        with self._reading() as connection:
            return readings.newest_readings(connection, before=before)

    def version(self, *names: str) -> str:
        """Return a text that changes whenever one of the named tables changes: the key of caches."""
        return self._revisions.version(*names)

    def publish(self, run: PublishedRun) -> None:
        """Make a run visible, whole or not at all."""
        with writing(self._engine) as connection:
            published.publish(connection, run, utc_now())

    def last_run(self) -> RunRecord | None:
        """Return the newest finished run."""
        with self._reading() as connection:
            return published.last_run(connection)

    def run_ids(self) -> list[str]:
        """Return the id of every published run, oldest first."""
        with self._reading() as connection:
            return published.run_ids(connection)

    def artefacts(self, as_of: datetime | None = None) -> list[Artefact]:
        """Return the files that the map shows, with their lineage."""
        with self._reading() as connection:
            return published.artefacts(connection, as_of)

    def snapshots(self, as_of: datetime | None = None) -> dict[int, Snapshot]:
        """Return the risk-cell snapshots by resolution."""
        with self._reading() as connection:
            return published.snapshots(connection, as_of)

    def assessments(
        self, dataset: str | None = None, asset_id: str | None = None, as_of: datetime | None = None
    ) -> list[AssessmentRecord]:
        """Return asset tiers with their chains."""
        with self._reading() as connection:
            return published.assessments(connection, dataset, asset_id, as_of)

    def tiers(self, dataset: str, as_of: datetime | None = None) -> dict[str, tuple[int, str, float]]:
        """Return ``(tier, state, score)`` by asset id, without the chains."""
        with self._reading() as connection:
            return published.tiers(connection, dataset, as_of)

    def region_risks(
        self, codes: Sequence[str] | None = None, as_of: datetime | None = None
    ) -> dict[str, RegionRiskRecord]:
        """Return the risk of regions by code."""
        with self._reading() as connection:
            return published.region_risks(connection, codes, as_of)

    def warnings(self, as_of: datetime | None = None) -> list[WarningRecord]:
        """Return every warning as it stands."""
        with self._reading() as connection:
            return published.warnings(connection, as_of)

    def warning_events(
        self, *, identifier: str | None = None, warning_id: str | None = None, as_of: datetime | None = None
    ) -> list[WarningEventRecord]:
        """Return the messages ever sent, oldest first."""
        with self._reading() as connection:
            return published.warning_events(
                connection, identifier=identifier, warning_id=warning_id, as_of=as_of
            )
