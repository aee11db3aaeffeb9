"""The sections of a rule package on weather: signals of rain, and what a weather warning asks of an asset."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Self

from pydantic import PositiveFloat, model_validator

from minegis.declarations import BilingualText, Declaration
from minegis.levels import Tier
from risk_models.rules.sections import WARNED, Cause, Cited, TierName


class RainWindow(Declaration):
    """An amount of rain within so many hours that makes a signal, reached or expected."""

    hours: PositiveFloat
    amount: PositiveFloat


class RainSignals(Cited):
    """The signal of heavy rain (暴雨预警信号) by the rain of the last hours, mm."""

    label: BilingualText
    windows: dict[TierName, RainWindow]

    @model_validator(mode="after")
    def _harder_to_reach(self) -> Self:
        if not self.windows or not set(self.windows) <= set(WARNED):
            raise ValueError("expected windows for some of blue, yellow, orange, red")
        ordered = [self.windows[tier] for tier in WARNED if tier in self.windows]
        if any(a.hours < b.hours or a.amount > b.amount or a == b for a, b in pairwise(ordered)):
            raise ValueError("from blue to red the window must not grow, nor the amount fall")
        return self

    def tier(self, amounts: Mapping[float, float]) -> Tier:
        """Return the signal of the amounts by window, NaN or absent where one is not known.

        Parameters
        ----------
        amounts : mapping of float, h to float, mm

        References
        ----------
        中国气象局令第16号 《气象灾害预警信号发布与传播办法》.
        """
        reached = (
            tier for tier, each in self.windows.items() if amounts.get(each.hours, -1.0) >= each.amount
        )
        return max(reached, default=Tier.NONE)


class WeatherWarning(Cited):
    """A kind of official warning, and the tier that each of its colours asks of an asset."""

    kind: str
    label: BilingualText
    cause: Cause
    datasets: list[str]
    tiers: dict[TierName, TierName]

    @model_validator(mode="after")
    def _monotone(self) -> Self:
        colours = [self.tiers.get(colour, Tier.NONE) for colour in WARNED]
        if any(a > b for a, b in pairwise(colours)):
            raise ValueError("a worse colour must not ask for a milder tier")
        return self

    def tier(self, colour: Tier) -> Tier:
        """Return what a colour of the warning asks for."""
        return self.tiers.get(colour, Tier.NONE)
