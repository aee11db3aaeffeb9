"""Filled depressions, D8 flow, upstream area, height above drainage and wetness of rasters of any size.

A raster of one block is done at once by `flow`; a larger one tile by tile in several passes, joined by
`flow_graph`. Both give the same values bit for bit: fill levels and steps over flats do not depend on the
order in which they are found, and areas are rounded to a fraction of which sums are exact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.engine import Engine, Kept, Place, Plan, Step, read_window
from pipelines.progress import Progress
from pipelines.steps.cell_size import cell_size
from pipelines.steps.flow_graph import Cells, Links, Rim, drained_levels, inflows, spill_levels
from pipelines.steps.flow_kernels import (
    FLAT,
    GAP,
    Codes,
    Floats,
    Floats32,
    Whole,
    across_flats,
    downstream,
    flood,
    follow,
    gather,
    spread,
    steepest,
)
from pipelines.steps.terrain_kernels import gradient

_EXACT_BITS = 52


def flow(
    elevation: Floats32,
    *,
    place: Place,
    outputs: Collection[str],
    drainage_area: float,
    least_gradient: float = 0.001,
) -> Mapping[str, Floats32]:
    """Return the flow over a whole raster in memory.

    Water runs to the neighbour with the steepest fall (D8); over filled depressions and level ground it takes
    the fewest steps to where it runs on. It leaves at the raster's edge and at gaps.

    Parameters
    ----------
    elevation : (rows, columns) float32, m
        With one cell of halo, which is NaN.
    place : Place
    outputs : collection of str
        What is wanted of the step's outputs.
    drainage_area : float, m²
        Upstream area from which a cell counts as drainage.
    least_gradient : float
        What a flatter slope is taken for in the wetness index ln(a / tan β), a being the upstream area per
        side of a square of the cell's area (Beven & Kirkby 1979).
    """
    filled = flood(elevation)[0]
    padded = _padded(filled)
    size = cell_size(place.grid, place.y[1:-1])
    direction = steepest(padded, *size)
    distance = _padded(_first_distance(direction))
    spread(padded, distance)
    across_flats(padded, distance, direction)
    target = downstream(direction)
    area = _areas(place, direction)
    gather(target, area)
    area32 = _shaped(area, direction)
    end = follow(target, area32.ravel() >= drainage_area)
    found = {
        "filled_elevation": filled,
        "flow_direction": _codes(direction),
        "upstream_area": area32,
        "height_above_drainage": filled - filled.ravel()[end].reshape(filled.shape),
    }
    if "wetness_index" in outputs:
        found["wetness_index"] = wetness(elevation, area32, place, least_gradient)
    return {name: found[name] for name in outputs}


def wetness(elevation: Floats32, area: Floats32, place: Place, least_gradient: float) -> Floats32:
    """Return the topographic wetness index; `elevation` with one cell of halo, `area` without."""
    width, height = cell_size(place.grid, place.y)
    east, north = gradient(elevation, width, height)
    steepness = np.maximum(np.hypot(east, north), least_gradient)
    side = np.sqrt(width * height)[1:-1, np.newaxis]
    return np.asarray(np.log(area / side / steepness), np.float32)


def flow_in_passes(engine: Engine, plan: Plan, progress: Progress) -> Sequence[Kept]:
    """Do the same tile by tile; at no time more than a tile a thread is in memory."""
    if len(plan.blocks) == 1:
        return engine.each(plan, "whole", _whole, progress)
    rims = [_rim(kept) for kept in engine.each(plan, "flood", _flood, progress)]
    levels = spill_levels(rims, plan.blocks.grid.width)
    filled = engine.each(plan, "fill", _fill, progress, [(each,) for each in levels])
    numbers = range(len(plan.blocks))
    if any(plan.scratch.finished(number, "direction") is None for number in numbers):
        _cross_flats(engine, plan, progress)
    directed = engine.each(plan, "direction", _direct, progress)
    entering = _by_tile(plan, *inflows([_links(each) for each in directed]))
    gathered = engine.each(plan, "area", _gather, progress, entering)
    drained = _by_tile(plan, *drained_levels([_links(each) for each in gathered]))
    last = engine.each(plan, "height", _height, progress, drained)
    together = zip(filled, directed, gathered, last, strict=True)
    return [Kept({k: v for kept in each for k, v in kept.summaries.items()}, {}) for each in together]


def _cross_flats(engine: Engine, plan: Plan, progress: Progress) -> None:
    """Let the steps over level ground spread through the tiles until no tile changes another."""
    progress.begin(f"平地 Flats {plan.step.name}", 1)
    every = range(len(plan.blocks))
    engine.workers.run(_start_distance, [(plan, number) for number in every], lambda: None)
    waiting = set(every)
    while waiting:
        tiles = sorted(waiting)
        changed = engine.workers.run(_spread, [(plan, number) for number in tiles], lambda: None)
        waiting = {
            beside
            for number, rim in zip(tiles, changed, strict=True)
            if rim
            for beside in _beside(plan, number)
        }
    progress.advance()


def _beside(plan: Plan, number: int) -> list[int]:
    """Return the tiles around a tile."""
    row, column = divmod(number, plan.blocks.columns)
    rows = len(plan.blocks) // plan.blocks.columns
    return [
        down * plan.blocks.columns + right
        for down in range(max(row - 1, 0), min(row + 2, rows))
        for right in range(max(column - 1, 0), min(column + 2, plan.blocks.columns))
        if (down, right) != (row, column)
    ]


def _whole(plan: Plan, number: int) -> Kept:
    place = plan.blocks.place(number, 1)
    made = flow(_elevation(plan, place), place=place, outputs=tuple(plan.step.outputs), **plan.parameters)
    return plan.scratch.write(number, made, stage="whole")


def _flood(plan: Plan, number: int) -> Kept:
    filled, label, pair, spill = flood(_elevation(plan, plan.blocks.place(number, 1)))
    pair, which = np.unique(pair, return_inverse=True)
    least = np.full(pair.size, np.inf, np.float32)
    np.minimum.at(least, which, spill)
    rim = _rim_cells(label >= 0)
    facts: dict[str, NDArray[Any]] = {
        "cell": _named(plan, number, rim),
        "level": filled.ravel()[rim],
        "label": label.ravel()[rim],
        "labels": np.array(max(label.max(initial=0), 0)),
        "pair": pair,
        "spill": least,
    }
    made = {"tile_filled": filled, "catchment": label.astype(np.float32)}
    return plan.scratch.write(number, made, stage="flood", facts=facts)


def _fill(plan: Plan, number: int, levels: Floats32) -> Kept:
    place = plan.blocks.place(number)
    filled = plan.scratch.window("tile_filled", place)[0]
    label = plan.scratch.window("catchment", place)[0].astype(np.int32)
    # A gap has label -1 and stays NaN whatever is compared with it.
    raised = np.maximum(filled, levels[np.maximum(label, 0)])
    return plan.scratch.write(number, {"filled_elevation": raised}, stage="fill")


def _start_distance(plan: Plan, number: int) -> None:
    place, padded = _filled(plan, number)
    direction = steepest(padded, *cell_size(place.grid, place.y[1:-1]))
    plan.scratch.put(number, "distance", _first_distance(direction))


def _spread(plan: Plan, number: int) -> bool:
    place, padded = _filled(plan, number)
    distance = plan.scratch.window("distance", place)[0]
    changed = spread(padded, distance)
    plan.scratch.put(number, "distance", distance[1:-1, 1:-1])
    return changed


def _direct(plan: Plan, number: int) -> Kept:
    place, padded = _filled(plan, number)
    direction = steepest(padded, *cell_size(place.grid, place.y[1:-1]))
    across_flats(padded, plan.scratch.window("distance", place)[0], direction)
    target = downstream(direction)
    amount = _areas(place, direction)
    gather(target, amount)
    facts = _facts(plan, number, direction, target, amount, np.zeros(target.size, np.bool_), padded)
    return plan.scratch.write(number, {"flow_direction": _codes(direction)}, stage="direction", facts=facts)


def _gather(plan: Plan, number: int, entering: Cells, amount: Floats) -> Kept:
    place, padded = _filled(plan, number)
    direction = _direction(plan, number)
    target = downstream(direction)
    area = _areas(place, direction)
    area[_local(plan, number, entering)] += amount
    gather(target, area)
    area32 = _shaped(area, direction)
    drains = area32.ravel() >= plan.parameters["drainage_area"]
    facts = _facts(plan, number, direction, target, area, drains, padded)
    return plan.scratch.write(number, {"upstream_area": area32}, stage="area", facts=facts)


def _height(plan: Plan, number: int, leaving: Cells, level: Floats) -> Kept:
    place, padded = _filled(plan, number)
    filled = padded[1:-1, 1:-1]
    area = plan.scratch.window("upstream_area", plan.blocks.place(number))[0]
    drains = area.ravel() >= plan.parameters["drainage_area"]
    end = follow(downstream(_direction(plan, number)), drains)
    base = np.ascontiguousarray(filled).ravel()
    exits = _local(plan, number, leaving)
    passed_on = ~drains[exits]
    base[exits[passed_on]] = level[passed_on]
    made = {
        "height_above_drainage": filled - base[end].reshape(filled.shape),
        "wetness_index": wetness(
            _elevation(plan, place), area, place, plan.parameters.get("least_gradient", 0.001)
        ),
    }
    return plan.scratch.write(number, made, stage="height")


def _facts(
    plan: Plan,
    number: int,
    direction: Codes,
    target: Whole,
    amount: Floats,
    stop: NDArray[np.bool_],
    padded: Floats32,
) -> dict[str, NDArray[Any]]:
    """Say of the cells along the rim where their water comes to, and what leaves over the rim."""
    rim = _rim_cells(direction != GAP)
    end = follow(target, stop)[rim]
    leaves = (target[end] == -2) & ~stop[end]
    filled = padded[1:-1, 1:-1].ravel()
    exits = np.flatnonzero(target == -2)
    code = direction.ravel()[exits].astype(np.int64)
    way = np.log2(code).astype(np.int64)
    down, right = np.array((0, 1, 1, 1, 0, -1, -1, -1)), np.array((1, 1, 0, -1, -1, -1, 0, 1))
    cell = _named(plan, number, exits)
    return {
        "cell": _named(plan, number, rim),
        "end": _named(plan, number, end),
        "level": np.where(leaves, np.nan, filled[end].astype(np.float64)),
        "exit": cell,
        "target": cell + down[way] * plan.blocks.grid.width + right[way],
        "amount": amount[exits],
    }


def _rim(kept: Kept) -> Rim:
    facts = kept.facts
    names = ("cell", "level", "label", "pair", "spill")
    return Rim(labels=int(facts["labels"]), **{name: facts[name] for name in names})


def _links(kept: Kept) -> Links:
    return Links(**kept.facts)


def _elevation(plan: Plan, place: Place) -> Floats32:
    return read_window(plan.sources["elevation"].open(), place)


def _filled(plan: Plan, number: int) -> tuple[Place, Floats32]:
    place = plan.blocks.place(number, 1)
    return place, plan.scratch.window("filled_elevation", place)[0]


def _direction(plan: Plan, number: int) -> Codes:
    kept = plan.scratch.window("flow_direction", plan.blocks.place(number))[0]
    return np.where(np.isnan(kept), np.float32(GAP), kept).astype(np.uint8)


def _codes(direction: Codes) -> Floats32:
    return np.where(direction == GAP, np.float32(np.nan), direction.astype(np.float32))


def _first_distance(direction: Codes) -> Floats32:
    found = np.where(direction == FLAT, np.float32(np.inf), np.float32(0))
    return np.where(direction == GAP, np.float32(np.nan), found)


def _areas(place: Place, direction: Codes) -> Floats:
    """Return the area of each cell, 0 for gaps, rounded so that sums are exact in whatever order."""
    every = np.multiply(*cell_size(place.grid, place.grid.y))
    fraction = 2.0 ** (np.ceil(np.log2(every.max() * every.size * place.grid.width)) - _EXACT_BITS)
    rows = np.multiply(*cell_size(place.grid, place.y[1:-1]))
    rounded = np.round(rows / fraction) * fraction
    return np.where(direction == GAP, 0.0, rounded[:, np.newaxis]).ravel()


def _shaped(area: Floats, direction: Codes) -> Floats32:
    gaps = direction == GAP
    return np.where(gaps, np.float32(np.nan), area.reshape(gaps.shape).astype(np.float32))


def _padded(values: Floats32) -> Floats32:
    return np.pad(values, 1, constant_values=np.nan)


def _rim_cells(known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the known cells along a tile's rim."""
    rim = np.zeros_like(known)
    rim[[0, -1], :] = rim[:, [0, -1]] = True
    return np.flatnonzero(rim & known)


def _named(plan: Plan, number: int, cells: NDArray[np.integer]) -> Cells:
    """Return cells of a tile as cells of the whole raster."""
    place = plan.blocks.place(number)
    row, column = np.divmod(cells.astype(np.int64), place.width)
    return np.asarray((row + place.row) * plan.blocks.grid.width + column + place.column)


def _local(plan: Plan, number: int, cells: Cells) -> NDArray[np.int64]:
    """Return cells of the whole raster as cells of a tile."""
    place = plan.blocks.place(number)
    row, column = np.divmod(cells, plan.blocks.grid.width)
    return np.asarray((row - place.row) * place.width + column - place.column)


def _by_tile(plan: Plan, cells: Cells, values: Floats) -> list[tuple[Cells, Floats]]:
    """Return cells and their values by the tile that they lie in."""
    row, column = np.divmod(cells, plan.blocks.grid.width)
    tile = row // plan.blocks.size * plan.blocks.columns + column // plan.blocks.size
    order = np.argsort(tile, kind="stable")
    ends = np.searchsorted(tile[order], np.arange(len(plan.blocks) + 1))
    return [(cells[order[first:last]], values[order[first:last]]) for first, last in pairwise(ends)]


FLOW = Step(
    name="terrain_flow",
    version="1",
    function=flow,
    outputs={
        name: name
        for name in (
            "filled_elevation",
            "flow_direction",
            "upstream_area",
            "height_above_drainage",
            "wetness_index",
        )
    },
    depth=1,
    placed=True,
    chooses=True,
    arrays=8.0,
    scratch=("tile_filled", "catchment", "distance"),
    passes=flow_in_passes,
)
STEPS = (FLOW,)
