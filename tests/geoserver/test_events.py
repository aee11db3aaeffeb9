"""The watcher of events by itself, without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from small_site import make_site

from geoserver.events import Watch
from geoserver.services import Services
from minegis.settings import Settings


def test_everybody_who_may_listen_may_begin_at_once(tmp_path: Path) -> None:
    services = Services(Settings(site=make_site(tmp_path), listeners=8, workers=1, queue=0))

    async def begin() -> list[bytes]:
        services.start()
        streams = [Watch(services).stream(None) for _ in range(8)]
        try:
            return await asyncio.gather(*(anext(each) for each in streams))
        finally:
            services.stop()

    assert all(b"event: beat" in each for each in asyncio.run(begin()))
