"""Routes of the archives: order one, see how far it is, carry it away."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from geoserver.archive_jobs import Archives
from geoserver.archives import Order
from geoserver.ogc.sources import sources_of
from geoserver.services import services_of
from geoserver.writers import WriterRoute, json_answer

router = APIRouter(prefix="/api/v1/archives", tags=["archives"], route_class=WriterRoute)

_MEDIA_TYPES = {"pmtiles": "application/vnd.pmtiles", "mbtiles": "application/vnd.sqlite3"}


async def archives_of(request: Request) -> Archives:
    """Return the jobs of the site that the application serves."""
    state = request.app.state

    def open_them() -> Archives:
        found: Archives | None = getattr(state, "archives", None)
        if found is None:
            found = state.archives = Archives(sources_of(request))
        return found

    return await services_of(request).query(open_them)


@router.get("")
async def archive_list(request: Request) -> Response:
    """List the jobs."""
    archives = await archives_of(request)
    jobs = await services_of(request).query(archives.jobs)
    return json_answer({"archives": [_described(request, job) for job in jobs]})


@router.post("", status_code=HTTPStatus.ACCEPTED)
async def archive_order(request: Request, order: Order) -> Response:
    """Make an archive; the same order again brings the same archive up to date."""
    archives = await archives_of(request)
    job = _described(request, await services_of(request).query(lambda: archives.begin(order)))
    return json_answer(job, HTTPStatus.ACCEPTED, {"Location": job["href"]})


@router.get("/{archive}")
async def archive_job(request: Request, archive: str) -> Response:
    """Say how far a job is, and what it made."""
    archives = await archives_of(request)
    return json_answer(_described(request, await services_of(request).query(lambda: archives.job(archive))))


@router.delete("/{archive}", status_code=HTTPStatus.NO_CONTENT)
async def archive_remove(request: Request, archive: str) -> Response:
    """Cancel a job that is not done; remove one that is, with its archive."""
    archives = await archives_of(request)
    await services_of(request).query(lambda: archives.remove(archive))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/{archive}/file")
async def archive_file(request: Request, archive: str) -> Response:
    """Return the archive, or the ranges of it that a map asks for."""
    archives = await archives_of(request)
    path = await services_of(request).query(lambda: archives.file(archive))
    media_type = _MEDIA_TYPES[path.suffix.removeprefix(".")]
    return FileResponse(path, media_type=media_type, filename=f"minegis-{path.name}")


def _described(request: Request, job: dict[str, Any]) -> dict[str, Any]:
    href = str(request.url_for("archive_job", archive=job["id"]))
    file = {"file": f"{href}/file"} if job["status"] == "done" else {}
    return {**job, "href": href, **file}
