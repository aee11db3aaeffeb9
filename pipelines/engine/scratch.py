"""Where a run keeps its finished blocks: one flat file an output, one mark a finished block.

The folder is named after the hash of all that makes the blocks, so a run that was stopped finds its own
blocks again and no others. A mark holds the check sum of the block's values: after a loss of power, what does
not agree is made again.
"""

from __future__ import annotations

import io
import os
import shutil
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

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
class Kept:
    """What is known of a finished block: what its outputs add up to, and small arrays for the whole."""

    summaries: Mapping[str, Summary]
    facts: Mapping[str, NDArray[Any]]


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
        self.folder.mkdir(parents=True, exist_ok=True)
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

    def write(
        self,
        number: int,
        made: Mapping[str, Floats32],
        *,
        stage: str = "blocks",
        facts: Mapping[str, NDArray[Any]] | None = None,
    ) -> Kept:
        """Keep a finished block; ``(rows, columns)`` or ``(layers, rows, columns)`` an output."""
        mark = self._mark(stage, number)
        mark.parent.mkdir(parents=True, exist_ok=True)
        marks = {}
        summaries = {}
        for name, block in made.items():
            marks[name] = zlib.crc32(self.put(number, name, block))
            summaries[name] = Summary.of(block)
        packed = io.BytesIO()
        np.savez(packed, **dict(facts or {}))  # type: ignore[arg-type]
        mark.with_suffix(".npz").write_bytes(packed.getvalue())
        part = mark.with_suffix(f".{os.getpid()}{PART}")
        part.write_bytes(orjson.dumps({"values": marks, "facts": zlib.crc32(packed.getvalue())}))
        part.replace(mark)
        return Kept(summaries, facts or {})

    def put(self, number: int, output: str, block: Floats32) -> Floats32:
        """Write the values of a block that is not finished yet; return them as they were written."""
        place = self.blocks.place(number)
        values = np.ascontiguousarray(block, dtype="<f4").reshape(-1, place.height, place.width)
        self._put(output, place, values)
        return values

    def finished(self, number: int, stage: str = "blocks") -> Kept | None:
        """Return what is known of a block if it is kept whole, else None."""
        mark = self._mark(stage, number)
        try:
            marks = orjson.loads(mark.read_bytes())
            packed = mark.with_suffix(".npz").read_bytes()
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        if zlib.crc32(packed) != marks["facts"]:
            return None
        summaries = {}
        for name, value in marks["values"].items():
            values = self.window(name, self.blocks.place(number))
            if zlib.crc32(values) != value:
                return None
            summaries[name] = Summary.of(values)
        with np.load(io.BytesIO(packed)) as facts:
            return Kept(summaries, dict(facts))

    def window(self, output: str, place: Place) -> Floats32:
        """Return the values at a place, ``(layers, rows, columns)``, NaN beyond the grid."""
        grid = self.blocks.grid
        top, left = max(place.row, 0), max(place.column, 0)
        bottom = min(place.row + place.height, grid.height)
        right = min(place.column + place.width, grid.width)
        values = np.full((self.layers[output], place.height, place.width), np.nan, np.float32)
        values[:, top - place.row : bottom - place.row, left - place.column : right - place.column] = (
            self._mapped(output)[:, top:bottom, left:right]
        )
        return values

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

    def _mapped(self, name: str) -> np.memmap[tuple[int, int, int], np.dtype[np.float32]]:
        grid = self.blocks.grid
        shape = (self.layers[name], grid.height, grid.width)
        return np.memmap(self.file(name), dtype="<f4", mode="r", shape=shape)

    def _mark(self, stage: str, number: int) -> Path:
        return self.folder / stage / str(number)


def _write_all(handle: int, data: memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(handle, data, offset)
        data, offset = data[written:], offset + written
