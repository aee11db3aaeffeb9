"""Made-up mines near real metal facilities, and the slopes of their open pits and dumps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from data_catalog.store import Feature
from minegis.levels import Origin
from pipelines.sample.naming import PREFIX, RESPONSIBLE, Names, enterprise
from pipelines.sample.placement import Ground, Spacing, choose
from pipelines.sample.recipe import Recipe
from pipelines.sample.shapes import METRES_PER_DEGREE, Frame, dump, pit, pit_slope
from pipelines.sample.terrain import Place

FAR_FROM_FACILITIES = 0.15  # weight of a place without any real facility near it


@dataclass(frozen=True)
class Mine:
    """A mine with the frame it was drawn in: x runs up the hillside."""

    feature: Feature
    frame: Frame
    radius: float


def make_mines(
    count: int,
    places: list[Place],
    facilities: Sequence[Feature],
    commodities: Sequence[str],
    ground: Ground,
    names: Names,
    recipe: Recipe,
    source: str,
    rng: np.random.Generator,
) -> Iterator[Mine]:
    """Yield up to `count` mines on hillsides, more of them near real metal facilities."""
    weights = _pull(places, facilities, recipe.terrain.facility_distance)
    # Efraimidis and Spirakis 2006: sorting by u^(1/w) draws without replacement by weight.
    order = np.argsort(-(rng.random(len(places)) ** (1 / weights)), kind="stable")
    spacing = Spacing(recipe.terrain.spacing)
    made = 0
    for index in order:
        place = places[int(index)]
        if made == count:
            return
        if not spacing.allows(place):
            continue
        kind = choose(recipe.mine.types, rng)
        radius = float(rng.uniform(*recipe.mine.radius[kind]))
        frame = Frame(place.lon, place.lat, place.bearing)
        outline = pit(frame, radius, rng)
        county = ground.county(outline)
        if county is None or not ground.is_free(outline):
            continue
        spacing.take(place)
        ground.build(outline)
        made += 1
        properties = _properties(kind, radius, county, str(rng.choice(list(commodities))), names, recipe, rng)
        yield Mine(Feature(names.id("mine"), properties, outline, Origin.SAMPLE, source), frame, radius)


def _pull(places: Sequence[Place], facilities: Sequence[Feature], distance: float) -> NDArray[np.float64]:
    """Return a weight of each place that falls with the distance to the nearest real facility."""
    weights = np.full(len(places), FAR_FROM_FACILITIES)
    lon = np.array([place.lon for place in places])
    lat = np.array([place.lat for place in places])
    for facility in facilities:
        point = facility.geometry.centroid
        east = (lon - point.x) * np.cos(np.radians(lat))
        km = np.hypot(east, lat - point.y) * METRES_PER_DEGREE / 1000
        weights = np.maximum(weights, np.exp(-km / distance))
    return weights


def _properties(
    kind: str,
    radius: float,
    county: str,
    commodity: str,
    names: Names,
    recipe: Recipe,
    rng: np.random.Generator,
) -> dict[str, Any]:
    name = names.place()
    open_pit, underground = kind != "underground", kind != "open_pit"
    height = float(rng.uniform(0.25, 0.6)) * radius if open_pit else None
    return {
        "name": f"{PREFIX}{name}{commodity}矿",
        "enterprise": enterprise(name),
        "county_code": county,
        "mine_type": kind,
        "commodity": commodity,
        "status": choose(recipe.mine.status, rng),
        "capacity": round(float(rng.lognormal(3.4, 0.8)), 1),
        "mining_depth": round(float(rng.uniform(80, 620))) if underground else None,
        "max_underground_shift": int(rng.integers(9, 95)) if underground else None,
        "working_slope_angle": round(float(rng.uniform(34, 47)), 1) if open_pit else None,
        "slope_height": None if height is None else round(height),
        "risk_grade": choose(recipe.mine.grades, rng),
        "online_monitoring": True,
        "responsible": RESPONSIBLE,
    }


def make_slopes(
    count: int,
    mines: Sequence[Mine],
    ground: Ground,
    names: Names,
    recipe: Recipe,
    source: str,
    rng: np.random.Generator,
) -> Iterator[Feature]:
    """Yield up to `count` slopes: a side cut from an open pit, or a dump beyond its rim, downhill."""
    pits = [mine for mine in mines if mine.feature.properties["mine_type"] != "underground"]
    made = 0
    for number, index in enumerate(rng.permutation(np.repeat(np.arange(len(pits)), 2))):
        mine = pits[int(index)]
        if made == count:
            return
        kind = choose(recipe.slope.types, rng)
        outline = _slope_outline(kind, mine, number, rng)
        county = ground.county(outline)
        if (
            county is None
            or (kind == "dump" and not ground.is_free(outline))
            or not _is_new(outline, ground, kind)
        ):
            continue
        ground.build(outline)
        made += 1
        properties = _slope_properties(kind, made, mine, county, recipe, rng)
        yield Feature(names.id("slope"), properties, outline, Origin.SAMPLE, source)


def _slope_outline(kind: str, mine: Mine, number: int, rng: np.random.Generator) -> Polygon:
    if kind == "dump":
        downhill = mine.frame.bearing + math.pi + float(rng.uniform(-0.5, 0.5))
        return dump(Frame(mine.frame.lon, mine.frame.lat, downhill), mine.radius, rng)
    aside = Frame(mine.frame.lon, mine.frame.lat, mine.frame.bearing + (math.pi / 2 if number % 2 else 0.0))
    assert isinstance(mine.feature.geometry, Polygon)
    return pit_slope(mine.feature.geometry, aside, mine.radius)


def _is_new(outline: Polygon, ground: Ground, kind: str) -> bool:
    """A pit slope may lie on its own pit only: at most one thing was built there."""
    return kind == "dump" or ground.overlapping(outline) <= 1


def _slope_properties(
    kind: str, number: int, mine: Mine, county: str, recipe: Recipe, rng: np.random.Generator
) -> dict[str, Any]:
    height = round(float(rng.uniform(*recipe.slope.height[kind])))
    stem = str(mine.feature.properties["name"])
    safety_class = "I" if height > 200 else "II" if height > 100 else "III"
    return {
        "name": f"{stem}{'采场边坡' if kind == 'pit' else '排土场'}{number}",
        "mine_id": mine.feature.id,
        "county_code": county,
        "slope_type": kind,
        "slope_height": height,
        "slope_angle": round(float(rng.uniform(*recipe.slope.angle[kind])), 1),
        "safety_class": safety_class,
        "cohesion": round(float(rng.uniform(*recipe.slope.cohesion[kind])), 1),
        "friction_angle": round(float(rng.uniform(*recipe.slope.friction_angle[kind])), 1),
        "online_monitoring": True,
        "responsible": RESPONSIBLE,
    }
