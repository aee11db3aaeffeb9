"""Routes of verification: its page, and its figures for machines."""

from __future__ import annotations

import re
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse

from geoserver.errors import PROBLEMS
from geoserver.ogc.parameters import language as spoken
from geoserver.services import services_of
from minegis.errors import NotFound
from pipelines.verification_folder import LANGUAGES, newest_report

router = APIRouter(tags=["verification"], responses=PROBLEMS)

_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
_PAGE = "/verification"
_LINK = f'<link rel="stylesheet" href="{_PAGE}/report.css">'
_NONE_YET = {
    "zh": '<!doctype html><html lang="zh"><meta charset="utf-8"><title>预警检验</title>'
    "<h1>尚无检验报告</h1><p>请运行 <code>minegis verify</code>，再打开本页。</p>",
    "en": '<!doctype html><html lang="en"><meta charset="utf-8"><title>Verification</title>'
    "<h1>No verification report yet</h1><p>Run <code>minegis verify</code>, then open this page.</p>",
}
_PLOT = re.compile(r"[a-z]+\.(zh|en)\.svg")


@router.get("/api/v1/verification")
async def verification(request: Request) -> Response:
    """Return every figure of the newest report: scores, duration matrices, alarms, study, lineage."""
    content = await _content(request, "report.json")
    return Response(content, media_type="application/json")


@router.get("/api/v1/verification/plots/{plot}")
async def verification_plot(request: Request, plot: str) -> Response:
    """Return one plot of the newest report as SVG: rates, lead, edumap, roc, reliability, rate."""
    if not _PLOT.fullmatch(plot):
        raise NotFound("no such plot", where=plot, expected="rates.zh.svg")
    return Response(await _content(request, plot), media_type="image/svg+xml")


@router.get("/verification", include_in_schema=False)
async def verification_page(
    request: Request, lang: Annotated[Literal["", "zh", "en"], Query()] = ""
) -> Response:
    """Show the newest report; its style comes beside it, as the server allows none inside a page.

    The file names its neighbours in the folder; here they are routes.
    """
    language = lang or spoken({}, request.headers.get("accept-language"))
    try:
        content = await _content(request, f"report.{language}.html")
    except NotFound:
        if not request.headers.get("accept", "").startswith("text/html,"):  # a browser asks so
            raise
        return HTMLResponse(_NONE_YET[language], HTTPStatus.NOT_FOUND, {"Vary": "Accept, Accept-Language"})
    text = _STYLE.sub(_LINK, content.decode(), count=1).replace(
        'href="report.json"', f'href="{_PAGE}/report.json"'
    )
    for other in LANGUAGES:
        text = text.replace(f'href="report.{other}.html"', f'href="{_PAGE}?lang={other}"')
    return HTMLResponse(text, headers={"Vary": "Accept-Language"})


@router.get("/verification/report.css", include_in_schema=False)
async def verification_style(request: Request) -> Response:
    """Return the style of the page."""
    found = _STYLE.search((await _content(request, "report.zh.html")).decode())
    style = found[0].removeprefix("<style>").removesuffix("</style>") if found else ""
    return Response(style, media_type="text/css")


@router.get("/verification/report.json", include_in_schema=False)
async def verification_figures(request: Request) -> Response:
    """Return the figures under the address that the page links to."""
    return await verification(request)


async def _content(request: Request, name: str) -> bytes:
    services = services_of(request)

    def read() -> bytes:
        path: Path = newest_report(services.opened().site) / name
        if not path.is_file():
            raise NotFound("the report has no such part", where=name)
        return path.read_bytes()

    return await services.query(read, request)
