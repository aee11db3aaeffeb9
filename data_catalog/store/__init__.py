"""The truth store: the only place with SQL."""

from data_catalog.items import Bounds
from data_catalog.store.items import StoreItems
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
    Moment,
    PastTier,
from data_catalog.store.rule_packages import (
    ActivationRecord,
    BacktestRecord,
    RulePackageRecord,
    StoreRules,
)
from data_catalog.store.store import Store

__all__ = [
    "ActivationRecord",
    "Artefact",
    "AssessmentRecord",
    "BacktestRecord",
    "Bounds",
    "Change",
    "Feature",
    "PublishedRun",
    "QuarantinedRow",
    "RegionRiskRecord",
    "RulePackageRecord",
    "RunRecord",
    "Snapshot",
    "Store",
    "StoreItems",
    "StoreRules",
    "WarningEventRecord",
    "Moment",
    "PastTier",
    "WarningRecord",
]
