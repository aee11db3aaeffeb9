"""What every command shares: the terminal, the options, the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from minegis.errors import InvalidInput
from minegis.settings import Settings

out = Console()
err = Console(stderr=True)

SiteOption = Annotated[
    Path | None, typer.Option("--site", help="Folder of the site. Default: MINEGIS_SITE, else ./site.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]


def settings_of(site: Path | None = None, **changes: Any) -> Settings:
    """Return the settings of the environment, with what the command line states.

    Raises
    ------
    InvalidInput
        If a value does not fit.
    """
    settings = Settings.from_environment()
    given = {name: value for name, value in {"site": site, **changes}.items() if value is not None}
    try:
        return Settings.model_validate({**settings.model_dump(), **given})
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidInput(first["msg"], where=f"--{first['loc'][0]}", got=repr(first["input"])) from None


def print_json(data: Any) -> None:
    """Print plain values as JSON on standard output."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))
