"""A site folder: what it covers, what it was made from, and where its files are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import model_validator

from minegis.clock import utc_now
from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import NotFound
from minegis.levels import Origin

FILE_NAME = "site.yaml"


class Area(Declaration):
    """An area of interest: a box (west, south, east, north) or the regions with these codes."""

    id: str
    title: BilingualText
    bbox: tuple[float, float, float, float] | None = None
    regions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.bbox is None) == (not self.regions):
            raise ValueError("an area has either a bbox or regions")
        return self


class RasterInput(Declaration):
    """A raster file the pipeline starts from.

    An `elevation` model leads to slope and wetness of the cells, a `relief` is drawn only, a `factor` is the
    quantity of the data dictionary that `variable` names, for the cell models that ask for it.
    `rain_forecast` is rain to come, one file or more for each `member` of an ensemble.
    `valid_from` and `valid_to` bound what an accumulation counts; they are never inferred from a file's name.
    """

    kind: Literal["elevation", "relief", "rain", "rain_forecast", "shakemap", "factor"]
    path: str
    source: str
    sha256: str
    area: str = ""
    origin: Origin = Origin.PUBLIC
    crs: str = ""
    unit: str = ""
    variable: str = ""
    member: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    resolution_note: BilingualText | None = None


class Missing(Declaration):
    """Something the site would have with more data, and why it has not."""

    what: BilingualText
    why: BilingualText


class SiteDeclaration(Declaration):
    """The content of ``site.yaml``."""

    title: BilingualText
    origin: Origin
    resolution: int = 8
    reference_time: datetime | None = None
    areas: tuple[Area, ...]
    inputs: tuple[RasterInput, ...] = ()
    missing: tuple[Missing, ...] = ()
    rules: str = "national"

    @model_validator(mode="after")
    def _reference_time_has_an_offset(self) -> Self:
        if self.reference_time is not None and self.reference_time.tzinfo is None:
            raise ValueError("reference_time needs an offset, for example Z")
        return self


class Site:
    """A site folder with its declaration."""

    def __init__(self, folder: Path, declaration: SiteDeclaration) -> None:
        self.folder = folder
        self.declaration = declaration

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Read a site.

        Raises
        ------
        NotFound
            If the folder holds none.
        InvalidDeclaration
            If its ``site.yaml`` is wrong.
        """
        path = folder / FILE_NAME
        if not path.exists():
            raise NotFound(
                "no site here",
                where=str(folder),
                expected=f"a folder with {FILE_NAME}; make one with `minegis init`",
            )
        return cls(folder, read(path, SiteDeclaration))

    @classmethod
    def create(cls, folder: Path, declaration: SiteDeclaration) -> Self:
        """Write ``site.yaml`` and the folders of a new site."""
        for name in ("sources", "rasters", "weights", "cells"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        content = declaration.model_dump(mode="json", exclude_defaults=True)
        temporary = folder / f"{FILE_NAME}.part"
        temporary.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
        temporary.replace(folder / FILE_NAME)
        return cls(folder, declaration)

    def path(self, relative: str) -> Path:
        """Return the place of a file that the site names."""
        return self.folder / relative

    def now(self) -> datetime:
        """Return the time the site is judged at: a sample's frozen clock, else the present."""
        fixed = self.declaration.reference_time
        return fixed.astimezone(UTC) if fixed else utc_now()
