"""What the store keeps and gives back: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shapely.geometry.base import BaseGeometry

from minegis.levels import Origin


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature of a dataset; `geometry` is lon/lat (CGCS2000)."""

    id: str
    properties: dict[str, Any]
    geometry: BaseGeometry
    origin: Origin
    source: str
    known_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an upsert did."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that was refused: `reasons` lists column, got, expected for each mistake."""

    dataset: str
    file: str
    file_sha256: str
    row: int
    feature_id: str
    reasons: tuple[dict[str, str], ...]
    values: dict[str, Any]
    at: datetime
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Artefact:
    """A file made by the pipeline, with its lineage."""

    id: str
    kind: str
    layer: str
    area: str
    path: str
    sha256: str
    method: str
    parameters: dict[str, Any]
    inputs: tuple[dict[str, str], ...]
    made_at: datetime
    current: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An immutable Parquet file of risk cells at one resolution."""

    run_id: str
    resolution: int
    path: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class AssessmentRecord:
    """The tier of one asset with its whole chain; `hysteresis` is what the next run needs."""

    dataset: str
    asset_id: str
    tier: int
    observed_tier: int
    statutory: int
    model: int | None
    satellite: int | None
    state: str
    score: float
    coverage: float
    valid_at: datetime
    chain: dict[str, Any]
    hysteresis: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RegionRiskRecord:
    """The risk of one administrative region; `counts` of assets and `cell_area_km2` are keyed by tier."""

    code: str
    level: str
    tier: int
    state: str
    score: float | None
    nemerow: float | None
    rule_tier: int
    coverage: float
    assets: int
    counts: dict[str, int]
    cell_area_km2: dict[str, float]
    contributors: tuple[dict[str, Any], ...]
    chain: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WarningEventRecord:
    """One message of a warning's life: Alert, Update or Cancel; never changed once written.

    `identifier` is the message's own GB/T 35965 identifier; `references` are those it updates or cancels, as
    ``(identifier, sent_at)`` pairs in ISO 8601.
    """

    warning_id: str
    identifier: str
    msg_type: str
    status: str
    dataset: str
    asset_id: str
    asset_name: str
    region_code: str
    tier: int
    previous_tier: int
    sent_at: datetime
    expires_at: datetime
    references: tuple[tuple[str, str], ...]
    texts: dict[str, Any]
    cap: dict[str, Any]
    origin: str
    geometry_wkb: bytes = b""


@dataclass(frozen=True, slots=True)
class WarningRecord:
    """A warning as it stands: its last event, and when it was first raised."""

    last: WarningEventRecord
    raised_at: datetime
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One finished run of the pipeline."""

    id: str
    started_at: datetime
    finished_at: datetime
    reference_time: datetime
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """A run that was published: the time it judges, since when it is known, and what it showed.

    `tiers` counts the assets of each tier, `warnings` are those that were active.
    """

    run_id: str
    valid_at: datetime
    known_at: datetime
    tiers: dict[str, int]
    warnings: int


@dataclass(frozen=True, slots=True)
class PastTier:
    """What one run said of an asset or a region; `counts` of a region are its assets by tier."""

    valid_at: datetime
    known_at: datetime
    tier: int
    state: str
    score: float | None
    counts: dict[str, int] | None = None


@dataclass(frozen=True, slots=True)
class PublishedRun:
    """Everything that a run makes visible, in one transaction."""

    run: RunRecord
    artefacts: tuple[Artefact, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    assessments: tuple[AssessmentRecord, ...] = ()
    region_risks: tuple[RegionRiskRecord, ...] = ()
    warning_events: tuple[WarningEventRecord, ...] = field(default=())
