"""Which abstract tests passed, on what database: compared with what is claimed, or written as the new claim.

A test with ``@pytest.mark.abstract_test(class_uri, test_id)`` proves an abstract test on the database of its
``backend`` parameter, or on every one when it has none. What comes back in reports is collected by the
process that controls the run, so it works with pytest-xdist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[2]
CLAIM = ROOT / "geoserver" / "ogc" / "conformance.json"
PAGE = ROOT / "docs" / "users" / "conformance.md"
BACKENDS = ("sqlite", "postgis")
_PROPERTY = "abstract_test"

type Key = tuple[str, str, str]
"""Class, abstract test, database."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--conformance", action="store_true", help="write what conformance was measured")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Measurement(config), "conformance_measurement")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        backend = getattr(item, "callspec", None) and item.callspec.params.get("backend")  # type: ignore[attr-defined]
        for mark in item.iter_markers("abstract_test"):
            for each in (backend,) if backend else BACKENDS:
                item.user_properties.append((_PROPERTY, (*mark.args, each)))


class Measurement:
    """Collects the outcomes of a run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[Key, set[str]] = defaultdict(set)
        self._broken: list[Key] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the outcome of a test in: a setup or teardown counts when it did not pass."""
        if report.when != "call" and report.outcome == "passed":
            return
        for name, value in report.user_properties:
            if name == _PROPERTY:
                class_uri, test_id, backend = value
                self._outcomes[class_uri, test_id, backend].add(report.outcome)

    @property
    def passed(self) -> set[Key]:
        """What every test that proves it says of it."""
        return {key for key, outcomes in self._outcomes.items() if outcomes == {"passed"}}

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Write the claim, or fail a whole run in which something claimed did not pass."""
        if self._config.getoption("--conformance"):
            write(self.passed)
        elif self._is_whole(session):
            self._broken = broken(claimed(), self.passed, self._skipped())
            if self._broken:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        return (yield)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what is claimed and not proven."""
        if self._broken:
            terminalreporter.section("conformance is claimed and not proven; see `make conformance`")
            for class_uri, test_id, backend in self._broken:
                terminalreporter.line(f"{class_uri} {test_id} on {backend}")

    def _is_whole(self, session: pytest.Session) -> bool:
        config = self._config
        chosen = config.getoption("keyword") or config.getoption("markexpr") or config.getoption("deselect")
        of_testpaths = config.args_source is pytest.Config.ArgsSource.TESTPATHS
        ended = not (session.shouldstop or session.shouldfail)
        return of_testpaths and ended and not chosen and not config.getoption("collectonly")

    def _skipped(self) -> set[Key]:
        return {key for key, outcomes in self._outcomes.items() if "skipped" in outcomes}


def claimed() -> set[Key]:
    """Return what the committed file claims."""
    file = orjson.loads(CLAIM.read_bytes())
    return {
        (class_uri, test_id, backend)
        for class_uri, tests in file.items()
        for test_id, backends in tests.items()
        for backend in backends
    }


def broken(claims: set[Key], passed: set[Key], skipped: set[Key]) -> list[Key]:
    """Return the claims that a whole run does not bear out; where a database is absent, none is refuted."""
    return sorted(claims - passed - skipped)


def write(passed: set[Key]) -> None:
    """Write the claim and its page."""
    found: dict[str, dict[str, list[str]]] = {}
    for class_uri, test_id, backend in sorted(passed):
        found.setdefault(class_uri, {}).setdefault(test_id, []).append(backend)
    CLAIM.write_bytes(orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    from geoserver.ogc.conformance import table  # the whole server, for this alone

    head, _, _ = PAGE.read_text(encoding="utf-8").partition("| class |")
    PAGE.write_text(head + table(found), encoding="utf-8")
