"""Class of a tailings storage facility (尾矿库等别)."""

from __future__ import annotations

import math

from minegis.errors import InvalidInput
from risk_models.rule_package import RulePackage


def tsf_class(storage: float, height: float, rules: RulePackage) -> int:
    """Class 1 (largest) to 5 from the storage and the dam height of one service period.

    Parameters
    ----------
    storage : float, 10⁴ m³
        Total storage.
    height : float, m
        Dam height.
    rules : RulePackage
        Section `tsf_class`.

    Raises
    ------
    InvalidInput
        If either is negative or no number.

    References
    ----------
    GB 50863-2013 table 3.3.1; GB 51108-2015 §3.2.1 for the combination.
    """
    for name, value in (("total_storage", storage), ("dam_height", height)):
        if not (math.isfinite(value) and value >= 0):
            raise InvalidInput("cannot be classed", where=name, expected="a number from 0", got=str(value))
    section = rules.tsf_class
    by_storage = next(bound.tsf_class for bound in section.lower_bounds if storage >= bound.storage)
    by_height = next(bound.tsf_class for bound in section.lower_bounds if height >= bound.height)
    higher = min(by_storage, by_height)
    if abs(by_storage - by_height) <= section.keep_higher_when_apart:
        return higher
    return higher + section.lower_otherwise_by
