"""How the page stands by itself: what it says while something is wrong, and that it recovers."""

from __future__ import annotations

from typing import Any

import pytest
from browser_walk import Walk

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(served_site: str, walk: Walk) -> dict[str, Any]:
    """What `states.mjs` saw from behind a gateway before the sample site."""
    return walk("states.mjs", served_site)


def test_a_server_that_is_gone_is_said_once_with_the_age_of_what_is_shown(seen: dict[str, Any]) -> None:
    text = seen["silent"]["text"]
    assert "离线" in text
    assert "数据截至" in text
    assert "自动重连" in text
    assert seen["silent"]["strip"] == 0


def test_the_page_recovers_by_itself_without_a_reload(seen: dict[str, Any]) -> None:
    assert seen["back"] == {"mark": "same page", "lines": []}
    assert seen["again"]["mark"] == "same page"
    assert seen["again"]["lines"] == []


def test_a_reload_without_the_server_shows_the_last_map_and_lists_as_old(seen: dict[str, Any]) -> None:
    offline, before = seen["offline"], seen["before"]
    assert "离线" in offline["text"]
    assert "数据截至" in offline["text"]
    assert offline["warnings"] == before["warnings"]
    for layer in ("region:fill", "risk_cell:fill", "tsf:marker"):
        assert offline["rendered"].get(layer, 0) == before["rendered"][layer] > 0, layer


def test_only_reads_of_one_site_are_kept(seen: dict[str, Any]) -> None:
    kept = seen["kept"]
    assert "/api/v1/site" in kept["answers"]
    assert not [path for path in kept["answers"] if "/events" in path or path.startswith("/ogc")]
    sites = {name.split("/")[1] for name in kept["names"] if name.startswith("minegis-data")}
    assert len(sites) == 1


def test_another_site_at_the_same_address_shows_nothing_of_the_first(seen: dict[str, Any]) -> None:
    assert all(name.startswith("minegis-data/another/") for name in seen["elsewhere"])
    assert [path for paths in seen["elsewhere"].values() for path in paths] == ["/api/v1/vocabulary"]
    assert seen["nothing"]["map"]
    assert "未读到" in seen["nothing"]["text"]
    assert seen["nothing"]["waiting"] == 0


def test_a_login_that_is_over_is_said_and_signing_in_leads_back_to_the_same_view(
    seen: dict[str, Any],
) -> None:
    login = seen["login"]
    assert "登录已过期" in login["text"]
    assert login["buttons"] == ["重新登录"]
    assert login["same"]
    assert login["after"] == "answering"


def test_slow_tiles_are_said_and_failed_ones_asked_for_again_until_they_come(seen: dict[str, Any]) -> None:
    assert any("慢" in line for line in seen["slow"])
    assert any("正在自动重试" in line for line in seen["failed"]["lines"])
    assert seen["mended"]["lines"] == []
    assert seen["mended"]["fills"] > seen["failed"]["fills"]


def test_a_live_site_that_has_not_run_for_two_days_says_so(seen: dict[str, Any]) -> None:
    assert any("2 天前" in line and "陈旧" in line for line in seen["stale"])


def test_a_newer_page_is_offered_and_takes_over_in_the_same_view(seen: dict[str, Any]) -> None:
    newer = seen["newer"]
    assert any("新版本" in line for line in newer["lines"])
    before, after = newer["addresses"]
    assert after == before
    assert newer["after"] == []
    assert any(name.endswith("/newer") for name in newer["shells"])


def test_nothing_else_is_complained_of(seen: dict[str, Any]) -> None:
    assert seen["complaints"] == []
    assert seen["foreign"] == []
