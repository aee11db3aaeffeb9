"""The designer's limits of a monitoring point: they come before the limits of the rules."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from minegis.declarations import BilingualText
from minegis.errors import InvalidInput
from minegis.levels import Tier
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import WARNED, Item, Threshold, Thresholds
from risk_models.warning.points import label_and_unit

FIELDS: Mapping[Tier, str] = {tier: f"threshold_{tier.name.lower()}" for tier in WARNED}
"""Register field of the limit of each tier."""

_PROVENANCE = "设计值 designer's value"
_EITHER_WAY = frozenset({"displacement"})  # moving either way counts


def design_limits(properties: Mapping[str, Any], *, where: str = "") -> Thresholds | None:
    """Return the limits that a point's register states, None where it states none.

    A limit is in the unit of the point's variable and counts when it is reached. Whether high or low values
    are bad follows from the order of the limits. A tier without a limit takes that of the next worse tier.

    Parameters
    ----------
    properties : mapping
        Fields ``threshold_blue`` to ``threshold_red`` of the station.
    where : str
        Names the station in an error.

    Raises
    ------
    InvalidInput
        If there is no limit for red, fewer than two different limits, or no one direction.
    """
    stated = {tier: properties.get(field) for tier, field in FIELDS.items()}
    limits = {tier: float(value) for tier, value in stated.items() if value is not None}
    if not limits:
        return None
    values = [limits[tier] for tier in WARNED if tier in limits]
    steps = [after - before for before, after in pairwise(values)]
    one_way = all(step >= 0 for step in steps) or all(step <= 0 for step in steps)
    usable = Tier.RED in limits and one_way and values[0] != values[-1] and all(map(math.isfinite, values))
    if not usable:
        raise InvalidInput(
            "limits that cannot be compared with",
            where=where,
            expected="red and at least one milder tier, rising or falling from blue to red",
            got=", ".join(f"{tier.name.lower()} {value:g}" for tier, value in limits.items()),
        )
    complete: dict[Tier, Threshold] = {}
    for tier in reversed(WARNED):
        value = limits.get(tier, complete[Tier(tier + 1)].value if tier is not Tier.RED else 0.0)
        complete[tier] = Threshold(value=value, inclusive=True, provenance=_PROVENANCE)
    return Thresholds(comparison="above" if values[-1] > values[0] else "below", thresholds=complete)


def design_item(variable: str, limits: Thresholds, related: Iterable[Item], rules: RulePackage) -> Item:
    """Return the item of a variable that the rules compare only after deriving something from it.

    Parameters
    ----------
    variable : str
    limits : Thresholds
        Of one of its points; each point is compared with its own.
    related : iterable of Item
        Items of the rules that use the variable; the cause is theirs.
    rules : RulePackage
    """
    label, unit = label_and_unit(variable)
    items = list(related)
    return Item(
        comparison=limits.comparison,
        thresholds=limits.thresholds,
        label=BilingualText(zh=f"{label.zh}（设计限值）", en=f"{label.en} (designer's limits)"),
        cause=next((item.cause for item in items), "deformation"),
        unit=unit,
        variables=[variable],
        applies={},
        magnitude=variable in _EITHER_WAY,
        clause=rules.promotion.clause,
    )
