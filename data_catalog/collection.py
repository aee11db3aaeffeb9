"""Collections: what is served item by item, with the schema that every query and every edit is checked by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from data_catalog.dataset import Dataset, Field, datasets
from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import NotFound

WARNING, RISK_CELL, CATALOGUE = "warning", "risk_cell", "catalogue"

_COMPUTED = Path(__file__).with_name("computed.yaml")


class Collection(Declaration):
    """A set of items with one schema.

    `fields` are declared and can be written where the collection is `editable`; `computed` come from runs and
    provenance, and are read-only.
    """

    id: str
    title: BilingualText
    geometry: tuple[Literal["Point", "LineString", "Polygon"], ...]
    fields: tuple[Field, ...] = ()
    computed: tuple[Field, ...] = ()
    editable: bool = False
    asset: bool = False
    stored: bool = True

    @cached_property
    def properties(self) -> Mapping[str, Field]:
        """Every property by name, in the order it is shown."""
        return MappingProxyType({each.name: each for each in (*self.fields, *self.computed)})

    @property
    def time_property(self) -> str:
        """The property that ``datetime`` speaks of, empty when there is none."""
        times = (name for name, each in self.properties.items() if each.type in ("date", "datetime"))
        return next(times, "")


class _Computed(Declaration):
    """What runs and provenance add to datasets, and the collections that are no dataset."""

    risk: tuple[Field, ...]
    coverage: Field
    provenance: tuple[Field, ...]
    collections: tuple[Collection, ...]


@cache
def collections() -> Mapping[str, Collection]:
    """Return every collection by id, immutable: each dataset, the warnings and the risk cells."""
    computed = read(_COMPUTED, _Computed)
    found = {each.id: _of_dataset(each, computed) for each in datasets().values()}
    return MappingProxyType(found | {each.id: each for each in computed.collections})


def collection(collection_id: str) -> Collection:
    """Return one collection.

    Raises
    ------
    NotFound
        If no collection has this id.
    """
    try:
        return collections()[collection_id]
    except KeyError:
        expected = ", ".join(collections())
        where = f"collection {collection_id!r}"
        raise NotFound("no such collection", where=where, expected=expected) from None


def _of_dataset(dataset: Dataset, computed: _Computed) -> Collection:
    region = dataset.id == "region"
    risk = computed.risk if dataset.asset or region else ()
    coverage = (computed.coverage,) if region else ()
    return Collection(
        id=dataset.id,
        title=dataset.title,
        geometry=dataset.geometry,
        fields=dataset.fields,
        computed=(*risk, *coverage, *computed.provenance),
        editable=dataset.importable,
        asset=dataset.asset,
    )
