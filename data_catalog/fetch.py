"""What to ask of a source: one model a kind of service. Where the service is, only the operator says."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field as Setting
from pydantic import model_validator

from minegis.declarations import Declaration

Content = Literal["tiff", "netcdf", "grib", "xml", "json", "zip", "text", "xlsx", "any"]
_NAME = r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$"


class Asked(Declaration):
    """What every service is asked with.

    `cadence` is how often the source is worth asking, `window` how far back from the present is asked for,
    `delay` how long after its time something is published. `max_mb` bounds each file, `max_files` one fetch.
    `into` is what a file is imported as once it is here: a dataset, ``reading``, or nothing; `registry` says
    that it is a register of tailings facilities in its publisher's words, `time_zone` and `encoding` what a
    table does not say itself, `origin` whose data they are.
    """

    cadence: timedelta = timedelta(days=1)
    window: timedelta = timedelta(days=1)
    delay: timedelta = timedelta(0)
    max_mb: float = Setting(default=2000.0, gt=0)
    max_files: int = Setting(default=1000, gt=0)
    into: str = Setting(default="", pattern=r"^[a-z_]*$")
    registry: bool = False
    time_zone: str = ""
    encoding: str = ""
    origin: Literal["operator", "public"] = "operator"

    @model_validator(mode="after")
    def _a_registry_is_of_facilities(self) -> Self:
        if self.registry and self.into != "tsf":
            raise ValueError("a registry goes into tsf")
        return self


class FilesAsked(Asked):
    """Files by name, over any protocol.

    A name may hold the time (``{time:%Y%m%d}``, one file every `every`; also ``{begin}``, ``{end}``,
    ``{last}`` and ``{minute}`` of that step) and, where the protocol can list, the wildcards ``*`` and ``?``.
    `covers` is the length of the period that begins or ends at the time, as `time_marks` says. `settled` is
    how long a file in a folder must have kept its size.
    """

    service: Literal["files"]
    names: tuple[str, ...] = Setting(min_length=1)
    content: Content = "any"
    every: timedelta | None = None
    covers: timedelta | None = None
    time_marks: Literal["begin", "end"] = "begin"
    settled: timedelta = timedelta(seconds=60)

    @model_validator(mode="after")
    def _times_have_a_step(self) -> Self:
        timed = any("{" in name for name in self.names)
        if timed != (self.every is not None):
            raise ValueError("`every` and a time in the names belong together")
        return self


class StacAsked(Asked):
    """Items of a STAC API within the site's areas, and which assets of them are taken."""

    service: Literal["stac"]
    collections: tuple[str, ...] = Setting(min_length=1)
    assets: tuple[str, ...] = Setting(min_length=1)
    content: Content = "any"
    timeless: bool = False
    max_cloud_cover: float | None = Setting(default=None, ge=0, le=100)
    page: int = Setting(default=100, gt=0, le=10_000)
    max_items: int = Setting(default=1000, gt=0)


class EventsAsked(Asked):
    """Earthquakes of an FDSN event service; an answer at `limit` events is asked again in two halves."""

    service: Literal["fdsn_event"]
    format: Literal["geojson", "text", "xml"] = "geojson"
    min_magnitude: float = 4.0
    margin_deg: float = Setting(default=3.0, ge=0)
    limit: int = Setting(default=10_000, gt=0, le=20_000)


class ShakeMapsAsked(Asked):
    """The newest ShakeMap grid of every earthquake that an event service with products knows."""

    service: Literal["shakemap"]
    contents: tuple[str, ...] = ("download/grid.xml",)
    min_magnitude: float = 5.0
    margin_deg: float = Setting(default=3.0, ge=0)
    limit: int = Setting(default=1000, gt=0, le=20_000)


class Field(Declaration):
    """A GRIB message wanted: the keys of the index that must have these values."""

    match: dict[str, str] = Setting(min_length=1)


class ForecastAsked(Asked):
    """Messages of a forecast that comes with an index, ``.idx`` (NCEP) or ``.index`` (ECMWF).

    `name` holds ``{cycle:%Y%m%d}`` and ``{step}``; the index lies beside it. `members` are numbers of the
    ensemble, put into ``{member}`` where the name has it, matched in the index otherwise.
    """

    service: Literal["forecast"]
    index: Literal["idx", "index"]
    name: str
    index_name: str
    cycles: tuple[int, ...] = Setting(min_length=1)
    steps: tuple[int, ...] = Setting(min_length=1)
    members: tuple[str, ...] = ()
    fields: tuple[Field, ...] = Setting(min_length=1)


class ProcessAsked(Asked):
    """Files that a service makes to order (OGC API - Processes, the Copernicus Climate Data Store).

    One order for every step of `every` and every area: `inputs` with the time filled into their texts, and
    the area under the name `area` as north, west, south, east. A job is looked at every `poll` until
    `patience` is over.
    """

    service: Literal["process"]
    process: str = Setting(pattern=r"^[A-Za-z0-9._-]+$")
    inputs: dict[str, str | int | float | bool | tuple[str, ...]]
    area: str = "area"
    suffix: str = Setting(default="nc", pattern=r"^[a-z0-9]+$")
    content: Content = "any"
    every: timedelta
    covers: timedelta | None = None
    poll: timedelta = timedelta(seconds=30)
    patience: timedelta = timedelta(hours=2)


class TableAsked(Asked):
    """Rows of one table or view of a database; `watermark` is a column that only grows.

    `headers` gives columns other names in the file, `constants` adds columns that hold one text.
    """

    service: Literal["table"]
    table: str = Setting(pattern=_NAME)
    columns: tuple[Annotated[str, Setting(min_length=1)], ...] = Setting(min_length=1)
    watermark: str = ""
    overlap: timedelta = timedelta(0)
    headers: dict[str, str] = Setting(default_factory=dict)
    constants: dict[str, str] = Setting(default_factory=dict)
    max_rows: int = Setting(default=1_000_000, gt=0)

    @model_validator(mode="after")
    def _the_watermark_is_read(self) -> Self:
        if self.watermark and self.watermark not in self.columns:
            raise ValueError("the watermark is one of the columns")
        if set(self.headers) - set(self.columns):
            raise ValueError("headers are for columns that are read")
        return self


type Fetch = Annotated[
    FilesAsked | StacAsked | EventsAsked | ShakeMapsAsked | ForecastAsked | ProcessAsked | TableAsked,
    Setting(discriminator="service"),
]
