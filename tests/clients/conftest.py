"""Clients as people have them: QGIS and GDAL, run against the real command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_SESSION = Path(__file__).with_name("qgis_session.py")
_PYTHON_OF_QGIS = "/usr/bin/python3"

type Qgis = Callable[..., Any]


@pytest.fixture(scope="session")
def qgis(tmp_path_factory: pytest.TempPathFactory) -> Qgis:
    """A session of QGIS without a screen: call it with a command of qgis_session.py and its arguments."""
    probe = [_PYTHON_OF_QGIS, "-c", "import qgis.core"]
    if (
        not Path(_PYTHON_OF_QGIS).exists()
        or subprocess.run(probe, capture_output=True, check=False).returncode
    ):
        pytest.skip("needs PyQGIS (Debian: python3-qgis)")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        home = str(tmp_path_factory.mktemp("qgis"))  # of its own: sessions would share a cache on disk
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "QT_QPA_PLATFORM": "offscreen",
            "QGIS_CUSTOM_CONFIG_PATH": home,
        }
        command = [_PYTHON_OF_QGIS, str(_SESSION), *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    def session(*arguments: str) -> Any:
        done = run(*arguments)
        if done.returncode < 0:  # QGIS 3.22 itself crashes now and then: once more, then it counts
            done = run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    return session


@pytest.fixture
def own_site(published_site: Path, tmp_path: Path) -> Path:
    """A copy of the published site that may be written to."""
    copy = tmp_path / "site"
    shutil.copytree(published_site, copy)
    return copy
