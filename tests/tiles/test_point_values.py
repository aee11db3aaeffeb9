"""The value of a layer at a point, where its files overlap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rio_tiler.errors import PointOutsideBounds

from pipelines.raster import Raster, RasterGrid, write_cog
from tiles.point_values import value_at
from tiles.raster import AreasReader

GRID = RasterGrid((0.1, 0.0, 103.0, 0.0, -0.1, 32.0), 4, 3, "EPSG:4326")
"""103.0 to 103.4 E, 31.7 to 32.0 N."""


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, ...]:
    """Two files of one place: the first knows nothing of its western half."""
    first, second = (np.full((3, 4), value, np.float32) for value in (7.0, 11.0))
    first[:, :2] = np.nan
    second[0, 0] = np.nan
    found = tmp_path / "first.tif", tmp_path / "second.tif"
    for path, values in zip(found, (first, second), strict=True):
        write_cog(Raster(values, GRID, "elevation", "m", "made up"), path)
    return found


@pytest.mark.parametrize(
    ("lon", "lat", "value"),
    [(103.35, 31.85, 7.0), (103.15, 31.85, 11.0), (103.05, 31.95, None), (110.0, 31.85, None)],
)
def test_the_first_file_that_has_data_at_a_point_counts(
    paths: tuple[Path, ...], lon: float, lat: float, value: float | None
) -> None:
    assert value_at(paths, lon, lat) == value
    reader = AreasReader(paths)
    if lon > 104:
        with pytest.raises(PointOutsideBounds):
            reader.point(lon, lat)
    else:
        (read,) = reader.point(lon, lat).array.astype(float).filled(np.nan)
        assert np.array_equal(read, np.nan if value is None else value, equal_nan=True)
