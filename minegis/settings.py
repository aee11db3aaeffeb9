"""Settings: read from the environment once, misspelt names refused."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field as Setting
from pydantic import ValidationError

from minegis.declarations import Declaration
from minegis.errors import InvalidInput

PREFIX = "MINEGIS_"
_PROJECT = Path(__file__).parents[1]


class Settings(Declaration):
    """What a process is told from outside. Each name is also an environment variable, ``MINEGIS_<NAME>``."""

    site: Path = Setting(
        default=Path("site"), description="Folder of the site: its database, rasters, cells."
    )
    database: str = Setting(
        default="",
        description="URL of a PostgreSQL database with PostGIS; the SQLite file of the site if empty.",
    )
    host: str = Setting(default="127.0.0.1", description="Address to serve on.")
    port: int = Setting(default=8000, ge=1, le=65535, description="Port to serve on.")
    sample_data: Path | None = Setting(
        default=None, description="Folder of real data that the sample site is made from."
    )
    web: Path | None = Setting(
        default=None, description="Folder of the built page; the packaged one if absent."
    )
    workers: int = Setting(
        default=2, ge=1, le=64, description="Threads for each class of work in the server."
    )
    queue: int = Setting(
        default=128, ge=0, le=10_000, description="Requests of each class that may wait; more are refused."
    )
    listeners: int = Setting(
        default=256, ge=1, le=10_000, description="Streams of events open at a time; more are refused."
    )
    review_number: str = Setting(default="", description="Map review number (审图号) shown on the map.")
    font: Path | None = Setting(
        default=None, description="Font file (TTF, OTF, TTC) that map labels are made from; found if absent."
    )
    dask: str = Setting(
        default="",
        pattern=r"^((tcp|tls)://\S+)?$",
        description="Address of a Dask scheduler that computes rasters; threads of the process if empty.",
    )
    memory: float = Setting(
        default=4.0, gt=0, description="Memory that one process may plan to take for rasters, GiB."
    )
    max_raster_gib: float = Setting(default=2.0, gt=0, description="Largest raster read at once, GiB.")

    editing: Literal["off", "here", "anywhere"] = Setting(
        default="here", description="Who may edit features: nobody, clients on this machine, all clients."
    )
    locking: Literal["required", "offered"] = Setting(
        default="required", description="Whether an edit must say which state it was made on (`If-Match`)."
    )

    keep_runs: int = Setting(
        default=30, ge=1, description="Runs whose cells are kept, the newest; older ones are deleted."
    )

    rule_keys: Path | None = Setting(
        default=None, description="File of the public keys that rule packages may be signed with."
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read ``MINEGIS_*`` variables.

        Raises
        ------
        InvalidInput
            If a name is unknown or a value does not fit.
        """
        given = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in (os.environ if environment is None else environment).items()
            if name.startswith(PREFIX)
        }
        unknown = sorted(set(given) - set(cls.model_fields))
        if unknown:
            raise InvalidInput(
                "unknown setting",
                where=PREFIX + unknown[0].upper(),
                expected=", ".join(PREFIX + name.upper() for name in cls.model_fields),
            )
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            first = error.errors()[0]
            name = PREFIX + str(first["loc"][0]).upper()
            raise InvalidInput(first["msg"], where=name, got=repr(first["input"])) from None
        return settings if settings.sample_data else settings.model_copy(update={"sample_data": _beside()})


def _beside() -> Path | None:
    """Return the folder of real data beside the checkout, where there is one."""
    folder = _PROJECT.parent / "shared" / "data"
    return folder if (folder / "SHA256SUMS").exists() else None
