"""The command `minegis import`: registers, readings, templates, and the rows that are held."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from data_catalog.dataset import dataset, datasets
from data_catalog.site import Site
from data_catalog.store import Store
from geoserver.terminal import JsonOption, SiteOption, err, out, print_json, settings_of
from minegis.errors import InvalidInput

if TYPE_CHECKING:
    from pipelines.import_report import ImportReport


def import_(
    file: Annotated[
        Path | None,
        typer.Argument(help="GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GeoParquet, CSV or XLSX."),
    ] = None,
    layer: Annotated[
        str, typer.Option("--layer", help="What the rows are: tsf, mine, slope, station, region, or reading.")
    ] = "",
    crs: Annotated[
        str | None, typer.Option(help="Coordinate system, where the file does not say: EPSG:4547")
    ] = None,
    datum: Annotated[
        str | None, typer.Option(help="Datum of lon/lat columns: cgcs2000, wgs84, gcj02 or bd09.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Text encoding, where the file does not say: gb18030")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook or layer of a GeoPackage.")] = None,
    time_zone: Annotated[
        str | None, typer.Option(help="Zone of readings' times without offset: Asia/Shanghai")
    ] = None,
    registry: Annotated[
        str | None,
        typer.Option(help="The file is a published register of the world in its own words; its source's id."),
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Write the import template of this layer (to FILE, else <layer>.xlsx).")
    ] = None,
    quarantine: Annotated[
        Path | None, typer.Option(help="Write the layer's refused rows to this CSV, ready to be mended.")
    ] = None,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a register into the store; every bad row is reported and kept aside, good rows go in."""
    if template is not None:
        target = file or Path(f"{template}.xlsx")
        _write_template(template, target)
        _say_written("template", target, None, as_json)
        return
    if not layer:
        raise InvalidInput("which layer?", where="--layer", expected="for example --layer tsf")
    settings = settings_of(site)
    Site.open(settings.site)
    with Store.open(settings.site, settings.database) as store:
        if quarantine is not None:
            _say_written("quarantine", quarantine, _write_held(store, layer, quarantine), as_json)
            return
        if file is None:
            raise InvalidInput("which file?", where="FILE", expected="a file to import")
        sources = settings.site / "sources"
        if registry is not None:
            report = _import_registry(store, file, layer, registry, sheet, sources)
        elif layer == "reading":
            report = _import_readings(store, file, encoding, sheet, time_zone, sources)
        else:
            report = _import_features(store, file, layer, crs, datum, encoding, sheet, sources)
    _tell_import(report, as_json)


def _tell_import(report: ImportReport, as_json: bool) -> None:
    """Print what an import did, and on the terminal what to do next; held rows are exit code 3."""
    if as_json:
        print_json(report.to_json())
    else:
        out.print(report.text(), markup=False, highlight=False, soft_wrap=True)
        layer = report.dataset
        if report.rejected:
            err.print(
                f"To correct the held rows: `minegis import --layer {layer} --quarantine held-{layer}.csv`, "
                f"mend the cells, `minegis import held-{layer}.csv --layer {layer}`.",
                highlight=False,
                soft_wrap=True,
            )
        if report.inserted or report.updated:
            err.print("What went in is judged by the next `minegis run`.", highlight=False)
    if report.rejected:
        raise typer.Exit(3)


def _write_template(layer: str, target: Path) -> None:
    from pipelines.reading_import import reading_columns  # noqa: PLC0415
    from pipelines.steps.template import write_template  # noqa: PLC0415

    _refuse_overwriting(target)
    importable = [name for name, declared in datasets().items() if declared.importable]
    if layer not in (*importable, "reading"):
        raise InvalidInput(
            "no template of this layer",
            where="--template",
            expected=", ".join((*importable, "reading")),
            got=layer,
        )
    write_template(reading_columns() if layer == "reading" else dataset(layer), target)


def _write_held(store: Store, layer: str, target: Path) -> int:
    from pipelines.quarantine import READINGS, write_quarantine  # noqa: PLC0415

    _refuse_overwriting(target)
    held = store.quarantined(layer if layer == READINGS else dataset(layer).id)
    return write_quarantine(store, layer, target) if held else 0


def _refuse_overwriting(target: Path) -> None:
    """A template that was filled in, or rows half corrected, are somebody's work."""
    if target.exists():
        raise InvalidInput("there is a file already", where=str(target), expected="the name of a new file")


def _say_written(kind: str, target: Path, rows: int | None, as_json: bool) -> None:
    if as_json:
        print_json({kind: None if rows == 0 else str(target), **({} if rows is None else {"rows": rows})})
    elif rows == 0:
        out.print("No rows are held; nothing was written.")
    else:
        what = "Template" if rows is None else f"{rows} held rows"
        out.print(f"{what} written to {target}", markup=False, highlight=False, soft_wrap=True)


def _import_features(
    store: Store,
    file: Path,
    layer: str,
    crs: str | None,
    datum: str | None,
    encoding: str | None,
    sheet: str | None,
    sources: Path,
) -> ImportReport:
    from pipelines.importing import ImportOptions, import_file  # noqa: PLC0415
    from pipelines.steps.positions import Datum  # noqa: PLC0415

    try:
        stated = Datum(datum) if datum else None
    except ValueError:
        raise InvalidInput(
            "an unknown datum", where="--datum", expected=", ".join(Datum), got=str(datum)
        ) from None
    options = ImportOptions(crs=crs, datum=stated, encoding=encoding, layer=sheet, sources=sources)
    return import_file(store, file, layer, options=options)


def _import_registry(
    store: Store, file: Path, layer: str, registry: str, sheet: str | None, sources: Path
) -> ImportReport:
    from pipelines.registry_import import DATASET, import_registry  # noqa: PLC0415

    if layer != DATASET:
        raise InvalidInput("a register of tailings facilities", where="--layer", expected=DATASET, got=layer)
    return import_registry(store, file, registry, sheet=sheet, sources=sources)


def _import_readings(
    store: Store, file: Path, encoding: str | None, sheet: str | None, time_zone: str | None, sources: Path
) -> ImportReport:
    from pipelines.reading_import import ReadingOptions, import_readings  # noqa: PLC0415

    try:
        zone = ZoneInfo(time_zone) if time_zone else None
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidInput(
            "an unknown time zone",
            where="--time-zone",
            expected="for example Asia/Shanghai",
            got=str(time_zone),
        ) from None
    options = ReadingOptions(time_zone=zone, encoding=encoding, layer=sheet, sources=sources)
    return import_readings(store, file, options=options)
