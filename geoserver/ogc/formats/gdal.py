"""The GDAL door: files that GDAL writes, in a process of its own, from Arrow that we send it."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from data_catalog.items import Page
from geoserver.ogc.crs import Geometries
from geoserver.ogc.formats.columns import GEOMETRY, batch, schema, shapes_of
from geoserver.ogc.formats.format import Answer
from geoserver.ogc.formats.temporary import work_folder
from minegis.errors import InvalidInput

_PROGRAM = Path(__file__).with_name("gdal_writer.py")
_PIECE = 1 << 20
_LOOK_AGAIN_SECONDS = 0.2


class GdalFile:
    """A file that is whole only when all of it is written: made in a temporary folder, then given away."""

    key: str
    media_type: str
    title: str
    suffix: str
    driver: str
    streams = True
    as_text = False

    @abstractmethod
    def options(self, answer: Answer) -> dict[str, Any]:
        """Return what GDAL is told beside the layer's name."""

    @abstractmethod
    def check(self, shapes: Geometries, answer: Answer) -> None:
        """Refuse geometries that the format cannot hold."""

    def write(self, pages: Iterable[Page], answer: Answer) -> Iterator[bytes]:
        """Give the bytes of the file, and while it is made empty ones, so that it can be given up."""
        with work_folder() as folder:
            path = folder / f"{answer.collection.id}{self.suffix}"
            yield from self._made(pages, answer, path)
            with path.open("rb") as file:
                path.unlink()
                while piece := file.read(_PIECE):
                    yield piece

    def _made(self, pages: Iterable[Page], answer: Answer, path: Path) -> Iterator[bytes]:
        asked = {"path": str(path), "layer": answer.collection.id, "driver": self.driver}
        if answer.geometry:
            asked |= {"geometry_name": GEOMETRY, "geometry_type": "Unknown"}  # parts and multi-parts alike
        command = [sys.executable, "-I", str(_PROGRAM), json.dumps(asked | self.options(answer))]
        complaints = path.with_suffix(".log")
        with complaints.open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=log)
        try:
            yield from self._fed(process, pages, answer)
            while process.poll() is None:
                try:
                    process.wait(_LOOK_AGAIN_SECONDS)
                except subprocess.TimeoutExpired:
                    yield b""
        except BrokenPipeError:
            process.wait()
        finally:
            process.kill()
            process.wait()
        if process.returncode:
            raise RuntimeError(f"GDAL wrote no {self.title}: {complaints.read_text()[-2000:]}")

    def _fed(
        self, process: subprocess.Popen[bytes], pages: Iterable[Page], answer: Answer
    ) -> Iterator[bytes]:
        assert process.stdin is not None
        writer: Any = None
        with process.stdin as pipe:
            for page in pages:
                shapes = shapes_of(page, answer)
                if shapes is not None:
                    self.check(shapes, answer)
                into = schema(page.names, answer)
                if writer is None:
                    writer = pa.ipc.new_stream(pipe, into)
                writer.write_batch(batch(page, into, shapes))
                yield b""
            if writer is not None:
                writer.close()


class FlatGeobuf(GdalFile):
    """FlatGeobuf with its spatial index."""

    key = "fgb"
    media_type = "application/vnd.flatgeobuf"
    title = "FlatGeobuf"
    suffix = ".fgb"
    driver = "FlatGeobuf"

    def options(self, answer: Answer) -> dict[str, Any]:
        """Return options of the driver."""
        layer = {
            "TITLE": _title(answer),
            "SPATIAL_INDEX": "YES" if answer.geometry else "NO",
        }
        return {"config": {}, "crs": answer.crs.name, "layer_options": layer}

    def check(self, shapes: Geometries, answer: Answer) -> None:
        """Refuse items without a place: the index holds none.

        Raises
        ------
        InvalidInput
            If a geometry has no place in the reference system.
        """
        if shapely.is_missing(shapes).any():
            expected = "another crs, or another format"
            what = "an item has no place in this reference system, and FlatGeobuf must have one"
            raise InvalidInput(what, where="crs", expected=expected, got=answer.crs.uri)


class GeoPackage(GdalFile):
    """GeoPackage with the labels of the properties as aliases."""

    key = "gpkg"
    media_type = "application/geopackage+sqlite3"
    title = "GeoPackage"
    suffix = ".gpkg"
    driver = "GPKG"

    def options(self, answer: Answer) -> dict[str, Any]:
        """Return options of the driver; CRS84 has the code of its twin, as x comes first here in any case."""
        crs = "EPSG:4326" if answer.crs.name == "OGC:CRS84" else answer.crs.name
        config = {"OGR_SQLITE_SYNCHRONOUS": "OFF", "OGR_SQLITE_JOURNAL": "OFF"}
        return {
            "config": config,
            "crs": crs,
            "dataset_options": {"VERSION": "1.3"},  # the newest that GDAL 3.6 and QGIS 3.22 know well
            "layer_options": {"IDENTIFIER": _title(answer)},
        }

    def check(self, shapes: Geometries, answer: Answer) -> None:
        """Take everything."""


def _title(answer: Answer) -> str:
    title = answer.collection.title
    return title.zh if answer.language == "zh" else title.en
