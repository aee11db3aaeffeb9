"""The sections of a rule package that hold design tables: floods, grades, stability, siting, references."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, PositiveFloat, model_validator

from minegis.declarations import BilingualText, Declaration
from risk_models.rules.sections import Cited, Grade, Share

Method = Literal["bishop", "swedish"]
Condition = Literal["normal", "flood", "special"]
SafetyClass = Literal["I", "II", "III"]
Combination = Literal["gravity", "blasting", "seismic"]


class Range(Declaration):
    """A range that a design chooses from."""

    lower: PositiveFloat
    upper: PositiveFloat

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.lower > self.upper:
            raise ValueError("lower must not exceed upper")
        return self


class FloodStandard(Cited):
    """Return period of the design flood by class, years."""

    return_period: dict[Grade, Range]

    @model_validator(mode="after")
    def _complete_and_falling(self) -> Self:
        if set(self.return_period) != set(range(1, 6)):
            raise ValueError("expected a return period for each of the classes 1 to 5")
        steps = pairwise(self.return_period[grade] for grade in range(1, 6))
        if any(larger.lower < smaller.lower or larger.upper < smaller.upper for larger, smaller in steps):
            raise ValueError("a larger facility must not have the milder flood")
        return self


class Structures(Declaration):
    """Grade of the structures of one class."""

    main: Grade
    secondary: Grade
    temporary: Grade


class StructureGrade(Cited):
    """Grade of structures by class."""

    grades: dict[Grade, Structures]


class SeismicFreeboard(Cited):
    """From which design acceleration on settlement and wave of an earthquake are added to the freeboard."""

    acceleration_at_least: PositiveFloat = Field(description="g")


class Stability(Cited):
    """Required factor of safety of a dam by method, load condition and grade."""

    required: dict[Method, dict[Condition, dict[Grade, PositiveFloat]]]
    hazard_share: Share
    hazard_clause: str

    @model_validator(mode="after")
    def _complete_and_falling(self) -> Self:
        for method in self.required.values():
            for condition in method.values():
                if set(condition) != set(range(1, 6)):
                    raise ValueError("expected a factor for each of the grades 1 to 5")
                if any(condition[a] < condition[a + 1] for a in range(1, 5)):
                    raise ValueError("a higher grade must not require less")
            normal, flood, special = (method[name] for name in ("normal", "flood", "special"))
            if any(not normal[grade] >= flood[grade] >= special[grade] for grade in range(1, 6)):
                raise ValueError("a rarer load must not require more")
        return self


class SlopeStability(Cited):
    """Required factor of safety of an open-pit slope by safety class and load combination."""

    required: dict[SafetyClass, dict[Combination, Range]]


class SlopeReference(Declaration):
    """One reference value; `share_of_height` makes it a share of the slope height."""

    label: BilingualText
    slope_types: list[str]
    limit: Range
    unit: str
    share_of_height: bool = False


class SlopeReferences(Cited):
    """Deformation of slopes that asks for attention; the source says: for reference only."""

    values: dict[str, SlopeReference]


class Recipients(Cited):
    """Who is told of a warning and answers it, from the mine up."""

    levels: list[BilingualText]


class Generation(Cited):
    """How the thresholds that are not fixed follow from those that are."""

    landslide_orange_share: Share = Field(description="Of the red limit of a landslide in the reservoir.")
    landslide_clause: str
