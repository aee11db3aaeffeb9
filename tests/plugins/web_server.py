"""A web server on the loopback that behaves like the real ones, and misbehaves on request."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    """What a client asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None


@dataclass
class Reply:
    """What the server answers: a file with ranges and validators, or whatever a test wants."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str = ""
    ranges: bool = True
    cut_after: int | None = None
    length: int | None = None
    reset: bool = False


type Rule = Callable[[Request], Reply]


class WebServer:
    """A small HTTP/1.1 server: `rules` answer by path, every request is kept in `seen`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.rules: dict[str, Rule] = {}
        self.seen: list[Request] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer._answer(self)

            do_POST = do_GET  # noqa: N815 – the name that http.server looks for

            def log_message(self, *arguments: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        if tls is not None:
            self._http.socket = tls.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._http.handle_error = lambda *arguments: None  # type: ignore[method-assign]
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def port(self) -> int:
        return self._http.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def file(self, path: str, content: bytes, **options: Any) -> None:
        """Serve a file as a good server does."""
        self.rules[path] = lambda request: Reply(content, **options)

    def replies(self, path: str, *replies: Reply) -> None:
        """Answer with one reply after the other; the last stays."""
        waiting = list(replies)
        self.rules[path] = lambda request: waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        length = int(handler.headers.get("content-length", 0))
        body = handler.rfile.read(length)
        request = Request(
            handler.command,
            parts.path,
            {name: values[-1] for name, values in parse_qs(parts.query).items()},
            {name.lower(): value for name, value in handler.headers.items()},
            json.loads(body) if body else None,
        )
        self.seen.append(request)
        rule = self.rules.get(parts.path)
        _write(handler, request, rule(request) if rule else Reply(b"no such thing", 404))


def _write(handler: BaseHTTPRequestHandler, request: Request, reply: Reply) -> None:
    content, status, headers = reply.content, reply.status, dict(reply.headers)
    if reply.etag:
        headers["ETag"] = reply.etag
        if status == 200 and request.headers.get("if-none-match") == reply.etag:
            content, status = b"", 304
    wanted = request.headers.get("range")
    fresh = request.headers.get("if-range", reply.etag) == reply.etag
    if wanted and reply.ranges and status == 200 and fresh:
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        begins, ends = int(first), min(int(last) if last else len(content) - 1, len(content) - 1)
        if begins >= len(content):
            status, content, headers["Content-Range"] = 416, b"", f"bytes */{len(content)}"
        else:
            headers["Content-Range"] = f"bytes {begins}-{ends}/{len(content)}"
            status, content = 206, content[begins : ends + 1]
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content) if reply.length is None else reply.length))
    handler.end_headers()
    if reply.cut_after is None:
        handler.wfile.write(content)
        if reply.length is not None:
            handler.close_connection = True
        return
    handler.wfile.write(content[: reply.cut_after])
    handler.wfile.flush()
    if reply.reset:  # RST instead of FIN
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True
