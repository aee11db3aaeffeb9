"""The words for how bad it is and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


@dataclass(frozen=True, slots=True)
class Label:
    """A text in the two languages that people see."""

    zh: str
    en: str

    def to_json(self) -> dict[str, str]:
        """Return ``{"zh": ..., "en": ...}``."""
        return {"zh": self.zh, "en": self.en}


class Tier(IntEnum):
    """Warning tier; the integer grows with severity, the Chinese numeral falls."""

    NONE = 0
    BLUE = 1
    YELLOW = 2
    ORANGE = 3
    RED = 4

    @property
    def label(self) -> Label:
        """Colour word in both languages."""
        return _TIERS[self][0]

    @property
    def colour(self) -> str:
        """Hex colour, the one definition for map, page, style and document."""
        return _TIERS[self][1]

    @property
    def numeral(self) -> str:
        """Roman numeral of the Chinese scale, empty for no warning."""
        return _TIERS[self][2]


_TIERS: dict[Tier, tuple[Label, str, str]] = {
    Tier.NONE: (Label("正常", "Normal"), "#9FB3C1", ""),
    Tier.BLUE: (Label("蓝色", "Blue"), "#2F6BFF", "Ⅳ"),
    Tier.YELLOW: (Label("黄色", "Yellow"), "#F5D000", "Ⅲ"),
    Tier.ORANGE: (Label("橙色", "Orange"), "#FF7D00", "Ⅱ"),
    Tier.RED: (Label("红色", "Red"), "#E60012", "Ⅰ"),
}


class EvidenceState(StrEnum):
    """Whether what is known is enough to speak; silence is never normal."""

    SUFFICIENT = "sufficient"
    STALE = "stale"
    INSUFFICIENT = "insufficient"
    MISSING = "missing"

    @property
    def label(self) -> Label:
        """Word in both languages."""
        return _STATES[self]


_STATES: dict[EvidenceState, Label] = {
    EvidenceState.SUFFICIENT: Label("证据充分", "Sufficient evidence"),
    EvidenceState.STALE: Label("数据陈旧", "Stale evidence"),
    EvidenceState.INSUFFICIENT: Label("证据不足", "Insufficient evidence"),
    EvidenceState.MISSING: Label("无数据", "No evidence"),
}


class Standing(StrEnum):
    """How far a model may be trusted; an illustrative one cannot raise a tier above blue."""

    VERIFIED = "verified"
    CALIBRATED = "calibrated"
    ILLUSTRATIVE = "illustrative"

    @property
    def label(self) -> Label:
        """Word in both languages."""
        return _STANDINGS[self]

    def cap(self, tier: Tier) -> Tier:
        """Return the tier this standing allows: at most blue for an illustrative model."""
        return min(tier, Tier.BLUE) if self is Standing.ILLUSTRATIVE else tier


_STANDINGS: dict[Standing, Label] = {
    Standing.VERIFIED: Label("已验证", "Verified"),
    Standing.CALIBRATED: Label("已标定", "Calibrated"),
    Standing.ILLUSTRATIVE: Label("示意性", "Illustrative"),
}


class RegionLevel(StrEnum):
    """Administrative level, from the whole to the part."""

    NATION = "nation"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"

    @property
    def label(self) -> Label:
        """Word in both languages."""
        return _LEVELS[self]


_LEVELS: dict[RegionLevel, Label] = {
    RegionLevel.NATION: Label("全国", "Nation"),
    RegionLevel.PROVINCE: Label("省级", "Province"),
    RegionLevel.CITY: Label("市级", "City"),
    RegionLevel.COUNTY: Label("县级", "County"),
    RegionLevel.TOWNSHIP: Label("乡镇", "Township"),
}


class Origin(StrEnum):
    """Where a feature or reading comes from; made-up data says so everywhere."""

    SAMPLE = "sample"
    PUBLIC = "public"
    OPERATOR = "operator"

    @property
    def label(self) -> Label:
        """Word in both languages."""
        return _ORIGINS[self]


_ORIGINS: dict[Origin, Label] = {
    Origin.SAMPLE: Label("示例数据（虚构）", "Sample data (made up)"),
    Origin.PUBLIC: Label("公开数据", "Public data"),
    Origin.OPERATOR: Label("报送数据", "Reported data"),
}
