"""Held rows: kept as they came, given back in a form to correct, and recognised when they return."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_catalog.dataset import dataset
from data_catalog.plausible import plausible
from data_catalog.store import QuarantinedRow, Store
from pipelines.connectors.rows import Row, VectorFile
from pipelines.source_file import SourceFile
from pipelines.steps.columns import (
    CRS_HEADER,
    FILE_HEADER,
    REASON_HEADER,
    ROW_HEADER,
    WKT_HEADER,
    Columns,
)
from pipelines.steps.positions import Frame

READINGS = "reading"


def write_quarantine(store: Store, dataset_id: str, path: Path) -> int:
    """Write the held rows of a dataset as CSV: their own columns, then why and where from.

    Corrected in place, the file can be imported as it is; the rows are then released.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    NotFound
        If no dataset has this id.
    """
    rows = store.quarantined(dataset_id if dataset_id == READINGS else dataset(dataset_id).id)
    columns = list(dict.fromkeys(name for row in rows for name in row.values if name not in _ADDED))
    temporary = path.with_name(path.name + ".part")
    with temporary.open("w", encoding="utf-8-sig", newline="") as target:
        writer = csv.DictWriter(target, [*columns, *_ADDED], extrasaction="ignore")
        writer.writeheader()
        for row in rows:
            writer.writerow({**row.values, **_told(row)})
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)
    return len(rows)


_ADDED = (REASON_HEADER, FILE_HEADER, ROW_HEADER)


def _told(row: QuarantinedRow) -> dict[str, str]:
    reasons = [
        f"{reason['column']}: {reason['problem_zh']} / {reason['problem_en']}; "
        f"got {reason['got']}; expected {reason['expected']}"
        for reason in row.reasons
    ]
    return {REASON_HEADER: "\n".join(reasons), FILE_HEADER: _file_key(row), ROW_HEADER: str(row.row)}


def _file_key(row: QuarantinedRow) -> str:
    return f"{row.file_sha256[:12]}-{row.file}"


def json_values(row: Row, file: VectorFile, columns: Columns, frame: Frame | None) -> dict[str, Any]:
    """Return a row's cells as the quarantine keeps them, with its geometry as WKT and its system named."""
    values = {name: _plain(value) for name, value in row.values.items() if value is not None}
    if file.has_geometry:
        values[WKT_HEADER] = "" if row.geometry is None else row.geometry.wkt
    if frame is not None:
        values[columns.special.get("crs", CRS_HEADER)] = frame.name
    return values


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) else str(value)


def settled_by(
    held: Sequence[QuarantinedRow],
    *,
    good: Sequence[tuple[Row, str]],
    bad: Sequence[QuarantinedRow],
    source: SourceFile,
    columns: Columns,
) -> tuple[list[QuarantinedRow], int]:
    """Return the held rows that a file presents anew, and how many of them it corrects.

    A row is known by its id, by the place it was given back with, or by being at the same place of a file
    of the same name with mostly the same values.
    """
    standing = {row.row: row.reasons for row in bad}
    waiting = [
        row for row in held if row.file_sha256 != source.sha256 or standing.get(row.row) != row.reasons
    ]
    corrected_ids = {feature_id for _, feature_id in good}
    presented_ids = corrected_ids | {row.feature_id for row in bad if row.feature_id}
    corrected_at = {row.number: row.values for row, _ in good}
    presented_at = {**corrected_at, **{row.row: row.values for row in bad}}
    corrected_keys = _given_back([row.values for row, _ in good], columns)
    presented_keys = corrected_keys | _given_back([row.values for row in bad], columns)
    settled, corrected = [], 0
    for row in waiting:
        key = (_file_key(row), str(row.row))
        here = _at(row, source, presented_at)
        if row.feature_id in presented_ids or key in presented_keys or here:
            settled.append(row)
            at = here and row.row in corrected_at
            corrected += row.feature_id in corrected_ids or key in corrected_keys or at
    return settled, corrected


def _given_back(rows: Sequence[Any], columns: Columns) -> set[tuple[str, str]]:
    if not {"source_file", "source_row"} <= columns.special.keys():
        return set()
    file, number = columns.special["source_file"], columns.special["source_row"]
    return {(str(values.get(file, "")), str(values.get(number, ""))) for values in rows}


def _at(row: QuarantinedRow, source: SourceFile, presented: dict[int, Any]) -> bool:
    if row.file != source.path.name or row.row not in presented:
        return False
    if row.file_sha256 == source.sha256:
        return True
    values = presented[row.row]
    filled = [name for name, value in row.values.items() if value != "" and name in values]
    alike = sum(_plain(values[name]) == row.values[name] for name in filled)
    return bool(alike > plausible().similar_share * len(filled))
