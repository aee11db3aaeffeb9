"""A thinned series looks the same: peaks, flags and gaps stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from minegis.levels import Origin
from minegis.reading import Quality, Reading
from pipelines.thinning import FEWEST, Sample, thinned, with_gaps

START = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sample(minute: int, value: float | None, quality: Quality = Quality.GOOD) -> Sample:
    return Sample(START + minute * MINUTE, value, quality)


def reading(minute: int, value: float = 1.0) -> Reading:
    at = START + minute * MINUTE
    return Reading("p", "tsf", "T", "pond_level", value, at, Quality.GOOD, Origin.OPERATOR, "test")


def test_a_short_series_is_left_as_it_is() -> None:
    samples = [sample(minute, float(minute % 7)) for minute in range(100)]
    assert thinned(samples, 100) == samples


def test_one_minute_of_flood_among_a_month_of_calm_is_still_there() -> None:
    samples = [sample(minute, 100.0) for minute in range(43_200)]
    samples[31_007] = sample(31_007, 163.5)
    samples[12_345] = sample(12_345, 97.25)
    found = thinned(samples, 600)
    assert len(found) <= 600
    assert samples[31_007] in found
    assert samples[12_345] in found


def test_a_failed_peak_hides_no_good_one_and_is_not_hidden() -> None:
    samples = [sample(minute, 100.0 + minute % 5) for minute in range(5_000)]
    samples[2_000] = sample(2_000, 9_999.0, Quality.FAIL)
    samples[2_001] = sample(2_001, 130.0)
    found = thinned(samples, 50)
    assert samples[2_000] in found
    assert samples[2_001] in found


def test_a_gap_is_a_missing_sample_when_the_next_was_due() -> None:
    # Readings every minute, none from minute 5 to 12: the one of minute 5 was due and did not come.
    found = with_gaps([reading(minute) for minute in (3, 4, 12, 13)], MINUTE)
    assert [each.at for each in found if each.value is None] == [START + 5 * MINUTE]
    assert [each.quality for each in found if each.value is None] == [Quality.MISSING]


def test_a_reading_that_is_late_by_less_than_an_interval_is_no_gap() -> None:
    assert len(with_gaps([reading(0), reading(2)], MINUTE)) == 2


def test_a_gap_survives_thinning() -> None:
    readings = [reading(minute) for minute in range(20_000) if not 7_000 <= minute < 7_030]
    found = thinned(with_gaps(readings, MINUTE), 100)
    assert START + 7_000 * MINUTE in [each.at for each in found if each.value is None]


@given(
    st.lists(
        st.tuples(st.floats(-1e6, 1e6) | st.none(), st.sampled_from(list(Quality))), min_size=1, max_size=400
    ),
    st.integers(FEWEST, 60),
)
def test_thinning_keeps_ends_extremes_order_and_the_number(
    values: list[tuple[float | None, Quality]], most: int
) -> None:
    samples = [sample(3 * number, value, quality) for number, (value, quality) in enumerate(values)]
    found = thinned(samples, most)
    assert len(found) <= most
    assert set(found) <= set(samples)
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert (found[0], found[-1]) == (samples[0], samples[-1])
    usable = [each.value for each in samples if each.quality.usable and each.value is not None]
    kept = [each.value for each in found if each.quality.usable and each.value is not None]
    if usable:
        assert (min(kept), max(kept)) == (min(usable), max(usable))
    assert any(each.value is None for each in found) == any(each.value is None for each in samples)
