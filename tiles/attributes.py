"""Attributes of drawn features: each value once, already in the encoding of a tile; features hold numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from data_catalog.dataset import Field
from tiles.mvt import Properties, Values
from tiles.paths import Integers

ARROW_TYPES: Mapping[str, Any] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.string(),
    "datetime": pa.string(),
}


def arrow_schema(fields: Mapping[str, Field], names: Sequence[str]) -> Any:
    """Return the Arrow schema of an id and some properties."""
    typed = [(name, ARROW_TYPES[fields[name].type]) for name in names]
    return pa.schema([("id", pa.string()), *typed])


@dataclass(frozen=True)
class Attributes:
    """Some properties of all features of a layer.

    Attributes
    ----------
    names : (k,) tuple of str
    codes : k arrays of (n,) unsigned int
        One more than the row of a feature's value among those of its property, 0 for none; None where every
        feature has a value of its own, in order.
    base : (k,) int
        Where the values of each property begin.
    """

    names: tuple[str, ...]
    codes: tuple[NDArray[np.unsignedinteger[Any]] | None, ...]
    base: Integers
    values: Values

    @classmethod
    def of_table(cls, table: Any, names: Sequence[str]) -> Attributes:
        """Encode columns of an Arrow table."""
        coded = [_coded(table.column(name)) for name in names]
        sizes = [len(values) for _, values in coded]
        return cls(
            tuple(names),
            tuple(codes for codes, _ in coded),
            np.cumsum([0, *sizes])[:-1],
            Values.join([values for _, values in coded]),
        )

    def of(self, rows: Integers) -> Properties:
        """Return what some features have."""
        found = np.empty((len(rows), len(self.names)), np.int64)
        for column, codes in enumerate(self.codes):
            found[:, column] = rows + 1 if codes is None else codes[rows]
        return Properties(self.names, np.where(found == 0, -1, found - 1 + self.base), self.values)

    @property
    def nbytes(self) -> int:
        """Memory, bytes."""
        kept = [self.values.data, self.values.start, *(each for each in self.codes if each is not None)]
        return sum(each.nbytes for each in kept)


def _coded(column: Any) -> tuple[NDArray[np.unsignedinteger[Any]] | None, Values]:
    """Return the codes and the distinct values of a column."""
    if (
        column.null_count == 0
        and pa.types.is_string(column.type)
        and pc.count_distinct(column).as_py() == len(column)
    ):
        return None, _encoded(column.combine_chunks())
    combined = column.dictionary_encode().combine_chunks()
    if isinstance(combined, pa.ChunkedArray):  # of no chunk at all
        combined = pa.array([], column.type).dictionary_encode()
    indices = combined.indices.fill_null(-1).to_numpy(zero_copy_only=False) + 1
    return indices.astype(np.min_scalar_type(len(combined.dictionary))), _encoded(combined.dictionary)


def _encoded(array: Any) -> Values:
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], array.type)
    if pa.types.is_string(array.type):
        return texts(array)
    if pa.types.is_boolean(array.type):
        return Values.booleans().take(array.to_numpy(zero_copy_only=False).astype(np.int64))
    numbers = array.to_numpy(zero_copy_only=False)
    return Values.integers(numbers) if pa.types.is_integer(array.type) else Values.floats(numbers)


def texts(array: Any) -> Values:
    """Encode an Arrow array of strings without nulls."""
    _, offsets, data = array.buffers()
    start = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1]
    return Values.texts(np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8), start)
