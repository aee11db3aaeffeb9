"""Made-up tailings storage facilities: a dam across a valley head, and a design that follows the rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from shapely.geometry import Polygon

from data_catalog.store import Feature
from minegis.coordinates import geodesic_area_km2
from minegis.levels import Origin
from pipelines.sample.naming import PREFIX, RESPONSIBLE, Names, enterprise
from pipelines.sample.placement import Ground, Spacing, choose
from pipelines.sample.recipe import Recipe, SizeRecipe
from pipelines.sample.shapes import Frame, pond
from pipelines.sample.terrain import Place
from risk_models.rule_package import RulePackage
from risk_models.tailings.classification import tsf_class
from risk_models.tailings.flood import runoff_flow
from risk_models.tailings.freeboard import minimum_dry_beach
from risk_models.tailings.phreatic import minimum_phreatic_depth

LONGEST_BEACH = 0.8  # of the pond's length: what is left holds water
BEACH_MARGIN = 1.6  # times the minimum at design flood, so that a quiet facility shows no tier
WATER_SHARE = 0.4  # of the area of the facility at normal level
OUTER_SLOPE = {"upstream": 4.0, "centreline": 3.0, "downstream": 2.5, "single": 2.5, "dry_stack": 3.0}
DESIGN_INTENSITY = 30.0  # mm/h over the catchment, which a made-up decant carries off
PEOPLE_BELOW = 60  # an overhead facility
LARGEST_RISE = 2.2  # m above normal that the pond of a made-up condition may stand without touching the beach


@dataclass(frozen=True)
class Tsf:
    """A facility with the frame it was drawn in: x runs up the valley from the dam."""

    feature: Feature
    frame: Frame
    length: float
    width: float


def make_tsfs(
    count: int,
    places: list[Place],
    ground: Ground,
    names: Names,
    recipe: Recipe,
    rules: RulePackage,
    source: str,
    rng: np.random.Generator,
) -> Iterator[Tsf]:
    """Yield up to `count` facilities at valley heads, apart from each other."""
    spacing = Spacing(recipe.terrain.spacing)
    made = 0
    for index in rng.permutation(len(places)):
        place = places[int(index)]
        if made == count:
            return
        if not spacing.allows(place):
            continue
        size = recipe.tsf.classes[choose({i: c.weight for i, c in enumerate(recipe.tsf.classes)}, rng)]
        tsf = _make(place, size, ground, names, recipe, rules, source, rng)
        if tsf is None:
            continue
        spacing.take(place)
        ground.build(_outline(tsf))
        made += 1
        yield tsf


def _outline(tsf: Tsf) -> Polygon:
    assert isinstance(tsf.feature.geometry, Polygon)
    return tsf.feature.geometry


def _make(
    place: Place,
    size: SizeRecipe,
    ground: Ground,
    names: Names,
    recipe: Recipe,
    rules: RulePackage,
    source: str,
    rng: np.random.Generator,
) -> Tsf | None:
    height = round(min(float(rng.uniform(*size.height)), recipe.tsf.height_of_relief * place.depth), 1)
    length = float(rng.uniform(*size.length))
    width = length * float(rng.uniform(*recipe.tsf.width))
    frame = Frame(place.lon, place.lat, place.bearing)
    outline = pond(frame, length, width, rng)
    county = ground.county(outline)
    if height < size.height[0] or county is None or not ground.is_free(outline):
        return None
    name = names.place()
    properties = {
        "name": f"{PREFIX}{name}尾矿库",
        "enterprise": enterprise(name),
        "county_code": county,
        "responsible": RESPONSIBLE,
        **_design(place, height, length, outline, recipe, rules, rng),
    }
    return Tsf(Feature(names.id("tsf"), properties, outline, Origin.SAMPLE, source), frame, length, width)


def _design(
    place: Place,
    height: float,
    length: float,
    outline: Polygon,
    recipe: Recipe,
    rules: RulePackage,
    rng: np.random.Generator,
) -> dict[str, Any]:
    method = choose(recipe.tsf.raise_methods, rng)
    status = choose(recipe.tsf.status, rng)
    area = float(geodesic_area_km2([outline])[0]) * 1e6
    storage = round(area * height * float(rng.uniform(*recipe.tsf.fill)) / 1e4, 1)
    grade = tsf_class(storage, height, rules)
    unmonitored = status == "closed" and rng.random() < recipe.tsf.unmonitored_when_closed
    overhead = bool(rng.random() < recipe.tsf.overhead)
    design = {
        "tsf_class": grade,
        "status": status,
        "raise_method": method,
        "discharge": "dry" if method == "dry_stack" else "wet",
        "total_storage": storage,
        "dam_height": height,
        "raises": 0 if method in ("single", "dry_stack") else max(1, int(height * 0.7 // 4)),
        "pond_length": round(length),
        "control_phreatic_depth": round(float(minimum_phreatic_depth(height, rules)) + 0.05, 1),
        "catchment": round(place.upstream_area, 2),
        "outer_slope_ratio": OUTER_SLOPE[method],
        "population_downstream": PEOPLE_BELOW if overhead else 0,
        "overhead": overhead,
        "downstream_1km": "示例村民组（虚构）" if overhead else None,
        "online_monitoring": not unmonitored,
    }
    if method == "dry_stack":
        return design
    capacity = float(runoff_flow(DESIGN_INTENSITY, place.upstream_area, 1.0))
    design |= {"surface_area": round(WATER_SHARE * area), "decant_capacity": round(capacity, 1)}
    return {**design, **_levels(place.elevation + height, length, area, grade, method, recipe, rules, rng)}


def _levels(
    dam_crest: float,
    length: float,
    area: float,
    grade: int,
    method: str,
    recipe: Recipe,
    rules: RulePackage,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return levels and beach such that a quiet facility keeps its margins.

    The beach slope lies between what the pond's length allows today and what the minimum needs at flood.
    """
    has_beach = method != "single"
    minimum = minimum_dry_beach(grade, method if has_beach else "centreline", rules)
    rise = float(rng.uniform(*recipe.tsf.flood_rise))
    room, need = LONGEST_BEACH * length, BEACH_MARGIN * minimum
    least = (LARGEST_RISE / need + rise / room) / (1 / need - 1 / room) * 1.02
    freeboard = max(float(rng.uniform(*recipe.tsf.freeboard)), least)
    slope = (freeboard - LARGEST_RISE) / need
    crest = round(dam_crest - 0.5, 2)
    flood = round(crest - freeboard, 2)
    normal = round(flood - rise, 2)
    return {
        "beach_crest_elevation": crest,
        "normal_level": normal,
        "design_flood_level": flood,
        "beach_slope": round(slope, 4),
        "dry_beach_length": round((crest - normal) / slope) if has_beach else None,
        "min_dry_beach": minimum if has_beach else None,
        "flood_storage": round(WATER_SHARE * area * (flood - normal) / 1e4, 2),
    }
