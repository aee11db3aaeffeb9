"""What would have to be otherwise for an asset to be a colour better."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from minegis.levels import Label, Tier
from minegis.reading import Reading
from minegis.variables import variable
from risk_models.rule_package import RulePackage
from risk_models.warning.assessment import Assessment
from risk_models.warning.parts import Part, join

_NARROW = 0.002  # of the shift: where the search ends, finer than the two digits that are stated
_STATED_DIGITS = 2
_DOUBLINGS = 20  # from a millionth of what is possible

type Judge = Callable[[Sequence[Reading]], Assessment]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be otherwise: the worst reading of a variable, an asset's tier, a part gone.

    Attributes
    ----------
    key : str
        Of the variable, the asset or the part.
    label : Label
    shift : float or None
        By which the highest (below 0) or lowest (above 0) reading of a variable would differ, in `unit`, with
        no other point beyond it.
    unit : str
    tier : Tier or None
        That an asset would have to reach. A part with neither shift nor tier would have to cease.
    """

    key: str
    label: Label
    shift: float | None = None
    unit: str = ""
    tier: Tier | None = None


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """All of `changes` together lead to `tier`."""

    tier: Tier
    changes: tuple[Change, ...]


def counterfactuals(
    readings: Sequence[Reading], judge: Judge, rules: RulePackage
) -> tuple[Counterfactual, ...]:
    """Find the smallest changes that lead to a better tier, each an alternative of its own.

    First each single change: the highest readings of a variable lower or the lowest higher, within the range
    of the data dictionary, or one major hazard or model silent. Where no single one is enough, the one set
    that quiets everything that asks for the present tier. Every answer was judged, rounded as it is stated,
    by the assessment itself.

    Parameters
    ----------
    readings : sequence of Reading
        That the asset was judged by.
    judge : callable
        Assesses the asset with other readings, all else as it was.
    rules : RulePackage

    Returns
    -------
    tuple of Counterfactual
        Empty for an asset without a tier, and where no change of this kind is enough.
    """
    present = judge(readings)
    if present.tier is Tier.NONE:
        return ()
    search = _Search(readings, judge, rules, present)
    singles = [
        *(_alternative(search, [change]) for change in search.shifts(search.tier)),
        *(_alternative(search, [_cease(part)]) for part in search.blocking() if not part.counted),
    ]
    found = [each for each in singles if each is not None]
    if found:
        return tuple(found)
    together = _alternative(search, [*search.quieting(), *map(_cease, search.standing())])
    return (together,) if together else ()


def _cease(part: Part) -> Change:
    return Change(part.key, part.label)


def _alternative(search: _Search, changes: Sequence[Change]) -> Counterfactual | None:
    """Return what changes lead to, None where it is no better."""
    shifts = {change.key: change.shift for change in changes if change.shift is not None}
    gone = {change.key for change in changes if change.shift is None}
    tier = search.tier([part for part in search.parts(shifts) if part.key not in gone])
    return Counterfactual(tier, tuple(changes)) if changes and tier < search.present.tier else None


@dataclass(frozen=True)
class _Search:
    readings: Sequence[Reading]
    judge: Judge
    rules: RulePackage
    present: Assessment

    def tier(self, parts: Iterable[Part]) -> Tier:
        return join(tuple(parts), self.rules)[0]

    def parts(self, shifts: Mapping[str, float]) -> tuple[Part, ...]:
        """Return the parts with the worst readings of some variables shifted."""
        if not shifts:
            return self.present.parts
        return self.judge([self.shifted(reading, shifts) for reading in self.readings]).parts

    def shifted(self, reading: Reading, shifts: Mapping[str, float]) -> Reading:
        """Return a reading no higher than today's highest after the shift, or no lower than the lowest."""
        shift = shifts.get(reading.variable)
        if shift is None or reading.value is None:
            return reading
        low, high = self.extremes(reading.variable)
        return replace(
            reading, value=min(reading.value, high + shift) if shift < 0 else max(reading.value, low + shift)
        )

    def extremes(self, name: str) -> tuple[float, float]:
        """Return the lowest and highest among the last usable values of the points of a variable."""
        last = {
            reading.point_id: reading.value
            for reading in sorted(self.readings, key=lambda each: each.observed_at)
            if reading.variable == name and reading.value is not None and reading.quality.usable
        }
        return min(last.values(), default=math.nan), max(last.values(), default=math.nan)

    def blocking(self) -> list[Part]:
        """Return the parts that ask for the present tier; all that ask for any, where it is a promotion."""
        asking = [part for part in self.present.parts if part.tier is self.present.tier]
        return asking or [part for part in self.present.parts if part.tier]

    def standing(self) -> list[Part]:
        return [part for part in self.blocking() if not part.counted]

    def quieting(self) -> list[Change]:
        """Return for each variable of a blocking item the shift at which its items ask for less."""
        wanted = {name for part in self.blocking() for name in part.variables}

        def worst_of(name: str) -> Callable[[Sequence[Part]], Tier]:
            return lambda parts: max(part.tier for part in parts if name in part.variables)

        found = [self.shift(name, worst_of(name)) for name in sorted(wanted)]
        return [change for change in found if change is not None]

    def shifts(self, tier_of: Callable[[Sequence[Part]], Tier]) -> list[Change]:
        """Return for each variable that the parts use the shift at which `tier_of` them falls."""
        used = sorted({name for part in self.present.parts if part.tier for name in part.variables})
        found = [self.shift(name, tier_of) for name in used]
        return [change for change in found if change is not None]

    def shift(self, name: str, tier_of: Callable[[Sequence[Part]], Tier]) -> Change | None:
        """Return the smallest shift of a variable, either way, at which the tier of the parts falls."""
        known = variable(name)
        low, high = self.extremes(name)
        if math.isnan(low):
            return None
        before = tier_of(self.present.parts)

        def falls(shift: float) -> bool:
            return tier_of(self.parts({name: shift})) < before

        # to the ends of what is possible, and to zero, where moving either way is bad
        ways = (known.maximum - low, known.minimum - high, max(-low, 0.0), min(-high, 0.0))
        found = [_smallest(falls, way) for way in ways]
        shifts = [shift for shift in found if shift is not None]
        if not shifts:
            return None
        label = Label(known.label.zh, known.label.en)
        return Change(name, label, min(shifts, key=abs), known.unit)


def _smallest(falls: Callable[[float], bool], farthest: float) -> float | None:
    """Return the shift nearest to zero at which a tier falls, in two digits, up to `farthest`.

    Doubled steps find the first fall, since far beyond it another item may rise: a beach measured at one
    level says something else at a much lower one. Halving then finds where the tier falls.
    """
    steps = (farthest / 2**halved for halved in range(_DOUBLINGS, -1, -1))
    far = next((shift for shift in steps if shift and falls(shift)), None)
    if far is None:
        return None
    near = 0.0 if far == farthest / 2**_DOUBLINGS else far / 2
    while abs(far - near) > _NARROW * abs(far):
        middle = (near + far) / 2
        near, far = (near, middle) if falls(middle) else (middle, far)
    step = 10.0 ** (math.floor(math.log10(abs(far))) - _STATED_DIGITS + 1)
    whole = math.floor(abs(far) / step)
    stated = (round(math.copysign(number * step, far), 12) for number in (whole, whole + 1))
    return next((shift for shift in stated if abs(shift) <= abs(farthest) and falls(shift)), far)
