"""Where made-up assets may stand: inside one county, on dry land, apart from each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
from shapely.geometry import Polygon

from data_catalog.store import Feature
from pipelines.sample.shapes import METRES_PER_DEGREE
from pipelines.sample.terrain import Place


class Ground:
    """Counties and lakes of an area, and what has been built on it so far."""

    def __init__(self, counties: Sequence[Feature], lakes: Iterable[Feature]) -> None:
        self._codes = [county.id for county in counties]
        self._counties = shapely.STRtree([county.geometry for county in counties])
        self._lakes = shapely.STRtree([lake.geometry for lake in lakes])
        self._built: dict[tuple[int, int], list[Polygon]] = {}

    def county(self, outline: Polygon) -> str | None:
        """Return the code of the county that holds the whole outline, None where no single one does."""
        found = self._counties.query(outline, predicate="within")
        return self._codes[int(found[0])] if len(found) else None

    def is_free(self, outline: Polygon) -> bool:
        """Whether the outline is sound, on dry land and touches nothing that was built."""
        if not outline.is_valid or len(self._lakes.query(outline, predicate="intersects")):
            return False
        return self.overlapping(outline) == 0

    def overlapping(self, outline: Polygon) -> int:
        """Return how many things that were built the outline touches."""
        return sum(outline.intersects(other) for other in self._near(outline))

    def build(self, outline: Polygon) -> None:
        """Keep an outline's ground."""
        self._built.setdefault(_bin(outline.centroid.x, outline.centroid.y), []).append(outline)

    def _near(self, outline: Polygon) -> Iterable[Polygon]:
        column, row = _bin(outline.centroid.x, outline.centroid.y)
        for x in range(column - 1, column + 2):
            for y in range(row - 1, row + 2):
                yield from self._built.get((x, y), ())


def _bin(lon: float, lat: float) -> tuple[int, int]:
    # A twentieth of a degree is more than the largest outline, so neighbours are enough.
    return math.floor(lon * 20), math.floor(lat * 20)


class Spacing:
    """Refuses places that are nearer than a distance to one taken before."""

    def __init__(self, distance: float) -> None:
        self.distance = distance
        self._taken: list[tuple[float, float]] = []

    def allows(self, place: Place) -> bool:
        """Whether a place is far enough, `distance` in km, from all taken ones."""
        if not self._taken:
            return True
        lon, lat = np.array(self._taken).T
        east = (lon - place.lon) * math.cos(math.radians(place.lat))
        return bool(np.hypot(east, lat - place.lat).min() * METRES_PER_DEGREE / 1000 >= self.distance)

    def take(self, place: Place) -> None:
        """Keep a place."""
        self._taken.append((place.lon, place.lat))


def choose[T](options: dict[T, float], rng: np.random.Generator) -> T:
    """Draw one of the options by weight."""
    weights = np.array(list(options.values()))
    return list(options)[int(rng.choice(len(weights), p=weights / weights.sum()))]
