"""Rule packages: every threshold, count, weight and deadline, in versioned YAML with clause and provenance.

A package may say ``extends: national`` and then hold only what differs: named entries (items, triggers) are
replaced one by one, every other section as a whole, so that what a province changes can be read in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError, create_model

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidDeclaration, NotFound
from risk_models.rules.references import (
    FloodStandard,
    Generation,
    Recipients,
    SeismicFreeboard,
    SlopeReferences,
    SlopeStability,
    Stability,
    StructureGrade,
)
from risk_models.rules.sections import (
    CellRules,
    DryBeach,
    Freeboard,
    Hysteresis,
    Item,
    Monitoring,
    Phreatic,
    Promotion,
    RainClasses,
    RaiseMethods,
    RegionRules,
    Scale,
    Seismic,
    Trigger,
    TsfClass,
    WarningRules,
)
from risk_models.rules.weather import RainSignals, WeatherWarning

RULES = Path(__file__).with_name("rules")


class RulePackage(Declaration):
    """One complete set of rules; see ``docs/science/rules.md`` for the meaning of each section."""

    id: str
    version: str
    title: BilingualText
    extends: str | None = None
    tsf_class: TsfClass
    raise_methods: RaiseMethods
    freeboard: Freeboard
    dry_beach: DryBeach
    phreatic: Phreatic
    flood_standard: FloodStandard
    structure_grade: StructureGrade
    seismic_freeboard: SeismicFreeboard
    stability: Stability
    slope_stability: SlopeStability
    slope_references: SlopeReferences
    generation: Generation
    promotion: Promotion
    items: dict[str, Item]
    monitoring: Monitoring
    triggers: dict[str, Trigger]
    seismic: Seismic
    rain_classes: RainClasses
    rain_signals: RainSignals
    weather_warnings: dict[str, WeatherWarning]
    recipients: Recipients
    score: Scale
    region: RegionRules
    cell: CellRules
    hysteresis: Hysteresis
    warning: WarningRules

    @property
    def method(self) -> str:
        """What evidence names as its method: ``rules/national/1.1.0``."""
        return f"rules/{self.id}/{self.version}"


# A package that extends another: the same sections, all optional, so that a mistake is named in its file.
_HEAD = ("id", "version", "title")
_FIELDS: dict[str, Any] = {
    name: (field.annotation, ...) if name in _HEAD else (field.annotation, None)
    for name, field in RulePackage.model_fields.items()
}
_Override = create_model("RuleOverride", __base__=Declaration, **_FIELDS)


def load_rules(name: str, folder: Path = RULES) -> RulePackage:
    """Read a rule package, with what it extends.

    Parameters
    ----------
    name : str
        File name without ``.yaml``, also the `id` that the file must state.
    folder : Path
        Where to look first; what is not there is taken from the packages that come with minegis.

    Raises
    ------
    NotFound
        If there is no such package.
    InvalidDeclaration
        With file, line and field of every mistake.
    """
    return _load(name, folder, ())


def _load(name: str, folder: Path, chain: tuple[str, ...]) -> RulePackage:
    path = next(
        (place / f"{name}.yaml" for place in (folder, RULES) if (place / f"{name}.yaml").is_file()), None
    )
    if path is None:
        raise NotFound("no such rule package", where=f"{folder}/{name}.yaml")
    if name in chain:
        raise InvalidDeclaration(
            "packages extend each other in a circle", where=str(path), got=" > ".join(chain)
        )
    head = read(path, _Head)
    if head.id != name:
        raise InvalidDeclaration("id and file name differ", where=str(path), expected=name, got=head.id)
    if head.extends is None:
        return read(path, RulePackage)
    return _merge(path, _load(head.extends, folder, (*chain, name)), read(path, _Override))


class _Head(Declaration):
    model_config = ConfigDict(extra="ignore")

    id: str
    extends: str | None = None


def _merge(path: Path, base: RulePackage, override: Any) -> RulePackage:
    merged = {name: getattr(base, name) for name in RulePackage.model_fields}
    for name in override.model_fields_set:
        value = getattr(override, name)
        merged[name] = {**merged[name], **value} if isinstance(value, Mapping) else value
    try:
        return RulePackage.model_validate(merged)
    except ValidationError as error:
        mistakes = "; ".join(mistake["msg"] for mistake in error.errors())
        raise InvalidDeclaration(mistakes, where=str(path)) from None
