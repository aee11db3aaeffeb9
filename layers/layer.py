"""Layers: what is on the one map, one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import Field as Setting
from pydantic import RootModel, model_validator

from layers.style import expand, tier_legend
from minegis.declarations import BilingualText, Declaration, read, read_folder
from minegis.errors import NotFound
from minegis.variables import variable

FOLDER = Path(__file__).with_name("definitions")
GROUPS = Path(__file__).with_name("groups.yaml")

COLOUR = r"^#[0-9A-Fa-f]{6}([0-9A-Fa-f]{2})?$"


class LegendEntry(Declaration):
    """One line of a legend."""

    colour: str = Setting(pattern=COLOUR)
    label: BilingualText


class Stop(Declaration):
    """A colour of a ramp at a value in the variable's unit."""

    value: float
    colour: str = Setting(pattern=COLOUR)


class Appearance(Declaration):
    """From which zoom on the features with a value of `field` are in the tiles."""

    field: str
    zooms: dict[str, int]


class Layer(Declaration):
    """One layer of the map.

    `style` maps a MapLibre layer type to its paint, layout and filter; the word ``tier-colour`` in it stands
    for the colours of `minegis.levels`. A raster is coloured by `ramp`, which is its legend too. `rank` names
    the field (a leading ``-`` means descending) by which crowded points are thinned at low zooms, and below
    zoom `points_below` polygons are drawn as points, so that a small one never vanishes. `occurred` names the
    property that says when a feature occurred: a map of an earlier time leaves it out.
    """

    id: str = Setting(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: BilingualText
    description: BilingualText
    group: str
    order: int
    kind: Literal["vector", "raster", "cells"]
    dataset: str = ""
    raster: str = ""
    variable: str = ""
    geometry: Literal["", "point", "line", "polygon"] = ""
    properties: tuple[str, ...] = ()
    rank: str = ""
    occurred: str = ""
    points_below: int = 0
    appears: Appearance | None = None
    minzoom: int = Setting(default=0, ge=0, le=22)
    maxzoom: int = Setting(default=14, ge=0, le=22)
    visible: bool = False
    style: dict[str, dict[str, Any]] = Setting(default={})
    ramp: tuple[Stop, ...] = ()
    legend: tuple[LegendEntry, ...] | Literal["tiers"] = ()

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "vector" and not (self.dataset and self.geometry and self.style):
            raise ValueError("a vector layer needs dataset, geometry and style")
        if self.occurred and self.occurred not in self.properties:
            raise ValueError("occurred must be one of the properties, so that it is in the tiles")
        if self.kind == "raster" and not (self.raster and len(self.ramp) > 1):
            raise ValueError("a raster layer needs raster and a ramp of two stops or more")
        if self.ramp and not (self.variable or self.legend):
            raise ValueError("a ramp without a variable needs a legend")
        values = [stop.value for stop in self.ramp]
        if values != sorted(set(values)):
            raise ValueError("the values of a ramp must grow")
        return self

    def paint(self) -> dict[str, dict[str, Any]]:
        """Return `style` with its words replaced by MapLibre expressions."""
        expanded: dict[str, dict[str, Any]] = expand(self.style)
        return expanded

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        """Return the legend, made from the tiers or the ramp where it is not written out."""
        if self.legend == "tiers":
            return tuple(
                LegendEntry(colour=colour, label=BilingualText(zh=label.zh, en=label.en))
                for colour, label in tier_legend()
            )
        if self.legend or not self.ramp:
            return self.legend
        unit = variable(self.variable).unit
        suffix = "" if unit == "1" else f" {unit}"
        return tuple(
            LegendEntry(colour=stop.colour, label=BilingualText(zh=text, en=text))
            for stop in self.ramp
            for text in [f"{stop.value:g}{suffix}"]
        )


class _Groups(RootModel[dict[str, BilingualText]]):
    pass


@cache
def groups() -> Mapping[str, BilingualText]:
    """Return the groups of the layer list, in its order."""
    return MappingProxyType(read(GROUPS, _Groups).root)


@cache
def layers() -> Mapping[str, Layer]:
    """Return every declared layer by id, in the order they are drawn, immutable."""
    found = read_folder(FOLDER, Layer)
    return MappingProxyType(
        {layer.id: layer for layer in sorted(found.values(), key=lambda each: each.order)}
    )


def layer(layer_id: str) -> Layer:
    """Return one layer.

    Raises
    ------
    NotFound
        If no layer has this id.
    """
    try:
        return layers()[layer_id]
    except KeyError:
        raise NotFound("no such layer", where=f"layer {layer_id!r}", expected=", ".join(layers())) from None


def layer_of_dataset(dataset_id: str) -> Layer:
    """Return the layer that draws a dataset.

    Raises
    ------
    NotFound
        If none does.
    """
    for candidate in layers().values():
        if candidate.dataset == dataset_id:
            return candidate
    drawn = ", ".join(each.dataset for each in layers().values() if each.dataset)
    raise NotFound("no layer draws this dataset", where=f"dataset {dataset_id!r}", expected=drawn)
