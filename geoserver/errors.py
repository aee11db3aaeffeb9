"""Errors over HTTP: one table to statuses, one body (RFC 9457, ``application/problem+json``)."""

from __future__ import annotations

import logging
import reprlib
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from data_catalog.mistake import Mistake
from minegis.errors import (
    InvalidDeclaration,
    InvalidInput,
    JobFailed,
    MinegisError,
    MissingEvidence,
    NotFound,
    Stale,
    StoreConflict,
    Unreachable,
)
from tiles.raster import OUTSIDE

LOG = logging.getLogger(__name__)


RETRY_AFTER = "1"  # s
CLIENT_LEFT = 499  # as nginx logs it; nobody reads this answer


class NotReady(MinegisError):
    """The server cannot answer yet: it has no site, or nothing is published."""


class NotAcceptable(MinegisError):
    """Nothing of what the client takes is offered."""


class Forbidden(MinegisError):
    """Something that this client may not do."""


class ContentTooLarge(MinegisError):
    """A body that is longer than is taken."""


class UnsupportedMediaType(MinegisError):
    """A body of a kind that is not taken."""


class PreconditionRequired(MinegisError):
    """An edit that does not say which state it was made on."""


class NotAccepted(InvalidInput):
    """A feature that breaks rules of its collection: the first is named, `errors` holds every one."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        first = mistakes[0]
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        super().__init__(first.problem.en + more, where=first.column, expected=first.expected, got=first.got)
        self.errors = tuple(
            {
                "where": each.column,
                "what": each.problem.en,
                "label": each.problem.to_json(),
                "expected": each.expected,
                "got": each.got,
            }
            for each in mistakes
        )


class Busy(MinegisError):
    """So much is asked at once that no more may wait."""


class Abandoned(Exception):
    """The client left before its answer was made."""


STATUSES: dict[type[MinegisError], HTTPStatus] = {
    NotReady: HTTPStatus.SERVICE_UNAVAILABLE,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Forbidden: HTTPStatus.FORBIDDEN,
    ContentTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    PreconditionRequired: HTTPStatus.PRECONDITION_REQUIRED,
    InvalidDeclaration: HTTPStatus.INTERNAL_SERVER_ERROR,
    InvalidInput: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    MissingEvidence: HTTPStatus.CONFLICT,
    Unreachable: HTTPStatus.BAD_GATEWAY,
    JobFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    StoreConflict: HTTPStatus.CONFLICT,
    MinegisError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


_SHOWN = 200  # characters of what a client sent that go back to it
_REPR = reprlib.Repr(maxstring=_SHOWN, maxother=_SHOWN)  # without writing a long body out first


def _beginning(text: str) -> str:
    return text[:_SHOWN].encode("utf-8", "backslashreplace").decode()


_PROBLEM = "application/problem+json"
_TEXTS = ("type", "title", "detail", "what", "where", "expected", "got")
_SCHEMA = {
    "type": "object",
    "required": [*_TEXTS, "status"],
    "properties": {**{name: {"type": "string"} for name in _TEXTS}, "status": {"type": "integer"}},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    kind: {"description": text, "content": {_PROBLEM: {"schema": _SCHEMA}}}
    for kind, text in (("4XX", "What is wrong with the request."), ("5XX", "Why it cannot be answered now."))
}
"""What every route may answer instead, for an OpenAPI document."""


def problem(
    status: int,
    detail: str,
    *,
    what: str = "",
    where: str = "",
    expected: str = "",
    got: str = "",
    errors: Sequence[Mapping[str, Any]] = (),
) -> Response:
    """Return a problem document; `what` repeats `detail` unless it says it shorter."""
    title = HTTPStatus(status).phrase
    body: dict[str, Any] = {
        "type": f"urn:minegis:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": int(status),
        "detail": detail,
        "what": what or detail,
        "where": where,
        "expected": expected,
        "got": got,
    }
    if errors:
        body["errors"] = errors
    return Response(orjson.dumps(body), status_code=status, media_type=_PROBLEM)


def status_of(error: MinegisError) -> HTTPStatus:
    """Return the status of an error: that of its nearest class in the table."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def problem_of(error: MinegisError, where: str = "") -> Response:
    """Return the problem document of one of our errors."""
    response = problem(
        status_of(error),
        str(error),
        what=error.what,
        where=error.where or where,
        expected=error.expected,
        got=error.got,
        errors=error.errors if isinstance(error, NotAccepted) else (),
    )
    if isinstance(error, Busy):
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""

    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, MinegisError)
        if isinstance(error, InvalidDeclaration):  # a file of the server: its path is for the log
            LOG.error("%s", error)
            what = "a file of the server is not as declared"
            error = InvalidDeclaration(what, expected="see the log of the server")
        return problem_of(error, request.url.path)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        response = problem(error.status_code, str(error.detail), where=request.url.path)
        response.headers.update(error.headers or {})
        return response

    async def parameters(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = _beginning(".".join(str(part) for part in first["loc"][1:])) or request.url.path
        got = _beginning(_REPR.repr(first.get("input")))
        return problem(
            HTTPStatus.BAD_REQUEST, f"{where}: {first['msg']}", where=where, expected=first["msg"], got=got
        )

    async def outside(_request: Request, _error: Exception) -> Response:
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def left(_request: Request, _error: Exception) -> Response:
        return Response(status_code=CLIENT_LEFT)

    async def unexpected(request: Request, error: Exception) -> Response:
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "the server failed", where=request.url.path)

    app.add_exception_handler(MinegisError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, parameters)
    app.add_exception_handler(Abandoned, left)
    for kind in OUTSIDE:
        app.add_exception_handler(kind, outside)
    app.add_exception_handler(Exception, unexpected)
