"""The truth store: the only place with SQL."""

from data_catalog.items import Bounds
from data_catalog.store.actions import (
    ActionKind,
    ActionRecord,
    MessageRecord,
    Position,
    StoreActions,
    Written,
)
from data_catalog.store.items import StoreItems
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
from data_catalog.store.rule_packages import (
    ActivationRecord,
    BacktestRecord,
    RulePackageRecord,
    StoreRules,
)
from data_catalog.store.store import Store

__all__ = [
    "ActionKind",
    "ActionRecord",
    "ActivationRecord",
    "Artefact",
    "AssessmentRecord",
    "BacktestRecord",
    "Bounds",
    "Change",
    "Feature",
    "MessageRecord",
    "Moment",
    "PastTier",
    "Position",
    "PublishedRun",
    "QuarantinedRow",
    "RegionRiskRecord",
    "RulePackageRecord",
    "RunRecord",
    "Snapshot",
    "Store",
    "StoreActions",
    "StoreItems",
    "StoreRules",
    "WarningEventRecord",
    "WarningRecord",
    "Written",
]
