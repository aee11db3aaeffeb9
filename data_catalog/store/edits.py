"""Edits of one feature: made on the state that the editor saw, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from shapely.geometry.base import BaseGeometry

from data_catalog.dataset import datasets
from data_catalog.items import Row
from data_catalog.store.features import select_features, table_of
from data_catalog.store.items import StoreItems
from data_catalog.store.moments import Write
from data_catalog.store.published import is_warned
from data_catalog.store.records import Feature
from data_catalog.store.versions import close, insert, rows_of
from minegis.errors import NotFound, Stale, StoreConflict
from minegis.levels import Origin

SOURCE = "ogc-api"

type Named = tuple[tuple[str, ...], Row]


def create(write: Write, items: StoreItems, feature: Feature) -> Named:
    """Add a feature.

    Raises
    ------
    StoreConflict
        If one with this id is there.
    """
    dataset_id = items.collection.id
    if items.find(write.connection, feature.id) is not None:
        raise StoreConflict("the id is taken", where=f"{dataset_id}/{feature.id}", expected="a new id")
    _put(write, dataset_id, feature)
    return _written(write, items, feature.id)


def change(
    write: Write,
    items: StoreItems,
    feature_id: str,
    expected: str | None,
    changed: Callable[[Feature], Feature],
) -> Named:
    """Give a feature its next version; one that says the same is not written.

    Raises
    ------
    NotFound
        If there is none with this id.
    Stale
        If its tag is not the expected one.
    """
    dataset_id = items.collection.id
    pk = _agreed(write, items, feature_id, expected)
    (before,) = select_features(write.connection, write.backend, dataset_id, ids=[feature_id])
    after = replace(changed(before), id=feature_id)
    old, new = rows_of(datasets()[dataset_id], [before, after])
    if old["digest"] != new["digest"]:
        close(write, table_of(dataset_id), [pk])
        _put(write, dataset_id, after)
    return _written(write, items, feature_id)


def merged(before: Feature, changes: Mapping[str, Any], geometry: BaseGeometry | None) -> Feature:
    """Return a feature with some properties changed, and its geometry when one is given."""
    return replace(
        before,
        properties={**before.properties, **changes},
        geometry=before.geometry if geometry is None else geometry,
        origin=Origin.OPERATOR,
        source=SOURCE,
    )


def delete(write: Write, items: StoreItems, feature_id: str, expected: str | None) -> None:
    """End a feature; what was known of it stays readable.

    Raises
    ------
    NotFound
        If there is none with this id.
    Stale
        If its tag is not the expected one.
    StoreConflict
        If it is an asset with an active warning: a red never vanishes by an edit.
    """
    dataset_id = items.collection.id
    pk = _agreed(write, items, feature_id, expected)
    if items.collection.asset and is_warned(write.connection, dataset_id, feature_id):
        raise StoreConflict(
            "an asset with an active warning cannot be deleted",
            where=f"{dataset_id}/{feature_id}",
            expected="its warning to be cancelled by a run first",
        )
    close(write, table_of(dataset_id), [pk])
    write.changed(dataset_id)


def _agreed(write: Write, items: StoreItems, feature_id: str, expected: str | None) -> int:
    """Return the pk of the present row, when it is in the state that the editor saw."""
    where = f"{items.collection.id}/{feature_id}"
    found = items.find(write.connection, feature_id)
    if found is None:
        raise NotFound("no such feature", where=where)
    pk, tag = found
    if expected is not None and expected != tag:
        raise Stale("it was changed meanwhile", where=where, expected=expected, got=tag)
    return pk


def _put(write: Write, dataset_id: str, feature: Feature) -> None:
    insert(write, table_of(dataset_id), rows_of(datasets()[dataset_id], [feature]))
    write.changed(dataset_id)


def _written(write: Write, items: StoreItems, feature_id: str) -> Named:
    return items.item_in(write.connection, feature_id)
