"""Signatures of rule packages (Ed25519): who stands for a package, and whether it is the one that was signed.

What is signed is a statement: id, version, SHA-256 of the whole content with everything that it extends, the
key and the time. So a signature fits no other package, no other version, and no other base.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from datetime import date, datetime
from pathlib import Path
from typing import Self

import yaml
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import Field as Setting
from pydantic import model_validator

from minegis.clock import format_utc, parse_utc
from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from risk_models.rule_package import RulePackage

_PURPOSE = "minegis rule package signature 1"
_KEY_BYTES = 32
_LONGEST = 200  # a signature in base64 has 88 signs


class Signature(Declaration):
    """A signature as it stands in the file beside a package (``<package>.yaml.sig``)."""

    key: str = Setting(max_length=_LONGEST)
    signed_at: str = Setting(max_length=_LONGEST)
    value: str = Setting(max_length=_LONGEST)


class TrustedKey(Declaration):
    """A key that packages may be signed with, and on which days.

    Attributes
    ----------
    signer : str
        Whose key it is, for people.
    public : str
        The 32 bytes of the public key in base64.
    not_before, not_after : date, optional
        First and last day (UTC) on which a package that bears its signature may be loaded or activated.
    """

    signer: str
    public: str
    not_before: date | None = None
    not_after: date | None = None

    @model_validator(mode="after")
    def _is_a_key(self) -> Self:
        if len(_bytes(self.public)) != _KEY_BYTES:
            raise ValueError("public: expected 32 bytes in base64")
        return self

    @property
    def id(self) -> str:
        """Name of the key: the beginning of the SHA-256 of its bytes."""
        return _id(_bytes(self.public))


class TrustedKeys(Declaration):
    """The file that the setting MINEGIS_RULE_KEYS names."""

    keys: tuple[TrustedKey, ...]


def trusted_keys(path: Path | None) -> TrustedKeys:
    """Read the keys that are trusted; without a file none is.

    Raises
    ------
    InvalidInput
        If the file cannot be read; `InvalidDeclaration` if it is not as declared.
    """
    if path is None:
        return TrustedKeys(keys=())
    if not path.is_file():
        raise InvalidInput(
            "no such file", where=f"MINEGIS_RULE_KEYS: {path}", expected="a file of public keys"
        )
    return read(path, TrustedKeys)


def make_key(path: Path, signer: str, password: bytes | None = None) -> TrustedKey:
    """Make a private key, write it to a new file that only its owner reads, and return its public half.

    Raises
    ------
    InvalidInput
        If the file is there already.
    """
    private = Ed25519PrivateKey.generate()
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidInput(
            "a file is there already", where=str(path), expected="a new name: a key is never overwritten"
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
    return TrustedKey(signer=signer, public=_public_text(private))


def key_line(key: TrustedKey) -> str:
    """Return the text that the operator adds to the file of trusted keys."""
    stated = {name: str(value) for name, value in key.model_dump(exclude_none=True).items()}
    return yaml.safe_dump([stated], allow_unicode=True, sort_keys=False)


def sign(package: RulePackage, key: Path, at: datetime, password: bytes | None = None) -> Signature:
    """Sign a package with the private key of a file.

    Raises
    ------
    InvalidInput
        If the file is no Ed25519 key, or its password is another one.
    """
    private = _private(key, password)
    key_id = _id(_bytes(_public_text(private)))
    signed_at = format_utc(at.replace(microsecond=0))
    value = private.sign(_statement(package, key_id, signed_at))
    return Signature(key=key_id, signed_at=signed_at, value=base64.b64encode(value).decode())


def verify(package: RulePackage, signature: Signature, trusted: TrustedKeys, at: datetime) -> TrustedKey:
    """Return the key that signed a package, if it is trusted at this time.

    Raises
    ------
    InvalidInput
        If the key is unknown, not valid on this day, or the signature is of something else.
    """
    where = f"signature of {package.id} {package.version}"
    key = next((each for each in trusted.keys if each.id == signature.key), None)
    if key is None:
        known = ", ".join(f"{each.id} ({each.signer})" for each in trusted.keys) or "none"
        raise InvalidInput(
            "signed with a key that is not trusted",
            where=where,
            expected=f"a key of MINEGIS_RULE_KEYS: {known}",
            got=signature.key,
        )
    today = at.date()
    if (key.not_before and today < key.not_before) or (key.not_after and today > key.not_after):
        raise InvalidInput(
            "signed with a key that is not valid on this day",
            where=where,
            expected=f"{key.not_before or 'ever'} to {key.not_after or 'ever'}",
            got=str(today),
        )
    if parse_utc(signature.signed_at, where=f"{where}: signed_at") > at:
        raise InvalidInput("signed in the future", where=where, got=signature.signed_at)
    public = Ed25519PublicKey.from_public_bytes(_bytes(key.public))
    try:
        public.verify(_bytes(signature.value), _statement(package, signature.key, signature.signed_at))
    except InvalidSignature:
        raise InvalidInput(
            "the signature is not of this content",
            where=where,
            expected="the package as it was signed, with the same base",
            got=f"digest {package.digest[:12]}",
        ) from None
    return key


def _statement(package: RulePackage, key: str, signed_at: str) -> bytes:
    lines = (_PURPOSE, package.id, package.version, package.digest, key, signed_at)
    return "\n".join(lines).encode()


def _private(path: Path, password: bytes | None) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password)
    except (ValueError, TypeError) as error:
        raise InvalidInput(
            "cannot be used as a key",
            where=str(path),
            expected="a key of `minegis rules keygen`",
            got=str(error),
        ) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidInput("not an Ed25519 key", where=str(path), got=type(key).__name__)
    return key


def _public_text(private: Ed25519PrivateKey) -> str:
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def _id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
