"""What the server says of itself for Prometheus: latencies by route, pools, memory, age of the data."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from fastapi import Request, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from data_catalog.dataset import datasets
from data_catalog.items import ItemQuery
from geoserver.ogc.map_tiles import MapTiles
from geoserver.services import Services
from minegis.clock import utc_now
from minegis.errors import MinegisError
from tiles.cache import TileCache

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)  # s
_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_FAILED = 500
_PAGE, _NO_ROUTE = "/{page}", "none"
_STATM, _PAGE_SIZE = Path("/proc/self/statm"), os.sysconf("SC_PAGE_SIZE")


class Metrics(Collector):
    """The figures of one server; each has its own registry.

    `tiles` returns the tiles of the open site, None before the first one is asked for; `listeners` how many
    streams of events are open.
    """

    def __init__(
        self, services: Services, tiles: Callable[[], MapTiles | None], listeners: Callable[[], int]
    ) -> None:
        self._services = services
        self._tiles = tiles
        self._listeners = listeners
        self._counts: Mapping[str, int] = {}
        self._published_at: datetime | None = None
        self._looking: asyncio.Task[None] | None = None
        self.in_flight = 0
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._latency = Histogram(
            "minegis_request_seconds",
            "Time from a request to the last byte of its answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._latencies: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Take one answered request in."""
        key = (method, route, status // 100)
        latency = self._latencies.get(key)
        if latency is None:
            kind = f"{status // 100}xx"
            latency = self._latencies[key] = self._latency.labels(method, route, kind)
        latency.observe(seconds)

    def look(self) -> None:
        """Begin to read what a scrape tells of the data; the scrape itself waits for no thread."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        with suppress(MinegisError):  # not ready, or busy: the next scrape looks again
            await self._services.query(self._read)

    def _read(self) -> None:
        store = self._services.opened().store
        counts = {name: store.items(name).count(ItemQuery()) for name in datasets()}
        self._counts = {name: count for name, count in counts.items() if count is not None}
        run = store.last_run()
        self._published_at = run.finished_at if run else None

    def collect(self) -> Iterable[Metric]:
        """Return what is read at a scrape; prometheus_client calls this."""
        built = InfoMetricFamily("minegis_build", "What runs.")
        built.add_metric([], {"version": version("minegis"), "python": platform.python_version()})
        yield built
        yield GaugeMetricFamily("minegis_resident_bytes", "Memory of the process.", value=_resident())
        yield CounterMetricFamily("minegis_cpu_seconds", "Processor time.", value=time.process_time())
        yield GaugeMetricFamily("minegis_requests_in_flight", "Begun, not ended.", value=self.in_flight)
        yield GaugeMetricFamily("minegis_listeners", "Open streams of events.", value=self._listeners())
        yield from self._of_pools()
        tiles = self._tiles()
        if tiles is not None:
            yield from _of_cache(tiles.cache)
        if self._published_at is not None:
            age = (utc_now() - self._published_at).total_seconds()
            yield GaugeMetricFamily("minegis_run_age_seconds", "Age of the last published run.", value=age)
        items = GaugeMetricFamily("minegis_items", "Features of each dataset.", labels=["collection"])
        for name, count in self._counts.items():
            items.add_metric([name], count)
        yield items

    def _of_pools(self) -> Iterable[Metric]:
        running = GaugeMetricFamily("minegis_pool_running", "Work in threads.", labels=["pool"])
        waiting = GaugeMetricFamily("minegis_pool_waiting", "Work that waits for one.", labels=["pool"])
        refused = CounterMetricFamily("minegis_pool_rejected", "Work refused with 503.", labels=["pool"])
        for name, pool in self._services.pools.items():
            running.add_metric([name], pool.running)
            waiting.add_metric([name], pool.waiting)
            refused.add_metric([name], pool.rejected)
        return running, waiting, refused


def _of_cache(cache: TileCache) -> Iterable[Metric]:
    yield CounterMetricFamily("minegis_tile_cache_hits", "Tiles that were kept.", value=cache.hits)
    yield CounterMetricFamily("minegis_tile_cache_misses", "Tiles that were not.", value=cache.misses)
    yield GaugeMetricFamily("minegis_tile_cache_bytes", "Memory of the tiles kept.", value=cache.size)
    yield GaugeMetricFamily("minegis_tile_cache_tiles", "How many tiles are kept.", value=len(cache))


class Measured:
    """Measures each request from its beginning to the last byte of its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _FAILED

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        metrics, begun = self._metrics, time.perf_counter()
        metrics.in_flight += 1
        try:
            await self._app(scope, receive, sent)
        finally:
            metrics.in_flight -= 1
            method = scope["method"] if scope["method"] in _METHODS else "other"
            metrics.observe(method, template(scope), status, time.perf_counter() - begun)


def template(scope: Scope) -> str:
    """Return the template of the route that took a request: never its path, which has no bound."""
    context = scope.get("fastapi", {}).get("effective_route_context")  # where FastAPI keeps the whole path
    for route in (getattr(context, "starlette_route", None), context, scope.get("route")):
        if path := getattr(route, "path", ""):
            return str(path)
    endpoint = scope.get("endpoint")
    if isinstance(endpoint, StaticFiles):
        return _PAGE
    return _NO_ROUTE if endpoint is None or scope["path_params"] else str(scope["path"])


async def metrics(request: Request) -> Response:
    """Return the figures of the server as Prometheus takes them; needs no thread and no store."""
    figures: Metrics = request.app.state.metrics
    figures.look()
    return Response(generate_latest(figures.registry), media_type=CONTENT_TYPE_LATEST)


def _resident() -> int:
    return int(_STATM.read_text().split()[1]) * _PAGE_SIZE if _STATM.exists() else 0
