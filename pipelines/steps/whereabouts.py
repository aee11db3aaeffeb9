"""Would the features of a file fit their regions better under a shifted datum?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from scipy.stats import binomtest
from shapely.geometry.base import BaseGeometry

from data_catalog.plausible import plausible
from data_catalog.whereabouts import SHIFTS, Regions
from minegis.errors import InvalidInput


def refuse_unmarked_shift(
    placed: Sequence[tuple[BaseGeometry, str]], regions: Regions, *, where: str
) -> None:
    """Refuse a file whose features fit their regions better once shifted back from GCJ-02 or BD-09.

    Only features that are in their region under one reading and out of it under the other tell anything. If
    the file is what it says, either way is as likely, or the file's is likelier: a one-sided sign test.

    Raises
    ------
    InvalidInput
        If the test speaks for a shifted datum.
    """
    known = [(geometry, regions.outlines[code]) for geometry, code in placed if code in regions.outlines]
    if not known:
        return
    geometries = np.array([geometry for geometry, _ in known], dtype=object)
    outlines = np.array([outline for _, outline in known], dtype=object)
    inside = shapely.intersects(outlines, geometries)
    for name, shift in SHIFTS.items():
        shifted = shapely.intersects(outlines, shapely.transform(geometries, shift))
        gained, lost = int(np.sum(shifted & ~inside)), int(np.sum(inside & ~shifted))
        if not gained:
            continue
        chance = binomtest(gained, gained + lost, alternative="greater").pvalue
        if chance < plausible().shifted_datum_level:
            raise InvalidInput(
                f"the coordinates look like unmarked {name}",
                where=where,
                expected="the datum option: gcj02, bd09, or wgs84 or cgcs2000 if they are true",
                got=f"{gained} features fit their region only once shifted back, {lost} only as they are",
            )
