"""Rasters on the disk as lazy xarray arrays: only the window that is asked for is read."""

from __future__ import annotations

import atexit
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.transform import Affine
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
from xarray.backends import BackendArray
from xarray.core import indexing

from minegis.clock import format_utc
from minegis.errors import InvalidInput
from pipelines.engine.block import Floats32, Place
from pipelines.lineage import InputFile
from pipelines.raster import RasterGrid, crs_name

_OPEN = 16  # files that a thread keeps open


@dataclass(frozen=True)
class Source:
    """A raster, or a stack of rasters of one grid over time.

    Attributes
    ----------
    files : tuple of Path
        GeoTIFF (COG) files, or one Zarr store (a folder).
    times : tuple of datetime
        One a file, in order; empty for a raster without a time axis. A Zarr store has its own.
    band : int
        Band that is read of each GeoTIFF.
    variable : str
        Array of the Zarr store.
    onto : RasterGrid, optional
        Grid to resample to while reading; the file's own if absent.
    resampling : str
        How: ``nearest``, ``bilinear``, ``average`` …
    credit, origin : str
        Whose the data are, and what they are: ``public``, ``sample`` …; for lineage.
    """

    files: tuple[Path, ...]
    times: tuple[datetime, ...] = ()
    band: int = 1
    variable: str = ""
    onto: RasterGrid | None = None
    resampling: str = "nearest"
    credit: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        if not self.files or (len(self.files) > 1 and len(self.times) != len(self.files)):
            raise InvalidInput(
                "a stack whose times are not known",
                where=", ".join(each.name for each in self.files[:3]),
                expected="one time a file",
                got=f"{len(self.times)} times for {len(self.files)} files",
            )

    @classmethod
    def of(cls, *files: Path, **options: Any) -> Source:
        """Return the source of one file, or of a stack."""
        return cls(tuple(files), **options)

    @property
    def is_zarr(self) -> bool:
        """Whether the source is a Zarr store."""
        return self.files[0].is_dir()

    def open(self) -> xr.DataArray:
        """Return the lazy array, ``(y, x)`` or ``(time, y, x)``, float32, NaN for gaps.

        Raises
        ------
        InvalidInput
            If a file is missing, cannot be read, or is not on the grid of the others.
        """
        if self.is_zarr:
            return _open_zarr(self)
        grids = [_grid(self, file) for file in self.files]
        for file, grid in zip(self.files, grids, strict=True):
            refuse_other_grid(grid, grids[0], file.name)
        height, width = grids[0].height, grids[0].width
        lazy = xr.Variable(
            ("time", "y", "x"),
            indexing.LazilyIndexedArray(_Stack(self, (len(self.files), height, width))),
        )
        array = xr.DataArray(lazy, attrs={"grid": grids[0]})
        if not self.times:
            return array.isel(time=0)
        # xarray keeps no zone; everything here is UTC.
        return array.assign_coords(
            time=[np.datetime64(each.replace(tzinfo=None), "ns") for each in self.times]
        )

    def grid(self) -> RasterGrid:
        """Return where the cells are."""
        grid = self.open().attrs["grid"]
        assert isinstance(grid, RasterGrid)
        return grid

    def inputs(self) -> tuple[InputFile, ...]:
        """Return what lineage names: each file, the SHA-256 of its bytes, whose it is."""
        return tuple(InputFile(each.name, digest_of(each), self.credit, self.origin) for each in self.files)

    @property
    def how(self) -> tuple[Any, ...]:
        """What decides, beside the bytes of the files, which values are read."""
        grid = self.onto.key if self.onto else ""
        return self.band, self.variable, grid, self.resampling, [format_utc(each) for each in self.times]


def read_window(array: xr.DataArray, place: Place) -> Floats32:
    """Return the values at `place`, NaN beyond the edge of the raster."""
    top, left = max(place.row, 0), max(place.column, 0)
    bottom = min(place.row + place.height, place.grid.height)
    right = min(place.column + place.width, place.grid.width)
    inside = array.isel(y=slice(top, bottom), x=slice(left, right)).to_numpy()
    beyond = [(0, 0)] * (inside.ndim - 2) + [
        (top - place.row, place.row + place.height - bottom),
        (left - place.column, place.column + place.width - right),
    ]
    if any(map(any, beyond)):
        inside = np.pad(inside, beyond, constant_values=np.nan)
    return np.ascontiguousarray(inside, dtype=np.float32)


def refuse_other_grid(grid: RasterGrid, expected: RasterGrid, where: str) -> None:
    """Raise unless two grids are the same.

    Raises
    ------
    InvalidInput
        If they are not.
    """
    if grid != expected:
        raise InvalidInput(
            "rasters on different grids", where=where, expected=_shown(expected), got=_shown(grid)
        )


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a folder and their names.

    Raises
    ------
    InvalidInput
        If there is nothing.
    """
    if not path.exists():
        raise InvalidInput("no such raster", where=str(path))
    if path.is_file():
        state = path.stat()
        return _digest(path, state.st_size, state.st_mtime_ns, state.st_ino)
    whole = hashlib.sha256()
    for each in sorted(each for each in path.rglob("*") if each.is_file()):
        whole.update(f"{each.relative_to(path)} {digest_of(each)}\n".encode())
    return whole.hexdigest()


@lru_cache(maxsize=4096)
def _digest(path: Path, *_: int) -> str:
    """Hash a file once for as long as its size, time and place on the disk stay."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Stack(BackendArray):
    """Files of one grid as an array that xarray indexes before anything is read."""

    def __init__(self, source: Source, shape: tuple[int, int, int]) -> None:
        self.source, self.shape, self.dtype = source, shape, np.dtype(np.float32)

    def __getitem__(self, key: indexing.ExplicitIndexer) -> Any:
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def _read(self, key: tuple[int | slice, ...]) -> Floats32:
        time, rows, columns = (
            slice(each, each + 1) if isinstance(each, int | np.integer) else each for each in key
        )
        top, bottom, _ = rows.indices(self.shape[1])
        left, right, _ = columns.indices(self.shape[2])
        window = Window.from_slices((top, bottom), (left, right))
        read = np.stack([_read(self.source, file, window) for file in self.source.files[time]])
        dropped = tuple(n for n, each in enumerate(key) if isinstance(each, int | np.integer))
        return read.squeeze(axis=dropped) if dropped else read


def _read(source: Source, file: Path, window: Window) -> Floats32:
    dataset = _dataset(source, file)
    values = dataset.read(source.band, window=window, masked=True)
    scale, offset = dataset.scales[source.band - 1], dataset.offsets[source.band - 1]
    read: NDArray[np.float32] = values.astype(np.float32).filled(np.nan)
    return read if (scale, offset) == (1, 0) else (read * np.float32(scale) + np.float32(offset))


class _Kept(threading.local):
    """Datasets of one thread: GDAL's handles must not be shared."""

    def __init__(self) -> None:
        self.datasets: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        _EVERY.append(self.datasets)


_EVERY: list[OrderedDict[tuple[Any, ...], Any]] = []
_KEPT = _Kept()


@atexit.register
def _close() -> None:
    """Close what is open while GDAL is still there."""
    for datasets in _EVERY:
        while datasets:
            datasets.popitem()[1].close()


def _dataset(source: Source, file: Path) -> Any:
    if not file.is_file():
        raise InvalidInput("no such raster", where=str(file))
    state = file.stat()
    key = (file, state.st_mtime_ns, state.st_size, state.st_ino, source.onto, source.resampling)
    kept = _KEPT.datasets
    if key not in kept:
        kept[key] = _opened(source, file)
        while len(kept) > _OPEN:
            kept.popitem(last=False)[1].close()
    kept.move_to_end(key)
    return kept[key]


def _opened(source: Source, file: Path) -> Any:
    try:
        # Another driver would follow references to other files or addresses.
        dataset = rasterio.open(file, driver="GTiff")
    except rasterio.errors.RasterioIOError as error:
        raise InvalidInput("not a GeoTIFF", where=str(file), got=str(error)[:80]) from None
    if source.onto is None:
        return dataset
    return WarpedVRT(
        dataset,
        crs=source.onto.crs,
        transform=Affine(*source.onto.transform),
        width=source.onto.width,
        height=source.onto.height,
        resampling=Resampling[source.resampling],
        tolerance=1e-6,  # cells: the same one whatever the window; 0 leaves rasterio without a transformer
        dtype="float32",
        nodata=float("nan"),
    )


def _grid(source: Source, file: Path) -> RasterGrid:
    dataset = _dataset(source, file)
    if source.onto is not None:
        return source.onto
    crs = crs_name(dataset.crs and dataset.crs.to_wkt(), where=file.name)
    return RasterGrid(tuple(dataset.transform)[:6], dataset.width, dataset.height, crs)


def _open_zarr(source: Source) -> xr.DataArray:
    if len(source.files) != 1 or source.onto is not None:
        raise InvalidInput("a Zarr store is read alone and as it is", where=source.files[0].name)
    dataset = xr.open_zarr(source.files[0], chunks=None, consolidated=False)
    name = source.variable
    if name not in dataset or not {"y", "x"} <= set(dataset[name].dims):
        raise InvalidInput(
            "no such raster in the store",
            where=source.files[0].name,
            expected=", ".join(map(str, dataset.data_vars)),
            got=repr(name),
        )
    array: xr.DataArray = dataset[name]
    transform = tuple(map(float, array.attrs["transform"]))
    grid = RasterGrid(transform, array.sizes["x"], array.sizes["y"], array.attrs["crs"])  # type: ignore[arg-type]
    return array.assign_attrs(grid=grid)


def _shown(grid: RasterGrid) -> str:
    transform = tuple(round(each, 9) for each in grid.transform)
    return f"{grid.width} × {grid.height} of {grid.crs[:40]} at {transform}"
