"""Import a table of readings: each value in its point's unit and in UTC, or held with every reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import Any

from data_catalog.dataset import Dataset
from data_catalog.mistake import Mistake, Refused, shown
from data_catalog.plausible import plausible
from data_catalog.store import Feature, QuarantinedRow, Store
from data_catalog.values import parse_value
from minegis.clock import format_utc, parse_utc, utc_now
from minegis.declarations import read
from minegis.errors import InvalidInput
from minegis.levels import Label, Origin
from minegis.reading import Quality, Reading
from minegis.variables import Variable, variable
from pipelines.connectors.rows import Row, VectorFile
from pipelines.connectors.vector_file import read_vector_file
from pipelines.import_report import ImportReport
from pipelines.quarantine import json_values, settled_by
from pipelines.source_file import SourceFile
from pipelines.steps.columns import Columns, match_columns
from pipelines.steps.template import is_example
from pipelines.units import factor_into, words_into


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """What a person says about a table of readings; `time_zone` is that of times without offset."""

    time_zone: tzinfo | None = None
    encoding: str | None = None
    layer: str | None = None
    origin: Origin = Origin.OPERATOR
    source: str | None = None
    sources: Path | None = None


@dataclass(slots=True)
class _Candidate:
    """A row on its way in; `key` is its point and time once both are known."""

    row: Row
    key: str = ""
    reading: Reading | None = None
    mistakes: list[Mistake] = field(default_factory=list)


@cache
def reading_columns() -> Dataset:
    """Return the declared columns of a table of readings."""
    return read(Path(__file__).with_name("readings.yaml"), Dataset)


def import_readings(store: Store, path: Path, *, options: ReadingOptions | None = None) -> ImportReport:
    """Import CSV or XLSX with the columns point_id, observed_at, value and unit.

    A blank value is kept as silence (quality `MISSING`). The point must be a station of the store, which
    says whose reading it is and of which variable.

    Returns
    -------
    ImportReport
        The same file a second time changes nothing.

    Raises
    ------
    InvalidInput, NotFound
        If the file as a whole cannot be used. The store is then as it was.
    """
    options = options or ReadingOptions()
    file = read_vector_file(path, layer=options.layer, encoding=options.encoding)
    if file.has_geometry:
        raise InvalidInput("readings come as a table", where=path.name, expected=".csv or .xlsx")
    columns = match_columns(file.columns, reading_columns(), where=path.name, needs_id=False)
    source = SourceFile.of(path)
    stations = {station.id: station for station in store.features("station")}
    meant = [row for row in file.rows if not is_example(row.values)]
    candidates = [_read_row(row, columns, stations, options, source) for row in meant]
    _mark_repeated(candidates, columns)
    stored = _stored(store, candidates)
    for candidate in candidates:
        _mark_contradiction(candidate, stored, columns)
    bad = [_held(candidate, file, columns, source) for candidate in candidates if candidate.mistakes]
    right = [candidate for candidate in candidates if not candidate.mistakes]
    good = [candidate.reading for candidate in right if candidate.reading is not None]
    settled, released = settled_by(
        store.quarantined(reading_columns().id),
        good=[(candidate.row, candidate.key) for candidate in right],
        bad=bad,
        source=source,
        columns=columns,
    )
    if options.sources is not None:
        source.keep(options.sources)
    added = store.take_in_readings(good, bad, settled)
    return ImportReport(
        file=path.name,
        dataset=reading_columns().id,
        rows=len(candidates),
        inserted=added,
        updated=0,
        unchanged=len(good) - added,
        quarantined=len(bad),
        released=released,
        skipped=len(file.rows) - len(meant),
        mistakes=tuple(mistake for candidate in candidates for mistake in candidate.mistakes),
        notes=tuple(f"column {header} is not part of a reading" for header in columns.ignored),
    )


def _read_row(
    row: Row,
    columns: Columns,
    stations: Mapping[str, Feature],
    options: ReadingOptions,
    source: SourceFile,
) -> _Candidate:
    candidate = _Candidate(row)
    values: dict[str, Any] = {}
    if row.problem:
        problem = Label("行不完整", "the row cannot be read whole")
        candidate.mistakes.append(Mistake(row.number, "(row)", problem, row.problem, "one value a column"))
    for declared in reading_columns().fields:
        header = columns.header(declared.name)
        raw = row.values.get(header)
        try:
            value = parse_value(declared, raw, time_zone=options.time_zone)
            if declared.name == "point_id" and value not in stations:
                raise Refused(
                    "没有此监测点", "no such monitoring point", "the id of a station imported before"
                )
            if declared.name == "observed_at":
                _refuse_future(parse_utc(value))
            values[declared.name] = value
        except Refused as refusal:
            candidate.mistakes.append(refusal.at(row.number, header, raw))
    if {"point_id", "observed_at"} <= values.keys():
        candidate.key = f"{values['point_id']} {values['observed_at']}"
    if len(values) == len(reading_columns().fields):
        _convert(candidate, values, columns, stations[values["point_id"]], options, source)
    return candidate


def _refuse_future(moment: datetime) -> None:
    if moment > utc_now() + timedelta(seconds=plausible().future_tolerance_s):
        raise Refused("时间在未来", "a time in the future", "a time that has passed")


def _convert(
    candidate: _Candidate,
    values: Mapping[str, Any],
    columns: Columns,
    station: Feature,
    options: ReadingOptions,
    source: SourceFile,
) -> None:
    """Bring the value to the unit of the point's variable and check its range."""
    row, name = candidate.row.number, str(station.properties["variable"])
    quantity = variable(name)
    factor = factor_into(quantity.unit, values["unit"])
    if factor is None:
        problem = Label("单位不符", "another unit than the variable's")
        expected = ", ".join(words_into(quantity.unit))
        candidate.mistakes.append(Mistake(row, columns.header("unit"), problem, values["unit"], expected))
        return
    value = None if values["value"] is None else values["value"] * factor
    if value is not None and not quantity.minimum <= value <= quantity.maximum:
        candidate.mistakes.append(_out_of_range(row, columns, quantity, value))
        return
    candidate.reading = Reading(
        point_id=station.id,
        dataset=str(station.properties["asset_dataset"]),
        asset_id=str(station.properties["asset_id"]),
        variable=name,
        value=value,
        observed_at=parse_utc(values["observed_at"]),
        quality=Quality.MISSING if value is None else Quality.NOT_EVALUATED,
        origin=options.origin,
        source=options.source or source.name,
    )


def _out_of_range(row: int, columns: Columns, quantity: Variable, value: float) -> Mistake:
    problem = Label("超出允许范围", "out of range")
    expected = f"{quantity.label.en}, {quantity.minimum:g} to {quantity.maximum:g} {quantity.unit}"
    return Mistake(row, columns.header("value"), problem, f"{value:g} {quantity.unit}", expected)


def _mark_repeated(candidates: Sequence[_Candidate], columns: Columns) -> None:
    count = Counter(candidate.key for candidate in candidates if candidate.key)
    for candidate in candidates:
        if count[candidate.key] > 1:
            problem = Label("同一监测点同一时刻重复", "a point has this time more than once")
            expected = "one value a point and time; at a clock change, times with offset"
            header = columns.header("observed_at")
            candidate.mistakes.append(Mistake(candidate.row.number, header, problem, candidate.key, expected))


def _stored(store: Store, candidates: Sequence[_Candidate]) -> dict[str, float | None]:
    readings = [candidate.reading for candidate in candidates if candidate.reading is not None]
    if not readings:
        return {}
    since = min(reading.observed_at for reading in readings)
    until = max(reading.observed_at for reading in readings)
    known = [
        reading
        for dataset, asset_id in {(reading.dataset, reading.asset_id) for reading in readings}
        for reading in store.readings(dataset, asset_id, since=since, until=until)
    ]
    return {f"{reading.point_id} {format_utc(reading.observed_at)}": reading.value for reading in known}


def _mark_contradiction(candidate: _Candidate, stored: Mapping[str, float | None], columns: Columns) -> None:
    """Refuse another value for a point and time that the store has: readings are never overwritten."""
    reading = candidate.reading
    if reading is not None and candidate.key in stored and stored[candidate.key] != reading.value:
        problem = Label("与已入库的读数不同", "another value than the one stored")
        expected = f"{shown(stored[candidate.key])}, as stored"
        header = columns.header("value")
        candidate.mistakes.append(
            Mistake(candidate.row.number, header, problem, shown(reading.value), expected)
        )


def _held(candidate: _Candidate, file: VectorFile, columns: Columns, source: SourceFile) -> QuarantinedRow:
    return QuarantinedRow(
        dataset=reading_columns().id,
        file=source.path.name,
        file_sha256=source.sha256,
        row=candidate.row.number,
        feature_id=candidate.key,
        reasons=tuple(mistake.to_json() for mistake in candidate.mistakes),
        values=json_values(candidate.row, file, columns, None),
        at=utc_now(),
    )
