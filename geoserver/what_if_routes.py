"""What the rules and models would say if it rained, shook or the ponds stood higher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request, Response

from geoserver.api import answer
from geoserver.caching import entity_tag, kept_headers, unchanged
from geoserver.errors import PROBLEMS
from geoserver.ogc.map_tiles import MEDIA_TYPE, MapTiles, edition, unless_left
from geoserver.ogc.parameters import given_parameters
from geoserver.pools import abandoned
from geoserver.services import services_of
from geoserver.what_ifs import Answer, what_ifs_of
from minegis.clock import format_utc
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Label, Tier
from pipelines.what_if_change import LIMITS, Change, unheard
from tiles.cells import tile_of
from tiles.grid import Tile

if TYPE_CHECKING:  # see `what_ifs`
    from pipelines.what_if import ChangedAsset, Reason, RegionAfter
    from pipelines.what_if_baseline import Baseline

router = APIRouter(prefix="/api/v1", tags=["api"], responses=PROBLEMS)

_MOST_ASSETS = 5_000
_STANDING = Label(
    "推演：按上次评估的时刻、规则和模型，只改变所设条件重新评估；不计滞回，不是观测，也不是预报，不保存。",
    "What-if: judged again at the time of the last run by its rules and models, with only what is supposed "
    "changed; without hysteresis. Neither observed nor forecast, and not stored.",
)


def _value(name: str, text: str) -> Any:
    least, most = LIMITS[name]
    return Query(ge=least, le=most, allow_inf_nan=False, description=text)


@router.get("/what-if")
async def what_if(
    request: Request,
    rain_mm: Annotated[float, _value("rain_mm", "Rain that falls everywhere, mm")] = 0.0,
    hours: Annotated[float, _value("hours", "In which it falls, h")] = 24.0,
    pga_g: Annotated[float, _value("pga_g", "Shaking everywhere at least, g")] = 0.0,
    pond_m: Annotated[float, _value("pond_m", "Rise of every pond, m")] = 0.0,
    region: Annotated[str | None, Query(pattern="^[0-9]{6}([0-9]{3})?$")] = None,
) -> Response:
    """Judge all assets, cells and regions again under a supposition; nothing is stored.

    With `region` the answer speaks of that region and what is in it; what is supposed is so everywhere.
    """
    started = perf_counter()
    services = services_of(request)
    opened = await services.query(services.opened)
    found = await what_ifs_of(request, opened).answer(request, _change(rain_mm, hours, pga_g, pond_m))

    def described() -> Response:
        body = _described(found, region)
        body["took_ms"] = {
            "answer": round(1000 * (perf_counter() - started), 1),
            "made": dict(found.found.took_ms),
        }
        return answer(body)

    return await services.query(described, request)


async def supposed_cells(request: Request, tiles: MapTiles, tile: Tile) -> Response:
    """Return a tile of the risk cells as they would be; as the present one where nothing is supposed."""
    given = given_parameters(request.scope["query_string"], (*LIMITS, "grid", "v"))
    found = await what_ifs_of(request, tiles.sources.opened).answer(request, _change_of(given))
    place = f"{tile.grid.id}/{tile.z}/{tile.x}/{tile.y}"
    identity, version = tiles.sources.opened.store.identity, found.ready.version
    tag = entity_tag(identity, edition(), "what-if", version, place, repr(found.found.change))
    if (kept := unchanged(request, tag)) is not None:
        return kept
    data = tiles.cache.find(tag)
    if data is None:
        made = services_of(request).tile(lambda: tile_of(found.tables, tile, abandoned))
        data = await unless_left(request, made)
        tiles.cache.keep(tag, data)
    if not data:
        return Response(status_code=204, headers=kept_headers(tag))
    return Response(data, media_type=MEDIA_TYPE, headers=kept_headers(tag))


def is_supposing(request: Request) -> bool:
    """Whether a request names anything that may be supposed."""
    return any(name in request.query_params for name in LIMITS)


def _change_of(given: Mapping[str, str]) -> Change:
    values = {"rain_mm": 0.0, "hours": 24.0, "pga_g": 0.0, "pond_m": 0.0}
    for name in LIMITS:
        if name in given:
            try:
                values[name] = float(given[name])
            except ValueError:
                raise InvalidInput(
                    "not a number", where=name, expected="a number", got=given[name][:80]
                ) from None
    return _change(**values)


def _change(rain_mm: float, hours: float, pga_g: float, pond_m: float) -> Change:
    """Return a change that is the same for the same suppositions: without rain no hours matter."""
    return Change(rain_mm + 0.0, hours if rain_mm else 24.0, pga_g + 0.0, pond_m + 0.0)


def _described(given: Answer, code: str | None) -> dict[str, Any]:
    base, found = given.ready.base, given.found
    inside = _inside(base, code)
    moved = [each for each in found.changed if each.row in inside and each.tier is not each.before]
    rows = sorted(inside)
    change = found.change
    return {
        "given": {name: getattr(change, name) for name in LIMITS},
        "standing": {"key": "what-if", **_STANDING.to_json()},
        "run": base.run.id,
        "at": format_utc(base.at),
        "region": code,
        "counts": {
            "before": _counts([base.stored[row].tier for row in rows]),
            "after": _counts(found.tiers[rows].tolist()),
        },
        "changed": len(moved),
        "assets": [_asset(base, each) for each in moved[:_MOST_ASSETS]],
        "regions": [_region(each) for each in _regions(base, found.regions, code)],
        "unheard": unheard(change, [(base.records[row].dataset, base.recent[row]) for row in rows]),
    }


def _counts(tiers: Sequence[int]) -> dict[str, int]:
    return {
        str(int(tier)): int(count) for tier, count in zip(Tier, np.bincount(tiers, minlength=5), strict=True)
    }


def _inside(base: Baseline, code: str | None) -> set[int]:
    """Return the rows of the assets of a region.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    if code is None:
        return set(range(len(base.records)))
    for row, region in enumerate(base.regions.regions):
        if region.properties["code"] == code:
            parts = base.regions.assets
            return set(parts.indices[parts.indptr[row] : parts.indptr[row + 1]].tolist())
    raise NotFound("no such region", where=f"region {code!r}", expected="a GB/T 2260 code of the site")


def _regions(base: Baseline, found: Mapping[str, RegionAfter], code: str | None) -> list[RegionAfter]:
    """Return the regions that change, of a region it and all below it, the whole before its parts."""
    parent = {str(each.properties["code"]): each.properties["parent"] for each in base.regions.regions}

    def below(one: str | None) -> bool:
        while one is not None and one != code:
            one = parent.get(one)
        return one is not None

    return [found[one] for one in parent if one in found and (code is None or below(one))]


def _asset(base: Baseline, changed: ChangedAsset) -> dict[str, Any]:
    stored = base.stored[changed.row]
    point = base.assets.features[changed.row][1].geometry.representative_point()
    return {
        "dataset": stored.dataset,
        "id": stored.asset_id,
        "name": base.records[changed.row].name,
        "lon": round(point.x, 6),
        "lat": round(point.y, 6),
        "before": int(changed.before),
        "tier": int(changed.tier),
        "score_before": stored.score,
        "score": changed.score,
        "state": stored.state,
        "because": [_reason(each) for each in changed.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    node = reason.now or reason.was
    assert node is not None  # one of them asks for a tier
    return {
        "key": reason.key,
        "label": node.label.to_json(),
        "before": int(reason.before),
        "tier": int(reason.tier),
        "was": reason.was.value if reason.was else None,
        "value": reason.now.value if reason.now else None,
        "unit": node.unit,
        "threshold": node.threshold,
        "clause": node.clause,
        "standing": str(node.standing) if node.standing else None,
    }


def _region(region: RegionAfter) -> dict[str, Any]:
    before = region.before
    return {
        "code": before.code,
        "name": region.name,
        "level": before.level,
        "before": before.tier,
        "tier": int(region.tier),
        "score_before": before.score,
        "score": region.score,
        "counts_before": before.counts,
        "counts": region.counts,
    }
