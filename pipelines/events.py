"""The earthquakes that still matter: recent ones of the register, each with its ShakeMap if there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from data_catalog.store import Store
from minegis.clock import parse_utc
from pipelines.products import ShakingProduct
from risk_models.rule_package import RulePackage

_SAME_TIME = timedelta(minutes=2)  # two agencies' origin times of one earthquake differ by less
_SAME_PLACE = 1.0  # deg, as do their epicentres


@dataclass(frozen=True, slots=True)
class Event:
    """One earthquake; `shakemap` is the event id of its ShakeMap, empty where there is none."""

    id: str
    name: str
    magnitude: float
    lon: float
    lat: float
    occurred_at: datetime
    source: str
    origin: str
    shakemap: str = ""


def recent_events(
    store: Store, maps: Sequence[ShakingProduct], rules: RulePackage, at: datetime
) -> list[Event]:
    """Return the earthquakes of the last hours that the rules name, oldest first.

    A ShakeMap counts without a row of the register: it may be the first that is heard of an earthquake.
    """
    return events_between(store, maps, at - timedelta(hours=rules.seismic.relevant_hours), at)


def events_between(
    store: Store, maps: Sequence[ShakingProduct], since: datetime, until: datetime
) -> list[Event]:
    """Return the earthquakes of a period, oldest first."""
    found = []
    for feature in store.features("earthquake"):
        moment, magnitude = feature.properties["occurred_at"], feature.properties["magnitude"]
        if moment is None or magnitude is None:
            continue
        occurred_at = parse_utc(moment, where=f"earthquake/{feature.id}")
        if since <= occurred_at <= until:
            point = feature.geometry.centroid
            found.append(
                Event(
                    id=feature.id,
                    name=feature.properties["name"] or feature.id,
                    magnitude=magnitude,
                    lon=point.x,
                    lat=point.y,
                    occurred_at=occurred_at,
                    source=f"earthquake/{feature.id} · {feature.source}",
                    origin=str(feature.origin),
                    shakemap=_shakemap(occurred_at, point.x, point.y, maps),
                )
            )
    known = {event.shakemap for event in found}
    found += [
        _of_map(each) for each in maps if each.event_id not in known and since <= each.event_at <= until
    ]
    return sorted(found, key=lambda event: event.occurred_at)


def _of_map(each: ShakingProduct) -> Event:
    product = each.rasters["pga"]
    return Event(
        id=each.event_id,
        name=each.event_id,
        magnitude=each.magnitude,
        lon=each.lon,
        lat=each.lat,
        occurred_at=each.event_at,
        source=product.source,
        origin=product.artefact.inputs[0]["origin"],
        shakemap=each.event_id,
    )


def _shakemap(occurred_at: datetime, lon: float, lat: float, maps: Sequence[ShakingProduct]) -> str:
    for each in maps:
        near = abs(each.lon - lon) < _SAME_PLACE and abs(each.lat - lat) < _SAME_PLACE
        if near and abs(each.event_at - occurred_at) < _SAME_TIME:
            return each.event_id
    return ""
