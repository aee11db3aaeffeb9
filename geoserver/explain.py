"""Why something has its colour: the chain of an asset, a region or a cell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data_catalog.dataset import datasets
from data_catalog.expression import GEOMETRY, Call, Property, Shape
from data_catalog.items import FIXED_COLUMNS, ItemQuery
from data_catalog.site import Site
from data_catalog.store import AssessmentRecord, RegionRiskRecord, Store
from minegis import cells as h3
from minegis.errors import InvalidInput, NotFound, StoreConflict
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Standing, Tier
from minegis.variables import variables
from pipelines.explaining import Explanation, explain_region_tier, explain_tier
from pipelines.rule_state import active_rules, rules_of_method
from risk_models.cards import cards
from risk_models.composite.attribution import points_of_worst
from risk_models.composite.cell import hazard_score
from risk_models.rule_package import RulePackage
from risk_models.warning.counterfactual import Change, Counterfactual
from risk_models.warning.parts import Factor
from tiles.cells import CellTable, CellTables

_REGION_CODE = re.compile(r"[0-9]{6}([0-9]{3})?")
_CELL = re.compile(r"[0-9a-fA-F]{15}")
_ROUNDING = 0.01  # of a score, which files hold in single precision


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


def take_apart(store: Store, site: Site, subject: str, as_of: datetime | None = None) -> Explanation:
    """Return what the score of ``tsf/ID``, a region or a cell is made of, and what would make it better.

    Raises
    ------
    NotFound
        If there is nothing of that name, or no run has judged it yet.
    InvalidInput
        If the subject is none of these, or a cell of a coarser scale than the models run on.
    StoreConflict
        If what an asset was judged by has changed since.
    """
    if _REGION_CODE.fullmatch(subject):
        region = _region_risk(store, subject, as_of)
        return explain_region_tier(region, rules_of_method(site, store, region.chain["method"]))
    if _CELL.fullmatch(subject):
        found = find_cell(CellTables(store, site.folder), subject, as_of)
        return _take_cell_apart(store, *found, active_rules(site, store), as_of)
    dataset, slash, asset_id = subject.partition("/")
    if not slash:
        raise InvalidInput(
            "nothing that has a score", where=subject, expected="`tsf/ID`, a region code or a cell"
        )
    judged = _assessment(store, dataset, asset_id, as_of)
    return explain_tier(store, judged, rules_of_method(site, store, judged.chain["method"]))


def is_finest(site: Site, chain: Evidence) -> bool:
    """Whether a chain is of an asset, a region, or a cell of the scale that the models run on."""
    kind, _, cell = chain.key.partition("/")
    return kind != "cell" or h3.resolution_of(h3.from_text([cell])) == site.declaration.resolution


def explain_asset(store: Store, dataset: str, asset_id: str) -> Evidence:
    """Return the chain of an asset's tier.

    Raises
    ------
    NotFound
        If there is no such asset, or no run has judged it.
    """
    return Evidence.from_json(_assessment(store, dataset, asset_id).chain)


def _assessment(store: Store, dataset: str, asset_id: str, as_of: datetime | None = None) -> AssessmentRecord:
    found = store.assessments(dataset, asset_id, as_of)
    if not found:
        store.feature(dataset, asset_id, as_of=as_of)
        judged = ", ".join(each.id for each in datasets().values() if each.asset)
        expected = "`minegis run` after the import" if datasets()[dataset].asset else f"one of {judged}"
        raise NotFound("no run has judged this", where=f"{dataset}/{asset_id}", expected=expected)
    return found[0]


def explain_region(store: Store, code: str) -> Evidence:
    """Return the chain of a region's tier.

    Raises
    ------
    NotFound
        If no run has judged this region.
    """
    return Evidence.from_json(_region_risk(store, code).chain)


def _region_risk(store: Store, code: str, as_of: datetime | None = None) -> RegionRiskRecord:
    found = store.region_risks([code], as_of)
    if code not in found:
        raise NotFound(
            "no run has judged this region",
            where=f"region {code!r}",
            expected="the code of a region of the site, after `minegis run`",
        )
    return found[code]


def find_cell(tables: CellTables, text: str, as_of: datetime | None = None) -> tuple[CellTable, int]:
    """Return the table and row of a cell.

    Raises
    ------
    InvalidInput
        If the text is no H3 cell.
    NotFound
        If no published snapshot has it.
    """
    cell = h3.from_text([text])
    table = tables.table(h3.resolution_of(cell), as_of)
    return table, table.row(int(cell[0]))


def explain_cell(store: Store, table: CellTable, row: int, as_of: datetime | None = None) -> Evidence:
    """Return the chain of a cell: the assets in it, its hazards, and what they were computed from."""
    values = table.values(row)
    text = h3.to_text(table.cell[row : row + 1])[0]
    hazards = [_quantity(table, row, name) for name in values if f"tier_{name}" in values]
    reached = {node.key for hazard in hazards for _, node in hazard.walk()}
    others = [
        _quantity(table, row, name)
        for name, value in values.items()
        if name in variables() and name not in reached and value is not None
    ]
    touching = assets_touching(store, h3.polygons(table.cell[row : row + 1])[0], as_of)
    judged = [_evidence(asset) for asset in touching if asset.values["score"] is not None]
    return Evidence(
        key=f"cell/{text}",
        label=Label(f"风险网格 {text}", f"Risk cell {text}"),
        value=values.get("score"),
        tier=Tier(int(values["tier"])),
        state=EvidenceState(str(values["state"])),
        method=f"snapshot/{table.run_id}",
        source=f"run {table.run_id}, resolution {table.resolution}",
        inputs=(*judged, *hazards, *others),
    )


def _take_cell_apart(
    store: Store, table: CellTable, row: int, rules: RulePackage, as_of: datetime | None
) -> Explanation:
    values = table.values(row)
    hazards = [name for name in values if f"tier_{name}" in values]
    if not hazards:
        raise InvalidInput(
            "a cell of a coarser scale: the worst of its parts", where=f"resolution {table.resolution}"
        )
    parts = [
        (_quantity(table, row, name), _hazard_score(values, name, rules))
        for name in hazards
        if values[name] is not None
    ]
    touching = assets_touching(store, h3.polygons(table.cell[row : row + 1])[0], as_of)
    parts += [(_evidence(each), float(each.values["score"])) for each in touching if each.values["score"]]
    scores = [score for _, score in parts]
    if abs(max(scores, default=0.0) - values["score"]) > _ROUNDING:
        raise StoreConflict(
            "an asset in the cell, or the rules, have changed since it was judged",
            where=f"cell {h3.to_text(table.cell[row : row + 1])[0]}",
            expected="`minegis run`, then ask again",
        )
    points = points_of_worst(scores).tolist()
    found = sorted(
        (Factor(node.key, node.label, added) for (node, _), added in zip(parts, points, strict=True)),
        key=lambda factor: -factor.points,
    )
    tier = Tier(int(values["tier"]))
    milder = Tier(max(tier - 1, 0))
    worst = tuple(
        Change(node.key, node.label, tier=milder) for node, _ in parts if tier and node.tier is tier
    )
    ways = (Counterfactual(milder, worst),) if worst else ()
    return Explanation(tier, float(values["score"]), tuple(found), ways)


def _hazard_score(values: Mapping[str, Any], name: str, rules: RulePackage) -> float:
    tier: NDArray[np.int8] = np.array([values[f"tier_{name}"]], dtype=np.int8)
    return float(hazard_score(np.array([values[name]]), tier, rules)[0])


@dataclass(frozen=True)
class TouchingAsset:
    """An asset that touches a shape, with its properties and its tier."""

    dataset: str
    id: str
    values: Mapping[str, Any]


def assets_touching(store: Store, shape: BaseGeometry, as_of: datetime | None = None) -> list[TouchingAsset]:
    """Return the assets that touch a shape, the worst first."""
    frame = Call("s_intersects", (Property(GEOMETRY), Shape(shapely.box(*shape.bounds))))
    found = []
    for declared in datasets().values():
        if not declared.asset:
            continue
        page = store.items(declared.id).page(ItemQuery(where=frame, moment=as_of, limit=None))
        for row in page.rows:
            if shapely.from_wkb(bytes(row[1])).intersects(shape):
                values = dict(zip(page.names, row[FIXED_COLUMNS:], strict=True))
                found.append(TouchingAsset(declared.id, row[0], values))
    return sorted(found, key=lambda asset: (-asset.values["tier"], asset.dataset, asset.id))


def _evidence(asset: TouchingAsset) -> Evidence:
    name = str(asset.values.get("name") or asset.id)
    return Evidence(
        key=f"{asset.dataset}/{asset.id}",
        label=Label(name, name),
        value=asset.values["score"],
        tier=Tier(asset.values["tier"]),
        state=EvidenceState(asset.values["state"]),
        method="assessment",
        source=asset.values["source"],
    )


def _quantity(table: CellTable, row: int, name: str) -> Evidence:
    """Return a column of one cell: read from a raster, or computed by a model from other columns."""
    values = table.values(row)
    source = table.source(name, row)
    known = values[name] is not None
    shared: dict[str, Any] = {
        "key": name,
        "value": values[name],
        "unit": variables()[name].unit if name in variables() else "1",
        "tier": Tier(int(values.get(f"tier_{name}") or 0)),
        "state": EvidenceState.SUFFICIENT if known else EvidenceState.MISSING,
    }
    if source not in cards():
        label = variables()[name].label
        return Evidence(**shared, label=Label(label.zh, label.en), method="raster", source=source)
    model = cards()[source]
    needed = [each.variable for each in model.inputs if each.variable in values and each.variable != name]
    return Evidence(
        **shared,
        label=Label(model.title.zh, model.title.en),
        method=model.method,
        # On the cells no model is better than illustrative: their ground is not mapped.
        standing=Standing.ILLUSTRATIVE,
        provenance=model.provenance,
        source=model.source,
        inputs=tuple(_quantity(table, row, each) for each in needed if each is not None),
    )
