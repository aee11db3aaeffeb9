"""The bytes that data came from: their hash, and the copy that a site keeps."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pipelines.durable import settled

_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read; a Shapefile is all its parts."""

    path: Path
    parts: tuple[Path, ...]
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Hash a file."""
        parts: tuple[Path, ...] = (path,)
        if path.suffix.lower() == ".shp":
            beside = sorted(path.parent.glob(f"{path.stem}.*"))
            parts = tuple(part for part in beside if part.suffix.lower() in _SHAPEFILE_PARTS)
        hashes = [_sha256(part) for part in parts]
        whole = hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
        return cls(path, parts, whole)

    @property
    def name(self) -> str:
        """The name of the kept copy: the head of the hash and the file's own name."""
        return f"{self.sha256[:12]}-{self.path.name}" + (".zip" if len(self.parts) > 1 else "")

    def keep(self, folder: Path) -> Path:
        """Copy the file into a folder, once; a Shapefile is zipped."""
        target = folder / self.name
        if target.exists():
            return target
        with settled(target) as copy:
            if len(self.parts) > 1:
                with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as archive:
                    for part in self.parts:
                        archive.write(part, part.name)
            else:
                shutil.copyfile(self.path, copy)
        return target


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
