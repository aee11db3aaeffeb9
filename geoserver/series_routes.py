"""What an asset's points read over time, and the dated images of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from geoserver.api import answered
from geoserver.asset_files import FILES, asset_data
from geoserver.asset_images import images_of, picture
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.errors import PROBLEMS
from geoserver.ogc.map_tiles import edition
from geoserver.parameters import Known
from geoserver.services import OpenSite, services_of
from minegis.clock import format_utc, parse_utc
from minegis.variables import variable as known_variable
from minegis.variables import variables
from pipelines.asset_series import AssetSeries, PointSeries, Window, asset_series
from pipelines.thinning import FEWEST
from risk_models.warning.limits import Limit, Margin
from tiles.thumbnail import LARGEST, Box

router = APIRouter(tags=["api"], responses=PROBLEMS)

_DAYS = 30  # of readings, where no other period is asked for
_DAYS_OF_A_FILE = 366
_MOST_POINTS = 5_000

Moment = Annotated[str | None, Query(max_length=40)]


@router.get("/api/v1/assets/{dataset}/{asset_id:path}/series")
async def series(
    request: Request,
    dataset: str,
    asset_id: str,
    since: Moment = None,
    until: Moment = None,
    variable: Annotated[str | None, Query(max_length=80)] = None,
    points: Annotated[int, Query(ge=FEWEST, le=_MOST_POINTS)] = 600,
    as_of: Known = None,
) -> Response:
    """Return the readings of an asset's points, thinned so that peaks and gaps stay, with their limits."""
    if variable is not None:
        known_variable(variable)
    start, end = _moment(since, "since"), _moment(until, "until")

    def read(opened: OpenSite) -> dict[str, Any]:
        window = _window(opened, start, end, variable)
        found = asset_series(opened.store, opened.site, dataset, asset_id, window, points)
        return _described(found, window)

    return await answered(request, read, as_of)


@router.get("/api/v1/assets/{dataset}/{asset_id:path}/images")
async def images(request: Request, dataset: str, asset_id: str, as_of: Known = None) -> Response:
    """List the dated rasters that cover an asset, the newest first, each with a small picture of it."""

    def read(opened: OpenSite) -> list[dict[str, Any]]:
        feature = opened.store.feature(dataset, asset_id, as_of=opened.as_of)
        return images_of(opened, feature.geometry)

    return await answered(request, read, as_of)


@router.get("/api/v1/assets/{dataset}/{asset_id:path}/download")
async def download(
    request: Request,
    dataset: str,
    asset_id: str,
    f: Literal["csv", "geojson", "gpkg"] = "csv",
    since: Moment = None,
    until: Moment = None,
    as_of: Known = None,
) -> Response:
    """Give an asset, its points and all their readings of a year or another period as a file."""
    start, end = _moment(since, "since"), _moment(until, "until")
    services = services_of(request)
    media_type, write = FILES[f]

    def work() -> Response:
        opened = services.opened().then(as_of)
        window = _window(opened, start, end, None, days=_DAYS_OF_A_FILE)
        content = write(asset_data(opened.store, dataset, asset_id, window))
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{dataset}-{asset_id}")[:80]
        headers = {"Content-Disposition": f'attachment; filename="{name}.{f}"'}
        return Response(content, media_type=media_type, headers=headers)

    return await services.export(work, request)


@router.get("/tiles/thumbnails/{image}", include_in_schema=False)
async def image_picture(
    request: Request,
    image: str,
    box: Annotated[str, Query(max_length=200)],
    size: Annotated[int, Query(ge=16, le=LARGEST)] = 160,
    as_of: Known = None,
) -> Response:
    """Draw a dated raster in a box, as PNG."""
    edges = Box.parse(box)
    services = services_of(request)

    def work() -> Response:
        drawn, content = picture(services.opened().then(as_of), image, edges, size)
        tag = entity_tag(edition(), content, image, str(edges), str(size))
        return unchanged(request, tag) or Response(drawn, media_type="image/png", headers=kept_headers(tag))

    return await services.tile(work, request)


def _moment(text: str | None, where: str) -> datetime | None:
    return None if text is None else parse_utc(text, where=where)


def _window(
    opened: OpenSite,
    since: datetime | None,
    until: datetime | None,
    variable: str | None,
    days: int = _DAYS,
) -> Window:
    end = until or min(filter(None, (opened.site.now(), opened.as_of)))
    earliest = datetime.min.replace(tzinfo=end.tzinfo)
    start = since or max(end, earliest + timedelta(days=days)) - timedelta(days=days)
    return Window(start, end, variable, opened.as_of)


def _described(found: AssetSeries, window: Window) -> dict[str, Any]:
    return {
        "since": format_utc(window.since),
        "until": format_utc(window.until),
        "judged_at": format_utc(found.judged_at),
        "series": [_point(each) for each in found.points],
        "margins": [_margin(each) for each in found.margins],
    }


def _point(point: PointSeries) -> dict[str, Any]:
    known = variables().get(point.variable)
    label = known.label.model_dump() if known else {"zh": point.variable, "en": point.variable}
    return {
        "point_id": point.point_id,
        "name": point.name,
        "variable": point.variable,
        "label": label,
        "unit": known.unit if known else "",
        "interval_minutes": point.interval.total_seconds() / 60,
        "thresholds": [_limit(each) for each in point.limits],
        "samples": [[format_utc(each.at), each.value, int(each.quality)] for each in point.samples],
        "total": point.total,
        "shown": len(point.samples),
    }


def _limit(limit: Limit) -> dict[str, Any]:
    return {
        "tier": int(limit.tier),
        "value": limit.value,
        "direction": limit.direction,
        "kind": limit.kind,
        "clause": limit.clause,
        "item": limit.item,
        "label": limit.label.to_json(),
    }


def _margin(margin: Margin) -> dict[str, Any]:
    return {
        "item": margin.item,
        "label": margin.label.to_json(),
        "unit": margin.unit,
        "tier": int(margin.tier),
        "state": str(margin.state),
        "required": margin.required,
        "present": margin.present,
        "margin": margin.margin,
        "left": margin.left,
        "direction": margin.direction,
        "kind": margin.kind,
        "clause": margin.clause,
        "point_id": margin.point_id or None,
        "valid_time": margin.valid_time or None,
        "note": margin.note.to_json() if margin.note else None,
    }
