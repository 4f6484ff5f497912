"""How long vendors wait for their thanks: 150 deliveries a second, each of up to a hundred events, on SQLite.

    python -m benchmarks.acks --rate 150 --seconds 30 --events 100

The receiver is a process of its own with a ledger of its own; every event is about another deal, which is the hardest.
``--flows`` writes into the ledger beside it as runs do: twenty transactions a second.
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.latency import quantile
from cli.playground import KEYS, Playground
from cli.processes import ask, end, free_port
from desk.hooks.directory import address
from desk.hooks.hubspot import signature
from ledger import endpoints, inbox, memory
from ledger.database import Ledger, open_ledger

PORTAL = 24680135
LINES = 24


@dataclass(slots=True)
class Letter:
    """A delivery ready to be sent, and when."""

    body: bytes
    headers: dict[str, str]
    due: float = 0.0


@dataclass(slots=True)
class Load:
    """Deliveries handed out at a steady rate to senders that keep their connections, as vendors do."""

    port: int
    path: str
    options: Any
    answers: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    late: float = 0.0
    _work: queue.Queue[Letter | None] = field(default_factory=queue.Queue["Letter | None"])

    def run(self) -> None:
        letters = [self._letter(random.Random(n)) for n in range(self.options.rate * self.options.seconds)]  # noqa: S311
        senders = [threading.Thread(target=self._send) for _ in range(LINES)]
        for sender in senders:
            sender.start()
        begun = time.monotonic()
        for n, letter in enumerate(letters):
            letter.due = begun + n / self.options.rate
            time.sleep(max(0.0, letter.due - time.monotonic()))
            self._work.put(letter)
        for _ in senders:
            self._work.put(None)
        for sender in senders:
            sender.join()

    def _letter(self, rng: random.Random) -> Letter:
        """A delivery, signed now: good for five minutes."""
        body, stamp = delivery(rng, self.options.events), str(int(time.time() * 1000))
        proof = signature(SECRET, f"http://127.0.0.1:{self.port}{self.path}", body, stamp).decode()
        return Letter(body, {"X-HubSpot-Signature-v3": proof, "X-HubSpot-Request-Timestamp": stamp})

    def _send(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        while (letter := self._work.get()) is not None:
            begun = time.monotonic()
            self.late = max(self.late, begun - letter.due)
            connection.request("POST", self.path, letter.body, letter.headers)
            answer = connection.getresponse()
            answer.read()
            self.answers.append((answer.status, time.monotonic() - begun))
        connection.close()


SECRET = KEYS["demo-hubspot"]["client_secret"]


def delivery(rng: random.Random, most: int) -> bytes:
    """Up to so many changes of deals as HubSpot tells them."""
    event = (
        '{"eventId":%d,"subscriptionId":1001586,"portalId":%d,"appId":50780459,"occurredAt":1764034200000,'
        '"subscriptionType":"object.propertyChange","attemptNumber":0,"objectId":%d,"objectTypeId":"0-3",'
        '"changeSource":"CRM_UI","sourceId":"userId:71234567","propertyName":"dealstage","propertyValue":"closedwon"}'
    )
    events = (event % (rng.getrandbits(31), PORTAL, rng.getrandbits(40)) for _ in range(rng.randint(1, most)))
    return f"[{','.join(events)}]".encode()


@contextmanager
def receiving(folder: Path) -> Generator[tuple[int, str, Ledger]]:
    """The receiver as a process: its port, the path of the CRM's address, its ledger."""
    playground, port = Playground(free_port(), folder), free_port()
    settings = playground.settings()
    ledger = open_ledger(settings.ledger_url, lambda: datetime.now(UTC))
    with ledger.write() as session:
        row = endpoints.ensure(session, "demo", "hubspot", secrets.token_hex(16), ledger.now())
    nobody = {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    command = (sys.executable, "-m", "desk.hooks", "--port", str(port))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the command is ours
            command, env={**os.environ, **playground.environment(), **nobody}, stdout=log, stderr=log
        )
        try:
            while ask(port, "/health") is None:
                time.sleep(0.1)
            yield port, address("hubspot", row.id), ledger
        finally:
            end(process, 10)


def write_beside(ledger: Ledger, ending: threading.Event) -> None:
    """Transactions as runs make them, until the end."""
    number = 0
    while not ending.wait(0.05):
        number += 1
        with ledger.write() as session:
            memory.remember(session, "demo", f"beside {number % 50}", "x" * 500, ledger.now())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.acks", description=__doc__)
    parser.add_argument("--rate", type=int, default=150, help="deliveries a second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--events", type=int, default=100, help="in one delivery, at most")
    parser.add_argument("--flows", action="store_true", help="write beside it as runs do")
    options = parser.parse_args()
    ending = threading.Event()
    with tempfile.TemporaryDirectory() as folder, receiving(Path(folder)) as (port, path, ledger):
        beside = threading.Thread(target=write_beside, args=(ledger, ending))
        if options.flows:
            beside.start()
        load = Load(port, path, options)
        load.run()
        ending.set()
        if options.flows:
            beside.join()
        with ledger.read() as session:
            noted = inbox.waiting(session, "demo", inbox.DEALS)
    told(load, noted)


def told(load: Load, noted: int) -> None:
    seconds = [seconds for _, seconds in load.answers]
    statuses = {status: sum(1 for s, _ in load.answers if s == status) for status in {s for s, _ in load.answers}}
    figures = " ".join(f"{name} {quantile(seconds, share) * 1000:.0f} ms" for name, share in SHARES.items())
    print(f"{len(seconds)} deliveries, {noted} deals noted, answers {statuses}")  # noqa: T201
    print(f"thanked after {figures}; a sender was late by {load.late * 1000:.0f} ms at most")  # noqa: T201


SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


if __name__ == "__main__":
    main()
