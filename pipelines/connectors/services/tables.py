"""Rows of a foreign database: what is new since the last reading, as a CSV file of its own."""

from __future__ import annotations

from collections.abc import Iterator

from data_catalog.fetch import TableAsked
from minegis.errors import InvalidInput
from pipelines.connectors.services.job import Job, Outcome
from pipelines.connectors.transport.shelf import Fetched
from pipelines.connectors.transport.table import from_plain, read_table, statement, to_plain


def plan(job: Job[TableAsked]) -> list[str]:
    """Return the statement that would be asked."""
    return [" ".join(str(statement(job.asked, _after(job))).split())]


def fetch(job: Job[TableAsked]) -> Iterator[Outcome]:
    """Keep the new rows; without a watermark the whole table, where it changed."""
    login = job.endpoint.login
    if job.endpoint.scheme != "database" or login is None:
        raise InvalidInput("no database", where=job.endpoint.address, expected="database:")
    url = login.secret()
    rows = job.patience.run(
        lambda: read_table(url, job.asked, _after(job), seconds=job.endpoint.read_seconds)
    )
    if job.asked.watermark and not rows.count:
        return
    about = {"table": job.asked.table, "rows": rows.count}
    name = f"{job.asked.table}.csv"
    if job.asked.watermark:
        kept = to_plain(rows.watermark)
        about["watermark"] = list(kept)
        name = f"{job.asked.table}/{_in_a_name(kept[1])}.csv"
    job.told(len(rows.content))
    found = Fetched(job.shelf.source, name, "", "", 0, job.now(), f"table {job.asked.table}", about=about)
    yield job.shelf.keep(rows.content, found)


def _after(job: Job[TableAsked]) -> object:
    """Return the watermark of the latest reading of this table that has one."""
    mine = [each for each in job.shelf.records() if each.about.get("table") == job.asked.table]
    latest_first = sorted(mine, key=lambda each: each.fetched_at, reverse=True)
    kept = (from_plain(each.about.get("watermark")) for each in latest_first)
    return next((each for each in kept if each is not None), None)


def _in_a_name(text: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "-+" else "_" for sign in text)[:100]
