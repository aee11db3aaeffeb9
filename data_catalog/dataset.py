"""Datasets: the schema of every vector table, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field as Setting
from pydantic import model_validator

from minegis.declarations import BilingualText, Declaration, read_folder
from minegis.errors import NotFound

FOLDER = Path(__file__).with_name("datasets")

RESERVED = frozenset({"id", "geometry", "origin", "source", "known_from", "known_to"})


class Field(Declaration):
    """One attribute of a dataset.

    `label.zh` is also the column header of the import template. `choices` maps the stored code to its labels.
    An `indexed` one is found fast by its value.
    """

    name: str = Setting(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    type: Literal["string", "integer", "number", "boolean", "date", "datetime"]
    label: BilingualText
    unit: str = ""
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: dict[str, BilingualText] = Setting(default_factory=dict)
    format: Literal["", "uscc", "region_code", "division_code"] = ""
    example: str | bool | int | float | None = None
    indexed: bool = False


class Check(Declaration):
    """A comparison between two fields of one row, or a field and a number."""

    left: str
    op: Literal["<", "<=", ">", ">=", "=="]
    right: str | float
    message: BilingualText
    severity: Literal["error", "warning"] = "error"


class Dataset(Declaration):
    """A vector table: its fields, the geometry types it takes, and what rows must satisfy."""

    id: str = Setting(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: BilingualText
    geometry: tuple[Literal["Point", "LineString", "Polygon"], ...]
    asset: bool = False
    importable: bool = False
    fields: tuple[Field, ...]
    checks: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _names_are_sound(self) -> Self:
        names = [field.name for field in self.fields]
        for name in names:
            if names.count(name) > 1 or name in RESERVED:
                raise ValueError(f"field name {name!r} is used twice or reserved")
        for check in self.checks:
            for side in (check.left, check.right):
                if isinstance(side, str) and side not in names:
                    raise ValueError(f"check names an unknown field {side!r}")
        return self

    def field(self, name: str) -> Field:
        """Return one field.

        Raises
        ------
        NotFound
            If the dataset has no such field.
        """
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        expected = ", ".join(candidate.name for candidate in self.fields)
        raise NotFound("no such field", where=f"{self.id}.{name}", expected=expected)


@cache
def datasets() -> Mapping[str, Dataset]:
    """Return every declared dataset by id, immutable."""
    return MappingProxyType(read_folder(FOLDER, Dataset))


def dataset(dataset_id: str) -> Dataset:
    """Return one dataset.

    Raises
    ------
    NotFound
        If no dataset has this id.
    """
    try:
        return datasets()[dataset_id]
    except KeyError:
        raise NotFound(
            "no such dataset", where=f"dataset {dataset_id!r}", expected=", ".join(datasets())
        ) from None
