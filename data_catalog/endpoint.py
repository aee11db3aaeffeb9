"""Where the sources of a site are: the operator's own file ``sources.yaml``, and nowhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field as Setting
from pydantic import model_validator

from data_catalog.fetch import Fetch
from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.settings import PREFIX

FILE_NAME = "sources.yaml"
SCHEMES = ("http", "https", "ftp", "ftps", "sftp", "s3", "file", "database")


class Login(Declaration):
    """How the process proves who it is; the secret itself is in an environment variable, never in a file.

    `variable` holds ``user:password`` for `basic` (also FTP, SFTP, S3), a token for `bearer`, the value of
    `name` for `header` and `query`, the path of a private key with ``user:path`` for `key`, and the whole URL
    of a `database`.
    """

    kind: Literal["basic", "bearer", "header", "query", "key", "url"]
    variable: str = Setting(pattern=r"^[A-Z][A-Z0-9_]*$")
    name: str = ""

    @model_validator(mode="after")
    def _a_name_where_one_is_sent(self) -> Self:
        if (self.kind in ("header", "query")) != bool(self.name):
            raise ValueError("`name` belongs to header and query")
        if self.variable.startswith(PREFIX):
            raise ValueError(f"names that begin with {PREFIX} are settings; choose another")
        return self

    def secret(self, environment: Mapping[str, str] | None = None) -> str:
        """Return what the variable holds.

        Raises
        ------
        InvalidInput
            If it is not set.
        """
        found = (os.environ if environment is None else environment).get(self.variable, "")
        if not found:
            raise InvalidInput(
                "credentials are not set",
                where=f"environment variable {self.variable}",
                expected=f"a secret for {self.kind}",
            )
        return found

    def pair(self) -> tuple[str, str]:
        """Return user and password (or path of a key)."""
        user, _, password = self.secret().partition(":")
        return user, password


class Endpoint(Declaration):
    """One source of a site.

    `hosts` are further hosts that redirects and links may lead to; `internal` allows private addresses for
    all of them. `host_key` is the line of the SSH server's public key. `fetch` is what to ask, where the
    declaration of the source does not say it or the operator wants something else. `plain` is object storage
    of the own network that speaks no TLS.
    """

    address: str
    hosts: tuple[str, ...] = ()
    internal: bool = False
    login: Login | None = None
    host_key: str = ""
    region: str = ""
    plain: bool = False
    connect_seconds: float = Setting(default=10.0, gt=0)
    read_seconds: float = Setting(default=60.0, gt=0)
    attempts: int = Setting(default=5, ge=1, le=20)
    fetch: Fetch | None = None

    @model_validator(mode="after")
    def _an_address_without_secrets(self) -> Self:
        parts = urlsplit(self.address)
        if parts.scheme not in SCHEMES:
            raise ValueError(f"an address begins with one of {', '.join(SCHEMES)}")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("an address holds no user, password or query: name an environment variable")
        if parts.scheme == "sftp" and not self.host_key:
            raise ValueError("sftp needs the server's host_key")
        if parts.scheme in ("http", "ftp") and self.login and not self.internal:
            raise ValueError("credentials are not sent in the clear to a public host: use https or ftps")
        if self.plain and not (self.internal and parts.scheme == "s3"):
            raise ValueError("`plain` is for s3 inside the own network")
        if parts.scheme == "database" and (self.login is None or self.login.kind != "url"):
            raise ValueError("a database has its URL in the environment: login {kind: url, variable: …}")
        return self

    @property
    def scheme(self) -> str:
        """The protocol."""
        return urlsplit(self.address).scheme

    @property
    def host(self) -> str:
        """The host, in lower case; empty for a folder."""
        return (urlsplit(self.address).hostname or "").lower()

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Every host that may be spoken to."""
        return frozenset({self.host, *(each.lower() for each in self.hosts)})


class _Endpoints(Declaration):
    sources: dict[str, Endpoint] = Setting(default_factory=dict)


def endpoints(site_folder: Path) -> dict[str, Endpoint]:
    """Return the endpoints that a site names, by source id; none if it has no ``sources.yaml``.

    Raises
    ------
    InvalidDeclaration
        With file, line and field.
    """
    path = site_folder / FILE_NAME
    return read(path, _Endpoints).sources if path.exists() else {}
