"""FTP and FTPS through ftplib."""

from __future__ import annotations

import contextlib
import ftplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from data_catalog.endpoint import Endpoint
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.transport.address import Lookup, connect, judged, look_up
from pipelines.connectors.transport.door import Answer, Validators
from pipelines.connectors.transport.listing import walk
from pipelines.connectors.transport.patience import Transient

_CHUNK = 1 << 16
_PORT = 21
_LINE = "latin-1"  # a character a byte: nothing that a server says cannot be read


class FtpDoor:
    """Reads files of one server; data connections go to the address of the control connection alone.

    A version is known by its size and the time of its change (``SIZE``, ``MDTM``). Servers write names in
    whatever they like, UTF-8 or GB 18030 as a rule: an address holds the very bytes, quoted.
    """

    def __init__(self, endpoint: Endpoint, *, lookup: Lookup = look_up) -> None:
        self._endpoint = endpoint
        self._lookup = lookup
        self._root = _path(endpoint.address).rstrip("/")
        self._ftp: ftplib.FTP | None = None

    def close(self) -> None:
        """Leave."""
        if self._ftp is not None:
            with contextlib.suppress(OSError, EOFError, ftplib.Error):
                self._ftp.quit()
            self._ftp.close()
            self._ftp = None

    def address(self, name: str) -> str:
        """Return the address of a name below the endpoint."""
        below = quote(name.lstrip("/"), errors="surrogateescape")
        return f"{self._endpoint.address.rstrip('/')}/{below}"

    def name(self, address: str) -> str:
        """Return the name below the endpoint that an address is of, as a person reads it."""
        return _legible(_on_the_line(_path(address).removeprefix(self._root).lstrip("/")))

    def names(self, pattern: str) -> Sequence[str]:
        """Return the files that fit, in name order."""
        with self._as_transient():
            return [self.address(path) for path in walk(pattern, self._entries)]

    def _entries(self, folder: str) -> list[str]:
        try:
            path = f"{self._root}/{folder}".rstrip("/") or "/"
            listed = map(_off_the_line, self._connected().nlst(_on_the_line(path)))
        except ftplib.error_perm as error:
            if str(error).startswith("550"):
                return []
            raise
        return [name.rstrip("/").rpartition("/")[2] for name in listed]

    @contextmanager
    def read(
        self, address: str, *, offset: int = 0, of: Validators | None = None, unless: Validators | None = None
    ) -> Iterator[Answer | None]:
        """Open a file; see `Door.read`."""
        path = self._command_path(address)
        with self._as_transient():
            ftp = self._connected()
            ftp.voidcmd("TYPE I")
            size = ftp.size(path)
            validators = {"size": str(size), "modified": _modified(ftp, path)}
            if unless == validators and validators["modified"]:
                yield None
                return
            begins = offset if of == validators and validators["modified"] else 0
            connection, _ = ftp.ntransfercmd(f"RETR {path}", rest=begins or None)
            with connection:
                yield Answer(begins, size, validators, _chunks(ftp, connection))

    def _command_path(self, address: str) -> str:
        path = _path(address)
        if ".." in path.split("/") or any(ord(sign) < 32 or sign == "\x7f" for sign in path):
            raise InvalidInput("a name that is no file's", where=self._endpoint.host, got=repr(path))
        return _on_the_line(path)

    def _connected(self) -> ftplib.FTP:
        if self._ftp is None:
            self._ftp = self._connect()
        return self._ftp

    def _connect(self) -> ftplib.FTP:
        endpoint = self._endpoint
        parts = urlsplit(endpoint.address)
        port = parts.port or _PORT
        ftp: ftplib.FTP = (
            ftplib.FTP_TLS(
                context=ssl.create_default_context(), timeout=endpoint.read_seconds, encoding=_LINE
            )
            if parts.scheme == "ftps"
            else ftplib.FTP(timeout=endpoint.read_seconds, encoding=_LINE)
        )
        try:
            address = judged(endpoint.host, port, internal=endpoint.internal, lookup=self._lookup)
            ftp.sock = connect(
                endpoint.host,
                port,
                internal=endpoint.internal,
                seconds=endpoint.connect_seconds,
                lookup=lambda *_: [address],
            )
            ftp.sock.settimeout(endpoint.read_seconds)
            ftp.host = endpoint.host  # what the certificate is checked against
            ftp.af = ftp.sock.family
            ftp.file = ftp.sock.makefile("r", encoding=_LINE)
            ftp.welcome = ftp.getresp()
            user, password = endpoint.login.pair() if endpoint.login else ("anonymous", "minegis@")
            ftp.login(_on_the_line(user), _on_the_line(password))
            if isinstance(ftp, ftplib.FTP_TLS):
                ftp.prot_p()
        except BaseException:
            ftp.close()
            raise
        return ftp

    @contextmanager
    def _as_transient(self) -> Iterator[None]:
        """Turn what goes wrong into what may pass or not; the next attempt begins on a new connection."""
        where = self._endpoint.host
        try:
            yield
        except ftplib.error_perm as error:
            if str(error).startswith("550"):
                raise NotFound("not there", where=where, got=_legible(str(error))) from None
            raise InvalidInput("the server refuses", where=where, got=_legible(str(error))) from None
        except (OSError, EOFError, ftplib.Error) as error:
            self.close()
            said = f"{type(error).__name__} {_legible(str(error))}"
            raise Transient(Unreachable("the service does not answer", where=where, got=said)) from None
        except BaseException:
            self.close()  # a transfer broken off leaves the conversation in between
            raise


def _path(address: str) -> str:
    return unquote(urlsplit(address).path, errors="surrogateescape")


def _on_the_line(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode(_LINE)


def _off_the_line(said: str) -> str:
    return said.encode(_LINE).decode("utf-8", "surrogateescape")


def _legible(said: str) -> str:
    """Return what a server said as text; what is neither UTF-8 nor GB 18030 stays a character a byte."""
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeError):
            return said.encode(_LINE).decode(encoding)
    return said


def _modified(ftp: ftplib.FTP, path: str) -> str:
    try:
        return ftp.voidcmd(f"MDTM {path}").partition(" ")[2].strip()
    except ftplib.error_perm:
        return ""


def _chunks(ftp: ftplib.FTP, connection: Any) -> Iterator[bytes]:
    while chunk := connection.recv(_CHUNK):
        yield chunk
    if isinstance(connection, ssl.SSLSocket):
        connection.unwrap()
    connection.close()
    ftp.voidresp()
