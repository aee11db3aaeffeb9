"""Historical earthquakes of China from the NOAA significant earthquake database (tab separated, Latin-1)."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import shapely

from data_catalog.store import Feature
from minegis.clock import format_utc
from minegis.levels import Origin
from pipelines.connectors.public_layers import source_of

FILE = "seismic/noaa_significant_earthquakes_to_2017.tsv"

_SCALES = {
    "EQ_MAG_MW": "Mw",
    "EQ_MAG_MS": "Ms",
    "EQ_MAG_MB": "mb",
    "EQ_MAG_ML": "ML",
    "EQ_MAG_MFA": "Mfa",
    "EQ_MAG_UNK": "",
}
_CLOCK = ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
_START = [1, 1, 1, 0, 0, 0]


def read_earthquakes(folder: Path) -> list[Feature]:
    """Read the rows of China that have coordinates.

    `occurred_at` is the start of what is known and `occurred_precision` says how much that is; years before
    our era have no `occurred_at`, their year stands in the name.
    """
    source = source_of("noaa_earthquakes", folder, FILE)
    with (folder / FILE).open(encoding="latin-1", newline="") as file:
        rows = [
            {name: (value or "").strip() for name, value in row.items() if name}
            for row in csv.DictReader(file, delimiter="\t")
        ]
    return [
        Feature(
            f"noaa-{row['I_D']}",
            _properties(row),
            shapely.Point(float(row["LONGITUDE"]), float(row["LATITUDE"])),
            Origin.PUBLIC,
            source,
        )
        for row in rows
        if row["COUNTRY"] == "CHINA" and row["LATITUDE"] and row["LONGITUDE"]
    ]


def _properties(row: dict[str, str]) -> dict[str, Any]:
    occurred_at, precision = _time(row)
    year = int(row["YEAR"])
    primary = row["EQ_PRIMARY"]
    scale = next((word for column, word in _SCALES.items() if primary and row[column] == primary), "")
    place = " ".join(row["LOCATION_NAME"].removeprefix("CHINA:").split())
    return {
        "name": f"{year if year > 0 else f'{-year} BC'} {place}",
        "magnitude": float(primary) if primary else None,
        "magnitude_type": scale or None,
        "depth": float(row["FOCAL_DEPTH"]) if row["FOCAL_DEPTH"] else None,
        "occurred_at": occurred_at,
        "occurred_precision": precision,
        "deaths": int(row["TOTAL_DEATHS"] or row["DEATHS"] or 0) or None,
    }


def _time(row: dict[str, str]) -> tuple[str | None, str]:
    """Read year to second as far as they go without a gap; seconds may be 60 or missing."""
    parts: list[int] = []
    for name in _CLOCK:
        if not row[name]:
            break
        parts.append(int(float(row[name])))
    precision = _CLOCK[len(parts) - 1].lower()
    if parts[0] < 1:
        return None, precision
    year, month, day, hour, minute, second = parts + _START[len(parts) :]
    return format_utc(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)), precision
