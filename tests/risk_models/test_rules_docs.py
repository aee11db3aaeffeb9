"""The tables of the documents are those of the rules.

``python tests/risk_models/test_rules_docs.py`` writes them anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from minegis.levels import Tier
from risk_models.rule_package import RULES, RulePackage, load_rules
from risk_models.rules.references import Combination, Range
from risk_models.rules.sections import WARNED, Cited, Threshold
from risk_models.warning.tiers import shown_provenance

PAGE = Path(__file__).parents[2] / "docs" / "science" / "rules.md"
BEGIN, END = "<!-- tables of the rules: begin -->", "<!-- tables of the rules: end -->"
GRADES = range(1, 6)
LOADS: tuple[Combination, ...] = ("gravity", "blasting", "seismic")


def table(title: str, head: Sequence[str], rows: Iterator[Sequence[object]], section: Cited | None) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    cited = f" {section.clause} [{shown_provenance(section.provenance)}]" if section else ""
    return f"**{title}.**{cited}\n\n" + "\n".join(lines)


def tables(rules: RulePackage) -> str:
    grades = [f"class {grade}" for grade in GRADES]
    return "\n\n".join([
        table("Return period of the design flood, years", grades, iter([[
            span(rules.flood_standard.return_period[grade]) for grade in GRADES]]), rules.flood_standard),
        table("Grade of structures", ["", *grades], (
            [name, *(getattr(rules.structure_grade.grades[grade], name) for grade in GRADES)]
            for name in ("main", "secondary", "temporary")), rules.structure_grade),
        table("Minimum freeboard, m", grades, iter([[
            f"{rules.freeboard.minimum[grade]:g}" for grade in GRADES]]), rules.freeboard),
        table("Minimum dry beach at the design flood level, m", ["", *grades], (
            [method, *(f"{values[grade]:g}" for grade in GRADES)]
            for method, values in rules.dry_beach.minimum.items()), rules.dry_beach),
        table("Minimum phreatic depth, m, linear between", ["height, m", "depth, m"], (
            [f"{point.height:g}", f"{point.depth:g}"]
            for point in rules.phreatic.minimum_depth), rules.phreatic),
        table("Required factor of safety of a dam", ["method", "load", *grades], (
            [method, load, *(f"{values[grade]:.2f}" for grade in GRADES)]
            for method, loads in rules.stability.required.items() for load, values in loads.items()),
              rules.stability),
        table("Required factor of safety of an open-pit slope", ["safety class", *LOADS], (
            [name, *(span(values[load]) for load in LOADS)]
            for name, values in rules.slope_stability.required.items()), rules.slope_stability),
        table("Reference values of slopes", ["value", "of", "limit", "unit"], (
            [each.label.en, ", ".join(each.slope_types),
             span(each.limit), "of the slope height" if each.share_of_height else each.unit]
            for each in rules.slope_references.values.values()), rules.slope_references),
        table("Rain classes, mm from", ["class", "24 h", "12 h"], (
            [f"{each.label.zh} {each.label.en}", f"{each.h24:g}", f"{each.h12:g}"]
            for each in rules.rain_classes.classes), rules.rain_classes),
        table("Rainstorm warning signal", ["colour", "mm from", "within h"], (
            [tier.name.lower(), f"{window.amount:g}", f"{window.hours:g}"]
            for tier, window in rules.rain_signals.windows.items()), rules.rain_signals),
        table("Limits of the items, of each required minimum where one is named", [
            "item", "compared", "blue", "yellow", "orange", "red", "unit", "clause"], (
            [item.label.en, item.comparison, *(limit(item.thresholds[tier]) for tier in WARNED),
             f"× {item.reference}" if item.reference else item.unit, item.clause]
            for item in rules.items.values()), None),
        "\\* project default: no published authority; a province or a designer is meant to set it.",
        "\n\n".join(_provinces()),
    ])  # fmt: skip


def span(limit: Range) -> str:
    return f"{limit.lower:g}" + (f"–{limit.upper:g}" if limit.upper != limit.lower else "")


def limit(each: Threshold) -> str:
    return f"{each.value:g}" + ("\\*" if shown_provenance(each.provenance) != each.provenance else "")


def _provinces() -> Iterator[str]:
    packages = [load_rules(path.stem) for path in sorted(RULES.glob("*.yaml"))]
    yield table("What a colour of a weather warning asks of an asset", [
        "package", "warning", "of", *(tier.name.lower() for tier in WARNED), "clause"], (
        [rules.id, each.label.en, ", ".join(each.datasets),
         *(asked.name.lower() if (asked := each.tier(tier)) is not Tier.NONE else "–" for tier in WARNED),
         each.clause]
        for rules in packages for each in rules.weather_warnings.values()), None)  # fmt: skip
    yield table("Who is told", ["package", "from the mine up", "clause"], (
        [rules.id, " → ".join(f"{each.zh} {each.en}" for each in rules.recipients.levels),
         rules.recipients.clause]
        for rules in packages), None)  # fmt: skip


def test_the_tables_of_the_documents_are_those_of_the_rules() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.split(BEGIN)[1].split(END)[0].strip() == tables(load_rules("national"))


@pytest.mark.parametrize("path", sorted(RULES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_source_of_a_rule_is_in_the_table_of_sources(path: Path) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    known = {key.strip() for line in lines if line.startswith("| F") for key in line.split("|")[1].split(",")}
    words = re.split(r"[\s\",;{}]+", path.read_text(encoding="utf-8"))
    named = {word.removeprefix("F:") for word in words if word.startswith("F:F")}
    assert named <= known


if __name__ == "__main__":
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    made = f"{before}{BEGIN}\n\n{tables(load_rules('national'))}\n\n{END}{rest.split(END)[1]}"
    sys.stdout.write(f"{PAGE}: {'unchanged' if made == PAGE.read_text(encoding='utf-8') else 'written'}\n")
    PAGE.write_text(made, encoding="utf-8")
