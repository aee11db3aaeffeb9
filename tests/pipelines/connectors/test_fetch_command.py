"""The command: what the operator's file says is fetched, shown and reported."""

from __future__ import annotations

import json

import pytest
import yaml
from typer.testing import CliRunner
from web_server import Reply

from data_catalog.endpoint import Endpoint, endpoints
from data_catalog.site import Site, SiteDeclaration
from geoserver.cli import app
from minegis.errors import InvalidDeclaration, InvalidInput, NotFound
from pipelines.connectors.transport.shelf import Shelf
from pipelines.fetching import site_sources

TIFF = b"II*\0" + bytes(100)


@pytest.fixture
def site(tmp_path):
    declaration = SiteDeclaration(
        title={"zh": "例", "en": "Example"},
        origin="operator",
        areas=({"id": "a", "title": {"zh": "例", "en": "Example"}, "bbox": (103, 30, 104, 31)},),
    )
    return Site.create(tmp_path / "site", declaration)


@pytest.fixture
def declare(site, web):
    def made(**sources):
        plain = {
            name: {"address": web.url, "internal": True, "attempts": 1, **each}
            for name, each in sources.items()
        }
        (site.folder / "sources.yaml").write_text(yaml.safe_dump({"sources": plain}))

    return made


@pytest.fixture
def run(site):
    def called(*arguments):
        result = CliRunner().invoke(app, ["fetch", "--site", str(site.folder), "--json", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, json.loads(result.stdout)["sources"]

    return called


ONE_FILE = {"fetch": {"service": "files", "names": ["a.tif"], "content": "tiff"}}


def test_what_is_new_is_told_and_then_nothing_is(declare, run, web, site):
    declare(example=ONE_FILE)
    web.file("/a.tif", TIFF, etag='"one"')
    code, (report,) = run()
    assert code == 0
    assert report["new"][0]["size"] == 104
    assert (site.folder / report["new"][0]["path"]).read_bytes() == TIFF
    assert run()[1] == [{"source": "example", "not_due": True}]
    code, (report,) = run("example")
    assert (report["new"], report["unchanged"]) == ([], 1)
    assert len(web.seen) == 2


def test_a_dry_run_asks_nothing(declare, run, web, site):
    declare(example=ONE_FILE)
    _, (report,) = run("--dry-run")
    assert report == {"source": "example", "would_ask": [f"{web.url}/a.tif"]}
    assert web.seen == []
    assert not Shelf(site.folder, "example").folder.exists()


def test_a_source_that_fails_does_not_keep_the_next_from_coming(declare, run, web):
    declare(bad={"fetch": {"service": "files", "names": ["b.tif"]}}, good=ONE_FILE)
    web.rules["/b.tif"] = lambda request: Reply(status=500)
    web.file("/a.tif", TIFF)
    code, (bad, good) = run()
    assert code == 3
    assert "500" in bad["error"]
    assert len(good["new"]) == 1


def test_the_words_for_a_person_name_each_file(declare, site, web):
    declare(example=ONE_FILE)
    web.file("/a.tif", b"<html>")
    result = CliRunner().invoke(app, ["fetch", "--site", str(site.folder)])
    assert result.exit_code == 3
    assert "example: 0 new, 0 unchanged, 0 not there, 1 refused" in result.stdout
    assert "a web page" in result.stdout


def test_a_source_without_an_address_or_without_a_question_is_named(declare, site, run):
    with pytest.raises(NotFound, match=r"sources\.yaml"):
        run("gpm_imerg")
    declare(nobody={})
    with pytest.raises(InvalidInput, match="nothing says what to ask"):
        site_sources(site)
    declare(example={**ONE_FILE, "fetch": {"service": "table", "table": "a", "columns": ["id"]}})
    with pytest.raises(InvalidInput, match="not spoken there"):
        site_sources(site)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"address": "https://user:word@example.org"}, "no user, password"),
        ({"address": "https://example.org?key=1"}, "no user, password or query"),
        ({"address": "gopher://example.org"}, "begins with one of"),
        ({"address": "http://example.org", "login": {"kind": "bearer", "variable": "A"}}, "in the clear"),
        (
            {"address": "https://example.org", "login": {"kind": "bearer", "variable": "MINEGIS_A"}},
            "settings",
        ),
        (
            {"address": "https://example.org", "login": {"kind": "header", "variable": "A"}},
            "header and query",
        ),
        ({"address": "database:"}, "URL in the environment"),
    ],
)
def test_an_endpoint_that_would_leak_or_mislead_is_refused(given, reason):
    with pytest.raises(ValueError, match=reason):
        Endpoint.model_validate(given)


def test_the_check_of_declarations_reads_the_addresses_too(site, declare):
    declare(example=ONE_FILE)
    command = ["check", "--site", str(site.folder), "--json"]
    assert json.loads(CliRunner().invoke(app, command).stdout)["checked"]["source addresses"] == 1
    (site.folder / "sources.yaml").write_text("sources: {a: {address: 'gopher://x.org'}}")
    mistakes = json.loads(CliRunner().invoke(app, command).stdout)["mistakes"]
    (mine,) = [each for each in mistakes if "sources.yaml" in each]
    assert "begins with one of" in mine


def test_a_mistake_in_the_file_is_named_with_its_line(site):
    (site.folder / "sources.yaml").write_text("sources:\n  a:\n    address: https://x.org\n    retries: 3\n")
    with pytest.raises(InvalidDeclaration, match=r"sources\.yaml:4: sources\.a\.retries"):
        endpoints(site.folder)
