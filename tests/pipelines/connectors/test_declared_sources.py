"""What is declared of sources can be asked, read and looked up."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import pytest
import shapely
import yaml

from data_catalog.endpoint import Endpoint, Login
from data_catalog.fetch import Fetch
from data_catalog.site import Site, SiteDeclaration
from data_catalog.source import FOLDER, sources
from data_catalog.store import Feature, Store
from minegis.levels import Origin
from pipelines.connectors.rain import rain_products
from pipelines.fetching import SiteSource, is_due, job_of, plan, site_boxes

DOCS = Path(__file__).parents[3] / "docs" / "operators" / "sources.md"
ASKED = {name: each.fetch for name, each in sources().items() if each.fetch}
TITLE = {"zh": "例", "en": "Example"}


def models():
    union, _ = get_args(Fetch.__value__)
    return get_args(union)


def test_every_field_of_a_declaration_is_documented():
    text = DOCS.read_text(encoding="utf-8")
    names = {name for model in (*models(), Endpoint, Login) for name in model.model_fields}
    assert sorted(name for name in names if f"`{name}`" not in text and f"{name}," not in text) == []


def test_every_source_that_can_be_fetched_is_documented():
    text = DOCS.read_text(encoding="utf-8")
    assert [name for name in ASKED if f"`{name}`" not in text] == []


def test_every_rain_product_that_a_source_or_the_page_names_exists():
    words = DOCS.read_text(encoding="utf-8") + "".join(str(each.notes) for each in sources().values())
    named = set(re.findall(r"(?a:\b[a-z0-9]+_(?:daily|hourly)_rain_\w+)", words))
    assert len(named) == 4
    assert named <= rain_products().keys()


def test_no_declaration_holds_an_address_to_fetch_from():
    for path in FOLDER.glob("*.yaml"):
        asked = yaml.safe_load(path.read_text(encoding="utf-8")).get("fetch")
        assert "://" not in str(asked)


def site_of(folder, *areas):
    return Site.create(folder, SiteDeclaration(title=TITLE, origin="operator", areas=areas))


@pytest.mark.parametrize("name", sorted(ASKED))
def test_every_declared_source_says_what_it_would_ask(name, tmp_path):
    site = site_of(tmp_path, {"id": "a", "title": TITLE, "bbox": (103, 30, 104, 31)})
    job = job_of(
        site,
        SiteSource(name, Endpoint(address="https://data.example.org/base"), ASKED[name]),
        site_boxes(site, None),
        now=lambda: datetime(2026, 7, 20, 4, 10, tzinfo=UTC),
    )
    lines = plan(job)
    assert lines
    assert all("data.example.org" in line for line in lines)


def test_the_name_of_an_imerg_day_is_that_of_the_archive(tmp_path):
    site = site_of(tmp_path, {"id": "a", "title": TITLE, "bbox": (103, 30, 104, 31)})
    source = SiteSource("gpm_imerg_early", Endpoint(address="https://x.org"), ASKED["gpm_imerg_early"])
    job = job_of(site, source, (), now=lambda: datetime(2026, 7, 20, 4, 10, tzinfo=UTC))
    # DOMAIN 4.4: 3B-HHR-E.MS.MRG.3IMERG.YYYYMMDD-Shhmmss-Ehhmmss.MMMM.V07C.1day.tif
    assert plan(job)[0] == (
        "https://x.org/2026/07/3B-HHR-E.MS.MRG.3IMERG.20260719-S233000-E235959.1410.V07C.1day.tif"
    )


def test_areas_of_regions_take_their_box_from_the_store(tmp_path):
    with Store.open(tmp_path) as store:
        properties = {"code": "513233", "name": "红原县", "level": "county", "parent": None}
        outline = shapely.box(103.0, 31.0, 103.6, 31.5)
        store.upsert("region", [Feature("513233", properties, outline, Origin.PUBLIC, "t")])
        areas = (
            {"id": "a", "title": TITLE, "bbox": (110, 30, 111, 31)},
            {"id": "b", "title": TITLE, "regions": ("513233",)},
        )
        site = site_of(tmp_path / "site", *areas)
        assert site_boxes(site, store) == ((110, 30, 111, 31), (103.0, 31.0, 103.6, 31.5))


def test_a_source_is_due_once_its_cadence_has_passed(tmp_path):
    site = site_of(tmp_path, {"id": "a", "title": TITLE, "bbox": (103, 30, 104, 31)})
    source = SiteSource("noaa_gfs", Endpoint(address="https://x.org"), ASKED["noaa_gfs"])  # PT1H
    at = [datetime(2026, 7, 20, 4, tzinfo=UTC)]
    job = job_of(site, source, (), now=lambda: at[0])
    assert is_due(job)
    job.shelf.folder.mkdir(parents=True)
    job.shelf.note_visit(at[0])
    at[0] = datetime(2026, 7, 20, 4, 59, tzinfo=UTC)
    assert not is_due(job)
    at[0] = datetime(2026, 7, 20, 5, tzinfo=UTC)
    assert is_due(job)
