"""What does not change with the weather and makes a place more or less likely to slide: nearness, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from minegis.coordinates import CRS84, transformer
from minegis.errors import InvalidInput
from pipelines.raster import RasterGrid
from pipelines.steps.earth import along_the_ground, chords
from risk_models.seismic.landslide import (
    land_cover_coefficient,
    landslide_classes,
    lithology_coefficient,
)

Floats = NDArray[np.float64]
_KM_A_DEGREE = 111.2
_CANDIDATES = 4  # vertices whose pieces are looked at: pieces are short, so the nearest is among them


class NearestLine:
    """Lines that distances are asked to, on the ground in km, whatever the latitude.

    Lines are cut into pieces of at most `spacing`; a piece is straight through the earth, which is 2 cm off
    the ground in the middle of 1 km.

    Parameters
    ----------
    lines : sequence of LineString or MultiLineString, lon/lat deg
        Polygons count by their outline.
    spacing : float, km

    Raises
    ------
    InvalidInput
        If there is no line.
    """

    def __init__(self, lines: Sequence[BaseGeometry], spacing: float = 1.0) -> None:
        parts = shapely.get_parts(np.asarray(lines, dtype=object))
        outlines = np.where(shapely.get_dimensions(parts) == 2, shapely.boundary(parts), parts)
        pieces = shapely.get_parts(outlines)
        pieces = pieces[(shapely.get_dimensions(pieces) == 1) & ~shapely.is_empty(pieces)]
        if pieces.size == 0:
            raise InvalidInput("no line to measure to", expected="one line or more")
        fine = shapely.segmentize(pieces, spacing / _KM_A_DEGREE)
        places, line = shapely.get_coordinates(fine, return_index=True)
        points = chords(places[:, 0], places[:, 1])
        joined = np.flatnonzero(np.diff(line) == 0)
        self._start, self._end = points[joined], points[joined + 1]
        # By their middles: half a piece off at most, and each piece is found from either end.
        self._tree = cKDTree((self._start + self._end) / 2)
        self._candidates = min(_CANDIDATES, joined.size)

    def distance(self, lon: Floats, lat: Floats) -> Floats:
        """Return the geodesic distance to the nearest line, km, shape of `lon`; NaN where a place is NaN."""
        shape = np.shape(lon)
        east, north = (np.asarray(each, np.float64).ravel() for each in (lon, lat))
        known = np.isfinite(east) & np.isfinite(north)
        result = np.full(east.size, np.nan)
        places = chords(east[known], north[known])
        _, pieces = self._tree.query(places, k=self._candidates)
        nearest = np.full(places.shape[0], np.inf)
        for number in np.reshape(pieces, (places.shape[0], self._candidates)).T:
            nearest = np.minimum(nearest, _to_piece(places, self._start[number], self._end[number]))
        result[known] = along_the_ground(nearest, north[known])
        return result.reshape(shape)

    def over(self, grid: RasterGrid) -> Floats:
        """Return the distance of the cells' centres, ``(height, width)`` km."""
        x, y = np.meshgrid(grid.x, grid.y)
        return self.distance(*transformer(grid.crs, CRS84).transform(x, y))


def lithology_coefficients(classes: NDArray[np.floating], legend: Mapping[int, str]) -> Floats:
    """Return the landslide model's coefficient of each cell of a map of rock classes.

    Parameters
    ----------
    classes : (...) float
        Numbers of the map; NaN where it says nothing, which is taken as the model takes unmapped ground.
    legend : mapping of int to str
        GLiM code of each number of the map.

    Raises
    ------
    InvalidInput
        If the map holds a number that the legend does not know, or the legend a code the model does not.

    References
    ----------
    Nowicki Jessee et al. (2018), table 3.
    """
    known = landslide_classes().lithology
    if strange := sorted(set(legend.values()) - set(known) - {"wb", "ig"}):
        raise InvalidInput("no GLiM class", where="legend", expected=", ".join(known), got=", ".join(strange))
    unmapped = landslide_classes().unmapped_lithology
    numbers = np.array(sorted(legend), dtype=np.float64)
    codes = np.array([legend[int(number)] for number in numbers] + [unmapped])
    place = _look_up(classes, numbers, "lithology")
    return lithology_coefficient(codes[place])


def land_cover_coefficients(classes: NDArray[np.floating]) -> Floats:
    """Return the landslide model's coefficient of each cell of a GlobCover map.

    Parameters
    ----------
    classes : (...) float
        GlobCover codes; NaN counts as unmapped. NaN comes back for water (210), which cannot slide.

    Raises
    ------
    InvalidInput
        If the map holds a number that is no GlobCover class.

    References
    ----------
    Nowicki Jessee et al. (2018), table 3; GlobCover 2009.
    """
    water = 210
    codes = np.array(sorted({*landslide_classes().land_cover, water}), dtype=np.float64)
    place = _look_up(classes, codes, "land cover")
    unmapped = landslide_classes().unmapped_land_cover
    return land_cover_coefficient(np.append(codes, unmapped)[place].astype(np.int64))


def _look_up(classes: NDArray[np.floating], known: Floats, what: str) -> NDArray[np.intp]:
    """Return the position of each class in `known`, its length for NaN."""
    given = np.asarray(classes, np.float64)
    gap = np.isnan(given)
    place = np.minimum(np.searchsorted(known, np.where(gap, known[0], given)), known.size - 1)
    strange = ~gap & (known[place] != given)
    if strange.any():
        raise InvalidInput(
            f"a class of {what} that is not known",
            expected=", ".join(f"{each:g}" for each in known),
            got=", ".join(f"{each:g}" for each in np.unique(given[strange])[:5]),
        )
    return np.where(gap, known.size, place)


def _to_piece(place: Floats, start: Floats, end: Floats) -> Floats:
    """Return the distance of points from pieces, each ``(n, 3)`` in space."""
    along = end - start
    length = np.maximum((along**2).sum(axis=1), 1e-30)
    share = np.clip(((place - start) * along).sum(axis=1) / length, 0.0, 1.0)
    return np.asarray(np.linalg.norm(place - start - share[:, np.newaxis] * along, axis=1))
