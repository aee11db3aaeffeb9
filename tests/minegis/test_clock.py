from __future__ import annotations

from datetime import UTC, datetime

from minegis.clock import format_moment


def test_a_moment_before_the_year_1000_is_as_wide_as_any() -> None:
    assert format_moment(datetime(46, 10, 23, tzinfo=UTC)) == "0046-10-23T00:00:00.000000Z"
