"""What is drawn and listed: each dataset in memory as it stands, joined with its tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from data_catalog.dataset import dataset, datasets
from data_catalog.store import Feature, Store
from minegis.clock import format_utc
from minegis.errors import NotFound
from minegis.levels import EvidenceState, Origin, Tier

WARNING = "warning"
REGION = "region"

_UNKNOWN = {"tier": int(Tier.NONE), "state": str(EvidenceState.MISSING), "score": None}


@dataclass(frozen=True)
class Table:
    """The features of a dataset in one version, ordered by id.

    Attributes
    ----------
    geometries : (n,) shapely geometry, lon/lat deg
    properties : (n,) dict
        The declared fields, then `origin` and `source`, and for assets and regions their present tier.
    """

    dataset: str
    version: str
    ids: tuple[str, ...]
    properties: tuple[dict[str, Any], ...]
    geometries: NDArray[np.object_]
    tree: shapely.STRtree
    rows: Mapping[str, int]

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north, deg; None when there is nothing."""
        if not self.ids:
            return None
        west, south, east, north = shapely.total_bounds(self.geometries)
        return float(west), float(south), float(east), float(north)

    def row(self, feature_id: str) -> int:
        """Return the row of a feature.

        Raises
        ------
        NotFound
            If there is none with this id.
        """
        try:
            return self.rows[feature_id]
        except KeyError:
            raise NotFound("no such feature", where=f"{self.dataset}/{feature_id}") from None


class Tables:
    """The tables of a store; each is read again when its version has changed, once for all who ask."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[str, Table] = {}
        self._locks: dict[str, Lock] = {name: Lock() for name in (*datasets(), WARNING)}

    def table(self, name: str) -> Table:
        """Return a dataset, or the active warnings, as known now.

        Raises
        ------
        NotFound
            If no dataset has this id.
        """
        if name not in self._locks:
            raise NotFound("no such dataset", where=f"dataset {name!r}", expected=", ".join(self._locks))
        version = self.version(name)
        found = self._found.get(name)
        if found is not None and found.version == version:
            return found
        with self._locks[name]:
            found = self._found.get(name)
            if found is None or found.version != version:
                found = self._read(name, version)
                self._found[name] = found
            return found

    def version(self, name: str) -> str:
        """Return a text that changes whenever the table would."""
        if name == WARNING:
            return self._store.version("warning_event")
        joined = {REGION: "region_risk"}.get(name, "assessment")
        return self._store.version(name, joined)

    def _read(self, name: str, version: str) -> Table:
        if name == WARNING:
            return build(name, version, _active_warnings(self._store))
        features = self._store.features(name)
        if dataset(name).asset:
            return build(name, version, _with_tier(self._store.tiers(name), features))
        if name == REGION:
            return build(name, version, _with_risk(self._store, features))
        return build(name, version, [(feature, {}) for feature in features])


def build(name: str, version: str, rows: list[tuple[Feature, dict[str, Any]]]) -> Table:
    """Return the table of features with what is joined to each."""
    ordered = sorted(rows, key=lambda row: row[0].id)
    geometries = np.empty(len(ordered), dtype=object)
    geometries[:] = [feature.geometry for feature, _ in ordered]
    return Table(
        dataset=name,
        version=version,
        ids=tuple(feature.id for feature, _ in ordered),
        properties=tuple(
            {**feature.properties, **joined, "origin": str(feature.origin), "source": feature.source}
            for feature, joined in ordered
        ),
        geometries=geometries,
        tree=shapely.STRtree(geometries),
        rows={feature.id: i for i, (feature, _) in enumerate(ordered)},
    )


def _with_tier(
    tiers: Mapping[str, tuple[int, str, float]], features: list[Feature]
) -> list[tuple[Feature, dict[str, Any]]]:
    names = ("tier", "state", "score")
    return [
        (feature, dict(zip(names, tiers[feature.id], strict=True)) if feature.id in tiers else _UNKNOWN)
        for feature in features
    ]


def _with_risk(store: Store, features: list[Feature]) -> list[tuple[Feature, dict[str, Any]]]:
    risks = store.region_risks()
    rows = []
    for feature in features:
        risk = risks.get(feature.properties["code"])
        joined: dict[str, Any] = {**_UNKNOWN, "coverage": None}
        if risk is not None:
            joined = {
                "tier": risk.tier,
                "state": risk.state,
                "score": risk.score,
                "coverage": risk.coverage,
            }
        rows.append((feature, joined))
    return rows


def _active_warnings(store: Store) -> list[tuple[Feature, dict[str, Any]]]:
    rows: list[tuple[Feature, dict[str, Any]]] = []
    for warning in store.warnings():
        if warning.cancelled_at is not None:
            continue
        last = warning.last
        properties = {
            "identifier": last.identifier,
            "dataset": last.dataset,
            "asset_id": last.asset_id,
            "asset_name": last.asset_name,
            "region_code": last.region_code,
            "tier": last.tier,
            "state": str(EvidenceState.SUFFICIENT),
            "status": last.status,
            "msg_type": last.msg_type,
            "raised_at": format_utc(warning.raised_at),
            "updated_at": format_utc(last.sent_at),
            "expires_at": format_utc(last.expires_at),
        }
        place = shapely.from_wkb(last.geometry_wkb).representative_point()
        rows.append((Feature(last.warning_id, properties, place, Origin(last.origin), last.identifier), {}))
    return rows
