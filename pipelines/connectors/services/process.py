"""OGC API - Processes as the Copernicus Climate Data Store speaks it: order, wait, and fetch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

from data_catalog.fetch import ProcessAsked
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.services.files import filled
from pipelines.connectors.services.job import Box, Job, Missed, Outcome, refuse_answer, understood
from pipelines.connectors.transport.door import Wanted
from pipelines.connectors.transport.http import HttpDoor
from pipelines.connectors.transport.patience import Transient

_WAITING = frozenset({"accepted", "running"})


def plan(job: Job[ProcessAsked]) -> list[str]:
    """Return the orders that would be placed."""
    return [f"POST {_address(job)} {order(job, time, box)}" for time, box in _orders(job)]


def fetch(job: Job[ProcessAsked]) -> Iterator[Outcome]:
    """Bring one file a time and area; what is here is not ordered again."""
    with closing(HttpDoor(job.endpoint, now=job.now)) as door:
        for number, (time, box) in enumerate(_orders(job)):
            if number >= job.asked.max_files:
                return
            name = _name(job, time, box)
            known = job.shelf.record(name)
            if known is not None and known.about.get("order") == order(job, time, box):
                yield replace(known, changed=False)
                continue
            try:
                href, size = _made(job, door, time, box)
            except (InvalidInput, NotFound) as reason:
                yield Missed(name, reason)
                continue
            end = time + (job.asked.covers or job.asked.every)
            about = {"order": order(job, time, box)}
            wanted = Wanted(
                name,
                href,
                job.asked.content,
                size=size,
                max_bytes=job.max_bytes,
                valid_from=time,
                valid_to=end,
                about=about,
            )
            yield from job.bring(door, [wanted])


def order(job: Job[ProcessAsked], time: datetime, box: Box) -> dict[str, Any]:
    """Return the inputs of one order, its texts filled with the time, its area north, west, south, east."""
    every = job.asked.every

    def fill(value: Any) -> Any:
        if isinstance(value, str):
            return filled(value, time, every, "begin")
        return [fill(each) for each in value] if isinstance(value, list | tuple) else value

    inputs = {key: fill(value) for key, value in job.asked.inputs.items()}
    west, south, east, north = box
    return {**inputs, job.asked.area: [north, west, south, east]} if job.asked.area else inputs


def _orders(job: Job[ProcessAsked]) -> Iterator[tuple[datetime, Box]]:
    for time in job.slots(job.asked.every):
        for box in job.areas():
            yield time, box


def _name(job: Job[ProcessAsked], time: datetime, box: Box) -> str:
    return f"{time:%Y%m%d%H}_{'_'.join(f'{each:g}' for each in box)}.{job.asked.suffix}"


def _address(job: Job[ProcessAsked]) -> str:
    return f"{job.endpoint.address.rstrip('/')}/processes/{job.asked.process}/execution"


def _made(job: Job[ProcessAsked], door: HttpDoor, time: datetime, box: Box) -> tuple[str, int | None]:
    """Place an order and wait until it is made; return where it is and how long.

    Raises
    ------
    InvalidInput
        If the service refuses the order or fails at it.
    Unreachable
        If it is not made in time; the next fetch asks anew.
    """
    base = job.endpoint.address.rstrip("/")
    body = {"inputs": order(job, time, box)}
    # An order is placed once: if the answer is lost, the next fetch orders again.
    placed = _once(lambda: door.json(_address(job), body=body))
    identity = placed.get("jobID") if isinstance(placed, dict) else None
    if not identity:
        refuse_answer(_address(job), "a job with its jobID", placed)
    waited = 0.0
    status = placed
    while status.get("status") in _WAITING:
        if waited >= job.asked.patience.total_seconds():
            raise Unreachable("the order is not made yet", where=f"{base}/jobs/{identity}", got=str(waited))
        job.patience.sleep(job.asked.poll.total_seconds())
        waited += job.asked.poll.total_seconds()
        status = job.patience.run(lambda: door.json(f"{base}/jobs/{identity}"))
        if not isinstance(status, dict):
            refuse_answer(f"{base}/jobs/{identity}", "a job with its status", status)
    if status.get("status") != "successful":
        raise InvalidInput("the order failed", where=f"{base}/jobs/{identity}", got=str(status)[:200])
    address = f"{base}/jobs/{identity}/results"
    results = job.patience.run(lambda: door.json(address))
    with understood(address):
        asset = results["asset"]["value"]
        size = asset.get("file:size")
        return str(asset["href"]), None if size is None else int(size)


def _once(action: Any) -> Any:
    try:
        return action()
    except Transient as error:
        raise error.error from None
