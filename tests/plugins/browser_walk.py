"""A walk through the page in a real browser: a script of `tests/browser` that prints what it saw as JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "tests" / "output" / "browser"
TIME_LIMIT_S = 600

type Walk = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def walk() -> Walk:
    """Run a script of `tests/browser` against a server; skip where there is no browser."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    node = shutil.which("node")
    if not (chromium and node and (ROOT / "geoserver/web/node_modules/playwright-core").exists()):
        pytest.skip("needs chromium, node and `npm ci` in geoserver/web")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def run(script: str, base: str, **more: str) -> dict[str, Any]:
        given = {"BASE_URL": base, "CHROMIUM": chromium, "SCREENSHOTS": str(SCREENSHOTS), **more}
        done = subprocess.run(
            [node, str(ROOT / "tests" / "browser" / script)],
            env={**os.environ, **given},
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return run
