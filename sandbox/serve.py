"""The doubles over real HTTP on loopback, for anything that speaks HTTP: the vendors' own clients, a browser.

``/xero/…``, ``/hubspot/…``, ``/salesforce/…`` reach the doubles with what follows the prefix as path; everything else
is a page.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Protocol, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.wire import Request, Response

_LARGEST_BODY = 50_000_000
_NOTHING = Response(404, b"Nothing here", {"Content-Type": "text/plain; charset=utf-8"})


class Double(Protocol):
    """Whatever answers requests as a vendor would."""

    def handle(self, request: Request) -> Response: ...


class SandboxServer:
    """Serves doubles by the first part of the path, one request at a time, on a thread of its own. An address that one
    of them tells, and that another of them stands for, becomes the one where it is served.

    ``pages`` answers what belongs to no double. ``lock`` is held while a double or page works; take it to act in
    between. Use it with ``with``, or ``start`` and ``stop``.
    """

    def __init__(
        self,
        doubles: Mapping[str, Double],
        *,
        pages: Callable[[Request], Response] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """``doubles`` by prefix (``xero``, ``hubspot``); port 0 takes a free one."""
        self.lock = threading.RLock()
        self._doubles = dict(doubles)
        self._pages = pages
        self._http = _HttpServer((host, port), _Exchange)
        self._http.sandbox = self
        self._thread = threading.Thread(target=self._http.serve_forever, name="sandbox", daemon=True)

    @property
    def url(self) -> str:
        host, port = self._http.server_address[:2]
        return f"http://{host if isinstance(host, str) else host.decode()}:{port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; idle connections are closed."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> Response:
        """Hand the request to the double its path names, or to the pages."""
        prefix, slash, rest = request.path.lstrip("/").partition("/")
        double = self._doubles.get(prefix) if slash else None
        with self.lock:
            if double:
                inner = Request(request.method, f"/{rest}", request.query, request.headers, request.body)
                return self._here(double.handle(inner))
            return self._pages(request) if self._pages else _NOTHING

    def _here(self, response: Response) -> Response:
        for prefix, double in self._doubles.items():
            told, here = str(getattr(double, "told", "")), f"{self.url}/{prefix}/"
            if told and told.encode() in response.body:
                response = replace(response, body=response.body.replace(told.encode(), here.encode()))
            place = response.headers.get("Location", "")
            if told and place.startswith(told):
                response = replace(response, headers={**response.headers, "Location": place.replace(told, here, 1)})
        return response


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    sandbox: SandboxServer
    _open: set[socket.socket]

    def __init__(self, address: tuple[str, int], exchange: type[BaseHTTPRequestHandler]) -> None:
        self._open = set()
        super().__init__(address, exchange)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the connections that clients keep alive too, so that none of their threads is left waiting."""
        super().server_close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Exchange(BaseHTTPRequestHandler):
    """One connection: reads a request, writes an answer, again and again."""

    protocol_version = "HTTP/1.1"
    # The head and the body leave in two writes; without this the second waits for the first to be acknowledged.
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            self._write(Response(413, b"Too large, or of unknown length"))
            self.close_connection = True
            return
        response = cast("_HttpServer", self.server).sandbox.answer(request)
        if response.lost:
            # The answer never arrives: the connection ends without a word.
            self.close_connection = True
            return
        self._write(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names http.server calls

    def _read(self) -> Request | None:
        length = self.headers.get("content-length", "0")
        if self.headers.get("transfer-encoding") or not length.isdigit() or int(length) > _LARGEST_BODY:
            return None
        body = self.rfile.read(int(length))
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(target.path),
            query=_query(target.query),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if response.status != 204:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD" and response.status != 204:
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing: the doubles keep their own log."""


def _query(text: str) -> dict[str, str]:
    """The parameters by name. One given several times, as some clients write lists, becomes one parted by commas."""
    values: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        values[name] = f"{values[name]},{value}" if name in values else value
    return values
