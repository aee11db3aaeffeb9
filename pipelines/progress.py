"""How a long job tells what it is doing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the stages of a job."""

    def begin(self, title: str, total: int = 1) -> None:
        """Start a stage of `total` steps; the stage before it is done."""

    def advance(self, steps: int = 1) -> None:
        """Count steps of the present stage."""


class Silent:
    """A progress that nobody watches."""

    def begin(self, title: str, total: int = 1) -> None:
        """Ignore."""

    def advance(self, steps: int = 1) -> None:
        """Ignore."""
