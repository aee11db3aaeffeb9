"""The JSON API of the page: site, layers, regions, assets, cells, warnings, search."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

import orjson
import shapely
from fastapi import APIRouter, Query, Request, Response

from data_catalog.dataset import datasets
from data_catalog.site import Area
from data_catalog.source import sources
from data_catalog.store import Artefact
from geoserver import subjects
from geoserver.explain import explain_cell, find_cell
from geoserver.services import OpenSite, services_of, site_of
from layers.layer import Layer, groups, layers
from minegis import cells as h3
from minegis.clock import format_utc
from minegis.levels import EvidenceState, Origin, RegionLevel, Standing, Tier
from minegis.variables import variables
from tiles.cells import NAME as RISK_CELL
from tiles.raster import bounds_of
from tiles.table import WARNING, Table

router = APIRouter(prefix="/api/v1", tags=["api"])

_SEARCH_LIMIT = 20
_SEARCHED = ("tsf", "mine", "slope", "region", "station", "facility", "place")


def answer(data: Any) -> Response:
    """Return data as JSON."""
    return Response(orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json")


@router.get("/site")
def site(request: Request) -> Response:
    """Describe the site: its title, where it lies, its last run, and what it lacks."""
    opened = site_of(request)
    declared = opened.site.declaration
    run = opened.store.last_run()
    areas = [
        {"id": area.id, "title": area.title.model_dump(), "bounds": _area_bounds(opened, area)}
        for area in declared.areas
    ]
    known = [area["bounds"] for area in areas if area["bounds"]]
    return answer(
        {
            "title": declared.title.model_dump(),
            "origin": str(declared.origin),
            "reference_time": format_utc(declared.reference_time) if declared.reference_time else None,
            "run": run and {"id": run.id, "finished_at": format_utc(run.finished_at), "counts": run.counts},
            "missing": [each.model_dump() for each in declared.missing],
            "bounds": _joined(known),
            "areas": areas,
            "review_number": services_of(request).settings.review_number,
        }
    )


def _area_bounds(opened: OpenSite, area: Area) -> list[float] | None:
    if area.bbox is not None:
        return list(area.bbox)
    table = opened.tables.table("region")
    rows = [row for row, each in enumerate(table.properties) if each["code"] in area.regions]
    return [float(edge) for edge in shapely.total_bounds(table.geometries[rows])] if rows else None


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
def layer_list(request: Request) -> Response:
    """List the layers that the site has data for, in the order they are drawn."""
    opened = site_of(request)

    def shown() -> list[dict[str, Any]]:
        return [found for each in layers().values() if (found := _layer(opened, each)) is not None]

    return answer(opened.at_one_time(shown))


def _layer(opened: OpenSite, layer: Layer) -> dict[str, Any] | None:
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
        "style": layer.paint(),
        "legend": [each.model_dump() for each in layer.legend_entries()],
        "attribution": "; ".join(dict.fromkeys(each.attribution for each in credited)),
        "licence": "; ".join(dict.fromkeys(each.licence for each in credited)),
        **found,
    }


def _vector(opened: OpenSite, layer: Layer) -> dict[str, Any] | None:
    table = opened.tables.table(layer.dataset)
    run = opened.store.last_run()
    if not table.ids and layer.dataset in datasets():
        return None
    return {
        "tiles": f"/tiles/vector/{layer.dataset}/{{z}}/{{x}}/{{y}}.mvt?v={table.version}",
        "source_layer": layer.dataset,
        "origin": _origin({each["origin"] for each in table.properties}),
        "sources": _warned_sources(opened, table) if layer.dataset == WARNING else _row_sources(table),
        "updated_at": format_utc(run.finished_at) if run else None,
        "count": len(table.ids),
    }


def _raster(opened: OpenSite, layer: Layer) -> dict[str, Any] | None:
    files = [each for each in opened.store.artefacts() if each.layer == layer.raster]
    files = [each for each in files if each.path.endswith(".tif")]
    if not files:
        return None
    inputs = [each for file in files for each in file.inputs]
    version = opened.rasters.version()
    return {
        "tiles": f"/tiles/raster/{layer.id}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}.png?v={version}",
        "bounds": _joined([bounds_of(path) for path in opened.rasters.paths(layer.id)]),
        "origin": _origin({each.get("origin", "public") for each in inputs}),
        "sources": _sources_of(files),
        "updated_at": format_utc(max(each.made_at for each in files)),
        "count": len(files),
    }


def _cells(opened: OpenSite, _layer: Layer) -> dict[str, Any] | None:
    tables = opened.cells.tables()
    if not tables:
        return None
    run = opened.store.last_run()
    return {
        "tiles": f"/tiles/cells/{{z}}/{{x}}/{{y}}.mvt?v={opened.cells.version()}",
        "source_layer": RISK_CELL,
        "origin": str(opened.site.declaration.origin),
        "sources": _sources_of(opened.store.artefacts()) | _assets_sources(opened),
        "updated_at": format_utc(run.finished_at) if run else None,
        "count": len(tables[max(tables)].cell),
    }


def _sources_of(files: Iterable[Artefact]) -> set[str]:
    """Return the sources of rasters; a field computed for a made-up earthquake is sample data."""
    inputs = [each for file in files for each in file.inputs]
    return {"sample" if each.get("origin") == Origin.SAMPLE else each.get("source", "") for each in inputs}


def _row_sources(table: Table) -> set[str]:
    return {_source(each) for each in table.properties}


def _source(properties: dict[str, Any]) -> str:
    return str(properties["source"]).partition(":")[0]


def _assets_sources(opened: OpenSite) -> set[str]:
    tables = (opened.tables.table(each.id) for each in datasets().values() if each.asset)
    return {source for table in tables for source in _row_sources(table)}


def _warned_sources(opened: OpenSite, warnings: Table) -> set[str]:
    """Return the sources of the assets that are warned of."""
    found = set()
    for each in warnings.properties:
        table = opened.tables.table(each["dataset"])
        if each["asset_id"] in table.rows:
            found.add(_source(table.properties[table.rows[each["asset_id"]]]))
    return found


def _origin(found: set[str]) -> str:
    """Return the origin to show: made-up data anywhere in a layer says so."""
    order = (Origin.SAMPLE, Origin.OPERATOR, Origin.PUBLIC)
    return str(next((origin for origin in order if str(origin) in found), Origin.PUBLIC))


@router.get("/regions/{code}")
def region(request: Request, code: str) -> Response:
    """Return a region: its risk with the reasons, and its children."""
    opened = site_of(request)
    return answer(opened.at_one_time(lambda: subjects.region(opened, code)))


@router.get("/assets/{dataset}/{asset_id:path}")
def asset(request: Request, dataset: str, asset_id: str) -> Response:
    """Return an asset: its fields, its tier with the chain, readings, regions, cells and warnings."""
    opened = site_of(request)
    return answer(opened.at_one_time(lambda: subjects.asset(opened, dataset, asset_id)))


@router.get("/cells/{cell}")
def cell(request: Request, cell: str) -> Response:
    """Return a risk cell with its chain and the assets in it."""
    opened = site_of(request)
    return answer(opened.at_one_time(lambda: _cell(opened, cell)))


def _cell(opened: OpenSite, cell: str) -> dict[str, Any]:
    table, row = find_cell(opened.cells, cell)
    values = table.values(row)
    chosen = table.cell[row : row + 1]
    return {
        "id": h3.to_text(chosen)[0],
        "resolution": table.resolution,
        **{name: values.get(name) for name in ("tier", "state", "score", "p")},
        "area_km2": float(h3.areas_km2(chosen)[0]),
        "assets": subjects.assets_in(opened, h3.polygons(chosen)[0]),
        "chain": explain_cell(opened.store, table, row).to_json(),
    }


@router.get("/warnings")
def warnings(
    request: Request,
    status: Literal["active", "all"] = "active",
    tier: Annotated[int | None, Query(ge=1, le=4)] = None,
) -> Response:
    """List warnings, the most severe and newest first."""
    opened = site_of(request)
    chosen = [
        each
        for each in opened.store.warnings()
        if (status == "all" or each.cancelled_at is None) and tier in (None, each.last.tier)
    ]
    chosen.sort(key=lambda each: (each.last.tier, each.last.sent_at), reverse=True)
    return answer(subjects.warnings(opened, chosen))


@router.get("/search")
def search(request: Request, q: Annotated[str, Query(min_length=1, max_length=80)]) -> Response:
    """Find assets, regions, stations and places by a part of their name, their id or code."""
    opened = site_of(request)
    wanted = q.casefold().strip()
    found: list[tuple[tuple[int, int, int], dict[str, Any]]] = []
    for order, name in enumerate(_SEARCHED):
        table = opened.tables.table(name)
        for row, properties in enumerate(table.properties):
            quality = _quality(wanted, table.ids[row], properties)
            if quality is not None:
                at = table.geometries[row].representative_point()
                hit = {
                    "dataset": name,
                    "id": table.ids[row],
                    "name": properties.get("name"),
                    "tier": properties.get("tier"),
                    "state": properties.get("state"),
                    "level": properties.get("level"),
                    "lon": at.x,
                    "lat": at.y,
                }
                found.append(((quality, order, -(properties.get("population") or 0)), hit))
    found.sort(key=lambda each: each[0])
    return answer([hit for _, hit in found[:_SEARCH_LIMIT]])


def _quality(wanted: str, feature_id: str, properties: dict[str, Any]) -> int | None:
    """Return 0 for the same text, 1 for its beginning, 2 for a part, None for nothing."""
    names = (feature_id, properties.get("name"), properties.get("name_en"))
    texts = [str(text).casefold() for text in names if text]
    if wanted in texts:
        return 0
    if any(text.startswith(wanted) for text in texts):
        return 1
    return 2 if any(wanted in text for text in texts) else None
