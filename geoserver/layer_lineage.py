"""What a layer of the map was made from, with the records of the catalogue that tell more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data_catalog.collection import WARNING
from data_catalog.source import sources
from geoserver.services import OpenSite
from layers.layer import Layer

MOST = 12
"""Entries of one layer, the newest; the catalogue holds all."""


def lineage(opened: OpenSite, layer: Layer) -> list[dict[str, Any]]:
    """Return the files, imports or runs that a layer was made from, the newest first."""
    if layer.kind == "raster":
        return _of_rasters(opened, layer)
    if layer.kind == "cells" or layer.dataset == WARNING:
        return _of_run(opened)
    found = sorted({text for _, text in opened.provenance(layer.dataset)})
    return [_entry(text, _record_of(text)) for text in found[:MOST]]


def _of_rasters(opened: OpenSite, layer: Layer) -> list[dict[str, Any]]:
    files = [each for each in opened.store.artefacts(opened.as_of) if each.layer == layer.raster]
    files.sort(key=lambda each: (each.made_at, each.id), reverse=True)
    return [_entry(_made_from(file.inputs), f"raster:{file.id}") for file in files[:MOST]]


def _made_from(inputs: Sequence[Mapping[str, Any]]) -> str:
    files = (
        f"{each.get('file') or each.get('source', '')} sha256:{each.get('sha256', '')[:12]}"
        for each in inputs
    )
    return " + ".join(files)


def _of_run(opened: OpenSite) -> list[dict[str, Any]]:
    run = opened.store.last_run(opened.as_of)
    return [] if run is None else [_entry(run.id, f"run:{run.id}")]


def _record_of(text: str) -> str | None:
    source = text.partition(":")[0]
    return f"source:{source}" if source in sources() else None


def _entry(text: str, record: str | None) -> dict[str, Any]:
    return {"text": text, "record": record}
