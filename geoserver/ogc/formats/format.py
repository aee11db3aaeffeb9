"""What a format is: how pages of items become bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
import shapely

from data_catalog.collection import Collection
from data_catalog.items import Page
from geoserver.ogc.crs import Crs, Geometries

_TILE_PIXELS = 256
_WORLD_DEGREES = 360.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What an answer says and shows, beside the rows themselves; the same for every format.

    Parameters
    ----------
    crs : Crs
        Of the coordinates; formats that must have x before y ask `shapes` for it.
    geometry : bool
        Whether geometries are wanted.
    zoom_level : int, optional
        Web zoom level whose pixels geometries may be simplified to.
    single : bool
        Whether one item was asked for by its id: the only page holds one row.
    matched : int, optional
        How many items match in all, when it is known.
    made_at : datetime
        When the answer was made.
    partial : set of str
        Properties that are times, but not whole ones in every item (`columns.partial_times`).
    """

    collection: Collection
    crs: Crs
    language: str
    made_at: datetime
    geometry: bool = True
    zoom_level: int | None = None
    single: bool = False
    links: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    matched: int | None = None
    partial: frozenset[str] = frozenset()

    def shapes(self, page: Page, *, east_first: bool = False) -> Geometries:
        """Return the geometries of a page as they are to be shown, None for what has no place in the CRS."""
        shapes: Geometries = shapely.from_wkb(np.array([row[1] for row in page.rows], dtype=object))
        if self.zoom_level is not None:
            shapes = simplified(shapes, self.zoom_level)
        return self.crs.place(shapes, east_first=east_first)

    @property
    def as_stored(self) -> bool:
        """Whether geometries are shown just as rows hold them."""
        return self.zoom_level is None and self.crs.geographic and not self.crs.swapped


class Format(Protocol):
    """A way to write items.

    One that `streams` is for carrying everything away: it gets all pages at one moment and must not keep
    them. One that does not gets a single page, and writes single items as well.
    """

    @property
    def key(self) -> str:
        """The value of ``f``."""

    @property
    def media_type(self) -> str:
        """As in ``Accept`` and ``Content-Type``."""

    @property
    def title(self) -> str:
        """Its name for people, the same in every language."""

    @property
    def suffix(self) -> str:
        """How names of its files end, as ``.csv``; empty when it is shown rather than saved."""

    @property
    def streams(self) -> bool:
        """Whether it is written while it is read."""

    @property
    def as_text(self) -> bool:
        """Whether it writes properties that come as JSON text (`Page.texts`)."""

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of an answer, piece by piece."""


def simplified(shapes: Geometries, zoom_level: int) -> Geometries:
    """Return geometries with no more detail than a pixel of a web zoom level shows.

    They stay valid; one that would vanish stays as it is.
    """
    pixel = _WORLD_DEGREES / _TILE_PIXELS / 2**zoom_level
    coarse: Geometries = shapely.simplify(shapes, pixel, preserve_topology=True)
    lost = shapely.is_empty(coarse) | ~shapely.is_valid(coarse)
    return np.where(lost, shapes, coarse)
