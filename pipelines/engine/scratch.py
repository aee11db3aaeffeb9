"""Where a run keeps its finished blocks: one flat file an output, one mark a finished block.

The folder is named after the hash of all that makes the blocks, so a run that was stopped finds its own
blocks again and no others. A mark holds the check sum of the block's values: after a loss of power, what does
not agree is made again.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from pipelines.durable import PART
from pipelines.engine.block import Blocks, Floats32, Place


@dataclass(frozen=True)
class Summary:
    """What a block's values add up to: how many are known, their least, greatest and sum."""

    count: int
    minimum: float
    maximum: float
    total: float

    @classmethod
    def of(cls, values: Floats32) -> Summary:
        """Return the summary of values with NaN for gaps."""
        known = values[np.isfinite(values)]
        if not known.size:
            return cls(0, float("inf"), float("-inf"), 0.0)
        return cls(known.size, float(known.min()), float(known.max()), float(known.sum(dtype=np.float64)))

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            self.count + other.count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
        )


@dataclass(frozen=True)
class Scratch:
    """The flat files of a run.

    Attributes
    ----------
    folder : Path
        Every worker must see it under this name.
    blocks : Blocks
    layers : mapping of int
        Layers over each other (times) of each output.
    """

    folder: Path
    blocks: Blocks
    layers: Mapping[str, int]

    def prepare(self) -> None:
        """Make the files, or take what a stopped run left; their room is taken when blocks are written."""
        (self.folder / "done").mkdir(parents=True, exist_ok=True)
        grid = self.blocks.grid
        for name, layers in self.layers.items():
            with self.file(name).open("ab") as file:
                file.truncate(4 * layers * grid.height * grid.width)

    def file(self, output: str) -> Path:
        """Return the flat file of an output: float32, layer by layer, row by row."""
        return self.folder / f"{output}.raw"

    def remove(self) -> None:
        """Delete everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, number: int, made: Mapping[str, Floats32]) -> dict[str, Summary]:
        """Keep a finished block; ``(rows, columns)`` or ``(layers, rows, columns)`` an output."""
        place = self.blocks.place(number)
        marks = {}
        summaries = {}
        for name, block in made.items():
            values = np.ascontiguousarray(block, dtype="<f4").reshape(-1, place.height, place.width)
            self._put(name, place, values)
            summaries[name] = Summary.of(values)
            marks[name] = zlib.crc32(values)
        part = self._mark(number).with_suffix(f".{os.getpid()}{PART}")
        part.write_bytes(orjson.dumps(marks))
        part.replace(self._mark(number))
        return summaries

    def read(self, number: int, output: str) -> Floats32:
        """Return a block that was written, ``(layers, rows, columns)``."""
        return self.window(output, self.blocks.place(number))

    def window(self, output: str, place: Place) -> Floats32:
        """Return the values at a place that lies inside the grid, ``(layers, rows, columns)``."""
        whole = self._mapped(output, "r")
        rows = slice(place.row, place.row + place.height)
        return np.array(whole[:, rows, place.column : place.column + place.width])

    def finished(self, number: int) -> dict[str, Summary] | None:
        """Return the summaries of a block if it is kept whole, else None."""
        try:
            marks = orjson.loads(self._mark(number).read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        if set(marks) != set(self.layers):
            return None
        summaries = {}
        for name, mark in marks.items():
            values = self.read(number, name)
            if zlib.crc32(values) != mark:
                return None
            summaries[name] = Summary.of(values)
        return summaries

    def _put(self, name: str, place: Place, values: Floats32) -> None:
        """Write row by row: a full disk is an error of the write, not a signal as with mapped memory."""
        width, height = self.blocks.grid.width, self.blocks.grid.height
        handle = os.open(self.file(name), os.O_WRONLY)
        try:
            for layer, rows in enumerate(values):
                for row, line in enumerate(rows, start=place.row):
                    offset = 4 * ((layer * height + row) * width + place.column)
                    _write_all(handle, memoryview(line).cast("B"), offset)
        finally:
            os.close(handle)

    def _mapped(self, name: str, mode: str) -> np.memmap[tuple[int, int, int], np.dtype[np.float32]]:
        grid = self.blocks.grid
        shape = (self.layers[name], grid.height, grid.width)
        return np.memmap(self.file(name), dtype="<f4", mode=mode, shape=shape)  # type: ignore[call-overload,no-any-return]

    def _mark(self, number: int) -> Path:
        return self.folder / "done" / str(number)


def _write_all(handle: int, data: memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(handle, data, offset)
        data, offset = data[written:], offset + written
