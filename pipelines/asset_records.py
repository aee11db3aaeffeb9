"""What assets are judged by, read from the store: the register, the designer's limits, the readings."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from data_catalog.store import Feature, Store
from minegis.errors import InvalidInput
from minegis.reading import Quality, Reading
from risk_models.rules.sections import Thresholds
from risk_models.warning.asset import AssetRecord
from risk_models.warning.design import design_limits

HISTORY = timedelta(days=40)  # of readings that an assessment may look at, beside the last of a silent point


def asset_record(dataset: str, feature: Feature) -> AssetRecord:
    """Return a feature as what is assessed."""
    name = str(feature.properties.get("name") or feature.id)
    return AssetRecord(dataset, feature.id, name, feature.properties)


def designers_limits(
    store: Store, dataset: str | None = None, asset_id: str | None = None, as_of: datetime | None = None
) -> tuple[dict[str, Thresholds], list[str]]:
    """Return the designer's limits by point, of one asset or all, and what is wrong with the unusable ones.

    A point with unusable limits is judged by the limits of the rules, as if it had none.
    """
    found: dict[str, Thresholds] = {}
    mistakes = []
    for station in store.features("station", where=_stations_of(dataset, asset_id), as_of=as_of):
        try:
            limits = design_limits(station.properties, where=f"station/{station.id}")
        except InvalidInput as error:
            mistakes.append(str(error))
            continue
        if limits is not None:
            found[station.id] = limits
    return found, mistakes


def readings_until(
    store: Store, at: datetime, dataset: str | None = None, asset_id: str | None = None
) -> dict[tuple[str, str], list[Reading]]:
    """Return what each asset, or one, is judged by; a registered point that never spoke has a reading that
    says so.
    """
    found: dict[tuple[str, str], list[Reading]] = defaultdict(list)
    heard = set()
    since = at - HISTORY
    older = store.newest_readings(dataset, asset_id, before=since)
    for reading in (*older, *store.readings(dataset, asset_id, since=since, until=at)):
        found[reading.dataset, reading.asset_id].append(reading)
        heard.add((reading.point_id, reading.variable))
    for station in store.features("station", where=_stations_of(dataset, asset_id)):
        name = station.properties["variable"]
        if (station.id, name) not in heard:
            silent = Reading(
                station.id,
                station.properties["asset_dataset"],
                station.properties["asset_id"],
                name,
                None,
                at,
                Quality.MISSING,
                station.origin,
                station.source,
            )
            found[silent.dataset, silent.asset_id].append(silent)
    return found


def _stations_of(dataset: str | None, asset_id: str | None) -> dict[str, object]:
    return {} if asset_id is None else {"asset_dataset": dataset, "asset_id": asset_id}
