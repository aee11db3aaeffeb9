"""Which monitoring points are heard: the online rate, who is silent, and what was measured last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from data_catalog.store import Feature
from geoserver.api import answered
from geoserver.errors import PROBLEMS
from geoserver.services import OpenSite
from minegis.clock import format_utc, utc_now
from minegis.reading import Reading
from minegis.variables import variables

router = APIRouter(prefix="/api/v1", tags=["api"], responses=PROBLEMS)

_INTERVALS = 2  # a point is heard while its last value is not older than so many of its intervals
_SILENT_SHOWN, _LATEST_SHOWN = 200, 50

type Heard = dict[tuple[str, str], Reading]


@router.get("/online")
async def online(request: Request) -> Response:
    """Return the share of monitoring points heard within twice their interval, the silent and the latest."""
    return await answered(request, _online)


def _online(opened: OpenSite) -> dict[str, Any]:
    at = opened.site.declaration.reference_time or utc_now()
    version = f"{opened.store.version('reading', 'station')}/{at:%Y%m%d%H%M}"  # a live site: each minute anew
    return opened.kept.get("online", version, lambda: _read(opened, at))


def _read(opened: OpenSite, at: datetime) -> dict[str, Any]:
    newest = opened.store.last_heard(at)
    heard: Heard = {(each.point_id, each.variable): each for each in newest}
    points = opened.store.features("station")
    silent = [point for point in points if not _is_heard(point, heard, at)]
    rate = _rate(len(points), len(points) - len(silent))
    return {
        "at": format_utc(at),
        "intervals": _INTERVALS,
        **rate,
        "variables": _by_variable(points, silent),
        "silent": _silent(silent, heard),
        "latest": _latest(newest, {point.id: point for point in points}),
    }


def _is_heard(point: Feature, heard: Heard, at: datetime) -> bool:
    last = heard.get((point.id, point.properties["variable"]))
    patience = timedelta(minutes=_INTERVALS * point.properties["interval_minutes"])
    return last is not None and at - last.observed_at <= patience


def _rate(points: int, heard: int) -> dict[str, Any]:
    return {"points": points, "online": heard, "share": heard / points if points else None}


def _by_variable(points: Sequence[Feature], silent: Sequence[Feature]) -> list[dict[str, Any]]:
    numbers: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for point in points:
        numbers[point.properties["variable"]][0] += 1
    for point in silent:
        numbers[point.properties["variable"]][1] += 1
    return [{"variable": name, **_rate(all_, all_ - off)} for name, (all_, off) in sorted(numbers.items())]


def _silent(points: Sequence[Feature], heard: Heard) -> list[dict[str, Any]]:
    """Return the points that are silent, those never heard first, then the longest silent."""
    last = {point.id: heard.get((point.id, point.properties["variable"])) for point in points}
    rows = [
        {
            **_place(point),
            "variable": point.properties["variable"],
            "interval_minutes": point.properties["interval_minutes"],
            "heard_at": format_utc(found.observed_at) if (found := last[point.id]) else None,
        }
        for point in points
    ]
    return sorted(rows, key=lambda row: (row["heard_at"] or "", row["point_id"]))[:_SILENT_SHOWN]


def _latest(readings: Sequence[Reading], points: dict[str, Feature]) -> list[dict[str, Any]]:
    newest = sorted(readings, key=lambda each: (each.observed_at, each.point_id), reverse=True)
    return [
        {
            "point_id": each.point_id,
            "dataset": each.dataset,
            "asset_id": each.asset_id,
            "name": points[each.point_id].properties["name"] if each.point_id in points else None,
            "variable": each.variable,
            "value": each.value,
            "unit": variables()[each.variable].unit,
            "observed_at": format_utc(each.observed_at),
            "qc": each.quality.name.lower(),
            "origin": str(each.origin),
        }
        for each in newest[:_LATEST_SHOWN]
    ]


def _place(point: Feature) -> dict[str, Any]:
    return {
        "point_id": point.id,
        "name": point.properties["name"],
        "dataset": point.properties["asset_dataset"],
        "asset_id": point.properties["asset_id"],
    }
