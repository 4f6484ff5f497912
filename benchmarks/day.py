"""The seeded day: what is won, when, what is paid and taken back; the same for everybody who works on it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from benchmarks.customers import CENT, Customer, customer, lines, worth
from sandbox.cast import NEW_BUSINESS, PRODUCTS, RENEWALS, SELLER_ABN
from sandbox.clock import HandClock
from sandbox.world import World

MORNING = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
"""Eight o'clock in Sydney, on the 25th."""
HOURS = 9

NEW_CUSTOMERS = 0.4
PART_PAID = 0.3
PAID = 0.2
REMOVED = 0.02
HINTED_TWICE = 0.05
AGAIN = 600.0
"""Seconds after which somebody who could not pay yet, for want of an invoice, tries again."""

OWN_FIELDS = {
    "xero_invoice_number": "string",
    "xero_invoice_link": "string",
    "xero_invoice_status": "string",
    "xero_total": "number",
    "xero_amount_due": "number",
    "xero_amount_paid": "number",
    "xero_paid_on": "date",
}


@dataclass(slots=True)
class Sale:
    """One deal of the day; moments are seconds after its beginning. ``share`` of its total is paid at ``pay_at``."""

    deal: str
    customer: int
    total: Decimal
    won_at: float
    hinted_again_at: float | None = None
    pay_at: float | None = None
    share: Decimal = Decimal(1)
    remove_at: float | None = None
    invoice: str = ""
    payment: str = ""


@dataclass(slots=True)
class Day:
    """A world before opening, and everything that people will do in it."""

    world: World
    clock: HandClock
    seed: int
    began: datetime
    customers: list[Customer]
    sales: list[Sale] = field(default_factory=list[Sale])

    def elapsed(self) -> float:
        """Seconds since the day began."""
        return (self.clock() - self.began).total_seconds()


def prepared(deals: int, *, seed: int = 1, at_once: bool = False, others: int = 0, payments: bool = True) -> Day:
    """The day with this many deals won: through its hours, or all of them at its beginning.

    ``others`` are contacts in Xero that buy nothing.
    """
    random = Random(f"day {seed}")  # noqa: S311 - a play, no secret
    clock = HandClock(MORNING)
    world = World(clock, seed)
    settle(world)
    new = [customer(random, n, new=True) for n in range(round(deals * NEW_CUSTOMERS))]
    known = [customer(random, len(new) + n, new=False) for n in range(max(1, round(deals * 0.3)))]
    day = Day(world, clock, seed, MORNING, [*new, *known])
    ids = [_add(world, each) for each in day.customers]
    for number in range(others):
        world.xero.people.add_contact(
            f"Bystander {number} Holdings Pty Ltd", EmailAddress=f"b{number}@bystander.example"
        )
    buyers = [n if n < len(new) else random.randrange(len(new), len(ids)) for n in range(deals)]
    random.shuffle(buyers)
    for number, buyer in enumerate(buyers):
        sold = lines(random)
        deal = world.hubspot.people.add_deal(
            f"Job {number}", sold, company=ids[buyer], pipeline="New business", stage="Proposal sent"
        )
        sale = Sale(deal, buyer, worth(sold), 0.0 if at_once else round(random.uniform(0, HOURS * 3600), 1))
        day.sales.append(_planned(random, sale, payments=payments))
    day.sales.sort(key=lambda sale: sale.won_at)
    world.xero.log.clear()
    world.hubspot.log.clear()
    return day


def settle(world: World) -> None:
    """The company as it stands before anything is sold; the deal's own fields are there already."""
    people = world.hubspot.people
    people.add_property("company", "abn", "ABN")
    people.add_property("contact", "abn", "ABN")
    for name, kind in OWN_FIELDS.items():
        people.add_property("deal", name, name.replace("_", " "), kind)
    people.set_pipeline("default", "New business", NEW_BUSINESS)
    people.add_pipeline("Renewals", RENEWALS)
    for code, name, price in PRODUCTS:
        people.add_product(name, code, price)
    with world.xero.acting("fill in the organisation's details") as books:
        books.keep_organisation(books.organisation.but(TaxNumber=SELLER_ABN))


def _add(world: World, each: Customer) -> str:
    if each.in_xero:
        tax = {"TaxNumber": each.abn} if each.abn else {}
        place = [{"AddressType": "POBOX", "PostalCode": each.postcode}]
        world.xero.people.add_contact(each.in_xero, Addresses=place, **tax)
    spaced = f"{each.abn[:2]} {each.abn[2:5]} {each.abn[5:8]} {each.abn[8:]}" if each.abn else ""
    return world.hubspot.people.add_company(each.name, abn=spaced, zip=each.postcode, country="Australia")


def _planned(random: Random, sale: Sale, *, payments: bool) -> Sale:
    if random.random() < HINTED_TWICE:
        sale.hinted_again_at = sale.won_at + round(random.uniform(0, 90), 1)
    number = random.random()
    if payments and number < PART_PAID + PAID:
        sale.share = Decimal("0.5") if number < PART_PAID else Decimal(1)
        sale.pay_at = sale.won_at + round(random.uniform(1800, 6 * 3600), 1)
        if random.random() < REMOVED / (PART_PAID + PAID):
            sale.remove_at = sale.pay_at + 3600
    return sale


def invoices_of(world: World, deal: str) -> list[dict[str, Any]]:
    """The invoices that name the deal in their link, whoever made them, without those deleted or voided."""
    link = re.compile(rf"/0-3/{deal}(?:\?|$)")
    found = world.xero.invoices.values()
    return [i for i in found if link.search(i.get("Url", "")) and i["Status"] not in {"DELETED", "VOIDED"}]


def pay(world: World, sale: Sale, invoice: str) -> None:
    """The customer pays the whole or a part."""
    due = world.xero.invoices[invoice]["AmountDue"]
    amount = (due * sale.share).quantize(CENT, ROUND_HALF_UP)
    sale.invoice, sale.payment = invoice, world.xero.people.pay(invoice, amount)
