"""What the filter builder of the page prints, read by the server's own parser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

WEB = Path(__file__).parents[2] / "geoserver" / "web"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The texts that `tools.test.ts` expects of its trees, and finds."""
    npx = shutil.which("npx")
    if npx is None or not (WEB / "node_modules" / "vitest").exists():
        pytest.skip("needs node and `npm ci` in geoserver/web")
    path = tmp_path_factory.mktemp("cql") / "cases.json"
    done = subprocess.run(
        [npx, "vitest", "run", "test/tools.test.ts"],
        cwd=WEB,
        env={**os.environ, "CQL_CASES": str(path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    texts: list[str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def test_the_server_understands_every_condition_that_the_page_prints(
    printed: list[str], client: TestClient
) -> None:
    assert len(printed) > 10
    for text in printed:
        collection = "earthquake" if "occurred_at" in text else "tsf"
        answer = client.get(
            f"/ogc/collections/{collection}/items", params={"filter": text, "resulttype": "hits"}
        )
        assert answer.status_code == 200, (text, answer.text)


def test_a_text_with_quotes_and_wildcards_finds_itself_alone(client: TestClient) -> None:
    # As `cql.ts` prints the search for 沟: the only asset of the small site with it is T1.
    found = client.get(
        "/ogc/collections/tsf/items", params={"filter": "CASEI(name) LIKE CASEI('%沟%')"}
    ).json()
    assert [each["id"] for each in found["features"]] == ["T1"]
    none = client.get(
        "/ogc/collections/tsf/items", params={"filter": "CASEI(name) LIKE CASEI('%\\%%')"}
    ).json()
    assert none["features"] == []
