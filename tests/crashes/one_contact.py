"""Two workers, and two records of one customer in the CRM, at once: one contact in Xero. One seed is one history.

``python -m tests.crashes.one_contact --seeds 10000`` plays many of them.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pool

from connectors.errors import ConnectorError
from sandbox.faults import Kind
from tests.crashes.databases import in_memory
from tests.crashes.turns import stages_of
from tests.support.house import House

NAMES = ("Alpha Drafting Pty Ltd", "Alpha Drafting P/L", "ALPHA DRAFTING PTY. LTD.")
SHARED = ({"abn": "27 999 000 444"}, {"zip": "2880"}, {"phone": "(08) 8088 1234"})
TROUBLE: tuple[Kind, ...] = ("lose answer", "500 after", "500 before", "429")


@functools.cache
def _settled() -> House:
    return House.settled(watch=False)


def play(seed: int) -> str:
    """What came out wrong, "" for nothing."""
    dice = random.Random(seed)
    house = in_memory(_settled())
    shared = dice.choice(SHARED)
    deals: list[str] = []

    def sell() -> None:
        company = house.sales.double.people.add_company(dice.choice(NAMES), **shared)
        deals.append(house.sell(company=company))

    sell()
    house.clock.advance(60)
    if dice.random() < 0.4:
        house.break_xero("PUT /Contacts", dice.choice(TROUBLE))
    turns = [0] * 7 + [1] * 7 + [2]
    dice.shuffle(turns)
    workers = [stages_of(house.open("w1")), stages_of(house.open("w2"))]
    steps: list[Callable[[], object]] = [*(functools.partial(next, worker, None) for worker in workers), sell]
    for turn in turns:
        with suppress(ConnectorError):
            steps[turn]()
    for minutes in (1, 4, 11, 30):
        house.struggle(minutes=minutes)
    house.work(minutes=60)
    return _judged(house, deals)


def _judged(house: House, deals: list[str]) -> str:
    made = [c for c in house.xero.contacts.values() if c["Name"].casefold().startswith("alpha drafting")]
    billed = {invoice["Contact"]["ContactID"] for deal in deals for invoice in house.invoices_of(deal)}
    invoices = [len(house.invoices_of(deal)) for deal in deals]
    if len(made) != 1 or billed != {made[0]["ContactID"]} or invoices != [1, 1] or house.questions():
        asked = [item.kind for item in house.questions()]
        return f"{len(made)} contacts, {len(billed)} billed, invoices {invoices}, questions {asked}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    asked = parser.parse_args()
    seeds, wrong = range(asked.first, asked.first + asked.seeds), 0
    with Pool(os.cpu_count() or 1) as pool:
        for seed, found in zip(seeds, pool.imap(play, seeds, chunksize=8), strict=True):
            if found:
                wrong += 1
                print(f"seed {seed}: {found}", flush=True)
    print(f"{asked.seeds} seeds, {wrong} with more or less than one contact")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
