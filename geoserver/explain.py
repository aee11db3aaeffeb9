"""Why something has its colour: the chain of an asset, a region or a cell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from data_catalog.dataset import datasets
from data_catalog.site import Site
from data_catalog.store import Artefact, Store
from minegis import cells as h3
from minegis.errors import InvalidInput, NotFound
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Tier
from minegis.variables import variables
from tiles.cells import CellTable, CellTables

_REGION_CODE = re.compile(r"[0-9]{6}")
_CELL = re.compile(r"[0-9a-fA-F]{15}")


def explain_subject(store: Store, site: Site, subject: str) -> Evidence:
    """Return the chain behind ``tsf/ID``, a bare id, a region code or a cell id.

    Raises
    ------
    NotFound
        If there is nothing of that name, or no run has judged it yet.
    InvalidInput
        If a bare id belongs to more than one dataset.
    """
    if "/" in subject:
        dataset, asset_id = subject.split("/", 1)
        return explain_asset(store, dataset, asset_id)
    if _REGION_CODE.fullmatch(subject):
        return explain_region(store, subject)
    if _CELL.fullmatch(subject):
        tables = CellTables(store, site.folder)
        return explain_cell(store, *find_cell(tables, subject))
    found = [each.dataset for each in store.assessments() if each.asset_id == subject]
    if len(found) > 1:
        names = ", ".join(f"{dataset}/{subject}" for dataset in found)
        raise InvalidInput("more than one asset has this id", where=subject, expected=names)
    if not found:
        raise NotFound("nothing judged has this id", where=subject, expected="`tsf/ID`, a code or a cell")
    return explain_asset(store, found[0], subject)


def explain_asset(store: Store, dataset: str, asset_id: str) -> Evidence:
    """Return the chain of an asset's tier.

    Raises
    ------
    NotFound
        If there is no such asset, or no run has judged it.
    """
    found = store.assessments(dataset, asset_id)
    if not found:
        store.feature(dataset, asset_id)
        judged = ", ".join(each.id for each in datasets().values() if each.asset)
        raise NotFound("no run has judged this", where=f"{dataset}/{asset_id}", expected=f"one of {judged}")
    return Evidence.from_json(found[0].chain)


def explain_region(store: Store, code: str) -> Evidence:
    """Return the chain of a region's tier.

    Raises
    ------
    NotFound
        If no run has judged this region.
    """
    found = store.region_risks([code])
    if code not in found:
        raise NotFound("no run has judged this region", where=f"region {code!r}")
    return Evidence.from_json(found[code].chain)


def find_cell(tables: CellTables, text: str) -> tuple[CellTable, int]:
    """Return the table and row of a cell.

    Raises
    ------
    InvalidInput
        If the text is no H3 cell.
    NotFound
        If no published snapshot has it.
    """
    cell = h3.from_text([text])
    table = tables.table(h3.resolution_of(cell))
    return table, table.row(int(cell[0]))


def explain_cell(store: Store, table: CellTable, row: int) -> Evidence:
    """Return the chain of a cell: its tier, and each quantity it was computed from with its file."""
    values = table.values(row)
    text = h3.to_text(table.cell[row : row + 1])[0]
    artefacts = store.artefacts()
    inputs = tuple(
        _quantity(name, value, artefacts)
        for name, value in values.items()
        if name in variables() and value is not None
    )
    return Evidence(
        key=f"cell/{text}",
        label=Label(f"风险网格 {text}", f"Risk cell {text}"),
        value=values.get("score"),
        tier=Tier(int(values["tier"])),
        state=EvidenceState(str(values["state"])),
        method=f"snapshot/{table.run_id}",
        source=f"run {table.run_id}, resolution {table.resolution}",
        inputs=inputs,
    )


def _quantity(name: str, value: Any, artefacts: Sequence[Artefact]) -> Evidence:
    declared = variables()[name]
    files = [f"{each.path} (sha256 {each.sha256})" for each in artefacts if each.layer == name]
    return Evidence(
        key=name,
        label=Label(declared.label.zh, declared.label.en),
        value=value,
        unit=declared.unit,
        method="raster",
        source="; ".join(files),
    )
