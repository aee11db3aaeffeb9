"""Where the colours begin on the scale of a point's own readings, and how much is left before red."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from minegis.errors import InvalidInput, MissingEvidence
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from minegis.reading import Reading
from minegis.variables import variable
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import WARNED, Item, Thresholds
from risk_models.warning.asset import AssetRecord
from risk_models.warning.design import design_item
from risk_models.warning.items import judge_item
from risk_models.warning.points import Point, read_points
from risk_models.warning.quantities import Surroundings, compares_as_read, derive, minimum

Direction = Literal["above", "below"]
Kind = Literal["designer", "statutory", "rule"]

_DESIGN = "design/"  # before the name of a variable: the item of its designer's limits
_HALVINGS = 60
_DECIMALS = 4  # of a limit found on the scale of the readings, of which quantities carry rounding noise


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a tier begins for the readings of one point.

    Attributes
    ----------
    item : str
        That compares the readings, or what is derived from them.
    label : Label
        Of the item.
    tier : Tier
    value : float
        In the unit of the readings.
    direction : str
        On which side of `value` the readings are bad.
    kind : str
        Stated by the designer, by a standard, or by this project's rules alone.
    clause : str
    """

    item: str
    label: Label
    tier: Tier
    value: float
    direction: Direction
    kind: Kind
    clause: str


@dataclass(frozen=True, slots=True)
class Margin:
    """What is required of an item beside what is, at its worst point.

    Attributes
    ----------
    item, label, unit : str, Label, str
    tier, state : Tier, EvidenceState
        Of the whole item, as its points confirm it.
    required : float or None
        Where red begins, in `unit`; None where the register does not tell.
    present : float or None
        None where no point can be compared.
    margin : float or None
        From `present` to `required`, below 0 where it is passed.
    left : float or None
        `margin` as a share of the way from blue to red.
    direction, kind, clause : str
    point_id, valid_time : str
        Of the worst point; empty where there is none.
    note : Label or None
        Why nothing could be compared.
    """

    item: str
    label: Label
    unit: str
    tier: Tier
    state: EvidenceState
    direction: Direction
    kind: Kind
    clause: str
    required: float | None = None
    present: float | None = None
    margin: float | None = None
    left: float | None = None
    point_id: str = ""
    valid_time: str = ""
    note: Label | None = None


@dataclass(frozen=True)
class Compared:
    """The items of an asset with the points that each compares."""

    around: Surroundings
    items: tuple[tuple[str, Item, tuple[Point, ...]], ...]


def compared(
    asset: AssetRecord,
    readings: Sequence[Reading],
    rules: RulePackage,
    at: datetime,
    design: Mapping[str, Thresholds] | None = None,
) -> Compared:
    """Find which items compare which points of an asset, the designer's own limits among them.

    Parameters
    ----------
    asset, readings, rules, at, design
        As `assessment.assess` takes them.
    """
    around = Surroundings(asset, rules, tuple(read_points(readings, rules, at)), design or {})
    return Compared(around, (*_ruled(around), *_designed(around)))


def limits_of(found: Compared) -> dict[tuple[str, str], tuple[Limit, ...]]:
    """Return the limits of each point and variable, ``(variable, point id)``, the mildest tier first."""
    limits: dict[tuple[str, str], list[Limit]] = {}
    for name, item, points in found.items:
        for point in points:
            own = limits.setdefault((point.variable, point.latest.point_id), [])
            own += _limits(name, item, point, found.around)
    return {key: tuple(sorted(own, key=lambda limit: limit.tier)) for key, own in limits.items()}


def margins_of(found: Compared) -> tuple[Margin, ...]:
    """Return design against present of each item, the worst first; what is not known before what is well."""
    margins = [_margin(name, item, points, found.around) for name, item, points in found.items if points]
    return tuple(sorted(margins, key=_urgency))


def _urgency(margin: Margin) -> tuple[int, bool, float]:
    return -margin.tier, margin.left is not None, 0.0 if margin.left is None else margin.left


def _ruled(around: Surroundings) -> Iterator[tuple[str, Item, tuple[Point, ...]]]:
    for name, item in around.rules.items.items():
        if around.asset.within(item.applies, around.rules):
            yield name, item, tuple(point for point in around.points if point.variable in item.variables)


def _designed(around: Surroundings) -> Iterator[tuple[str, Item, tuple[Point, ...]]]:
    """Yield an item for each variable whose designer's limits no item of the rules compares with."""
    applying = [
        (name, item)
        for name, item in around.rules.items.items()
        if around.asset.within(item.applies, around.rules)
    ]
    points = [point for point in around.points if point.latest.point_id in around.design]
    for measured in sorted({point.variable for point in points}):
        related = {name: item for name, item in applying if measured in item.variables}
        if any(compares_as_read(name, item, measured) for name, item in related.items()):
            continue
        own = tuple(point for point in points if point.variable == measured)
        limits = around.design[own[0].latest.point_id]
        item = design_item(measured, limits, related.values(), around.rules)
        yield f"{_DESIGN}{measured}", item, own


def _thresholds(name: str, item: Item, point: Point, around: Surroundings) -> tuple[Thresholds, float, bool]:
    """Return the limits of a point, what they are multiples of, whether they are the designer's."""
    own = around.design.get(point.latest.point_id)
    if own is not None and compares_as_read(name, item, point.variable):
        return own, 1.0, True
    required = minimum(item.reference, around)
    if required is None:
        return item, 1.0, False
    if not isinstance(required.value, int | float) or required.value <= 0:
        raise MissingEvidence("no minimum to compare with", where=required.key)
    return item, float(required.value), False


def _limits(name: str, item: Item, point: Point, around: Surroundings) -> Iterator[Limit]:
    """Yield where each tier begins on the scale of the readings; none where the register lacks an input."""
    label = Label(item.label.zh, item.label.en)
    try:
        limits, scale, designed = _thresholds(name, item, point, around)
        for tier in WARNED:
            limit = limits.thresholds[tier]
            for value, direction in _on_the_scale_of(
                name, item, point, around, limits.comparison, limit.value * scale
            ):
                clause = around.rules.promotion.clause if designed else item.clause
                yield Limit(name, label, tier, value, direction, _kind(limit.provenance, designed), clause)
    except (MissingEvidence, InvalidInput):
        return


def _kind(provenance: str, designed: bool) -> Kind:
    if designed:
        return "designer"
    return "rule" if "ED" in provenance or "M-lo" in provenance else "statutory"


def _on_the_scale_of(
    name: str, item: Item, point: Point, around: Surroundings, direction: Direction, bound: float
) -> Iterator[tuple[float, Direction]]:
    if compares_as_read(name, item, point.variable) or not _derives(name, point, around):
        yield round(bound, _DECIMALS), direction
        if item.magnitude:
            yield round(-bound, _DECIMALS), "below" if direction == "above" else "above"
        return

    def derived(value: float) -> float:
        return derive(name, point.latest, value, around)[0]

    known = variable(point.variable)
    rising = derived(known.maximum) > derived(known.minimum)
    value = _crossing(derived, known.minimum, known.maximum, bound)
    if value is not None:
        opposite: Direction = "below" if direction == "above" else "above"
        yield round(value, _DECIMALS), direction if rising else opposite


def _derives(name: str, point: Point, around: Surroundings) -> bool:
    """Say whether an item compares something other than the reading itself."""
    probe = variable(point.variable).maximum
    return derive(name, point.latest, probe, around)[0] != probe


def _crossing(quantity: Callable[[float], float], low: float, high: float, bound: float) -> float | None:
    """Return where a monotonic quantity passes `bound`, None where it never does."""
    below = quantity(low) < bound
    if (quantity(high) < bound) is below:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if (quantity(middle) < bound) is below:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _margin(name: str, item: Item, points: Sequence[Point], around: Surroundings) -> Margin:
    own_limits = name.startswith(_DESIGN)
    result = judge_item(name, item, replace(around, points=tuple(points)) if own_limits else around)
    node = result.evidence if result else None
    found = [each for point in points if (each := _at_point(name, item, point, around)) is not None]
    label = Label(item.label.zh, item.label.en)
    shown = Margin(
        name,
        label,
        item.unit,
        node.tier if node else Tier.NONE,
        node.state if node else EvidenceState.MISSING,
        item.comparison,
        _kind(item.thresholds[Tier.RED].provenance, own_limits),
        item.clause,
    )
    if not found:
        return replace(shown, required=_red(name, item, points[0], around), note=_reason(node))
    worst = min(found, key=lambda each: each.left or 0.0)
    return replace(worst, tier=shown.tier, state=shown.state)


def _reason(node: Evidence | None) -> Label | None:
    notes = [each.note for each in node.inputs if each.note] if node else []
    return notes[0] if notes else None


def _red(name: str, item: Item, point: Point, around: Surroundings) -> float | None:
    try:
        limits, scale, _ = _thresholds(name, item, point, around)
    except (MissingEvidence, InvalidInput):
        return None
    return round(limits.thresholds[Tier.RED].value * scale, _DECIMALS)


def _at_point(name: str, item: Item, point: Point, around: Surroundings) -> Margin | None:
    """Return what one point leaves, None where it cannot be compared now."""
    reading = point.latest
    if point.state is not EvidenceState.SUFFICIENT or reading.value is None:
        return None
    try:
        limits, scale, designed = _thresholds(name, item, point, around)
        present, _ = derive(name, reading, reading.value, around)
    except (MissingEvidence, InvalidInput):
        return None
    red, blue = (limits.thresholds[tier].value * scale for tier in (Tier.RED, Tier.BLUE))
    compared_value = abs(present) if item.magnitude else present
    margin = red - compared_value if limits.comparison == "above" else compared_value - red
    return Margin(
        item=name,
        label=Label(item.label.zh, item.label.en),
        unit=item.unit,
        tier=Tier.NONE,
        state=point.state,
        direction=limits.comparison,
        kind=_kind(limits.thresholds[Tier.RED].provenance, designed),
        clause=around.rules.promotion.clause if designed else item.clause,
        required=round(red, _DECIMALS),
        present=round(present, _DECIMALS),
        margin=round(margin, _DECIMALS),
        left=round(margin / abs(red - blue), _DECIMALS) if red != blue else 0.0,
        point_id=reading.point_id,
        valid_time=point.evidence().valid_time,
    )
