"""Made-up monitoring points of the assets and what they last read, up to the frozen time of the site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import numpy as np
from shapely.geometry import Point

from data_catalog.store import Feature
from minegis.levels import Origin
from minegis.reading import Quality, Reading
from minegis.variables import variable
from pipelines.sample.recipe import MonitoringRecipe, PointRecipe
from pipelines.sample.weather import RainField

_REMEMBERED, _THINNED, _GREW = timedelta(days=4), timedelta(hours=6), timedelta(days=3)
SIGNALS = ("blue", "yellow", "orange", "red")


@dataclass(frozen=True)
class Watched:
    """An asset to be monitored; `spot` tells where point `k` of `n` of a variable stands."""

    dataset: str
    asset: Feature
    spot: Callable[[str, int, int], Point]


@dataclass(frozen=True)
class Condition:
    """What an asset shows, and through which variable."""

    name: str = "quiet"
    variable: str = ""

    def of(self, variable_name: str) -> str:
        """Return what the first point of a variable shows."""
        return self.name if self.variable in (variable_name, "all") else "quiet"


@dataclass
class Monitoring:
    """Monitoring points and readings of a site."""

    stations: list[Feature] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)


def make_monitoring(
    watched: Sequence[Watched],
    recipe: MonitoringRecipe,
    rain: RainField,
    source: str,
    rng: np.random.Generator,
) -> Monitoring:
    """Give every monitored asset its points and their last readings; the seed decides who shows what."""
    maker = _Maker(recipe, rain, source, rng)
    for dataset in recipe.points:
        assets = [one for one in watched if one.dataset == dataset and maker.points_of(one)]
        for one, condition in zip(assets, maker.conditions(dataset, assets), strict=True):
            maker.monitor(one, condition)
    return maker.made


@dataclass(frozen=True)
class _Maker:
    recipe: MonitoringRecipe
    rain: RainField
    source: str
    rng: np.random.Generator
    made: Monitoring = field(default_factory=Monitoring)

    def points_of(self, one: Watched) -> dict[str, PointRecipe]:
        """Return the points of an asset: none without online monitoring, no level of a dry stack."""
        properties = one.asset.properties
        if not properties["online_monitoring"]:
            return {}
        absent: set[str] = set()
        if one.dataset == "tsf":
            absent = _NOT_MEASURED.get(properties["raise_method"], set())
        if one.dataset == "mine" and properties["mine_type"] == "underground":
            absent = {"displacement_rate"}
        return {
            name: points for name, points in self.recipe.points[one.dataset].items() if name not in absent
        }

    def conditions(self, dataset: str, assets: Sequence[Watched]) -> list[Condition]:
        """Draw which assets show what."""
        order = [int(index) for index in self.rng.permutation(len(assets))]
        drawn: dict[int, Condition] = {}
        for wanted in self.recipe.conditions[dataset]:
            able = [i for i in order if i not in drawn and self._may_show(assets[i], wanted.variable)]
            for index in able[: wanted.count]:
                drawn[index] = Condition(wanted.condition, wanted.variable)
        return [drawn.get(index, Condition()) for index in range(len(assets))]

    def _may_show(self, one: Watched, name: str) -> bool:
        if name == "all":
            return True
        if one.dataset == "slope" and one.asset.properties["slope_type"] == "dump":
            return False  # a dump moves by its own measure, which its designer gives
        if one.dataset == "mine" and name == "displacement_rate":
            return bool(one.asset.properties["mine_type"] == "open_pit")
        return name in self.points_of(one)

    def monitor(self, one: Watched, condition: Condition) -> None:
        """Make the points of an asset and their readings."""
        known: dict[str, float] = {}
        for name, points in self.points_of(one).items():
            count = int(self.rng.integers(points.count[0], points.count[1] + 1))
            for k in range(count):
                station = self._station(one, name, k, count, points.interval)
                shown = condition.of(name) if k == 0 or condition.variable == "all" else "quiet"
                centre = self._centre(one, name, shown, station, known)
                known.setdefault(name, centre)
                self.made.stations.append(station)
                self.made.readings += self._readings(one, station, shown, centre, known)

    def _station(self, one: Watched, name: str, k: int, count: int, interval: int) -> Feature:
        properties = {
            "name": f"{one.asset.properties['name']}{variable(name).label.zh}{k + 1}号测点",
            "asset_dataset": one.dataset,
            "asset_id": one.asset.id,
            "variable": name,
            "interval_minutes": interval,
        }
        point = one.spot(name, k, count)
        return Feature(f"{one.asset.id}-{name}-{k + 1}", properties, point, Origin.SAMPLE, self.source)

    def _centre(
        self, one: Watched, name: str, shown: str, station: Feature, known: dict[str, float]
    ) -> float:
        """Return the value that the last readings of a point lie around."""
        if name == "rain_24h":
            place = station.geometry.centroid
            amount = self.rain.last_day(np.array([place.x]), np.array([place.y]))[0]
            return float(amount * self.rng.lognormal(0, 0.06))
        if name == "rain_1h":
            return known["rain_24h"] * float(self.rng.uniform(0.02, 0.12))
        if name == "displacement":
            return float(self.rng.uniform(5, 60))
        level = self.recipe.levels[name]
        signal = shown if shown in SIGNALS else ""
        ratio = level.value(signal) if signal else float(self.rng.uniform(*level.quiet))
        if name == "displacement_rate":
            return ratio * float(self.rng.choice([-1, 1]))
        return _design_value(one.asset.properties, name, ratio, bool(signal), known)

    def _readings(
        self, one: Watched, station: Feature, shown: str, centre: float, known: dict[str, float]
    ) -> list[Reading]:
        name, interval = str(station.properties["variable"]), int(station.properties["interval_minutes"])
        end = self.rain.end - timedelta(minutes=int(self.rng.integers(0, min(interval, 50))))
        if shown == "stale":
            end -= timedelta(days=self.recipe.stale_after)
        ages = [timedelta(minutes=interval * back) for back in range(self.recipe.samples - 1, -1, -1)]
        last = [(age, self._sample(name, centre, age, known)) for age in ages if shown != "silent"]
        values: list[tuple[timedelta, float | None]] = [
            *self._older(one, station, shown, centre, known, ages[0]),
            *last,
        ]
        silence: list[tuple[timedelta, float | None]] = [(age, None) for age in ages]
        return [
            Reading(
                point_id=station.id,
                dataset=one.dataset,
                asset_id=one.asset.id,
                variable=name,
                value=value,
                observed_at=end - age,
                quality={"silent": Quality.MISSING, "bad": Quality.FAIL}.get(shown, Quality.GOOD),
                origin=Origin.SAMPLE,
                source=self.source,
            )
            for age, value in values or silence
        ]

    def _older(
        self,
        one: Watched,
        station: Feature,
        shown: str,
        centre: float,
        known: dict[str, float],
        since: timedelta,
    ) -> list[tuple[timedelta, float]]:
        """Return what a point read in the days before, thinned: what is bad now was calm and grew worse.

        Drawn from a generator of its own, so that the last readings do not depend on how far back this goes.
        """
        if shown in ("silent", "stale"):
            return []
        name, step = (
            str(station.properties["variable"]),
            timedelta(minutes=station.properties["interval_minutes"]),
        )
        maker = replace(self, rng=np.random.default_rng(list(f"{self.source} {station.id}".encode())))
        grew = shown in SIGNALS and name in self.recipe.levels and name != "displacement_rate"  # steady creep
        calm = maker._centre(one, name, "quiet", station, known) if grew else centre
        found = []
        age = max(step, _THINNED) * (since // max(step, _THINNED) + 1)
        while age <= _REMEMBERED:
            share = max(0.0, 1 - age / _GREW)
            found.append((age, maker._sample(name, share * centre + (1 - share) * calm, age, known)))
            age += max(step, _THINNED)
        return found[::-1]

    def _sample(self, name: str, centre: float, age: timedelta, known: dict[str, float]) -> float:
        if name == "displacement":
            return round(centre - abs(known["displacement_rate"]) * (age / timedelta(days=1)), 2)
        if name == "pond_level":
            return round(centre + float(self.rng.normal(0, 0.003)), 3)
        if name == "rain_24h":
            return round(centre * (1 - 0.01 * (age / timedelta(hours=1))), 1)
        return round(centre * (1 + float(self.rng.uniform(-_JITTER[name], _JITTER[name]))), 2)


_NOT_MEASURED = {"dry_stack": {"pond_level", "dry_beach_length"}, "single": {"dry_beach_length"}}

_JITTER = {"phreatic_depth": 0.005, "dry_beach_length": 0.001, "displacement_rate": 0.03, "rain_1h": 0.2}


def _design_value(
    register: dict[str, Any], name: str, ratio: float, signal: bool, known: dict[str, float]
) -> float:
    """Return a level, depth or beach that stands where the condition wants it against the design."""
    if name == "phreatic_depth":
        return ratio * float(register["control_phreatic_depth"])
    flood, normal = float(register["design_flood_level"]), float(register["normal_level"])
    if name == "pond_level":
        return (flood if signal else normal) - ratio
    slope, pond = float(register["beach_slope"]), known["pond_level"]
    if not signal:
        return ratio * (float(register["beach_crest_elevation"]) - pond) / slope
    # The minimum holds at the design flood level: what the flood will cover is added.
    return ratio * float(register["min_dry_beach"]) + (max(flood, pond + flood - normal) - pond) / slope
