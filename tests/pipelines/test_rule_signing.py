"""Signatures of rule packages: what they bind, whom they trust, when they end."""

from __future__ import annotations

import base64
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minegis.errors import InvalidDeclaration, InvalidInput
from pipelines.rule_signing import (
    Signature,
    TrustedKey,
    TrustedKeys,
    key_line,
    make_key,
    sign,
    trusted_keys,
    verify,
)
from risk_models.rule_package import RulePackage, load_rules, package_of

AT = datetime(2026, 7, 20, 4, tzinfo=UTC)
LIAONING = load_rules("liaoning")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrustedKey]:
    path = tmp_path_factory.mktemp("keys") / "office.pem"
    return path, make_key(path, "省厅规则组")


def changed(package: RulePackage, **changes: object) -> RulePackage:
    return package_of({**package.content(), **changes}, "test")


def test_a_signed_package_is_verified_by_its_key(key: tuple[Path, TrustedKey]) -> None:
    signature = sign(LIAONING, key[0], AT)
    assert verify(LIAONING, signature, TrustedKeys(keys=(key[1],)), AT) == key[1]


def test_a_private_key_is_readable_by_its_owner_alone_and_never_overwritten(
    key: tuple[Path, TrustedKey],
) -> None:
    assert stat.S_IMODE(key[0].stat().st_mode) == 0o600
    with pytest.raises(InvalidInput, match="there already"):
        make_key(key[0], "another")


def test_what_keygen_prints_is_what_the_file_of_trusted_keys_takes(
    key: tuple[Path, TrustedKey], tmp_path: Path
) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text("keys:\n" + key_line(key[1]), encoding="utf-8")
    assert trusted_keys(path).keys == (key[1],)
    assert trusted_keys(None).keys == ()
    with pytest.raises(InvalidInput, match="no such file"):
        trusted_keys(tmp_path / "absent.yaml")


def test_a_key_file_with_a_broken_key_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "keys.yaml"
    path.write_text("keys:\n- signer: a\n  public: AAAA\n", encoding="utf-8")
    with pytest.raises(InvalidDeclaration, match=r"keys\.yaml:2.*32 bytes"):
        trusted_keys(path)


def test_a_changed_limit_breaks_the_signature(key: tuple[Path, TrustedKey]) -> None:
    signature = sign(LIAONING, key[0], AT)
    eased = changed(LIAONING, promotion={**LIAONING.content()["promotion"], "blue": 5})
    with pytest.raises(InvalidInput, match="not of this content"):
        verify(eased, signature, TrustedKeys(keys=(key[1],)), AT)


@pytest.mark.parametrize(
    "changes", [{"id": "jilin"}, {"version": "9.0.0"}, {"title": {"zh": "甲", "en": "A"}}]
)
def test_a_signature_cannot_be_replayed_on_another_package_or_version(
    key: tuple[Path, TrustedKey], changes: dict[str, object]
) -> None:
    signature = sign(LIAONING, key[0], AT)
    with pytest.raises(InvalidInput, match="not of this content"):
        verify(changed(LIAONING, **changes), signature, TrustedKeys(keys=(key[1],)), AT)


def test_a_changed_base_breaks_the_signature_of_what_extends_it(
    key: tuple[Path, TrustedKey], tmp_path: Path
) -> None:
    text = "id: liaoning\nversion: 1.0.0\ntitle: {zh: 甲, en: A}\nextends: base\n"
    (tmp_path / "liaoning.yaml").write_text(text, encoding="utf-8")
    base = "id: base\nversion: '1'\ntitle: {zh: 乙, en: B}\nextends: national\n"
    (tmp_path / "base.yaml").write_text(base, encoding="utf-8")
    signature = sign(load_rules("liaoning", tmp_path), key[0], AT)
    (tmp_path / "base.yaml").write_text(
        base + "promotion: {clause: c, provenance: p, blue: 9, yellow: 9, orange: 9}\n", encoding="utf-8"
    )
    with pytest.raises(InvalidInput, match="not of this content"):
        verify(load_rules("liaoning", tmp_path), signature, TrustedKeys(keys=(key[1],)), AT)


def test_an_unknown_key_is_not_trusted(key: tuple[Path, TrustedKey], tmp_path: Path) -> None:
    other = make_key(tmp_path / "other.pem", "somebody")
    with pytest.raises(InvalidInput, match="not trusted"):
        verify(LIAONING, sign(LIAONING, key[0], AT), TrustedKeys(keys=(other,)), AT)


def test_another_key_under_a_trusted_name_does_not_help(key: tuple[Path, TrustedKey], tmp_path: Path) -> None:
    make_key(tmp_path / "other.pem", "somebody")
    forged = sign(LIAONING, tmp_path / "other.pem", AT).model_copy(update={"key": key[1].id})
    with pytest.raises(InvalidInput, match="not of this content"):
        verify(LIAONING, forged, TrustedKeys(keys=(key[1],)), AT)


@pytest.mark.parametrize(("first", "last", "good"), [
    (None, None, True), (date(2026, 7, 20), date(2026, 7, 20), True),
    (None, date(2026, 7, 19), False), (date(2026, 7, 21), None, False),
])  # fmt: skip
def test_a_key_is_trusted_on_its_days_alone(
    key: tuple[Path, TrustedKey], first: date | None, last: date | None, good: bool
) -> None:
    dated = key[1].model_copy(update={"not_before": first, "not_after": last})
    signature = sign(LIAONING, key[0], AT)
    if good:
        assert verify(LIAONING, signature, TrustedKeys(keys=(dated,)), AT) == dated
    else:
        with pytest.raises(InvalidInput, match="not valid on this day"):
            verify(LIAONING, signature, TrustedKeys(keys=(dated,)), AT)


def test_the_time_of_a_signature_is_signed_too(key: tuple[Path, TrustedKey]) -> None:
    trusted = TrustedKeys(keys=(key[1],))
    signature = sign(LIAONING, key[0], AT)
    backdated = signature.model_copy(update={"signed_at": "2020-01-01T00:00:00Z"})
    with pytest.raises(InvalidInput, match="not of this content"):
        verify(LIAONING, backdated, trusted, AT)
    with pytest.raises(InvalidInput, match="signed in the future"):
        verify(LIAONING, sign(LIAONING, key[0], AT + timedelta(hours=1)), trusted, AT)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(position=st.integers(0, 63), bit=st.integers(0, 7))
def test_no_flipped_bit_of_a_signature_verifies(
    key: tuple[Path, TrustedKey], position: int, bit: int
) -> None:
    signature = sign(LIAONING, key[0], AT)
    raw = bytearray(base64.b64decode(signature.value))
    raw[position] ^= 1 << bit
    broken = signature.model_copy(update={"value": base64.b64encode(raw).decode()})
    with pytest.raises(InvalidInput, match="not of this content"):
        verify(LIAONING, broken, TrustedKeys(keys=(key[1],)), AT)


@pytest.mark.parametrize("value", ["", "not base64!", "AAAA"])
def test_a_signature_that_is_none_is_refused(key: tuple[Path, TrustedKey], value: str) -> None:
    signature = Signature(key=key[1].id, signed_at="2026-07-20T00:00:00Z", value=value)
    with pytest.raises(InvalidInput, match="not of this content"):
        verify(LIAONING, signature, TrustedKeys(keys=(key[1],)), AT)


def test_a_protected_key_needs_its_password(tmp_path: Path) -> None:
    path = tmp_path / "protected.pem"
    key = make_key(path, "office", b"correct horse")
    with pytest.raises(InvalidInput, match="cannot be used as a key"):
        sign(LIAONING, path, AT)
    with pytest.raises(InvalidInput, match="cannot be used as a key"):
        sign(LIAONING, path, AT, b"wrong")
    assert verify(LIAONING, sign(LIAONING, path, AT, b"correct horse"), TrustedKeys(keys=(key,)), AT) == key
