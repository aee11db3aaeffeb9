"""Validate every declaration without a database: each file by its model, then what they say of each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from data_catalog import dataset, endpoint, site, source
from layers import layer
from minegis import variables
from minegis.declarations import Declaration, read
from minegis.errors import MinegisError
from pipelines.jobs import declaration
from risk_models import cards, rule_package


@dataclass(frozen=True)
class CheckReport:
    """How many declarations of each kind were read, and every mistake found."""

    checked: dict[str, int]
    mistakes: tuple[str, ...]


def check_declarations(site_folder: Path) -> CheckReport:
    """Read everything that is declared, also the site's own file where there is one."""
    checked: dict[str, int] = {}
    mistakes: list[str] = []
    for kind, path, reader in _files(site_folder):
        checked[kind] = checked.get(kind, 0) + 1
        try:
            reader(path)
        except MinegisError as error:
            mistakes += str(error).splitlines()
    if not mistakes:
        mistakes += _between_declarations()
    return CheckReport(checked, tuple(mistakes))


def _files(site_folder: Path) -> Iterator[tuple[str, Path, Callable[[Path], object]]]:
    yield "variables", Path(variables.__file__).with_name("variables.yaml"), lambda _: variables.variables()
    folders: tuple[tuple[str, Path, type[Declaration]], ...] = (
        ("datasets", dataset.FOLDER, dataset.Dataset),
        ("sources", source.FOLDER, source.Source),
        ("layers", layer.FOLDER, layer.Layer),
    )
    for kind, folder, model in folders:
        for path in sorted(folder.glob("*.yaml")):
            yield kind, path, partial(_read_named, model)
    yield "models", Path(cards.__file__), lambda _: cards.cards()
    for path in sorted(rule_package.RULES.glob("*.yaml")):
        yield "rule packages", path, lambda path: rule_package.load_rules(path.stem, path.parent)
    yield "jobs", declaration.FOLDER, lambda _: declaration.jobs()
    for path in sorted((site_folder / "rules").glob("*.yaml")):
        yield "rule packages", path, lambda path: rule_package.load_rules(path.stem, path.parent)
    own = site_folder / site.FILE_NAME
    if own.exists():
        yield "sites", own, lambda path: read(path, site.SiteDeclaration)
    if (site_folder / endpoint.FILE_NAME).exists():
        yield (
            "source addresses",
            site_folder / endpoint.FILE_NAME,
            lambda path: endpoint.endpoints(path.parent),
        )


def _read_named(model: type[Declaration], path: Path) -> None:
    found = read(path, model)
    stated = getattr(found, "id", path.stem)
    if stated != path.stem:
        raise MinegisError("id and file name differ", where=f"{path}:1: id", expected=path.stem, got=stated)


def _between_declarations() -> Iterator[str]:
    known = dataset.datasets()
    for each in layer.layers().values():
        where = f"{layer.FOLDER / each.id}.yaml"
        if each.group not in layer.groups():
            yield f"{where}: group: no such group; expected {', '.join(layer.groups())}, got {each.group!r}"
        if each.variable and each.variable not in variables.variables():
            yield f"{where}: variable: not in the data dictionary, got {each.variable!r}"
        if each.dataset in known:
            names = {field.name for field in known[each.dataset].fields} | _COMPUTED
            for name in set(each.properties) - names:
                yield f"{where}: properties: {each.dataset} has no field {name!r}"


# What services add to a feature beside its own fields.
_COMPUTED = frozenset({"id", "origin", "source", "tier", "state", "score", "coverage"})
