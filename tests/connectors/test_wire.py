"""Where requests may go and how long an answer may take or grow, on real loopback sockets too."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from connectors.errors import OutcomeUnknown, Rejected, Unavailable
from connectors.wire import LARGEST, LONGEST_PAUSE, Heard, Wire, direct, retry_after
from tests.support.connections import START, Line, line_to


def read(line: Line) -> object:
    return line.http.read("GET", "/things")


def write(line: Line) -> object:
    return line.http.write("PUT", "/things", content=b"{}")


# ── Retry-After ──

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("37", 37),
        (" 37 ", 37),
        ("66975", 66975),
        ("90001", LONGEST_PAUSE),
        ("9" * 400, LONGEST_PAUSE),
        ("-5", None),
        ("1.5", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("٣٧", None),
        ("soon", None),
        ("Wed, 25 Nov 2026 01:01:30 GMT", 90),
        ("Wed, 25 Nov 2026 00:59:00 GMT", None),
        ("Fri, 31 Dec 2999 23:59:59 GMT", LONGEST_PAUSE),
        ("Wed, 25 Nov 2026 01:01:30 -0000", None),
        ("Wed, 99 Nov 2026 01:01:30 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nothing_else(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


# ── where it may go ──


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "ftp://api.example.com",
        "api.example.com",
        "https://",
        "https://user:secret@api.example.com",
        "https://api.example.com?x=1",
        "http://2130706433",
    ],
)
@pytest.mark.parametrize("allowed", [True, False])
def test_an_unsafe_base_address_is_refused(address: str, allowed: bool) -> None:
    with pytest.raises(ValueError, match="https"):
        Wire(address, now=lambda: NOW, allow_plain_http_on_loopback=allowed)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://[::1]:8080", "http://localhost:8080/sandbox"])
def test_plain_http_is_for_loopback_and_only_when_allowed(address: str) -> None:
    Wire(address, now=lambda: NOW, allow_plain_http_on_loopback=True)
    with pytest.raises(ValueError, match="https"):
        Wire(address, now=lambda: NOW)


def test_every_call_stays_below_the_base_address() -> None:
    asked: list[str] = []

    def note(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={})

    line = line_to(note)
    line.http.read("GET", "/things/{id}", ids={"id": "a-1"}, params={"q": "x&y=1"})
    assert asked == ["https://api.example.com/v1/things/a-1?q=x%26y%3D1"]
    for hostile in ("../../other", "a/b", "..", "", "a?b", "a#b", "x@evil.example", "é"):
        with pytest.raises(ValueError, match="not an id"):
            line.http.read("GET", "/things/{id}", ids={"id": hostile})
    with pytest.raises(ValueError, match="below the base"):
        line.http.read("GET", ".evil.example/x")
    assert len(asked) == 1


def test_a_redirect_is_not_followed() -> None:
    asked: list[str] = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://evil.example/"})

    with pytest.raises(Rejected):
        read(line_to(redirect))
    assert asked == ["api.example.com"]


def test_proxies_and_credentials_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with closing(answering_once(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) as server:
        assert read(line_over(server)) == {}


# ── bodies that never end ──


def endless(clock_step: float, piece: bytes) -> tuple[Line, Callable[[httpx.Request], httpx.Response]]:
    line: Line

    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                line.clock.advance(clock_step)
                yield piece

    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Trickle())

    line = line_to(handler)
    return line, handler


def test_an_answer_that_trickles_is_cut_off_after_the_deadline() -> None:
    line, _ = endless(1.0, b" ")
    with pytest.raises(OutcomeUnknown):
        write(line)
    assert line.clock() - START < timedelta(seconds=35)


def test_an_answer_that_outgrows_the_cap_is_cut_off() -> None:
    line, _ = endless(0.0, b" " * (LARGEST // 8))
    with pytest.raises(OutcomeUnknown):
        write(line)
    with pytest.raises(Rejected):
        read(line)
    assert len(line.pace.spent) == 2


# ── real sockets on loopback ──


class Server:
    """Takes connections on loopback and does one thing with each; counts the requests it read."""

    def __init__(self, behave: Callable[[socket.socket], None]) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.seen = 0
        self._behave = behave
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                self.seen += 1
                self._behave(connection)

    @property
    def port(self) -> int:
        return self.socket.getsockname()[1]

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join(5)


def answering_once(answer: bytes) -> Server:
    return Server(lambda connection: connection.sendall(answer))


def line_over(server: Server | int) -> Line:
    port = server if isinstance(server, int) else server.port
    return line_to(direct(), base_url=f"http://127.0.0.1:{port}", allow_plain_http_on_loopback=True)


def test_a_refused_connection_is_provably_unsent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unavailable):
        write(line_over(port))


def test_a_server_that_reads_and_hangs_up_leaves_the_outcome_open_and_is_not_asked_again() -> None:
    with closing(Server(lambda connection: None)) as server:
        with pytest.raises(OutcomeUnknown):
            write(line_over(server))
        assert server.seen == 1


def test_half_an_answer_leaves_the_outcome_open() -> None:
    with closing(answering_once(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"Invoices"')) as server:
        with pytest.raises(OutcomeUnknown):
            write(line_over(server))
        assert server.seen == 1


def test_something_that_is_no_http_leaves_the_outcome_open() -> None:
    with closing(answering_once(b"SSH-2.0-OpenSSH_9.6\r\n")) as server, pytest.raises(OutcomeUnknown):
        write(line_over(server))


@pytest.mark.parametrize(
    "body", [b"[1]", b"nonsense", b'{"Total": NaN}', b'{"Total": 1.0e9999999999999999999}', b"[" * 9999]
)
def test_an_answer_that_makes_no_sense_is_none(body: bytes) -> None:
    assert Heard(200, httpx.Headers(), body).json() is None
