"""What the OpenAPI documents promise is kept, whatever is asked: schemathesis makes requests up from them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import httpx

from geoserver.app import create_app
from minegis.settings import Settings

PROBLEM = "application/problem+json"
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def server(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = shutil.copytree(site, tmp_path_factory.mktemp("fuzzed") / "site")
    app = create_app(Settings(site=folder, web=Path("absent")))
    with TestClient(app, client=("127.0.0.1", 50000), raise_server_exceptions=False) as opened:
        yield opened


def answer(client: TestClient, case: Any, base: str) -> Any:
    """Return what the server says to a made-up case, None for what no client can send."""
    asked = case.as_transport_kwargs(base_url=f"http://testserver{base}")
    given = {name: asked[name] for name in ("params", "headers", "json") if asked.get(name) is not None}
    if isinstance(asked.get("data"), str | bytes):
        given["content"] = asked["data"]
    try:
        return client.request(asked["method"], asked["url"], **given)
    except (httpx.InvalidURL, UnicodeError):
        return None


def broken_promises(client: TestClient, base: str, operation: Any, mode: GenerationMode) -> list[str]:
    """Return what an operation does that its description does not say."""
    found: list[str] = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @BOUNDED
    def promises_are_kept(case: Any) -> None:
        response = answer(client, case, base)
        if response is None:
            return
        if response.status_code >= 400:
            assert response.headers["content-type"] == PROBLEM, (case.formatted_path, response.text[:200])
        case.validate_response(response, checks=CHECKS)

    try:
        promises_are_kept()
    except Unsatisfiable:  # it takes nothing that could be wrong
        pass
    except (FailureGroup, AssertionError) as failure:
        found.append(f"{operation.label} ({mode.value}): {failure}\n{getattr(failure, 'exceptions', '')}")
    return found


@pytest.mark.parametrize(("document", "base"), [("/ogc/openapi", "/ogc"), ("/api/v1/openapi.json", "")])
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_does_what_its_document_says(
    server: TestClient, document: str, base: str, mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_dict(server.get(document).json())
    operations = [each.ok() for each in schema.get_all_operations()]
    assert operations
    found = [promise for each in operations for promise in broken_promises(server, base, each, mode)]
    assert not found, "\n".join(found[:30])
