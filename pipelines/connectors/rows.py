"""What every vector reader returns: rows as they are in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from pipelines.connectors.text_encoding import DeclaredEncoding


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `number` is what a person sees in the file; `problem` says why it could not be read whole."""

    number: int
    values: Mapping[str, Any]
    geometry: BaseGeometry | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A file's rows in its own coordinates.

    `has_geometry` is false for tables, whose coordinates are columns; `cut_names` is true where the format
    shortens column names, as a Shapefile does to ten bytes; `about` holds the texts that describe
    the file (layer name, metadata), `notes` what the reader had to say.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    crs: CRS | None
    has_geometry: bool
    about: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    cut_names: bool = False


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a person says about a file that does not say it itself."""

    layer: str | None = None
    encoding: str | None = None

    @property
    def declared_encoding(self) -> DeclaredEncoding | None:
        """The encoding a person declared."""
        return DeclaredEncoding(self.encoding, by_person=True) if self.encoding else None
