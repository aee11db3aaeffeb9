"""A long series with few samples that looks the same: peaks, flags and gaps stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from minegis.reading import Quality, Reading

FEWEST = 10  # samples that a series may be thinned to

_LATE = 2.0  # intervals without a reading that are a gap


@dataclass(frozen=True, slots=True)
class Sample:
    """A value at a time with its quality; None where the point was silent."""

    at: datetime
    value: float | None
    quality: Quality


def with_gaps(readings: Sequence[Reading], interval: timedelta | None) -> list[Sample]:
    """Return readings as samples, and a missing one where none came for two intervals.

    Parameters
    ----------
    readings : sequence of Reading
        Of one point and variable, oldest first.
    interval : timedelta, optional
        Between readings; without one nothing is known to be missing.
    """
    samples = [Sample(each.observed_at, each.value, each.quality) for each in readings]
    if interval is None:
        return samples
    found = samples[:1]
    for before, after in pairwise(samples):
        if after.at - before.at > _LATE * interval:
            found.append(Sample(before.at + interval, None, Quality.MISSING))
        found.append(after)
    return found


def thinned(samples: Sequence[Sample], most: int) -> list[Sample]:
    """Return at most so many samples, oldest first.

    Time is cut into equal parts. Each keeps its lowest and highest usable value, the lowest and highest that
    is suspect or failed, and one silence. The first and the last sample stay too.

    Parameters
    ----------
    samples : sequence of Sample
        Oldest first.
    most : int
        At least `FEWEST`.
    """
    parts = most
    found = list(samples)  # at most five of a part and the two ends: one part is always few enough
    while len(found) > most:
        parts = max(1, parts * 2 // 3)
        found = _of_parts(samples, parts)
    return found


def _of_parts(samples: Sequence[Sample], parts: int) -> list[Sample]:
    start, end = samples[0].at, samples[-1].at
    width = (end - start) / parts + timedelta.resolution  # the last sample is inside the last part
    kept = {0, len(samples) - 1}
    for numbers in _parts(samples, start, width):
        usable = [n for n in numbers if samples[n].value is not None and samples[n].quality.usable]
        flagged = [n for n in numbers if samples[n].value is not None and not samples[n].quality.usable]
        silent = [n for n in numbers if samples[n].value is None]
        kept |= {*_ends(samples, usable), *_ends(samples, flagged), *silent[:1]}
    return [samples[number] for number in sorted(kept)]


def _parts(samples: Sequence[Sample], start: datetime, width: timedelta) -> Iterator[list[int]]:
    part: list[int] = []
    end = start + width
    for number, sample in enumerate(samples):
        if sample.at >= end and part:
            yield part
            part = []
            end += width * max(1, (sample.at - end) // width + 1)
        part.append(number)
    yield part


def _ends(samples: Sequence[Sample], numbers: Iterable[int]) -> list[int]:
    """Return which of some samples has the lowest and which the highest value."""
    ordered = sorted(numbers, key=lambda number: samples[number].value or 0.0)
    return [ordered[0], ordered[-1]] if ordered else []
