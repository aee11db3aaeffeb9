"""Every error that minegis raises on purpose.

MinegisError
├── InvalidInput          data from outside that cannot be used
│   └── InvalidDeclaration  a YAML declaration: file, line, field
├── NotFound              an id, code or file that is not there
├── Unreachable           a service outside that does not answer, or not as it should
├── MissingEvidence       a computation that lacks an input it must have
├── JobFailed             a job that could not be brought to its end
└── StoreConflict         a write that lost against another
    └── Stale               a write made on a state that is no longer there
"""

from __future__ import annotations


class MinegisError(Exception):
    """An error a person can act on.

    Parameters
    ----------
    what : str
        What went wrong, one sentence.
    where : str, optional
        The file, row, field or parameter.
    expected, got : str, optional
        What would have been accepted and what came.
    """

    def __init__(self, what: str, *, where: str = "", expected: str = "", got: str = "") -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got
        super().__init__(self.__str__())

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.got:
            parts.append(f"got {self.got}")
        return "; ".join(parts)


class InvalidInput(MinegisError):
    """Data from outside that cannot be used as it is."""


class InvalidDeclaration(InvalidInput):
    """A YAML declaration that does not follow its schema."""


class NotFound(MinegisError):
    """Something that was asked for by name and does not exist."""


class Unreachable(MinegisError):
    """A service outside that does not answer, or not as it should; asking later may help."""


class MissingEvidence(MinegisError):
    """A computation that lacks an input it must have."""


class JobFailed(MinegisError):
    """A job that could not be brought to its end; what it finished is kept for the next attempt."""


class StoreConflict(MinegisError):
    """A write that lost against another write."""


class Stale(StoreConflict):
    """A write made on a state that is no longer there."""
