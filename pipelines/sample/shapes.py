"""Outlines of made-up ponds, pits, pit slopes and dumps, drawn in metres around a place."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon

METRES_PER_DEGREE = 111_195.0  # of a sphere of 6371 km; outlines of a few hundred metres need no more


@dataclass(frozen=True)
class Frame:
    """A local frame: `x` metres along a bearing (radians clockwise from north), `y` metres to its right."""

    lon: float
    lat: float
    bearing: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Return longitude and latitude of a local point."""
        east = x * math.sin(self.bearing) + y * math.cos(self.bearing)
        north = x * math.cos(self.bearing) - y * math.sin(self.bearing)
        return (
            round(self.lon + east / (METRES_PER_DEGREE * math.cos(math.radians(self.lat))), 6),
            round(self.lat + north / METRES_PER_DEGREE, 6),
        )

    def point(self, x: float, y: float) -> Point:
        """Return a local point."""
        return Point(self.place(x, y))

    def polygon(self, ring: NDArray[np.float64]) -> Polygon:
        """Return the polygon of a local ring, shape ``(n, 2)``."""
        return Polygon([self.place(float(x), float(y)) for x, y in ring])


def pond(frame: Frame, length: float, width: float, rng: np.random.Generator) -> Polygon:
    """Draw a pond in a valley: a straight dam across x = 0, banks that wander, a tail up the valley."""
    along = np.linspace(0, 1, 9)
    half = width / 2 * np.sqrt(1 - along**2) * (0.8 + 0.4 * np.sin(np.pi * along))
    left, right = (half * rng.uniform(0.88, 1.12, half.size) for _ in range(2))
    banks = np.concatenate(
        [np.column_stack([along * length, right]), np.column_stack([along * length, -left])[-2::-1]]
    )
    return frame.polygon(banks)


def pit(frame: Frame, radius: float, rng: np.random.Generator) -> Polygon:
    """Draw an uneven oval, longer along the frame."""
    angle = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    distance = radius * rng.uniform(0.86, 1.12, angle.size)
    return frame.polygon(np.column_stack([1.25 * distance * np.cos(angle), distance * np.sin(angle) / 1.25]))


def pit_slope(outline: Polygon, frame: Frame, radius: float) -> Polygon:
    """Cut the side of a pit that lies ahead in the frame."""
    reach = 4 * radius
    ahead = frame.polygon(
        np.array([[0.45 * radius, -reach], [reach, -reach], [reach, reach], [0.45 * radius, reach]])
    )
    parts = shapely.get_parts(shapely.intersection(outline, ahead))
    return max((part for part in parts if isinstance(part, Polygon)), key=lambda part: float(part.area))


def dump(frame: Frame, radius: float, rng: np.random.Generator) -> Polygon:
    """Draw a fan that starts beyond a pit's rim and widens ahead in the frame."""
    start, reach = 1.5 * radius, 0.9 * radius * float(rng.uniform(0.8, 1.2))
    angle = np.linspace(-0.6, 0.6, 9)
    front = reach * rng.uniform(0.9, 1.1, angle.size)
    fan = np.column_stack([start + front * np.cos(angle), 1.3 * front * np.sin(angle)])
    return frame.polygon(np.vstack([[start, -0.2 * radius], fan, [start, 0.2 * radius]]))
