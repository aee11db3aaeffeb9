"""Parameters that several routes of the JSON API take."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Query

from minegis.clock import parse_utc


def _known(
    as_of: Annotated[
        str | None, Query(max_length=40, description="Show what was known at this time, ISO 8601 with offset")
    ] = None,
) -> datetime | None:
    return None if as_of is None else parse_utc(as_of, where="as_of")


Known = Annotated[datetime | None, Depends(_known)]
"""The moment whose knowledge is asked for, the present if absent."""
