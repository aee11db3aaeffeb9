"""SFTP through paramiko; the server must show the key that the operator wrote down."""

from __future__ import annotations

import contextlib
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import paramiko
from paramiko.pkey import UnknownKeyType

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.transport.address import Lookup, connect, look_up
from pipelines.connectors.transport.door import Answer, Validators
from pipelines.connectors.transport.listing import walk
from pipelines.connectors.transport.patience import Transient

_CHUNK = 1 << 18
_PORT = 22


class SftpDoor:
    """Reads files of one server; a version is known by its size and the time of its change."""

    def __init__(self, endpoint: Endpoint, *, lookup: Lookup = look_up) -> None:
        self._endpoint = endpoint
        self._lookup = lookup
        self._root = unquote(urlsplit(endpoint.address).path).rstrip("/")
        self._transport: paramiko.Transport | None = None
        self._sftp: paramiko.SFTPClient | None = None

    def close(self) -> None:
        """Leave."""
        for each in (self._sftp, self._transport):
            if each is not None:
                with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                    each.close()
        self._sftp = self._transport = None

    def address(self, name: str) -> str:
        """Return the address of a name below the endpoint."""
        return f"{self._endpoint.address.rstrip('/')}/{quote(name.lstrip('/'))}"

    def name(self, address: str) -> str:
        """Return the name below the endpoint that an address is of."""
        return unquote(urlsplit(address).path).removeprefix(self._root).lstrip("/")

    def names(self, pattern: str) -> Sequence[str]:
        """Return the files that fit, in name order."""
        with self._as_transient():
            return [self.address(path) for path in walk(pattern, self._entries)]

    def _entries(self, folder: str) -> list[str]:
        try:
            return self._connected().listdir(f"{self._root}/{folder}".rstrip("/") or "/")
        except FileNotFoundError:
            return []

    @contextmanager
    def read(
        self, address: str, *, offset: int = 0, of: Validators | None = None, unless: Validators | None = None
    ) -> Iterator[Answer | None]:
        """Open a file; see `Door.read`."""
        path = unquote(urlsplit(address).path)
        with self._as_transient():
            sftp = self._connected()
            found = sftp.stat(path)
            validators = {"size": str(found.st_size), "modified": str(found.st_mtime)}
            if unless == validators:
                yield None
                return
            begins = offset if of == validators else 0
            with sftp.open(path, "rb") as file:
                file.seek(begins)
                file.prefetch(found.st_size)
                yield Answer(begins, found.st_size, validators, _chunks(file))

    def _connected(self) -> paramiko.SFTPClient:
        if self._sftp is None:
            self._sftp = self._connect()
        return self._sftp

    def _connect(self) -> paramiko.SFTPClient:
        endpoint = self._endpoint
        login = endpoint.login
        if login is None:
            raise InvalidInput("no login", where=endpoint.host, expected="login in sources.yaml for sftp")
        user, secret = login.pair()
        key = _private_key(Path(secret)) if login.kind == "key" else None
        connection = connect(
            endpoint.host,
            urlsplit(endpoint.address).port or _PORT,
            internal=endpoint.internal,
            seconds=endpoint.connect_seconds,
            lookup=self._lookup,
        )
        self._transport = paramiko.Transport(connection)
        self._transport.banner_timeout = self._transport.auth_timeout = endpoint.read_seconds
        expected = _host_key(endpoint)
        # Only the kinds of signature that this key can make are offered: the server cannot show another.
        options = self._transport.get_security_options()
        options.key_types = [kind for kind in options.key_types if kind in _kinds(expected)]
        self._transport.connect(
            hostkey=expected,
            username=user,
            password=None if key else secret,
            pkey=key,
        )
        sftp = paramiko.SFTPClient.from_transport(self._transport)
        assert sftp is not None  # a transport that is connected opens one or raises
        channel = sftp.get_channel()
        assert channel is not None
        channel.settimeout(endpoint.read_seconds)
        return sftp

    @contextmanager
    def _as_transient(self) -> Iterator[None]:
        """Turn what goes wrong into what may pass or not; the next attempt begins on a new connection."""
        where = self._endpoint.host
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound("not there", where=where, got=str(error)) from None
        except UnicodeError as error:
            self.close()
            raise InvalidInput("a name that is not UTF-8", where=where, got=str(error)) from None
        except paramiko.BadHostKeyException as error:
            self.close()
            raise InvalidInput(
                "the server shows another key",
                where=where,
                expected="host_key of sources.yaml",
                got=str(error),
            ) from None
        except (paramiko.AuthenticationException, PermissionError) as error:
            self.close()
            raise InvalidInput("the server refuses", where=where, got=str(error)) from None
        except (OSError, EOFError, paramiko.SSHException) as error:
            self.close()
            if isinstance(error, paramiko.SSHException) and "Bad host key" in str(error):
                raise InvalidInput("the server shows another key", where=where, expected="host_key") from None
            said = f"{type(error).__name__} {error}"
            raise Transient(Unreachable("the service does not answer", where=where, got=said)) from None


def _host_key(endpoint: Endpoint) -> paramiko.PKey:
    """Read ``ssh-ed25519 AAAA…`` as ``ssh-keyscan`` prints it, without the host."""
    kind, _, rest = endpoint.host_key.strip().partition(" ")
    try:
        return paramiko.PKey.from_type_string(kind, b64decode(rest.split()[0]))
    except (paramiko.SSHException, NotBase64, IndexError, ValueError) as error:
        raise InvalidInput(
            "a host key that cannot be read",
            where=endpoint.host,
            expected="ssh-ed25519 AAAA…",
            got=str(error),
        ) from None


def _kinds(key: paramiko.PKey) -> set[str]:
    name = key.get_name()
    return {"rsa-sha2-512", "rsa-sha2-256"} if name == "ssh-rsa" else {name}


def _private_key(path: Path) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(path)
    except (OSError, ValueError, paramiko.SSHException, UnknownKeyType) as error:
        raise InvalidInput("a private key that cannot be read", where=str(path), got=str(error)) from None


def _chunks(file: paramiko.SFTPFile) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
