"""HTTP and HTTPS through httpx: to declared hosts and judged addresses only."""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
import orjson

from data_catalog.endpoint import Endpoint, Login
from minegis.clock import utc_now
from minegis.errors import InvalidInput, NotFound, Unreachable
from pipelines.connectors.transport.address import Lookup, judged, look_up
from pipelines.connectors.transport.door import Answer, Validators, shown
from pipelines.connectors.transport.patience import Transient, retry_after

_REDIRECTS = 5
_GRACE = 2  # read time-outs after which a trickle is judged
_TRICKLE = 1000  # bytes/s
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_DOCUMENT_BYTES = 64_000_000
_MOVED = frozenset({301, 302, 303, 307, 308})


class TooMuch(Unreachable):
    """More was asked for than the service gives at once (413)."""


class _JudgedBackend(httpcore.SyncBackend):
    """Connects to the address that was judged; TLS still checks the certificate against the name."""

    def __init__(self, endpoint: Endpoint, lookup: Lookup) -> None:
        self._endpoint = endpoint
        self._lookup = lookup

    def connect_tcp(self, host: str, port: int, *args: Any, **options: Any) -> httpcore.NetworkStream:
        address = judged(host, port, internal=self._endpoint.internal, lookup=self._lookup)
        return super().connect_tcp(address, port, *args, **options)


class _JudgedTransport(httpx.HTTPTransport):
    def __init__(self, endpoint: Endpoint, lookup: Lookup) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=_JudgedBackend(endpoint, lookup)
        )


class HttpDoor:
    """Reads files and documents of one endpoint.

    A redirect is followed to declared hosts only, never from https to http, and takes no credentials to
    another host. Proxies and other settings of the environment are not looked at.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        lookup: Lookup = look_up,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._endpoint = endpoint
        self._now = now
        self._clock = clock
        timeout = httpx.Timeout(endpoint.read_seconds, connect=endpoint.connect_seconds)
        self._client = httpx.Client(
            transport=_JudgedTransport(endpoint, lookup),
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "minegis"},
        )

    def close(self) -> None:
        """Leave."""
        self._client.close()

    def address(self, name: str) -> str:
        """Return the address of a name below the endpoint."""
        return f"{self._endpoint.address.rstrip('/')}/{name.lstrip('/')}"

    def name(self, address: str) -> str:
        """Return the name below the endpoint that an address is of."""
        return address.removeprefix(self.address("").rstrip("/")).lstrip("/")

    def names(self, pattern: str) -> Sequence[str]:
        """Return the one address; HTTP has no listing that can be relied on.

        Raises
        ------
        InvalidInput
            If the name holds a wildcard.
        """
        if set(pattern) & set("*?"):
            raise InvalidInput("HTTP cannot list", where=pattern, expected="a name without * and ?")
        return [self.address(pattern)]

    @contextmanager
    def read(
        self, address: str, *, offset: int = 0, of: Validators | None = None, unless: Validators | None = None
    ) -> Iterator[Answer | None]:
        """Open a file; see `Door.read`. A version without a strong ETag or a date cannot be gone on with."""
        headers = {"Accept-Encoding": "identity"}
        guard = _guard(of or {})
        if offset and guard:
            headers |= {"Range": f"bytes={offset}-", "If-Range": guard}
        else:
            offset = 0
            headers |= _conditions(unless or {})
        with self._send("GET", address, headers) as response:
            if response.status_code == 416:  # shorter than what is here: another version
                with self.read(address) as anew:
                    yield anew
                return
            if response.status_code == 304:
                yield None
                return
            begins, total = _extent(response, offset, address)
            validators = {
                name: response.headers[name] for name in ("etag", "last-modified") if name in response.headers
            }
            with _as_transient(address):
                yield Answer(begins, total, validators, self._paced(response.iter_raw(), address))

    def _paced(self, chunks: Iterator[bytes], address: str) -> Iterator[bytes]:
        """Leave a server that keeps the line busy with a trickle, which no time-out of a single read ends."""
        began, size = self._clock(), 0
        for chunk in chunks:
            size += len(chunk)
            passed = self._clock() - began
            if passed > _GRACE * self._endpoint.read_seconds and size < _TRICKLE * passed:
                got = f"{size} bytes in {passed:.0f} s"
                raise Transient(Unreachable("the answer trickles", where=shown(address), got=got))
            yield chunk

    def piece(self, address: str, first: int, last: int | None, *, max_bytes: int) -> bytes:
        """Return the bytes from `first` to `last` (included; None for the end) of a file.

        Raises
        ------
        InvalidInput
            If the server does not know ranges, or the piece is longer than `max_bytes`.
        """
        headers = {"Accept-Encoding": "identity", "Range": f"bytes={first}-{'' if last is None else last}"}
        with self._send("GET", address, headers) as response, _as_transient(address):
            if response.status_code != 206:
                raise InvalidInput("the server gives no ranges", where=shown(address), expected="206")
            begins, _ = _extent(response, first, address)
            data = _whole(response.iter_raw(), address, max_bytes)
        if begins != first or (last is not None and len(data) != last - first + 1):
            got = f"{len(data)} from {begins}"
            raise Transient(Unreachable("another piece", where=shown(address), expected=str(first), got=got))
        return data

    def document(
        self,
        address: str,
        *,
        json: Any = None,
        params: dict[str, str] | None = None,
        unless: Validators | None = None,
        max_bytes: int = _DOCUMENT_BYTES,
    ) -> tuple[bytes, Validators] | None:
        """Return a short answer and its validators; None if it is empty (204) or unchanged (304)."""
        headers = _conditions(unless or {})
        with _an_address(address):
            url = str(httpx.URL(address, params=params)) if params else address
        with self._send("POST" if json is not None else "GET", url, headers, json) as response:
            if response.status_code in (204, 304):
                return None
            with _as_transient(url):
                content = _whole(response.iter_bytes(), url, max_bytes)
            etag = response.headers.get("etag")
            return content, {"etag": etag} if etag else {}

    def json(self, address: str, *, body: Any = None, params: dict[str, str] | None = None) -> Any:
        """Return a JSON answer; None if it is empty.

        Raises
        ------
        InvalidInput
            If it is no JSON: a login page, an error in words.
        """
        found = self.document(address, json=body, params=params)
        if found is None:
            return None
        try:
            return orjson.loads(found[0])
        except ValueError:
            raise InvalidInput(
                "not what was asked for", where=shown(address), expected="JSON", got=repr(found[0][:60])
            ) from None

    @contextmanager
    def _send(
        self, method: str, address: str, headers: dict[str, str], body: Any = None
    ) -> Iterator[httpx.Response]:
        """Send, follow declared redirects, and judge the status."""
        for _ in range(_REDIRECTS + 1):
            self._refuse_host(address)
            secret_headers, secret_params = self._login(address)
            with _as_transient(address), _an_address(address):
                request = self._client.build_request(
                    method,
                    httpx.URL(address).copy_merge_params(secret_params),
                    headers=headers | secret_headers,
                    content=None if body is None else orjson.dumps(body),
                )
                if body is not None:
                    request.headers["Content-Type"] = "application/json"
                response = self._client.send(request, stream=True)
            try:
                if response.status_code not in _MOVED:
                    self._judge(response, address)
                    yield response
                    return
                with _an_address(address):
                    target = urljoin(address, response.headers.get("location", ""))
            finally:
                response.close()
            self._refuse_downgrade(address, target)
            if response.status_code == 303:
                method, body = "GET", None
            address = target
        raise InvalidInput(
            "redirected too often", where=shown(address), expected=f"at most {_REDIRECTS} times"
        )

    def _refuse_host(self, address: str) -> None:
        with _an_address(address):
            parts = urlsplit(address)
            host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https") or host not in self._endpoint.allowed_hosts:
            raise InvalidInput(
                "leads to a host that is not declared",
                where=shown(address),
                expected=f"one of {', '.join(sorted(self._endpoint.allowed_hosts))} (hosts in sources.yaml)",
                got=host,
            )

    def _refuse_downgrade(self, address: str, target: str) -> None:
        if urlsplit(address).scheme == "https" and urlsplit(target).scheme != "https":
            raise InvalidInput("redirected from https to http", where=shown(address), got=shown(target))

    def _login(self, address: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return headers and parameters with the secret, for the endpoint's own host alone."""
        login = self._endpoint.login
        own = urlsplit(self._endpoint.address)
        there = urlsplit(address)
        if login is None or (there.scheme, there.netloc.lower()) != (own.scheme, own.netloc.lower()):
            return {}, {}
        if login.kind == "basic":
            user, password = login.pair()
            pair = b64encode(f"{user}:{password}".encode()).decode()
            return {"Authorization": f"Basic {pair}"}, {}
        if login.kind == "bearer":
            return {"Authorization": f"Bearer {_of_a_header(login)}"}, {}
        if login.kind == "header":
            return {login.name: _of_a_header(login)}, {}
        return {}, {login.name: login.secret()}

    def _judge(self, response: httpx.Response, address: str) -> None:
        status, where = response.status_code, shown(address)
        if status in (200, 201, 202, 204, 206, 304):
            return
        if status == 416 and "range" in response.request.headers:
            return
        said = f"{status} {response.reason_phrase}".strip()
        if status in _PASSING:
            wait = retry_after(response.headers, self._now)
            raise Transient(Unreachable("the service does not serve now", where=where, got=said), wait)
        if status == 413:
            raise TooMuch("more than the service gives at once", where=where, got=said)
        if status in (404, 410):
            raise NotFound("not there", where=where, got=said)
        if status in (401, 403, 407):
            raise InvalidInput(
                "credentials are refused", where=where, expected="login in sources.yaml", got=said
            )
        raise Unreachable("an answer that is not expected", where=where, expected="200", got=said)


def _of_a_header(login: Login) -> str:
    """Return a secret that a header can hold; the error of a library would show it."""
    secret = login.secret()
    if not (secret.isascii() and secret.isprintable()):
        raise InvalidInput(
            "credentials that a header cannot hold",
            where=f"environment variable {login.variable}",
            expected="printable ASCII, without a line break",
        )
    return secret


@contextmanager
def _an_address(address: str) -> Iterator[None]:
    """Refuse what no address can be read of: services write them into links and redirects."""
    try:
        yield
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInput("an address that cannot be read", where=shown(address), got=str(error)) from None


@contextmanager
def _as_transient(address: str) -> Iterator[None]:
    """Turn what the network does to a request into something that may pass."""
    try:
        yield
    except httpx.RequestError as error:
        said = f"{type(error).__name__} {error}".strip()
        if _is_refused_certificate(error):
            raise InvalidInput("the certificate is not trusted", where=shown(address), got=said) from None
        raise Transient(Unreachable("the service does not answer", where=shown(address), got=said)) from None


def _is_refused_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _whole(chunks: Iterator[bytes], address: str, max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise InvalidInput(
                "an answer without end", where=shown(address), expected=f"at most {max_bytes} bytes"
            )
    return bytes(content)


def _guard(of: Validators) -> str:
    """Return what If-Range may hold: a strong ETag, else a date (RFC 9110 §13.1.5)."""
    etag = of.get("etag", "")
    return etag if etag and not etag.startswith("W/") else of.get("last-modified", "")


def _conditions(unless: Validators) -> dict[str, str]:
    if "etag" in unless:
        return {"If-None-Match": unless["etag"]}
    return {"If-Modified-Since": unless["last-modified"]} if "last-modified" in unless else {}


def _extent(response: httpx.Response, offset: int, address: str) -> tuple[int, int | None]:
    """Return where an answer begins and how long the whole file is."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise InvalidInput("an encoding that was not asked for", where=shown(address))
    length = response.headers.get("content-length")
    if response.status_code != 206:
        return 0, int(length) if length else None
    unit, _, rest = response.headers.get("content-range", "").partition(" ")
    extent, _, total = rest.partition("/")
    first = extent.partition("-")[0]
    if unit != "bytes" or not (first.isascii() and first.isdigit()):
        raise InvalidInput("a piece that does not say which", where=shown(address), expected="Content-Range")
    return int(first), int(total) if total.isascii() and total.isdigit() else None
