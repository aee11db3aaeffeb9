"""The recipe of the sample site: what is made up and how much of it, declared in ``recipe.yaml``."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

from data_catalog.site import Area
from minegis.declarations import BilingualText, Declaration, read

FILE = Path(__file__).with_name("recipe.yaml")

type Range = tuple[float, float]


class SampleArea(Area):
    """An area with the elevation model it is placed on and how many assets it gets."""

    elevation: str
    commodities: tuple[str, ...]
    counts: dict[str, int]


class TerrainRecipe(Declaration):
    """Which places of the terrain take which assets."""

    upstream_area: Range
    relief_quantile: float
    valley_gradient: Range
    hillside_quantiles: Range
    facility_distance: float
    spacing: float


class SizeRecipe(Declaration):
    """Size of a tailings storage facility: dam height and length, m."""

    weight: float
    height: Range
    length: Range


class TsfRecipe(Declaration):
    """Tailings storage facilities."""

    classes: tuple[SizeRecipe, ...]
    height_of_relief: float
    width: Range
    fill: Range
    raise_methods: dict[str, float]
    status: dict[str, float]
    flood_rise: Range
    freeboard: Range
    overhead: float
    unmonitored_when_closed: float


class MineRecipe(Declaration):
    """Mines."""

    types: dict[str, float]
    status: dict[str, float]
    grades: dict[str, float]
    radius: dict[str, Range]


class SlopeRecipe(Declaration):
    """Slopes of open pits and dumps."""

    types: dict[str, float]
    height: dict[str, Range]
    angle: dict[str, Range]
    cohesion: dict[str, Range]
    friction_angle: dict[str, Range]


class PointRecipe(Declaration):
    """Monitoring points of one variable at one asset."""

    count: tuple[int, int]
    interval: int


class ConditionRecipe(Declaration):
    """So many assets of a dataset show a condition through one variable (or all)."""

    condition: Literal["blue", "yellow", "orange", "red", "silent", "stale", "bad"]
    variable: str
    count: int


class LevelRecipe(Declaration):
    """Where a variable stands in each condition."""

    quiet: Range
    blue: float
    yellow: float
    orange: float
    red: float

    def value(self, condition: str) -> float:
        """Return the value of a tier's condition."""
        return float(getattr(self, condition))


class MonitoringRecipe(Declaration):
    """Points, their readings and what they show."""

    samples: int
    points: dict[str, dict[str, PointRecipe]]
    conditions: dict[str, tuple[ConditionRecipe, ...]]
    levels: dict[str, LevelRecipe]
    stale_after: float


class EarthquakeRecipe(Declaration):
    """The recent earthquake."""

    name: str
    hours_before: float
    magnitude: float
    magnitude_type: str
    depth: float
    position: Range


class StormRecipe(Declaration):
    """A round storm: day 1 to 7, centre, radius in km, amount at the centre in mm."""

    day: int
    position: Range
    radius: float
    amount: float


class RainRecipe(Declaration):
    """The rain of the last seven days."""

    spacing: float
    wetness_of_day: tuple[float, ...]
    climatology_without_data: float
    noise: float
    storms: tuple[StormRecipe, ...]


class ForecastRecipe(Declaration):
    """The rain to come: days for each member of the ensemble, and how far members differ."""

    members: int
    wetness_of_day: tuple[float, ...]
    spread: float


class Recipe(Declaration):
    """The whole recipe."""

    title: BilingualText
    reference_time: datetime
    resolution: int
    history_hours: tuple[float, ...]
    areas: tuple[SampleArea, ...]
    terrain: TerrainRecipe
    tsf: TsfRecipe
    mine: MineRecipe
    slope: SlopeRecipe
    monitoring: MonitoringRecipe
    earthquake: EarthquakeRecipe
    rain: RainRecipe
    forecast: ForecastRecipe


def times_before(reference: datetime) -> list[datetime]:
    """Return the times at which a sample is judged before its reference time, the earliest first."""
    return sorted(reference - timedelta(hours=hours) for hours in recipe().history_hours)


@cache
def recipe() -> Recipe:
    """Return the recipe."""
    return read(FILE, Recipe)


def sample_source(seed: int) -> str:
    """Return what made-up features and readings name as their source."""
    return f"sample: recipe.yaml sha256:{hashlib.sha256(FILE.read_bytes()).hexdigest()[:12]} seed {seed}"
