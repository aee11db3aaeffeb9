"""Routes of the walls: a phone in the room tells a screen what to show."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from geoserver.errors import PROBLEMS
from geoserver.streams import Stream
from geoserver.walls import Walls
from geoserver.writers import WriterRoute, json_answer
from minegis.declarations import Declaration
from minegis.errors import InvalidInput

router = APIRouter(prefix="/api/v1/walls", tags=["walls"], responses=PROBLEMS, route_class=WriterRoute)
streams = APIRouter(prefix="/api/v1/walls", responses=PROBLEMS)

type Name = Annotated[
    str, Path(pattern=r"^[0-9A-Za-z_-]{1,40}$", description="Name that the wall was opened with.")
]


class Told(Declaration):
    """What to show; what is not given stays as it is.

    `scene` is a scene of the wall, `step` the next or the previous one, `address` something outside the
    loop: ``region/<code>`` or ``asset/<dataset>/<id>``.
    """

    scene: str | None = Field(default=None, pattern=r"^[a-z]{1,20}(/[0-9A-Za-z_.-]{1,80})*$", max_length=200)
    playing: bool | None = None
    address: str | None = Field(
        default=None, pattern=r"^(region/[0-9]{6}([0-9]{3})?|asset/[a-z_]{1,40}/[^\x00-\x1f]{1,200})$"
    )
    step: Literal[-1, 1] | None = None


@router.get("/{name}")
async def wall_state(request: Request, name: Name) -> Response:
    """Return what a wall was told last, and how many screens listen."""
    return json_answer(_walls(request).known(name).to_json())


@router.post("/{name}")
async def wall_drive(request: Request, name: Name, told: Told) -> Response:
    """Tell the screens of a wall what to show."""
    if not told.model_fields_set:
        raise InvalidInput("nothing to do", where="body", expected="scene, playing, address or step")
    wall = _walls(request).drive(
        name, scene=told.scene, playing=told.playing, address=told.address, step=told.step or 0
    )
    return json_answer(wall.to_json())


@streams.get("/{name}/events")
async def wall_events(request: Request, name: Name, screen: bool = True) -> Response:
    """Tell a screen what to show, as it is told; a phone that only watches is no `screen`."""
    walls = _walls(request)
    return Stream(lambda: walls.place(name, screen=screen), lambda: walls.stream(name))


def _walls(request: Request) -> Walls:
    walls: Walls = request.app.state.walls
    return walls
