"""From tiers to warnings: what each asset's change raises, updates or cancels."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from data_catalog.store import Store, WarningEventRecord, WarningRecord
from minegis.clock import format_utc
from minegis.levels import Origin, Tier
from pipelines.asset_risk import AssetRisk
from pipelines.warning_record import warning_of
from risk_models.rule_package import RulePackage
from risk_models.warning.lifecycle import WarningEvent, decide

LOG = logging.getLogger(__name__)


def warning_events(
    store: Store, risks: Sequence[AssetRisk], rules: RulePackage, at: datetime, site_origin: Origin
) -> tuple[WarningEventRecord, ...]:
    """Return the messages that this evaluation sends.

    On a sample site every message is an exercise, also of an operator's own asset: what it is judged by
    may be made up.
    """
    latest: dict[tuple[str, str], WarningRecord] = {}
    for warning in store.warnings():
        latest[warning.last.dataset, warning.last.asset_id] = warning
    history = store.warning_events()
    moment = at.replace(microsecond=0)
    sent = Counter(event.region_code for event in history if event.sent_at.replace(microsecond=0) == moment)
    sent_at = {event.identifier: format_utc(event.sent_at) for event in history}
    found = []
    for risk in risks:
        asset, feature = risk.asset, risk.feature
        before = latest.get((asset.dataset, asset.id))
        region = str(feature.properties["county_code"])
        for event in decide(
            warning_of(before) if before else None,
            risk.state,
            risk.assessment,
            asset,
            rules,
            region_code=region,
            origin=Origin.SAMPLE if site_origin is Origin.SAMPLE else feature.origin,
            sequence=sent[region],
        ):
            sent[region] += 1
            found.append(_record(event, before, sent_at, feature.geometry.wkb))
    return tuple(found)


def without_asset(store: Store, risks: Sequence[AssetRisk]) -> tuple[WarningRecord, ...]:
    """Return the active warnings of assets that no register holds any more, and tell them to the log.

    Nobody judged them, so they stay as they are: neither an evaluation nor an edit took the danger away.
    """
    judged = {(risk.asset.dataset, risk.asset.id) for risk in risks}
    active = (each for each in store.warnings() if each.cancelled_at is None)
    found = tuple(each for each in active if (each.last.dataset, each.last.asset_id) not in judged)
    for each in found:
        name = f"{each.last.dataset}/{each.last.asset_id}"
        LOG.warning("warning %s of %s stays: no register holds the asset", each.last.warning_id, name)
    return found


def _record(
    event: WarningEvent, before: WarningRecord | None, sent_at: dict[str, str], geometry: bytes
) -> WarningEventRecord:
    warning = event.warning
    return WarningEventRecord(
        warning_id=warning.references[0] if warning.references else event.identifier,
        identifier=event.identifier,
        msg_type=event.msg_type,
        status=warning.cap_status,
        dataset=warning.dataset,
        asset_id=warning.asset_id,
        asset_name=warning.asset_name,
        region_code=warning.region_code,
        tier=int(warning.tier),
        previous_tier=before.last.tier if before and before.cancelled_at is None else int(Tier.NONE),
        sent_at=event.sent_at,
        expires_at=warning.expires_at,
        references=tuple((identifier, sent_at[identifier]) for identifier in warning.references),
        texts={
            "event": warning.event.to_json(),
            "headline": warning.headline.to_json(),
            "description": warning.description.to_json(),
            "instruction": warning.instruction.to_json(),
        },
        cap={
            "event_code": warning.event_code,
            "severity": warning.severity,
            "urgency": warning.urgency,
            "certainty": warning.certainty,
            "response_type": warning.response_type,
        },
        origin=str(warning.origin),
        geometry_wkb=geometry,
    )
