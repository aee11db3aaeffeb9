"""What the rules and models would say if it rained, shook or the ponds stood higher; nothing is stored.

Everything is judged as the last run judged it, at its time. Hysteresis is not applied: what is supposed is
taken to last. A tier that hysteresis holds stays held. States of evidence stay as they are, since a
supposition is no observation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_catalog.store import RegionRiskRecord
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Tier
from pipelines.asset_models import Floats
from pipelines.cell_columns import CellColumns
from pipelines.cell_models import CELL_MODELS, CellModel, run_models
from pipelines.cell_risk import coarser, risk_of_cells
from pipelines.what_if_baseline import SHOWN, Baseline
from pipelines.what_if_change import Change
from pipelines.what_if_judging import SUPPOSED, Judged, Present, judged_under
from risk_models.composite.region import Contributor

_MOST_REASONS = 3

type Cells = Mapping[int, Mapping[str, NDArray[Any]]]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that asks for another tier under the change, with its nodes before and after."""

    key: str
    before: Tier
    tier: Tier
    was: Evidence | None
    now: Evidence | None


@dataclass(frozen=True, slots=True)
class ChangedAsset:
    """An asset whose tier or score would be another; `row` is its place in the baseline."""

    row: int
    before: Tier
    tier: Tier
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class RegionAfter:
    """What a region would be, beside what it is."""

    name: str
    before: RegionRiskRecord
    tier: Tier
    score: float | None
    counts: Mapping[str, int]


@dataclass(frozen=True)
class WhatIf:
    """The answer to a change.

    Attributes
    ----------
    tiers : (assets,) int8
        As they would be shown.
    changed : tuple of ChangedAsset
        The worst first.
    regions : mapping of RegionAfter
        By code, those in which an asset changes.
    cells : mapping of mapping of arrays
        `SHOWN` by resolution, the cells in ascending order.
    took_ms : mapping of float
        Where the time went.
    """

    change: Change
    tiers: NDArray[np.int8]
    changed: tuple[ChangedAsset, ...]
    regions: Mapping[str, RegionAfter]
    cells: Cells
    took_ms: Mapping[str, float]


def what_if(
    base: Baseline,
    present: Present,
    change: Change,
    check: Callable[[], None] = lambda: None,
) -> WhatIf:
    """Judge all assets, cells and regions under a change.

    Parameters
    ----------
    base : Baseline
    present : Present
        From `judged_as_it_is`.
    change : Change
    check : function
        Called between two steps; it may raise to end the work.
    """
    clock = _Clock()
    columns = _columns(base, change)
    check()
    clock.lap("cell_models")
    after = judged_under(base, present, change, columns, check)
    check()
    clock.lap("assets")
    shown = [
        _shown(base, row, before, now)
        for row, (before, now) in enumerate(zip(present.judged, after, strict=True))
    ]
    cells = _cells(base, columns, shown)
    check()
    clock.lap("cells")
    changed = tuple(
        ChangedAsset(row, Tier(stored.tier), each.tier, each.score, _reasons(present.judged[row], after[row]))
        for row, (stored, each) in enumerate(zip(base.stored, shown, strict=True))
        if (int(each.tier), each.score) != (stored.tier, stored.score)
    )
    regions = _regions(base, shown, [each.row for each in changed])
    clock.lap("regions")
    return WhatIf(
        change,
        np.array([int(each.tier) for each in shown], dtype=np.int8),
        tuple(sorted(changed, key=lambda each: (-each.tier, each.before, -each.score, each.row))),
        regions,
        cells,
        clock.laps,
    )


class _Clock:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._since = perf_counter()

    def lap(self, name: str) -> None:
        now = perf_counter()
        self.laps[name] = round(1000 * (now - self._since), 1)
        self._since = now


def _columns(base: Baseline, change: Change) -> CellColumns:
    """Return the columns under the change, with the models that it reaches run again."""
    changed = change.columns(base.columns.values)
    if not changed:
        return base.columns
    columns = replace(base.columns, values=dict(base.columns.values), sources=dict(base.columns.sources))
    for name, values in changed.items():
        told = base.columns.sources.get(name, ())
        columns.set(name, values, *(f"{each} + {SUPPOSED}" for each in told or ("",)))
    models = _reached(changed)
    known = {name: values for name, values in columns.values.items() if name not in base.columns.missing}
    made, missing = run_models(known, columns.cells.size, models)
    for model in models:
        columns.set(model.column, made[model.column], model.card)
    others = {name: lacking for name, lacking in columns.missing.items() if name not in made}
    columns.missing = {**others, **missing}
    return columns


def _reached(changed: Mapping[str, Floats]) -> list[CellModel]:
    """Return the models that depend on changed columns, in their order."""
    touched, found = set(changed), []
    for model in CELL_MODELS:
        if touched & set(model.inputs):
            touched.add(model.column)
            found.append(model)
    return found


def _shown(base: Baseline, row: int, before: Judged, after: Judged) -> Contributor:
    """Return an asset as it would be shown: only what the change explains moves it.

    Where what is shown is not what the evidence asks for (a tier that is held, or data that came after the
    run) the change can only make it worse.
    """
    stored = base.stored[row]
    tier, score = Tier(stored.tier), stored.score
    moved = (after.tier, after.score) != (before.tier, before.score)
    if moved and (before.tier is tier or after.tier > max(before.tier, tier)):
        tier, score = after.tier, after.score
    return Contributor(
        dataset=stored.dataset,
        asset_id=stored.asset_id,
        name=base.records[row].name,
        weight=1.0,
        score=score,
        tier=tier,
        state=EvidenceState(stored.state),
        coverage=stored.coverage,
        red_causes=after.red_causes,
    )


def _cells(base: Baseline, columns: CellColumns, shown: Sequence[Contributor]) -> Cells:
    risk, _ = risk_of_cells(columns, base.assets, shown, base.rules)
    finest: dict[str, NDArray[Any]] = {
        "tier": risk.tier,
        "score": risk.score.astype(np.float32),
        "p": risk.probability.astype(np.float32),
    }
    order = np.argsort(columns.cells)
    found = {base.resolution: {name: values[order] for name, values in finest.items()}}
    for resolution, _, values in coarser(columns.cells, finest, base.resolution):
        found[resolution] = {name: values[name] for name in SHOWN}
    return found


def _reasons(present: Judged, after: Judged) -> tuple[Reason, ...]:
    """Return what asks for another tier than before, the worst first."""
    was, now = _asking(present), _asking(after)
    found = [
        Reason(
            key,
            was.get(key, Tier.NONE),
            now.get(key, Tier.NONE),
            present.nodes.get(key),
            after.nodes.get(key),
        )
        for key in {**was, **now}
        if was.get(key, Tier.NONE) is not now.get(key, Tier.NONE)
    ]
    found.sort(key=lambda each: (-max(each.tier, each.before), each.key))
    return tuple(found[:_MOST_REASONS])


def _asking(judged: Judged) -> dict[str, Tier]:
    """Return the worst tier that is asked for under each key."""
    found: dict[str, Tier] = {}
    for part in (*judged.statutory, *judged.voices):
        found[part.key] = max(found.get(part.key, Tier.NONE), part.tier)
    return found


def _regions(base: Baseline, shown: Sequence[Contributor], rows: Sequence[int]) -> dict[str, RegionAfter]:
    """Roll up the regions in which an asset changes, as the run does."""
    mask = np.zeros(len(shown))
    mask[list(rows)] = 1.0
    found = {}
    for row in np.flatnonzero(base.regions.assets @ mask > 0).tolist():
        after = base.regions.risk(row, shown, base.rules, base.at)
        before = base.region_risks.get(after.code)
        if before is not None:
            counts = {str(int(tier)): count for tier, count in after.counts.items()}
            score = after.score if after.nemerow is not None else None
            found[after.code] = RegionAfter(after.name, before, after.tier, score, counts)
    return found
