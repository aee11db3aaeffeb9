"""Judge assets under a change, doing again only what the change reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import Standing, Tier
from pipelines.cell_columns import CellColumns
from pipelines.ground import GROUND_MODELS, ground_evidence
from pipelines.modelled import modelled, worst_of_cells
from pipelines.what_if_baseline import Baseline
from pipelines.what_if_change import Change
from risk_models.rule_package import RulePackage
from risk_models.seismic.intensity import seismic_intensity, velocity_of_equal_intensity
from risk_models.tailings.slope_stability import default_ground
from risk_models.warning.assessment import Assessment, assess
from risk_models.warning.parts import Part, join
from risk_models.warning.shaking import KEY as SHAKING
from risk_models.warning.shaking import shaking_evidence
from risk_models.warning.weather import GAUGE
from risk_models.warning.weather import KEY as WEATHER

SUPPOSED = "what-if"
"""Method and source of what is supposed."""

_CREST = "beach_crest_elevation"  # of today, from which freeboard and beach are derived
_LOOKED_AT = {"rain_mm": ("tsf", "slope", "mine"), "pga_g": ("tsf", "slope"), "pond_m": ("tsf",)}
"""Whose models look at what may be supposed."""
_NOTHING = Change()


@dataclass(frozen=True, slots=True)
class Judged:
    """An asset as it would be judged.

    Attributes
    ----------
    statutory, voices, satellites : tuple of Part
        What rules, models and satellites ask for; of the models only what asks for a tier.
    nodes : mapping of Evidence
        The reasons by key; of several of one key the worst.
    """

    tier: Tier
    score: float
    red_causes: frozenset[str]
    statutory: tuple[Part, ...]
    voices: tuple[Part, ...]
    satellites: tuple[Part, ...]
    nodes: Mapping[str, Evidence]


@dataclass(frozen=True, slots=True)
class Present:
    """Every asset as it is judged now, and what its models ask for by row."""

    judged: tuple[Judged, ...]
    models: Mapping[int, tuple[Evidence, ...]]


def judged_as_it_is(base: Baseline) -> Present:
    """Judge every asset without any change: what the changes are measured against."""
    models = _models(base, _NOTHING, base.columns, range(len(base.records)))
    evidence = _evidence(base, _NOTHING, base.columns, models)
    judged = tuple(_assessed(base, row, each, _NOTHING) for row, each in enumerate(evidence))
    return Present(judged, models)


def judged_under(
    base: Baseline,
    present: Present,
    change: Change,
    columns: CellColumns,
    check: Callable[[], None],
) -> list[Judged]:
    """Judge every asset under a change; `columns` are the cells under it.

    Parameters
    ----------
    check : function
        Called between two steps; it may raise to end the work.
    """
    models = {**present.models, **_models(base, change, columns, _reached_assets(base, change))}
    check()
    evidence = _evidence(base, change, columns, models)
    told = _told(base.rules, change)
    check()
    return [_judge(base, row, each, change, told, present.judged[row]) for row, each in enumerate(evidence)]


def _reached_assets(base: Baseline, change: Change) -> Sequence[int]:
    """Return the assets whose models look at anything that changes."""
    reached = {name for given, names in _LOOKED_AT.items() if getattr(change, given) for name in names}
    return [row for row, record in enumerate(base.records) if record.dataset in reached]


def _models(
    base: Baseline, change: Change, columns: CellColumns, rows: Sequence[int]
) -> dict[int, tuple[Evidence, ...]]:
    """Return what the models of some assets ask for; what asks for nothing changes no tier and no score."""
    if not rows:
        return {}
    at = np.array(rows, dtype=np.intp)
    known = base.forecast and replace(base.forecast, intensity=base.forecast.intensity[:, :, at])
    magnitude = base.magnitude[at]
    if change.pga_g:
        supposed = np.fmax(magnitude, default_ground().magnitude.value)
        magnitude = np.where(_weaker(base, change)[at], supposed, magnitude)
    found = modelled(
        [base.assets.features[row] for row in rows],
        {base.key(row): change.readings(base.records[row], base.readings[row], base.debounce_hours)
         for row in rows},
        replace(base.assets.weights, matrix=base.assets.weights.matrix[at]),
        columns,
        magnitude,
        change.forecast(known, at.size, base.at),
        base.rules,
        base.at,
    )  # fmt: skip
    return {row: tuple(node for node in nodes if node.tier) for row, nodes in zip(rows, found, strict=True)}


def _evidence(
    base: Baseline, change: Change, columns: CellColumns, models: Mapping[int, tuple[Evidence, ...]]
) -> list[tuple[Evidence, ...]]:
    """Return all that is asked of every asset but by its own points; past earthquakes as the run has them."""
    weaker = _weaker(base, change)
    ground = _ground(base, columns)
    return [
        (
            *base.shaken[row],
            *((_supposed_shaking(base, row, change),) if weaker[row] else ()),
            *ground.get(row, ()),
            *models[row],
        )
        for row in range(len(base.records))
    ]


def _ground(base: Baseline, columns: CellColumns) -> dict[int, tuple[Evidence, ...]]:
    """Return what the cell models ask of the assets, by row; most lie on ground that asks for nothing."""
    least = base.rules.cell.probability[Tier.BLUE]
    worst = [worst_of_cells(columns.get(name), base.assets.weights) for name in GROUND_MODELS]
    rows = np.flatnonzero(np.any([values >= least for values in worst], axis=0)).tolist()
    return {row: tuple(ground_evidence(row, columns, base.assets, base.rules, base.at)) for row in rows}


def _weaker(base: Baseline, change: Change) -> NDArray[np.bool_]:
    """Return which assets have shaken less than is supposed."""
    if not change.pga_g:
        return np.zeros(len(base.records), dtype=np.bool_)
    felt = worst_of_cells(base.columns.get("pga"), base.assets.weights)
    return np.asarray(~(felt >= change.pga_g))


def _supposed_shaking(base: Baseline, row: int, change: Change) -> Evidence:
    """Return the trigger by shaking that is given: a supposition is not doubted."""
    velocity = float(velocity_of_equal_intensity(change.pga_g))
    return shaking_evidence(
        base.records[row],
        base.rules,
        intensity=float(seismic_intensity(change.pga_g, velocity)),
        pga=change.pga_g,
        pgv=velocity,
        standing=Standing.VERIFIED,
        method=SUPPOSED,
        valid_time=format_utc(base.at),
        source=SUPPOSED,
    )


def _told(rules: RulePackage, change: Change) -> frozenset[str]:
    """Return the variables of all items that compare something that would be told otherwise."""
    told = change.variables
    return told.union(*(item.variables for item in rules.items.values() if told & set(item.variables)))


def _judge(
    base: Baseline,
    row: int,
    evidence: tuple[Evidence, ...],
    change: Change,
    told: frozenset[str],
    present: Judged,
) -> Judged:
    """Judge an asset again as far as the change reaches: the other items are as they were."""
    touched = [one for one in base.recent[row] if one.variable in told or one.variable == _CREST]
    changed = change.readings(base.records[row], touched, base.debounce_hours)
    voices = _parts(evidence)
    if changed is touched and voices == present.voices:
        return present
    if present.red_causes:  # few: which of the causes would go is not kept apart
        return _assessed(base, row, evidence, change)
    statutory, nodes, red = present.statutory, dict(present.nodes), frozenset[str]()
    if changed is not touched:
        again = assess(base.records[row], changed, (), base.rules, base.at, design=base.design)
        fresh = tuple(part for part in again.parts if _is_of(part, told))
        statutory = (*(part for part in statutory if not _is_of(part, told)), *fresh)
        keys = {part.key for part in fresh}
        nodes |= {key: node for key, node in _nodes(again).items() if key in keys}
        red = again.red_causes
    if any(part.key == SHAKING and part.tier is Tier.RED for part in voices):
        red |= {base.rules.seismic.cause}
    nodes |= _worst(evidence)
    tier, score = join((*statutory, *voices, *present.satellites), base.rules)
    return Judged(tier, score, red, statutory, voices, present.satellites, nodes)


def _assessed(base: Baseline, row: int, evidence: tuple[Evidence, ...], change: Change) -> Judged:
    """Judge an asset by all that is known of it."""
    found = assess(
        base.records[row],
        change.readings(base.records[row], base.recent[row], base.debounce_hours),
        evidence,
        base.rules,
        base.at,
        satellite_evidence=base.satellites[row],
        design=base.design,
    )
    first = len(found.parts) - len(base.satellites[row])
    statutory, satellites = found.parts[: first - len(evidence)], found.parts[first:]
    return Judged(
        found.tier, found.score, found.red_causes, statutory, _parts(evidence), satellites, _nodes(found)
    )


def _is_of(part: Part, told: frozenset[str]) -> bool:
    """Whether a part compares one of the variables, or is the rain signal of gauges that are among them."""
    return bool(told & set(part.variables)) or (GAUGE in told and part.key.startswith(WEATHER))


def _parts(evidence: Sequence[Evidence]) -> tuple[Part, ...]:
    capped = ((node, (node.standing or Standing.ILLUSTRATIVE).cap(node.tier)) for node in evidence)
    return tuple(Part(node.key, node.label, tier) for node, tier in capped)


def _nodes(assessment: Assessment) -> dict[str, Evidence]:
    return _worst([node for voice in assessment.chain.inputs for node in voice.inputs])


def _worst(nodes: Sequence[Evidence]) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for node in nodes:
        if node.key not in found or found[node.key].tier <= node.tier:
            found[node.key] = node
    return found
