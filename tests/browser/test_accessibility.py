"""The page for everybody: axe-core over its places, names and words in both languages, the keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from browser_walk import Walk

pytestmark = pytest.mark.slow

VIEWS = {
    "zh-day": {},
    "en-night": {"LANG_OF_PAGE": "en", "THEME": "night"},
    "en-phone": {"LANG_OF_PAGE": "en", "PHONE": "1"},
}


@pytest.fixture(scope="module", params=VIEWS)
def seen(request: pytest.FixtureRequest, served_site: str, walk: Walk) -> dict[str, Any]:
    """What `a11y.mjs` saw of every place in one language, theme and size."""
    return walk("a11y.mjs", served_site, **VIEWS[request.param])


def test_no_place_breaks_a_rule_of_wcag(seen: dict[str, Any]) -> None:
    assert len(seen["places"]) >= 12
    assert seen["axe"] == []
    assert set(seen["detected"]) >= {"button-name", "color-contrast", "target-size"}


def test_no_place_shows_a_key_an_unfilled_text_or_a_control_without_a_name(seen: dict[str, Any]) -> None:
    assert seen["wording"] == []


def test_no_place_in_english_shows_the_pages_own_words_in_chinese(seen: dict[str, Any]) -> None:
    assert seen["chinese"] == []


def test_nothing_is_complained_of_and_nothing_fails(seen: dict[str, Any]) -> None:
    assert seen["console"] == []
    assert seen["statuses"] == []
    assert seen["foreign"] == []


@pytest.fixture(scope="module")
def keys(served_site: str, walk: Walk) -> dict[str, Any]:
    """What `keys.mjs` reached with the keyboard alone."""
    return walk("keys.mjs", served_site)


def test_tab_reaches_every_region_of_the_page(keys: dict[str, Any]) -> None:
    assert set(keys["reached"]) >= {"skip", "top", "map", "left", "right", "bottom", "tools"}


def test_every_stop_of_the_keyboard_shows_its_focus_and_is_large_enough(keys: dict[str, Any]) -> None:
    assert keys["unmarked"] == []
    assert keys["small"] == []


def test_escape_closes_dialogs_and_the_keyboard_is_where_it_was(keys: dict[str, Any]) -> None:
    assert keys["help"] == {"open": True, "closed": True, "back": True}
    assert keys["answer"] == {"open": True, "closed": True, "back": True}


def test_the_tour_is_offered_once_walks_six_steps_and_is_skipped_by_escape(keys: dict[str, Any]) -> None:
    tour = keys["tour"]
    assert tour["offered"]
    assert len(set(tour["titles"])) == len(tour["titles"]) == 6
    assert tour["focused"] == tour["titles"]
    assert tour["skipped"]
    assert not tour["again"]


def test_nothing_moves_for_who_asked_for_less_motion(keys: dict[str, Any]) -> None:
    assert keys["moving"] == []
    assert keys["jumped"]
