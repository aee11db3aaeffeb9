"""The reference systems that items are asked for and given in, each in its authority's axis order."""

from __future__ import annotations

from collections.abc import Mapping
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
_GEOGRAPHIC, _WEB_MERCATOR = (4326, 4490), 3857
_GAUSS_KRUGER = range(4513, 4555)  # CGCS2000 in zones of three degrees, with and without the zone's number

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

    def place(self, shapes: Geometries, *, east_first: bool = False) -> Geometries:
        """Return lon/lat geometries in this system, in its authority's axis order or `east_first`.

        One that has no place in it, as a pole on a web map, is None.
        """
        way = transformer("OGC:CRS84", self.name)
        order = [1, 0] if self.swapped and not east_first else [0, 1]
        same = way.definition.startswith("proj=noop")
        if same and order == [0, 1]:
            return shapes

        def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
            there = points if same else np.column_stack(way.transform(points[:, 0], points[:, 1]))
            return np.ascontiguousarray(there[:, order])

        placed: Geometries = shapely.transform(shapes, moved)
        placed[~np.isfinite(shapely.bounds(placed)).all(axis=1)] = None
        return placed

    def lonlat(self, shapes: Geometries) -> Geometries:
        """Return geometries of this system, in its axis order, in lon/lat deg."""
        way = transformer(self.name, "OGC:CRS84")
        order = [1, 0] if self.swapped else [0, 1]

        def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
            east, north = points[:, order[0]], points[:, order[1]]
            return np.column_stack(way.transform(east, north))

        placed: Geometries = shapely.transform(shapes, moved)
        return placed


@cache
def offered() -> Mapping[str, Crs]:
    """Return every system that is offered, by URI, immutable; the first is the default."""
    codes = (*_GEOGRAPHIC, _WEB_MERCATOR, *_GAUSS_KRUGER)
    found = [Crs(f"{_EPSG}{code}", f"EPSG:{code}", northing_first(f"EPSG:{code}")) for code in codes]
    return MappingProxyType({CRS84: Crs(CRS84, "OGC:CRS84", False)} | {each.uri: each for each in found})


@cache
def _by_name() -> Mapping[str, Crs]:
    systems = offered()
    short = {each.curie: each for each in systems.values()} | {"[OGC:CRS84]": systems[CRS84]}
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
