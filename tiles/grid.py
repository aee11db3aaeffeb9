"""Tile grids: where a tile lies, in degrees, in the units of its grid and in whole steps of the world.

Everything that is drawn is kept in *world coordinates*: whole numbers of which `WORLD` make the way around
the Earth (19 mm at the equator), x to the east from 0°, y to the south from the equator. A tile of any grid
here begins at a whole world coordinate and is a power of two wide, so cutting one needs a shift only.

References
----------
OGC 17-083r4, Two Dimensional Tile Matrix Set, clauses 6 to 8 and annex D.
GB/T 35634-2017 and the `c` tile matrix set of Tianditu: EPSG:4490, levels counted from 1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput, NotFound

WORLD_BITS = 31
WORLD: int = 1 << WORLD_BITS
HALF_WORLD = math.pi * 6_378_137.0
MAX_LATITUDE = math.degrees(math.atan(math.sinh(math.pi)))
MAX_ZOOM = 22

_METRES_PER_DEGREE = HALF_WORLD / 180.0
_PIXEL = 0.28e-3  # m; the standard's pixel, by which scale denominators are counted
_TILE_PIXELS = 256
_EDGE_LATITUDE = 89.785  # deg; further north Mercator leaves the range of a signed 32-bit number

type Floats = NDArray[np.float64]
type World = NDArray[np.int32]
type Projection = Literal["mercator", "geographic"]


@dataclass(frozen=True, slots=True)
class Grid:
    """A tile matrix set of square tiles, each level with twice the columns and rows of the one before it.

    Parameters
    ----------
    uri : str
        Identifier in the register of the OGC, empty when it has none.
    crs : str
        Identifier of the coordinate reference system.
    first, last : int
        Numbers of the coarsest and the finest level.
    columns, rows : int
        Tiles at the first level.
    latitude_first : bool
        Whether the coordinate reference system names latitude before longitude.
    """

    id: str
    title: str
    uri: str
    scale_set: str
    crs: str
    projection: Projection
    first: int
    last: int
    columns: int
    rows: int
    latitude_first: bool = False

    @property
    def width(self) -> float:
        """Width of the world, in units of the grid: m or deg."""
        return 2 * HALF_WORLD if self.projection == "mercator" else 360.0

    @property
    def top(self) -> float:
        """Northern edge, in units of the grid."""
        return HALF_WORLD if self.projection == "mercator" else 90.0

    def columns_at(self, z: int) -> int:
        """Return how many tiles a level is wide."""
        return self.columns << (z - self.first)

    def rows_at(self, z: int) -> int:
        """Return how many tiles a level is high."""
        return self.rows << (z - self.first)

    def level_of_depth(self, depth: int) -> int:
        """Return the level of which `2 ** depth` tiles go around the Earth."""
        return depth - self.columns.bit_length() + 1 + self.first

    @property
    def last_drawn(self) -> int:
        """The finest level that vector tiles are made of."""
        return min(self.last, self.level_of_depth(MAX_ZOOM))

    def covering(self, z: int, bounds: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        """Return the first and last column and row that touch a box (west, south, east, north, deg)."""
        west, south, east, north = bounds
        x, y = to_world(np.array([west, east]), np.array([north, south]), self.projection)
        size = WORLD // self.columns_at(z)
        column = np.clip((x.astype(np.int64) + WORLD // 2) // size, 0, self.columns_at(z) - 1)
        row = np.clip((y.astype(np.int64) - self._top_of_world()) // size, 0, self.rows_at(z) - 1)
        return int(column[0]), int(column[1]), int(row[0]), int(row[1])

    def _top_of_world(self) -> int:
        return -WORLD // 2 if self.projection == "mercator" else -WORLD // 4

    def to_json(self) -> dict[str, Any]:
        """Return the JSON encoding of the standard."""
        origin = [-self.width / 2, self.top]
        matrices = []
        for z in range(self.first, self.last + 1):
            cell = self.width / self.columns_at(z) / _TILE_PIXELS
            metres = cell if self.projection == "mercator" else cell * _METRES_PER_DEGREE
            matrices.append(
                {
                    "id": str(z),
                    "scaleDenominator": metres / _PIXEL,
                    "cellSize": cell,
                    "cornerOfOrigin": "topLeft",
                    "pointOfOrigin": origin[::-1] if self.latitude_first else origin,
                    "tileWidth": _TILE_PIXELS,
                    "tileHeight": _TILE_PIXELS,
                    "matrixWidth": self.columns_at(z),
                    "matrixHeight": self.rows_at(z),
                }
            )
        axes = ["X", "Y"] if self.projection == "mercator" else ["Lon", "Lat"]
        named = {"uri": self.uri, "wellKnownScaleSet": self.scale_set}
        return {
            "id": self.id,
            "title": self.title,
            **{name: value for name, value in named.items() if value},
            "crs": self.crs,
            "orderedAxes": axes[::-1] if self.latitude_first else axes,
            "tileMatrices": matrices,
        }


_DEFINITION = "http://www.opengis.net/def"

WEB_MERCATOR = Grid(
    id="WebMercatorQuad",
    title="Google Maps Compatible for the World",
    uri=f"{_DEFINITION}/tilematrixset/OGC/1.0/WebMercatorQuad",
    scale_set=f"{_DEFINITION}/wkss/OGC/1.0/GoogleMapsCompatible",
    crs=f"{_DEFINITION}/crs/EPSG/0/3857",
    projection="mercator",
    first=0,
    last=24,
    columns=1,
    rows=1,
)
WORLD_CRS84 = Grid(
    id="WorldCRS84Quad",
    title="CRS84 for the World",
    uri=f"{_DEFINITION}/tilematrixset/OGC/1.0/WorldCRS84Quad",
    scale_set=f"{_DEFINITION}/wkss/OGC/1.0/GoogleCRS84Quad",
    crs=f"{_DEFINITION}/crs/OGC/1.3/CRS84",
    projection="geographic",
    first=0,
    last=23,
    columns=2,
    rows=1,
)
CGCS2000 = Grid(
    id="CGCS2000Quad",
    title="CGCS2000 for the World, as Tianditu numbers it (matrix set c)",
    uri="",
    scale_set="",
    crs=f"{_DEFINITION}/crs/EPSG/0/4490",
    projection="geographic",
    first=1,
    last=18,
    columns=2,
    rows=1,
    latitude_first=True,
)

GRIDS: Mapping[str, Grid] = MappingProxyType(
    {each.id: each for each in (WEB_MERCATOR, WORLD_CRS84, CGCS2000)}
)


def grid(grid_id: str) -> Grid:
    """Return one grid.

    Raises
    ------
    NotFound
        If no grid has this id.
    """
    try:
        return GRIDS[grid_id]
    except KeyError:
        where = f"tile matrix set {grid_id!r}"
        raise NotFound("no such tile matrix set", where=where, expected=", ".join(GRIDS)) from None


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; `y` counts from the north."""

    z: int
    x: int
    y: int
    grid: Grid = WEB_MERCATOR

    def __post_init__(self) -> None:
        first, last = self.grid.first, self.grid.last_drawn
        inside = first <= self.z <= last
        inside = (
            inside and 0 <= self.x < self.grid.columns_at(self.z) and 0 <= self.y < self.grid.rows_at(self.z)
        )
        if not inside:
            columns, rows = self.grid.columns, self.grid.rows
            raise NotFound(
                "no such tile",
                where=f"{self.grid.id} {self.z}/{self.x}/{self.y}",
                expected=f"z from {first} to {last}, x < {columns} and y < {rows} times 2^(z - {first})",
            )

    @classmethod
    def parse(cls, z: str, x: str, y: str, grid: Grid = WEB_MERCATOR) -> Tile:
        """Return the tile that texts name.

        Raises
        ------
        InvalidInput
            If one is not a whole number.
        NotFound
            If the grid has no such tile.
        """
        numbers = []
        for name, text in (("z", z), ("x", x), ("y", y)):
            if not (text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 10):
                raise InvalidInput("not a tile number", where=name, expected="a whole number", got=text[:40])
            numbers.append(int(text))
        level, column, row = numbers
        return cls(level, column, row, grid)

    @property
    def depth(self) -> int:
        """The zoom of web maps with tiles as wide: `2 ** depth` of them go around the Earth."""
        return self.grid.columns_at(self.z).bit_length() - 1

    @property
    def world_size(self) -> int:
        """Width and height in world coordinates."""
        return WORLD >> self.depth

    @property
    def world_origin(self) -> tuple[int, int]:
        """West and north in world coordinates."""
        size = self.world_size
        return self.x * size - WORLD // 2, self.y * size + self.grid._top_of_world()

    @property
    def size(self) -> float:
        """Width and height, in units of the grid."""
        return self.grid.width / self.grid.columns_at(self.z)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, in units of the grid."""
        west = -self.grid.width / 2 + self.x * self.size
        north = self.grid.top - self.y * self.size
        return west, north - self.size, west + self.size, north

    def lonlat_bounds(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees; `margin` is a fraction of the tile's size."""
        west, south, east, north = self.bounds
        grow = margin * self.size
        edges = west - grow, south - grow, east + grow, north + grow
        if self.grid.projection == "geographic":
            return edges
        lon, lat = to_lonlat(np.array(edges[::2]), np.array(edges[1::2]))
        return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])


def to_world(lon: Floats, lat: Floats, projection: Projection = "mercator") -> tuple[World, World]:
    """Return world coordinates of degrees.

    Parameters
    ----------
    lon, lat : (n,) float, degrees
        Longitudes beyond ±360° and, in Mercator, latitudes beyond ±89.785° are moved to that edge.
    """
    x = np.rint(np.clip(lon, -359.9, 359.9) * (WORLD / 360.0)).astype(np.int32)
    if projection == "geographic":
        return x, np.rint(np.clip(lat, -90.0, 90.0) * (-WORLD / 360.0)).astype(np.int32)
    clipped = np.radians(np.clip(lat, -_EDGE_LATITUDE, _EDGE_LATITUDE))
    return x, np.rint(np.arcsinh(np.tan(clipped)) * (-WORLD / math.tau)).astype(np.int32)


def to_geographic(y: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the geographic world coordinate of each one of Mercator."""
    latitude = np.arctan(np.sinh(y * (math.tau / WORLD)))
    found: NDArray[np.int64] = np.rint(latitude * (WORLD / math.tau)).astype(np.int64)
    return found


def to_lonlat(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return degrees for metres in EPSG:3857.

    Parameters
    ----------
    x, y : (n,) float, m
    """
    return x * 180.0 / HALF_WORLD, np.degrees(np.arctan(np.sinh(y * math.pi / HALF_WORLD)))
