"""What runs on a block, where blocks lie, and what memory they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput
from minegis.variables import variable
from pipelines.raster import RasterGrid

Floats32 = NDArray[np.float32]
BLOCKS = (2048, 1024, 512, 256)
"""Sides of a block that are tried, in cells; multiples of 256 so that tiles of files are read whole."""
_GIB = 2**30
_BASE = 350 * 2**20  # bytes: the interpreter, its libraries and GDAL's cache


@dataclass(frozen=True)
class Place:
    """Where the values of a block lie, its halo included.

    Attributes
    ----------
    grid : RasterGrid
        Of the whole raster.
    row, column : int
        Of the block's first value in the whole raster; negative where the halo reaches beyond the edge.
    height, width : int
    """

    grid: RasterGrid
    row: int
    column: int
    height: int
    width: int

    @property
    def x(self) -> NDArray[np.float64]:
        """Centres of the columns, shape ``(width,)``, as the whole raster has them to the last bit."""
        columns = np.arange(self.column, self.column + self.width, dtype=np.float64)
        return np.float64(self.grid.transform[2]) + self.grid.transform[0] * (columns + 0.5)

    @property
    def y(self) -> NDArray[np.float64]:
        """Centres of the rows from north to south, shape ``(height,)``."""
        rows = np.arange(self.row, self.row + self.height, dtype=np.float64)
        return np.float64(self.grid.transform[5]) + self.grid.transform[4] * (rows + 0.5)


@dataclass(frozen=True)
class Step:
    """A pure function on blocks and what the engine must know of it.

    Attributes
    ----------
    name, version : str
        What lineage names; a new version makes what the old one left stale.
    function : callable
        ``function(**inputs, **parameters)`` with one float32 array an input, ``(rows, columns)`` or
        ``(times, rows, columns)``, NaN for gaps and beyond the edge. It returns one array, or one by output
        name, of its inputs' rows and columns with or without the halo. Defined in a module, so that
        a cluster's workers can find it.
    outputs : mapping of str
        Variable of the data dictionary by name of output.
    depth : int or str
        Cells of halo that `function` looks at on each side, or the name of the parameter that says so.
    placed : bool
        Whether `function` also takes ``place``, a `Place`.
    chooses : bool
        Whether `function` also takes ``outputs``, the names of those that are wanted.
    keeps_time : bool
        Whether the outputs have the time axis of the inputs; they are kept as Zarr then.
    arrays : float
        Float64 arrays of the size of all inputs together that `function` holds at once.
    scratch : tuple of str
        Layers that are kept on the way by `passes`.
    passes : callable, optional
        ``passes(engine, plan, progress)`` for what takes more than one look at the blocks: it makes the
        outputs with `Engine.each` and returns what is kept of each block. `function` then is the same for a
        raster of one block.
    """

    name: str
    version: str
    function: Callable[..., NDArray[Any] | Mapping[str, NDArray[Any]]]
    outputs: Mapping[str, str]
    depth: int | str = 0
    placed: bool = False
    chooses: bool = False
    keeps_time: bool = False
    arrays: float = 6.0
    scratch: tuple[str, ...] = ()
    passes: Callable[..., Sequence[Any]] | None = None

    def __post_init__(self) -> None:
        for name in self.outputs.values():
            variable(name)

    @property
    def halo(self) -> int:
        """Cells of halo, once it is known."""
        if isinstance(self.depth, str):
            raise InvalidInput(
                "a halo that is not known yet", where=self.name, expected=f"parameter {self.depth}"
            )
        return self.depth

    def with_halo(self, parameters: Mapping[str, Any]) -> Step:
        """Return the step with the halo that its parameters ask for.

        Raises
        ------
        InvalidInput
            If they state none, or none that is a number of cells.
        """
        if isinstance(self.depth, int):
            return self
        depth = parameters.get(self.depth)
        if not isinstance(depth, int) or not 0 <= depth <= BLOCKS[-1]:
            raise InvalidInput(
                "not a number of cells",
                where=f"{self.name}: {self.depth}",
                expected=f"0 to {BLOCKS[-1]}",
                got=str(depth),
            )
        return replace(self, depth=depth)

    @property
    def arguments(self) -> frozenset[str]:
        """Names of the function's inputs and parameters."""
        return frozenset(signature(self.function).parameters) - {"place", "outputs"}

    def bytes_of(self, block: int, inputs: int, times: int) -> int:
        """Return what one block takes in memory."""
        layers = inputs * times
        cells = (block + 2 * self.halo) ** 2
        made = (len(self.outputs) + len(self.scratch)) * (times if self.keeps_time else 1)
        return int(cells * (4 * layers + 8 * self.arrays * max(layers, 1) + 4 * made))


@dataclass(frozen=True)
class Blocks:
    """How a grid is cut: squares of `size` cells, row by row from the north-west, the last ones smaller."""

    grid: RasterGrid
    size: int
    columns: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", ceil(self.grid.width / self.size))

    def __len__(self) -> int:
        return self.columns * ceil(self.grid.height / self.size)

    def place(self, number: int, depth: int = 0) -> Place:
        """Return where block `number` lies with `depth` cells around it."""
        row, column = (each * self.size for each in divmod(number, self.columns))
        height = min(self.size, self.grid.height - row)
        width = min(self.size, self.grid.width - column)
        return Place(self.grid, row - depth, column - depth, height + 2 * depth, width + 2 * depth)


def fitting_block(step: Step, inputs: int, times: int, *, wanted: int, threads: int, memory: int) -> int:
    """Return the side of the blocks: the one wanted, or the largest that fits into memory.

    Parameters
    ----------
    wanted : int
        0 for the largest that fits.
    threads : int
        Blocks that are worked on at once by one process.
    memory : int
        Bytes that one process may take.

    Raises
    ------
    InvalidInput
        If the block wanted, or the smallest there is, does not fit; the message says which would.
    """

    def needed(block: int) -> int:
        return _BASE + threads * step.bytes_of(block, inputs, times)

    fitting = next((block for block in BLOCKS if needed(block) <= memory), 0)
    if wanted and needed(wanted) <= memory:
        return wanted
    if fitting and not wanted:
        return fitting
    block = wanted or BLOCKS[-1]
    advice = f"blocks of {fitting} would take {_gib(needed(fitting))}" if fitting else "no block would fit"
    raise InvalidInput(
        f"more memory is needed than allowed: {threads} blocks of {block} × {block} cells, "
        f"{inputs} inputs, {times} times; {advice}",
        where=step.name,
        expected=f"at most {_gib(memory)} (MINEGIS_MEMORY)",
        got=_gib(needed(block)),
    )


def _gib(size: int) -> str:
    return f"{size / _GIB:.2f} GiB"
