"""The JSON API of the page: site, layers, regions, assets, cells, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response

from data_catalog.collection import WARNING
from data_catalog.dataset import datasets
from data_catalog.items import ItemQuery
from data_catalog.site import Area
from data_catalog.source import sources
from data_catalog.store import Artefact
from geoserver import subjects
from geoserver.errors import PROBLEMS
from geoserver.explain import assets_touching, explain_cell, find_cell, take_apart
from geoserver.layer_lineage import lineage
from geoserver.parameters import Known
from geoserver.services import OpenSite, services_of
from layers.layer import Layer, groups, layers
from minegis import cells as h3
from minegis.clock import format_utc
from minegis.levels import EvidenceState, Origin, RegionLevel, Standing, Tier
from minegis.variables import variables
from pipelines.verification_folder import has_report
from tiles.cells import NAME as RISK_CELL
from tiles.raster import bounds_of
from tiles.terrain import is_elevation

router = APIRouter(prefix="/api/v1", tags=["api"], responses=PROBLEMS)


def answer(data: Any) -> Response:
    """Return data as JSON."""
    return Response(orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


async def answered(
    request: Request, read: Callable[[OpenSite], Any], as_of: datetime | None = None
) -> Response:
    """Return as JSON what is read of the open site, all of it at one time, as it was known at a moment."""
    services = services_of(request)

    def work() -> Response:
        opened = services.opened().then(as_of)
        return answer(opened.at_one_time(lambda: read(opened)))

    return await services.query(work, request)


@router.get("/site")
async def site(request: Request) -> Response:
    """Describe the site: its title, where it lies, its last run, what it lacks, whether it was verified."""
    review_number = services_of(request).settings.review_number
    return await answered(request, lambda opened: {**_site(opened), "review_number": review_number})


def _site(opened: OpenSite) -> dict[str, Any]:
    declared = opened.site.declaration
    run = opened.store.last_run()
    areas = [
        {"id": area.id, "title": area.title.model_dump(), "bounds": _area_bounds(opened, area)}
        for area in declared.areas
    ]
    return {
        "title": declared.title.model_dump(),
        "origin": str(declared.origin),
        "reference_time": format_utc(declared.reference_time) if declared.reference_time else None,
        "run": run and {"id": run.id, "finished_at": format_utc(run.finished_at), "counts": run.counts},
        "missing": [each.model_dump() for each in declared.missing],
        "verified": has_report(opened.site),
        "bounds": site_bounds(opened),
        "areas": areas,
    }


def site_bounds(opened: OpenSite) -> list[float] | None:
    """Return west, south, east, north of the areas of a site, deg."""
    found = (_area_bounds(opened, area) for area in opened.site.declaration.areas)
    return _joined([bounds for bounds in found if bounds])


def _area_bounds(opened: OpenSite, area: Area) -> list[float] | None:
    if area.bbox is not None:
        return list(area.bbox)
    regions = opened.store.features("region", where={"code": area.regions})
    return _joined([each.geometry.bounds for each in regions])


def _joined(boxes: list[Any]) -> list[float] | None:
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]


@router.get("/vocabulary")
async def vocabulary() -> Response:
    """Return the words of the map in both languages: tiers, states, standings, levels, quantities."""
    words: dict[str, Iterable[EvidenceState | Standing | RegionLevel | Origin]] = {
        "states": EvidenceState,
        "standings": Standing,
        "levels": RegionLevel,
        "origins": Origin,
    }
    return answer(
        {
            "tiers": [
                {
                    "tier": int(tier),
                    "key": tier.name.lower(),
                    "colour": tier.colour,
                    "numeral": tier.numeral,
                    **tier.label.to_json(),
                }
                for tier in Tier
            ],
            **{
                name: [{"key": str(each), **each.label.to_json()} for each in kind]
                for name, kind in words.items()
            },
            "variables": {
                name: {"unit": each.unit, **each.label.model_dump()} for name, each in variables().items()
            },
        }
    )


@router.get("/layers")
async def layer_list(request: Request, as_of: Known = None) -> Response:
    """List the layers that the site has data for, in the order they are drawn."""
    return await answered(request, _layers, as_of)


def _layers(opened: OpenSite) -> list[dict[str, Any]]:
    return [found for each in layers().values() if (found := describe_layer(opened, each)) is not None]


def describe_layer(opened: OpenSite, layer: Layer) -> dict[str, Any] | None:
    """Describe a layer with its style and tiles, None when the site has no data for it."""
    found = {"vector": _vector, "raster": _raster, "cells": _cells}[layer.kind](opened, layer)
    if found is None:
        return None
    credited = [sources()[each] for each in sorted(found.pop("sources")) if each in sources()]
    group = groups()[layer.group]
    return {
        "id": layer.id,
        "title": layer.title.model_dump(),
        "description": layer.description.model_dump(),
        "group": {"id": layer.group, **group.model_dump()},
        "kind": layer.kind,
        "geometry": layer.geometry,
        "minzoom": layer.minzoom,
        "maxzoom": layer.maxzoom,
        "visible": layer.visible,
        "occurred": layer.occurred or None,
        "style": layer.paint(),
        "legend": [each.model_dump() for each in layer.legend_entries()],
        "attribution": "; ".join(dict.fromkeys(each.attribution for each in credited)),
        "licence": "; ".join(dict.fromkeys(each.licence for each in credited)),
        "lineage": lineage(opened, layer),
        **found,
    }


def _vector(opened: OpenSite, layer: Layer) -> dict[str, Any] | None:
    if layer.dataset == WARNING:
        count, origins, credited = _warned(opened)
        version = opened.store.version("warning_event")
        same = _is_same(opened, opened.store.changed_at("warning_event"))
    else:
        items = opened.store.items(layer.dataset)
        count, version = items.count(ItemQuery(moment=opened.as_of)) or 0, items.version()
        same = _is_same(opened, items.changed_at())
        origins = {origin for origin, _ in opened.provenance(layer.dataset)}
        credited = _dataset_sources(opened, layer.dataset)
        if not count:
            return None
    run = opened.store.last_run(opened.as_of)
    return {
        "tiles": f"/tiles/vector/{layer.dataset}/{{z}}/{{x}}/{{y}}.mvt?{_state(opened, version, same)}",
        "source_layer": layer.dataset,
        "origin": _origin(origins),
        "sources": credited,
        "updated_at": format_utc(run.finished_at) if run else None,
        "count": count,
    }


def _is_same(opened: OpenSite, changed_at: datetime | None) -> bool:
    """Whether what was known then is what is known now."""
    return opened.as_of is None or changed_at is None or changed_at <= opened.as_of


def _state(opened: OpenSite, version: str, same: bool) -> str:
    """Return what tells tiles of one state from those of another: one address for what did not change."""
    return f"v={version}" if same or opened.as_of is None else f"as_of={format_utc(opened.as_of)}"


def _raster(opened: OpenSite, layer: Layer) -> dict[str, Any] | None:
    files = [each for each in opened.store.artefacts(opened.as_of) if each.layer == layer.raster]
    files = [each for each in files if each.path.endswith(".tif")]
    if not files:
        return None
    inputs = [each for file in files for each in file.inputs]
    same = opened.rasters.is_same(layer.id, opened.as_of)
    state = _state(opened, opened.rasters.version(), same)
    ground = {"terrain": f"/tiles/terrain/{layer.id}/{{z}}/{{x}}/{{y}}.png?{state}"}
    return {
        **(ground if is_elevation(layer) else {}),
        "tiles": f"/tiles/raster/{layer.id}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}.png?{state}",
        "bounds": _joined([bounds_of(path) for path in opened.rasters.paths(layer.id, opened.as_of)]),
        "origin": _origin({each.get("origin", "public") for each in inputs}),
        "sources": _sources_of(files),
        "updated_at": format_utc(max(each.made_at for each in files)),
        "count": len(files),
    }


def _cells(opened: OpenSite, _layer: Layer) -> dict[str, Any] | None:
    tables = opened.cells.tables(opened.as_of)
    if not tables:
        return None
    run = opened.store.last_run(opened.as_of)
    same = _is_same(opened, opened.store.changed_at("snapshot"))
    return {
        "tiles": f"/tiles/cells/{{z}}/{{x}}/{{y}}.mvt?{_state(opened, opened.cells.version(), same)}",
        "source_layer": RISK_CELL,
        "origin": str(opened.site.declaration.origin),
        "sources": _sources_of(opened.store.artefacts(opened.as_of)) | _assets_sources(opened),
        "updated_at": format_utc(run.finished_at) if run else None,
        "count": len(tables[max(tables)].cell),
    }


def _sources_of(files: Iterable[Artefact]) -> set[str]:
    """Return the sources of rasters; a field computed for a made-up earthquake is sample data."""
    inputs = [each for file in files for each in file.inputs]
    return {"sample" if each.get("origin") == Origin.SAMPLE else each.get("source", "") for each in inputs}


def _dataset_sources(opened: OpenSite, dataset: str) -> set[str]:
    return {_source(source) for _, source in opened.provenance(dataset)}


def _source(text: str) -> str:
    return text.partition(":")[0]


def _assets_sources(opened: OpenSite) -> set[str]:
    assets = (each.id for each in datasets().values() if each.asset)
    return {source for dataset in assets for source in _dataset_sources(opened, dataset)}


def _warned(opened: OpenSite) -> tuple[int, set[str], set[str]]:
    """Return how many warnings are active, their origins, and the sources of the assets warned of."""
    active = [each.last for each in opened.warnings() if each.cancelled_at is None]
    warned: dict[str, list[str]] = {}
    for each in active:
        warned.setdefault(each.dataset, []).append(each.asset_id)
    read, then = opened.store.features, opened.as_of
    assets = (asset for name, ids in warned.items() for asset in read(name, ids=ids, as_of=then))
    return len(active), {str(each.origin) for each in active}, {_source(asset.source) for asset in assets}


def _origin(found: set[str]) -> str:
    """Return the origin to show: made-up data anywhere in a layer says so."""
    order = (Origin.SAMPLE, Origin.OPERATOR, Origin.PUBLIC)
    return str(next((origin for origin in order if str(origin) in found), Origin.PUBLIC))


@router.get("/regions/{code}")
async def region(request: Request, code: str, as_of: Known = None) -> Response:
    """Return a region: its risk with the reasons, and its children."""
    return await answered(request, lambda opened: subjects.region(opened, code), as_of)


@router.get("/assets/{dataset}/{asset_id:path}")
async def asset(request: Request, dataset: str, asset_id: str, as_of: Known = None) -> Response:
    """Return an asset: its fields, its tier with the chain, readings, regions, cells and warnings."""
    return await answered(request, lambda opened: subjects.asset(opened, dataset, asset_id), as_of)


@router.get("/explanations/{subject:path}")
async def explanation(request: Request, subject: str, as_of: Known = None) -> Response:
    """Return what the score of an asset (`tsf/ID`) or a region is made of, and what would make it better."""

    def taken(opened: OpenSite) -> dict[str, Any]:
        return take_apart(opened.store, opened.site, subject, opened.as_of).to_json()

    return await answered(request, taken, as_of)


@router.get("/cells/{cell}")
async def cell(request: Request, cell: str, as_of: Known = None) -> Response:
    """Return a risk cell with its chain and the assets in it."""
    return await answered(request, lambda opened: _cell(opened, cell), as_of)


def _cell(opened: OpenSite, cell: str) -> dict[str, Any]:
    table, row = find_cell(opened.cells, cell, opened.as_of)
    values = table.values(row)
    chosen = table.cell[row : row + 1]
    touching = assets_touching(opened.store, h3.polygons(chosen)[0], opened.as_of)
    return {
        "id": h3.to_text(chosen)[0],
        "resolution": table.resolution,
        **{name: values.get(name) for name in ("tier", "state", "score", "p")},
        "area_km2": float(h3.areas_km2(chosen)[0]),
        "assets": [subjects.summary(each) for each in touching],
        "chain": explain_cell(opened.store, table, row, opened.as_of).to_json(),
    }


@router.get("/warnings")
async def warnings(
    request: Request,
    status: Literal["active", "all"] = "active",
    tier: Annotated[int | None, Query(ge=1, le=4)] = None,
    as_of: Known = None,
) -> Response:
    """List warnings, the most severe and newest first."""

    def chosen(opened: OpenSite) -> list[dict[str, Any]]:
        found = [
            each
            for each in opened.warnings()
            if (status == "all" or each.cancelled_at is None) and tier in (None, each.last.tier)
        ]
        found.sort(key=lambda each: (each.last.tier, each.last.sent_at), reverse=True)
        return subjects.warnings(opened, found)

    return await answered(request, chosen, as_of)
