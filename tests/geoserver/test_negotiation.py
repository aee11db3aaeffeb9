from __future__ import annotations

from dataclasses import dataclass

import pytest

from geoserver.errors import NotAcceptable
from geoserver.ogc.negotiation import negotiated


@dataclass(frozen=True)
class Kind:
    media_type: str


DOCUMENT = {"json": Kind("application/json"), "html": Kind("text/html")}
ITEMS = {"json": Kind("application/geo+json"), "html": Kind("text/html")}


@pytest.mark.parametrize("formats", [DOCUMENT, ITEMS])
def test_a_client_that_takes_json_gets_json_or_geojson(formats: dict[str, Kind]) -> None:
    assert negotiated(formats, None, "application/json") is formats["json"]


def test_a_browser_gets_html() -> None:
    assert negotiated(ITEMS, None, "text/html,application/xhtml+xml,*/*;q=0.8") is ITEMS["html"]


def test_what_is_not_offered_is_not_acceptable() -> None:
    with pytest.raises(NotAcceptable, match="image/png"):
        negotiated(ITEMS, None, "image/png")


def test_a_quality_of_nought_refuses_a_type() -> None:
    assert negotiated(DOCUMENT, None, "application/json;q=0, */*;q=0.1") is DOCUMENT["html"]
