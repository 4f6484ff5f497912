"""A month with ten thousand won deals and twelve thousand invoices: calls, memory and time of its report, and what is
left to do when it is interrupted. ``python -m benchmarks.month_end``

The sandbox stays in this process, the report is a process of its own as a person would start it.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.to_file import to_file
from cli.playground import Playground
from sandbox.serve import SandboxServer
from tests.support.crowded import fill
from tests.support.house import House

ROOT = Path(__file__).resolve().parents[1]
OUT = Console(highlight=False, markup=False, soft_wrap=True)
MOST_CALLS, MOST_MEGABYTES = 80, 300


def main() -> None:
    """Fill, measure, interrupt, resume; ends with 1 where a target is missed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--deals", type=int, default=10_000)
    asked.add_argument("--others", type=int, default=2_000)
    told = asked.parse_args()
    house = House(("history note: every invoice", "history note: never"), watch=False)
    house.xero.limits.a_minute = house.xero.limits.a_day = 10**9
    begun = time.monotonic()
    crowd = fill(house.world, house.company, house.open(), _month(), deals=told.deals, others=told.others, wrong=25)
    house.clock.advance(60)
    OUT.print(f"{len(crowd.deals)} deals and {len(house.xero.invoices)} invoices in {time.monotonic() - begun:.0f} s")
    with tempfile.TemporaryDirectory() as folder, SandboxServer(house.world.doors) as server:
        threading.Thread(target=tick, args=(house, server), daemon=True).start()
        playground = Playground(int(server.url.rsplit(":", 1)[1]), Path(folder))
        to_file(house.ledger, playground.settings().ledger_url)
        run = _Run(house, playground)
        run.interrupted()
        missed = run.whole()
    sys.exit(1 if missed else 0)


def tick(house: House, server: SandboxServer) -> None:
    """The sandbox's clock goes with the wall's from here on, so that its limits pass."""
    while True:
        time.sleep(0.05)
        with server.lock:
            house.clock.advance(0.05)


def _month() -> date:
    today = datetime.now(UTC).date()
    return today.replace(year=today.year - (today.month == 1), month=(today.month - 2) % 12 + 1, day=1)


class _Run:
    """The report as a process."""

    def __init__(self, house: House, playground: Playground) -> None:
        self._house = house
        self._playground = playground

    def _start(self) -> subprocess.Popen[str]:
        environment = {**os.environ, **self._playground.environment()}
        words = [sys.executable, "-m", "cli", "report", "demo", "--month", f"{_month():%Y-%m}"]
        return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603

    def _calls(self) -> int:
        return len(self._house.calls("xero"))

    def interrupted(self) -> None:
        """Ctrl-C once half of Xero's invoices are read."""
        process = self._start()
        pages = len(self._house.xero.invoices) // 500
        while process.poll() is None and self._calls() < 5 + pages // 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.communicate()
        crm = len(self._house.calls("hubspot"))
        OUT.print(f"interrupted after {self._calls()} calls to Xero and {crm} to HubSpot")

    def whole(self) -> bool:
        """Go on to the end; whether a target was missed."""
        before = len(self._house.calls("hubspot"))
        begun = time.monotonic()
        process = self._start()
        peak = 0
        while process.poll() is None:
            peak = max(peak, megabytes(process.pid))
            time.sleep(0.1)
        out = process.stdout.read() if process.stdout else ""
        calls, crm = self._calls(), len(self._house.calls("hubspot")) - before
        OUT.print(out)
        OUT.print(f"resumed: {time.monotonic() - begun:.0f} s, {crm} calls to HubSpot, at most {peak} MB")
        OUT.print(f"Xero calls in both runs together: {calls}, at most {MOST_CALLS} wanted; memory {MOST_MEGABYTES} MB")
        return calls > MOST_CALLS or peak > MOST_MEGABYTES or process.returncode != 0


def megabytes(pid: int) -> int:
    """The most memory the process has had so far."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    main()
