"""What a text means, and what is known of a point on the map."""

from __future__ import annotations

from typing import Annotated, Any

import shapely
from fastapi import APIRouter, Path, Query, Request, Response

from geoserver import search
from geoserver.api import answered, describe_layer
from geoserver.errors import PROBLEMS
from geoserver.explain import find_cell
from geoserver.nearby_routes import FARTHEST_KM, near
from geoserver.parameters import Known
from geoserver.services import OpenSite
from layers.layer import layers
from minegis import cells as h3
from minegis.coordinates import CGCS2000, gauss_kruger_epsg, transformer
from minegis.errors import InvalidInput, NotFound
from minegis.levels import EvidenceState, RegionLevel, Tier
from minegis.variables import variables
from tiles.point_values import value_at

router = APIRouter(prefix="/api/v1", tags=["api"], responses=PROBLEMS)

_MILLIMETRES = 3  # digits of a grid coordinate, m


@router.get("/search")
async def search_site(
    request: Request, q: Annotated[str, Query(min_length=1, max_length=search.LONGEST)]
) -> Response:
    """Find assets, regions, stations and places by name or code, and what a coordinate or a cell means."""
    return await answered(request, lambda opened: search.found(opened, q.strip()))


@router.get("/points/{lon},{lat}")
async def point(
    request: Request,
    lon: Annotated[float, Path(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Path(ge=-90, le=90, allow_inf_nan=False)],
    radius_km: Annotated[float, Query(gt=0, le=FARTHEST_KM, allow_inf_nan=False)] = 10.0,
    as_of: Known = None,
) -> Response:
    """Return what is known of a point: regions, cell, grid coordinates, values of rasters, what is near."""
    return await answered(request, lambda opened: _report(opened, lon, lat, radius_km), as_of)


def _report(opened: OpenSite, lon: float, lat: float, radius_km: float) -> dict[str, Any]:
    here = shapely.Point(lon, lat)
    return {
        "lon": lon,
        "lat": lat,
        "grid": _grid(lon, lat, 3),
        "grid_6": _grid(lon, lat, 6),
        "regions": _regions(opened, here),
        "cell": _cell(opened, lon, lat),
        "rasters": _rasters(opened, lon, lat),
        **near(opened, here, radius_km),
    }


def _grid(lon: float, lat: float, width: int) -> dict[str, Any] | None:
    """Return northing x and easting y with its zone's number, m; None where CGCS2000 has no zone."""
    try:
        epsg = gauss_kruger_epsg(lon, width)
    except InvalidInput:
        return None
    easting, northing = transformer(CGCS2000, f"EPSG:{epsg}").transform(lon, lat)
    zone = int(easting // 1_000_000)
    return {
        "zone": zone,
        "width": width,
        "meridian": zone * 3 if width == 3 else zone * 6 - 3,
        "x": round(northing, _MILLIMETRES),
        "y": round(easting, _MILLIMETRES),
        "epsg": epsg,
    }


def _regions(opened: OpenSite, here: shapely.Point) -> list[dict[str, Any]]:
    """Return the regions the point lies in, the widest first, with their tiers."""
    around = opened.store.features("region", bbox=here.bounds, as_of=opened.as_of)
    found = [each.properties for each in around if each.geometry.intersects(here)]
    risks = opened.store.region_risks([each["code"] for each in found], opened.as_of)
    order = [str(level) for level in RegionLevel]
    found.sort(key=lambda each: order.index(each["level"]))
    return [
        {
            **{name: each[name] for name in ("code", "name", "level")},
            "tier": risks[each["code"]].tier if each["code"] in risks else int(Tier.NONE),
            "state": risks[each["code"]].state if each["code"] in risks else str(EvidenceState.MISSING),
        }
        for each in found
    ]


def _cell(opened: OpenSite, lon: float, lat: float) -> dict[str, Any]:
    """Return the finest risk cell at a point; one that no run has judged has no evidence."""
    resolution = opened.site.declaration.resolution
    (cell,) = h3.to_text(h3.cell_at(lon, lat, resolution))
    unjudged = {"tier": int(Tier.NONE), "state": str(EvidenceState.MISSING), "score": None}
    try:
        table, row = find_cell(opened.cells, cell, opened.as_of)
    except NotFound:
        return {"id": cell, "resolution": resolution, "judged": False, **unjudged}
    values = table.values(row)
    return {
        "id": cell,
        "resolution": resolution,
        "judged": True,
        **{name: values.get(name) for name in unjudged},
    }


def _rasters(opened: OpenSite, lon: float, lat: float) -> list[dict[str, Any]]:
    """Return the value of each raster layer of a quantity; a shading of the ground is none."""
    found = []
    for layer in layers().values():
        if layer.kind != "raster" or not layer.variable:
            continue
        described = describe_layer(opened, layer)
        if described is None:
            continue
        found.append(
            {
                "layer": layer.id,
                "title": described["title"],
                "value": value_at(opened.rasters.paths(layer.id, opened.as_of), lon, lat),
                "unit": variables()[layer.variable].unit,
                **{name: described[name] for name in ("updated_at", "origin", "attribution")},
            }
        )
    return found
