"""YAML declarations: read safely, checked against a model, mistakes named by file, line and field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from minegis.errors import InvalidDeclaration

_ROOMS = ("minegis", "risk_models", "data_catalog", "layers", "tiles", "pipelines", "geoserver")
_OWN = tuple(Path(__file__).resolve().parents[1] / room for room in _ROOMS)
# libyaml is ten times as fast, but a text nested ten thousand deep ends the process: for our own files only.
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Declaration(BaseModel):
    """Base of everything declared in YAML: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class BilingualText(Declaration):
    """A text in both languages."""

    zh: str
    en: str


def read[T: BaseModel](path: Path, model: type[T]) -> T:
    """Read one YAML file as `model`.

    Raises
    ------
    InvalidDeclaration
        With ``file:line`` and the field's path; every mistake of the file is listed.
    """
    own = any(path.resolve().is_relative_to(room) for room in _OWN)
    loader = _FAST if own else yaml.SafeLoader
    return _read(path.read_text(encoding="utf-8"), model, str(path), loader)


def read_text[T: BaseModel](text: str, model: type[T], path: str) -> T:
    """Read a YAML text as `model`; mistakes name it by `path`.

    Raises
    ------
    InvalidDeclaration
        As `read`.
    """
    return _read(text, model, path, yaml.SafeLoader)


def _read[T: BaseModel](text: str, model: type[T], path: str, kind: Any) -> T:
    try:
        loader = kind(text)
        try:
            root = loader.get_single_node()
            _refuse_expansion(root, path)
            data = None if root is None else _constructed(loader, root, path)
        finally:
            loader.dispose()
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise InvalidDeclaration("not YAML", where=f"{path}:{line}", got=str(error).splitlines()[0]) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidDeclaration(_describe(path, root, error), where="") from None


# What PyYAML's constructors raise besides: `2026-13-45`, `!!int ''`, `!!bool x`, `!!timestamp x`.
_NO_VALUE = (ValueError, LookupError, AttributeError)


def _constructed(loader: Any, root: yaml.Node, path: str) -> Any:
    """Return the values of a document; name the line of a scalar that is none of its kind."""
    try:
        return loader.construct_document(root)
    except _NO_VALUE:
        bad = next((each for each in _scalars(root) if not _has_value(loader, each)), root)
        kind = bad.tag.rpartition(":")[2]
        raise InvalidDeclaration(
            f"no {kind}", where=f"{path}:{bad.start_mark.line + 1}", got=str(bad.value)[:_SHOWN]
        ) from None


def _has_value(loader: Any, scalar: yaml.ScalarNode) -> bool:
    try:
        loader.construct_document(scalar)
    except _NO_VALUE:
        return False
    return True


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
        return
    for each in node.value:
        for part in each if isinstance(each, tuple) else (each,):
            yield from _scalars(part)


_MOST_NODES = 200_000
_SHOWN = 200  # characters of what came


def _refuse_expansion(root: yaml.Node | None, path: str) -> None:
    """Refuse a text whose aliases stand for more than anybody would write."""
    sizes: dict[int, int] = {}

    def size(node: yaml.Node) -> int:
        if id(node) not in sizes:
            sizes[id(node)] = _MOST_NODES  # met again inside itself
            below = node.value if isinstance(node, yaml.CollectionNode) else ()
            parts = (part for each in below for part in (each if isinstance(each, tuple) else (each,)))
            sizes[id(node)] = 1 + sum(size(part) for part in parts)
        return sizes[id(node)]

    if root is not None and size(root) > _MOST_NODES:
        raise InvalidDeclaration("aliases that repeat too much", where=path, expected="a plainer text")


def read_folder[T: BaseModel](folder: Path, model: type[T]) -> dict[str, T]:
    """Read every ``*.yaml`` of a folder, keyed by file stem, in name order."""
    return {path.stem: read(path, model) for path in sorted(folder.glob("*.yaml"))}


def _describe(path: str, root: yaml.Node | None, error: ValidationError) -> str:
    lines = []
    for mistake in error.errors():
        field = ".".join(str(part) for part in mistake["loc"]) or "(document)"
        got = mistake["input"]
        shown = "" if isinstance(got, dict | list) else f", got {_shown(got)}"
        lines.append(f"{path}:{_line(root, mistake['loc'])}: {field}: {mistake['msg']}{shown}")
    return "\n".join(lines)


def _shown(got: object) -> str:
    try:
        return repr(got)[:_SHOWN]
    except ValueError:  # a whole number with more digits than Python writes
        return f"{type(got).__name__} without end"


def _line(node: yaml.Node | None, location: Sequence[Any]) -> int:
    line = node.start_mark.line if node else 0
    for part in location:
        child = _child(node, part)
        if child is None:
            break
        key, node = child
        line = key.start_mark.line
    return line + 1


def _child(node: yaml.Node | None, part: Any) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
