from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from lxml import etree

from data_catalog.store import Store

CAP = {"cap": "urn:oasis:names:tc:emergency:cap:1.2"}
ATOM = {"atom": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def documents(client: TestClient, store: Store) -> list[etree._Element]:
    events = store.warning_events()
    return [etree.fromstring(client.get(f"/cap/{event.identifier}.xml").content) for event in events]


def text(node: etree._Element, path: str) -> list[str]:
    found = node.xpath(path, namespaces=CAP)
    assert isinstance(found, list)
    return [each.text for each in found]  # type: ignore[union-attr,misc]


def test_every_message_is_valid_against_the_schema_of_oasis(
    documents: list[etree._Element], sample_data: Path
) -> None:
    schema = etree.XMLSchema(etree.parse(sample_data / "cap" / "CAP-v1.2.xsd"))
    assert len(documents) == 2
    for document in documents:
        schema.assertValid(document)


def test_times_carry_beijing_offset_and_never_z(documents: list[etree._Element]) -> None:
    # raised at 04:00:00Z, which is 12:00 in Beijing; it expires six hours later
    assert text(documents[0], "//cap:sent") == ["2026-07-20T12:00:00+08:00"]
    assert text(documents[0], "//cap:expires") == ["2026-07-20T18:00:00+08:00"] * 2


def test_a_message_speaks_chinese_and_english(documents: list[etree._Element]) -> None:
    assert text(documents[0], "//cap:language") == ["zh-CN", "en-US"]
    assert text(documents[0], "//cap:event") == ["尾矿库垮坝", "Tailings dam failure"]


def test_an_update_refers_to_what_it_replaces(documents: list[etree._Element]) -> None:
    first, second = documents
    (identifier,) = text(first, "cap:identifier")
    assert text(first, "cap:references") == []
    assert text(second, "cap:references") == [f"minegis,{identifier},2026-07-20T12:00:00+08:00"]
    assert text(second, "cap:msgType") == ["Update"]


def test_the_colour_and_the_region_are_given(documents: list[etree._Element]) -> None:
    assert text(documents[1], "//cap:parameter/cap:value") == ["Red", "Red"]
    assert text(documents[0], "//cap:parameter/cap:value") == ["Orange", "Orange"]
    assert text(documents[0], "//cap:geocode/cap:value") == ["513221"] * 2
    assert text(documents[0], "//cap:geocode/cap:valueName") == ["GB/T 2260"] * 2


def test_the_polygon_is_closed_with_latitude_first(documents: list[etree._Element]) -> None:
    points = text(documents[0], "//cap:polygon")[0].split()
    assert points[0] == points[-1] == "31.200000,103.500000"
    assert len(points) == 5


def test_sample_data_is_an_exercise(documents: list[etree._Element]) -> None:
    assert text(documents[0], "cap:status") == ["Exercise"]


def test_the_feed_lists_every_message_newest_first_and_its_links_lead_there(client: TestClient) -> None:
    feed = etree.fromstring(client.get("/cap/feed.atom").content)
    links = feed.xpath("//atom:entry/atom:link/@href", namespaces=ATOM)
    updated = [each.text for each in feed.findall(".//atom:entry/atom:updated", ATOM)]
    assert updated == ["2026-07-20T04:30:00Z", "2026-07-20T04:00:00Z"]
    assert isinstance(links, list)
    assert [client.get(str(link)).status_code for link in links] == [200, 200]


def test_an_unknown_message_is_not_found(client: TestClient) -> None:
    assert client.get("/cap/nope.xml").status_code == 404
