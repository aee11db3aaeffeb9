"""The reference systems that items are asked for and given in, each in its authority's axis order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import shapely
from numpy.typing import NDArray

from minegis.coordinates import northing_first, transformer
from minegis.errors import InvalidInput

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
_LON_LAT = ("OGC:CRS84", "EPSG:4326", "EPSG:4490")  # the same coordinates, for mapping
_GEOGRAPHIC, _WEB_MERCATOR = (4326, 4490), 3857
_GAUSS_KRUGER = range(4513, 4555)  # CGCS2000 in zones of three degrees, with and without the zone's number

type Points = NDArray[np.float64]
type Geometries = NDArray[np.object_]
"""(n,) shapely geometry."""


@dataclass(frozen=True, slots=True)
class Crs:
    """A reference system that is offered.

    Parameters
    ----------
    uri : str
        Its name in the OGC API.
    name : str
        Its name for PROJ, as ``EPSG:4490``.
    swapped : bool
        Whether its authority puts latitude or northing first.
    """

    uri: str
    name: str
    swapped: bool

    @property
    def curie(self) -> str:
        """The safe CURIE of Part 2, as ``[EPSG:4490]``."""
        return f"[{self.name}]"

    @property
    def geographic(self) -> bool:
        """Whether its coordinates are longitude and latitude in deg, the same as in CRS84."""
        return self.name in _LON_LAT

    def place(self, shapes: Geometries, *, east_first: bool = False) -> Geometries:
        """Return lon/lat geometries in this system, in its authority's axis order or `east_first`.

        One that has no place in it, as a pole on a web map, is None.
        """
        swapped = self.swapped and not east_first
        if self.geographic:
            return _mapped(shapes, _exchanged) if swapped else shapes
        way = transformer(_LON_LAT[0], self.name)

        def moved(points: Points) -> Points:
            there = np.column_stack(way.transform(points[:, 0], points[:, 1]))
            return _exchanged(there) if swapped else there

        return _mapped(shapes, moved)

    def lonlat(self, shapes: Geometries, *, east_first: bool = False) -> Geometries:
        """Return geometries of this system, in its axis order or `east_first`, in lon/lat deg.

        One that has no place there is None.
        """
        swapped = self.swapped and not east_first
        if self.geographic:
            return _mapped(shapes, _exchanged) if swapped else shapes
        way = transformer(self.name, _LON_LAT[0])

        def moved(points: Points) -> Points:
            here = _exchanged(points) if swapped else points
            return np.column_stack(way.transform(here[:, 0], here[:, 1]))

        return _mapped(shapes, moved)


def _exchanged(points: Points) -> Points:
    return np.ascontiguousarray(points[:, ::-1])


def _mapped(shapes: Geometries, moved: Callable[[Points], Points]) -> Geometries:
    placed: Geometries = shapely.transform(shapes, moved)
    placed[~np.isfinite(shapely.bounds(placed)).all(axis=1)] = None
    return placed


@cache
def offered() -> Mapping[str, Crs]:
    """Return every system that is offered, by URI, immutable; the first is the default."""
    codes = (*_GEOGRAPHIC, _WEB_MERCATOR, *_GAUSS_KRUGER)
    found = [Crs(f"{_EPSG}{code}", f"EPSG:{code}", northing_first(f"EPSG:{code}")) for code in codes]
    return MappingProxyType({CRS84: Crs(CRS84, _LON_LAT[0], False)} | {each.uri: each for each in found})


@cache
def _by_name() -> Mapping[str, Crs]:
    systems = offered()
    short = {each.curie: each for each in systems.values()}
    return MappingProxyType({**systems, **short})


def crs_of(text: str, where: str) -> Crs:
    """Return the system that a URI or a safe CURIE names.

    Raises
    ------
    InvalidInput
        If it is not offered.
    """
    found = _by_name().get(text)
    if found is None:
        expected = f"{CRS84}, {_EPSG}4326, 4490, 3857 or 4513 to 4554"
        raise InvalidInput("no such coordinate reference system", where=where, expected=expected, got=text)
    return found
