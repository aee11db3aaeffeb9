"""What lies around an asset: other assets, places with people, facilities, monitoring points."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import shapely
from fastapi import APIRouter, Query, Request, Response
from shapely.geometry.base import BaseGeometry

from data_catalog.dataset import datasets
from data_catalog.store import Feature
from geoserver.api import answered
from geoserver.errors import PROBLEMS
from geoserver.parameters import Known
from geoserver.services import OpenSite
from minegis.levels import EvidenceState, Tier
from minegis.nearness import box_around, nearness

router = APIRouter(prefix="/api/v1", tags=["api"], responses=PROBLEMS)

MOST = 50  # of each kind, the nearest
FARTHEST_KM = 100.0

_KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "places": ("place", ("population",)),
    "facilities": ("facility", ("facility_type", "commodity")),
    "stations": ("station", ("variable", "asset_dataset", "asset_id")),
}


@router.get("/assets/{dataset}/{asset_id:path}/nearby")
async def nearby(
    request: Request,
    dataset: str,
    asset_id: str,
    radius_km: Annotated[float, Query(gt=0, le=FARTHEST_KM, allow_inf_nan=False)] = 10.0,
    as_of: Known = None,
) -> Response:
    """List what lies within a distance of an asset, the nearest first: assets, places, facilities, points."""

    def around(opened: OpenSite) -> dict[str, Any]:
        shape = opened.store.feature(dataset, asset_id, as_of=opened.as_of).geometry
        return near(opened, shape, radius_km, but=(dataset, asset_id))

    return await answered(request, around, as_of)


def near(
    opened: OpenSite, shape: BaseGeometry, radius_km: float, but: tuple[str, str] | None = None
) -> dict[str, Any]:
    """Return what lies within a radius of a shape, `but` for one asset, and how many of each kind."""
    found: dict[str, Any] = {"radius_km": radius_km, "counts": {}}
    assets = [
        (name, each)
        for name, declared in datasets().items()
        if declared.asset
        for each in _inside(opened, name, shape, radius_km)
        if (name, each.id) != but
    ]
    tiers = {name: opened.store.tiers(name, opened.as_of) for name in {name for name, _ in assets}}
    found["assets"] = [
        {**each, **_tier(tiers[each["dataset"]].get(each["id"]))}
        for each in _nearest(found["counts"], "assets", assets, (), shape, radius_km)
    ]
    for kind, (name, shown) in _KINDS.items():
        features = [(name, each) for each in _inside(opened, name, shape, radius_km)]
        found[kind] = _nearest(found["counts"], kind, features, shown, shape, radius_km)
    return found


def _tier(known: tuple[int, str, float] | None) -> dict[str, Any]:
    tier, state, _ = known or (int(Tier.NONE), str(EvidenceState.MISSING), None)
    return {"tier": tier, "state": state}


def _inside(opened: OpenSite, name: str, shape: BaseGeometry, radius_km: float) -> list[Feature]:
    return opened.store.features(name, bbox=box_around(shape, radius_km), as_of=opened.as_of)


def _nearest(
    counts: dict[str, int],
    kind: str,
    features: list[tuple[str, Feature]],
    shown: tuple[str, ...],
    shape: BaseGeometry,
    radius_km: float,
) -> list[dict[str, Any]]:
    """Return the nearest of some features; count all that are within the radius."""
    shapes = np.array([each.geometry for _, each in features], dtype=object)
    distance, bearing = nearness(shape, shapes)
    order = [row for row in np.argsort(distance, kind="stable").tolist() if distance[row] <= radius_km]
    counts[kind] = len(order)
    return [_described(features[row], shown, distance[row], bearing[row]) for row in order[:MOST]]


def _described(
    found: tuple[str, Feature], shown: tuple[str, ...], distance: float, bearing: float
) -> dict[str, Any]:
    name, feature = found
    at = shapely.point_on_surface(feature.geometry)
    return {
        "dataset": name,
        "id": feature.id,
        "name": feature.properties.get("name"),
        **{field: feature.properties.get(field) for field in shown},
        "distance_km": round(float(distance), 3),
        "bearing": round(float(bearing), 1) % 360,
        "lon": at.x,
        "lat": at.y,
    }
