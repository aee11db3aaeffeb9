"""Catalogue records: what each source, dataset, raster and run is, whose, how good, and made from what."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from data_catalog.collection import RISK_CELL, Collection, collection
from data_catalog.dataset import Dataset, datasets
from data_catalog.expression import Call, Property
from data_catalog.items import Bounds, ItemQuery
from data_catalog.source import Source, sources
from data_catalog.store import Artefact, RunRecord, Snapshot, Store
from minegis.clock import format_utc
from minegis.declarations import BilingualText
from minegis.levels import Origin
from minegis.variables import variables

_TWO_SOURCES = BilingualText(
    zh="同一数据集有多个来源，未指定唯一数源（一数一源）",
    en="Several sources feed this dataset and none of them is named as the authoritative one",
)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the catalogue; what is not known is None or empty.

    Parameters
    ----------
    keywords : tuple of BilingualText
        Also what people search by.
    licence : str
        As its publisher words it; `spdx` is its identifier in the SPDX list where it has one.
    owner : str
        Who answers for the data (数源单位).
    begin, end : str
        The time that the data speak of: days or UTC moments.
    details : mapping
        Quality, cadence, lineage and the like, as JSON.
    """

    id: str
    type: str
    title: BilingualText
    description: BilingualText
    keywords: tuple[BilingualText, ...] = ()
    theme: str = ""
    licence: str = ""
    spdx: str = ""
    owner: str = ""
    dataset: str = ""
    source: str = ""
    created: datetime | None = None
    updated: datetime | None = None
    begin: str = ""
    end: str = ""
    bounds: Bounds | None = None
    identifiers: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def texts(self) -> Iterator[str]:
        """Yield every text that a search looks at, in both languages."""
        for each in (self.title, self.description, *self.keywords):
            yield each.zh
            yield each.en
        yield from (self.id, self.licence, self.spdx, self.owner)


def folded(text: str) -> str:
    """Return a text without differences of case, width and white space.

    References
    ----------
    Unicode Standard Annex 15: NFKC.
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def mentions(record: Record, terms: Iterable[str]) -> bool:
    """Say whether a text of a record has one of the terms; words of a term stand in this order.

    References
    ----------
    OGC 20-004r1, ``/req/record-core-query-parameters/q-response``.
    """
    texts = [folded(text) for text in record.texts()]
    return any(term in text for term in map(folded, terms) for text in texts)


def source_records() -> list[Record]:
    """Return a record of each declared source."""
    return [_source(each) for each in sources().values()]


def _source(source: Source) -> Record:
    period = source.period
    return Record(
        id=f"source:{source.id}",
        type="source",
        title=source.title,
        description=source.notes,
        licence=source.licence,
        spdx=source.spdx,
        owner=source.publisher,
        source=source.id,
        begin=period.begin.isoformat() if period and period.begin else "",
        end=period.end.isoformat() if period and period.end else "",
        bounds=source.bbox,
        details={
            "cadence": source.cadence or None,
            "attribution": source.attribution,
            "crs": source.crs or None,
            "url": source.url or None,
        },
    )


def dataset_records(store: Store, moment: datetime, now: datetime) -> list[Record]:
    """Return a record of each dataset with what is known of its quality.

    Parameters
    ----------
    moment : datetime
        The state that is described.
    now : datetime
        Against which age is measured.
    """
    return [_dataset(store, each, moment, now) for each in datasets().values()]


def _dataset(store: Store, dataset: Dataset, moment: datetime, now: datetime) -> Record:
    items = store.items(dataset.id)
    updated = items.changed_at()
    fed_by = feeding(store.provenance(dataset.id))
    declared = [sources()[each] for each in fed_by if each in sources()]
    only = declared[0] if len(fed_by) == len(declared) == 1 else None
    labels = tuple(each.label for each in dataset.fields)
    cadence = only.cadence if only else ""
    return Record(
        id=f"dataset:{dataset.id}",
        type="dataset",
        title=dataset.title,
        description=BilingualText(
            zh=f"{dataset.title.zh}，属性：{'、'.join(each.zh for each in labels)}",
            en=f"{dataset.title.en} with {', '.join(each.en for each in labels)}",
        ),
        keywords=(dataset.title, *labels),
        licence="; ".join(dict.fromkeys(each.licence for each in declared)),
        spdx=only.spdx if only else "",
        owner="; ".join(dict.fromkeys(each.publisher for each in declared)),
        dataset=dataset.id,
        source=only.id if only else "",
        updated=updated,
        bounds=items.bounds(),
        details={
            "quality": {
                "rows": items.count(ItemQuery(moment=moment)),
                "quarantined": len(store.quarantined(dataset.id)),
                "completeness": _completeness(store, collection(dataset.id), moment),
                "ageDays": None if updated is None else (now - updated).days,
            },
            "cadence": cadence or None,
            "sources": fed_by,
            "oneSource": one_source(fed_by),
        },
    )


def feeding(provenance: Iterable[tuple[str, str]]) -> list[str]:
    """Return the sources that feed a dataset: declared ones by id, operators' as reported data."""
    return sorted(
        {
            str(Origin.OPERATOR) if origin == Origin.OPERATOR else source.partition(":")[0].strip()
            for origin, source in provenance
        }
    )


def one_source(fed_by: Sequence[str]) -> dict[str, Any]:
    """Return which single source a dataset has (一数一源), or a warning when there are several."""
    if len(fed_by) > 1:
        return {"source": None, "warning": _TWO_SOURCES.model_dump()}
    return {"source": next(iter(fed_by), None), "warning": None}


def _completeness(store: Store, schema: Collection, moment: datetime) -> dict[str, float] | None:
    """Return the share of rows that have each required field, None when there are no rows."""
    items = store.items(schema.id)
    rows = items.count(ItemQuery(moment=moment))
    if not rows:
        return None
    shares = {}
    for each in schema.fields:
        if each.required:
            missing = items.count(ItemQuery(Call("isNull", (Property(each.name),)), moment=moment)) or 0
            shares[each.name] = round(1 - missing / rows, 4)
    return shares


def raster_records(
    artefacts: Iterable[Artefact], bounds_of: Callable[[Artefact], Bounds | None]
) -> list[Record]:
    """Return a record of each raster, with the files and parameters it was made from."""
    return [_raster(each, bounds_of(each)) for each in artefacts]


def _raster(artefact: Artefact, bounds: Bounds | None) -> Record:
    known = variables().get(artefact.layer)
    title = BilingualText(zh=known.label.zh, en=known.label.en) if known else None
    named = title or BilingualText(zh=artefact.layer, en=artefact.layer)
    made_from = [sources()[each["source"]] for each in artefact.inputs if each.get("source") in sources()]
    return Record(
        id=f"raster:{artefact.id}",
        type="raster",
        title=BilingualText(zh=f"{named.zh}（{artefact.area}）", en=f"{named.en} ({artefact.area})"),
        description=BilingualText(
            zh=f"由 {artefact.method} 计算的栅格", en=f"Raster computed by {artefact.method}"
        ),
        keywords=(
            named,
            BilingualText(zh=artefact.layer, en=artefact.layer),
            *(one.title for one in made_from),
        ),
        licence="; ".join(dict.fromkeys(each.licence for each in made_from)),
        owner="; ".join(dict.fromkeys(each.publisher for each in made_from)),
        source=made_from[0].id if len(made_from) == 1 else "",
        created=artefact.made_at,
        updated=artefact.made_at,
        bounds=bounds,
        identifiers=(("sha256", artefact.sha256),),
        details={
            "lineage": {
                "inputs": list(artefact.inputs),
                "method": artefact.method,
                "parameters": dict(artefact.parameters),
            }
        },
    )


def run_records(
    run: RunRecord, snapshots: Iterable[Snapshot], artefacts: Iterable[Artefact], bounds: Bounds | None
) -> list[Record]:
    """Return a record of a run, and one of each snapshot of risk cells that it wrote."""
    inputs = list({str(each): each for artefact in artefacts for each in artefact.inputs}.values())
    lineage = {
        "inputs": inputs,
        "method": run.id,
        "parameters": {"reference_time": format_utc(run.reference_time)},
        "durationSeconds": round((run.finished_at - run.started_at).total_seconds(), 3),
    }
    at = format_utc(run.reference_time)
    whole = Record(
        id=f"run:{run.id}",
        type="run",
        title=BilingualText(zh=f"风险评估运行 {run.id}", en=f"Run of the risk assessment {run.id}"),
        description=BilingualText(zh=f"按 {at} 的情况评估", en=f"Assessed as of {at}"),
        keywords=(BilingualText(zh="风险评估", en="risk assessment"), BilingualText(zh="预警", en="warning")),
        created=run.started_at,
        updated=run.finished_at,
        begin=at,
        end=at,
        bounds=bounds,
        identifiers=(("run", run.id),),
        details={"lineage": lineage, "counts": dict(run.counts)},
    )
    return [whole, *(_snapshot(each, run, lineage, bounds) for each in snapshots if each.run_id == run.id)]


def _snapshot(
    snapshot: Snapshot, run: RunRecord, lineage: Mapping[str, Any], bounds: Bounds | None
) -> Record:
    level = snapshot.resolution
    at = format_utc(run.reference_time)
    return Record(
        id=f"snapshot:{run.id}:{level}",
        type="snapshot",
        title=BilingualText(zh=f"风险网格，H3 {level} 级", en=f"Risk cells at H3 resolution {level}"),
        description=BilingualText(
            zh=f"运行 {run.id} 的网格快照", en=f"Snapshot of the cells of run {run.id}"
        ),
        keywords=(BilingualText(zh="风险网格", en="risk cells"), BilingualText(zh="H3", en="H3")),
        dataset=RISK_CELL,
        created=run.finished_at,
        updated=run.finished_at,
        begin=at,
        end=at,
        bounds=bounds,
        identifiers=(("sha256", snapshot.sha256), ("run", run.id)),
        details={"lineage": dict(lineage), "quality": {"rows": snapshot.rows}},
    )
