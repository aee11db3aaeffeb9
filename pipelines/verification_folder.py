"""Where a site keeps its verification reports: one folder each, named by when it was made."""

from __future__ import annotations

from pathlib import Path

from data_catalog.site import Site
from minegis.errors import NotFound

FOLDER = "verification"
LANGUAGES = ("zh", "en")


def newest_report(site: Site) -> Path:
    """Return the folder of the newest report.

    Raises
    ------
    NotFound
        If there is none yet.
    """
    found = _reports(site)
    if not found:
        raise NotFound("no verification report yet", where=FOLDER, expected="`minegis verify`")
    return found[-1]


def has_report(site: Site) -> bool:
    """Say whether there is a report."""
    return bool(_reports(site))


def _reports(site: Site) -> list[Path]:
    return sorted(path for path in (site.folder / FOLDER).glob("*Z-*") if (path / "report.json").is_file())
