"""Rule packages: every threshold, count, weight and deadline, in versioned YAML with clause and provenance.

A package may say ``extends: national`` and then hold only what differs: named entries (items, triggers) are
replaced one by one, every other section as a whole, so that what a province changes can be read in one place.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, StringConstraints, ValidationError, create_model

from minegis.declarations import BilingualText, Declaration, read_text
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

# Both are parts of addresses, of file names and of the method that evidence names.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_VERSION = r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$"


class RulePackage(Declaration):
    """One complete set of rules; see ``docs/science/rules.md`` for the meaning of each section."""

    id: Annotated[str, StringConstraints(pattern=f"^{_NAME.pattern}$")]
    version: Annotated[str, StringConstraints(pattern=_VERSION)]
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

    def content(self) -> dict[str, Any]:
        """Return the whole package as plain JSON values, with everything that it extends."""
        return self.model_dump(mode="json", by_alias=True)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole content: it changes with any value of the package or of what it extends."""
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


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
    return _from(_file(name, folder), name, folder, ())


@cache
def _brought(name: str) -> RulePackage:
    """Return a package that comes with minegis; its file does not change while a process runs."""
    path = RULES / f"{name}.yaml"
    return _load(path.read_text(encoding="utf-8"), str(path), name, RULES, ())


def _from(path: Path, name: str, folder: Path, chain: tuple[str, ...]) -> RulePackage:
    if path.parent == RULES:
        return _brought(name)
    return _load(path.read_text(encoding="utf-8"), str(path), name, folder, chain)


def read_rules(text: str, path: str, folder: Path = RULES) -> RulePackage:
    """Read the text of a rule package; what it extends is looked up as `load_rules` does.

    Parameters
    ----------
    text : str
        YAML.
    path : str
        Names the text in mistakes.

    Raises
    ------
    InvalidDeclaration
        With file, line and field of every mistake.
    """
    return _load(text, path, read_text(text, _Head, path).id, folder, ())


def package_of(content: Mapping[str, Any], where: str) -> RulePackage:
    """Rebuild a package from what `RulePackage.content` gave.

    Raises
    ------
    InvalidDeclaration
        If the sections are not those of this version of minegis.
    """
    try:
        return RulePackage.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidDeclaration(first["msg"], where=f"{where}: {field}") from None


def _file(name: str, folder: Path) -> Path:
    for place in (folder, RULES):
        path = place / f"{name}.yaml"
        if _NAME.fullmatch(name) and path.is_file():
            return path
    raise NotFound("no such rule package", where=f"{folder}/{name}.yaml")


def _load(text: str, path: str, name: str, folder: Path, chain: tuple[str, ...]) -> RulePackage:
    if name in chain:
        raise InvalidDeclaration("packages extend each other in a circle", where=path, got=" > ".join(chain))
    head = read_text(text, _Head, path)
    if head.id != name:
        raise InvalidDeclaration("id and file name differ", where=path, expected=name, got=head.id)
    if head.extends is None:
        return read_text(text, RulePackage, path)
    base = _from(_file(head.extends, folder), head.extends, folder, (*chain, name))
    return _merge(path, base, read_text(text, _Override, path))


class _Head(Declaration):
    model_config = ConfigDict(extra="ignore")

    id: str
    extends: str | None = None


def _merge(path: str, base: RulePackage, override: Any) -> RulePackage:
    merged = {name: getattr(base, name) for name in RulePackage.model_fields}
    for name in override.model_fields_set:
        value = getattr(override, name)
        merged[name] = {**merged[name], **value} if isinstance(value, Mapping) else value
    try:
        return RulePackage.model_validate(merged)
    except ValidationError as error:
        mistakes = "; ".join(_described(mistake) for mistake in error.errors())
        raise InvalidDeclaration(mistakes, where=path) from None


def _described(mistake: Any) -> str:
    field = ".".join(str(part) for part in mistake["loc"])
    return f"{field}: {mistake['msg']}"
