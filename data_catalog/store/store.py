"""The truth store: one object that reads and writes a site's database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from data_catalog.collection import collection
from data_catalog.items import Bounds, Row
from data_catalog.store import edits, features, past, published, quarantine, readings, search, versions
from data_catalog.store.actions import StoreActions
from data_catalog.store.backend import Backend
from data_catalog.store.items import StoreItems
from data_catalog.store.moments import newest, writing
from data_catalog.store.records import (
    Artefact,
    AssessmentRecord,
    Change,
    Feature,
    Moment,
    PastTier,
    PublishedRun,
    QuarantinedRow,
    RegionRiskRecord,
    RunRecord,
    Snapshot,
    WarningEventRecord,
    WarningRecord,
)
from data_catalog.store.rule_packages import StoreRules
from data_catalog.store.schema import create
from data_catalog.store.search import Hit
from data_catalog.store.sqlite import Sqlite
from minegis.errors import NotFound
from minegis.reading import Reading

FILE_NAME = "minegis.sqlite"

type Named = tuple[tuple[str, ...], Row]


class Store:
    """A site's truth. Reads take `as_of`; each write method is one transaction."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.identity = create(backend)
        self._items: dict[str, StoreItems] = {}
        self.rules = StoreRules(backend)
        self.actions = StoreActions(backend)

    @classmethod
    def open(cls, site: Path, database: str = "") -> Self:
        """Open the store of a site, creating what is missing.

        Parameters
        ----------
        database : str
            A ``postgresql://`` URL; the SQLite file in the site folder when empty.

        Raises
        ------
        InvalidInput
            If the URL names another kind of database.
        StoreConflict
            If the store was made by another version, or cannot be made.
        """
        if database:  # its driver is 8 MB, and slow to load
            from data_catalog.store.postgis import Postgis  # noqa: PLC0415

            return cls(Postgis(database))
        site.mkdir(parents=True, exist_ok=True)
        return cls(Sqlite(site / FILE_NAME))

    def close(self) -> None:
        """Give back every connection."""
        self._backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._backend.reading() as connection:
            yield connection

    def moment(self) -> datetime:
        """Return the newest committed moment: what was written until then is all known, and stays so."""
        found = newest(self._backend.revisions())
        assert found is not None  # a new store begins with one
        return found

    def changed_at(self, *names: str) -> datetime | None:
        """Return when the named tables last changed, None when they never held anything."""
        return newest(self._backend.revisions(), *names)

    def items(self, collection_id: str) -> StoreItems:
        """Return a stored collection.

        Raises
        ------
        NotFound
            If there is none with this id.
        """
        if collection_id not in self._items:
            found = collection(collection_id)
            if not found.stored:
                raise NotFound("not a collection of the store", where=f"collection {collection_id!r}")
            self._items[collection_id] = StoreItems(self._backend, found)
        return self._items[collection_id]

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
                connection, self._backend, dataset, bbox=bbox, ids=ids, where=where, as_of=as_of,
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
            return features.count_features(
                connection, self._backend, dataset, bbox=bbox, ids=ids, where=where, as_of=as_of
            )

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
        with writing(self._backend) as write:
            return versions.upsert(write, dataset, rows)

    def create(self, dataset: str, feature: Feature) -> Named:
        """Add a feature; return names and row of the new item.

        Raises
        ------
        StoreConflict
            If one with this id is there.
        """
        with writing(self._backend) as write:
            return edits.create(write, self.items(dataset), feature)

    def replace(self, dataset: str, feature_id: str, feature: Feature, expected: str | None) -> Named:
        """Put a feature in the place of another, whose tag is `expected` where that is given.

        Raises
        ------
        NotFound
            If there is none with this id.
        Stale
            If its tag is another one.
        """
        with writing(self._backend) as write:
            return edits.change(write, self.items(dataset), feature_id, expected, lambda _: feature)

    def update(
        self,
        dataset: str,
        feature_id: str,
        changes: Mapping[str, Any],
        geometry: BaseGeometry | None,
        expected: str | None,
    ) -> Named:
        """Change some properties, and the geometry where one is given; the editor is then its source.

        Raises
        ------
        NotFound
            If there is none with this id.
        Stale
            If its tag is not the expected one.
        """
        with writing(self._backend) as write:
            return edits.change(
                write,
                self.items(dataset),
                feature_id,
                expected,
                lambda before: edits.merged(before, changes, geometry),
            )

    def delete(self, dataset: str, feature_id: str, expected: str | None) -> None:
        """End a feature; what was known of it stays readable.

        Raises
        ------
        NotFound
            If there is none with this id.
        Stale
            If its tag is not the expected one.
        StoreConflict
            If it is an asset with an active warning.
        """
        with writing(self._backend) as write:
            edits.delete(write, self.items(dataset), feature_id, expected)

    def search(self, dataset: str, text: str, limit: int) -> list[Hit]:
        """Return present features by a part of their id or name, the best first."""
        with self._reading() as connection:
            return search.search(connection, dataset, text, limit)

    def provenance(self, dataset: str, as_of: datetime | None = None) -> frozenset[tuple[str, str]]:
        """Return the origins and sources that the features of a dataset have."""
        with self._reading() as connection:
            return search.provenance(connection, dataset, as_of)

    def changed_bounds(self, dataset: str, since: datetime) -> list[Bounds]:
        """Return the frames of the features that came, went or changed after a moment, before and after."""
        with self._reading() as connection:
            return features.changed_bounds(connection, dataset, since)

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
        with writing(self._backend) as write:
            change = versions.upsert(write, dataset, good)
            released = quarantine.release(write, dataset, [feature.id for feature in good])
            quarantine.settle(write, settled)
            held = quarantine.hold(write, bad)
        return change, held, released

    def take_in_readings(
        self,
        good: Sequence[Reading],
        bad: Sequence[QuarantinedRow],
        settled: Sequence[QuarantinedRow] = (),
    ) -> int:
        """Import one table of readings in one transaction; return how many were new."""
        with writing(self._backend) as write:
            added = readings.add_readings(write, good)
            quarantine.settle(write, settled)
            quarantine.hold(write, bad)
        return added

    def quarantined(self, dataset: str | None = None) -> list[QuarantinedRow]:
        """Return the rows that wait for a correction."""
        with self._reading() as connection:
            return quarantine.held(connection, dataset)

    def add_readings(self, rows: Iterable[Reading]) -> int:
        """Append readings; return how many were new."""
        with writing(self._backend) as write:
            return readings.add_readings(write, rows)

    def readings(
        self,
        dataset: str | None = None,
        asset_id: str | None = None,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        variable: str | None = None,
    ) -> list[Reading]:
        """Return readings, oldest first."""
        with self._reading() as connection:
            return readings.select_readings(
                connection, dataset, asset_id, since=since, until=until, as_of=as_of, variable=variable
            )

    def count_readings(
        self,
        dataset: str,
        asset_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
        variable: str | None = None,
    ) -> int:
        """Count the readings of an asset."""
        with self._reading() as connection:
            return readings.count_readings(
                connection, dataset, asset_id, since=since, until=until, as_of=as_of, variable=variable
            )

    def newest_readings(
        self,
        dataset: str | None = None,
        asset_id: str | None = None,
        *,
        before: datetime | None = None,
        until: datetime | None = None,
        as_of: datetime | None = None,
    ) -> list[Reading]:
        """Return the newest reading of each point and variable of an asset, from before or until a time."""
        with self._reading() as connection:
            return readings.newest_readings(
                connection, dataset, asset_id, before=before, until=until, as_of=as_of
            )

    def last_heard(self, until: datetime) -> list[Reading]:
        """Return the newest reading that has a value of each point and variable, up to a time."""
        with self._reading() as connection:
            return readings.last_heard(connection, until)

    def version(self, *names: str) -> str:
        """Return a text that changes whenever one of the named tables changes: the key of caches."""
        revisions = self._backend.revisions()
        return ".".join(str(revisions[name].number) if name in revisions else "0" for name in names)

    def publish(self, run: PublishedRun) -> None:
        """Make a run visible, whole or not at all."""
        with writing(self._backend) as write:
            published.publish(write, run)

    def last_run(self, as_of: datetime | None = None) -> RunRecord | None:
        """Return the newest finished run."""
        with self._reading() as connection:
            return published.last_run(connection, as_of)

    def run_ids(self) -> list[str]:
        """Return the id of every published run, oldest first."""
        with self._reading() as connection:
            return published.run_ids(connection)

    def moments(self, limit: int) -> list[Moment]:
        """Return the newest published runs, the earliest valid time first."""
        with self._reading() as connection:
            return past.moments(connection, limit)

    def past_tiers(self, dataset: str, asset_id: str, limit: int) -> list[PastTier]:
        """Return what the newest runs said of an asset, the oldest first."""
        with self._reading() as connection:
            return past.of_asset(connection, dataset, asset_id, limit)

    def past_region_tiers(self, code: str, limit: int) -> list[PastTier]:
        """Return what the newest runs said of a region, the oldest first."""
        with self._reading() as connection:
            return past.of_region(connection, code, limit)

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

    def hysteresis(self) -> dict[tuple[str, str], dict[str, Any]]:
        """Return what the next run starts from, of each asset by dataset and id, without the chains."""
        with self._reading() as connection:
            return published.hysteresis(connection)

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
