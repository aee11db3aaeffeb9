"""The process that serves stays small."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVING = """
from geoserver.memory import economise, settle
economise()
from geoserver.app import create_app
from minegis.settings import Settings
app = create_app(Settings())
settle()
import gc, sys
import pyarrow as pa
pa.array([1.0])
"""


def said(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", SERVING + code], capture_output=True, text=True, check=True, timeout=120
    ).stdout.strip()


def test_a_server_loads_no_library_that_it_does_not_serve_with() -> None:
    heavy = {"pandas", "xarray", "geopandas", "pyogrio", "scipy", "dask", "duckdb", "matplotlib"}
    assert said(f"print(sorted({heavy!r} & set(sys.modules)))") == "[]"


def test_what_lasts_is_not_looked_at_again_and_what_is_freed_goes_back() -> None:
    frozen, objects = said("print(gc.get_freeze_count(), len(gc.get_objects()))").split()
    assert int(frozen) > 10 * int(objects)
    assert said("print(pa.default_memory_pool().backend_name)") == "system"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_server_that_has_read_nothing_yet_is_below_a_quarter_of_a_gigabyte() -> None:
    pages = said("import os; print(open('/proc/self/statm').read().split()[1], os.sysconf('SC_PAGE_SIZE'))")
    resident, size = (int(each) for each in pages.split())
    assert resident * size < 250e6
