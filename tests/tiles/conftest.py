"""A decoder that is not ours, and the way from shapes to a tile."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyogrio.raw
import pytest
import shapely

from tiles.attributes import Attributes
from tiles.mvt import encode_layer, lines, points, polygons
from tiles.paths import LINE, POINT, POLYGON, kinds_of, paths_of

ENCODERS = {POINT: points, LINE: lines, POLYGON: polygons}


@pytest.fixture(scope="session")
def decode(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], tuple[Any, dict[str, Any]]]:
    """Read a vector tile with GDAL: geometries in tile steps (y upwards) and columns."""
    path: Path = tmp_path_factory.mktemp("mvt") / "tile.mvt"

    def read(data: bytes) -> tuple[Any, dict[str, Any]]:
        path.write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL says that a lone tile has no CRS
            meta, _, geometry, columns = pyogrio.raw.read(f"MVT:{path}", CLIP="NO")
        return shapely.from_wkb(geometry), dict(zip(meta["fields"], columns, strict=True))

    return read


@pytest.fixture(scope="session")
def encode() -> Callable[..., bytes]:
    """Write a tile of shapes whose coordinates are steps, y upwards from the bottom of the tile."""

    def write(shapes: Sequence[shapely.Geometry], columns: Mapping[str, Any] | None = None) -> bytes:
        flipped = shapely.transform(np.array(shapes), lambda xy: np.rint(xy * [1, -1] + [0, 4096]))
        kinds = kinds_of(flipped)
        paths = paths_of(flipped)
        whole = type(paths)(
            paths.x.astype(np.int64), paths.y.astype(np.int64), paths.start, paths.feature, paths.exterior
        )
        drawn = [encoder(whole.keep(kinds[whole.feature] == kind)) for kind, encoder in ENCODERS.items()]
        table = pa.table(dict(columns or {}))
        of_all = Attributes.of_table(table, table.column_names).of(np.arange(len(shapes)))
        return encode_layer("x", drawn, [of_all])

    return write
