"""When to ask again: what passes, how long to wait, and when to give up."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import tenacity

from minegis.clock import utc_now
from minegis.errors import MinegisError


class Transient(Exception):
    """Something that may pass; `error` is what it is if it does not, `wait` what the server asked for, s."""

    def __init__(self, error: MinegisError, wait: float | None = None) -> None:
        self.error = error
        self.wait = wait
        super().__init__(str(error))


@dataclass(frozen=True)
class Patience:
    """How often and how long: waits double from `first` to `longest` seconds, each drawn from its half up.

    A server that asks for more than `most` seconds is not waited for.
    """

    attempts: int = 5
    first: float = 1.0
    longest: float = 60.0
    most: float = 600.0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def run[T](self, action: Callable[[], T]) -> T:
        """Do `action`, again while what goes wrong may pass.

        Raises
        ------
        MinegisError
            What the last attempt met.
        """
        retrying = tenacity.Retrying(
            stop=self._stop,
            wait=self._wait,
            sleep=self.sleep,
            retry=tenacity.retry_if_exception_type(Transient),
            reraise=True,
        )
        try:
            return retrying(action)
        except Transient as last:
            raise last.error from None

    def _stop(self, state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= self.attempts or (_asked(state) or 0.0) > self.most

    def _wait(self, state: tenacity.RetryCallState) -> float:
        asked = _asked(state)
        if asked is not None:
            return asked
        most = min(self.first * 2.0 ** (state.attempt_number - 1), self.longest)
        return most * (0.5 + 0.5 * self.chance())


def _asked(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.wait if isinstance(error, Transient) else None


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime] = utc_now) -> float | None:
    """Return the seconds of ``Retry-After``, which are a number or a date (RFC 9110 §10.2.3)."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now()).total_seconds())
