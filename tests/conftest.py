"""What every test may use: the real data, when it is on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Folder of real data (``MINEGIS_SAMPLE_DATA``); the test is skipped where it is absent."""
    folder = Path(os.environ.get("MINEGIS_SAMPLE_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "SHA256SUMS").exists():
        pytest.skip("needs the folder of real data: set MINEGIS_SAMPLE_DATA to it")
    return folder
