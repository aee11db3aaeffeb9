"""What is declared was measured: the machine that compares claims with a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conformance_report import PAGE, ROOT, broken, claimed

from geoserver.ogc.conformance import (
    BACKENDS,
    abstract_tests,
    conforms,
    counts,
    declared,
    measured,
    table,
)

CLASS = "ogcapi-features-1/1.0/conf/geojson"
BOTH = ["sqlite", "postgis"]


def test_what_is_claimed_are_abstract_tests_of_the_standards() -> None:
    for class_uri, test_id, backend in claimed():
        assert test_id in abstract_tests()[class_uri], (class_uri, test_id)
        assert backend in BACKENDS


def test_the_page_shows_the_counts_of_the_file() -> None:
    assert PAGE.read_text(encoding="utf-8").endswith(table(measured()))


def test_a_class_is_declared_when_every_test_of_it_passed_on_every_database() -> None:
    definition, content = abstract_tests()[CLASS]
    assert conforms(CLASS, {CLASS: {definition: BOTH, content: BOTH}})
    assert not conforms(CLASS, {CLASS: {definition: BOTH, content: ["sqlite"]}})
    assert not conforms(CLASS, {CLASS: {definition: BOTH}})
    assert not conforms(CLASS, {})
    assert not conforms("ogcapi-features-9/1.0/conf/unknown", {})


def test_the_counts_are_those_of_the_declared_classes() -> None:
    assert declared() == [each["class"] for each in counts(measured()) if each["declared"]]
    assert all(
        each["sqlite"] == each["postgis"] == each["tests"] for each in counts(measured()) if each["declared"]
    )


def test_a_claim_that_did_not_pass_is_broken_unless_its_database_is_absent() -> None:
    one, two, three = ((CLASS, "/conf/geojson/content", each) for each in ("sqlite", "postgis", "other"))
    assert broken({one, two, three}, {one}, {two}) == [three]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the plug-in, a claim and tests of one abstract test."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "geoserver" / "ogc").mkdir(parents=True)
    plugin = (ROOT / "tests" / "plugins" / "conformance_report.py").read_text(encoding="utf-8")
    (tmp_path / "plugins" / "deep").mkdir(parents=True)
    (tmp_path / "plugins" / "deep" / "conformance_report.py").write_text(plugin, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\ntestpaths = tests\npythonpath = plugins/deep\naddopts = -p no:cacheprovider\n"
        "markers = abstract_test: x\n"
    )
    (tmp_path / "tests" / "conftest.py").write_text('pytest_plugins = ("conformance_report",)\n')
    claim = f'{{"{CLASS}": {{"/conf/geojson/content": ["sqlite", "postgis"]}}}}'
    (tmp_path / "geoserver" / "ogc" / "conformance.json").write_text(claim)
    return tmp_path


def run(project: Path, body: str, *options: str) -> tuple[int, str]:
    (project / "tests" / "test_it.py").write_text(
        "import pytest\n"
        f"@pytest.mark.abstract_test('{CLASS}', '/conf/geojson/content')\n"
        "@pytest.mark.parametrize('backend', ['sqlite', 'postgis'])\n"
        f"def test_content(backend):\n    {body}\n"
        "def test_other():\n    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        check=False, cwd=project, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_whole_run_fails_when_a_claim_is_not_proven(project: Path, workers: tuple[str, ...]) -> None:
    assert run(project, "pass", *workers)[0] == 0
    (project / "geoserver" / "ogc" / "conformance.json").write_text(
        f'{{"{CLASS}": {{"/conf/geojson/content": ["sqlite"], "/conf/geojson/definition": ["sqlite"]}}}}'
    )
    status, output = run(project, "pass", *workers)
    assert status == 1
    assert f"{CLASS} /conf/geojson/definition on sqlite" in output
    assert "/conf/geojson/content" not in output.partition("claimed and not proven")[2]


def test_a_part_of_the_tests_refutes_nothing(project: Path) -> None:
    for part in (("-k", "other"), ("tests/test_it.py::test_other",), ("-m", "not abstract_test")):
        assert run(project, "pass", *part)[0] == 0, part


def test_an_absent_database_refutes_nothing(project: Path) -> None:
    assert run(project, "if backend == 'postgis': pytest.skip('absent')")[0] == 0


def test_a_failure_refutes_its_claim_alone(project: Path) -> None:
    status, output = run(project, "assert backend == 'sqlite'")
    assert status == 1
    shown = output.partition("claimed and not proven")[2]
    assert f"{CLASS} /conf/geojson/content on postgis" in shown
    assert "on sqlite" not in shown
