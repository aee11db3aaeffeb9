"""What people can use is in the documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from geoserver.cli import app
from minegis.settings import PREFIX, Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_every_setting_is_documented() -> None:
    text = (DOCS / "operators" / "settings.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in text]
    assert not missing


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "operators" / "settings.md").read_text(encoding="utf-8")
    missing = []
    for name, command in _commands("", typer.main.get_command(app)):
        if f"`minegis {name}" not in text:
            missing.append(name)
        options = [
            option for parameter in command.params for option in parameter.opts if option.startswith("--")
        ]
        missing += [
            f"{name} {option}" for option in options if f"`{option}" not in text and f" {option}" not in text
        ]
    assert not missing


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name.strip(), command
    for part, each in (below or {}).items():
        yield from _commands(f"{name} {part}", each)


def test_every_link_in_the_documents_leads_somewhere() -> None:
    broken = []
    for page in [DOCS.parent / "README.md", *DOCS.rglob("*.md")]:
        for part in page.read_text(encoding="utf-8").split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken
