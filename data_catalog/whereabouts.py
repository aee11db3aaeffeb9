"""Where a feature may lie: in the country, and in the region that it states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from data_catalog.mistake import Refused
from data_catalog.plausible import plausible
from data_catalog.store import Store
from minegis.coordinates import bd09_to_gcj02, gcj02_to_wgs84
from minegis.levels import RegionLevel

_GEOD = Geod(ellps="GRS80")
_NATION = "100000"

type Shift = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Regions:
    """What features are checked against: outlines by code, and codes by name where a name is unique."""

    outlines: Mapping[str, BaseGeometry]
    codes: Mapping[str, str]
    nation: BaseGeometry | None

    @classmethod
    def load(cls, store: Store) -> Regions:
        """Read every region of the store."""
        found = store.features("region")
        outlines = {str(region.properties["code"]): region.geometry for region in found}
        for outline in outlines.values():
            shapely.prepare(outline)
        counties = [region for region in found if region.properties["level"] == RegionLevel.COUNTY]
        names = [region.properties["name"] for region in counties]
        codes = {
            region.properties["name"]: str(region.properties["code"])
            for region in counties
            if names.count(region.properties["name"]) == 1
        }
        return cls(outlines, codes, outlines.get(_NATION))


def refuse_swapped(geometry: BaseGeometry) -> None:
    """Refuse longitudes and latitudes, given in this order, that lie in China only the other way round.

    Raises
    ------
    Refused
        If they do.
    """
    west, south, east, north = geometry.bounds
    china = plausible().china
    if china.holds(south, west) and china.holds(north, east):
        raise Refused(
            "经纬度似乎颠倒", "longitude and latitude look swapped", "longitude 73 to 136, latitude 3 to 54"
        )


def refuse_abroad(geometry: BaseGeometry, hint: str = "") -> None:
    """Refuse a feature outside the rectangle that holds the national territory.

    Raises
    ------
    Refused
        If it is; `hint` ends what was expected.
    """
    west, south, east, north = geometry.bounds
    china = plausible().china
    if not (china.holds(west, south) and china.holds(east, north)):
        raise Refused("坐标不在中国范围内", "outside China", f"longitude 73 to 136, latitude 3 to 54{hint}")


def check_nation(geometry: BaseGeometry, regions: Regions) -> None:
    """Refuse a feature that lies outside the national outline.

    Raises
    ------
    Refused
        If it is farther out than the declared tolerance.
    """
    if regions.nation is None:
        return
    distance = distance_m(geometry, regions.nation)
    if distance > plausible().nation_tolerance_m:
        raise Refused(
            "坐标不在中国境内", "outside China", f"a place in China; this is {distance / 1000:.0f} km out"
        )


def check_county(geometry: BaseGeometry, code: str, regions: Regions) -> None:
    """Refuse a feature that lies outside the region it states.

    Raises
    ------
    Refused
        If it is farther out than the declared tolerance.
    """
    outline = regions.outlines.get(code)
    if outline is None:
        return
    distance = distance_m(geometry, outline)
    if distance <= plausible().county_tolerance_m:
        return
    shifts = [
        name for name, shift in SHIFTS.items() if outline.intersects(shapely.transform(geometry, shift))
    ]
    hint = f"; it would be inside if these were {' or '.join(shifts)} coordinates" if shifts else ""
    out = f"{distance:.0f} m" if distance < 10_000 else f"{distance / 1000:.0f} km"
    raise Refused(
        "坐标不在所填区划内", "outside the stated region", f"a place in {code}; this is {out} out{hint}"
    )


def distance_m(geometry: BaseGeometry, outline: BaseGeometry) -> float:
    """Return the metres between a feature and a region, 0 where they meet."""
    if outline.intersects(geometry):
        return 0.0
    # Degrees of longitude are shorter by the cosine of latitude: level them before looking for the nearest.
    squeeze = np.cos(np.radians(geometry.bounds[1]))

    def level(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(points * np.array([squeeze, 1.0]))

    near = shapely.get_coordinates(
        shapely.shortest_line(shapely.transform(geometry, level), shapely.transform(outline, level))
    )
    (lon, lat), (to_lon, to_lat) = near / [squeeze, 1.0]
    return float(_GEOD.inv(lon, lat, to_lon, to_lat)[2])


def _from_gcj02(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack(gcj02_to_wgs84(points[:, 0], points[:, 1]))


def _from_bd09(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return _from_gcj02(np.column_stack(bd09_to_gcj02(points[:, 0], points[:, 1])))


SHIFTS: Mapping[str, Shift] = {"GCJ-02": _from_gcj02, "BD-09": _from_bd09}
