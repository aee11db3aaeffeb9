"""The shaking of an earthquake of which only magnitude and epicentre are known, by Yu et al. (2013)."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from data_catalog.site import RasterInput, Site
from minegis.levels import Origin, Standing
from pipelines.events import Event
from pipelines.products import Product, keep
from pipelines.raster import RasterGrid
from pipelines.steps.shaking_field import Rupture, estimated_shaking, shaking_at
from risk_models.cards import card
from risk_models.seismic.attenuation import distance_and_azimuth

Floats = NDArray[np.float64]

_STEP = 1 / 60  # deg, of an estimated field
_REACH = 2.5  # deg, of that field around the epicentre


def event_shaking(event: Event, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return PGA (g) and PGV (cm/s) of an earthquake at places."""
    motion = shaking_at(Rupture(event.magnitude, event.lon, event.lat), lon, lat)
    return motion["pga"], motion["pgv"]


def standing_at(event: Event, lon: float, lat: float) -> Standing:
    """Return the relation's standing; outside the range of its card it is no more than illustrative."""
    relation = card("shaking")
    distance, _ = distance_and_azimuth(event.lon, event.lat, lon, lat)
    inside = relation.valid(magnitude=event.magnitude, distance=distance)
    return relation.standing if bool(inside) else Standing.ILLUSTRATIVE


def shaking_fields(site: Site, event: Event) -> tuple[Product, ...]:
    """Return PGA and PGV around the epicentre as rasters for the map."""
    east, north = (round(centre / _STEP) * _STEP for centre in (event.lon, event.lat))
    size = round(2 * _REACH / _STEP)
    grid = RasterGrid((_STEP, 0.0, east - _REACH, 0.0, -_STEP, north + _REACH), size, size, "EPSG:4326")
    given = RasterInput(
        kind="shakemap",
        path=f"earthquake/{event.id}",
        sha256=hashlib.sha256(repr(event).encode()).hexdigest(),
        source=event.source,
        origin=Origin(event.origin),
    )
    rupture = Rupture(event.magnitude, event.lon, event.lat)
    fields = estimated_shaking(rupture, grid, event.occurred_at, event.source)
    return tuple(
        keep(site, given, name, lambda name=name: fields[name], part=event.id)  # type: ignore[misc]
        for name in ("pga", "pgv")
    )
