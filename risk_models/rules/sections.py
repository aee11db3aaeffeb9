"""The sections of a rule package and what makes each of them valid."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from minegis.declarations import BilingualText, Declaration
from minegis.errors import NotFound
from minegis.levels import Origin, Tier
from minegis.variables import variable


def _tier(value: Any) -> Any:
    return Tier[value.upper()] if isinstance(value, str) and value.upper() in Tier.__members__ else value


def _known_variable(name: str) -> str:
    try:
        variable(name)
    except NotFound as error:
        raise ValueError(str(error)) from None
    return name


def _name(tier: Tier) -> str:
    return tier.name.lower()


TierName = Annotated[Tier, BeforeValidator(_tier), PlainSerializer(_name, when_used="json")]
VariableName = Annotated[str, AfterValidator(_known_variable)]
Share = Annotated[float, Field(ge=0, le=1)]
Grade = Annotated[int, Field(ge=1, le=5)]
Cause = Literal["hydraulic", "seepage", "weather", "deformation", "seismic"]

type Scope = dict[str, dict[str, list[str]]]
"""Dataset -> property -> accepted values; an empty mapping takes every asset of the dataset."""

WARNED = (Tier.BLUE, Tier.YELLOW, Tier.ORANGE, Tier.RED)


class Cited(Declaration):
    """Something with a clause and a provenance."""

    clause: str
    provenance: str


class ClassBound(Declaration):
    """Lower bounds of one class: total storage 10⁴ m³ and dam height m."""

    tsf_class: Grade = Field(alias="class")
    storage: float
    height: float


class TsfClass(Cited):
    """Class of a tailings storage facility from its storage and height."""

    lower_bounds: list[ClassBound]
    keep_higher_when_apart: int
    lower_otherwise_by: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for upper, lower in pairwise(self.lower_bounds):
            if not (
                upper.tsf_class < lower.tsf_class
                and upper.storage > lower.storage
                and upper.height > lower.height
            ):
                raise ValueError("classes must run from the largest to the smallest")
        if not self.lower_bounds or (self.lower_bounds[-1].storage, self.lower_bounds[-1].height) != (0, 0):
            raise ValueError("the last class must begin at 0")
        return self


class RaiseMethods(Cited):
    """Raise methods that are known, and the one an unknown method is taken for."""

    known: list[str]
    assumed: str


class Freeboard(Cited):
    """Minimum safety freeboard by dam grade, m."""

    minimum: dict[Grade, PositiveFloat]


class BeachReduction(Declaration):
    """How far a design may go below the table."""

    share: Share
    grades: list[Grade]
    raise_methods: list[str]


class DryBeach(Cited):
    """Minimum dry beach by raise method and dam grade, m at the design flood level."""

    minimum: dict[str, dict[Grade, PositiveFloat]]
    reduction: BeachReduction


class PhreaticPoint(Declaration):
    """Minimum phreatic depth at a stack height, both m."""

    height: float
    depth: PositiveFloat


class Phreatic(Cited):
    """Minimum phreatic depth, linear between the points and constant outside."""

    minimum_depth: list[PhreaticPoint]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if any(a.height >= b.height or a.depth > b.depth for a, b in pairwise(self.minimum_depth)):
            raise ValueError("heights must rise and depths must not fall")
        return self


class Promotion(Cited):
    """How many of one colour count as one of the next."""

    blue: PositiveInt
    yellow: PositiveInt
    orange: PositiveInt


class Threshold(Declaration):
    """One limit; `inclusive` when the limit itself already counts."""

    value: float
    inclusive: bool = False
    provenance: str


class Thresholds(Declaration):
    """A limit for each tier, in the order that the comparison asks for."""

    comparison: Literal["below", "above"]
    thresholds: dict[TierName, Threshold]

    @model_validator(mode="after")
    def _complete_and_ordered(self) -> Self:
        if set(self.thresholds) != set(WARNED):
            raise ValueError("expected one threshold for each of blue, yellow, orange, red")
        values = [self.thresholds[tier].value for tier in WARNED]
        steps = [b - a if self.comparison == "above" else a - b for a, b in pairwise(values)]
        if min(steps) < 0 or sum(steps) <= 0:
            raise ValueError(
                f"thresholds must not turn milder from blue to red when compared {self.comparison}"
            )
        return self


class Item(Thresholds):
    """One monitored item: which readings it is made from, what they are compared with."""

    label: BilingualText
    cause: Cause
    unit: str
    variables: list[VariableName]
    applies: Scope
    reference: Literal["freeboard_minimum", "dry_beach_minimum", "phreatic_minimum"] | None = None
    magnitude: bool = False
    clause: str


class MonitoredVariable(Declaration):
    """How often a variable is expected, whether it can show red, what its silence costs."""

    interval_hours: PositiveFloat
    red_capable: bool
    weight: PositiveFloat
    required: Scope


class SilentAlarm(Declaration):
    """The data alarm of a silent sensor that could show red."""

    hours: PositiveFloat
    tier: TierName
    raises_asset: bool


class Monitoring(Cited):
    """What must be monitored and when it counts as known."""

    coverage_minimum: Share
    stale_after_intervals: PositiveFloat
    silent_alarm: SilentAlarm
    variables: dict[VariableName, MonitoredVariable]
    other_interval_hours: PositiveFloat


class TriggerCondition(Declaration):
    """A condition on a register field; all conditions of a trigger must hold."""

    property: str
    at_least: float | None = None
    above: float | None = None
    equals: bool | float | str | None = None


class Trigger(Cited):
    """A major hazard: named on the register, or derived from its fields by `when`."""

    label: BilingualText
    datasets: list[str]
    tier: TierName = Tier.RED
    when: tuple[TriggerCondition, ...] = ()


class SeismicUpgrade(Declaration):
    """What lifts a shaking trigger by one tier."""

    raise_methods: list[str]
    factor_of_safety_below: float


class Seismic(Thresholds, Cited):
    """Tier by seismic intensity."""

    label: BilingualText
    cause: Cause
    unit: str
    relevant_hours: PositiveFloat
    upgrade: SeismicUpgrade


class RainClass(Declaration):
    """Lower bounds of a rain class, mm in 24 h and 12 h."""

    key: str
    h24: float
    h12: float
    label: BilingualText


class RainClasses(Cited):
    """Names of rain amounts."""

    classes: list[RainClass]


class Scale(Cited):
    """Where each tier begins on the score 0 to 100."""

    lower_bounds: dict[TierName, float]
    top_of_band: Share

    @model_validator(mode="after")
    def _complete_and_rising(self) -> Self:
        if set(self.lower_bounds) != set(Tier):
            raise ValueError("expected a lower bound for none, blue, yellow, orange, red")
        bounds = [self.lower_bounds[tier] for tier in Tier] + [100.0]
        if bounds[0] != 0 or any(a >= b for a, b in pairwise(bounds)):
            raise ValueError("bounds must begin at 0 and rise below 100")
        return self

    def band(self, tier: Tier) -> tuple[float, float]:
        """Return where `tier` begins and ends."""
        upper = 100.0 if tier is Tier.RED else self.lower_bounds[Tier(tier + 1)]
        return self.lower_bounds[tier], upper

    def score(self, tier: Tier, depth: float) -> float:
        """Return the score of a tier at a depth 0 to 1 inside its band."""
        lower, upper = self.band(tier)
        return round(lower + (upper - lower) * min(max(depth, 0.0), self.top_of_band), 6)

    def tier(self, score: float) -> Tier:
        """Return the tier whose band holds `score`."""
        return max(tier for tier, bound in self.lower_bounds.items() if score >= bound)


class CountRule(Declaration):
    """At least so many assets of a tier or worse make the region at least `tier`."""

    of: TierName
    at_least: PositiveInt
    tier: TierName


class Lift(Declaration):
    """A cause that is at `of` over this share of the assets lifts the region."""

    causes: list[Cause]
    of: TierName
    share: Share
    tiers: PositiveInt


class RegionRules(Cited):
    """How a region's tier follows from its assets."""

    counts: list[CountRule]
    lift: Lift


class CellRules(Cited):
    """Tier of a hazard probability in a cell."""

    probability: dict[TierName, Share]

    @model_validator(mode="after")
    def _complete_and_rising(self) -> Self:
        if set(self.probability) != set(WARNED):
            raise ValueError("expected a probability for each of blue, yellow, orange, red")
        if any(self.probability[a] >= self.probability[b] for a, b in pairwise(WARNED)):
            raise ValueError("probabilities must rise from blue to red")
        return self

    def tier(self, probability: float) -> Tier:
        """Return the tier of a probability; no warning below the limit of blue, or where it is NaN."""
        return max(
            (tier for tier, limit in self.probability.items() if probability >= limit), default=Tier.NONE
        )


class Samples(Declaration):
    """At least `k` of the last `n` samples."""

    k: PositiveInt
    n: PositiveInt


class Debounce(Declaration):
    """How many samples confirm a tier."""

    window_hours: PositiveFloat
    samples: dict[TierName, Samples]
    immediate_share: Share


class Hysteresis(Cited):
    """How slowly a tier may fall and how fast it may rise."""

    hold_off_hours: dict[TierName, float]
    rise_at_most: PositiveInt
    deadband_share: Share
    debounce: Debounce


class Escalation(Declaration):
    """Who must have answered, and after how many minutes at red."""

    levels: list[str]
    minutes: list[PositiveFloat]
    factor: dict[TierName, PositiveFloat]


class CapTier(Declaration):
    """CAP words of a tier."""

    severity: Literal["Extreme", "Severe", "Moderate", "Minor", "Unknown"]
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"]
    certainty_of_model: Literal["Likely", "Possible", "Unlikely", "Unknown"]
    response_type: Literal["Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "None"]


class CapEvent(Declaration):
    """Event code and name of an asset kind."""

    code: str
    label: BilingualText


class WarningRules(Cited):
    """Life and words of a warning."""

    sector: str
    expires_hours: dict[TierName, PositiveFloat]
    reissue_before_hours: float
    escalation: Escalation
    status: dict[Origin, Literal["Actual", "Exercise", "System", "Test", "Draft"]]
    tiers: dict[TierName, CapTier]
    events: dict[str, CapEvent]
    sample_mark: BilingualText
    headline: BilingualText
    cancel_headline: BilingualText
    held: BilingualText
    reason: BilingualText
    evidence: BilingualText
    instruction: dict[TierName, BilingualText]
    cancel_instruction: BilingualText
