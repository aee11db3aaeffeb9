"""Read vector files and tables into rows, as they are: nothing is converted or judged here."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from minegis.errors import InvalidInput, NotFound
from pipelines.connectors.rows import ReadOptions, Row, VectorFile
from pipelines.connectors.table_file import read_csv, read_workbook
from pipelines.connectors.text_encoding import DeclaredEncoding, encoding_of

_DBF_NAME_LENGTH = 10  # bytes


def read_vector_file(
    path: Path, *, layer: str | None = None, encoding: str | None = None, prefer_layer: str = ""
) -> VectorFile:
    """Read GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet, CSV or XLSX.

    Parameters
    ----------
    path : Path
    layer : str, optional
        Layer of a GeoPackage, sheet of a workbook; needed where there are several.
    encoding : str, optional
        Text encoding of a CSV or Shapefile that does not declare one.
    prefer_layer : str
        Taken of several layers when no layer is given.

    Raises
    ------
    NotFound
        If there is no such file.
    InvalidInput
        If the file cannot be read.
    """
    if not path.is_file():
        raise NotFound("no such file", where=str(path))
    options = ReadOptions(layer=layer, encoding=encoding)
    suffix = path.suffix.lower()
    if suffix in (".csv", ".txt", ".tsv"):
        return read_csv(path, options)
    if suffix in (".xlsx", ".xlsm"):
        return read_workbook(path, options)
    if suffix in (".parquet", ".geoparquet"):
        return _read_geoparquet(path)
    if suffix in (".gpkg", ".geojson", ".json", ".shp", ".fgb"):
        return _read_ogr(path, options, prefer_layer)
    raise InvalidInput(
        "this kind of file is not read",
        where=path.name,
        expected=".gpkg, .geojson, .shp, .fgb, .parquet, .csv or .xlsx",
        got=suffix or "no suffix",
    )


def _read_ogr(path: Path, options: ReadOptions, prefer_layer: str) -> VectorFile:
    shapefile = path.suffix.lower() == ".shp"
    notes: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            layer = _only_layer(path, options.layer, prefer_layer)
            # A byte is a character in ISO 8859-1: Shapefile text comes through unharmed and is decoded below.
            meta, table = pyogrio.read_arrow(
                path,
                layer=layer,
                encoding="ISO-8859-1" if shapefile else None,
                datetime_as_string=True,
                return_fids=True,
            )
            info = pyogrio.read_info(path, layer=layer, encoding="ISO-8859-1" if shapefile else None)
        notes += [str(warning.message) for warning in caught if warning.category is RuntimeWarning]
    except (DataSourceError, DataLayerError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise InvalidInput("the file cannot be read", where=path.name, got=str(error)[:300]) from None
    geometry_name = meta["geometry_name"] or "wkb_geometry"
    if geometry_name not in table.column_names:
        raise InvalidInput("the layer has no geometry", where=f"{path.name} layer {layer}")
    records = table.to_pylist()
    if shapefile:
        records = _decoded(path, records, geometry_name, options)
    fid_column = table.column_names[0]
    if path.suffix.lower() in (".geojson", ".json") and "id" not in table.column_names:
        records = _with_feature_ids(path, records)
    numbers = [
        int(record[fid_column]) if path.suffix.lower() == ".gpkg" else index + 1
        for index, record in enumerate(records)
    ]
    names = list(records[0]) if records else table.column_names
    columns = tuple(name for name in names if name not in (fid_column, geometry_name))
    described = {**(info.get("dataset_metadata") or {}), **(info.get("layer_metadata") or {})}
    about = (str(layer), *(f"{key} {value}" for key, value in described.items()))
    rows = _rows(numbers, columns, records, geometry_name)
    return VectorFile(path, columns, rows, _crs(meta["crs"], path), True, about, tuple(notes), shapefile)


def _with_feature_ids(path: Path, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give GeoJSON rows the ids of their features; GDAL does not tell whole numbers from its own count."""
    features = json.loads(path.read_bytes()).get("features", [])
    ids = [feature.get("id") for feature in features]
    if None in ids or len(ids) != len(records):
        return records
    return [{**record, "id": feature_id} for record, feature_id in zip(records, ids, strict=True)]


def _only_layer(path: Path, wanted: str | None, preferred: str) -> str:
    layers = [str(name) for name, geometry in pyogrio.list_layers(path) if geometry is not None]
    if wanted is not None:
        if wanted not in layers:
            raise InvalidInput(
                "no such layer", where=path.name, expected=", ".join(layers) or "a layer", got=wanted
            )
        return wanted
    if preferred in layers:
        return preferred
    if len(layers) != 1:
        raise InvalidInput(
            "say which layer to read", where=path.name, expected="one of " + ", ".join(layers), got="none"
        )
    return layers[0]


def _decoded(
    path: Path, records: list[dict[str, Any]], geometry_name: str, options: ReadOptions
) -> list[dict[str, Any]]:
    """Give every text of a Shapefile its meaning, in the declared or provable encoding."""
    names = [name for record in records[:1] for name in record]
    declared = options.declared_encoding
    page = next((page for page in path.parent.glob(f"{path.stem}.[cC][pP][gG]")), None)
    if declared is None and page is not None:
        declared = DeclaredEncoding(page.read_text(encoding="ascii", errors="replace"), by_person=False)
    values = [
        value.encode("latin-1") for record in records for value in record.values() if isinstance(value, str)
    ]
    whole_names = [name.encode("latin-1") for name in names if len(name) < _DBF_NAME_LENGTH - 2]
    encoding = encoding_of(b"\n".join(whole_names + values), declared, where=path.with_suffix(".dbf").name)
    # A name cut at ten bytes may end within a character: that remainder is dropped.
    decoded = {name: name.encode("latin-1").decode(encoding, errors="ignore") for name in names}

    def read(value: Any) -> Any:
        return value.encode("latin-1").decode(encoding) if isinstance(value, str) else value

    return [{decoded[name]: read(value) for name, value in record.items()} for record in records]


def _read_geoparquet(path: Path) -> VectorFile:
    try:
        table = pq.read_table(path)
        geo = json.loads((table.schema.metadata or {}).get(b"geo", b"null"))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidInput("the file cannot be read", where=path.name, got=str(error)[:300]) from None
    if geo is None:
        raise InvalidInput("not GeoParquet", where=path.name, expected="`geo` metadata in the file")
    name = geo["primary_column"]
    column = geo["columns"][name]
    if column["encoding"] != "WKB":
        raise InvalidInput(
            "this geometry encoding is not read", where=path.name, expected="WKB", got=column["encoding"]
        )
    plain = [field.name for field in table.schema if field.name == name or not pa.types.is_nested(field.type)]
    records = table.select(plain).to_pylist()
    columns = tuple(field for field in plain if field != name)
    rows = _rows(range(1, len(records) + 1), columns, records, name)
    # An absent CRS means CRS84, a null one unknown: GeoParquet 1.1, "crs".
    crs = _crs(column.get("crs", "OGC:CRS84"), path)
    about = tuple(
        f"{key.decode()} {value.decode(errors='replace')}"
        for key, value in (table.schema.metadata or {}).items()
        if key not in (b"geo", b"pandas", b"ARROW:schema")
    )
    return VectorFile(path, columns, rows, crs, True, about)


def _rows(
    numbers: Sequence[int], columns: Sequence[str], records: list[dict[str, Any]], geometry_name: str
) -> tuple[Row, ...]:
    rows = []
    for number, record in zip(numbers, records, strict=True):
        geometry, problem = _geometry(record[geometry_name])
        rows.append(Row(number, {name: record[name] for name in columns}, geometry, problem))
    return tuple(rows)


def _geometry(wkb: Any) -> tuple[BaseGeometry | None, str]:
    if wkb is None:
        return None, ""
    try:
        return shapely.from_wkb(bytes(wkb)), ""
    except shapely.errors.ShapelyError as error:
        return None, f"a geometry that cannot be read: {error}"


def _crs(described: Any, path: Path) -> CRS | None:
    """Return the system, or None where the file has none or an undefined one."""
    if described is None:
        return None
    try:
        crs = CRS.from_user_input(described)
    except CRSError as error:
        raise InvalidInput(
            "the coordinate reference system cannot be read", where=path.name, got=str(error)[:200]
        ) from None
    return crs if crs.is_geographic or crs.is_projected else None
