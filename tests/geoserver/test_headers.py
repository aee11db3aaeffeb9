"""What every answer says to caches: how long it may be kept, by what it varies, which state it is."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from routes import filled, templates

from geoserver.compression import MINIMUM_SIZE, is_compressible

PLAIN = {"Accept-Encoding": "identity"}
CHINESE = {**PLAIN, "Accept-Language": "zh-CN"}
OTHER_FORMS = (
    {"Accept": "text/html"},
    {"Accept": "application/ld+json"},
    {"Accept": "application/vnd.ogc.sld+xml"},
)
TAG = re.compile(r'(W/)?"[^"\s]+"')


def varies_by(answer: Response) -> set[str]:
    return {each.strip().lower() for each in answer.headers.get("vary", "").split(",") if each.strip()}


def said(answer: Response) -> tuple[int, str, str]:
    """Return what an answer says, without the time at which it was given."""
    text = re.sub(rb'"timeStamp":"[^"]*"', b"", answer.content)
    return answer.status_code, answer.headers.get("content-type", ""), text.hex()


@pytest.mark.parametrize("template", templates())
def test_every_answer_says_how_long_it_may_be_kept_and_by_what_it_varies(
    client: TestClient, template: str
) -> None:
    path = filled(template)
    answer = client.get(path, headers=CHINESE)
    assert answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    if is_compressible(answer.headers.get("content-type", "")):
        assert "accept-encoding" in varies_by(answer)
    english = client.get(path, headers={**PLAIN, "Accept-Language": "en"})
    if template != "/metrics" and said(english) != said(answer):
        assert "accept-language" in varies_by(answer)
    for form in OTHER_FORMS:
        other = client.get(path, headers={**CHINESE, **form})
        if template != "/metrics" and said(other) != said(answer):
            assert "accept" in varies_by(answer), form


@pytest.mark.parametrize("template", templates())
def test_a_state_that_is_named_is_not_sent_again(client: TestClient, template: str) -> None:
    path = filled(template)
    for encoding in ("identity", "gzip", "br"):
        headers = {"Accept-Encoding": encoding}
        answer = client.get(path, headers=headers)
        tag = answer.headers.get("etag", "")
        if not tag or answer.status_code != 200:
            continue
        assert TAG.fullmatch(tag)
        is_small = len(answer.content) < MINIMUM_SIZE
        compressible = is_compressible(answer.headers["content-type"])
        sent = "identity" if is_small or not compressible else encoding
        assert answer.headers.get("content-encoding", "identity") == sent
        if not tag.startswith("W/"):
            assert tag.endswith(f'-{sent}"') is (sent != "identity")
        again = client.get(path, headers={**headers, "If-None-Match": tag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == answer.headers["cache-control"]
        assert varies_by(again) >= varies_by(answer)


@pytest.mark.parametrize("template", templates())
def test_nothing_but_what_its_address_names_may_be_kept_for_good(client: TestClient, template: str) -> None:
    kept = client.get(filled(template)).headers["cache-control"]
    assert "immutable" not in kept
    assert "no-cache" in kept or "no-store" in kept or "max-age" in kept
