"""What every test may use: the real data, when it is on this machine, and a whole published site."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

pytest_plugins = ("browser_walk", "conformance_report")

ROOT = Path(__file__).parents[1]

_CLUSTER = "minegis-postgres-"
_OWNER = "postgres"
_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -h 127.0.0.1"


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """Folder of real data (``MINEGIS_SAMPLE_DATA``); the test is skipped where it is absent."""
    folder = Path(os.environ.get("MINEGIS_SAMPLE_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "SHA256SUMS").exists():
        pytest.skip("needs the folder of real data: set MINEGIS_SAMPLE_DATA to it")
    return folder


@pytest.fixture(scope="session")
def published_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site with one published run, made once for all workers; never write to it, copy it."""
    base = tmp_path_factory.getbasetemp()
    of_all_workers = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    shared = base.parent / f"minegis-{of_all_workers}" if of_all_workers else base / "minegis"
    shared.mkdir(exist_ok=True)
    site = shared / "site"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (site / "built").exists():
            command = [sys.executable, "-m", "geoserver.cli"]
            environment = {**os.environ, "MINEGIS_SITE": str(site)}
            for step in ("init", "run"):
                subprocess.run(
                    [*command, step], env=environment, check=True, capture_output=True, timeout=600
                )
            (site / "built").touch()
    return site


type Serve = Callable[..., str]
type Serving = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Serving:
    """The real command serving a site folder as long as a context lasts, with settings by name."""

    def start(site: Path, **settings: str) -> AbstractContextManager[str]:
        return _serving(site, tmp_path_factory.mktemp("server") / "stderr.txt", settings)

    return start


@pytest.fixture(scope="session")
def serve(serving: Serving) -> Iterator[Serve]:
    """The real command serving a site folder, with settings by name; each is stopped at the end."""
    with ExitStack() as stack:

        def start(site: Path, **settings: str) -> str:
            return stack.enter_context(serving(site, **settings))

        yield start


@pytest.fixture(scope="session")
def served_site(published_site: Path, serve: Serve) -> str:
    """Address of the published site; never write to it."""
    return serve(published_site)


@contextmanager
def _serving(site: Path, log: Path, settings: dict[str, str]) -> Iterator[str]:
    """Run the server; what it logs must be its address and its end alone."""
    port = int(settings.get("port") or free_port())
    environment = {**os.environ, **{f"MINEGIS_{name.upper()}": value for name, value in settings.items()}}
    command = [sys.executable, "-m", "geoserver.cli", "serve", "--site", str(site), "--port", str(port)]
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, env=environment)
        try:
            wait_until_live(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            status = process.wait(timeout=30)
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    assert status == 0
    assert len(lines) == 2, lines
    assert f"http://127.0.0.1:{port}" in lines[0]
    assert lines[1] == "minegis stopped."


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL cluster with PostGIS: each call gives the URL of a fresh database in it."""
    binaries = _postgres_programs()
    if binaries is None:
        pytest.skip("needs the programs of PostgreSQL and PostGIS (Debian: postgresql-15-postgis-3)")
    with _postgres_cluster(binaries) as fresh_database:
        yield fresh_database


@pytest.fixture(params=["sqlite", "postgis"])
def backend(request: pytest.FixtureRequest) -> str:
    """Each database that may hold the truth; a test that asks for it runs on both."""
    return str(request.param)


@pytest.fixture
def database(backend: str, request: pytest.FixtureRequest) -> str:
    """What `Store.open` takes for a new store on the backend: a URL, or nothing for SQLite."""
    return request.getfixturevalue("postgres")() if backend == "postgis" else ""


def free_port() -> int:
    """Return a port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_live(port: int, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Wait until the server answers that it lives."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def _postgres_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL programs, None where there are none with PostGIS."""
    found = sorted(
        (each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/initdb")),
        key=lambda folder: int(folder.parent.name),
    )
    with_postgis = [each for each in found if _share(each, "extension/postgis.control").exists()]
    return with_postgis[-1] if with_postgis else None


def _share(binaries: Path, name: str) -> Path:
    return Path("/usr/share/postgresql") / binaries.parent.name / name


@contextmanager
def _postgres_cluster(binaries: Path) -> Iterator[Callable[[], str]]:
    """Start a cluster; give a function that makes an empty database and returns its URL."""
    memory = Path("/dev/shm")  # many small databases come and go
    parent = memory if memory.is_dir() else Path(tempfile.gettempdir())
    _sweep_clusters(parent, binaries)
    folder = Path(tempfile.mkdtemp(prefix=f"{_CLUSTER}{os.getpid()}-", dir=parent))
    as_user = _become(folder)
    data = folder / "data"
    port = free_port()

    def run(program: str, *arguments: str) -> None:
        command = [*as_user, str(binaries / program), "-D", str(data), *arguments]
        # Not a pipe: the server inherits it and would keep it open.
        with (folder / "log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, timeout=120, cwd=folder)

    try:
        run("initdb", "-U", _OWNER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "start", "-w", "-o", f"{_FAST} -p {port} -k {folder}")
        try:
            yield _databases(port)
        finally:
            run("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def _sweep_clusters(parent: Path, binaries: Path) -> None:
    """Stop and remove the clusters of sessions that were killed: each holds gigabytes of memory."""
    for folder in parent.glob(f"{_CLUSTER}*-*"):
        owner = folder.name.removeprefix(_CLUSTER).split("-")[0]
        if owner.isdigit() and not Path("/proc", owner).exists():
            stop = [str(binaries / "pg_ctl"), "-D", str(folder / "data"), "stop", "-m", "immediate"]
            subprocess.run([*_become(folder), *stop], check=False, capture_output=True, timeout=120)
            shutil.rmtree(folder, ignore_errors=True)


def _become(folder: Path) -> list[str]:
    """Return how to become who may own a cluster: root may not."""
    if os.geteuid():
        return []
    shutil.chown(folder, _OWNER, _OWNER)
    return ["runuser", "-u", _OWNER, "--"]


def _databases(port: int) -> Callable[[], str]:
    base = f"postgresql://{_OWNER}@127.0.0.1:{port}"
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE with_postgis")
    with psycopg.connect(f"{base}/with_postgis", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION postgis; CREATE EXTENSION unaccent")
    numbers = count(1)

    def make() -> str:
        name = f"minegis_{next(numbers)}"
        with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE with_postgis")  # type: ignore[call-overload]
        return f"{base}/{name}"

    return make
