"""A layer in memory, ready to be cut into tiles: select, project, quantise, clip, encode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data_catalog.collection import Collection
from data_catalog.items import FIXED_COLUMNS, Page
from layers.layer import Layer
from minegis.errors import MinegisError
from tiles.attributes import Attributes, arrow_schema
from tiles.clip import clip_lines, clip_points, clip_rings
from tiles.grid import MAX_ZOOM, WORLD_BITS, Tile, to_geographic, to_world
from tiles.mending import mended
from tiles.mvt import EXTENT, Commands, encode_layer, lines, points, polygons
from tiles.paths import LINE, POINT, POLYGON, Flags, Integers, Paths
from tiles.shapes import Shapes, ShapesBuilder, Window, thinning

RISK = ("tier", "state", "score", "coverage")

_BUFFER = 64  # steps beyond the edges of a tile that hide them
_EDGES = (-_BUFFER, -_BUFFER, EXTENT + _BUFFER, EXTENT + _BUFFER)
_STEP_BITS = WORLD_BITS - (EXTENT.bit_length() - 1)  # of a tile at zoom 0
_CROWDED = 10_000
_SQUARE_BITS = 5  # of a crowd one is shown in 4 × 4 pixels of a tile drawn 512 pixels wide

type Abandoned = Callable[[], bool]


class Unwanted(MinegisError):
    """Nobody waits for this tile any longer."""


def never() -> bool:
    """Say that somebody waits."""
    return False


@dataclass(frozen=True)
class DrawnLayer:
    """The features of a collection as a layer draws them.

    Attributes
    ----------
    first_zoom : (n,) uint8
        The zoom from which each feature is shown.
    declared, risk : Attributes
        What comes with a feature, and what runs say of it.
    tier : (n,) int8 or None
        Tiers, by which the most severe of a crowd is shown.
    """

    name: str
    layer: Layer
    shapes: Shapes
    first_zoom: NDArray[np.uint8]
    declared: Attributes
    risk: Attributes
    tier: NDArray[np.int8] | None

    @property
    def nbytes(self) -> int:
        """Memory, bytes."""
        return self.shapes.nbytes + self.first_zoom.nbytes + self.declared.nbytes + self.risk.nbytes

    def __len__(self) -> int:
        """Return the number of features."""
        return len(self.first_zoom)

    def with_risk(self, pages: Iterator[Page], collection: Collection) -> DrawnLayer:
        """Return the same features with what a later run says of them.

        Parameters
        ----------
        pages : iterator of Page
            The same features in the same order.
        """
        names = risk_names(collection)
        table = table_of(pages, collection, names, lambda _: None)
        return replace(self, risk=Attributes.of_table(table, names), tier=_tiers(table))

    def tile(self, tile: Tile, abandoned: Abandoned = never) -> bytes:
        """Return one encoded tile, empty when nothing is in it.

        Raises
        ------
        Unwanted
            If `abandoned` says so between two steps.
        """
        window = world_window(tile)
        rows = self.shapes.near(window)
        rows = rows[self.first_zoom[rows] <= tile.depth]
        if rows.size == 0:
            return b""
        check(abandoned)
        if tile.depth < self.layer.points_below:
            drawn = [self._points(rows, np.arange(len(rows)), tile)]
        else:
            drawn = list(self._by_kind(rows, tile, window, abandoned))
        check(abandoned)
        return encode_layer(self.name, drawn, [self.declared.of(rows), self.risk.of(rows)])

    def is_empty(self, tile: Tile) -> bool:
        """Say whether nothing is in a tile, at its own zoom and at every finer one."""
        return self.shapes.near(world_window(tile)).size == 0

    def _by_kind(
        self, rows: Integers, tile: Tile, window: Window, abandoned: Abandoned
    ) -> Iterator[Commands]:
        kinds = self.shapes.kind[rows]
        beyond = _beyond(self.shapes.boxes_of(rows), window)
        for kind in (POLYGON, LINE):
            numbers = np.flatnonzero(kinds == kind)
            if numbers.size == 0:
                continue
            found = self.shapes.drawn(rows[numbers], tile.depth)
            paths = placed(replace(found, feature=numbers[found.feature]), tile)
            check(abandoned)
            commands = list(cut(paths, kind, beyond))
            yield from commands
            if kind == POLYGON and self.layer.points_below:
                seen = np.zeros(len(rows), dtype=bool)
                seen[np.concatenate([each.feature for each in commands])] = True
                lost = numbers[~seen[numbers]]  # smaller than a step, or only at the edge
                yield self._points(rows[lost], lost, tile)
        alone = np.flatnonzero(kinds == POINT)
        if alone.size:
            yield self._points(rows[alone], alone, tile, single=False)

    def _points(self, rows: Integers, numbers: Integers, tile: Tile, *, single: bool = True) -> Commands:
        """Draw features as points, each as one or as all it has; of a crowd the worst of each square."""
        found = self.shapes.anchors(rows) if single else self.shapes.drawn(rows, MAX_ZOOM)
        paths = clip_points(placed(found, tile), _EDGES)
        if len(paths.x) > _CROWDED:
            paths = paths.keep(self._most_severe(rows[paths.feature], paths))
        return points(replace(paths, feature=numbers[paths.feature]))

    def _most_severe(self, rows: Integers, paths: Paths) -> Flags:
        square = (paths.x >> _SQUARE_BITS << 16) + (paths.y >> _SQUARE_BITS)
        order = np.arange(len(rows)) if self.tier is None else np.argsort(-self.tier[rows], kind="stable")
        _, best = np.unique(square[order], return_index=True)
        kept = np.zeros(len(rows), dtype=bool)
        kept[order[best]] = True
        return kept


def check(abandoned: Abandoned) -> None:
    """Stop when nobody waits.

    Raises
    ------
    Unwanted
        If so.
    """
    if abandoned():
        raise Unwanted("nobody waits for this tile any longer")


def world_window(tile: Tile) -> Window:
    """Return the bounds of a tile with the margin that hides its edges, world coordinates of Mercator."""
    if tile.grid.projection == "geographic":
        west, south, east, north = tile.lonlat_bounds(margin=_BUFFER / EXTENT)
        x, y = to_world(np.array([west, east]), np.array([north, south]))
        return int(x[0]) - 1, int(y[0]) - 1, int(x[1]) + 1, int(y[1]) + 1
    west, north = tile.world_origin
    margin = -(-tile.world_size * _BUFFER // EXTENT)
    return west - margin, north - margin, west + tile.world_size + margin, north + tile.world_size + margin


def placed(paths: Paths, tile: Tile) -> Paths:
    """Return paths in steps of a tile, y downwards."""
    west, north = tile.world_origin
    y = to_geographic(paths.y) if tile.grid.projection == "geographic" else paths.y
    bits = _STEP_BITS - tile.depth
    if bits <= 0:
        return replace(paths, x=(paths.x - west) << -bits, y=(y - north) << -bits)
    half = 1 << bits >> 1
    return replace(paths, x=(paths.x - west + half) >> bits, y=(y - north + half) >> bits)


def _beyond(boxes: NDArray[np.int32], window: Window) -> Flags:
    west, north, east, south = window
    found: Flags = (boxes[:, 0] < west) | (boxes[:, 1] < north) | (boxes[:, 2] > east) | (boxes[:, 3] > south)
    return found


def cut(paths: Paths, kind: int, beyond: Flags, *, convex: bool = False) -> Iterator[Commands]:
    """Encode lines or polygons in steps of a tile, those of features that reach beyond it cut at its margin.

    Parameters
    ----------
    beyond : (n,) bool
        Whether each feature does, by its number.
    convex : bool
        Whether all polygons are, so that none is left in pieces.
    """
    crossing = beyond[paths.feature]
    if not crossing.all():
        inside = paths.keep(~crossing) if crossing.any() else paths
        if kind == LINE:
            yield lines(inside)
        else:
            yield polygons(inside if inside.exterior.all() else mended(inside))
    if crossing.any():
        outside = paths.keep(crossing)
        if kind == LINE:
            yield lines(clip_lines(outside, _EDGES))
        else:
            clipped, pieces = clip_rings(outside, _EDGES)
            yield polygons(clipped if convex else mended(clipped, pieces))


def table_of(
    pages: Iterator[Page], collection: Collection, names: Sequence[str], take: Callable[[Page], None]
) -> Any:
    """Return ids and properties of all pages as an Arrow table; each page is handed to `take` as well."""
    schema = arrow_schema(collection.properties, names)
    batches = []
    for page in pages:
        take(page)
        place = [FIXED_COLUMNS + page.names.index(name) for name in names]
        columns = [[row[at] for row in page.rows] for at in (0, *place)]
        arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
        batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema)


def draw(layer: Layer, collection: Collection, pages: Iterator[Page]) -> DrawnLayer:
    """Read a layer: `pages` give every feature with the properties of `properties_of`."""
    builder = ShapesBuilder(layer.maxzoom, inner_anchors=layer.points_below > 0)
    names = properties_of(layer, collection)
    table = table_of(pages, collection, names, lambda page: builder.add(row[1] for row in page.rows))
    shapes = builder.build()
    risk = risk_names(collection)
    shown = [
        name for name in dict.fromkeys((*layer.properties, "origin")) if name in names and name not in risk
    ]
    return DrawnLayer(
        name=collection.id,
        layer=layer,
        shapes=shapes,
        first_zoom=_first_zooms(layer, table, shapes),
        declared=Attributes.of_table(table, ("id", *shown)),
        risk=Attributes.of_table(table, risk),
        tier=_tiers(table),
    )


def risk_names(collection: Collection) -> tuple[str, ...]:
    """Return what runs say of the features of a collection."""
    return tuple(name for name in RISK if name in collection.properties)


def properties_of(layer: Layer, collection: Collection) -> tuple[str, ...]:
    """Return the properties that a layer is drawn from."""
    wanted = [*layer.properties, *risk_names(collection), "origin", layer.rank.lstrip("-")]
    if layer.appears is not None:
        wanted.append(layer.appears.field)
    return tuple(name for name in dict.fromkeys(wanted) if name in collection.properties)


def _tiers(table: Any) -> NDArray[np.int8] | None:
    if "tier" not in table.column_names:
        return None
    tiers: NDArray[np.int8] = pc.fill_null(table.column("tier"), 0).to_numpy().astype(np.int8)
    return tiers


def _first_zooms(layer: Layer, table: Any, shapes: Shapes) -> NDArray[np.uint8]:
    first = np.full(len(shapes.kind), layer.minzoom, np.uint8)
    if layer.appears is not None:
        field = table.column(layer.appears.field)
        for value, zoom in layer.appears.zooms.items():
            has = pc.fill_null(pc.equal(field, value), False).to_numpy()
            first = np.where(has, np.maximum(first, zoom), first).astype(np.uint8)
    if layer.rank:
        order = "descending" if layer.rank.startswith("-") else "ascending"
        ranked = pc.sort_indices(table, sort_keys=[(layer.rank.lstrip("-"), order)])
        x, y = shapes.anchor.T
        first = np.maximum(first, thinning(ranked.to_numpy(), x, y, layer.maxzoom))
    return first
