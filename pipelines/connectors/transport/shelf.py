"""What was fetched: immutable files named by their hash, a record of each, and what is still on its way.

``files/`` holds every version, ``newest/`` a link by plain name to the newest, ``.records/`` what is known of
it, ``.parts/`` what is not whole yet.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Self

from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput, StoreConflict
from pipelines.connectors.transport.content import sha256_of
from pipelines.durable import PART, settled

FOLDER = Path("sources") / "fetched"
_LONGEST = 200  # of one part of a name: file systems take 255 bytes, and the hash comes before it


@dataclass(frozen=True, slots=True)
class Fetched:
    """One thing that was fetched.

    Attributes
    ----------
    source, name : str
        The source's id, and what it calls the thing.
    path : str
        Below the site's folder; the file never changes, a new version is a new file.
    sha256 : str
    size : int
        Bytes.
    fetched_at : datetime
    origin : str
        The address, without anything secret.
    validators : mapping
        What the source said to recognise this version by.
    valid_from, valid_to : datetime, optional
        The period that the declaration says the file speaks of.
    about : mapping
        What the service said of it.
    changed : bool
        Whether this fetch brought it; not kept.
    """

    source: str
    name: str
    path: str
    sha256: str
    size: int
    fetched_at: datetime
    origin: str
    validators: Mapping[str, str] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    changed: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        plain = asdict(self)
        for name in ("fetched_at", "valid_from", "valid_to"):
            plain[name] = format_utc(plain[name]) if plain[name] else None
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Self:
        """Read a kept record."""
        times = {
            name: parse_utc(plain[name], where="record") if plain[name] else None
            for name in ("fetched_at", "valid_from", "valid_to")
        }
        return cls(**{**plain, **times, "changed": False})


@dataclass
class Part:
    """A file on its way: the bytes that are here, and of which version they are."""

    path: Path
    origin: str = ""
    validators: Mapping[str, str] = field(default_factory=dict)
    total: int | None = None

    @property
    def size(self) -> int:
        """How many bytes are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    def begin(self, origin: str, validators: Mapping[str, str], total: int | None) -> None:
        """Forget what is here and start on a version."""
        self.path.unlink(missing_ok=True)
        self.origin, self.validators, self.total = origin, dict(validators), total
        with settled(self._note) as note:
            note.write_text(json.dumps({"origin": origin, "validators": self.validators, "total": total}))

    def discard(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    @classmethod
    def found(cls, path: Path, origin: str) -> Self:
        """Return what an earlier fetch of the same address left, an empty part if nothing that is of use."""
        part = cls(path)
        try:
            noted = json.loads(part._note.read_text())
        except (FileNotFoundError, ValueError):
            noted = {}
        if noted.get("origin") != origin:
            part.discard()
            return part
        return cls(path, origin, noted["validators"], noted["total"])


@dataclass(frozen=True)
class Shelf:
    """The files of one source within a site."""

    site: Path
    source: str

    @property
    def folder(self) -> Path:
        """Where they are."""
        return self.site / FOLDER / self.source

    @contextmanager
    def reserved(self) -> Iterator[None]:
        """Keep other processes from fetching the same source meanwhile.

        Raises
        ------
        StoreConflict
            If one does already.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreConflict("another fetch is under way", where=self.source) from None
            for left in self.folder.rglob(f".*{PART}"):
                left.unlink()  # of a process that was killed while it settled a file
            yield

    def record(self, name: str) -> Fetched | None:
        """Return what was fetched under this name before, if the file is still there and as long."""
        try:
            found = Fetched.from_json(json.loads(self._record(name).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None
        path = self.site / found.path
        return found if path.is_file() and path.stat().st_size == found.size else None

    def records(self) -> list[Fetched]:
        """Return the newest version of everything, by name."""
        folder = self.folder / ".records"
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.json"))
        return [each for name in names if (each := self.record(name.removesuffix(".json"))) is not None]

    def part(self, name: str, origin: str) -> Part:
        """Return what is on its way under this name."""
        path = self._below(".parts", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return Part.found(path, origin)

    def settle(self, part: Part, found: Fetched) -> Fetched:
        """Give a whole file its name, then write its record; a reader sees both or the version before."""
        sha256, size = sha256_of(part.path), part.size
        place = PurePosixPath(found.name)
        target = self._below("files", str(place.with_name(f"{sha256[:12]}-{place.name}")))
        known = self.record(found.name)
        same = known is not None and known.sha256 == sha256
        if not same:
            with settled(target) as copy:
                part.path.replace(copy)
        part.discard()
        path = target.relative_to(self.site).as_posix()
        kept = replace(found, path=path, sha256=sha256, size=size, changed=not same)
        self.note(kept)
        return kept

    def note(self, found: Fetched) -> None:
        """Write a record."""
        with settled(self._record(found.name)) as copy:
            plain = {name: value for name, value in found.to_json().items() if name != "changed"}
            copy.write_text(json.dumps(plain, ensure_ascii=False, indent=1), encoding="utf-8")
        self._point(found)

    def _point(self, found: Fetched) -> None:
        """Let the plain name lead to the newest version, for those who look for files by name."""
        link = self._below("newest", found.name)
        link.parent.mkdir(parents=True, exist_ok=True)
        target = Path(os.path.relpath(self.site / found.path, link.parent))
        if link.is_symlink() and link.readlink() == target:
            return
        with settled(link) as copy:
            copy.symlink_to(target)

    def keep(self, content: bytes, found: Fetched) -> Fetched:
        """Keep a document that is in memory."""
        part = self.part(found.name, found.origin)
        part.begin(found.origin, found.validators, len(content))
        part.path.write_bytes(content)
        return self.settle(part, found)

    def taken(self, found: Fetched) -> bool:
        """Whether this version was imported."""
        try:
            return self._below(".taken", found.name).read_text() == found.sha256
        except FileNotFoundError:
            return False

    def note_taken(self, found: Fetched) -> None:
        """Remember that this version was imported."""
        with settled(self._below(".taken", found.name)) as copy:
            copy.write_text(found.sha256)

    def visited(self) -> datetime | None:
        """Return when the source was last fetched to the end, None if never."""
        try:
            return parse_utc((self.folder / ".visited").read_text(), where=self.source)
        except FileNotFoundError:
            return None

    def note_visit(self, moment: datetime) -> None:
        """Remember that the source was fetched to the end."""
        with settled(self.folder / ".visited") as copy:
            copy.write_text(format_utc(moment))

    def _record(self, name: str) -> Path:
        return self._below(".records", f"{name}.json")

    def _below(self, folder: str, name: str) -> Path:
        """Return a place in the folder for a name that came from outside.

        Raises
        ------
        InvalidInput
            If the name would lead elsewhere or to what is ours.
        """
        parts = name.split("/")
        bad = any(
            not part or part.startswith(".") or not part.isprintable() or len(part.encode()) > _LONGEST
            for part in parts
        )
        if bad or "\\" in name:
            raise InvalidInput("a name that is no file's", where=self.source, got=repr(name[:200]))
        return (self.folder / folder).joinpath(*parts)
