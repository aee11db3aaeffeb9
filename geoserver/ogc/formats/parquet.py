"""GeoParquet 1.1: columns with their types, compressed, with the frame of each item for readers that skip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from data_catalog.items import Page
from geoserver.ogc.crs import Geometries
from geoserver.ogc.formats.columns import GEOMETRY, batch, schema, shapes_of
from geoserver.ogc.formats.format import Answer
from geoserver.ogc.formats.sink import Sink
from minegis.coordinates import projjson

_ROWS_A_GROUP = 50_000
_FRAME = "bbox"
_EDGES = ("xmin", "ymin", "xmax", "ymax")
_FRAME_TYPE = pa.struct([pa.field(edge, pa.float64()) for edge in _EDGES])
_KINDS = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)


class GeoParquet:
    """Written while it is read: a row group goes out as soon as it is full, the summary at the end."""

    key = "parquet"
    media_type = "application/vnd.apache.parquet"
    title = "GeoParquet"
    suffix = ".parquet"
    streams = True
    as_text = False

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the file, a row group at a time."""
        sink = Sink()
        writer: Any = None
        summary = _Summary()
        waiting: list[pa.RecordBatch] = []
        for page in pages:
            into = schema(page.names, answer)
            shapes = shapes_of(page, answer)
            rows = batch(page, into, shapes)
            if shapes is not None:
                rows = rows.append_column(_FRAME, summary.frames(shapes))
            if writer is None:
                writer = pq.ParquetWriter(sink, rows.schema, compression="zstd")
            waiting.append(rows)
            if sum(map(len, waiting)) >= _ROWS_A_GROUP:
                writer.write_table(pa.Table.from_batches(waiting), row_group_size=_ROWS_A_GROUP)
                waiting.clear()
            yield sink.taken()
        if writer is None:
            return
        writer.write_table(pa.Table.from_batches(waiting, rows.schema), row_group_size=_ROWS_A_GROUP)
        if answer.geometry:
            writer.add_key_value_metadata({"geo": orjson.dumps(summary.metadata(answer))})
        writer.close()
        yield sink.taken()


class _Summary:
    """What the file says of all its geometries."""

    def __init__(self) -> None:
        self._kinds: set[str] = set()
        self._bounds = np.array([np.inf, np.inf, -np.inf, -np.inf])

    def frames(self, shapes: Geometries) -> pa.Array:
        """Take note of geometries and return the frame of each."""
        there = shapes[~shapely.is_missing(shapes)]
        ids, heights = shapely.get_type_id(there), shapely.has_z(there)
        for kind, height in set(zip(ids.tolist(), heights.tolist(), strict=True)):
            self._kinds.add(f"{_KINDS[kind]} Z" if height else _KINDS[kind])
        edges = shapely.bounds(shapes)
        if len(there):
            low, high = np.nanmin(edges, axis=0), np.nanmax(edges, axis=0)
            self._bounds[:2] = np.minimum(self._bounds[:2], low[:2])
            self._bounds[2:] = np.maximum(self._bounds[2:], high[2:])
        columns = [pa.array(edges[:, edge]) for edge in range(len(_EDGES))]
        missing = pa.array(shapely.is_missing(shapes))
        return pa.StructArray.from_arrays(columns, fields=list(_FRAME_TYPE), mask=missing)

    def metadata(self, answer: Answer) -> dict[str, Any]:
        """Return the `geo` metadata (GeoParquet 1.1.0)."""
        column: dict[str, Any] = {
            "encoding": "WKB",
            "geometry_types": sorted(self._kinds),
            "crs": projjson(answer.crs.name),
            "covering": {_FRAME: {edge: [_FRAME, edge] for edge in _EDGES}},
        }
        if np.isfinite(self._bounds).all():
            column["bbox"] = self._bounds.tolist()
        return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
