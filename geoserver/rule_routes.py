"""Routes of the rules: what judges, what another package would change, and changing it without a restart."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field

from data_catalog.site import Site
from data_catalog.store import Store
from geoserver import rule_views as views
from geoserver.errors import PROBLEMS
from geoserver.pools import Pool
from geoserver.services import OpenSite, services_of
from geoserver.writers import WriterRoute, json_answer
from minegis.declarations import Declaration
from minegis.errors import InvalidInput, MinegisError, NotFound
from pipelines.rule_life import activate, backtest_apart, receive, rollback
from pipelines.rule_signing import Signature, TrustedKeys, trusted_keys
from pipelines.rule_state import find_package

LOG = logging.getLogger(__name__)

router = APIRouter(prefix="/api/v1/rules", tags=["rules"], responses=PROBLEMS, route_class=WriterRoute)

_LONGEST_TEXT = 2**20

type Who = Annotated[str, Field(max_length=200)]
type Reason = Annotated[str, Field(max_length=2000)]


class Loading(Declaration):
    """A package to receive: its YAML, the content of its ``.sig`` file, and who sends it."""

    text: str = Field(max_length=_LONGEST_TEXT)
    signature: Signature | None = None
    who: Who


class Trial(Declaration):
    """The period of a back-test."""

    since: AwareDatetime
    until: AwareDatetime
    step_hours: float = Field(default=6.0, gt=0, le=24 * 366, allow_inf_nan=False)
    who: Who


class Decision(Declaration):
    """Who changes the rules, and why."""

    who: Who
    reason: Reason


@router.get("")
async def rule_list(request: Request) -> Response:
    """List the rule packages with their states, and the log of activations."""
    return await _read(request, lambda opened: views.overview(opened.site, opened.store))


@router.post("", status_code=HTTPStatus.CREATED)
async def rule_load(request: Request, loading: Loading) -> Response:
    """Receive a package; it is checked whole, and judges nothing until it is activated."""

    def work(site: Site, store: Store, keys: TrustedKeys) -> dict[str, Any]:
        known = receive(site, store, loading.text, loading.signature, keys, who=loading.who)
        return views.described(known)

    body = await _changed(request, work)
    location = f"{request.url.path}/{body['id']}/{body['version']}"
    return json_answer(body, HTTPStatus.CREATED, {"Location": location})


@router.post("/rollback")
async def rule_rollback(request: Request, decision: Decision) -> Response:
    """Bring back the rules that were active before."""

    def work(site: Site, store: Store, keys: TrustedKeys) -> dict[str, Any]:
        rollback(site, store, keys, who=decision.who, reason=decision.reason)
        return views.overview(site, store)

    return json_answer(await _changed(request, work))


@router.get("/thresholds/{dataset}/{asset}")
async def rule_thresholds(request: Request, dataset: str, asset: str) -> Response:
    """Return the limits that the active rules make of an asset's design."""
    return await _read(request, lambda opened: views.thresholds(opened.site, opened.store, dataset, asset))


@router.get("/{package}/{version}")
async def rule_detail(request: Request, package: str, version: str) -> Response:
    """Return a package whole."""

    def read(opened: OpenSite) -> dict[str, Any]:
        return views.detailed(opened.store, find_package(opened.site, opened.store, package, version))

    return await _read(request, read)


@router.get("/{package}/{version}/diff")
async def rule_diff(request: Request, package: str, version: str, against: str = "") -> Response:
    """Return what a package says differently from the active one, or from `against` (``id/version``)."""

    def read(opened: OpenSite) -> dict[str, Any]:
        known = find_package(opened.site, opened.store, package, version)
        return views.compared(opened.site, opened.store, known, against)

    return await _read(request, read)


@router.get("/{package}/{version}/backtest")
async def rule_backtest(request: Request, package: str, version: str) -> Response:
    """Return the last back-test of a package."""

    def read(opened: OpenSite) -> dict[str, Any]:
        known = find_package(opened.site, opened.store, package, version)
        found = opened.store.rules.backtests(known.record.digest)
        if not found:
            expected = f"POST to {request.url.path}, or `minegis rules backtest {known.name}`"
            raise NotFound("no back-test of this package", where=known.name, expected=expected)
        return views.tested(found[-1])

    return await _read(request, read)


@router.post("/{package}/{version}/backtest", status_code=HTTPStatus.CREATED)
async def rule_try(request: Request, package: str, version: str, trial: Trial) -> Response:
    """Replay a period under a package and under the active one, and keep the report."""
    services = services_of(request)
    step = timedelta(hours=trial.step_hours)

    def work() -> dict[str, Any]:
        opened = services.opened()
        known = find_package(opened.site, opened.store, package, version)
        database = services.settings.database
        return views.tested(
            backtest_apart(opened.site, database, known, trial.since, trial.until, step, who=trial.who)
        )

    # A place of its own: whoever waits for a replay keeps no rollback waiting.
    with _trials(request).place():
        tested = await run_sync(work, limiter=CapacityLimiter(1))
    return json_answer(tested, HTTPStatus.CREATED)


def _trials(request: Request) -> Pool:
    """Return the one place for back-tests; called on the event loop."""
    state = request.app.state
    found: Pool | None = getattr(state, "rule_trials", None)
    if found is None:
        found = state.rule_trials = Pool("back-test", 1, 0)
    return found


@router.post("/{package}/{version}/activate")
async def rule_activate(request: Request, package: str, version: str, decision: Decision) -> Response:
    """Put a package in the place of the active one; the next run judges by it."""

    def work(site: Site, store: Store, keys: TrustedKeys) -> dict[str, Any]:
        known = find_package(site, store, package, version)
        activate(site, store, known, keys, who=decision.who, reason=decision.reason)
        return views.overview(site, store)

    return json_answer(await _changed(request, work))


async def _read(request: Request, read: Callable[[OpenSite], dict[str, Any]]) -> Response:
    services = services_of(request)
    return json_answer(await services.query(lambda: read(services.opened()), request))


async def _changed(
    request: Request, work: Callable[[Site, Store, TrustedKeys], dict[str, Any]]
) -> dict[str, Any]:
    """Change something, with the keys as their file says now."""
    services = services_of(request)

    def change() -> dict[str, Any]:
        opened = services.opened()
        return work(opened.site, opened.store, _keys(services.settings.rule_keys))

    return await services.export(change)


def _keys(path: Path | None) -> TrustedKeys:
    """Return the trusted keys; a mistake there is the operator's, and told in the log alone."""
    try:
        return trusted_keys(path)
    except InvalidInput as error:
        LOG.error("%s", error)
        raise MinegisError(
            "the trusted keys cannot be read", where="MINEGIS_RULE_KEYS", expected="see the log of the server"
        ) from None
