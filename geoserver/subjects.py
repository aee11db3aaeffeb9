"""What the map knows of one region, asset or warning, gathered from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.dataset import Dataset, dataset
from data_catalog.store import AssessmentRecord, Feature, RegionRiskRecord, WarningRecord
from geoserver.desk import desk_json, desks
from geoserver.explain import TouchingAsset
from geoserver.services import OpenSite
from minegis import cells as h3
from minegis import sphere
from minegis.clock import format_utc
from minegis.errors import NotFound
from minegis.levels import EvidenceState, RegionLevel, Tier
from minegis.reading import Reading
from minegis.variables import variables

_UNJUDGED = {
    "tier": int(Tier.NONE),
    "state": str(EvidenceState.MISSING),
    "score": None,
    "coverage": None,
    "assets": 0,
    "counts": {},
}


def region(opened: OpenSite, code: str) -> dict[str, Any]:
    """Return a region with its risk, the way up and the children.

    Raises
    ------
    NotFound
        If no region has this code.
    """
    found = _by_code(opened, code)
    if found is None:
        raise NotFound("no such region", where=f"region {code!r}", expected="a GB/T 2260 code of the site")
    children = [each.properties for each in _below(opened, code)]
    risks = opened.store.region_risks([code, *(each["code"] for each in children)], opened.as_of)
    trail: list[dict[str, Any]] = []
    above = _by_code(opened, _parent(found))
    while above is not None and len(trail) < len(RegionLevel):
        trail.append(_named(above.properties))
        above = _by_code(opened, _parent(above))
    return {
        **_named(found.properties),
        "parent": _parent(found),
        "bounds": list(found.geometry.bounds),
        "breadcrumb": trail[::-1],
        "risk": _risk(risks[code]) if code in risks else None,
        "children": [{**_named(each), **_summary(risks.get(each["code"]))} for each in children],
    }


def _below(opened: OpenSite, code: str) -> list[Feature]:
    """Return the regions of the next level; a township that names no county lies in that of its code."""
    store, by_code, as_of = opened.store, ("code",), opened.as_of
    named = store.features("region", where={"parent": code}, order_by=by_code, as_of=as_of)
    unnamed = {"level": str(RegionLevel.TOWNSHIP), "parent": None}
    nameless = store.features("region", where=unnamed, order_by=by_code, as_of=as_of)
    return [*named, *(each for each in nameless if _parent(each) == code)]


def _parent(region: Feature) -> str | None:
    if region.properties["parent"] is None and region.properties["level"] == RegionLevel.TOWNSHIP:
        return str(region.properties["code"])[:6]
    parent = region.properties["parent"]
    return None if parent is None else str(parent)


def _by_code(opened: OpenSite, code: str | None) -> Feature | None:
    if not code:
        return None
    found = opened.store.features("region", where={"code": code}, limit=1, as_of=opened.as_of)
    return found[0] if found else None


def _named(properties: dict[str, Any]) -> dict[str, Any]:
    return {name: properties[name] for name in ("code", "name", "level")}


def _summary(risk: RegionRiskRecord | None) -> dict[str, Any]:
    return _UNJUDGED if risk is None else {name: getattr(risk, name) for name in _UNJUDGED}


def _risk(risk: RegionRiskRecord) -> dict[str, Any]:
    return {
        **_summary(risk),
        "nemerow": risk.nemerow,
        "rule_tier": risk.rule_tier,
        "contributors": list(risk.contributors),
        "explanation": risk.chain,
    }


def asset(opened: OpenSite, dataset_id: str, asset_id: str) -> dict[str, Any]:
    """Return any feature of a dataset; of an asset also what is known of its risk.

    Raises
    ------
    NotFound
        If there is no such feature.
    """
    declared = dataset(dataset_id)
    feature = opened.store.feature(dataset_id, asset_id, as_of=opened.as_of)
    judged = opened.store.assessments(dataset_id, asset_id, opened.as_of)
    readings = opened.store.newest_readings(dataset_id, asset_id, until=_until(opened), as_of=opened.as_of)
    readings.sort(key=lambda each: (each.point_id, each.variable))
    own = [
        each
        for each in opened.warnings()
        if (each.last.dataset, each.last.asset_id) == (dataset_id, asset_id)
    ]
    return {
        "dataset": dataset_id,
        "id": asset_id,
        "name": feature.properties.get("name"),
        "origin": str(feature.origin),
        "source": feature.source,
        "known_from": format_utc(feature.known_from) if feature.known_from else None,
        "geometry": {"type": feature.geometry.geom_type, "bounds": list(feature.geometry.bounds)},
        "properties": _properties(declared, feature),
        "assessment": _assessment(judged[0]) if judged else None,
        "readings": [_reading(each) for each in readings],
        "regions": _regions(opened, feature.geometry) if declared.asset else [],
        "cells": _cells(opened, feature.geometry) if declared.asset else [],
        "warnings": warnings(opened, own),
    }


def _until(opened: OpenSite) -> datetime | None:
    """Return until when readings are told: a run of the past saw none that came after its time."""
    run = opened.store.last_run(opened.as_of) if opened.as_of else None
    return run.reference_time if run else None


def _properties(declared: Dataset, feature: Feature) -> list[dict[str, Any]]:
    rows = []
    for field in declared.fields:
        value = feature.properties.get(field.name)
        choice = field.choices.get(str(value))
        rows.append(
            {
                "name": field.name,
                "label": field.label.model_dump(),
                "value": value,
                "value_label": choice.model_dump() if choice else None,
                "unit": field.unit,
            }
        )
    return rows


def _assessment(record: AssessmentRecord) -> dict[str, Any]:
    names = ("tier", "observed_tier", "statutory", "model", "satellite", "state", "score", "coverage")
    known = {name: getattr(record, name) for name in names}
    return {**known, "valid_at": format_utc(record.valid_at), "chain": record.chain}


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "point_id": reading.point_id,
        "variable": reading.variable,
        "value": reading.value,
        "unit": variables()[reading.variable].unit,
        "observed_at": format_utc(reading.observed_at),
        "qc": reading.quality.name.lower(),
        "origin": str(reading.origin),
    }


def _regions(opened: OpenSite, shape: BaseGeometry) -> list[dict[str, Any]]:
    """Return the regions an asset lies in, with the part of it in each."""
    found = []
    for region in opened.store.features("region", bbox=shape.bounds, as_of=opened.as_of):
        weight = _share(shape, region.geometry) if region.geometry.intersects(shape) else 0.0
        if weight > 0:
            found.append({**_named(region.properties), "weight": weight})
    order = [str(level) for level in RegionLevel]
    return sorted(found, key=lambda each: (order.index(each["level"]), -each["weight"]))


def _share(shape: BaseGeometry, within: BaseGeometry) -> float:
    if shape.area == 0:
        return 1.0
    pieces = np.array([shape, shapely.intersection(shape, within)], dtype=object)
    whole, part = sphere.areas_km2(pieces)
    return min(1.0, float(part / whole))


def _cells(opened: OpenSite, shape: BaseGeometry) -> list[dict[str, Any]]:
    _, cells, fractions = h3.cover([shape], opened.site.declaration.resolution)
    texts = h3.to_text(cells)
    return [{"id": text, "fraction": float(part)} for text, part in zip(texts, fractions, strict=True)]


def summary(asset: TouchingAsset) -> dict[str, Any]:
    """Return what a list shows of an asset."""
    known = {name: asset.values.get(name) for name in ("name", "tier", "state", "score")}
    return {"dataset": asset.dataset, "id": asset.id, **known}


def warnings(opened: OpenSite, records: Sequence[WarningRecord]) -> list[dict[str, Any]]:
    """Return warnings as they stand, and where they stand at the desk."""
    at_desk = desks(opened)
    codes = sorted({record.last.region_code for record in records})
    regions = opened.store.features("region", where={"code": codes}, as_of=opened.as_of)
    names = {each.properties["code"]: str(each.properties["name"]) for each in regions}
    return [
        {**_warning(record, names), "desk": desk_json(at_desk[record.last.warning_id])} for record in records
    ]


def _warning(record: WarningRecord, region_names: Mapping[str, str]) -> dict[str, Any]:
    last = record.last
    place = shapely.from_wkb(last.geometry_wkb).representative_point()
    return {
        "id": last.warning_id,
        "identifier": last.identifier,
        "dataset": last.dataset,
        "asset_id": last.asset_id,
        "asset_name": last.asset_name,
        "region": {"code": last.region_code, "name": region_names.get(last.region_code)},
        "tier": last.tier,
        "status": last.status,
        "msg_type": last.msg_type,
        "headline": last.texts["headline"],
        "raised_at": format_utc(record.raised_at),
        "updated_at": format_utc(last.sent_at),
        "cancelled_at": format_utc(record.cancelled_at) if record.cancelled_at else None,
        "expires_at": format_utc(last.expires_at),
        "lon": place.x,
        "lat": place.y,
        "cap": f"/cap/{last.identifier}.xml",
        "origin": last.origin,
    }
