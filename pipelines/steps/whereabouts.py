"""Does a feature lie where its administrative code says, and if not, would it under a shifted datum?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from scipy.stats import binomtest
from shapely.geometry.base import BaseGeometry

from data_catalog.store import Store
from minegis.coordinates import bd09_to_gcj02, gcj02_to_wgs84
from minegis.errors import InvalidInput
from minegis.levels import RegionLevel
from pipelines.steps.mistake import Refused
from pipelines.steps.plausible import plausible

_GEOD = Geod(ellps="GRS80")
_NATION = "100000"

type _Shift = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Regions:
    """The regions a file speaks of: outlines by code, and codes by name where a name is unique."""

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
        name for name, shift in _SHIFTS.items() if outline.intersects(shapely.transform(geometry, shift))
    ]
    hint = f"; it would be inside if these were {' or '.join(shifts)} coordinates" if shifts else ""
    out = f"{distance:.0f} m" if distance < 10_000 else f"{distance / 1000:.0f} km"
    raise Refused(
        "坐标不在所填区划内", "outside the stated region", f"a place in {code}; this is {out} out{hint}"
    )


def refuse_unmarked_shift(
    placed: Sequence[tuple[BaseGeometry, str]], regions: Regions, *, where: str
) -> None:
    """Refuse a file whose features fit their regions better once shifted back from GCJ-02 or BD-09.

    Only features that are in their region under one reading and out of it under the other tell anything. If
    the file is what it says, either way is as likely, or the file's is likelier: a one-sided sign test.

    Raises
    ------
    InvalidInput
        If the test speaks for a shifted datum.
    """
    known = [(geometry, regions.outlines[code]) for geometry, code in placed if code in regions.outlines]
    if not known:
        return
    geometries = np.array([geometry for geometry, _ in known], dtype=object)
    outlines = np.array([outline for _, outline in known], dtype=object)
    inside = shapely.intersects(outlines, geometries)
    for name, shift in _SHIFTS.items():
        shifted = shapely.intersects(outlines, shapely.transform(geometries, shift))
        gained, lost = int(np.sum(shifted & ~inside)), int(np.sum(inside & ~shifted))
        if not gained:
            continue
        chance = binomtest(gained, gained + lost, alternative="greater").pvalue
        if chance < plausible().shifted_datum_level:
            raise InvalidInput(
                f"the coordinates look like unmarked {name}",
                where=where,
                expected="the datum option: gcj02, bd09, or wgs84 or cgcs2000 if they are true",
                got=f"{gained} features fit their region only once shifted back, {lost} only as they are",
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


_SHIFTS: dict[str, _Shift] = {"GCJ-02": _from_gcj02, "BD-09": _from_bd09}
