"""The pond of a tailings storage facility in an optical scene: its area, its distance from the crest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from minegis.coordinates import CRS84, transformer
from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.levels import EvidenceState, Label
from pipelines.raster import RasterGrid
from pipelines.steps.clouds import Seen
from pipelines.steps.ground_area import ground_areas
from pipelines.steps.optical import otsu_threshold

Floats = NDArray[np.float64]
_TOUCHING = np.ones((3, 3), dtype=bool)


class _Automatic(Declaration):
    least_separability: float
    lowest: float
    highest: float
    provenance: str


class PondRules(Declaration):
    """What is too small, too cloudy or too unclear to be published; see ``pond.yaml``."""

    area_error: float
    greatest_relative_error: float
    provenance: str
    greatest_hidden_share: float
    hidden_provenance: str
    automatic: _Automatic
    least_cells: int
    cells_provenance: str
    raise_methods: tuple[str, ...]
    scope_provenance: str

    @property
    def least_area(self) -> float:
        """The smallest area that is published, m²."""
        return self.area_error / self.greatest_relative_error


@dataclass(frozen=True)
class WaterThreshold:
    """Index above which a cell is water, and how it was found.

    Attributes
    ----------
    value : float, 1
    method : str
        ``site`` of transects there, ``otsu`` of the scene itself.
    separability : float, 1
        Of Otsu's cut; NaN for a threshold of the site.
    """

    value: float
    method: str
    separability: float = float("nan")


@dataclass(frozen=True)
class Pond:
    """What a scene says of a pond.

    Attributes
    ----------
    area, area_error : float, m²
        None where it must not be published.
    distance, nearest, farthest : float, m
        Least distance from the water's edge to the crest, and the bounds within which the error of the area,
        spread along the shore, and the size of a cell leave it. None where it does not apply or is unknown.
    hidden_share : float, 1
        Share of the facility that was not seen.
    threshold : WaterThreshold or None
        None where no threshold could be found.
    state : EvidenceState
    reasons : tuple of Label
        Why there is no value, or less than there could be.
    """

    area: float | None
    area_error: float | None
    distance: float | None
    nearest: float | None
    farthest: float | None
    hidden_share: float
    threshold: WaterThreshold | None
    state: EvidenceState
    reasons: tuple[Label, ...]


@cache
def pond_rules() -> PondRules:
    """Return the declared limits."""
    return read(Path(__file__).with_name("pond.yaml"), PondRules)


def measure_pond(
    index: NDArray[np.floating],
    seen: Seen,
    grid: RasterGrid,
    footprint: BaseGeometry,
    *,
    crest: BaseGeometry | None,
    raise_method: str,
    threshold: float | None = None,
) -> Pond:
    """Measure the water within a facility.

    Parameters
    ----------
    index : (height, width) float, 1
        NDWI or MNDWI.
    seen : Seen
        Where the ground was seen, same shape.
    grid : RasterGrid
    footprint : Polygon, lon/lat deg
    crest : LineString, lon/lat deg, optional
    raise_method : str
        Of the register; the distance is given for the methods that ``pond.yaml`` names.
    threshold : float, optional
        The site's own; without it Otsu's cut within the footprint is tried.

    Raises
    ------
    InvalidInput
        If the index is not on the grid, or the scene does not cover the footprint.

    References
    ----------
    McFeeters (1996), Int. J. Remote Sens. 17(7), 1425-1432; Otsu (1979).
    """
    if index.shape != (grid.height, grid.width) or seen.clear.shape != index.shape:
        raise InvalidInput(
            "an index on another grid", expected=str((grid.height, grid.width)), got=str(index.shape)
        )
    inside = _inside(grid, footprint)
    clear = inside & seen.clear & np.isfinite(index)
    hidden = 1.0 - float(clear.sum() / inside.sum())
    rules = pond_rules()
    if hidden > rules.greatest_hidden_share:
        reason = Label(
            f"库区有{hidden:.0%}被云、阴影、雪或缺测遮挡", f"{hidden:.0%} of the facility was not seen"
        )
        return _silent(hidden, None, reason)
    chosen = WaterThreshold(threshold, "site") if threshold is not None else _automatic(index[clear])
    if chosen is None:
        reason = Label(
            "场景内水体与非水体分不开，需本库阈值",
            "Water does not part from ground by itself: a threshold of the site is needed",
        )
        return _silent(hidden, None, reason)
    water = _without_puddles(clear & (index > chosen.value))
    area = float(ground_areas(grid)[water].sum())
    if area < rules.least_area:
        reason = Label(
            f"水面小于{rules.least_area:.0f} m²，误差±{rules.area_error:.0f} m²，不发布",
            f"Less than {rules.least_area:.0f} m² of water: ± {rules.area_error:.0f} m² is too much",
        )
        return _silent(hidden, chosen, reason)
    reasons = _scope(raise_method, crest)
    distance = nearest = farthest = None
    if crest is not None and not reasons:
        distance = _to_crest(water, grid, crest)
        cell = float(np.sqrt(area / water.sum()))
        shift = max(rules.area_error / _shore(water, cell), cell)
        nearest, farthest = max(distance - shift, 0.0), distance + shift
    return Pond(
        area,
        rules.area_error,
        distance,
        nearest,
        farthest,
        hidden,
        chosen,
        EvidenceState.SUFFICIENT,
        reasons,
    )


def _silent(hidden: float, threshold: WaterThreshold | None, reason: Label) -> Pond:
    return Pond(None, None, None, None, None, hidden, threshold, EvidenceState.INSUFFICIENT, (reason,))


def _scope(raise_method: str, crest: BaseGeometry | None) -> tuple[Label, ...]:
    """Return why no distance to the crest is given, nothing where it is."""
    if raise_method not in pond_rules().raise_methods:
        reason = Label(
            "水边距坝顶距离只用于上游式、中线式坝",
            "The distance to the crest is for upstream and centreline dams",
        )
        return (reason,)
    if crest is None:
        return (Label("未登记坝顶线", "No crest line is on record"),)
    return ()


def _automatic(values: NDArray[np.floating]) -> WaterThreshold | None:
    """Return Otsu's cut where it parts water from ground well, else None."""
    limits = pond_rules().automatic
    if np.unique(values).size < 2:
        return None
    found = otsu_threshold(values)
    if found.separability < limits.least_separability or not limits.lowest <= found.value <= limits.highest:
        return None
    return WaterThreshold(found.value, "otsu", found.separability)


def _inside(grid: RasterGrid, footprint: BaseGeometry) -> NDArray[np.bool_]:
    """Return the cells whose centre lies in the footprint."""
    shape = _moved(footprint, grid.crs)
    x, y = np.meshgrid(grid.x, grid.y)
    inside = np.asarray(shapely.contains_xy(shape, x, y), dtype=bool)
    west, south, east, north = grid.bounds
    if not shapely.box(west, south, east, north).covers(shape) or not inside.any():
        raise InvalidInput(
            "a scene that does not cover the facility",
            where="footprint",
            expected=f"within {west:g}, {south:g}, {east:g}, {north:g}",
            got=", ".join(f"{each:g}" for each in shape.bounds),
        )
    return inside


def _without_puddles(water: NDArray[np.bool_]) -> NDArray[np.bool_]:
    parts, count = ndimage.label(water, structure=_TOUCHING)
    size = np.bincount(parts.ravel(), minlength=count + 1)
    large = size >= pond_rules().least_cells
    large[0] = False
    return np.asarray(large[parts])


def _to_crest(water: NDArray[np.bool_], grid: RasterGrid, crest: BaseGeometry) -> float:
    """Return the least distance from a water cell to the crest, m.

    It is measured on a plane that keeps distances around the middle of the crest.
    """
    a, _, _, _, e, _ = grid.transform
    row, column = np.nonzero(water & ~ndimage.binary_erosion(water, border_value=1))
    middle = crest.centroid
    plane = f"+proj=aeqd +lat_0={middle.y!r} +lon_0={middle.x!r} +ellps=GRS80 +units=m"
    there = transformer(grid.crs, plane)

    def corner(right: float, down: float) -> Floats:
        x, y = grid.x[column] + a * right, grid.y[row] + e * down
        return np.column_stack(there.transform(x, y))

    corners = np.stack([corner(-0.5, -0.5), corner(0.5, -0.5), corner(0.5, 0.5), corner(-0.5, 0.5)], axis=1)
    line = _moved(crest, plane)
    return float(shapely.distance(shapely.polygons(corners), line).min())


def _shore(water: NDArray[np.bool_], cell: float) -> float:
    """Return about how long the shore is, m.

    A shore of any direction drawn along the edges of cells is 4 / π times too long on average.
    """
    padded = np.pad(water, 1)
    edges = (padded[1:] ^ padded[:-1]).sum() + (padded[:, 1:] ^ padded[:, :-1]).sum()
    return float(edges) * cell * np.pi / 4


def _moved(shape: BaseGeometry, crs: str) -> BaseGeometry:
    """Return a shape of lon/lat in another reference system."""
    there = transformer(CRS84, crs)
    return shapely.transform(shape, lambda points: np.column_stack(there.transform(*points.T)))
