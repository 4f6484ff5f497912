"""Three months of a company's history, and fourteen discrepancies planted in them, of every class there is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from domain.case import Class
from domain.checking import APPROVED
from ledger import inbox
from ledger.tables import Cursor
from tests.support.house import House

FIRST, LAST = date(2026, 12, 1), date(2027, 2, 28)
CUSTOMERS = ("bellbird", "yarra", "surf", "opal")
LICENCE: dict[str, Any] = {"product": "LICENCE"}
TRAVEL: dict[str, Any] = {"product": "TRAVEL"}


class Quarter:
    """``planted`` is deal → the class it should be found in; every other won deal of ``deals`` agrees."""

    def __init__(self) -> None:
        self.house = House.settled(("history note: every invoice", "history note: never"), watch=False)
        self.deals: list[str] = []
        self.planted: dict[str, Class] = {}

    def twin(self) -> Quarter:
        """The same quarter, going its own way."""
        twin = object.__new__(Quarter)
        twin.house = self.house.twin()
        twin.deals, twin.planted = list(self.deals), dict(self.planted)
        return twin

    # ── a quiet life ──

    def live(self, *, deals_a_month: int = 8) -> None:
        """Won, invoiced, mostly paid, some credited or part paid; all of it agrees."""
        for month in (
            datetime(2026, 12, 1, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
            datetime(2027, 2, 1, tzinfo=UTC),
        ):
            self.until(month)
            made = [self.sell(n) for n in range(deals_a_month)]
            self.house.work(minutes=30)
            self.house.clock.advance(12 * 86400)
            for n, deal in enumerate(made):
                self.settle(n, deal)
            self.house.work()

    def sell(self, n: int = 0, *lines: dict[str, Any], **deal: Any) -> str:
        lines = lines or ({"product": "LICENCE", "quantity": n + 1}, TRAVEL)
        told = {"company": CUSTOMERS[n % 4], "closedate": self.now(), **deal}
        made = self.house.sell(*lines, **told)
        self.deals.append(made)
        return made

    def settle(self, n: int, deal: str) -> None:
        people, invoice = self.house.xero.people, self.house.invoice(deal)["InvoiceID"]
        if n % 4 == 0:
            people.pay(invoice)
        elif n % 4 == 1:
            people.pay(invoice, "500.00")
        elif n % 4 == 2:
            people.credit(invoice, "110.00")

    def until(self, moment: datetime) -> None:
        wait = (moment - self.house.clock()).total_seconds()
        if wait > 0:
            self.house.clock.advance(wait)

    def now(self) -> str:
        return f"{self.house.clock():%Y-%m-%dT%H:%M:%SZ}"

    def invoiced(self, n: int, *lines: dict[str, Any], **deal: Any) -> tuple[str, str]:
        """A won deal and its approved invoice."""
        made = self.sell(n, *lines, **deal)
        self.house.work(minutes=5)
        return made, self.house.invoice(made)["InvoiceID"]

    # ── what goes wrong ──

    def go_wrong(self) -> None:
        """Fourteen discrepancies, over what is left of February."""
        for plant in (
            self._unmapped,
            self._unclear,
            self._voided,
            self._more_hours,
            self._no_gst,
            self._cleared_field,
            self._moved_to_paid,
            self._lost_later,
            self._deleted_later,
            self._copied,
            self._by_hand,
            self._changed_lines,
            self._unnoticed,
            self._quiet_payment,
        ):
            plant()
            self.house.clock.advance(6 * 3600)

    def _plant(self, deal: str, name: Class) -> None:
        self.planted[deal] = name

    def _unmapped(self) -> None:
        deal = self.sell(0, {"product": "WORKSHOP"})
        self.house.work()
        self._plant(deal, "waiting in review")

    def _unclear(self) -> None:
        deal = self.sell(0, LICENCE, company="meridian")
        self.house.work()
        self._plant(deal, "waiting in review")

    def _voided(self) -> None:
        deal, invoice = self.invoiced(0)
        self.house.xero.people.void(invoice)
        self.house.work()
        self._plant(deal, "not invoiced")

    def _more_hours(self) -> None:
        deal, invoice = self.invoiced(1)
        self.edit(invoice, Quantity=3)
        self._plant(deal, "amount differs")

    def _no_gst(self) -> None:
        deal, invoice = self.invoiced(2)
        self.edit(invoice, TaxType="EXEMPTOUTPUT", AccountCode="260")
        self._plant(deal, "GST differs")

    def edit(self, invoice: str, **fields: Any) -> None:
        lines = [dict(line) for line in self.house.xero.invoices[invoice]["LineItems"]]
        sums = ("LineAmount", "TaxAmount")
        kept = [{k: v for k, v in line.items() if k not in sums} for line in lines]
        kept[0] |= fields
        self.house.xero.people.edit_invoice(invoice, LineItems=kept)
        self.house.work()

    def _cleared_field(self) -> None:
        deal, _ = self.invoiced(3)
        self.house.hubspot.people.edit("deal", deal, xero_amount_due="", xero_invoice_number="INV-9")
        self._plant(deal, "paid state differs")

    def _quiet_payment(self) -> None:
        """A payment that no poll brings: the cursors are past it already."""
        deal, invoice = self.invoiced(0)
        self.house.xero.people.pay(invoice)
        self.skip_ahead(inbox.INVOICES, inbox.PAYMENTS)
        self._plant(deal, "paid state differs")

    def skip_ahead(self, *streams: str) -> None:
        """As if everything had been read to an hour from now."""
        self.house.clock.advance(3600)
        with self.house.ledger.write() as session:
            for stream in streams:
                row = session.get(Cursor, ("demo", stream))
                assert row is not None
                ahead = self.house.clock()
                row.value = str(round(ahead.timestamp() * 1000)) if stream == inbox.DEALS else ahead.isoformat()
                session.add(row)

    def _moved_to_paid(self) -> None:
        deal, _ = self.invoiced(1)
        self.house.hubspot.people.move(deal, "Paid")
        self.house.work()
        self._plant(deal, "paid state differs")

    def _lost_later(self) -> None:
        deal, _ = self.invoiced(2)
        self.house.hubspot.people.move(deal, "Closed lost")
        self.house.work()
        self._plant(deal, "invoiced without a won deal")

    def _deleted_later(self) -> None:
        deal, _ = self.invoiced(3)
        self.house.hubspot.people.delete("deal", deal)
        self._plant(deal, "invoiced without a won deal")

    def _copied(self) -> None:
        deal, invoice = self.invoiced(0)
        people = self.house.xero.people
        people.approve(people.copy_invoice(invoice))
        self._plant(deal, "duplicate suspected")

    def _by_hand(self) -> None:
        deal, invoice = self.invoiced(1, LICENCE, LICENCE, TRAVEL, TRAVEL)
        made = self.house.xero.invoices[invoice]
        line = {"Description": "CMS", "Quantity": 1, "UnitAmount": made["Total"], "AccountCode": "260"}
        people = self.house.xero.people
        people.add_invoice(made["Contact"]["ContactID"], [{**line, "TaxType": "EXEMPTOUTPUT"}])
        self._plant(deal, "duplicate suspected")

    def _changed_lines(self) -> None:
        deal, _ = self.invoiced(2)
        self.house.hubspot.people.set_lines(deal, [{"product": "LICENCE", "quantity": 9}])
        self._plant(deal, "changed after approval")

    def _unnoticed(self) -> None:
        """A deal that no poll brings."""
        deal = self.sell(3)
        self.house.clock.advance(60)
        self.skip_ahead(inbox.DEALS)
        self._plant(deal, "not invoiced")


def gst_in_xero(house: House, first: date, last: date) -> dict[str, Decimal]:
    """Tax type → GST of the approved invoices and credit notes of these days, as Xero's double holds them."""
    found: dict[str, Decimal] = {}
    for documents, sign in ((house.xero.invoices, 1), (house.xero.credit_notes, -1)):
        for each in documents.values():
            day = date.fromisoformat(each["DateString"][:10])
            if each["Type"].startswith("ACCREC") and each["Status"] in APPROVED and first <= day <= last:
                for line in each["LineItems"]:
                    before = found.get(line["TaxType"], Decimal(0))
                    found[line["TaxType"]] = before + sign * line["TaxAmount"]
    return found
