"""What satellites say of every asset: the movement of the ground under it, where the site has measured it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minegis.clock import format_utc
from minegis.evidence import Evidence
from minegis.levels import Label, Standing
from minegis.variables import variable
from pipelines.products import Product
from pipelines.steps.zonal import ZonalWeights

MOVEMENT = "los_velocity"
_NOTE = Label(
    "对象范围内最快像元；速率大小本身不作判据，应看速率是否突变",
    "The fastest pixel of the footprint; not its size but a change of pace is what warns",
)


def seen(
    factors: Sequence[Product], shapes: NDArray[np.object_], folder: Path, at: datetime
) -> list[tuple[Evidence, ...]]:
    """Return a node for each asset under which a raster of line-of-sight velocity has a value.

    It asks for no tier: how fast the ground moves says little, whether it hurries says much, and that needs
    the series of a stack (`movement.movement_evidence`).

    Parameters
    ----------
    factors : sequence of Product
        Those of `los_velocity` are looked at.
    shapes : (n,) shapely geometry, lon/lat deg
    folder : Path
        Where weights are kept.
    """
    found: list[tuple[Evidence, ...]] = [()] * len(shapes)
    known = variable(MOVEMENT)
    for product in factors:
        if product.raster.variable != MOVEMENT:
            continue
        weights = ZonalWeights.load_or_compute(folder, product.raster.grid, shapes)
        told = weights.statistics(product.raster.values)
        fastest = np.where(np.abs(told.min) > np.abs(told.max), told.min, told.max)
        for row in np.flatnonzero(np.isfinite(fastest)).tolist():
            node = Evidence(
                f"satellite/{MOVEMENT}",
                Label(known.label.zh, known.label.en),
                round(float(fastest[row]), 1),
                known.unit,
                method=product.artefact.method,
                standing=Standing.ILLUSTRATIVE,
                valid_time=format_utc(product.raster.valid_to or at),
                source=product.source,
                note=_NOTE,
            )
            found[row] = (*found[row], node)
    return found
