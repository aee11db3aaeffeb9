"""What a service is given to do its work, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NoReturn

from data_catalog.endpoint import Endpoint
from data_catalog.fetch import Asked
from minegis.clock import utc_now
from minegis.errors import InvalidInput, MinegisError, NotFound
from pipelines.connectors.transport.door import Door, Wanted, bring
from pipelines.connectors.transport.patience import Patience
from pipelines.connectors.transport.shelf import Fetched, Shelf

type Box = tuple[float, float, float, float]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Missed:
    """Something that did not come, and why; the rest of a fetch goes on."""

    name: str
    reason: MinegisError

    @property
    def is_absent(self) -> bool:
        """Whether it is simply not there (yet)."""
        return isinstance(self.reason, NotFound)


type Outcome = Fetched | Missed


@dataclass(frozen=True)
class Job[A: Asked]:
    """One fetch of one source: what is asked, where, of which areas (west, south, east, north), and when."""

    asked: A
    endpoint: Endpoint
    shelf: Shelf
    boxes: tuple[Box, ...] = ()
    patience: Patience = field(default_factory=Patience)
    now: Callable[[], datetime] = utc_now
    told: Callable[[int], None] = lambda count: None

    @property
    def period(self) -> tuple[datetime, datetime]:
        """The window that is asked for, in whole seconds."""
        end = self.now().replace(microsecond=0) - self.asked.delay
        return end - self.asked.window, end

    @property
    def max_bytes(self) -> int:
        """The bound of each file."""
        return round(self.asked.max_mb * 1e6)

    def areas(self) -> tuple[Box, ...]:
        """Return the boxes.

        Raises
        ------
        InvalidInput
            If the site has no area to ask for.
        """
        if not self.boxes:
            raise InvalidInput("no area to ask for", where="site.yaml: areas", expected="a bbox or regions")
        return self.boxes

    def slots(self, every: timedelta) -> list[datetime]:
        """Return the multiples of `every` (UTC) within the window, the newest first."""
        first, last = self.period
        latest = _EPOCH + (last - _EPOCH) // every * every
        count = max(0, (latest - first) // every + 1)
        return [latest - index * every for index in range(count)]

    def bring(self, door: Door, wanted: Iterable[Wanted]) -> Iterator[Outcome]:
        """Bring one file after the other; what is wrong with one is told and the next comes.

        Raises
        ------
        Unreachable
            If the service does not answer: the others would not come either.
        """
        for each in islice(wanted, self.asked.max_files):
            try:
                yield bring(door, each, self.shelf, self.patience, now=self.now, told=self.told)
            except (InvalidInput, NotFound) as reason:
                yield Missed(each.name, reason)


@contextmanager
def understood(where: str) -> Iterator[None]:
    """Refuse what is within an answer and not as the service's specification has it, by its place."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        said = f"{type(error).__name__} {error}"
        raise InvalidInput("an answer that is not understood", where=where, got=said[:120]) from None


def refuse_answer(where: str, expected: str, got: object) -> NoReturn:
    """Refuse an answer that is not as the service's specification has it."""
    raise InvalidInput(
        "an answer that is not understood", where=where, expected=expected, got=repr(got)[:120]
    )
