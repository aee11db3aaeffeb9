"""Sources: where public data came from, under which licence, and how it is credited; one YAML file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pydantic import Field as Setting

from minegis.declarations import BilingualText, Declaration, read_folder
from minegis.errors import NotFound

FOLDER = Path(__file__).with_name("sources")


class Source(Declaration):
    """One origin of data; `crs` is the file's own, `notes` say what a reader must know of its quality."""

    id: str = Setting(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: BilingualText
    publisher: str
    licence: str
    attribution: str
    crs: str = ""
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
