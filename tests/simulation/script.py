"""What people do in a history, on both sides: written down before it begins, so that it can be played again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tests.simulation.company import COMPANIES, CUSTOMERS
from tests.simulation.crms import Side

DAYS = 172_800.0
# A month ends where the organisation is so long after every history's beginning.
MONTH_END = 475_200.0
CODES = ("CONSULT-BRAND", "CONSULT-WEB", "LICENCE", "TRAVEL", "EXPORT-DESIGN", "CONSULT-STRATEGY")
PRICES = ("185.00", "148.35", "33.3350", "1140.00", "0.01", "99.99", "1480.00", "2400.50")
SHARES = ("60", "60", "33.3", "12.5 %", "100", "0.6", "")
FREQUENCIES = ("monthly", "monthly", "monthly", "quarterly")
QUANTITIES = ("1", "2", "7.25", "12.5", "40", "0.3333")
DISCOUNTS = ("0", "0", "0", "10", "33.33")

ON_TEMPLATES = ("approve template", "delete template")
# What may happen to a deal once it is there, with how often; and what happens to the rest of the world.
OF_DEALS = (
    ("win", 6), ("unwin", 2), ("lose", 1), ("edit line", 3), ("edit amount", 1), ("merge deals", 1), ("delete deal", 1),
    ("change customer", 1), ("stage paid", 1),
    ("approve", 1), ("edit reference", 1), ("edit draft", 2), ("void", 2), ("delete draft", 2), ("pay", 5),
    ("part pay", 3), ("remove payment", 3), ("credit", 1), ("part credit", 2), ("remove credit", 1),
    ("copy invoice", 1), ("overpay", 3), ("pay back", 2), ("refund", 2), ("pay beforehand", 2),
)  # fmt: skip
CALLS = ("call here", "call there")
NUMBERS = ("(02) 5550 0001", "(02) 5550 0002", "0491 555 500", "(02) 5550 0004 ext 2", "")
ON_INVOICES = (
    "approve", "edit reference", "edit draft", "void", "delete draft", "pay", "part pay", "remove payment", "credit",
    "part credit", "remove credit", "copy invoice", "overpay", "pay back", "refund", "pay beforehand",
)  # fmt: skip
UNDOES = {
    "remove payment": "pay", "remove credit": "credit", "unwin": "win", "restore contact": "archive contact",
    "restore ledger": "copy ledger", "pay back": "overpay",
}  # fmt: skip
OF_OTHERS = (
    ("edit company", 2), ("merge companies", 1), ("delete company", 1), ("edit contact", 2), ("archive contact", 1),
    ("restore contact", 1), ("merge contacts", 1), ("mapping", 2), ("archive account", 1), ("restore account", 1),
    ("lock", 1), ("unlock", 1), ("guard the paid", 1), ("expire tokens", 2), ("copy ledger", 1), ("restore ledger", 1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One thing somebody does ``at`` seconds after the beginning; names are the history's own, ``d0`` for a deal."""

    at: float
    do: str
    on: str = ""
    more: dict[str, Any] = field(default_factory=dict[str, Any])


# How many deals there may be, how much happens to each, how much to the rest of the world.
LONG = (1, 1, 2, 2, 3, 4), (0, 1, 2, 2, 4), (0, 0, 1, 2, 3)
SHORT = (1, 1, 1, 2), (0, 1, 1, 2), (0, 0, 1)


def written(seed: int, *, days: bool = False, short: bool = False) -> list[Event]:
    """The script of a seed: a few deals, each with a life of its own, in a world that changes around them.

    Within hours, or in ``days``.
    """
    sold, lives, others = SHORT if short else LONG
    random = Random(f"script {seed}")
    span = random.choice((1200.0, 5400.0, 5400.0, 14_400.0, 36_000.0)) + (DAYS if days else 0.0)
    known = random.sample(CUSTOMERS, k=random.randint(1, 3))
    events: list[Event] = []
    deals = random.choice(sold)
    for number in range(deals):
        begins = random.uniform(0, span * 0.6)
        events += _life(random, f"d{number}", random.choice(known), (begins, span), deals, lives)
    for _ in range(random.choice(others)):
        what, on, at = _pick(random, OF_OTHERS), random.choice(known), _at(random, 0, span)
        if what in UNDOES:
            events.append(Event(at, UNDOES[what], on))
            at = _at(random, at, span)
        events.append(Event(at, what, on, _more(random, what, deals)))
    return sorted(events, key=lambda event: event.at)


def with_more(seed: int, events: Sequence[Event], side: type[Side]) -> list[Event]:
    """The same, and to every other deal happens what only happens in this CRM."""
    random = Random(f"{side.system} {seed}")
    end = max(event.at for event in events)
    more = [
        Event(_at(random, event.at, end), _pick(random, side.more), event.on)
        for event in events
        if side.more and event.do == "sell" and random.random() < 0.5
    ]
    return sorted([*events, *more], key=lambda event: event.at)


def with_calls(seed: int, events: Sequence[Event]) -> list[Event]:
    """The same, and customers call about new numbers, which people type in on either side."""
    random = Random(f"calls {seed}")
    customers = [event.more["customer"] for event in events if event.do == "sell"]
    end = max(event.at for event in events)
    calls = [
        Event(_at(random, 0, end), random.choice(CALLS), random.choice(customers), {"number": random.choice(NUMBERS)})
        for _ in range(random.choice((1, 2, 3, 5)))
    ]
    return sorted([*events, *calls], key=lambda event: event.at)


def with_shares(seed: int, events: Sequence[Event]) -> list[Event]:
    """The same, and deals say who pays for them beside their customer, and how much; people think again of both."""
    random = Random(f"shares {seed}")
    end = max(event.at for event in events)
    told: list[Event] = []
    for event in events:
        more: dict[str, Any] = {}
        if event.do == "sell":
            more = {"payer": random.choice((*COMPANIES, *COMPANIES, "")), "share": random.choice(SHARES)}
            for what, word, choices in (("name payer", "payer", tuple(COMPANIES)), ("state share", "share", SHARES)):
                if random.random() < 0.4:
                    told.append(Event(_at(random, event.at, end), what, event.on, {word: random.choice(choices)}))
        told.append(replace(event, more=event.more | more))
    return sorted(told, key=lambda event: event.at)


def over_month_end(seed: int, events: Sequence[Event]) -> list[Event]:
    """The same around the end of a month, mostly before it and mostly sold to the same customer."""
    random = Random(f"month {seed}")
    first, last = min(event.at for event in events), max(event.at for event in events)
    later = MONTH_END - (first + random.uniform(0.3, 1.0) * (last - first))
    sold = next(event.more for event in events if event.do == "sell")
    same = {"customer": sold["customer"]} if random.random() < 0.6 else {}
    moved = [
        replace(event, at=round(event.at + later, 1), more=event.more | (same if event.do == "sell" else {}))
        for event in events
    ]
    return sorted([*moved, Event(MONTH_END, "month ends")], key=lambda event: event.at)


def with_rhythm(seed: int, events: Sequence[Event]) -> list[Event]:
    """The same, and much of what is sold is billed again and again; people see to the templates in Xero."""
    random = Random(f"rhythm {seed}")
    end = max(event.at for event in events)
    told: list[Event] = []
    for event in events:
        more: dict[str, Any] = {}
        if event.do == "sell":
            often = [{"frequency": random.choice(FREQUENCIES)} if random.random() < 0.5 else {} for _ in range(3)]
            more = {"lines": [line | each for line, each in zip(event.more["lines"], often, strict=False)]}
            if random.random() < 0.4:
                told.append(Event(_at(random, event.at + 400, end), random.choice(ON_TEMPLATES), event.on))
        told.append(replace(event, more=event.more | more))
    return sorted(told, key=lambda event: event.at)


def _life(
    random: Random, deal: str, customer: str, when: tuple[float, float], deals: int, lives: Sequence[int]
) -> list[Event]:
    begins, span = when
    pipeline = "Renewals" if random.random() < 0.2 else "New business"
    sold = {
        "customer": customer,
        "pipeline": pipeline,
        "lines": [_line(random) for _ in range(random.choice((1, 1, 2, 3)))],
    }
    events = [Event(round(begins, 1), "sell", deal, sold)]
    won = begins + random.choice((0.0, 20.0, 300.0))
    if random.random() < 0.9:
        events.append(Event(round(won, 1), "win", deal))
    for _ in range(random.choice(lives)):
        what = _pick(random, OF_DEALS)
        events += _course(random, what, deal, won, span, deals)
    return events


def _course(random: Random, what: str, deal: str, won: float, span: float, deals: int) -> list[Event]:
    """One thing that happens to a deal; what is done to its invoice mostly after there is one, and what undoes
    something after that was done."""
    on_invoice = what in ON_INVOICES and random.random() < 0.8
    at = _at(random, won + 400 if on_invoice else won, span)
    events: list[Event] = []
    if what in UNDOES:
        events.append(Event(at, UNDOES[what], deal, _more(random, UNDOES[what], deals)))
        at = _at(random, at, at + 900)
    return [*events, Event(at, what, deal, _more(random, what, deals))]


def _more(random: Random, what: str, deals: int) -> dict[str, Any]:
    match what:
        case "edit line":
            return {"quantity": random.choice(QUANTITIES), "price": random.choice(PRICES)}
        case "merge deals":
            return {"other": f"d{random.randrange(deals)}"}
        case "change customer" | "merge companies":
            return {"other": random.choice(CUSTOMERS[:-1])}
        case "part pay" | "part credit":
            return {"share": random.choice((2, 3, 7))}
        case "copy invoice":
            return {"approve": random.random() < 0.3}
        case "mapping":
            return {"variant": random.randrange(4)}
        case _:
            return {}


def _line(random: Random) -> dict[str, str]:
    code = "WORKSHOP" if random.random() < 0.05 else random.choice(CODES)
    return {
        "product": code,
        "quantity": random.choice(QUANTITIES),
        "price": random.choice(PRICES),
        "discount_percent": random.choice(DISCOUNTS),
    }


def _at(random: Random, begins: float, span: float) -> float:
    return round(random.uniform(begins, max(span, begins + 600)), 1)


def _pick(random: Random, choices: Sequence[tuple[str, int]]) -> str:
    return random.choices([what for what, _ in choices], [often for _, often in choices])[0]
