from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import shapely

from data_catalog.dataset import datasets
from data_catalog.store import Feature, Store
from minegis.clock import format_utc, utc_now
from minegis.errors import InvalidInput
from minegis.levels import Origin
from minegis.reading import Quality
from pipelines.quarantine import write_quarantine
from pipelines.reading_import import ReadingOptions, import_readings

NOON = "2026-07-20T12:00:00+08:00"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "site") as opened:
        opened.upsert("station", [station("P1", "dry_beach_length"), station("P2", "displacement")])
        yield opened


def station(name: str, variable: str) -> Feature:
    properties: dict[str, Any] = {field.name: None for field in datasets()["station"].fields}
    properties |= {"name": name, "asset_dataset": "tsf", "asset_id": "T1", "variable": variable}
    properties |= {"interval_minutes": 60.0}
    return Feature(name, properties, shapely.Point(103.3, 31.2), Origin.OPERATOR, "test")


def write(path: Path, *rows: tuple[Any, Any, Any, Any]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["监测点编号", "observed_at", "数值", "单位"])
        writer.writerows(rows)
    return path


def problems(report: Any) -> list[tuple[int, str]]:
    return [(mistake.row, mistake.problem.en) for mistake in report.mistakes]


def test_readings_are_kept_in_the_points_unit_and_in_utc(store: Store, tmp_path: Path) -> None:
    rows = [
        ("P1", NOON, "162.5", "m"),
        ("P2", "2026-07-20 12:00:00+08:00", "1.2", "厘米"),
        ("P1", "2026-07-20T05:00:00Z", "", "米"),
    ]
    report = import_readings(store, write(tmp_path / "a.csv", *rows))
    assert (report.inserted, report.quarantined) == (3, 0)
    first, second, silent = store.readings()
    assert (first.value, first.observed_at) == (162.5, datetime(2026, 7, 20, 4, tzinfo=UTC))
    assert (second.value, second.variable, second.asset_id) == (12.0, "displacement", "T1")
    assert (silent.value, silent.quality) == (None, Quality.MISSING)


def test_the_same_table_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ("P1", NOON, 160, "m"), ("P1", "2026-07-20", 160, "m"))
    first, again = import_readings(store, path), import_readings(store, path)
    assert (first.inserted, first.unchanged, first.quarantined) == (1, 0, 1)
    assert (again.inserted, again.unchanged, again.quarantined) == (0, 1, 1)
    assert len(store.quarantined("reading")) == 1


def test_each_bad_reading_is_told(store: Store, tmp_path: Path) -> None:
    tomorrow = format_utc(utc_now() + timedelta(days=1))
    rows = [
        ("P9", NOON, 1, "m"),
        ("P1", "2026-07-20T12:00:00", 160, "m"),
        ("P1", NOON, 160, "mm/d"),
        ("P1", "2026-07-20T13:00:00+08:00", 5001, "m"),
        ("P1", "2026-07-20T14:00:00+08:00", "160 m", "m"),
        ("P1", tomorrow, 160, "m"),
        ("P1", "2026-07-20T15:00:00+08:00", 160, ""),
    ]
    report = import_readings(store, write(tmp_path / "a.csv", *rows))
    assert problems(report) == [
        (2, "no such monitoring point"),
        (3, "a time without offset"),
        (4, "another unit than the variable's"),
        (5, "out of range"),
        (6, "text after the number"),
        (7, "a time in the future"),
        (8, "a required value is blank"),
    ]
    assert (report.inserted, len(store.quarantined("reading"))) == (0, 7)


def test_the_doubled_hour_of_a_clock_change_is_told(store: Store, tmp_path: Path) -> None:
    # In Los Angeles 1 November 2015 had 01:30 twice; 8 March 2015 had no 02:30.
    rows = [
        ("P1", "2015-11-01 00:30", 150, "m"),
        ("P1", "2015-11-01 01:30", 151, "m"),
        ("P1", "2015-11-01 01:30", 152, "m"),
        ("P1", "2015-03-08 02:30", 153, "m"),
    ]
    options = ReadingOptions(time_zone=ZoneInfo("America/Los_Angeles"))
    report = import_readings(store, write(tmp_path / "a.csv", *rows), options=options)
    assert report.inserted == 1
    assert problems(report) == [
        (row, "a local time that the clock change makes ambiguous") for row in (3, 4, 5)
    ]
    assert store.readings()[0].observed_at == datetime(2015, 11, 1, 7, 30, tzinfo=UTC)


def test_a_point_with_one_time_twice_is_held_in_both_rows(store: Store, tmp_path: Path) -> None:
    rows = [("P1", NOON, 160, "m"), ("P2", NOON, 3, "mm"), ("P1", "2026-07-20T04:00:00Z", 161, "m")]
    report = import_readings(store, write(tmp_path / "a.csv", *rows))
    assert problems(report) == [(row, "a point has this time more than once") for row in (2, 4)]
    assert report.inserted == 1


def test_a_stored_reading_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    import_readings(store, write(tmp_path / "a.csv", ("P1", NOON, 160, "m")))
    report = import_readings(store, write(tmp_path / "b.csv", ("P1", NOON, 40, "m")))
    assert problems(report) == [(2, "another value than the one stored")]
    assert [reading.value for reading in store.readings()] == [160.0]


def test_a_held_reading_is_given_back_corrected_and_released(store: Store, tmp_path: Path) -> None:
    import_readings(store, write(tmp_path / "a.csv", ("P1", "2026-07-20 12:00", "16O", "m")))
    out = tmp_path / "out.csv"
    assert write_quarantine(store, "reading", out) == 1
    corrected = out.read_text(encoding="utf-8-sig").replace("P1,2026-07-20 12:00,16O,m", f"P1,{NOON},160,m")
    out.write_text(corrected, encoding="utf-8")
    report = import_readings(store, out)
    assert (report.inserted, report.released, store.quarantined("reading")) == (1, 1, [])


def test_a_table_without_units_is_refused_whole(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"point_id,observed_at,value\nP1,{NOON},1\n")
    with pytest.raises(InvalidInput, match="单位 unit"):
        import_readings(store, path)


def test_the_doubled_and_ambiguous_times_of_a_real_logger_are_held_and_nothing_else(
    store: Store, tmp_path: Path, sample_data: Path
) -> None:
    # The table has 04:15 to 05:00 of 1 October twice (eight rows), and 01:00 to 01:45 of 1 November, when
    # that hour came twice, once (four rows).
    store.upsert("station", [station("R1", "rain_1h")])
    lines = (sample_data / "monitoring/usgs_mukilteo/waMVD116_rain.txt").read_text().splitlines()
    table = [line.split() for line in lines]
    around = [line for line in table if line[0] == "2015" and line[1] in ("10", "11") and line[2] == "01"]
    rows = [("R1", f"{y}-{mo}-{d} {h}:{mi}", float(rain) * 25.4, "mm") for y, mo, d, h, mi, rain in around]
    options = ReadingOptions(time_zone=ZoneInfo("America/Los_Angeles"))
    report = import_readings(store, write(tmp_path / "a.csv", *rows), options=options)
    told = [problem for _, problem in problems(report)]
    assert told.count("a point has this time more than once") == 8
    assert told.count("a local time that the clock change makes ambiguous") == 4
    assert (report.quarantined, report.inserted) == (12, len(rows) - 12)


def test_rain_in_inches_becomes_the_millimetres_of_the_tips_beside_it(
    store: Store, tmp_path: Path, sample_data: Path
) -> None:
    # One file of the logger counts tips of 0.254 mm, the other holds the same rain in inches.
    folder = sample_data / "monitoring/usgs_mukilteo"
    tips = [line.split("\t") for line in (folder / "waMLP_14d.txt").read_text().splitlines()]
    counted = {line[0][:16]: float(line[3]) * 0.254 for line in tips}
    store.upsert("station", [station("R1", "rain_1h")])
    rows = []
    for line in (folder / "waMLP_rain.txt").read_text().splitlines():
        year, month, day, hour, minute, rain = line.split()
        at = f"{year}-{month}-{day} {hour}:{minute}"
        if at in counted:
            rows.append(("R1", at, float(rain), "in"))
    assert len(rows) > 1300
    import_readings(
        store,
        write(tmp_path / "a.csv", *rows),
        options=ReadingOptions(time_zone=ZoneInfo("America/Los_Angeles")),
    )
    total = sum(reading.value or 0.0 for reading in store.readings("tsf", "T1"))
    assert total == pytest.approx(sum(counted[at] for _, at, _, _ in rows), rel=1e-9)
    assert total == pytest.approx(25.4 * sum(rain for _, _, rain, _ in rows), rel=1e-9)
