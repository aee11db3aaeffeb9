"""Assess one asset: the worst of statutory rules, physical models and satellites, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from minegis.clock import format_utc
from minegis.errors import InvalidInput
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from minegis.reading import Reading
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Item, Thresholds
from risk_models.warning import shaking
from risk_models.warning.answers import Answer
from risk_models.warning.asset import AssetRecord
from risk_models.warning.design import design_item
from risk_models.warning.items import ItemResult, judge_item, without_carry_note
from risk_models.warning.parts import Part, join
from risk_models.warning.points import Point, label_and_unit, read_points, silence_alarm
from risk_models.warning.quantities import Surroundings, compares_as_read
from risk_models.warning.tiers import roll, shown_provenance
from risk_models.warning.triggers import major_hazards
from risk_models.warning.weather import GAUGE, KEY, gauged_rain_evidence


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is known of one asset at one time.

    Attributes
    ----------
    tier : Tier
        The worst of `statutory`, `model` and `satellite`.
    statutory, model, satellite : Tier, Tier or None
        Each voice on its own; None where it has nothing to say.
    state : EvidenceState
        Of the monitoring.
    score : float
        0 to 100, inside the band of `tier`.
    coverage : float
        Share 0 to 1 of the required monitoring that could be compared with its thresholds.
    chain : Evidence
        The reasons.
    valid_at : datetime
        UTC.
    holding : Tier
        `tier` with limits moved by their deadband; for `hysteresis.advance`.
    reporting : frozenset of str
        Points that were heard; for `hysteresis.advance`.
    monitored : bool
        Whether the asset has any point, be it silent; for `hysteresis.advance`.
    red_causes : frozenset of str
        Causes that are red on their own (hydraulic, weather, seismic …).
    parts : tuple of Part
        What `tier` and `score` were joined from.
    answers : tuple of Answer
        Of all models and satellites; for `hysteresis.advance`.
    """

    dataset: str
    asset_id: str
    tier: Tier
    statutory: Tier
    model: Tier | None
    satellite: Tier | None
    state: EvidenceState
    score: float
    coverage: float
    chain: Evidence
    valid_at: datetime
    holding: Tier
    reporting: frozenset[str]
    monitored: bool
    red_causes: frozenset[str]
    parts: tuple[Part, ...]
    answers: tuple[Answer, ...]


def assess(
    asset: AssetRecord,
    readings: Sequence[Reading],
    model_evidence: Sequence[Evidence],
    rules: RulePackage,
    at: datetime,
    *,
    satellite_evidence: Sequence[Evidence] = (),
    design: Mapping[str, Thresholds] | None = None,
) -> Assessment:
    """Assess one asset.

    Parameters
    ----------
    asset : AssetRecord
        As its register knows it.
    readings : sequence of Reading
        Of this asset; the newest of each point, or several samples of it to be debounced.
    model_evidence, satellite_evidence : sequence of Evidence
        Ready nodes with tier and standing; without a standing one counts as illustrative.
    rules : RulePackage
        Thresholds, counts and weights.
    at : datetime
        UTC; readings after it are not believed.
    design : mapping of Thresholds, optional
        The designer's limits of points (`design.design_limits`), by point id.

    Raises
    ------
    InvalidInput
        If a reading belongs to another asset.

    References
    ----------
    GB 39496-2020 §5.5.4; 矿安〔2022〕88号 for the major hazards.
    """
    for reading in readings:
        if (reading.dataset, reading.asset_id) != (asset.dataset, asset.id):
            raise InvalidInput(
                "a reading of another asset",
                where=f"point {reading.point_id}",
                expected=f"{asset.dataset}/{asset.id}",
                got=f"{reading.dataset}/{reading.asset_id}",
            )
    points = tuple(read_points(readings, rules, at))
    around = Surroundings(asset, rules, points, design or {})
    results = _items(around)
    rain = _rain(around, readings, at)
    forced = (*_forced(around), *rain)
    statutory, holding = _statutory(around, results, forced)
    model = _voice("model", Label("物理模型", "Physical models"), model_evidence)
    satellite = _voice("satellite", Label("卫星证据", "Satellite evidence"), satellite_evidence)
    voices = [node for node in (statutory, model, satellite) if node is not None]
    parts = (
        *(_part_of(result) for result in results),
        *(Part(node.key, node.label, node.tier) for node in forced),
        *(Part(node.key, node.label, node.tier) for voice in voices[1:] for node in voice.inputs),
    )
    tier, score = join(parts, rules)
    coverage = _coverage(around, results)
    state = _state(points, coverage, rules)
    return Assessment(
        dataset=asset.dataset,
        asset_id=asset.id,
        tier=tier,
        statutory=statutory.tier,
        model=model.tier if model else None,
        satellite=satellite.tier if satellite else None,
        state=state,
        score=score,
        coverage=coverage,
        chain=_root(
            asset,
            rules,
            at,
            tier,
            state,
            score,
            coverage,
            (*voices, *_context(around, GAUGE if rain else "")),
        ),
        valid_at=at,
        holding=max(tier, holding),
        reporting=frozenset(point.key for point in points if point.state is EvidenceState.SUFFICIENT),
        monitored=bool(points),
        red_causes=_red_causes(results, model_evidence, rules) | _red_of_weather(rain, rules),
        parts=parts,
        answers=tuple(Answer.of(node) for voice in voices[1:] for node in voice.inputs),
    )


def _items(around: Surroundings) -> list[ItemResult]:
    applying = (
        (name, item)
        for name, item in around.rules.items.items()
        if around.asset.within(item.applies, around.rules)
    )
    items = dict(applying)
    judged = [judge_item(name, item, around) for name, item in items.items()]
    return [result for result in (*judged, *_design_items(items, around)) if result is not None]


def _design_items(items: Mapping[str, Item], around: Surroundings) -> Iterable[ItemResult | None]:
    """Yield an item for each variable whose designer's limits no item of the rules compares with."""
    designed = [point for point in around.points if point.latest.point_id in around.design]
    for variable in sorted({point.variable for point in designed}):
        related = {name: item for name, item in items.items() if variable in item.variables}
        if any(compares_as_read(name, item, variable) for name, item in related.items()):
            continue
        points = tuple(point for point in designed if point.variable == variable)
        limits = around.design[points[0].latest.point_id]
        item = design_item(variable, limits, related.values(), around.rules)
        yield judge_item(f"design/{variable}", item, replace(around, points=points))


def _part_of(result: ItemResult) -> Part:
    node = result.evidence
    return Part(node.key, node.label, node.tier, True, result.depths, result.variables)


def _forced(around: Surroundings) -> tuple[Evidence, ...]:
    """Return what sets the tier whatever the monitored items say."""
    alarm = silence_alarm(around.points, around.rules)
    return (*major_hazards(around.asset, around.rules), *((alarm,) if alarm else ()))


def _rain(around: Surroundings, readings: Sequence[Reading], at: datetime) -> tuple[Evidence, ...]:
    """Return what the asset's gauges ask for by the signal of heavy rain."""
    told = tuple(point.evidence() for point in around.points if point.variable == GAUGE)
    return gauged_rain_evidence(around.asset, readings, around.rules, at, inputs=told)


def _red_of_weather(nodes: Sequence[Evidence], rules: RulePackage) -> frozenset[str]:
    red = (node.key.removeprefix(KEY) for node in nodes if node.tier is Tier.RED)
    return frozenset(rules.weather_warnings[name].cause for name in red)


def _statutory(
    around: Surroundings, results: Sequence[ItemResult], forced: Sequence[Evidence]
) -> tuple[Evidence, Tier]:
    """Return the statutory node and its tier with the limits moved by their deadband."""
    rules = around.rules
    rolled = roll((result.evidence.tier for result in results), rules.promotion)
    floor = max((node.tier for node in forced), default=Tier.NONE)
    holding = max(roll((result.holding for result in results), rules.promotion).tier, floor)
    states = {result.evidence.state for result in results}
    node = Evidence(
        key="statutory",
        label=Label("法定规则", "Statutory rules"),
        tier=max(rolled.tier, floor),
        state=EvidenceState.MISSING if not states else max(states, key=list(EvidenceState).index),
        method=rules.method,
        clause=rules.promotion.clause,
        provenance=shown_provenance(rules.promotion.provenance),
        threshold=", ".join(
            f"{count} × {tier.name.lower()}" for tier, count in rolled.counts.items() if count
        ),
        note=without_carry_note(rolled.tier, rolled.without_carry),
        inputs=(*(result.evidence for result in results), *_unmonitored(around), *forced),
    )
    return node, max(holding, node.tier)


def _unmonitored(around: Surroundings) -> Iterable[Evidence]:
    """Yield a node for each required variable that no point measures."""
    measured = {point.variable for point in around.points}
    for name, declared in around.rules.monitoring.variables.items():
        if name not in measured and around.asset.within(declared.required, around.rules):
            label, unit = label_and_unit(name)
            yield Evidence(
                key=f"unmonitored/{name}",
                label=label,
                unit=unit,
                state=EvidenceState.MISSING,
                method=around.rules.method,
                clause=around.rules.monitoring.clause,
                note=Label("应监测而无测点", "Required, but no point measures it"),
            )


def _context(around: Surroundings, heard: str) -> tuple[Evidence, ...]:
    """Return the readings that no item compares, so that nothing that was sent is hidden."""
    used = {
        name
        for item in around.rules.items.values()
        if around.asset.within(item.applies, around.rules)
        for name in item.variables
    } | {heard, *(point.variable for point in around.points if point.latest.point_id in around.design)}
    rest = tuple(point.evidence() for point in around.points if point.variable not in used)
    if not rest:
        return ()
    note = Label("规则中无对应阈值", "The rules hold no threshold for these")
    return (Evidence("context", Label("其他读数", "Other readings"), note=note, inputs=rest),)


def _voice(key: str, label: Label, evidence: Sequence[Evidence]) -> Evidence | None:
    if not evidence:
        return None
    capped = tuple(_capped(node) for node in evidence)
    states = {node.state for node in capped}
    worst = max(capped, key=lambda node: node.tier)
    return Evidence(
        key=key,
        label=label,
        tier=worst.tier,
        method=worst.method,
        clause=worst.clause,
        provenance=worst.provenance,
        threshold=worst.threshold,
        state=max(states, key=list(EvidenceState).index),
        inputs=capped,
    )


def _capped(node: Evidence) -> Evidence:
    standing = node.standing or Standing.ILLUSTRATIVE
    tier = standing.cap(node.tier)
    if tier is node.tier:
        return node
    note = Label(
        f"示意性模型给出{node.tier.label.zh}，最高只计蓝色",
        f"An illustrative model asks for {node.tier.label.en.lower()}; it counts as blue at most",
    )
    return replace(node, tier=tier, note=note)


def _coverage(around: Surroundings, results: Sequence[ItemResult]) -> float:
    covered = frozenset[str]().union(*(result.covered for result in results))
    failed = frozenset(
        point.key
        for result in results
        for point in around.points
        if point.variable in result.variables
        and not _only_by_design(result, point, around)
        and point.key not in result.covered
    )
    total = known = 0.0
    for name, declared in around.rules.monitoring.variables.items():
        if not around.asset.within(declared.required, around.rules):
            continue
        keys = [point.key for point in around.points if point.variable == name]
        total += declared.weight
        if keys:
            known += declared.weight * sum(key in covered - failed for key in keys) / len(keys)
    return round(known / total, 6) if total else 0.0


def _only_by_design(result: ItemResult, point: Point, around: Surroundings) -> bool:
    """Whether a result is of the designer's limits and the point has none."""
    return result.evidence.key.startswith("item/design/") and point.latest.point_id not in around.design


def _state(points: Sequence[Point], coverage: float, rules: RulePackage) -> EvidenceState:
    heard = [point for point in points if point.state is EvidenceState.SUFFICIENT]
    if not heard:
        return EvidenceState.MISSING
    if coverage < rules.monitoring.coverage_minimum:
        return EvidenceState.INSUFFICIENT
    return EvidenceState.SUFFICIENT if len(heard) == len(points) else EvidenceState.STALE


def _red_causes(
    results: Sequence[ItemResult], model_evidence: Sequence[Evidence], rules: RulePackage
) -> frozenset[str]:
    causes = {result.cause for result in results if result.evidence.tier is Tier.RED}
    if any(node.key == shaking.KEY and _capped(node).tier is Tier.RED for node in model_evidence):
        causes.add(rules.seismic.cause)
    return frozenset(causes)


def _root(
    asset: AssetRecord,
    rules: RulePackage,
    at: datetime,
    tier: Tier,
    state: EvidenceState,
    score: float,
    coverage: float,
    inputs: tuple[Evidence, ...],
) -> Evidence:
    return Evidence(
        key=f"{asset.dataset}/{asset.id}",
        label=Label(asset.name, asset.name),
        value=score,
        unit="1",
        tier=tier,
        state=state,
        method=rules.method,
        clause=rules.score.clause,
        provenance=shown_provenance(rules.score.provenance),
        valid_time=format_utc(at),
        source=f"{asset.dataset}/{asset.id}",
        note=Label(f"监测覆盖率{coverage:.0%}", f"Monitoring coverage {coverage:.0%}"),
        inputs=inputs,
    )
