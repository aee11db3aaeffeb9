"""Made-up data of the benchmark: the same features for every server, from one seed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import psycopg
import shapely

from data_catalog.store import Feature, Store
from minegis.levels import Origin

POLYGONS, POINTS, VERTICES = 100_000, 1_000_000, 33
WEST, SOUTH, EAST, NORTH = 98.0, 26.0, 108.0, 34.0
ATTRIBUTES = (
    "name", "enterprise", "county_code", "tsf_class", "status", "raise_method", "discharge", "total_storage",
    "dam_height", "raises", "beach_crest_elevation", "normal_level", "design_flood_level", "beach_slope",
    "dry_beach_length", "min_dry_beach", "pond_length", "phreatic_depth", "catchment", "overhead",
)  # fmt: skip
"""Twenty attributes of each polygon."""
DRAWN = ("id", "name", "county_code", "status", "tsf_class", "raise_method", "dam_height", "origin")
"""Those that are in a tile of every server."""
_SEED = 20261122
_CHUNK = 50_000


@dataclass(frozen=True)
class Made:
    """What was made: ids and codes to ask for, and seconds that loading took."""

    polygon_ids: list[str]
    county_codes: list[str]
    cells: int


def make(folder: Path, database: str) -> Made:
    """Make the site and the peers' files and tables, or take those of an earlier run in `folder`."""
    site, done = folder / "site", folder / "data.json"
    if not done.exists():
        for step in ("init", "run"):
            subprocess.run([sys.executable, "-m", "geoserver.cli", step, "--site", str(site)], check=True)
        frames = _polygon_frame(), _point_frame()
        with Store.open(site) as store:
            _fill(store, *frames)
            cells = max(each.rows for each in store.snapshots().values())
        _write_files(folder, *frames)
        done.write_text(json.dumps({"cells": cells}))
    cells = json.loads(done.read_text())["cells"]
    _fill_database(folder, database)
    rng = np.random.default_rng(_SEED)
    ids = [f"P{number:06d}" for number in rng.integers(0, POLYGONS, 20_000)]
    return Made(ids, [_county(number) for number in range(200)], cells)


def _county(number: int) -> str:
    return f"51{number // 20 + 1:02d}{number % 20 + 1:02d}"


def _polygon_frame() -> geopandas.GeoDataFrame:
    rng = np.random.default_rng(_SEED)
    lon, lat = rng.uniform(WEST, EAST, POLYGONS), rng.uniform(SOUTH, NORTH, POLYGONS)
    radius = rng.uniform(0.001, 0.008, POLYGONS)[:, None] * rng.uniform(0.6, 1.0, (POLYGONS, VERTICES - 1))
    angle = np.linspace(0, 2 * np.pi, VERTICES - 1, endpoint=False)
    ring = np.stack([lon[:, None] + radius * np.cos(angle), lat[:, None] + radius * np.sin(angle)], axis=-1)
    shapes = shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1))
    number = np.arange(POLYGONS)
    height = rng.uniform(10, 120, POLYGONS).round(1)
    crest = rng.uniform(400, 4000, POLYGONS).round(2)
    columns: dict[str, Any] = {
        "id": [f"P{each:06d}" for each in number],
        "name": [f"示例·第{each}号尾矿库" for each in number],
        "enterprise": [f"示例矿业第{each % 977}公司" for each in number],
        "county_code": [_county(each % 200) for each in number],
        "tsf_class": number % 5 + 1,
        "status": np.array(["in_use", "stopped", "closed"])[number % 3],
        "raise_method": np.array(["upstream", "centreline", "downstream", "single"])[number % 4],
        "discharge": np.array(["wet", "dry"])[number % 2],
        "total_storage": rng.uniform(5, 3000, POLYGONS).round(1),
        "dam_height": height,
        "raises": number % 30,
        "beach_crest_elevation": crest,
        "normal_level": crest - 5,
        "design_flood_level": crest - 2,
        "beach_slope": np.full(POLYGONS, 0.01),
        "dry_beach_length": rng.uniform(50, 400, POLYGONS).round(1),
        "min_dry_beach": np.full(POLYGONS, 50.0),
        "pond_length": rng.uniform(500, 3000, POLYGONS).round(0),
        "phreatic_depth": rng.uniform(1, 30, POLYGONS).round(2),
        "catchment": rng.uniform(0.1, 20, POLYGONS).round(2),
        "overhead": number % 7 == 0,
        "origin": np.full(POLYGONS, "sample"),
    }
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs="OGC:CRS84")


def _point_frame() -> geopandas.GeoDataFrame:
    rng = np.random.default_rng(_SEED + 1)
    number = np.arange(POINTS)
    columns = {
        "id": [f"N{each:07d}" for each in number],
        "name": [f"示例·村{each}" for each in number],
        "name_en": [f"Example village {each}" for each in number],
        "population": rng.integers(10, 100_000, POINTS),
        "origin": np.full(POINTS, "sample"),
    }
    shapes = shapely.points(rng.uniform(WEST, EAST, POINTS), rng.uniform(SOUTH, NORTH, POINTS))
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs="OGC:CRS84")


def _fill(store: Store, polygons: geopandas.GeoDataFrame, points: geopandas.GeoDataFrame) -> None:
    store.upsert("tsf", _features(polygons, ATTRIBUTES))
    store.upsert("place", _features(points, ("name", "name_en", "population")))


def _features(frame: geopandas.GeoDataFrame, names: tuple[str, ...]) -> Iterator[Feature]:
    for first in range(0, len(frame), _CHUNK):
        part = frame.iloc[first : first + _CHUNK]
        columns = [part[name].tolist() for name in names]
        for feature_id, shape, *values in zip(part["id"], part.geometry, *columns, strict=True):
            yield Feature(
                feature_id, dict(zip(names, values, strict=True)), shape, Origin.SAMPLE, "benchmark"
            )


def _write_files(folder: Path, polygons: geopandas.GeoDataFrame, points: geopandas.GeoDataFrame) -> None:
    for name, frame in (("polygons", polygons), ("points", points)):
        frame.to_parquet(folder / f"{name}.parquet")
        frame.to_file(folder / f"{name}.gpkg", layer=name, engine="pyogrio")


def _fill_database(folder: Path, database: str) -> None:
    """Load the peers' tables as their users would: GDAL, a spatial index, indexes on what is asked for."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT to_regclass('public.points')").fetchone()
    if found is not None and found[0] is not None:
        return
    target = "PG:" + database
    for name in ("polygons", "points"):
        subprocess.run(
            ["ogr2ogr", "-f", "PostgreSQL", target, str(folder / f"{name}.gpkg"), name, "-nln", name,
             "-lco", "GEOMETRY_NAME=geom", "-lco", "FID=gid", "-a_srs", "EPSG:4326"],
            check=True,
        )  # fmt: skip
    with psycopg.connect(database, autocommit=True) as connection:
        for name in ("polygons", "points"):
            connection.execute(f"CREATE UNIQUE INDEX ON {name} (id)")
            connection.execute(f"VACUUM ANALYZE {name}")
        connection.execute("CREATE INDEX ON polygons (county_code)")
