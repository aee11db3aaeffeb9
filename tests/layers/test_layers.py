from __future__ import annotations

import json

import pytest

from data_catalog.collection import WARNING
from data_catalog.dataset import datasets
from layers.layer import Layer, layer, layer_of_dataset, layers
from layers.style import NO_EVIDENCE_COLOUR
from minegis.errors import NotFound
from minegis.levels import Tier
from minegis.variables import variable

RISK = {"tier", "state", "score", "coverage", "origin", "id"}


@pytest.mark.parametrize("layer_id", sorted(layers()))
def test_every_declaration_is_whole(layer_id: str) -> None:
    declared = layer(layer_id)
    assert declared.id == layer_id
    assert declared.title.zh
    assert declared.title.en
    assert declared.legend_entries()
    assert declared.minzoom <= declared.maxzoom
    if declared.variable:
        assert variable(declared.variable)
    if declared.kind == "vector" and declared.dataset != WARNING:
        fields = {field.name for field in datasets()[declared.dataset].fields}
        named = {*declared.properties, *([declared.rank.lstrip("-")] if declared.rank else [])}
        assert named <= fields


@pytest.mark.parametrize("layer_id", sorted(layers()))
def test_no_definition_repeats_a_tier_colour(layer_id: str) -> None:
    style = json.dumps(layer(layer_id).style)
    assert not [tier for tier in Tier if tier.colour in style]


def test_every_dataset_is_drawn_by_a_layer() -> None:
    assert [name for name in datasets() if not layer_of_dataset(name)] == []


def test_what_is_not_known_is_not_painted_as_normal() -> None:
    paint = layer("tsf").paint()["fill"]["paint"]["fill-color"]
    assert paint[0] == "case"
    assert paint[2] == NO_EVIDENCE_COLOUR
    assert Tier.NONE.colour != NO_EVIDENCE_COLOUR


def test_drawing_order_has_no_ties() -> None:
    orders = [declared.order for declared in layers().values()]
    assert orders == sorted(set(orders))


def test_what_has_a_time_of_its_own_says_so_and_carries_it_in_its_tiles() -> None:
    dated = {
        name for name, each in datasets().items() if "occurred_at" in {field.name for field in each.fields}
    }
    assert dated == {"earthquake", "incident"}
    assert {each.dataset for each in layers().values() if each.occurred} == dated
    with pytest.raises(ValueError, match="occurred must be one of the properties"):
        Layer.model_validate({**layer("earthquake").model_dump(), "properties": ["name"]})


def test_an_unknown_layer_lists_those_there_are() -> None:
    with pytest.raises(NotFound, match="risk_cell"):
        layer("nope")
