"""What a text in the search box may mean: a coordinate, a cell, a code, or the name of something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.collection import RISK_CELL
from data_catalog.items import FIXED_COLUMNS
from geoserver.explain import find_cell
from geoserver.services import OpenSite
from minegis import cells as h3
from minegis.coordinate_text import Spot, spots
from minegis.errors import MinegisError
from minegis.levels import Label
from minegis.nearness import nearness

LONGEST = 80
MOST = 20

_MOST_SPOTS = 5
_SEARCHED = ("tsf", "mine", "slope", "region", "station", "facility", "place")
_CELL = re.compile(r"[0-9a-fA-F]{15}")
_CODE = re.compile(r"\d{6}|\d{9}|\d{12}")
_DIGITS = 6  # of a degree: a tenth of a metre

type Hit = dict[str, Any]


def found(opened: OpenSite, text: str) -> list[Hit]:
    """Return what a text may mean, the likeliest first."""
    exact = [*_coordinates(opened, text), *_cell(opened, text), *_region(opened, text)]
    known = {(hit["dataset"], hit["id"]) for hit in exact}
    named = [hit for hit in _named(opened, text) if (hit["dataset"], hit["id"]) not in known]
    return [*exact, *named][:MOST]


def _coordinates(opened: OpenSite, text: str) -> Iterator[Hit]:
    """Give the places that coordinates may mean, those nearest to the site first; say when there are more."""
    candidates = spots(text)
    if len(candidates) > 1:
        candidates = _nearest_first(opened, candidates)
    for each in candidates[:_MOST_SPOTS]:
        how = each.how.to_json()
        if len(candidates) > 1:
            how = {
                "zh": f"{how['zh']}（共 {len(candidates)} 种可能）",
                "en": f"{how['en']} (one of {len(candidates)})",
            }
        lon, lat = round(each.lon, _DIGITS), round(each.lat, _DIGITS)
        name = f"{abs(lon):.6f}°{'E' if lon >= 0 else 'W'} {abs(lat):.6f}°{'N' if lat >= 0 else 'S'}"
        yield {
            **_plain("coordinate", None, f"{lon},{lat}", name, lon, lat),
            "how": {**how, "kind": each.kind, "epsg": each.epsg},
        }


def _nearest_first(opened: OpenSite, candidates: list[Spot]) -> list[Spot]:
    boxes = [each.bbox for each in opened.site.declaration.areas if each.bbox]
    whole = opened.store.features("region", where={"parent": None}, limit=1)
    areas: list[BaseGeometry] = [shapely.box(*box) for box in boxes]
    home = shapely.union_all(areas or [each.geometry for each in whole])
    if home.is_empty:
        return candidates
    points = shapely.points([(each.lon, each.lat) for each in candidates])
    distances, _ = nearness(home, points)
    order = sorted(range(len(candidates)), key=lambda at: distances[at])
    return [candidates[at] for at in order]


def _cell(opened: OpenSite, text: str) -> Iterator[Hit]:
    if not _CELL.fullmatch(text):
        return
    try:
        cell = h3.from_text([text.lower()])
        resolution = h3.resolution_of(cell)
    except MinegisError:
        return
    (lon,), (lat,) = h3.centres(cell)
    zh, en = f"H3 网格，级别 {resolution}", f"H3 cell, resolution {resolution}"
    values: dict[str, Any] = {}
    try:
        table, row = find_cell(opened.cells, text.lower())
        values = {name: table.values(row).get(name) for name in ("tier", "state")}
    except MinegisError:
        zh, en = f"{zh}，本站没有它的风险", f"{en}, of which the site has no risk"
    hit = _plain("cell", RISK_CELL, text.lower(), text.lower(), float(lon), float(lat))
    yield {**hit, **values, "how": {"zh": zh, "en": en, "kind": "h3", "epsg": None}}


def _region(opened: OpenSite, text: str) -> Iterator[Hit]:
    """Give the region of a code of GB/T 2260 or GB/T 10114, or the nearest one above that the site has."""
    if not _CODE.fullmatch(text):
        return
    whole = text.removesuffix("000") if len(text) > 6 else text
    above = (whole, whole[:9], whole[:6], f"{whole[:4]}00", f"{whole[:2]}0000")
    for code in dict.fromkeys(above):
        regions = opened.store.features("region", where={"code": code}, limit=1)
        if not regions:
            continue
        label = Label("行政区划代码", "Division code")
        if code != whole:
            label = Label(
                f"本站没有区划 {text}，这是它的上级", f"The site has no division {text}; this one is above it"
            )
        yield {
            **_hit(opened, "region", regions[0].id),
            "how": {**label.to_json(), "kind": "code", "epsg": None},
        }
        return


def _named(opened: OpenSite, text: str) -> list[Hit]:
    hits = [
        (hit.quality, order, name, hit.id)
        for order, name in enumerate(_SEARCHED)
        for hit in opened.store.search(name, text, MOST)
    ]
    hits.sort(key=lambda hit: hit[:2])
    return [_hit(opened, name, item_id) for _, _, name, item_id in hits[:MOST]]


def _hit(opened: OpenSite, dataset: str, item_id: str) -> Hit:
    names, row = opened.store.items(dataset).item(item_id)
    values = dict(zip(names, row[FIXED_COLUMNS:], strict=True))
    at = shapely.from_wkb(bytes(row[1])).representative_point()
    shown = {name: values.get(name) for name in ("name", "tier", "state", "level")}
    kind = "region" if dataset == "region" else "feature"
    return {**_plain(kind, dataset, item_id, "", at.x, at.y), **shown, "code": values.get("code")}


def _plain(kind: str, dataset: str | None, hit_id: str, name: str, lon: float, lat: float) -> Hit:
    return {
        "kind": kind,
        "dataset": dataset,
        "id": hit_id,
        "name": name,
        "tier": None,
        "state": None,
        "level": None,
        "lon": lon,
        "lat": lat,
        "how": None,
    }
