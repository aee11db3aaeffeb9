"""The command `minegis tiles`: archives of vector tiles."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from geoserver.terminal import JsonOption, SiteOption, err, out, print_json, settings_of
from minegis.errors import InvalidInput
from tiles.grid import WEB_MERCATOR

if TYPE_CHECKING:
    from geoserver.archives import Order

tiles = typer.Typer(no_args_is_help=True, help="Vector tiles carried away.")


@tiles.callback()
def _tiles() -> None:
    """Vector tiles carried away."""


@tiles.command("export")
def export(
    target: Annotated[Path, typer.Argument(help="File to write: *.pmtiles or *.mbtiles.")],
    collections: Annotated[
        str, typer.Option(help="Collections, separated by commas; all that are drawn if absent.")
    ] = "",
    region: Annotated[str, typer.Option(help="Code of a region: 510000")] = "",
    bbox: Annotated[str, typer.Option(help="west,south,east,north in degrees, instead of a region.")] = "",
    zoom: Annotated[str, typer.Option(help="First and last zoom: 0-12")] = "0-10",
    grid: Annotated[str, typer.Option(help="Tile grid; others than the first in MBTiles only.")] = (
        WEB_MERCATOR.id
    ),
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an archive of vector tiles, or bring one up to date; one that was stopped goes on."""
    from geoserver.archives import make  # noqa: PLC0415 – the command's help stays quick
    from geoserver.ogc.sources import ItemSources  # noqa: PLC0415
    from geoserver.services import OpenSite  # noqa: PLC0415

    settings = settings_of(site)
    order = _order(target, collections, region, bbox, zoom, grid)
    opened = OpenSite.open(settings.site, settings.database)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=err, disable=as_json) as bars:
            task = bars.add_task(f"{target.name}", total=1.0)
            done = make(ItemSources(opened), order, target, lambda share: bars.update(task, completed=share))
    finally:
        opened.store.close()
    if as_json:
        print_json({"file": str(target), **asdict(done)})
    else:
        size = done.size / 1e6
        out.print(f"{target}: {done.tiles:,} tiles, {size:,.1f} MB ({done.made:,} made, {done.kept:,} kept)")


def _order(target: Path, collections: str, region: str, bbox: str, zoom: str, grid: str) -> Order:
    from geoserver.archives import Order  # noqa: PLC0415

    zooms = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", zoom)
    if zooms is None:
        raise InvalidInput("not a range of zooms", where="--zoom", expected="0-12", got=zoom)
    given = {
        "format": target.suffix.removeprefix("."),
        "collections": [name for name in collections.split(",") if name],
        "region": region,
        "bbox": bbox.split(",") if bbox else None,
        "minzoom": zooms[1],
        "maxzoom": zooms[2] or zooms[1],
        "grid": grid,
    }
    try:
        return Order.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = "--" + str(first["loc"][0]) if first["loc"] else "--region"
        raise InvalidInput(first["msg"], where=where, got=str(first["input"])[:80]) from None
