"""What was published when: the moments of the time scrubber, and the past of regions and assets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from data_catalog.store import PastTier
from geoserver.api import answered
from geoserver.errors import PROBLEMS
from geoserver.services import OpenSite
from minegis.clock import format_utc
from minegis.errors import NotFound

router = APIRouter(prefix="/api/v1", tags=["api"], responses=PROBLEMS)

Newest = Annotated[int, Query(ge=1, le=5000, description="So many of the newest runs")]


@router.get("/moments")
async def moments(request: Request, limit: Newest = 500) -> Response:
    """List the published runs by the time they judge, with what each showed and since when it is known."""
    return await answered(request, lambda opened: _moments(opened, limit))


def _moments(opened: OpenSite, limit: int) -> list[dict[str, Any]]:
    kept = {each.name for each in opened.site.path("cells").iterdir()}
    return [
        {
            "run": each.run_id,
            "valid_at": format_utc(each.valid_at),
            "known_at": format_utc(each.known_at),
            "tiers": each.tiers,
            "warnings": each.warnings,
            "cells": each.run_id in kept,
        }
        for each in opened.store.moments(limit)
    ]


@router.get("/regions/{code}/history")
async def region_history(request: Request, code: str, limit: Newest = 500) -> Response:
    """Return what each of the newest runs said of a region, the oldest first."""

    def past(opened: OpenSite) -> list[dict[str, Any]]:
        found = opened.store.past_region_tiers(code, limit)
        if not found and not opened.store.count("region", where={"code": code}):
            raise NotFound(
                "no such region", where=f"region {code!r}", expected="a GB/T 2260 code of the site"
            )
        return _told(found)

    return await answered(request, past)


@router.get("/assets/{dataset}/{asset_id:path}/history")
async def asset_history(request: Request, dataset: str, asset_id: str, limit: Newest = 500) -> Response:
    """Return what each of the newest runs said of an asset, the oldest first."""

    def past(opened: OpenSite) -> list[dict[str, Any]]:
        found = opened.store.past_tiers(dataset, asset_id, limit)
        if not found:  # nothing of that name is another answer than nothing judged
            opened.store.feature(dataset, asset_id)
        return _told(found)

    return await answered(request, past)


def _told(past: Sequence[PastTier]) -> list[dict[str, Any]]:
    return [
        {
            "valid_at": format_utc(each.valid_at),
            "known_at": format_utc(each.known_at),
            "tier": each.tier,
            "state": each.state,
            "score": each.score,
            **({} if each.counts is None else {"counts": each.counts}),
        }
        for each in past
    ]
