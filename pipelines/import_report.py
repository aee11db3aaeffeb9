"""What an import did, row by row where something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data_catalog.mistake import Mistake


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The outcome of importing one file.

    `quarantined` counts the rows of this file that are held, `released` the held rows that this file
    corrects, `skipped` the rows marked with # (explanations and examples of the template).
    """

    file: str
    dataset: str
    rows: int
    inserted: int
    updated: int
    unchanged: int
    quarantined: int
    released: int
    skipped: int
    mistakes: tuple[Mistake, ...] = ()
    warnings: tuple[Mistake, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rejected(self) -> int:
        """How many rows did not go in."""
        return self.quarantined

    def text(self) -> str:
        """Return the report as lines for a terminal: counts, then every mistake, warning and note."""
        counts = (
            f"{self.file} → {self.dataset}: {self.rows} rows; {self.inserted} inserted, "
            f"{self.updated} updated, {self.unchanged} unchanged, {self.quarantined} held, "
            f"{self.released} released, {self.skipped} skipped (#)"
        )
        warnings = [f"warning: {warning}" for warning in self.warnings]
        return "\n".join(
            [counts, *map(str, self.mistakes), *warnings, *(f"note: {note}" for note in self.notes)]
        )

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        counts = ("rows", "inserted", "updated", "unchanged", "quarantined", "released", "skipped")
        return {
            "file": self.file,
            "dataset": self.dataset,
            **{name: getattr(self, name) for name in counts},
            "mistakes": [{"row": mistake.row, **mistake.to_json()} for mistake in self.mistakes],
            "warnings": [{"row": mistake.row, **mistake.to_json()} for mistake in self.warnings],
            "notes": list(self.notes),
        }
