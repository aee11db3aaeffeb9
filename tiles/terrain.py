"""Elevation as tiles for a three-dimensional map: heights in the three channels of a PNG.

References
----------
Tilezen "Terrarium": height, m = red · 256 + green + blue / 256 - 32768.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from PIL import Image

from layers.layer import Layer
from tiles.grid import Tile
from tiles.raster import GDAL_ENVIRONMENT, OUTSIDE, AreasReader

ELEVATION = "elevation"
MAX_ZOOM = 12
"""Beyond it clients stretch these tiles: no elevation model of a site is finer."""
_SIDE = 256
_LOWEST, _HIGHEST = -32768.0, 32767.0
_STEPS_PER_METRE = 256


def is_elevation(layer: Layer) -> bool:
    """Say whether a layer shows heights of the ground."""
    return layer.kind == "raster" and layer.variable == ELEVATION


def terrain_tile(paths: Sequence[Path], tile: Tile) -> bytes:
    """Return the heights of a tile as PNG, empty where no file has any; unknown heights are sea level.

    A client cannot draw a ground with holes, so what is unknown has to be something; where it is unknown the
    ground is flat.
    """
    with rasterio.Env(**GDAL_ENVIRONMENT):
        try:
            image = AreasReader(tuple(paths)).tile(tile.x, tile.y, tile.z, tilesize=_SIDE)
        except OUTSIDE:
            return b""
    band = image.array[0]
    heights = band.filled(np.nan).astype(np.float64)
    if np.isnan(heights).all():
        return b""
    out = io.BytesIO()
    Image.fromarray(terrarium(np.nan_to_num(heights))).save(out, "PNG", compress_level=6)
    return out.getvalue()


def terrarium(heights: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Write heights, m, as red, green and blue, to 1/256 m.

    Parameters
    ----------
    heights : (rows, columns) float, m

    Returns
    -------
    (rows, columns, 3) uint8
    """
    steps = np.rint((np.clip(heights, _LOWEST, _HIGHEST) - _LOWEST) * _STEPS_PER_METRE).astype(np.uint32)
    return np.stack([steps >> 16, (steps >> 8) & 255, steps & 255], axis=-1).astype(np.uint8)
