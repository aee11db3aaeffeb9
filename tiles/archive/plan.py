"""What an archive holds: which collections, where, and from which zoom to which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from minegis.errors import InvalidInput
from tiles.grid import WEB_MERCATOR, Grid, Tile

FORMATS = ("pmtiles", "mbtiles")


@dataclass(frozen=True)
class Plan:
    """An archive to be made.

    Parameters
    ----------
    area : shapely geometry, lon/lat deg
        Every tile that touches it is in the archive.

    Raises
    ------
    InvalidInput
        If the grid has no such zooms, or the format cannot hold the grid.
    """

    format: str
    title: str
    collections: tuple[str, ...]
    area: BaseGeometry
    minzoom: int
    maxzoom: int
    grid: Grid = WEB_MERCATOR

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise InvalidInput(
                "no such archive", where="format", expected=", ".join(FORMATS), got=self.format
            )
        if self.format == "pmtiles" and self.grid is not WEB_MERCATOR:
            raise InvalidInput(
                "PMTiles hold the square grid of Web Mercator only",
                where="grid",
                expected=f"{WEB_MERCATOR.id}, or mbtiles",
                got=self.grid.id,
            )
        if not self.collections:
            raise InvalidInput("an archive of nothing", where="collections", expected="one or more")
        if not self.grid.first <= self.minzoom <= self.maxzoom <= self.grid.last_drawn:
            raise InvalidInput(
                "no such zooms",
                where="zoom",
                expected=f"from {self.grid.first} to {self.grid.last_drawn}, the smaller first",
                got=f"{self.minzoom}-{self.maxzoom}",
            )
        shapely.prepare(self.area)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, deg."""
        west, south, east, north = self.area.bounds
        return west, south, east, north

    def touches(self, tile: Tile) -> bool:
        """Say whether a tile is in the archive."""
        return bool(shapely.intersects(self.area, shapely.box(*tile.lonlat_bounds())))

    def roots(self) -> Iterator[Tile]:
        """Yield the coarsest tiles."""
        west, east, north, south = self.grid.covering(self.minzoom, self.bounds)
        for x in range(west, east + 1):
            for y in range(north, south + 1):
                tile = Tile(self.minzoom, x, y, self.grid)
                if self.touches(tile):
                    yield tile

    def below(self, tile: Tile) -> Iterator[Tile]:
        """Yield the tiles of the next zoom that lie in a tile."""
        if tile.z == self.maxzoom:
            return
        for x in (2 * tile.x, 2 * tile.x + 1):
            for y in (2 * tile.y, 2 * tile.y + 1):
                child = Tile(tile.z + 1, x, y, self.grid)
                if self.touches(child):
                    yield child

    def within(self, z: int, box: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        """Return the first and last column and row of a zoom in whose tiles a box is drawn."""
        margin = 360.0 / self.grid.columns_at(z) / 32  # beyond the edge that tiles hide
        west, south, east, north = box
        grown = np.clip([west - margin, south - margin, east + margin, north + margin], -180.0, 180.0)
        return self.grid.covering(z, (grown[0], grown[1], grown[2], grown[3]))

    def key(self) -> str:
        """Return a text of all that decides what the tiles look like, but not the data."""
        parts = (*self.collections, self.grid.id, str(self.minzoom), str(self.maxzoom), self.area.wkb_hex)
        return "/".join(parts)
