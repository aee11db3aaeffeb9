"""What a raster says in each footprint: weights found once and kept, then each new raster is one pass."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from minegis.cells import usable
from minegis.chunks import in_chunks
from minegis.compiled import compiled
from minegis.errors import InvalidInput
from minegis.sphere import Shapes
from pipelines.raster import RasterGrid
from pipelines.steps.kept import kept_arrays
from pipelines.steps.overlap import coverage

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_FOOTPRINTS = 256  # worked on at a time
_WHOLE = 1.0 - 1e-12  # rounding of a pixel that is covered wholly
_METHOD = b"zonal weights 1"  # part of the key: a change of method makes older files stale


@dataclass(frozen=True, eq=False)
class ZonalStatistics:
    """What a raster says in each of n footprints.

    Attributes
    ----------
    count : (n,) float
        Pixels with a value, each by the part of it that the footprint covers.
    sum : (n,) float
        Of values times that part; zero where there is none.
    min, max : (n,) float
        Of every pixel with a value that the footprint reaches into; NaN where there is none.
    """

    count: Floats
    sum: Floats
    min: Floats
    max: Floats

    @property
    def mean(self) -> Floats:
        """Mean weighted by the parts covered, (n,), NaN where nothing has a value."""
        mean = np.full(self.sum.size, np.nan)
        np.divide(self.sum, self.count, out=mean, where=self.count > 0.0)
        return mean


@dataclass(frozen=True, eq=False)
class ZonalWeights:
    """Which part of which pixel each footprint covers: the pixels on its edge, and runs of those inside.

    Attributes
    ----------
    grid : RasterGrid
    edge_start : (n + 1,) int
        Where each footprint's edge pixels begin.
    edge_pixel : (k,) int
        ``row * width + column``.
    edge_part : (k,) float
        Part of the pixel that is covered, 0 < part ≤ 1.
    run_start : (n + 1,) int
        Where each footprint's runs begin.
    run_pixel : (r,) int
        First pixel of a run along a row, of pixels wholly covered.
    run_length : (r,) int32
    """

    grid: RasterGrid
    edge_start: Indices
    edge_pixel: Indices
    edge_part: Floats
    run_start: Indices
    run_pixel: Indices
    run_length: NDArray[np.int32]

    @classmethod
    def load_or_compute(cls, folder: Path, grid: RasterGrid, shapes: Shapes) -> ZonalWeights:
        """Return the weights kept in `folder`, or compute and keep them there; see `kept_arrays`.

        Raises
        ------
        InvalidInput
            As `overlap.coverage`.
        """
        outlines = hashlib.sha256(b"".join(shapely.to_wkb(usable(shapes)))).digest()
        key = hashlib.sha256(_METHOD + repr(grid).encode() + outlines).hexdigest()

        names = tuple(each.name for each in fields(cls) if each.name != "grid")

        def make() -> dict[str, NDArray[Any]]:
            weights = zonal_weights(grid, shapes)
            return {name: getattr(weights, name) for name in names}

        return cls(grid, **kept_arrays(folder, key, names, make))

    def statistics(self, values: NDArray[Any]) -> ZonalStatistics:
        """Return what a raster says in each footprint.

        Parameters
        ----------
        values : (height, width) float
            What is not finite has no value.

        Raises
        ------
        InvalidInput
            If the values do not fit the grid.
        """
        if values.shape != (self.grid.height, self.grid.width):
            raise InvalidInput(
                "values do not fit the grid of the weights",
                where="values",
                expected=str((self.grid.height, self.grid.width)),
                got=str(values.shape),
            )
        zones = self.edge_start.size - 1
        sums, extremes = np.zeros((2, zones)), np.full((2, zones), np.nan)
        flat = np.ravel(values)
        edge = (self.edge_pixel, self.edge_part)
        run = (self.run_pixel, self.run_length)

        def work(piece: slice) -> None:
            starts = tuple(start[piece.start : piece.stop + 1] for start in (self.edge_start, self.run_start))
            _statistics(flat, starts, edge, run, sums[:, piece], extremes[:, piece])

        in_chunks(zones, work, size=_FOOTPRINTS)
        return ZonalStatistics(*sums, *extremes)


def zonal_weights(grid: RasterGrid, shapes: Shapes) -> ZonalWeights:
    """Find which part of which pixel each footprint covers; see `overlap.coverage`.

    Raises
    ------
    InvalidInput
        As `overlap.coverage`.
    """
    start, pixel, part = coverage(grid, shapes)
    whole = part > _WHOLE
    inside = np.flatnonzero(whole)
    begins = np.ones(inside.size + 1, dtype=bool)
    begins[1:-1] = (np.diff(inside) > 1) | (np.diff(pixel[inside]) != 1)
    begins[np.searchsorted(inside, start)] = True
    first = np.flatnonzero(begins)
    return ZonalWeights(
        grid,
        edge_start=start - np.searchsorted(inside, start),
        edge_pixel=pixel[~whole],
        edge_part=part[~whole],
        run_start=np.searchsorted(first, np.searchsorted(inside, start)),
        run_pixel=pixel[inside[first[:-1]]],
        run_length=np.diff(first).astype(np.int32),
    )


@compiled
def _statistics(
    values: NDArray[Any],
    starts: tuple[Indices, ...],
    edge: tuple[Indices, Floats],
    run: tuple[Indices, NDArray[np.int32]],
    sums: Floats,
    extremes: Floats,
) -> None:
    """Write count and sum, and least and largest value, of each footprint."""
    edge_start, run_start = starts
    edge_pixel, edge_part = edge
    run_pixel, run_length = run
    for zone in range(edge_start.size - 1):
        known, added, least, most = 0.0, 0.0, np.inf, -np.inf
        for at in range(edge_start[zone], edge_start[zone + 1]):
            value = values[edge_pixel[at]]
            if abs(value) < np.inf:
                known += edge_part[at]
                added += edge_part[at] * value
                least, most = min(least, value), max(most, value)
        whole = 0
        for at in range(run_start[zone], run_start[zone + 1]):
            whole += run_length[at]
            for here in range(run_pixel[at], run_pixel[at] + run_length[at]):
                value = values[here]
                if abs(value) < np.inf:
                    added += value
                    least, most = min(least, value), max(most, value)
                else:
                    whole -= 1
        sums[0, zone], sums[1, zone] = known + whole, added
        if least <= most:
            extremes[0, zone], extremes[1, zone] = least, most
