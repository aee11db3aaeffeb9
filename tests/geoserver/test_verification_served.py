"""The verification report as it is served: a page in two languages, its style beside it, figures, plots."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from fastapi.testclient import TestClient

from data_catalog.site import Area, Site, SiteDeclaration
from data_catalog.store import Feature, Store
from geoserver.app import create_app
from minegis.declarations import BilingualText
from minegis.levels import Origin
from minegis.settings import Settings
from pipelines.progress import Silent
from pipelines.verification_publish import publish_verification

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)


@pytest.fixture
def sample(tmp_path: Path) -> Site:
    """A site of made-up slopes without an incident on record."""
    title = BilingualText(zh="示例", en="Sample")
    box = Area(id="small", title=title, bbox=(103.0, 31.0, 103.1, 31.1))
    declared = SiteDeclaration(title=title, origin=Origin.SAMPLE, areas=(box,), reference_time=AT)
    site = Site.create(tmp_path / "site", declared)
    with Store.open(site.folder) as store:
        place = shapely.Point(103.05, 31.05)
        store.upsert(
            "slope",
            [
                Feature(f"s{n}", {"name": f"s{n}", "county_code": "513233"}, place, Origin.SAMPLE, "test")
                for n in range(45)
            ],
        )
    return site


@pytest.fixture
def client(sample: Site) -> Iterator[TestClient]:
    app = create_app(Settings(site=sample.folder, web=Path("absent")))
    with TestClient(app, base_url="http://127.0.0.1") as opened:
        yield opened


def test_before_the_first_report_the_answer_says_what_to_do(client: TestClient) -> None:
    answer = client.get("/api/v1/verification")
    assert answer.status_code == 404
    assert "minegis verify" in answer.text
    assert client.get("/verification").headers["Content-Type"] == "application/problem+json"
    page = client.get(
        "/verification?lang=zh", headers={"Accept": "text/html,application/xml;q=0.9,*/*;q=0.8"}
    )
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "minegis verify" in page.text


def test_the_page_obeys_the_policy_of_the_server_and_says_what_is_made_up(
    sample: Site, client: TestClient
) -> None:
    with Store.open(sample.folder) as store:
        publish_verification(sample, store, None, Silent())
    for language, words in (("zh", "均为虚构"), ("en", "are made up")):
        page = client.get("/verification", params={"lang": language})
        assert page.status_code == 200
        assert words in page.text
        assert "<style" not in page.text  # which the policy would block
        assert 'href="/verification/report.json"' in page.text
        assert '<link rel="stylesheet" href="/verification/report.css">' in page.text
    assert "are made up" in client.get("/verification", headers={"Accept-Language": "en-GB"}).text
    assert client.get("/verification", params={"lang": "fr"}).status_code == 400
    style = client.get("/verification/report.css")
    assert style.headers["Content-Type"].startswith("text/css")
    assert ".made-up" in style.text


def test_figures_and_plots_are_for_machines_too(sample: Site, client: TestClient) -> None:
    with Store.open(sample.folder) as store:
        publish_verification(sample, store, None, Silent())
    report = client.get("/api/v1/verification").json()
    assert report["warnings"]["made_up"] is True
    assert report["study"] is None
    since = datetime.fromisoformat(report["warnings"]["since"])
    assert AT - since == timedelta(days=30)
    assert client.get("/verification/report.json").json() == report
    plot = client.get("/api/v1/verification/plots/edumap.zh.svg")
    assert plot.headers["Content-Type"] == "image/svg+xml"
    assert "预警级别" in plot.text
    for missing in ("roc.zh.svg", "report.json", "..%2Freport.json"):
        assert client.get(f"/api/v1/verification/plots/{missing}").status_code == 404
