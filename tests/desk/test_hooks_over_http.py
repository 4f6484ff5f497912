"""Held: behind a real server the sandbox's webhooks arrive, and callers that stall or cheat do not stay."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cli.processes import free_port
from desk.hooks.serving import Patient, server
from ledger import inbox
from sandbox.courier import Courier, post
from sandbox.webhooks import SENDERS, Webhooks
from tests.support.hooks import IDS, Door, xero_body, xero_signature
from tests.support.house import House
from tests.support.waiting import until


class Impatient(Patient):
    head_within = 0.1


@contextmanager
def served(at: Door, port: int, protocol: type[Patient] = Patient) -> Generator[str]:
    """The door behind a server on loopback; its address."""
    running = server(at.receiver, at.settings, "127.0.0.1", port, protocol)
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: running.started)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        running.should_exit = True
        thread.join()


def said(port: int, *parts: bytes) -> bytes:
    """All that is answered to these bytes until the connection ends; the end may overtake the answer."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection, suppress(ConnectionError):
        for part in parts:
            connection.sendall(part)
        while more := connection.recv(65536):
            heard += more
    return heard


def sandbox_door(folder: Path, port: int) -> Door:
    keys = {
        "demo-xero": {"webhook_key": SENDERS["xero"].key},
        "demo-hubspot": {"client_secret": SENDERS["hubspot"].key},
    }
    return Door(folder, keys=keys, base_url=f"http://127.0.0.1:{port}")


def test_a_deal_won_and_an_invoice_paid_in_the_sandbox_are_noticed(tmp_path: Path) -> None:
    port, house = free_port(), House(watch=False)
    at = sandbox_door(tmp_path, port)
    webhooks = Webhooks(house.world, post)
    with served(at, port) as url, Courier(webhooks, threading.Lock()):
        for system in ("xero", "hubspot"):
            webhooks.subscribe(system, f"{url}/hooks/{system}/{IDS[system]}")
        until(lambda: webhooks.picture()["xero"]["state"] == "ok")
        deal = house.sell()
        assert until(at.noticed) == {deal}
        house.work()
        invoice = house.invoice(deal)["InvoiceID"]
        at.link(invoice, deal)
        house.xero.people.pay(invoice)
        assert until(lambda: at.noticed(inbox.INVOICES)) == {invoice}
        until(lambda: ("demo", "invoices") in at.woken)
        assert at.woken[0] == ("demo", "deals")
        until(lambda: webhooks.picture()["xero"]["waiting"] == 0)
        assert [webhooks.picture()[system]["failed"] for system in ("xero", "hubspot")] == [0, 0]


def test_an_answer_names_no_server_and_sets_no_cookie(tmp_path: Path) -> None:
    port, at = free_port(), Door(tmp_path)
    body = xero_body()
    with served(at, port) as url:
        path = f"{url}/hooks/xero/{IDS['xero']}"
        answer = post(path, {"X-Xero-Signature": xero_signature(body)}, body)
        assert answer is not None
        assert (answer.status, answer.body) == (200, b"")
        assert set(answer.headers) <= {"date", "content-length"}
        refused = post(path, {"X-Xero-Signature": "x"}, body)
        assert refused is not None
        assert refused.status == 401


def test_callers_that_stall_are_let_go(tmp_path: Path) -> None:
    port, at = free_port(), Door(tmp_path, read_within=0.1)
    head = f"POST /hooks/xero/{IDS['xero']} HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n".encode()
    with served(at, port, Impatient):
        assert said(port) == b""
        assert said(port, head) == b""
        assert said(port, head + b"\r\n", b"{").startswith(b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"40"),
        (b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", b"400"),
        (b"Content-Length: x\r\n\r\n", b"400"),
        (b"Transfer-Encoding: gzip, chunked\r\n\r\n", b"400"),
        (b"X : y\r\n\r\n", b"400"),
        (b"Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n", b"401"),
        (b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", b"503"),
        (b"Content-Length: 2000000\r\n\r\n", b"413"),
    ],
)
def test_calls_that_cheat_end_with_the_connection(tmp_path: Path, call: bytes, status: bytes) -> None:
    port, at = free_port(), Door(tmp_path, read_within=0.2)
    head = f"POST /hooks/xero/{IDS['xero']} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".encode()
    with served(at, port):
        assert said(port, head + call).startswith(b"HTTP/1.1 " + status)


def test_a_head_without_an_end_is_not_gathered(tmp_path: Path) -> None:
    port, at = free_port(), Door(tmp_path)
    with served(at, port):
        assert b" 200 " not in said(port, b"POST / HTTP/1.1\r\nX: " + b"x" * 5_000_000)


def test_the_receiver_does_without_prefect() -> None:
    """It costs a second and a hundred megabytes, and the receiver has to be there when Prefect isn't."""
    code = "import sys, desk.hooks.__main__; print('prefect' in sys.modules, 'fastapi' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "False"]
