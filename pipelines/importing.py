"""Import a vector file: good rows in, bad rows held with every reason, all in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from data_catalog.checks import sound_geometry
from data_catalog.dataset import Dataset, dataset, datasets
from data_catalog.mistake import Mistake, Refused
from data_catalog.store import Feature, QuarantinedRow, Store
from data_catalog.values import parse_id, parse_value
from data_catalog.whereabouts import Regions, check_county, check_nation
from minegis.clock import utc_now
from minegis.errors import InvalidInput
from minegis.levels import Label, Origin
from pipelines.connectors.rows import Row, VectorFile
from pipelines.connectors.vector_file import read_vector_file
from pipelines.import_report import ImportReport
from pipelines.quarantine import json_values, settled_by
from pipelines.source_file import SourceFile
from pipelines.steps.checks import check_row
from pipelines.steps.columns import Columns, closest_field, match_columns
from pipelines.steps.positions import (
    Datum,
    Frame,
    frame_of,
    geometry_mistake,
    own_geometry,
    position_header,
    to_lon_lat,
)
from pipelines.steps.template import is_example
from pipelines.steps.whereabouts import refuse_unmarked_shift

_BATCH = 10_000  # ids in one query


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What a person says about a file that the file does not say.

    `crs` is an EPSG code or name, `layer` a GeoPackage layer or workbook sheet, `source` a text that names
    where the data come from (the file itself by default), `sources` the folder that keeps a copy of the file.
    """

    crs: str | None = None
    datum: Datum | None = None
    encoding: str | None = None
    layer: str | None = None
    origin: Origin = Origin.OPERATOR
    source: str | None = None
    sources: Path | None = None


@dataclass(slots=True)
class _Candidate:
    """A row on its way in."""

    row: Row
    feature_id: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    geometry: BaseGeometry | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Import:
    """One import: what is read, into what, and what it is checked against."""

    store: Store
    dataset: Dataset
    file: VectorFile
    source: SourceFile
    columns: Columns
    frame: Frame | None
    own_geometry: Callable[[Row], BaseGeometry | None]
    regions: Regions
    asset_ids: Mapping[str, frozenset[str]]
    options: ImportOptions
    skipped: int

    def is_asset(self, layer: str, asset_id: str) -> bool:
        """Whether a layer holds an asset of this id."""
        return asset_id in self.asset_ids[layer]


def import_file(
    store: Store, path: Path, dataset_id: str, *, options: ImportOptions | None = None
) -> ImportReport:
    """Import a file.

    Parameters
    ----------
    store : Store
    path : Path
        GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet, CSV or XLSX.
    dataset_id : str
        An importable dataset.
    options : ImportOptions, optional

    Returns
    -------
    ImportReport
        Every mistake of every row, and what changed. The same file a second time changes nothing.

    Raises
    ------
    InvalidInput, NotFound
        If the file as a whole cannot be used. The store is then as it was.
    """
    job = _prepare(store, path, dataset_id, options or ImportOptions())
    candidates = [_read_row(row, job) for row in job.file.rows]
    _refuse_unmarked_shift(candidates, job)
    _mark_duplicates(candidates, job.columns)
    known = _known_features(store, job.dataset, candidates)
    for candidate in candidates:
        _complete(candidate, known.get(candidate.feature_id), job)
    good = [
        _feature(candidate, known.get(candidate.feature_id), job)
        for candidate in candidates
        if not candidate.mistakes
    ]
    bad = [_quarantined(candidate, job) for candidate in candidates if candidate.mistakes]
    settled, released = settled_by(
        store.quarantined(dataset_id),
        good=[(candidate.row, candidate.feature_id) for candidate in candidates if not candidate.mistakes],
        bad=bad,
        source=job.source,
        columns=job.columns,
    )
    if job.options.sources is not None:
        job.source.keep(job.options.sources)
    change, _, _ = store.take_in(dataset_id, good, bad, settled)
    return ImportReport(
        file=path.name,
        dataset=dataset_id,
        rows=len(candidates),
        inserted=change.inserted,
        updated=change.updated,
        unchanged=change.unchanged,
        quarantined=len(bad),
        released=released,
        skipped=job.skipped,
        mistakes=tuple(mistake for candidate in candidates for mistake in candidate.mistakes),
        warnings=tuple(warning for candidate in candidates for warning in candidate.warnings),
        notes=_notes(job),
    )


def _prepare(store: Store, path: Path, dataset_id: str, options: ImportOptions) -> _Import:
    declared = dataset(dataset_id)
    if not declared.importable:
        importable = ", ".join(name for name, other in datasets().items() if other.importable)
        raise InvalidInput("this layer is not imported from files", expected=importable, got=dataset_id)
    file = read_vector_file(path, layer=options.layer, encoding=options.encoding, prefer_layer=dataset_id)
    meant = tuple(row for row in file.rows if file.has_geometry or not is_example(row.values))
    skipped = len(file.rows) - len(meant)
    file = replace(file, rows=meant)
    columns = match_columns(file.columns, declared, where=path.name, cut=file.cut_names)
    half = {"longitude", "latitude"} & columns.special.keys()
    if len(half) == 1:
        raise InvalidInput(
            "a coordinate column is missing",
            where=path.name,
            expected="longitude and latitude",
            got=half.pop(),
        )
    placed = file.has_geometry or position_header(columns) != "geometry"
    frame = frame_of(file, columns, options.crs, options.datum) if placed else None
    asset_ids = {
        name: frozenset(feature.id for feature in store.features(name))
        for name, other in datasets().items()
        if other.asset and dataset_id == "station"
    }
    source = SourceFile.of(path)
    regions = Regions.load(store)
    read = own_geometry(file, columns, frame) if frame is not None else (lambda row: None)
    return _Import(store, declared, file, source, columns, frame, read, regions, asset_ids, options, skipped)


def _read_row(row: Row, job: _Import) -> _Candidate:
    candidate = _Candidate(row)
    if row.problem:
        problem = Label("行不完整", "the row cannot be read whole")
        candidate.mistakes.append(Mistake(row.number, "(row)", problem, row.problem, "one value a column"))
    id_header = job.columns.header("id")
    try:
        candidate.feature_id = parse_id(row.values.get(id_header))
    except Refused as refusal:
        candidate.mistakes.append(refusal.at(row.number, id_header, row.values.get(id_header)))
    for declared in job.dataset.fields:
        header = job.columns.fields.get(declared.name)
        if header is None:
            continue
        raw = row.values.get(header)
        try:
            candidate.properties[declared.name] = parse_value(declared, raw, region_codes=job.regions.codes)
        except Refused as refusal:
            candidate.mistakes.append(refusal.at(row.number, header, raw))
    if job.frame is not None:
        _place(candidate, job, job.frame)
    return candidate


def _place(candidate: _Candidate, job: _Import, frame: Frame) -> None:
    own = None
    try:
        own = job.own_geometry(candidate.row)
        sound, repair = sound_geometry(own, job.dataset)
        candidate.geometry = to_lon_lat(sound, frame)
        check_nation(candidate.geometry, job.regions)
        if repair:
            header = position_header(job.columns)
            problem = Label("多边形已修复", "the polygon was repaired")
            candidate.warnings.append(
                Mistake(candidate.row.number, header, problem, repair, "a valid polygon", "warning")
            )
    except Refused as refusal:
        candidate.mistakes.append(geometry_mistake(candidate.row, job.columns, refusal, own))
        candidate.geometry = None


def _refuse_unmarked_shift(candidates: Sequence[_Candidate], job: _Import) -> None:
    if job.frame is None or job.frame.datum is not None:
        return
    placed = [
        (candidate.geometry, str(candidate.properties.get("county_code")))
        for candidate in candidates
        if candidate.geometry is not None
    ]
    refuse_unmarked_shift(placed, job.regions, where=job.file.path.name)


def _mark_duplicates(candidates: Sequence[_Candidate], columns: Columns) -> None:
    """Mark every row of an id that is there more than once: which of them is meant is not ours to say."""
    count = Counter(candidate.feature_id for candidate in candidates if candidate.feature_id)
    places: dict[str, list[int]] = {}
    for candidate in candidates:
        places.setdefault(candidate.feature_id, []).append(candidate.row.number)
    for candidate in candidates:
        if count[candidate.feature_id] > 1:
            rows = ", ".join(str(number) for number in places[candidate.feature_id])
            candidate.mistakes.append(
                Mistake(
                    candidate.row.number,
                    columns.header("id"),
                    Label("编号重复", "the id is there more than once"),
                    f"{candidate.feature_id} in rows {rows}",
                    "one row an id",
                )
            )


def _known_features(store: Store, declared: Dataset, candidates: Sequence[_Candidate]) -> dict[str, Feature]:
    ids = [candidate.feature_id for candidate in candidates if candidate.feature_id]
    batches = [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
    return {feature.id: feature for batch in batches for feature in store.features(declared.id, ids=batch)}


def _complete(candidate: _Candidate, known: Feature | None, job: _Import) -> None:
    """Fill what the file has no column for from the store, then check the row as a whole."""
    number, columns = candidate.row.number, job.columns
    if known is not None:
        candidate.properties = {**known.properties, **candidate.properties}
    if job.frame is None:
        if known is None:
            refusal = Refused("没有坐标列", "no coordinates", "coordinate columns for a feature that is new")
            candidate.mistakes.append(geometry_mistake(candidate.row, columns, refusal, None))
        else:
            candidate.geometry = known.geometry
    properties = candidate.properties
    checked = check_row(job.dataset, properties, job.is_asset, columns.header, number)
    candidate.mistakes += [mistake for mistake in checked if mistake.severity == "error"]
    candidate.warnings += [mistake for mistake in checked if mistake.severity == "warning"]
    code = properties.get("county_code")
    if candidate.geometry is None or code is None:
        return
    if code not in job.regions.outlines:
        problem = Label(
            "区划代码不在行政区划表中，位置未核对", "no such region here: the place is not checked"
        )
        expected = "a code of the region layer"
        header = columns.header("county_code")
        candidate.warnings.append(Mistake(number, header, problem, code, expected, "warning"))
        return
    try:
        check_county(candidate.geometry, code, job.regions)
    except Refused as refusal:
        candidate.mistakes.append(geometry_mistake(candidate.row, columns, refusal, candidate.geometry))


def _feature(candidate: _Candidate, known: Feature | None, job: _Import) -> Feature:
    """Return the feature; one that is as it was keeps its source, so that it stays the same version."""
    assert candidate.geometry is not None  # a row without geometry has a mistake
    source = job.options.source or job.source.name
    feature = Feature(
        candidate.feature_id, candidate.properties, candidate.geometry, job.options.origin, source
    )
    if known is None:
        return feature
    same = (
        all(feature.properties.get(name) == value for name, value in known.properties.items())
        and feature.geometry.equals_exact(known.geometry, 0.0)
        and feature.origin == known.origin
    )
    return replace(feature, source=known.source) if same else feature


def _quarantined(candidate: _Candidate, job: _Import) -> QuarantinedRow:
    return QuarantinedRow(
        dataset=job.dataset.id,
        file=job.source.path.name,
        file_sha256=job.source.sha256,
        row=candidate.row.number,
        feature_id=candidate.feature_id,
        reasons=tuple(mistake.to_json() for mistake in candidate.mistakes),
        values=json_values(candidate.row, job.file, job.columns, job.frame),
        at=utc_now(),
    )


def _notes(job: _Import) -> tuple[str, ...]:
    notes = list(job.file.notes)
    for header in job.columns.ignored:
        near = closest_field(header, job.dataset)
        notes.append(
            f"column {header} is not part of {job.dataset.id}" + (f"; is {near} meant?" if near else "")
        )
    flattened = sum(row.geometry is not None and row.geometry.has_z for row in job.file.rows)
    if flattened:
        notes.append(f"{flattened} geometries carried heights; longitude and latitude are kept")
    if job.frame is not None and job.frame.datum is not None and job.frame.datum.shifted:
        notes.append(f"coordinates were shifted back from {job.frame.name}")
    return tuple(notes)
