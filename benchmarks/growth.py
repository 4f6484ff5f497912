"""Whether a deal costs more the more there is: contacts in Xero, and deals in the ledger."""

from __future__ import annotations

import gc
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.day import prepared
from benchmarks.running import worked
from benchmarks.to_file import to_file
from benchmarks.town import Town
from benchmarks.wonbooks_side import Wonbooks
from sandbox.serve import SandboxServer
from tests.support.crowded import fill
from tests.support.house import House

DEALS = 100
SETTLED = 1_800.0
"""When, in seconds of the day, the backlog comes: for two deals before it all that was there has been read."""
MONTH_BEFORE = date(2026, 10, 1)
NO_NOTES = ("history note: every invoice", "history note: when asked")


def among_customers(others: int) -> float:
    """CPU seconds a deal, of a backlog, with so many contacts in Xero that buy nothing."""
    day = prepared(DEALS, at_once=True, payments=False, others=others)
    for number, sale in enumerate(day.sales):
        sale.won_at = min(number * SETTLED / 2, SETTLED)
    with tempfile.TemporaryDirectory() as folder:
        return worked(Town(day, trouble=False), lambda town: _settled(town, Path(folder))).cpu


def _settled(town: Town, folder: Path) -> Wonbooks:
    side = Wonbooks(town.url, town.day.clock, town.sleep, folder)
    for seconds in (1.0, SETTLED / 2):
        town.sleep(seconds)
        side.heed(town.take_hints())
    return side


def among_deals(before: int) -> float:
    """CPU seconds a deal, of a backlog, with so many deals invoiced before, each still open or paid."""
    house = House(NO_NOTES, watch=False)
    house.xero.limits.a_minute = house.xero.limits.a_day = 10**9
    house.work()
    fill(house.world, house.company, house.open(), MONTH_BEFORE, deals=before, others=0)
    with tempfile.TemporaryDirectory() as name, SandboxServer(house.world.doors) as server:
        folder = Path(name)
        to_file(house.ledger, f"sqlite:///{folder / 'ledger.db'}")
        side = Wonbooks(server.url, house.clock, house.clock.advance, folder)
        # One more deal, so that the poll leaves behind those of before, which all changed in one moment.
        for _ in range(2):
            house.sell({"product": "LICENCE"}, name="The day before")
            house.clock.advance(900)
            side.look()
        for number in range(DEALS):
            house.sell({"product": "LICENCE"}, {"product": "TRAVEL"}, name=f"Job {number}")
        house.clock.advance(900)
        # The doubles' deals lie in the same process: looking through them for garbage is no cost of ours.
        gc.collect()
        gc.freeze()
        began = time.thread_time()
        side.look()
        cpu = time.thread_time() - began
        gc.unfreeze()
        side.close()
    made = len([call for call in house.xero.api_calls("POST", "/Invoices") if call.status == 200])
    if not made or house.questions():
        raise RuntimeError("the backlog was not invoiced")
    return cpu / DEALS
