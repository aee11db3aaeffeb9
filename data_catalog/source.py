"""Sources: where public data came from, under which licence, and how it is credited; one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import Field as Setting

from data_catalog.fetch import Fetch
from minegis.declarations import BilingualText, Declaration, read_folder
from minegis.errors import NotFound

FOLDER = Path(__file__).with_name("sources")


class Period(Declaration):
    """The time that data speak of; an end that is absent is open."""

    begin: date | None = None
    end: date | None = None


class Source(Declaration):
    """One origin of data; `crs` is the file's own, `notes` say what a reader must know of its quality.

    `spdx` names a licence that the SPDX list knows, `cadence` is the ISO 8601 duration after which the source
    is renewed, `bbox` is west, south, east, north, deg, `fetch` what is asked of its service. What is not
    known is absent.
    """

    id: str = Setting(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: BilingualText
    publisher: str
    licence: str
    attribution: str
    spdx: str = ""
    url: str = Setting(default="", pattern=r"^(https?://.+)?$")
    cadence: str = Setting(default="", pattern=r"^(P.+)?$")
    bbox: tuple[float, float, float, float] | None = None
    period: Period | None = None
    crs: str = ""
    fetch: Fetch | None = None
    notes: BilingualText


@cache
def sources() -> Mapping[str, Source]:
    """Return every declared source by id, immutable."""
    return MappingProxyType(read_folder(FOLDER, Source))


def source(source_id: str) -> Source:
    """Return one source.

    Raises
    ------
    NotFound
        If no source has this id.
    """
    try:
        return sources()[source_id]
    except KeyError:
        raise NotFound(
            "no such source", where=f"source {source_id!r}", expected=", ".join(sources())
        ) from None
