"""What is known of each cell: terrain, rain, shaking and factors, and the models that run on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from data_catalog.site import Site
from minegis.cells import Cells
from minegis.chunks import in_chunks
from pipelines.cell_columns import RAIN_DAYS, CellColumns
from pipelines.cell_means import CellMeans
from pipelines.cell_models import CELL_MODELS, run_models
from pipelines.cell_places import kept_places
from pipelines.events import Event
from pipelines.products import Product, Products
from pipelines.progress import Progress
from pipelines.shaking import event_shaking
from risk_models.rule_package import RulePackage
from risk_models.seismic.intensity import seismic_intensity
from risk_models.slopes.antecedent_rain import antecedent_rain_index

Floats = NDArray[np.float64]
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def hazards(
    site: Site,
    cells: Cells,
    products: Products,
    events: Sequence[Event],
    rules: RulePackage,
    at: datetime,
    progress: Progress,
) -> CellColumns:
    """Bring every raster to the cells and run the cell models."""
    lon, lat, area = kept_places(site.path("weights"), cells)
    columns = CellColumns(cells, lon, lat, np.full(cells.size, -1, np.int8), area_km2=area)
    means = CellMeans(cells, site.path("weights"))
    progress.begin("网格权重 Cell weights", len(products.terrain) + len(products.daily_rain))
    _terrain(columns, products.terrain, means)
    progress.advance(len(products.terrain))
    _factors(columns, products.factors, means)
    _rain(columns, products.daily_rain, rules, at, means, progress)
    progress.begin("网格模型 Cell models", 2)
    _shaking(columns, products, events, means)
    progress.advance()
    made, columns.missing = run_models(columns.values, cells.size)
    for model in CELL_MODELS:
        columns.set(model.column, made[model.column], model.card)
    progress.advance()
    return columns


def _terrain(columns: CellColumns, terrains: Sequence[Mapping[str, Product]], means: CellMeans) -> None:
    """Set the terrain columns; where elevation models overlap, the one that covers more counts."""
    if not terrains:
        return
    best = np.zeros(columns.cells.size)
    for number, terrain in enumerate(terrains):
        covered = means.of(terrain["elevation"])[1]
        better = covered > best
        columns.area[better], best[better] = number, covered[better]
    for name in ("elevation", "slope_angle", "wetness_index"):
        values = np.full(columns.cells.size, np.nan)
        for number, terrain in enumerate(terrains):
            here = columns.area == number
            values[here] = means.of(terrain[name])[0][here]
        columns.set(name, values, *(terrain[name].source for terrain in terrains))


def _factors(columns: CellColumns, factors: Sequence[Product], means: CellMeans) -> None:
    """Set the columns of declared factors; of two of one variable the first that has a value counts."""
    for product in factors:
        name = product.raster.variable
        values = means.of(product)[0]
        if name in columns.values:
            values = np.where(np.isnan(columns.values[name]), values, columns.values[name])
            columns.set(name, values, f"{columns.sources[name][0]} + {product.source}")
        else:
            columns.set(name, values, product.source)


def _rain(
    columns: CellColumns,
    daily: Sequence[Product],
    rules: RulePackage,
    at: datetime,
    means: CellMeans,
    progress: Progress,
) -> None:
    """Set the rain of the last day and the antecedent rain index, from what ended by `at` and is not stale.

    Where several files speak of one cell the wetter counts.
    """
    found: dict[str, Floats] = {}
    sources: dict[str, list[str]] = {"rain_24h": [], "antecedent_rain_index": []}
    for days in _runs_of_days(daily, at - _DAY * rules.monitoring.stale_after_intervals, at):
        amounts = [np.fmax.reduce([means.of(product)[0] for product in products]) for products in days]
        progress.advance(sum(len(products) for products in days))
        made = {"rain_24h": (amounts[0], days[:1])}
        if len(days) == RAIN_DAYS:
            made["antecedent_rain_index"] = antecedent_rain_index(np.stack(amounts)), days
        for name, (values, used) in made.items():
            found[name] = np.fmax(found.get(name, values), values)
            sources[name] += [product.source for products in used for product in products]
    for name, values in found.items():
        columns.set(name, values, " + ".join(sources[name]))


def _runs_of_days(daily: Sequence[Product], since: datetime, at: datetime) -> list[list[list[Product]]]:
    """Return days without a gap, the newest first, for each hour at which days end."""
    by_end: dict[datetime, list[Product]] = defaultdict(list)
    for product in daily:
        if product.raster.valid_to is not None and product.raster.valid_to <= at:
            by_end[product.raster.valid_to].append(product)
    newest: dict[timedelta, datetime] = {}
    for end in sorted(by_end):
        newest[(end - _EPOCH) % _DAY] = end
    runs = []
    for end in newest.values():
        ends = takewhile(by_end.__contains__, (end - _DAY * back for back in range(RAIN_DAYS)))
        if end >= since:
            runs.append([by_end[each] for each in ends])
    return runs


def _shaking(columns: CellColumns, products: Products, events: Sequence[Event], means: CellMeans) -> None:
    """Set the strongest shaking of the recent earthquakes: from a ShakeMap where it reaches, else Yu 2013."""
    pga = np.full(columns.cells.size, np.nan)
    pgv = np.full(columns.cells.size, np.nan)
    sources = []
    mapped = {each.event_id: each for each in products.shaking}
    for event in events:
        (event_pga, event_pgv), source = _motion(event, columns), event.source
        if event.shakemap in mapped:
            rasters = mapped[event.shakemap].rasters
            found = {name: means.of(rasters[name])[0] for name in ("pga", "pgv")}
            columns.mapped[event.shakemap] = found
            event_pga = np.where(np.isnan(found["pga"]), event_pga, found["pga"])
            event_pgv = np.where(np.isnan(found["pgv"]), event_pgv, found["pgv"])
            source = rasters["pga"].source
        pga, pgv = np.fmax(pga, event_pga), np.fmax(pgv, event_pgv)
        sources.append(source)
    if events:
        columns.set("pga", pga, " + ".join(sources))
        columns.set("pgv", pgv, " + ".join(sources))
        columns.set("seismic_intensity", seismic_intensity(pga, pgv), " + ".join(sources))


def _motion(event: Event, columns: CellColumns) -> tuple[Floats, Floats]:
    """Return what Yu 2013 gives in every cell, piece by piece."""
    pga, pgv = np.empty(columns.cells.size), np.empty(columns.cells.size)

    def work(rows: slice) -> None:
        pga[rows], pgv[rows] = event_shaking(event, columns.lon[rows], columns.lat[rows])

    in_chunks(columns.cells.size, work)
    return pga, pgv
