"""What a product was made from, and its STAC item beside the file: ``<name>.tif`` has ``<name>.json``.

The item is written last. A raster without its item is not published: whoever looks for products looks for
items.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pystac
from pyproj import CRS
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.raster import DataType, RasterBand, RasterExtension, Statistics
from rasterio.warp import transform_bounds

from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput
from minegis.variables import variable
from pipelines.durable import settle, settled
from pipelines.raster import Raster, RasterGrid

_PROCESSING = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
_LIBRARIES = ("minegis", "numpy", "scipy", "numba", "rasterio", "xarray", "dask", "pyproj")
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_ZARR = "application/vnd.zarr; version=3"


@cache
def _libraries() -> Mapping[str, str]:
    """Return the versions of what products are computed with, Python's and GDAL's among them."""
    import rasterio  # noqa: PLC0415 – only its version

    found = {name: version(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), "gdal": rasterio.__gdal_version__, **found}


@dataclass(frozen=True)
class InputFile:
    """A file that a product was made from: its name, the hash of its bytes, whose it is, real or made up."""

    file: str
    sha256: str
    source: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Values:
    """What the values of a product come to; the three numbers are None where nothing is known."""

    count: int
    minimum: float | None
    maximum: float | None
    mean: float | None


@dataclass(frozen=True)
class Lineage:
    """How a product came about.

    Attributes
    ----------
    step, version : str
        The method and its version.
    inputs : tuple of InputFile
    parameters : mapping
    made_at : datetime
    duration : float or None, s
        None where the file was found and not made.
    libraries : mapping of str
        Versions by name.
    """

    step: str
    version: str
    inputs: tuple[InputFile, ...]
    parameters: Mapping[str, Any]
    made_at: datetime
    duration: float | None = None
    libraries: Mapping[str, str] = field(default_factory=lambda: dict(_libraries()))


def item_path(path: Path) -> Path:
    """Return where the STAC item of a product is."""
    return path.with_suffix(".json")


def key_of(*described: Any) -> str:
    """Return twelve hex digits that change with anything that is described."""
    packed = orjson.dumps(described, option=orjson.OPT_SORT_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return hashlib.sha256(packed).hexdigest()[:12]


def write_item(
    path: Path,
    grid: RasterGrid,
    name: str,
    lineage: Lineage,
    values: Values,
    *,
    valid: tuple[datetime, datetime] | None = None,
    about: Mapping[str, str] | None = None,
    by_way_of: Path | None = None,
) -> Path:
    """Write the STAC item of a finished product and return its place.

    Parameters
    ----------
    path : Path
        The COG or Zarr store, whole and under its name.
    name : str
        Its variable of the data dictionary.
    valid : tuple of datetime, optional
        First and last time that the values speak of; the time of making for a state of the ground.
    about : mapping of str, optional
        What tells the product from others of its variable: the area, the scene.
    by_way_of : Path, optional
        Folder on the same disk that the item is written in first; that of `path` if absent.
    """
    item = _item(path, grid, name, lineage, values, valid)
    item.properties["minegis:about"] = dict(about or {})
    content = orjson.dumps(item.to_dict(include_self_link=False), option=orjson.OPT_INDENT_2)
    if by_way_of is None:
        with settled(item_path(path)) as part:
            part.write_bytes(content)
    else:
        part = by_way_of / item_path(path).name
        part.write_bytes(content)
        settle(part, item_path(path))
    return item_path(path)


@dataclass(frozen=True)
class Published:
    """A product as its item tells: where it is, of what variable, of what area or scene, made when."""

    path: Path
    variable: str
    about: Mapping[str, str]
    made_at: datetime


def is_published(path: Path) -> bool:
    """Return whether a product is there with its item."""
    return path.exists() and item_path(path).is_file()


def published(folder: Path) -> list[Published]:
    """Return every product of a folder that has its item, in the order of making.

    What else lies there, a file of somebody else or a half of one, is no product.
    """
    found = (_published(place) for place in sorted(folder.glob("*.json")))
    return sorted((each for each in found if each is not None), key=lambda each: each.made_at)


def _published(place: Path) -> Published | None:
    try:
        item = orjson.loads(place.read_bytes())
        properties = item["properties"]
        path = place.with_name(Path(item["assets"]["data"]["href"]).name)
        made_at = parse_utc(properties["minegis:lineage"]["made_at"], where=place.name)
        about = dict(properties.get("minegis:about", {}))
        found = Published(path, properties["minegis:variable"], about, made_at)
    except (OSError, KeyError, TypeError, ValueError, InvalidInput):
        return None
    return found if path.exists() else None


def read_lineage(path: Path) -> Lineage:
    """Return the lineage of a product from its item.

    Raises
    ------
    InvalidInput
        If it has no item of ours.
    """
    place = item_path(path)
    try:
        written = orjson.loads(place.read_bytes())["properties"]["minegis:lineage"]
        inputs = tuple(InputFile(**each) for each in written.pop("inputs"))
        made_at = parse_utc(written.pop("made_at"), where=place.name)
        return Lineage(inputs=inputs, made_at=made_at, **written)
    except (OSError, KeyError, TypeError, orjson.JSONDecodeError):
        raise InvalidInput("no STAC item of this site", where=str(place)) from None


def values_of(raster: Raster) -> Values:
    """Return what the values of a raster in memory come to."""
    known = raster.values[np.isfinite(raster.values)]
    if not known.size:
        return Values(0, None, None, None)
    return Values(known.size, float(known.min()), float(known.max()), float(known.mean(dtype=np.float64)))


def _item(
    path: Path,
    grid: RasterGrid,
    name: str,
    lineage: Lineage,
    values: Values,
    valid: tuple[datetime, datetime] | None,
) -> pystac.Item:
    west, south, east, north = transform_bounds(grid.crs, "OGC:CRS84", *grid.bounds)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    label = variable(name).label
    item = pystac.Item(
        id=path.stem,
        geometry={"type": "Polygon", "coordinates": [ring]},
        bbox=[west, south, east, north],
        datetime=valid[1] if valid else lineage.made_at,
        start_datetime=valid[0] if valid else None,
        end_datetime=valid[1] if valid else None,
        properties={
            "title": f"{label.zh} {label.en}",
            "minegis:title": {"zh": label.zh, "en": label.en},
            "minegis:variable": name,
            "minegis:lineage": {**asdict(lineage), "made_at": format_utc(lineage.made_at)},
            **_processing(lineage),
        },
        stac_extensions=[_PROCESSING],
    )
    media = _ZARR if path.suffix == ".zarr" else _COG
    title = f"{label.zh} {label.en}"
    item.add_asset("data", pystac.Asset(f"./{path.name}", title=title, media_type=media, roles=["data"]))
    _describe_grid(item, grid)
    _describe_band(item, name, grid, values)
    return item


def _processing(lineage: Lineage) -> dict[str, Any]:
    origins: Sequence[str] = [f"{each.file} sha256:{each.sha256}" for each in lineage.inputs]
    return {
        "processing:datetime": format_utc(lineage.made_at),
        "processing:version": lineage.version,
        "processing:software": dict(lineage.libraries),
        "processing:lineage": f"{lineage.step}/{lineage.version} ← {'; '.join(origins)}",
    }


def _describe_grid(item: pystac.Item, grid: RasterGrid) -> None:
    projection = ProjectionExtension.ext(item, add_if_missing=True)
    code = grid.crs if grid.crs.startswith("EPSG:") else None
    projection.apply(
        code=code,
        wkt2=None if code else CRS.from_user_input(grid.crs).to_wkt(),
        bbox=list(grid.bounds),
        shape=[grid.height, grid.width],
        transform=list(grid.transform),
    )


def _describe_band(item: pystac.Item, name: str, grid: RasterGrid, values: Values) -> None:
    known = values.minimum is not None
    statistics = Statistics.create(
        minimum=values.minimum,
        maximum=values.maximum,
        mean=values.mean,
        valid_percent=100 * values.count / (grid.width * grid.height),
    )
    band = RasterBand.create(
        nodata="nan",  # type: ignore[arg-type]
        data_type=DataType.FLOAT32,
        unit=variable(name).unit,
        spatial_resolution=grid.transform[0],
        statistics=statistics if known else None,
    )
    RasterExtension.ext(item.assets["data"], add_if_missing=True).apply(bands=[band])
