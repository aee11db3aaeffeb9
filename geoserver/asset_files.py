"""An asset with its monitoring points and readings, to be carried away: CSV, GeoJSON, GeoPackage."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import shapely

from data_catalog.dataset import datasets
from data_catalog.store import Feature, Store
from geoserver.ogc.formats import gdal
from geoserver.ogc.formats.formulas import is_formula
from geoserver.ogc.formats.temporary import work_folder
from minegis.clock import format_utc
from minegis.reading import Reading
from minegis.variables import variables
from pipelines.asset_series import Window, readings_in

_MARK = "\ufeff"  # else Excel reads Chinese as the code page of the machine
_STATION = "station"
_COLUMNS = ("point_id", "variable", "unit", "observed_at", "value", "quality", "origin", "source")
_WRITER = Path(gdal.__file__).with_name("gdal_writer.py")
_SECONDS = 60
_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
    "date": pa.string(), "datetime": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class AssetData:
    """What goes into the file."""

    dataset: str
    asset: Feature
    stations: Sequence[Feature]
    readings: Sequence[Reading]


def asset_data(store: Store, dataset: str, asset_id: str, window: Window) -> AssetData:
    """Read an asset, its points and all readings of a window.

    Raises
    ------
    NotFound
        If there is no such feature.
    InvalidInput
        If there are more readings than one file holds.
    """
    asset = store.feature(dataset, asset_id, as_of=window.as_of)
    of_asset = {"asset_dataset": dataset, "asset_id": asset_id}
    return AssetData(
        dataset,
        asset,
        store.features(_STATION, where=of_asset, as_of=window.as_of),
        readings_in(store, dataset, asset_id, window),
    )


def as_csv(data: AssetData) -> bytes:
    """Return the readings as CSV (RFC 4180); no text in it is run by a spreadsheet."""
    text = StringIO(_MARK, newline="")
    text.seek(0, 2)
    rows = csv.writer(text)
    rows.writerow(["asset_id", *_COLUMNS])
    for reading in data.readings:
        told = (data.asset.id, *_row(reading).values())
        rows.writerow([f"'{each}" if isinstance(each, str) and is_formula(each) else each for each in told])
    return text.getvalue().encode()


def as_geojson(data: AssetData) -> bytes:
    """Return the asset and its points as GeoJSON (RFC 7946); the readings are beside the features."""
    features = [_feature(data.dataset, data.asset), *(_feature(_STATION, each) for each in data.stations)]
    readings = [_row(each) for each in data.readings]
    return orjson.dumps({"type": "FeatureCollection", "features": features, "readings": readings})


def as_geopackage(data: AssetData) -> bytes:
    """Return the asset, its points and its readings as three tables of a GeoPackage."""
    with work_folder() as folder:
        path = folder / "asset.gpkg"
        _write(path, data.dataset, _features_table(data.dataset, [data.asset]), spatial=True)
        if data.stations:
            _write(path, _STATION, _features_table(_STATION, data.stations), spatial=True)
        if data.readings:
            rows = [_row(each) for each in data.readings]
            columns = {name: [row[name] for row in rows] for name in _COLUMNS}
            _write(path, "reading", pa.table({**columns, "value": pa.array(columns["value"], pa.float64())}))
        return path.read_bytes()


FILES: Mapping[str, tuple[str, Callable[[AssetData], bytes]]] = {
    "csv": ("text/csv", as_csv),
    "geojson": ("application/geo+json", as_geojson),
    "gpkg": ("application/geopackage+sqlite3", as_geopackage),
}
"""Media type and maker of each format."""


def _row(reading: Reading) -> dict[str, Any]:
    known = variables().get(reading.variable)
    return {
        "point_id": reading.point_id,
        "variable": reading.variable,
        "unit": known.unit if known else "",
        "observed_at": format_utc(reading.observed_at),
        "value": reading.value,
        "quality": reading.quality.name.lower(),
        "origin": str(reading.origin),
        "source": reading.source,
    }


def _feature(dataset: str, feature: Feature) -> dict[str, Any]:
    shared = {"dataset": dataset, "origin": str(feature.origin), "source": feature.source}
    return {
        "type": "Feature",
        "id": feature.id,
        "geometry": json.loads(shapely.to_geojson(feature.geometry)),
        "properties": {**feature.properties, **shared},
    }


def _features_table(dataset: str, features: Sequence[Feature]) -> pa.Table:
    columns: dict[str, pa.Array] = {"id": pa.array([each.id for each in features])}
    for field in datasets()[dataset].fields:
        values = [each.properties.get(field.name) for each in features]
        columns[field.name] = pa.array(values, _TYPES[field.type])
    columns["origin"] = pa.array([str(each.origin) for each in features])
    columns["source"] = pa.array([each.source for each in features])
    columns["geometry"] = pa.array([shapely.to_wkb(each.geometry) for each in features], pa.binary())
    return pa.table(columns)


def _write(path: Path, layer: str, table: pa.Table, *, spatial: bool = False) -> None:
    """Add a table to a GeoPackage, in a process of its own."""
    asked: dict[str, Any] = {
        "path": str(path),
        "layer": layer,
        "driver": "GPKG",
        "append": path.exists(),
        "config": {"OGR_SQLITE_SYNCHRONOUS": "OFF", "OGR_SQLITE_JOURNAL": "OFF"},
        **({"geometry_name": "geometry", "geometry_type": "Unknown", "crs": "EPSG:4326"} if spatial else {}),
    }
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    done = subprocess.run(
        [sys.executable, "-I", str(_WRITER), json.dumps(asked)],
        input=stream.getvalue().to_pybytes(),
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"GDAL wrote no GeoPackage: {done.stderr.decode(errors='replace')[-2000:]}")
