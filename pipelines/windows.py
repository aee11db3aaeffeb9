"""A raster file of any size, window by window, read ahead by threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import local
from typing import Any, Self

import numpy as np
import rasterio
import rasterio.windows
from numpy.typing import NDArray

_SIZE = 2048  # pixels a side: whole blocks of our files, 16 MB of float32
_THREADS = 2
_CACHE = 64  # MB of blocks that GDAL keeps: each is read once


@dataclass(frozen=True, eq=False)
class Window:
    """Values of a part of a raster, (h, w) float, NaN where there is no data, and its upper left pixel."""

    row: int
    column: int
    values: NDArray[Any]

    @classmethod
    def whole(cls, values: NDArray[Any]) -> tuple[Self]:
        """Return a raster that is in memory as its one window."""
        return (cls(0, 0, values),)


def read_windows(path: Path, *, size: int = _SIZE, threads: int = _THREADS) -> Iterator[Window]:
    """Yield the windows of the first band from north to south, each row from west to east.

    At most two windows a thread are in memory.

    Parameters
    ----------
    path : Path
        GeoTIFF.
    size : int
        Pixels a side of a window.
    threads : int
    """
    own = local()
    opened = []

    def read(row: int, column: int) -> Window:
        if not hasattr(own, "dataset"):  # GDAL allows one thread a dataset
            own.dataset = rasterio.open(path, driver="GTiff")
            opened.append(own.dataset)
        place = rasterio.windows.Window(column, row, min(size, width - column), min(size, height - row))
        with rasterio.Env(GDAL_CACHEMAX=_CACHE):
            values = own.dataset.read(1, window=place)
        if nodata is not None and not np.isnan(nodata):
            values = np.where(values == nodata, np.nan, values)
        return Window(row, column, values)

    with rasterio.open(path, driver="GTiff") as dataset:
        width, height, nodata = dataset.width, dataset.height, dataset.nodata
    waiting: deque[Future[Window]] = deque()
    try:
        with ThreadPoolExecutor(threads) as pool:
            for row in range(0, height, size):
                for column in range(0, width, size):
                    waiting.append(pool.submit(read, row, column))
                    if len(waiting) == 2 * threads:
                        yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
    finally:
        for dataset in opened:
            dataset.close()
