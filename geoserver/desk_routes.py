"""Routes of the warning desk: one warning with its history, and what people do about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, Field, StringConstraints

from data_catalog.store import ActionKind, ActionRecord
from geoserver import subjects
from geoserver.api import answered
from geoserver.desk import act, action_json, desk_json, desks
from geoserver.errors import PROBLEMS
from geoserver.parameters import Known
from geoserver.services import OpenSite, services_of
from geoserver.writers import WriterRoute, json_answer
from minegis.clock import format_utc
from minegis.declarations import Declaration
from minegis.errors import InvalidInput, NotFound

router = APIRouter(prefix="/api/v1/warnings", tags=["warnings"], responses=PROBLEMS, route_class=WriterRoute)

_NEEDED = {"assign": "to", "comment": "text", "close": "reason"}


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("a text without NUL characters")
    return text


_Text = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]


class Wanted(Declaration):
    """What a person wants to do about a warning.

    `key` is made up by the client, one for each act: an act that is sent twice is done once. `identifier` is
    the message that the person saw.
    """

    kind: ActionKind
    who: _Text = Field(min_length=1, max_length=80)
    to: _Text = Field(default="", max_length=80)
    text: _Text = Field(default="", max_length=2000)
    reason: _Text = Field(default="", max_length=500)
    key: str = Field(pattern=r"^[0-9A-Za-z._-]{8,64}$")
    identifier: _Text = Field(default="", max_length=80)


@router.post(
    "/{warning_id:path}/actions",
    status_code=HTTPStatus.CREATED,
    responses={200: {"description": "It was done already: the action that was sent first with this key."}},
)
async def action_add(request: Request, warning_id: str, wanted: Wanted) -> Response:
    """Acknowledge, assign, comment, escalate or close a warning; its tier and the map stay as they are."""
    needed = _NEEDED.get(wanted.kind)
    if needed and not getattr(wanted, needed):
        raise InvalidInput(f"{wanted.kind} needs this", where=needed, expected="a text")
    services = services_of(request)

    def work() -> tuple[dict[str, Any], bool]:
        opened = services.opened()
        action, new = act(opened, ActionRecord(warning_id=warning_id, **wanted.model_dump()))
        return {**action_json(action), "desk": desk_json(desks(opened)[warning_id])}, new

    body, new = await services.query(work)
    return json_answer(body, HTTPStatus.CREATED if new else HTTPStatus.OK)


@router.get("/{warning_id:path}")
async def warning_detail(request: Request, warning_id: str, as_of: Known = None) -> Response:
    """Return a warning with every message it sent and everything people did about it."""
    return await answered(request, lambda opened: _detail(opened, warning_id), as_of)


def _detail(opened: OpenSite, warning_id: str) -> dict[str, Any]:
    record = next((each for each in opened.warnings() if each.last.warning_id == warning_id), None)
    if record is None:
        raise NotFound("no such warning", where=f"warning {warning_id!r}")
    messages = [
        {
            "identifier": each.identifier,
            "msg_type": each.msg_type,
            "tier": each.tier,
            "sent_at": format_utc(each.sent_at),
            "headline": each.texts["headline"],
        }
        for each in opened.store.warning_events(warning_id=warning_id, as_of=opened.as_of)
    ]
    actions = [action_json(each) for each in opened.store.actions.all(warning_id, opened.as_of)]
    return {**subjects.warnings(opened, [record])[0], "messages": messages, "actions": actions}
