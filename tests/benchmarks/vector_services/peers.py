"""The servers of the benchmark: installed into the work folder, run one at a time on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote, urlsplit

import data
import yaml

_DEBIAN = ("postgresql-15", "postgresql-15-postgis-3", "gdal-bin", "cgi-mapserver", "lighttpd", "wrk")
_PACKAGES = {
    "tipg": ("tipg==1.6.1", "uvicorn[standard]"),
    "pygeoapi": ("pygeoapi==0.24.0", "geopandas", "pyarrow", "s3fs", "starlette", "uvicorn[standard]"),
}
_PROPERTIES = ",".join(data.DRAWN)
_CLUSTER = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True)
class Memory:
    """Resident memory of a server's own processes (the database's apart), MB: now and at most."""

    now: float
    peak: float


class Running:
    """A server that answers."""

    def __init__(self, base: str, process: subprocess.Popen[bytes]) -> None:
        self.base = base
        self.process = process

    def memory(self) -> Memory:
        """Return the memory of the largest process."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return Memory(*(max(_status(pid, key) for pid in pids) / 1024 for key in ("VmRSS", "VmHWM")))


class Peer:
    """One server: how it is started and how it spells the questions."""

    name = ""
    probe = "/"

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.database = database

    def command(self, port: int) -> tuple[Sequence[str], dict[str, str]]:
        """Return the command and what it finds in its environment."""
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[Running]:
        """Start it, wait until it answers, stop it by its process id."""
        port = _free_port()
        command, environment = self.command(port)
        log = (self.folder / f"{self.name.replace(' ', '-')}.log").open("w")
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(f"http://127.0.0.1:{port}{self.probe}", process)
            yield Running(f"http://127.0.0.1:{port}", process)
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
            log.close()


class Minegis(Peer):
    """Ours, on its SQLite store."""

    name = "minegis"
    probe = "/ogc"
    _ids: ClassVar = {"polygons": "tsf", "points": "place", "cells": "risk_cell"}

    def command(self, port: int) -> tuple[Sequence[str], dict[str, str]]:
        """Return the command and what it finds in its environment."""
        site = str(self.folder / "site")
        command = [sys.executable, "-m", "geoserver.cli", "serve", "--site", site, "--port", str(port)]
        return command, {}

    def items(self, collection: str, limit: int) -> str | None:
        """A page."""
        return f"/ogc/collections/{self._ids[collection]}/items?limit={limit}"

    def box(self, collection: str, bbox: str, limit: int) -> str | None:
        """A page within a box."""
        return f"{self.items(collection, limit)}&bbox={bbox}"

    def item(self, item_id: str) -> str | None:
        """One polygon."""
        return f"/ogc/collections/tsf/items/{item_id}"

    def filtered(self, code: str) -> str | None:
        """Polygons of a county."""
        return f"{self.items('polygons', 10)}&filter=" + quote(f"county_code='{code}'")

    def tile(self, collection: str, z: int, x: int, y: int) -> str | None:
        """A vector tile."""
        if collection == "cells":
            return f"/tiles/cells/{z}/{x}/{y}.mvt"
        return f"/tiles/vector/{self._ids[collection]}/{z}/{x}/{y}.mvt"


class Tipg(Peer):
    """The Python server of eoAPI, on PostGIS."""

    name = "tipg"
    probe = "/healthz"

    def command(self, port: int) -> tuple[Sequence[str], dict[str, str]]:
        """Return the command and what it finds in its environment."""
        program = str(self.folder / "tipg" / "bin" / "uvicorn")
        tables = ("polygons", "points")
        keys = {f"TIPG_TABLE_CONFIG__public_{each}__pk": "id" for each in tables}
        environment = {"DATABASE_URL": self.database, **keys}
        return [program, "tipg.main:app", "--port", str(port), "--log-level", "error"], environment

    def items(self, collection: str, limit: int) -> str | None:
        """A page."""
        return (
            None
            if collection == "cells"
            else f"/collections/public.{collection}/items?limit={limit}&f=geojson"
        )

    def box(self, collection: str, bbox: str, limit: int) -> str | None:
        """A page within a box."""
        return f"{self.items(collection, limit)}&bbox={bbox}"

    def item(self, item_id: str) -> str | None:
        """One polygon."""
        return f"/collections/public.polygons/items/{item_id}?f=geojson"

    def filtered(self, code: str) -> str | None:
        """Polygons of a county."""
        condition = quote(f"county_code='{code}'")
        return f"{self.items('polygons', 10)}&filter={condition}&filter-lang=cql2-text"

    def tile(self, collection: str, z: int, x: int, y: int) -> str | None:
        """A vector tile."""
        if collection == "cells":
            return None
        shown = _PROPERTIES if collection == "polygons" else "id,name,population,origin"
        return f"/collections/public.{collection}/tiles/WebMercatorQuad/{z}/{x}/{y}?properties={shown}"


class Pygeoapi(Peer):
    """Stock pygeoapi on its GeoParquet provider."""

    name = "pygeoapi"
    probe = "/conformance?f=json"

    def command(self, port: int) -> tuple[Sequence[str], dict[str, str]]:
        """Return the command and what it finds in its environment."""
        programs = self.folder / "pygeoapi" / "bin"
        settings, described = self.folder / "pygeoapi.yml", self.folder / "pygeoapi-openapi.yml"
        settings.write_text(yaml.safe_dump(self._settings(port)))
        environment = {"PYGEOAPI_CONFIG": str(settings), "PYGEOAPI_OPENAPI": str(described)}
        command = [str(programs / "pygeoapi"), "openapi", "generate", str(settings), "-of", str(described)]
        subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)
        app = "pygeoapi.starlette_app:APP"
        return [str(programs / "uvicorn"), app, "--port", str(port), "--log-level", "error"], environment

    def _settings(self, port: int) -> dict[str, object]:
        def resource(name: str) -> dict[str, object]:
            provider = {
                "type": "feature",
                "name": "Parquet",
                "data": {"source": str(self.folder / f"{name}.parquet"), "source_srs": "EPSG:4326"},
                "id_field": "id",
            }
            bbox = [data.WEST, data.SOUTH, data.EAST, data.NORTH]
            return {
                "type": "collection",
                "title": name,
                "description": name,
                "keywords": [name],
                "links": [],
                "extents": {"spatial": {"bbox": bbox, "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
                "providers": [provider],
            }

        owner = {"name": "benchmark", "url": "http://127.0.0.1"}
        return {
            "server": {
                "bind": {"host": "127.0.0.1", "port": port},
                "url": f"http://127.0.0.1:{port}",
                "mimetype": "application/json; charset=UTF-8",
                "encoding": "utf-8",
                "languages": ["en"],
                "limits": {"default_items": 10, "max_items": 10_000},
                "map": {"url": "", "attribution": ""},
            },
            "logging": {"level": "ERROR"},
            "metadata": {
                "identification": {
                    "title": "benchmark",
                    "description": "benchmark",
                    "keywords": ["benchmark"],
                    "terms_of_service": "",
                    "url": "http://127.0.0.1",
                },
                "license": owner,
                "provider": owner,
                "contact": owner,
            },
            "resources": {name: resource(name) for name in ("polygons", "points")},
        }

    def items(self, collection: str, limit: int) -> str | None:
        """A page."""
        return None if collection == "cells" else f"/collections/{collection}/items?limit={limit}&f=json"

    def box(self, collection: str, bbox: str, limit: int) -> str | None:
        """A page within a box."""
        return f"{self.items(collection, limit)}&bbox={bbox}"

    def item(self, item_id: str) -> str | None:
        """One polygon."""
        return f"/collections/polygons/items/{item_id}?f=json"

    def filtered(self, code: str) -> str | None:
        """Polygons of a county, by its own parameter: the provider takes no CQL2."""
        return f"{self.items('polygons', 10)}&county_code={code}"

    def tile(self, collection: str, z: int, x: int, y: int) -> str | None:
        """None: it makes no vector tiles from files."""
        return None


class MapServer(Peer):
    """MapServer as FastCGI behind lighttpd, on PostGIS."""

    name = "MapServer"
    probe = "/mapserv?map=bench&mode=tile&tilemode=gmap&tile=0+0+0&layers=points&map.imagetype=mvt"

    def command(self, port: int) -> tuple[Sequence[str], dict[str, str]]:
        """Return the command and what it finds in its environment."""
        mapfile, settings = self.folder / "bench.map", self.folder / "mapserver.conf"
        mapfile.write_text(self._mapfile(port))
        templates = "/usr/share/mapserver/ogcapi/templates/html-plain/"
        settings.write_text(
            f"""CONFIG
  ENV
    MS_MAP_PATTERN "^{self.folder}/"
    OGCAPI_HTML_TEMPLATE_DIRECTORY "{templates}"
  END
  MAPS
    bench "{mapfile}"
  END
END
"""
        )
        web = self.folder / "lighttpd.conf"
        program = shutil.which("mapserv") or "/usr/lib/cgi-bin/mapserv"
        web.write_text(
            f"""server.port = {port}
server.bind = "127.0.0.1"
server.document-root = "{self.folder}"
server.modules = ("mod_fastcgi")
fastcgi.server = ("/mapserv" => (("bin-path" => "{program}", "socket" => "{self.folder}/mapserv.socket",
  "max-procs" => 2, "check-local" => "disable",
  "bin-environment" => ("MAPSERVER_CONFIG_FILE" => "{settings}"))))
"""
        )
        return ["/usr/sbin/lighttpd", "-D", "-f", str(web)], {}

    def _mapfile(self, port: int) -> str:
        parts = urlsplit(self.database)
        connection = (
            f"host={parts.hostname} port={parts.port} dbname={parts.path.strip('/')} "
            f"user={parts.username} password={parts.password or ''}"
        )
        extent = f"{data.WEST} {data.SOUTH} {data.EAST} {data.NORTH}"

        def layer(name: str, kind: str) -> str:
            shown = _PROPERTIES if name == "polygons" else "id,name,population,origin"
            return f"""
  LAYER
    NAME "{name}" TYPE {kind} STATUS ON EXTENT {extent} TEMPLATE "void"
    CONNECTIONTYPE POSTGIS CONNECTION "{connection}" PROCESSING "CLOSE_CONNECTION=DEFER"
    DATA "geom from (select * from {name}) as t using unique id using srid=4326"
    PROJECTION "init=epsg:4326" END
    METADATA "gml_include_items" "{"all" if name == "polygons" else shown}" "gml_featureid" "id"
      "ows_title" "{name}" "ows_enable_request" "*" "oga_max_limit" "10000" END
    CLASS STYLE COLOR 200 0 0 END END
  END"""

        return f"""MAP
  NAME "bench" EXTENT {extent} SIZE 256 256
  PROJECTION "init=epsg:4326" END
  OUTPUTFORMAT NAME "mvt" DRIVER "MVT" FORMATOPTION "EDGE_BUFFER=10" END
  WEB METADATA "ows_enable_request" "*" "ows_title" "bench" "ows_srs" "EPSG:4326 EPSG:3857"
    "oga_onlineresource" "http://127.0.0.1:{port}/mapserv/bench/ogcapi"
    "ows_onlineresource" "http://127.0.0.1:{port}/mapserv?map=bench" END END
{layer("polygons", "POLYGON")}{layer("points", "POINT")}
END
"""

    def items(self, collection: str, limit: int) -> str | None:
        """A page."""
        return (
            None
            if collection == "cells"
            else f"/mapserv/bench/ogcapi/collections/{collection}/items?limit={limit}&f=json"
        )

    def box(self, collection: str, bbox: str, limit: int) -> str | None:
        """A page within a box."""
        return f"{self.items(collection, limit)}&bbox={bbox}"

    def item(self, item_id: str) -> str | None:
        """One polygon."""
        return f"/mapserv/bench/ogcapi/collections/polygons/items/{item_id}?f=json"

    def filtered(self, code: str) -> str | None:
        """None: its OGC API takes no filter in this version."""
        return None

    def tile(self, collection: str, z: int, x: int, y: int) -> str | None:
        """A vector tile."""
        if collection == "cells":
            return None
        asked = f"map=bench&mode=tile&tilemode=gmap&tile={x}+{y}+{z}&layers={collection}&map.imagetype=mvt"
        return f"/mapserv?{asked}"


def servers(folder: Path, database: str) -> list[Peer]:
    """Return every server, ours first."""
    return [kind(folder, database) for kind in (Minegis, Tipg, Pygeoapi, MapServer)]


def install(folder: Path) -> None:
    """Install what is missing: Debian's packages, and one environment for each Python server."""

    def absent(package: str) -> bool:
        return bool(subprocess.run(["dpkg", "-s", package], capture_output=True, check=False).returncode)

    missing = [each for each in _DEBIAN if absent(each)]
    if missing:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
        subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    for name, packages in _PACKAGES.items():
        if not (folder / name / "bin" / "uvicorn").exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
            subprocess.run([str(folder / name / "bin" / "pip"), "install", "-q", *packages], check=True)


def versions(folder: Path) -> dict[str, str]:
    """Return the version of each peer."""
    asked = {
        "tipg": [str(folder / "tipg" / "bin" / "pip"), "show", "tipg"],
        "pygeoapi": [str(folder / "pygeoapi" / "bin" / "pip"), "show", "pygeoapi"],
        "MapServer": ["dpkg", "-s", "cgi-mapserver"],
        "PostGIS": ["dpkg", "-s", "postgresql-15-postgis-3"],
    }
    found = {}
    for name, command in asked.items():
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        found[name] = next(line.split(": ")[1] for line in lines if line.startswith("Version"))
    return found


@contextmanager
def database(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL cluster of the benchmark's own, with its usual settings."""
    cluster, port = folder / "cluster", _free_port()
    if not cluster.exists():
        cluster.mkdir()
        shutil.chown(cluster, "postgres")
        _as_postgres(str(_CLUSTER / "initdb"), "-D", str(cluster), "-A", "trust", "-E", "UTF8")
    for parent in [folder, *folder.parents][:-1]:
        parent.chmod(parent.stat().st_mode | 0o011)  # the user postgres must reach its folder
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k /tmp -c shared_buffers=512MB -c jit=off"
    _as_postgres(
        str(_CLUSTER / "pg_ctl"), "-D", str(cluster), "-w", "-o", options, "-l", f"{cluster}/log", "start"
    )
    try:
        url = f"postgresql://postgres@127.0.0.1:{port}/bench"
        created = ["createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "bench"]
        subprocess.run(created, capture_output=True, check=False)  # it is there when the folder is used again
        subprocess.run(["psql", "-q", url, "-c", "CREATE EXTENSION IF NOT EXISTS postgis"], check=True)
        yield url
    finally:
        _as_postgres(str(_CLUSTER / "pg_ctl"), "-D", str(cluster), "-m", "fast", "stop")


def _as_postgres(*command: str) -> None:
    subprocess.run(["runuser", "-u", "postgres", "--", *command], check=True, stdout=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: subprocess.Popen[bytes], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{url}: the server ended")
        try:
            with urllib.request.urlopen(url, timeout=60):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(url)


def _children(pid: int) -> list[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    own = [int(each) for each in found.stdout.split()]
    return own + [grandchild for child in own for grandchild in _children(child)]


def _status(pid: int, key: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))
