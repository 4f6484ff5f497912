"""Held: `wonbooks notify` reaches webhooks as they are on the wire, and a monitor is given its sign of life; what is
wrong is said in a sentence that holds no address.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.cli.test_commands import Shell, shell, win, world

__all__ = ["shell", "world"]
SECRET = "T0p53cr3t"


class Listener(BaseHTTPRequestHandler):
    """Whatever is sent here, by path."""

    heard: ClassVar[list[tuple[str, Any]]] = []
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.heard.append((self.path, json.loads(body)))
        self._answer()

    def do_GET(self) -> None:
        self.heard.append((self.path, None))
        self._answer()

    def _answer(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called
        pass


@contextmanager
def listening(status: int = 200) -> Generator[tuple[int, list[tuple[str, Any]]]]:
    """A port, and what was sent to it."""
    heard: list[tuple[str, Any]] = []
    kind = type("Listening", (Listener,), {"heard": heard, "status": status})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, heard
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_test_message_arrives_by_every_way_and_says_so(shell: Shell) -> None:
    with listening() as (port, heard):
        urls = f"json://127.0.0.1:{port}/{SECRET} json://127.0.0.1:{port}/other"
        code, out, _ = shell.run("notify", "demo", "--test", WONBOOKS_NOTIFY_URLS=urls)
    assert (code, out.splitlines()) == (0, ["✓ webhook 1: sent", "✓ webhook 2: sent"])
    (path, body), (other, _) = heard
    assert (path, other) == (f"/{SECRET}", "/other")
    assert body["title"] == "Wonbooks: a test message"
    assert body["message"].startswith("Messages about demo arrive here.")


@pytest.mark.parametrize("url", ["json://127.0.0.1:{port}/" + SECRET, f"https://nobody.example/{SECRET}", SECRET])
def test_a_webhook_that_does_not_take_it_fails_without_telling_its_address(shell: Shell, url: str) -> None:
    with listening(500) as (port, _):
        code, out, told = shell.run("notify", "demo", "--test", WONBOOKS_NOTIFY_URLS=url.format(port=port))
    assert code == 1
    assert "✗ webhook 1" in out
    assert SECRET not in out + told


def test_nothing_set_up_is_said_with_how_to(shell: Shell) -> None:
    assert "Set WONBOOKS_NOTIFY_MAIL_TO or WONBOOKS_NOTIFY_URLS" in shell.fails("notify", "demo", "--test")
    assert shell.works("notify", "demo").strip() == "demo: Nobody is named to be told."


def test_mail_without_a_server_says_which_setting_is_missing(shell: Shell) -> None:
    told = shell.fails("notify", "demo", "--test", WONBOOKS_NOTIFY_MAIL_TO="a@acme.example")
    assert "WONBOOKS_MAIL_HOST and SENDER" in told or "WONBOOKS_MAIL_HOST" in told


def test_a_new_question_is_told_once_and_the_monitor_hears_each_time(shell: Shell, world: Any) -> None:
    win(world, "Investor deck")
    shell.run("run", "demo")
    with listening() as (port, heard):
        ways = {
            "WONBOOKS_NOTIFY_URLS": f"json://127.0.0.1:{port}/hook",
            "WONBOOKS_NOTIFY_PING_URL": f"http://127.0.0.1:{port}/ping/{{pair}}?s=1",
        }
        for expected in ("demo: Told.", "demo: Nothing to tell."):
            assert shell.run("notify", "demo", **ways)[1].strip() == expected
    assert [path for path, _ in heard] == ["/hook", "/ping/demo?s=1", "/ping/demo?s=1"]
    assert "1 × Customer unclear" in heard[0][1]["message"]


def test_a_pair_without_a_mapping_is_not_told_about(shell: Shell, tmp_path: Path) -> None:
    assert "nobody" in shell.fails("notify", "nobody")
