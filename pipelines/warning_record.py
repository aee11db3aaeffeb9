"""A warning out of what the store keeps of it."""

from __future__ import annotations

from data_catalog.store import WarningRecord
from minegis.levels import Label, Origin, Tier
from risk_models.warning.lifecycle import Warning


def warning_of(record: WarningRecord) -> Warning:
    """Return the warning that a record keeps."""
    last = record.last
    return Warning(
        identifier=last.identifier,
        references=tuple(identifier for identifier, _ in last.references),
        dataset=last.dataset,
        asset_id=last.asset_id,
        asset_name=last.asset_name,
        region_code=last.region_code,
        origin=Origin(last.origin),
        msg_type=last.msg_type,
        cap_status=last.status,
        tier=Tier(last.tier),
        event_code=last.cap["event_code"],
        event=Label(**last.texts["event"]),
        severity=last.cap["severity"],
        urgency=last.cap["urgency"],
        certainty=last.cap["certainty"],
        response_type=last.cap["response_type"],
        headline=Label(**last.texts["headline"]),
        description=Label(**last.texts["description"]),
        instruction=Label(**last.texts["instruction"]),
        raised_at=record.raised_at,
        updated_at=last.sent_at,
        expires_at=last.expires_at,
        cancelled_at=record.cancelled_at,
    )
