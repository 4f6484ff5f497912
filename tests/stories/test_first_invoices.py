"""Held: invoices that Xero had before are tied to the won deals they billed, by number, reference, amount and date, as
a person confirms; only links are written, and such a deal is never invoiced again, but shows its invoice's money.
"""

from __future__ import annotations

import csv
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from cli import first_match as listing
from connectors.errors import ConnectorError
from domain.first_invoices import Tie
from domain.period import read_month
from stages import first_invoices, first_match
from stages.reconcile import reconcile
from tests.stories.test_milestones import deposit
from tests.stories.test_split import split
from tests.support.house import House
from tests.support.sales import SALES

QUIET = Console(quiet=True)
JOB = {"product": "CONSULT-BRAND", "price": "1000.00", "quantity": 1}
LINE = {"Description": "Brand consulting", "Quantity": "1", "UnitAmount": "1000.00", "AccountCode": "200"}


def settled(crm: str = "hubspot") -> House:
    house = House(crm=crm, watch=False)
    house.clock.advance(60)
    return house


def billed_by_hand(house: House, *, contact: str = "Bellbird Cafe", amount: str = "1000.00", **fields: str) -> str:
    """The number of an approved invoice that somebody made in Xero."""
    line, told = LINE | {"UnitAmount": amount}, {"DueDate": "2026-12-20", "Status": "AUTHORISED"} | fields
    ident = house.xero.people.add_invoice(house.company.contacts[contact], [line], **told)
    return house.xero.books.invoices[ident]["InvoiceNumber"]


def looked(house: House) -> list[Tie]:
    house.clock.advance(60)
    first_match.look(house.open())
    first_invoices.look(house.open())
    return first_invoices.proposals(house.open())


def take(house: House, *ties: Tie) -> first_match.Confirmed:
    lines = [(number, tie.deal, tie.invoice, "yes") for number, tie in enumerate(ties, start=2)]
    return first_invoices.confirm(house.open(), lines, "bookkeeper")


def invoices(house: House) -> int:
    return len(house.invoices())


def nothing_more_is_made(house: House) -> None:
    """The one invoice that is there stays the only one, and nobody is asked."""
    for _ in range(2):
        house.work()
        house.clock.advance(3600)
    assert invoices(house) == 1
    assert not house.questions()


@pytest.mark.parametrize("crm", sorted(SALES))
def test_a_deal_billed_by_hand_is_tied_and_never_billed_again(crm: str) -> None:
    house = settled(crm)
    number = billed_by_hand(house, Reference="Spring campaign")
    deal = house.sell(JOB, name="Spring campaign")
    (tie,) = looked(house)
    assert (tie.deal, tie.number, tie.confidence, tie.by, tie.take) == (deal, number, "proven", "reference", True)
    assert tie.evidence.startswith("Its reference is the deal's. Same amount.")
    assert tie.evidence.endswith("Same customer.")
    assert list(house.written()) == []
    assert take(house, tie).linked == 1
    assert list(house.written()) == []
    nothing_more_is_made(house)
    assert house.sales.told(deal)["xero_invoice_number"] == number
    assert looked(house) == []


def test_what_speaks_for_an_invoice_is_weighed() -> None:
    house = settled()
    by_number = billed_by_hand(house, amount="300.00")
    by_amount = billed_by_hand(house, amount="700.00")
    billed_by_hand(house, amount="700.00", Date="2025-12-01")
    billed_by_hand(house, amount="55.00", Reference="Poster")
    for name, price in ((f"Logo ({by_number})", "300.00"), ("Menu", "700.00"), ("Poster", "66.00"), ("Sign", "1.00")):
        house.sell({"product": "CONSULT-BRAND", "price": price}, name=name, closedate="2026-11-20T02:00:00Z")
    found = {tie.deal_name: (tie.confidence, tie.by, tie.take) for tie in looked(house)}
    assert found == {
        f"Logo ({by_number})": ("proven", "number", True),
        "Menu": ("unclear", "amount and date", False),
        "Poster": ("unclear", "reference", False),
    }
    (menu,) = [tie for tie in first_invoices.proposals(house.open()) if tie.deal_name == "Menu"]
    assert (menu.number, menu.evidence) == (by_amount, "Same amount. 5 days after. Same customer.")
    assert "Another amount." in next(t.evidence for t in first_invoices.proposals(house.open()) if t.by == "reference")


def test_an_invoice_that_two_deals_point_at_is_nobodys_until_a_person_says() -> None:
    house = settled()
    billed_by_hand(house, Reference="Retainer")
    for _ in range(2):
        house.sell(JOB, name="Retainer")
    ties = looked(house)
    assert [(tie.confidence, tie.take) for tie in ties] == [("unclear", False)] * 2
    assert ties[0].evidence.endswith("Another deal points at it too.")
    both = take(house, *ties)
    assert (both.linked, [wrong.line for wrong in both.wrong]) == (0, [2, 3])
    assert take(house, ties[0]).linked == 1
    again = take(house, *ties)
    assert [wrong.why for wrong in again.wrong] == [
        f"Deal {ties[0].deal} has an invoice already.",
        "The invoice is another deal's already.",
    ]
    house.work()
    assert invoices(house) == 2


def test_a_tied_deal_agrees_and_once_it_changes_is_asked_about_like_any_other() -> None:
    house = settled()
    billed_by_hand(house, Reference="Job")
    deal = house.sell(JOB, name="Job", closedate="2026-11-24T02:00:00Z")
    take(house, *looked(house))
    house.work()
    month = reconcile(house.open(), read_month("2026-11"))
    assert [row.name_of_class for row in month.rows] == ["agreed"]
    house.hubspot.people.edit("deals", deal, amount="1200.00")
    house.work()
    assert [item.kind for item in house.questions()] == ["deal_changed"]
    assert invoices(house) == 1


def test_what_was_intended_but_never_sent_gives_way_to_the_invoice_that_is_there() -> None:
    house = settled()
    billed_by_hand(house, Reference="Job")
    deal = house.sell(JOB, name="Job")
    house.break_xero("PUT /Invoices", "refuse connection")
    with suppress(ConnectorError):
        house.work()
    house.xero.faults.clear()
    assert take(house, *looked(house)).linked == 1
    house.clock.advance(3600)
    house.work()
    assert invoices(house) == 1
    assert house.sales.told(deal)["xero_invoice_number"] == house.invoices()[0]["InvoiceNumber"]


def test_a_tied_invoice_stands_for_all_milestones_of_its_deal() -> None:
    house = House(*deposit(stage="Closed won"), watch=False)
    house.clock.advance(60)
    billed_by_hand(house, Reference="Job")
    deal = house.sell(JOB, name="Job")
    take(house, *looked(house))
    nothing_more_is_made(house)
    house.hubspot.people.edit("deals", deal, amount="1200.00")
    house.work()
    assert [item.kind for item in house.questions()] == ["deal_changed"]
    # Another deal is invoiced as ever.
    house.sell(JOB, name="Another")
    house.work()
    assert invoices(house) == 3
    assert looked(house) == []


def test_a_tied_invoice_stands_for_all_payers_of_its_deal_whatever_their_shares() -> None:
    house = House(*split("insurer", "takes field: share"), watch=False)
    for name in ("insurer", "share"):
        house.hubspot.people.add_property("deal", name, name)
    house.clock.advance(60)
    billed_by_hand(house, Reference="Job")
    house.sell(JOB, name="Job", insurer=house.company.companies["yarra"], share="60")
    take(house, *looked(house))
    nothing_more_is_made(house)


def test_the_list_of_invoices_goes_round_through_a_spreadsheet(tmp_path: Path) -> None:
    house, path = settled(), tmp_path / "list.csv"
    billed_by_hand(house, Reference="Job")
    house.sell(JOB, name="Job")
    house.clock.advance(60)
    listing.write_lists(QUIET, house.open(), path)
    other = tmp_path / "list-invoices.csv"
    with other.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["deal name"], row["confidence"], row["take"]) == ("Job", "proven", "yes")
    assert listing.confirm(QUIET, house.open(), other, "bookkeeper") == 0
    assert listing.confirm(QUIET, house.open(), other, "bookkeeper") == 1
    house.work()
    assert invoices(house) == 1
