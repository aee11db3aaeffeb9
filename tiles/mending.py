"""Polygons whose rings met when they were moved to whole steps or cut."""

from __future__ import annotations

import numpy as np
import shapely

from tiles.paths import Geometries, Integers, Paths, paths_of, spans


def mended(paths: Paths, cut: Integers | None = None) -> Paths:
    """Return rings that touch neither themselves nor one another, holes within shells, on whole numbers.

    Polygons with holes are looked at, and those of the features that were cut into pieces, which stay joined.

    References
    ----------
    Mapbox Vector Tile Specification 2.1, section 4.3.4.4.
    """
    polygon = np.cumsum(paths.exterior) - 1
    wide = np.diff(paths.start) > 2
    shells = wide[paths.exterior]
    kept = wide & shells[polygon]
    paths, polygon = paths.keep(kept), polygon[kept]
    suspect = np.isin(polygon, polygon[~paths.exterior])
    if cut is not None:
        suspect |= np.isin(paths.feature, cut)
    if not suspect.any():
        return paths
    built = _polygons(paths.keep(suspect))
    numbers = np.unique(polygon[suspect])
    broken = ~shapely.is_valid(built)
    if not broken.any():
        return paths
    owner = paths.feature[paths.exterior & suspect]
    repaired = paths_of(_repaired(built[broken]))
    sound = paths.keep(~np.isin(polygon, numbers[broken]))
    return _merged(sound, repaired, owner[broken])


def _repaired(broken: Geometries) -> Geometries:
    repaired: Geometries = shapely.transform(shapely.make_valid(broken, method="structure"), np.rint)
    still = ~shapely.is_valid(repaired)  # where crossings were moved to whole numbers, which is seldom
    repaired[still] = shapely.set_precision(shapely.make_valid(repaired[still], method="structure"), 1.0)
    return repaired


def _polygons(paths: Paths) -> Geometries:
    points, start = spans(paths.start[:-1], paths.start[1:] + 1)
    points[start[1:] - 1] = paths.start[:-1]
    xy = np.stack([paths.x[points], paths.y[points]], axis=1).astype(float)
    shells = np.append(np.flatnonzero(paths.exterior), len(paths.exterior))
    built: Geometries = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (start, shells))
    return built


def _merged(sound: Paths, repaired: Paths, owner: Integers) -> Paths:
    x = np.concatenate([sound.x, np.rint(repaired.x).astype(np.int64)])
    y = np.concatenate([sound.y, np.rint(repaired.y).astype(np.int64)])
    start = np.concatenate([sound.start, repaired.start[1:] + sound.start[-1]])
    feature = np.concatenate([sound.feature, owner[repaired.feature]])
    exterior = np.concatenate([sound.exterior, repaired.exterior])
    return Paths(x, y, start, feature, exterior).take(np.argsort(feature, kind="stable"))
