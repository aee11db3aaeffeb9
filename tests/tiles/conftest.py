"""A decoder that is not ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyogrio.raw
import pytest
import shapely


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
