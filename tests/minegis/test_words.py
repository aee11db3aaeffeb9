from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minegis.clock import format_utc, parse_utc
from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidDeclaration, InvalidInput, NotFound
from minegis.evidence import Evidence
from minegis.levels import EvidenceState, Label, Origin, RegionLevel, Standing, Tier
from minegis.reading import Quality
from minegis.settings import Settings
from minegis.variables import variable, variables


def test_every_word_has_both_languages() -> None:
    words = [member.label for kind in (Tier, EvidenceState, Standing, RegionLevel, Origin) for member in kind]
    words += [Label(v.label.zh, v.label.en) for v in variables().values()]
    assert all(word.zh.strip() and word.en.strip() for word in words)


def test_the_integer_grows_with_severity_while_the_numeral_falls() -> None:
    assert [tier.numeral for tier in (Tier.RED, Tier.ORANGE, Tier.YELLOW, Tier.BLUE)] == ["Ⅰ", "Ⅱ", "Ⅲ", "Ⅳ"]
    assert Tier.RED > Tier.ORANGE > Tier.YELLOW > Tier.BLUE > Tier.NONE


@given(st.sampled_from(Tier))
def test_only_an_illustrative_model_is_held_at_blue(tier: Tier) -> None:
    assert Standing.ILLUSTRATIVE.cap(tier) == min(tier, Tier.BLUE)
    assert Standing.VERIFIED.cap(tier) == Standing.CALIBRATED.cap(tier) == tier


def test_only_good_and_unevaluated_readings_may_meet_a_threshold() -> None:
    assert [quality for quality in Quality if quality.usable] == [Quality.GOOD, Quality.NOT_EVALUATED]


def test_a_time_without_offset_is_refused() -> None:
    with pytest.raises(InvalidInput, match="without offset"):
        parse_utc("2026-07-20T12:00:00")
    with pytest.raises(InvalidInput, match="not a time"):
        parse_utc("yesterday")


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_survives_text(moment: datetime) -> None:
    assert parse_utc(format_utc(moment)) == moment


def test_beijing_noon_is_four_in_utc() -> None:
    noon = datetime(2026, 7, 20, 12, tzinfo=timezone(timedelta(hours=8)))
    assert format_utc(noon) == "2026-07-20T04:00:00Z"


def test_evidence_survives_json() -> None:
    leaf = Evidence("pond_level", Label("库水位", "Pond level"), 1510.2, "m", source="S1 row 3")
    node = Evidence(
        "freeboard", Label("安全超高", "Freeboard"), 0.4, "m", Tier.RED, EvidenceState.STALE,
        standing=Standing.VERIFIED, note=Label("注", "note"), inputs=(leaf,),
    )  # fmt: skip
    assert Evidence.from_json(node.to_json()) == node
    assert [depth for depth, _ in node.walk()] == [0, 1]


class Sluice(Declaration):
    width: float
    label: BilingualText


class Dam(Declaration):
    height: float
    sluices: tuple[Sluice, ...] = ()


def test_a_wrong_declaration_names_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "dam.yaml"
    path.write_text("height: 30\nsluices:\n  - width: wide\n    label: {zh: 闸, en: Sluice}\ncolour: red\n")
    with pytest.raises(InvalidDeclaration) as caught:
        read(path, Dam)
    message = str(caught.value)
    assert f"{path}:3: sluices.0.width" in message
    assert "got 'wide'" in message
    assert f"{path}:5: colour" in message


def test_text_that_is_not_yaml_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dam.yaml"
    path.write_text("height: 30\n  bad: [\n")
    with pytest.raises(InvalidDeclaration, match=r"dam\.yaml:\d"):
        read(path, Dam)


def test_an_unknown_variable_lists_the_known_ones() -> None:
    with pytest.raises(NotFound, match="pond_level"):
        variable("pond_depth")


def test_a_misspelt_setting_is_refused() -> None:
    with pytest.raises(InvalidInput, match="MINEGIS_PROT"):
        Settings.from_environment({"MINEGIS_PROT": "9000"})
    with pytest.raises(InvalidInput, match="MINEGIS_PORT"):
        Settings.from_environment({"MINEGIS_PORT": "ninety"})


def test_settings_come_from_the_environment_alone() -> None:
    settings = Settings.from_environment({"MINEGIS_PORT": "9000", "MINEGIS_SITE": "/data/site", "HOME": "/x"})
    assert (settings.port, settings.site) == (9000, Path("/data/site"))
