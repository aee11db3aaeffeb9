"""What verification must be told: confidence, when a percentage may be shown, windows, and alarm targets."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from minegis.declarations import BilingualText, Declaration, read

FILE = Path(__file__).with_name("verification_settings.yaml")


class Matching(Declaration):
    """When a warning and an event belong together; hours."""

    before_hours: PositiveFloat
    after_hours: NonNegativeFloat
    provenance: str


class Target(Declaration):
    """What a figure of alarm management should stay at or below."""

    label: BilingualText
    unit: str
    acceptable: NonNegativeFloat
    source: str


class AlarmTargets(Declaration):
    """Counts of alarm management: what a flood, a chattering and a stale alarm are, and the targets."""

    period_minutes: PositiveFloat
    flood_above: PositiveInt
    chatter_count: PositiveInt
    chatter_minutes: PositiveFloat
    stale_hours: PositiveFloat
    top_sources: PositiveInt
    targets: dict[str, Target]
    source: str


class EventClass(Declaration):
    """A class of event for the duration matrix; a kind of event that no class names is in the least one."""

    label: BilingualText
    grades: tuple[str, ...] = ()


class DurationMatrixRules(Declaration):
    """How long before an event its time begins, classes of events, and what each element counts as."""

    lead_hours: NonNegativeFloat
    classes: tuple[EventClass, ...]
    alert: tuple[tuple[str, ...], ...]
    grade: tuple[tuple[str, ...], ...]
    provenance: str


class Settings(Declaration):
    """The whole file."""

    confidence: PositiveFloat
    least_count: PositiveInt
    bins: PositiveInt
    matching: Matching
    alarms: AlarmTargets
    edumap: DurationMatrixRules


@cache
def settings() -> Settings:
    """Return the settings of verification."""
    return read(FILE, Settings)
