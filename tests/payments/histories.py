"""Fifty invoices paid, unpaid, credited and voided in any order: at each quiet point their deals are as Xero is.

The seed says in which CRM the deals are, each in its turn.
What happened in between is never counted: the deal is held against what Xero says now, in the doubles' own words.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from tests.support.house import House
from tests.support.sales import SALES

DEALS = 50
QUIET_POINTS = 4
SETTLING = ("Payments", "CreditNotes", "Prepayments", "Overpayments")
WORDS = {"VOIDED": "Voided", "DELETED": "Deleted"}


class Histories:
    """The lives of some deals of one house; ``played`` counts them."""

    def __init__(self, seed: int, deals: int = DEALS) -> None:
        self.dice = random.Random(seed)
        self.house = House.settled(crm=sorted(SALES)[seed % len(SALES)], watch=False).twin()
        quantities = (1, 2, 3, 7)
        lines = [{"product": "LICENCE", "quantity": self.dice.choice(quantities)} for _ in range(deals)]
        self.deals = dict.fromkeys((self.house.sell(line) for line in lines), "")
        self.house.work()
        self.deals = {deal: self.house.invoice(deal)["InvoiceID"] for deal in self.deals}
        self.notes: dict[str, list[str]] = {deal: [] for deal in self.deals}

    def play(self) -> list[str]:
        """What did not hold at some quiet point; empty when everything did."""
        found: list[str] = []
        for point in range(QUIET_POINTS):
            self.house.xero.books.payments_raise_events = self.dice.random() < 0.7
            for deal in self.deals:
                for _ in range(self.dice.randint(0, 4)):
                    self._step(deal)
            self._come_to_rest()
            found += [f"quiet point {point}: {words}" for deal in self.deals for words in self._differing(deal)]
        return found

    def _come_to_rest(self) -> None:
        self.house.clock.advance(self.dice.choice((60, 3_600, 86_400)))
        for _ in range(2):
            self.house.work()

    def _step(self, deal: str) -> None:
        invoice = self._invoice(deal)
        possible: list[Callable[[], None]] = []
        if invoice["Status"] == "AUTHORISED":
            possible += [lambda: self._pay(deal), lambda: self._pay(deal, whole=True), lambda: self._credit(deal)]
            possible.append(lambda: self._take_from_account(deal))
            if not any(invoice[name] for name in SETTLING) and self.dice.random() < 0.1:
                possible.append(lambda: self.house.xero.people.void(self.deals[deal]))
            possible += [lambda: self._allocate(deal)] if self._unused(deal) else []
        if invoice["Payments"]:
            possible.append(lambda: self._remove_payment(deal))
        if invoice["CreditNotes"]:
            possible.append(lambda: self._remove_credit(deal))
        if possible:
            self.dice.choice(possible)()

    def _pay(self, deal: str, *, whole: bool = False) -> None:
        """Today, or with a date of months ago."""
        due = self._invoice(deal)["AmountDue"]
        some = due if whole else min(due, Decimal(self.dice.randint(1, 200_000)) / 100)
        day = self.house.clock().date() - timedelta(self.dice.choice((0, 0, 3, 90)))
        self.house.xero.people.pay(self.deals[deal], some, on=day)

    def _credit(self, deal: str) -> None:
        due = self._invoice(deal)["AmountDue"]
        some = min(due, Decimal(self.dice.randint(1, 200_000)) / 100)
        self.notes[deal].append(self.house.xero.people.credit(self.deals[deal], some))

    def _take_from_account(self, deal: str) -> None:
        """What came before there was an invoice, or was too much for another, all of it."""
        people, due = self.house.xero.people, self._invoice(deal)["AmountDue"]
        some = min(due, Decimal(self.dice.randint(1, 200_000)) / 100)
        receive = self.dice.choice((people.prepay, people.overpay))
        people.apply(receive(self._invoice(deal)["Contact"]["ContactID"], some), self.deals[deal], some)

    def _allocate(self, deal: str) -> None:
        note = self.dice.choice(self._unused(deal))
        part = min(self._invoice(deal)["AmountDue"], self.house.xero.credit_notes[note]["RemainingCredit"])
        self.house.xero.people.allocate(note, self.deals[deal], part)

    def _remove_payment(self, deal: str) -> None:
        payment = self.dice.choice(self._invoice(deal)["Payments"])
        self.house.xero.people.remove_payment(payment["PaymentID"])

    def _remove_credit(self, deal: str) -> None:
        note = self.dice.choice(self._invoice(deal)["CreditNotes"])
        self.house.xero.people.remove_credit(note["CreditNoteID"])

    def _unused(self, deal: str) -> list[str]:
        return [note for note in self.notes[deal] if self.house.xero.credit_notes[note]["RemainingCredit"] > 0]

    def _invoice(self, deal: str) -> Mapping[str, Any]:
        return self.house.xero.invoices[self.deals[deal]]

    def _differing(self, deal: str) -> list[str]:
        invoice, told = self._invoice(deal), self.house.told(deal)
        voided = invoice["Status"] == "VOIDED"
        money = {"total": "Total", "amount_due": "AmountDue", "amount_paid": "AmountPaid"}
        wanted = {name: f"{Decimal(0) if voided else invoice[field]:.2f}" for name, field in money.items()}
        wanted["invoice_status"] = _word(invoice)
        found = [f"{deal} {name}: {told.get(name)}, not {text}" for name, text in wanted.items() if told[name] != text]
        if bool(told.get("paid_on")) != (invoice["Status"] == "PAID"):
            found.append(f"{deal} paid on: {told.get('paid_on')}, and the invoice is {invoice['Status']}")
        if (self.house.stage(deal) == "Paid") != (invoice["Status"] == "PAID"):
            found.append(f"{deal} stands in {self.house.stage(deal)}, and the invoice is {invoice['Status']}")
        return found


def _word(invoice: Mapping[str, Any]) -> str:
    """Said anew, apart from the code under test."""
    if invoice["Status"] == "PAID":
        return "Paid" if invoice["AmountPaid"] else "Paid by credit"
    if invoice["Status"] == "AUTHORISED":
        credited = "Part credited" if invoice["AmountCredited"] else "Awaiting payment"
        return "Part paid" if invoice["AmountPaid"] else credited
    return WORDS[invoice["Status"]]
