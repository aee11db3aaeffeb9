"""A process of its own that writes one file with GDAL: Arrow from standard input, a path and options as JSON.

GDAL holds the interpreter while it sorts an index or fills a database, for seconds: in the server's process
no request would be answered meanwhile. The memory it took goes back when the process ends. This file imports
nothing of ours, and not pandas, which pyogrio would load where it is installed.
"""

from __future__ import annotations

import json
import os
import sys

_MANNERS = 5  # requests come before exports


def main() -> None:
    """Write the file that the first argument describes."""
    os.nice(_MANNERS)
    sys.modules["pandas"] = sys.modules["geopandas"] = None  # type: ignore[assignment]
    import pyarrow as pa  # noqa: PLC0415
    import pyogrio.raw  # noqa: PLC0415

    asked = json.loads(sys.argv[1])
    pyogrio.set_gdal_config_options(asked.pop("config"))
    with pa.ipc.open_stream(sys.stdin.buffer) as rows:
        pyogrio.raw.write_arrow(rows, **asked)


if __name__ == "__main__":
    main()
