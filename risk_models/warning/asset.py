"""The asset that is assessed, as its register knows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minegis.errors import MissingEvidence
from risk_models.rule_package import RulePackage
from risk_models.rules.sections import Scope
from risk_models.tailings.classification import tsf_class


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """A tailings storage facility (`tsf`), mine or slope with the fields of its register."""

    dataset: str
    id: str
    name: str
    properties: Mapping[str, Any]

    def number(self, field: str) -> float | None:
        """Return a register field as a number, None where it holds none."""
        value = self.properties.get(field)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return float(value)

    def required_number(self, field: str) -> float:
        """Return a register field as a number.

        Raises
        ------
        MissingEvidence
            If the register does not hold it.
        """
        value = self.number(field)
        if value is None:
            raise MissingEvidence("the register lacks a field", where=f"{self.dataset}/{self.id}.{field}")
        return value

    def raise_method(self, rules: RulePackage) -> str:
        """Return the raise method; an unknown one is taken for the one with the strictest minima."""
        method = str(self.properties.get("raise_method") or "")
        return method if method in rules.raise_methods.known else rules.raise_methods.assumed

    def tsf_class(self, rules: RulePackage) -> int:
        """Return the class of a tailings storage facility.

        Raises
        ------
        MissingEvidence
            If storage or height are not on the register.
        """
        return tsf_class(self.required_number("total_storage"), self.required_number("dam_height"), rules)

    def within(self, scope: Scope, rules: RulePackage) -> bool:
        """Whether a rule applies; a field that the register lacks keeps no rule away."""
        conditions = scope.get(self.dataset)
        if conditions is None:
            return False
        for field, accepted in conditions.items():
            value = self.raise_method(rules) if field == "raise_method" else self.properties.get(field)
            if value is not None and value != "" and str(value) not in accepted:
                return False
        return True
