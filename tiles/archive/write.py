"""Archives as other programs read them: PMTiles and MBTiles, written whole and then put in place."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from tiles.archive.plan import Plan
from tiles.archive.working import Working

_TEN_MILLIONTH = 10_000_000


def write(plan: Plan, working: Working, vector_layers: Sequence[Mapping[str, Any]], target: Path) -> int:
    """Write the archive beside its place, then move it there; return its size, bytes."""
    made = target.with_name(f".{target.name}.new")
    made.unlink(missing_ok=True)
    if plan.format == "pmtiles":
        _pmtiles(plan, working, vector_layers, made)
    else:
        working.describe(_mbtiles_metadata(plan, vector_layers))
        working.copy_to(made)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    made.replace(target)
    return target.stat().st_size


def _pmtiles(plan: Plan, working: Working, vector_layers: Sequence[Mapping[str, Any]], path: Path) -> None:
    addressed = sorted((zxy_to_tileid(z, x, 2**z - 1 - row), z, x, row) for z, x, row in working.addresses())
    west, south, east, north = plan.bounds
    with path.open("wb") as file:
        writer = Writer(file)
        for number, z, x, row in addressed:
            writer.write_tile(number, working.data(z, x, row))
        header = {
            "tile_type": TileType.MVT,
            "tile_compression": Compression.GZIP,
            "min_lon_e7": round(west * _TEN_MILLIONTH),
            "min_lat_e7": round(south * _TEN_MILLIONTH),
            "max_lon_e7": round(east * _TEN_MILLIONTH),
            "max_lat_e7": round(north * _TEN_MILLIONTH),
            "center_zoom": plan.minzoom,
            "center_lon_e7": round((west + east) / 2 * _TEN_MILLIONTH),
            "center_lat_e7": round((south + north) / 2 * _TEN_MILLIONTH),
        }
        writer.finalize(header, {"name": plan.title, "vector_layers": list(vector_layers)})


def _mbtiles_metadata(plan: Plan, vector_layers: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    west, south, east, north = plan.bounds
    return {
        "name": plan.title,
        "format": "pbf",
        "type": "overlay",
        "bounds": f"{west:.6f},{south:.6f},{east:.6f},{north:.6f}",
        "center": f"{(west + east) / 2:.6f},{(south + north) / 2:.6f},{plan.minzoom}",
        "minzoom": str(plan.minzoom),
        "maxzoom": str(plan.maxzoom),
        "scheme": "tms",
        "crs": plan.grid.crs,
        "tile_matrix_set": plan.grid.id,
        "json": json.dumps({"vector_layers": list(vector_layers)}, ensure_ascii=False),
    }
