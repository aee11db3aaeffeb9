"""Times past on the page, on a site with three runs: orange, red, and yellow at last."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from browser_walk import Walk
from small_site import NOW, chain, make_site, write_cells

from data_catalog.site import Site
from data_catalog.store import AssessmentRecord, PublishedRun, RunRecord, Store
from minegis.levels import Tier

pytestmark = pytest.mark.slow

TIERS = (Tier.ORANGE, Tier.RED, Tier.YELLOW)


@pytest.fixture(scope="module")
def seen(walk: Walk, serve: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `time.mjs` saw."""
    folder = make_site(tmp_path_factory.mktemp("site"), published=False)
    declared = Site.open(folder).declaration
    Site.create(folder, declared.model_copy(update={"reference_time": NOW + timedelta(days=2)}))
    with Store.open(folder) as store:
        for day, tier in enumerate(TIERS):
            at, run = NOW + timedelta(days=day), f"run{day}"
            judged = AssessmentRecord(
                "tsf", "T1", int(tier), int(tier), int(tier), 1, None, "sufficient", 0.2 * tier, 0.8, at,
                chain("tsf/T1", tier).to_json(), {},
            )  # fmt: skip
            cells = tuple(write_cells(folder, resolution, run, day) for resolution in (4, 6, 8))
            store.publish(
                PublishedRun(RunRecord(run, at, at, at, {}), snapshots=cells, assessments=(judged,))
            )
    return walk("time.mjs", serve(folder))


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_a_step_back_shows_the_tiers_of_the_run_before_on_map_and_in_the_address(
    seen: dict[str, Any],
) -> None:
    assert [seen[name]["asset"] for name in ("now", "one", "two")] == [[2], [4], [3]]
    assert all(seen[name]["cells"] > 1 for name in ("now", "one", "two"))
    assert len({seen[name]["tiles"] for name in ("now", "one", "two")}) == 3
    assert query(seen["one"]["url"])["time"] == "2026-07-21T04:00:00Z"


def test_the_slider_says_time_and_worst_tier_and_moves_by_keys(seen: dict[str, Any]) -> None:
    assert seen["one"]["place"].startswith("2026-07-21 12:00")
    assert "红色" in seen["one"]["place"]
    assert seen["two"]["place"].startswith("2026-07-20 12:00")
    assert "橙色" in seen["two"]["place"]


def test_the_past_is_never_taken_for_now(seen: dict[str, Any]) -> None:
    assert not seen["now"]["marked"]
    assert seen["now"]["banner"] is None
    assert seen["one"]["marked"]
    assert "历史时刻" in seen["one"]["banner"]
    assert "2026-07-21 12:00" in seen["one"]["banner"]
    assert not seen["back"]["marked"]
    assert seen["back"]["banner"] is None
    assert seen["back"]["asset"] == [2]


def test_as_known_then_shows_the_run_by_its_publication(seen: dict[str, Any]) -> None:
    assert seen["known"]["asset"] == [3]
    asked = query(seen["known"]["url"])
    assert "time" not in asked
    assert asked["as_of"] > "2026-07-22"


def test_a_link_brings_back_the_moment_and_a_valid_time_alone_finds_its_run(seen: dict[str, Any]) -> None:
    for name in ("linked", "validOnly"):
        assert seen[name]["asset"] == [4]
        assert query(seen[name]["url"])["as_of"] == query(seen["one"]["url"])["as_of"]
    assert seen["linked"]["marked"]


def test_playing_goes_through_the_moments_to_now_and_stops(seen: dict[str, Any]) -> None:
    assert seen["playing"] == "暂停"
    assert len(seen["pictures"]) >= 5  # two steps back, one on the other axis, and the play to now


def test_swipe_shows_two_moments_of_one_place(seen: dict[str, Any]) -> None:
    swipe = seen["swipe"]
    assert (swipe["left"]["asset"], swipe["right"]["asset"]) == ([2], [4])
    assert swipe["centres"][0] == swipe["centres"][1]
    assert seen["moved"][0] == seen["moved"][1] == [103.6, 31.3, 8.5]
    assert seen["divided"]["now"] == "0"
    assert query(seen["divided"]["url"])["compare"].startswith("swipe,0.000,")


def test_split_gives_each_moment_half_and_ends_without_a_trace(seen: dict[str, Any]) -> None:
    left, right = seen["split"]
    assert abs(left - right) <= 2
    assert seen["ended"] == [1600, True]


def test_nothing_fails_unsaid(seen: dict[str, Any]) -> None:
    assert seen["foreign"] == []
    assert seen["statuses"] == []
    assert seen["console"] == []
