"""The first match of twenty thousand customers on either side: its calls to Xero, its memory and its time.

``python -m benchmarks.first_match``. The sandbox stays in this process, the match is a process of its own.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from benchmarks.customers import customer
from benchmarks.month_end import OUT, ROOT, megabytes, tick
from benchmarks.to_file import to_file
from cli.playground import Playground
from sandbox.serve import SandboxServer
from tests.support.house import House

MOST_CALLS, MOST_MEGABYTES = 60, 200


def main() -> None:
    """Fill both systems, match, measure; ends with 1 where a target is missed."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--customers", type=int, default=20_000)
    told = asked.parse_args()
    house = House(watch=False)
    house.xero.limits.a_day = 10**9
    begun = time.monotonic()
    fill(house, told.customers)
    house.clock.advance(60)
    OUT.print(f"{len(house.xero.contacts)} contacts and as many companies in {time.monotonic() - begun:.0f} s")
    house.xero.log.clear()
    house.hubspot.log.clear()
    with tempfile.TemporaryDirectory() as folder, SandboxServer(house.world.doors) as server:
        threading.Thread(target=tick, args=(house, server), daemon=True).start()
        playground = Playground(int(server.url.rsplit(":", 1)[1]), Path(folder))
        to_file(house.ledger, playground.settings().ledger_url)
        missed = match(house, playground, Path(folder) / "list.csv")
    sys.exit(1 if missed else 0)


def fill(house: House, many: int) -> None:
    """Companies of the CRM, three in four of which Xero has too, half by their ABN and half by name and place."""
    dice = random.Random(1)  # noqa: S311
    for number in range(many):
        one = customer(dice, number, new=number % 4 == 0)
        house.hubspot.people.add_company(one.name, abn=one.abn, zip=one.postcode)
        place = [{"AddressType": "POBOX", "PostalCode": one.postcode}]
        name = one.in_xero or f"Supplier {number}"
        house.xero.people.add_contact(name, TaxNumber=one.abn if one.in_xero else "", Addresses=place)


def match(house: House, playground: Playground, path: Path) -> bool:
    """Run it as a person would; whether a target was missed."""
    environment = {**os.environ, **playground.environment()}
    words = [sys.executable, "-m", "cli", "first-match", "demo", "--file", str(path)]
    begun, peak = time.monotonic(), 0
    process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603
    while process.poll() is None:
        peak = max(peak, megabytes(process.pid))
        time.sleep(0.1)
    seconds, calls = time.monotonic() - begun, len(house.calls("xero"))
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = Counter(row["confidence"] for row in csv.DictReader(file))
    OUT.print(f"{seconds:.0f} s, {len(house.calls('hubspot'))} calls to HubSpot; {dict(found)}")
    OUT.print(f"Xero calls: {calls}, at most {MOST_CALLS} wanted; at most {peak} MB, {MOST_MEGABYTES} wanted")
    return calls > MOST_CALLS or peak > MOST_MEGABYTES or process.returncode != 0


if __name__ == "__main__":
    main()
