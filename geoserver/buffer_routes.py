"""What lies within a distance of a drawing or an asset, as an outline."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Query, Request, Response
from shapely.geometry.base import BaseGeometry

from geoserver.api import answered
from geoserver.errors import PROBLEMS
from geoserver.nearby_routes import FARTHEST_KM
from geoserver.parameters import Known
from geoserver.services import OpenSite
from minegis.cells import usable
from minegis.coordinates import CGCS2000, transformer
from minegis.errors import InvalidInput
from minegis.nearness import box_around

router = APIRouter(prefix="/api/v1", tags=["api"], responses=PROBLEMS)

_LONGEST = 8_000  # characters of a drawing
_QUARTER = 16  # pieces of a quarter of a circle
_DIGITS = 6  # of a degree
_NEAREST_POLE = 89.0  # deg
_WIDEST = 5.0  # deg; farther from its middle the projection bends a circle


@router.get("/buffers")
async def buffer(
    request: Request,
    km: Annotated[float, Query(gt=0, le=FARTHEST_KM, allow_inf_nan=False)],
    geometry: Annotated[str, Query(max_length=_LONGEST, description="A GeoJSON geometry")] = "",
    dataset: Annotated[str, Query(max_length=60)] = "",
    asset: Annotated[str, Query(max_length=200)] = "",
    as_of: Known = None,
) -> Response:
    """Return the outline of what lies within a distance of a drawn `geometry`, or of an `asset`."""

    def outline(opened: OpenSite) -> dict[str, Any]:
        shape = _drawn(geometry) if geometry else _stored(opened, dataset, asset)
        return {
            "type": "Feature",
            "properties": {"km": km},
            "geometry": shapely.geometry.mapping(grown(shape, km)),
        }

    return await answered(request, outline, as_of)


def _stored(opened: OpenSite, dataset: str, asset: str) -> BaseGeometry:
    return opened.store.feature(dataset, asset, as_of=opened.as_of).geometry


def _drawn(text: str) -> BaseGeometry:
    try:
        shape = shapely.from_geojson(orjson.dumps(orjson.loads(text)))
        (sound,) = usable([shape])
    except (orjson.JSONDecodeError, shapely.GEOSException, TypeError) as error:
        raise InvalidInput(
            "not a GeoJSON geometry",
            where="geometry",
            expected="a point, line or polygon",
            got=str(error)[:80],
        ) from None
    found: BaseGeometry = sound
    return found


def grown(shape: BaseGeometry, km: float) -> BaseGeometry:
    """Return what lies within a distance of a shape, lon/lat deg.

    Distances are those on the ellipsoid from the middle of the shape, to a thousandth as far as five degrees
    from it (azimuthal equidistant projection, GRS80).

    Raises
    ------
    InvalidInput
        If the shape is larger, or the outline goes across the 180th meridian or around a pole.
    """
    west, south, east, north = shape.bounds
    if max(east - west, north - south) > 2 * _WIDEST:
        raise InvalidInput(
            "a shape too large for distances around it",
            where="geometry",
            expected=f"≤ {2 * _WIDEST:g} degrees",
        )
    left, lowest, right, highest = box_around(shape, km)
    if left < -180 or right > 180 or max(-lowest, highest) > _NEAREST_POLE:
        raise InvalidInput(
            "an outline across the 180th meridian or around a pole",
            where="geometry",
            expected=f"a shape farther from both, at most {_NEAREST_POLE:g} degrees north or south",
        )
    middle = f"+lat_0={(south + north) / 2} +lon_0={(west + east) / 2}"
    plane = f"+proj=aeqd {middle} +ellps=GRS80 +units=m +type=crs"
    there, back = transformer(CGCS2000, plane), transformer(plane, CGCS2000)

    def through(way: Any) -> Any:
        return lambda points: np.column_stack(way.transform(points[:, 0], points[:, 1]))

    flat = shapely.buffer(shapely.transform(shape, through(there)), km * 1000, quad_segs=_QUARTER)
    return shapely.set_precision(shapely.transform(flat, through(back)), 10**-_DIGITS)
