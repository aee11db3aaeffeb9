"""Monitored items: points compared with thresholds and rolled up to one tier for each item."""

from __future__ import annotations

from dataclasses import dataclass, replace

from minegis.errors import InvalidInput, MissingEvidence
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from minegis.reading import Quality, Reading
from risk_models.rules.sections import Item, Thresholds
from risk_models.warning.hysteresis import debounced
from risk_models.warning.points import Point
from risk_models.warning.quantities import Surroundings, compares_as_read, derive, minimum
from risk_models.warning.tiers import Comparison, compare, roll, shown_provenance


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item of one asset.

    Attributes
    ----------
    evidence : Evidence
        The item with its points below it.
    holding : Tier
        With limits moved by their deadband.
    depths : tuple of (Tier, float)
        Tier of each compared point and how deep it is in that tier.
    covered : frozenset of str
        Keys of the points that reached a comparison.
    cause : str
        What this item speaks of.
    variables : tuple of str
        What its points measure.
    """

    evidence: Evidence
    holding: Tier
    depths: tuple[tuple[Tier, float], ...]
    covered: frozenset[str]
    cause: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    evidence: Evidence
    holding: Tier
    depth: float
    severity: float
    covered: bool


def judge_item(name: str, item: Item, around: Surroundings) -> ItemResult | None:
    """Judge one item over its points, None when the asset has no point for it."""
    points = [point for point in around.points if point.variable in item.variables]
    if not points:
        return None
    required = _required(item, around)
    judged = [_judge(name, item, point, around, required) for point in points]
    rolled = roll((one.evidence.tier for one in judged), around.rules.promotion)
    covered = [one for one in judged if one.covered]
    worst = max(covered, key=lambda one: (one.evidence.tier, one.severity), default=None)
    promoted = worst is not None and rolled.tier > worst.evidence.tier
    holding = max(rolled.tier, roll((one.holding for one in judged), around.rules.promotion).tier)
    evidence = Evidence(
        key=f"item/{name}",
        label=Label(item.label.zh, item.label.en),
        value=worst.evidence.value if worst else None,
        unit=item.unit,
        tier=rolled.tier,
        state=_state([one.evidence.state for one in judged]),
        method=around.rules.method,
        clause=around.rules.promotion.clause if promoted else item.clause,
        provenance=shown_provenance(around.rules.promotion.provenance)
        if promoted
        else (worst.evidence.provenance if worst else ""),
        threshold=_promotion_text(rolled.counts) if promoted else (worst.evidence.threshold if worst else ""),
        valid_time=worst.evidence.valid_time if worst else "",
        note=without_carry_note(rolled.tier, rolled.without_carry),
        inputs=(*(one.evidence for one in judged), *((required,) if required else ())),
    )
    return ItemResult(
        evidence,
        holding,
        tuple((one.evidence.tier, one.depth) for one in covered),
        frozenset(point.key for point, one in zip(points, judged, strict=True) if one.covered),
        item.cause,
        tuple(item.variables),
    )


def without_carry_note(tier: Tier, without_carry: Tier) -> Label | None:
    """Return the remark that the tier rests on carrying promotions on, None when it does not."""
    if tier is without_carry:
        return None
    return Label(
        f"逐级累计进位；不累计时为{without_carry.label.zh}",
        f"By cumulative carry; {without_carry.label.en.lower()} without it",
    )


def _required(item: Item, around: Surroundings) -> Evidence | None:
    """Return the minimum that the item's limits are ratios of; a missing one says what the register lacks."""
    try:
        return minimum(item.reference, around)
    except (MissingEvidence, InvalidInput) as error:
        return Evidence(
            key=f"minimum/{item.reference}",
            label=Label(f"{item.label.zh}最小值", f"Minimum of: {item.label.en}"),
            unit=item.unit,
            state=EvidenceState.MISSING,
            method=around.rules.method,
            note=Label(f"无法确定：{error}", f"Not known: {error}"),
        )


def _limit(required: Evidence | None) -> float | None:
    if required is None:
        return None
    if not isinstance(required.value, float | int):
        raise MissingEvidence("no minimum to compare with", where=required.key)
    return float(required.value)


def _judge(name: str, item: Item, point: Point, around: Surroundings, required: Evidence | None) -> _Judged:
    designed = _designed(name, item, point.latest, around)
    clause = around.rules.promotion.clause if designed else item.clause
    node = replace(point.evidence(), key=f"{name}/{point.key}", clause=clause)
    try:
        limit = _limit(required)
        if point.state is not EvidenceState.SUFFICIENT:
            return _Judged(
                _with_last_known(node, name, item, point, around, limit), Tier.NONE, 0.0, 0.0, False
            )
        found = [_compare(name, item, sample, around, limit) for sample in point.samples]
        _, used = derive(name, point.latest, _number(point.latest), around)
    except (MissingEvidence, InvalidInput) as error:
        note = Label(f"无法比较：{error}", f"Cannot be compared: {error}")
        return _Judged(
            replace(node, state=max(point.state, EvidenceState.MISSING, key=_RANK.index), note=note),
            Tier.NONE,
            0.0,
            0.0,
            False,
        )
    tier, value, comparison = _confirmed(point, found, around)
    depth = comparison.depth if comparison.tier is tier else float(comparison.tier > tier)
    holding = max(tier, debounced([one.holding for _, one in found], around.rules.hysteresis.debounce))
    evidence = replace(
        node,
        label=Label(item.label.zh, item.label.en),
        value=value,
        unit=item.unit,
        tier=tier,
        method=around.rules.method,
        provenance=comparison.provenance,
        threshold=comparison.threshold,
        note=_newest_note(comparison.tier, tier),
        inputs=(point.evidence(), *used),
    )
    return _Judged(evidence, holding, depth, comparison.severity, True)


def _newest_note(newest: Tier, confirmed: Tier) -> Label | None:
    """Say what the newest sample shows where the samples together show another tier."""
    if newest is confirmed:
        return None
    colour = newest.label
    if newest > confirmed:
        return Label(f"待确认：最新样本为{colour.zh}", f"To be confirmed: the last sample is {newest.name}")
    return Label(
        f"由此前样本确认为{confirmed.label.zh}；最新样本为{colour.zh}",
        f"{confirmed.label.en} by the samples before; the last one is {colour.en.lower()}",
    )


def _confirmed(
    point: Point, found: list[tuple[float, Comparison]], around: Surroundings
) -> tuple[Tier, float, Comparison]:
    """Return the tier that the samples confirm, with the newest value and its comparison."""
    policy = around.rules.hysteresis.debounce
    value, newest = found[-1]
    far_beyond = newest.severity > 1 + policy.immediate_share and point.latest.quality is Quality.GOOD
    if newest.tier is Tier.RED and far_beyond:
        return Tier.RED, value, newest
    return debounced([one.tier for _, one in found], policy), value, newest


def _compare(
    name: str, item: Item, sample: Reading, around: Surroundings, limit: float | None
) -> tuple[float, Comparison]:
    value, _ = derive(name, sample, _number(sample), around)
    compared = abs(value) if item.magnitude else value
    designed = _designed(name, item, sample, around)
    if designed is not None:
        return value, compare(compared, designed, item.unit, around.rules.hysteresis)
    return value, compare(compared, item, item.unit, around.rules.hysteresis, limit)


def _designed(name: str, item: Item, sample: Reading, around: Surroundings) -> Thresholds | None:
    """Return the designer's limits of a point, where the item compares what the point reads."""
    if not compares_as_read(name, item, sample.variable):
        return None
    return around.design.get(sample.point_id)


def _with_last_known(
    node: Evidence, name: str, item: Item, point: Point, around: Surroundings, limit: float | None
) -> Evidence:
    """Say which colour a stale reading had: it raises nothing, but it must not look harmless."""
    if point.state is not EvidenceState.STALE or point.note is None:
        return node
    _, last = _compare(name, item, point.latest, around, limit)
    return replace(
        node,
        threshold=last.threshold,
        note=Label(
            f"{point.note.zh}；当时为{last.tier.label.zh}",
            f"{point.note.en}; it was {last.tier.label.en.lower()}",
        ),
    )


_RANK = list(EvidenceState)


def _state(states: list[EvidenceState]) -> EvidenceState:
    """Sufficient when every point is, the worst when none is, stale between."""
    if EvidenceState.SUFFICIENT not in states:
        return max(states, key=_RANK.index)
    return EvidenceState.SUFFICIENT if set(states) == {EvidenceState.SUFFICIENT} else EvidenceState.STALE


def _promotion_text(counts: dict[Tier, int]) -> str:
    return " + ".join(f"{count} × {tier.name.lower()}" for tier, count in counts.items() if count)


def _number(reading: Reading) -> float:
    if reading.value is None:
        raise MissingEvidence("the reading holds no value", where=reading.point_id)
    return reading.value
