"""Which cells a site has, where they are and how large: found once and kept."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data_catalog.site import Site
from data_catalog.store import Store
from minegis.cells import Cells, areas_km2, cells_of_area, centres
from minegis.chunks import in_chunks
from minegis.errors import InvalidInput
from pipelines.steps.kept import kept_arrays
from pipelines.steps.weights import CellGrid

Floats = NDArray[np.float64]

_CELLS = b"cells of areas 1"  # part of the key: a change of method makes older files stale
_PLACES = b"places of cells 1"


def cells_of_site(site: Site, store: Store) -> Cells:
    """Return the cells that the site's areas touch, ascending; kept by the outlines of the areas.

    Raises
    ------
    InvalidInput
        If there is no area, or one names a region that the store does not hold.
    """
    shapes = _areas(site, store)
    resolution = site.declaration.resolution
    outlines = hashlib.sha256(b"".join(shape.wkb for shape in shapes)).digest()

    def make() -> dict[str, NDArray[Any]]:
        found = [cells_of_area(shape, resolution) for shape in shapes]
        return {"cells": np.unique(np.concatenate(found))}

    key = hashlib.sha256(_CELLS + str(resolution).encode() + outlines).hexdigest()
    cells: Cells = kept_arrays(site.path("weights"), key, ("cells",), make)["cells"]
    return cells


def kept_places(folder: Path, cells: Cells) -> tuple[Floats, Floats, Floats]:
    """Return longitude and latitude of the centre of each cell (deg) and its area (km²), kept in `folder`."""
    names = ("lon", "lat", "area_km2")

    def make() -> dict[str, NDArray[Any]]:
        lon, lat, area = (np.empty(cells.size) for _ in names)

        def work(rows: slice) -> None:
            lon[rows], lat[rows] = centres(cells[rows])
            area[rows] = areas_km2(cells[rows])

        in_chunks(cells.size, work)
        return dict(zip(names, (lon, lat, area), strict=True))

    key = hashlib.sha256(_PLACES + CellGrid(cells).key.encode()).hexdigest()
    kept = kept_arrays(folder, key, names, make)
    return kept["lon"], kept["lat"], kept["area_km2"]


def _areas(site: Site, store: Store) -> list[BaseGeometry]:
    shapes: list[BaseGeometry] = []
    for area in site.declaration.areas:
        if area.bbox is not None:
            shapes.append(shapely.box(*area.bbox))
        else:
            regions = store.features("region", where={"code": list(area.regions)})
            unknown = sorted(set(area.regions) - {region.properties["code"] for region in regions})
            if unknown:
                raise InvalidInput(
                    "no such region",
                    where=f"site.yaml: areas.{area.id}",
                    expected="codes of the regions in the store",
                    got=", ".join(unknown),
                )
            shapes += [region.geometry for region in regions]
    if not shapes:
        raise InvalidInput("no area of interest", where="site.yaml: areas", expected="at least one area")
    return shapes
