"""Conformance as measured: a class is declared when every abstract test of it passed on each database.

``abstract_tests.yaml`` names the abstract tests that the standards have; ``conformance.json`` says which
passed on what, and is written by ``make conformance`` from a run of the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
import yaml
from fastapi import APIRouter, Request, Response

from geoserver.ogc.hub import DOCUMENT_KINDS, document_response
from geoserver.ogc.links import root
from geoserver.ogc.negotiation import negotiated
from geoserver.ogc.parameters import EVERYWHERE, given_parameters, language
from geoserver.services import services_of

router = APIRouter(prefix="/ogc", tags=["ogc"])

BACKENDS = ("sqlite", "postgis")
MEASURED = Path(__file__).with_name("conformance.json")
_DEFINED = Path(__file__).with_name("abstract_tests.yaml")
_SPECIFICATIONS = "http://www.opengis.net/spec/"

type Passed = Mapping[str, Mapping[str, list[str]]]
"""By class and abstract test: the databases on which it passed."""


@cache
def abstract_tests() -> Mapping[str, tuple[str, ...]]:
    """Return the abstract tests of each conformance class, by the path of its URI."""
    declared = yaml.safe_load(_DEFINED.read_text(encoding="utf-8"))
    return MappingProxyType(
        {
            name: tuple(f"/conf/{name.rpartition('/conf/')[2]}/{test}" for test in tests)
            for name, tests in declared.items()
        }
    )


@cache
def measured() -> Passed:
    """Return what passed when conformance was last measured."""
    passed: Passed = orjson.loads(MEASURED.read_bytes())
    return passed


def conforms(name: str, passed: Passed) -> bool:
    """Say whether every abstract test of a class passed on each database."""
    tests = abstract_tests().get(name, ())
    found = passed.get(name, {})
    return bool(tests) and all(set(found.get(test, ())) >= set(BACKENDS) for test in tests)


def declared() -> list[str]:
    """Return the paths of the conformance classes that are declared."""
    return [name for name in abstract_tests() if conforms(name, measured())]


def counts(passed: Passed) -> list[dict[str, Any]]:
    """Return for each class how many abstract tests there are and how many passed on each database."""
    return [
        {
            "class": name,
            "declared": conforms(name, passed),
            "tests": len(tests),
            **{
                backend: sum(backend in passed.get(name, {}).get(test, ()) for test in tests)
                for backend in BACKENDS
            },
        }
        for name, tests in abstract_tests().items()
    ]


def table(passed: Passed) -> str:
    """Return the counts as a Markdown table."""
    rows = [
        f"| `{each['class']}` | {each['tests']} | {each['sqlite']} | {each['postgis']} | "
        f"{'yes' if each['declared'] else 'no'} |"
        for each in counts(passed)
    ]
    head = "| class | abstract tests | pass on SQLite | pass on PostGIS | declared |\n|---|---|---|---|---|\n"
    return head + "\n".join(rows) + "\n"


@router.get("/conformance")
async def conformance(request: Request) -> Response:
    """List the conformance classes that were measured, with the number of abstract tests behind each."""

    def work() -> Response:
        given = given_parameters(request.scope["query_string"], EVERYWHERE)
        kind = negotiated(DOCUMENT_KINDS, given.get("f"), request.headers.get("accept"))
        spoken = language(given, request.headers.get("accept-language"))
        return document_response(request, _document(root(request), spoken), kind, spoken)

    return await services_of(request).query(work, request)


def _document(base_url: str, spoken: str) -> dict[str, Any]:
    title, description = _TEXTS[spoken]
    here = f"{base_url}/conformance"
    return {
        "title": title,
        "description": description,
        "links": [
            {"href": here, "rel": "self", "type": "application/json", "title": title},
            {"href": f"{here}?f=html", "rel": "alternate", "type": "text/html", "title": title},
        ],
        "conformsTo": [_SPECIFICATIONS + name for name in declared()],
        "measured": counts(measured()),
    }


_TEXTS = {
    "zh": ("一致性", "每一类的全部抽象测试均在两种数据库上通过后才予声明。"),
    "en": ("Conformance", "A class is declared when all its abstract tests passed on both databases."),
}
