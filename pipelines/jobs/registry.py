"""The steps that jobs may name. A module lists its own as ``STEPS``; one line here makes them known."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from minegis.errors import NotFound
from pipelines.engine import Step
from pipelines.steps import satellite_blocks, terrain_blocks, terrain_flow, weather_blocks

_MODULES: tuple[ModuleType, ...] = (satellite_blocks, terrain_blocks, terrain_flow, weather_blocks)


@cache
def steps() -> Mapping[str, Step]:
    """Return every step by name."""
    found = [step for module in _MODULES for step in module.STEPS]
    return MappingProxyType({step.name: step for step in found})


def step(name: str) -> Step:
    """Return one step.

    Raises
    ------
    NotFound
        If none has the name.
    """
    try:
        return steps()[name]
    except KeyError:
        raise NotFound("no such step", where=f"step {name!r}", expected=", ".join(steps())) from None
