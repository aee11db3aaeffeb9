"""The command `minegis verify`: what the warnings were worth."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from data_catalog.site import Site
from data_catalog.store import Store
from geoserver.progress_bars import progress_bars
from geoserver.terminal import JsonOption, SiteOption, err, out, settings_of


def verify(
    days: Annotated[float, typer.Option(help="Length of the period, which ends now.", min=0.1)] = 30.0,
    no_study: Annotated[
        bool, typer.Option("--no-study", help="Leave out the study of susceptibility.")
    ] = False,
    all_models: Annotated[
        bool, typer.Option("--all-models", help="Also learn forests and boosting; takes minutes.")
    ] = False,
    site: SiteOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the past again, compare it with recorded incidents, and publish a report with plots."""
    from pipelines.verification_publish import publish_verification  # noqa: PLC0415 – the help stays quick

    settings = settings_of(site)
    opened = Site.open(settings.site)
    data = None if no_study else settings.sample_data
    with Store.open(settings.site, settings.database) as store, progress_bars() as progress:
        folder = publish_verification(opened, store, data, progress, days=days, all_models=all_models)
    if as_json:
        out.print_json((folder / "report.json").read_text(encoding="utf-8"))
        return
    report = orjson.loads((folder / "report.json").read_bytes())
    warnings, study = report["warnings"], report["study"]
    if warnings["made_up"]:
        err.print(
            "Made-up history and incidents: this proves nothing about any real warning.", style="yellow"
        )
    for tier in warnings["tiers"]:
        out.print(f"tier {tier['tier']} or worse: POD {tier['pod']['shown']}, FAR {tier['far']['shown']}")
    if study:
        figures = (study["auc"], study["ece"], study["coverage"])
        out.print("susceptibility: AUC {:.4f}, calibration error {:.4f}, coverage {:.4f}".format(*figures))
    err.print(f"Report in [bold]{folder}[/]")
