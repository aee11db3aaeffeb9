"""Every card says what its function takes and gives, as the function does."""

import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from minegis.errors import InvalidInput, MinegisError, NotFound
from minegis.levels import Standing
from minegis.variables import variable
from risk_models.cards import Card, card, cards, topics

SCIENCE = Path(__file__).parents[2] / "docs" / "science"
PAGES = [SCIENCE / "models.md", *sorted((SCIENCE / "models").glob("*.md"))]
CARDS = [(topic, one) for topic, some in topics().items() for one in some]
every_card = pytest.mark.parametrize(("topic", "one"), CARDS, ids=[one.id for _, one in CARDS])


@every_card
def test_the_inputs_of_a_card_are_the_arguments_of_its_function(topic: str, one: Card):
    function = getattr(import_module(f"risk_models.{topic}"), one.id)
    assert [quantity.name for quantity in one.inputs] == list(inspect.signature(function).parameters)


@every_card
def test_a_card_speaks_both_languages(topic: str, one: Card):
    texts = [one.title, one.limits, *(quantity.label for quantity in (*one.inputs, *one.outputs))]
    for text in texts:
        assert text.en.strip()
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in text.en), text
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), text


@every_card
def test_a_range_lies_in_that_of_the_data_dictionary(topic: str, one: Card):
    for quantity in one.inputs:
        if quantity.variable is not None:
            known = variable(quantity.variable)
            assert known.minimum <= quantity.minimum < quantity.maximum <= known.maximum, quantity.name


@every_card
def test_a_card_tells_where_its_equation_comes_from(topic: str, one: Card):
    assert one.equation
    assert one.source
    assert one.provenance
    assert one.outputs
    assert one.method == f"{one.id}/{one.version}"


@every_card
def test_the_pages_of_models_name_every_card_and_its_standing(topic: str, one: Card):
    lines = (line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines())
    rows = [line for line in lines if line.startswith(f"| `{one.id}` |")]
    assert len(rows) == 1
    assert f"| {one.standing} |" in rows[0]


def test_public_functions_of_a_module_with_cards_have_one():
    without = []
    for topic in topics():
        module = import_module(f"risk_models.{topic}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            is_ours = function.__module__ == module.__name__ and not name.startswith("_")
            if (
                is_ours
                and name not in cards()
                and "NDArray" in str(inspect.signature(function).return_annotation)
            ):
                without.append(name)
    # Look-ups in declared tables and geometry compute no quantity of a model.
    assert set(without) == {
        "distance_and_azimuth",
        "intensity_degree",
        "land_cover_coefficient",
        "lithology_coefficient",
        "region_at",
        "roman_numeral",
    }


def test_a_model_that_leans_on_default_ground_properties_is_illustrative():
    for name in (
        "factor_of_safety",
        "slope_normal_factor_of_safety",
        "critical_acceleration",
        "wet_fraction",
    ):
        assert card(name).standing is Standing.ILLUSTRATIVE


def test_a_card_tells_which_inputs_it_may_be_used_for():
    yu = card("shaking")
    # 3.0 is below the smallest magnitude, 400 km beyond the largest distance, NaN is not known
    inside = yu.valid(magnitude=[6.0, 3.0, 6.0, np.nan], distance=[50.0, 50.0, 400.0, 50.0], region="tibet")
    assert inside.tolist() == [True, False, False, False]
    assert not yu.valid(region="atlantis")


def test_a_card_refuses_an_input_it_does_not_have():
    with pytest.raises(InvalidInput, match="depth_of_focus"):
        card("shaking").valid(depth_of_focus=[10.0])


def test_an_unknown_card_is_not_found():
    with pytest.raises(NotFound, match="crystal_ball"):
        card("crystal_ball")


def test_a_card_whose_unit_is_not_that_of_the_dictionary_is_refused():
    data = card("areal_coverage").model_dump()
    data["outputs"][0]["unit"] = "%"
    with pytest.raises((MinegisError, ValueError), match="unit '1'"):
        Card.model_validate(data)


def test_an_input_needs_a_range_or_words():
    data = card("areal_coverage").model_dump()
    data["inputs"][0]["maximum"] = None
    with pytest.raises(ValueError, match="minimum below a maximum"):
        Card.model_validate(data)
    data["inputs"][0].update(maximum=1.0, values=("a",))
    with pytest.raises(ValueError, match="not both"):
        Card.model_validate(data)
