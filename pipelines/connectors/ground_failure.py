"""Inputs of the USGS ground-failure models: a folder of rasters with the files' own names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from pydantic import RootModel

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.variables import variable
from pipelines.connectors.field import MAX_BYTES, Bounds
from pipelines.connectors.grid_file import read_grid
from pipelines.raster import Raster


class _Input(Declaration):
    file: str
    variable: str
    unit: str
    crs: str | None = None


class _Inputs(RootModel[dict[str, _Input]]):
    pass


@dataclass(frozen=True)
class GroundFailureInputs:
    """What the landslide model needs besides the shaking; each on its own grid."""

    slope: Raster
    wetness: Raster
    lithology: Raster
    land_cover: Raster


def read_ground_failure_inputs(
    folder: Path, *, bounds: Bounds | None = None, max_bytes: int = MAX_BYTES
) -> GroundFailureInputs:
    """Read slope, topographic index and class coefficients as ``ground_failure.yaml`` declares them.

    Raises
    ------
    InvalidInput
        If a file is missing or not what is declared.
    """
    rasters = {
        key: read_grid(
            folder / item.file,
            item.variable,
            unit=item.unit,
            crs=item.crs,
            bounds=bounds,
            max_bytes=max_bytes,
        )
        for key, item in _inputs().items()
    }
    rasters["slope"] = slope_from_gradient(rasters.pop("gradient"))
    return GroundFailureInputs(**rasters)


def slope_from_gradient(gradient: Raster) -> Raster:
    """Return the slope angle in degrees of a raster of tangents (rise over run).

    Raises
    ------
    InvalidInput
        If the raster is not a gradient.
    """
    if gradient.variable != "slope_gradient":
        raise InvalidInput("not a gradient", where=gradient.source, got=gradient.variable)
    return replace(
        gradient,
        values=np.degrees(np.arctan(gradient.values)),
        variable="slope_angle",
        unit=variable("slope_angle").unit,
    )


@cache
def _inputs() -> dict[str, _Input]:
    return read(Path(__file__).with_name("ground_failure.yaml"), _Inputs).root
