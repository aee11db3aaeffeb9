"""Model cards: what each model computes, from what, in which range, and how far it may be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import RootModel, model_validator

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidDeclaration, InvalidInput, NotFound
from minegis.levels import Standing
from minegis.variables import variable


class Quantity(Declaration):
    """A quantity that goes in or comes out; `variable` names it in the data dictionary where it is there."""

    name: str
    variable: str | None = None
    unit: str
    label: BilingualText

    @model_validator(mode="after")
    def _has_the_unit_of_the_dictionary(self) -> Self:
        if self.variable is not None and variable(self.variable).unit != self.unit:
            raise ValueError(
                f"{self.variable} has the unit {variable(self.variable).unit!r} in the dictionary"
            )
        return self


class ModelInput(Quantity):
    """An input: a number between `minimum` and `maximum`, or one of the words in `values`."""

    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_one_kind_of_range(self) -> Self:
        bounds = (self.minimum, self.maximum)
        if self.values:
            if bounds != (None, None):
                raise ValueError("values, or minimum and maximum, not both")
        elif self.minimum is None or self.maximum is None or self.minimum >= self.maximum:
            raise ValueError("needs values, or a minimum below a maximum")
        return self

    def within(self, value: ArrayLike) -> NDArray[np.bool_]:
        """Return where `value` is known and in the range."""
        given = np.asarray(value)
        if self.values:
            return np.isin(given, self.values)
        inside = (given >= self.minimum) & (given <= self.maximum)
        return np.asarray(inside, dtype=bool)


class Card(Declaration):
    """The card of one model; `id` is the name of its function, `inputs` are the function's arguments."""

    id: str
    version: str
    title: BilingualText
    equation: str
    source: str
    standing: Standing
    inputs: tuple[ModelInput, ...]
    outputs: tuple[Quantity, ...]
    limits: BilingualText
    provenance: str

    @property
    def method(self) -> str:
        """What an evidence chain writes: ``<card>/<version>``."""
        return f"{self.id}/{self.version}"

    def valid(self, **inputs: ArrayLike) -> NDArray[np.bool_]:
        """Return where every given input is known and inside the declared range.

        Parameters
        ----------
        **inputs : array_like
            Inputs by name, broadcast together; those left out are not judged.

        Raises
        ------
        InvalidInput
            If the model has no input of that name.
        """
        declared = {quantity.name: quantity for quantity in self.inputs}
        unknown = sorted(set(inputs) - set(declared))
        if unknown:
            raise InvalidInput(
                "no such input", where=f"card {self.id}", expected=", ".join(declared), got=", ".join(unknown)
            )
        judged = [declared[name].within(value) for name, value in inputs.items()]
        return np.asarray(np.logical_and.reduce(np.broadcast_arrays(*judged)), dtype=bool)


class _Topic(RootModel[tuple[Card, ...]]):
    pass


@cache
def topics() -> Mapping[str, tuple[Card, ...]]:
    """Return the cards of each module, keyed ``seismic.landslide``: the YAML file named as the module."""
    root = Path(__file__).parent
    files = [path for path in sorted(root.glob("*/*.yaml")) if path.with_suffix(".py").exists()]
    return MappingProxyType({f"{path.parent.name}.{path.stem}": read(path, _Topic).root for path in files})


@cache
def cards() -> Mapping[str, Card]:
    """Return every card by id, immutable.

    Raises
    ------
    InvalidDeclaration
        If two cards have the same id.
    """
    found: dict[str, Card] = {}
    for topic, topic_cards in topics().items():
        for one in topic_cards:
            if one.id in found:
                raise InvalidDeclaration("a card id is used twice", where=topic, got=one.id)
            found[one.id] = one
    return MappingProxyType(found)


def card(card_id: str) -> Card:
    """Return one card.

    Raises
    ------
    NotFound
        If there is no card of that id.
    """
    try:
        return cards()[card_id]
    except KeyError:
        raise NotFound("no such model card", where=f"card {card_id!r}", expected=", ".join(cards())) from None
