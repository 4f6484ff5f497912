"""Held: a month of Xero's books by pages: its invoices, payments and credit notes, and what is due now."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.support.connections import Vendors, vendors

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
LINE = {"Description": "Work", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200", "TaxType": "OUTPUT"}


def invoice(at: Vendors, day: date, *, status: str = "AUTHORISED", amount: int = 100) -> str:
    contact = next(iter(at.world.xero.contacts), "") or at.world.xero.people.add_contact("Acme")
    due = (day + timedelta(14)).isoformat()
    line = {**LINE, "UnitAmount": amount}
    return at.world.xero.people.add_invoice(contact, [line], Date=day.isoformat(), DueDate=due, Status=status)


def test_the_invoices_of_a_month_are_those_dated_in_it_whatever_their_status() -> None:
    at = vendors()
    inside = [invoice(at, FIRST), invoice(at, LAST), invoice(at, FIRST, status="DRAFT")]
    invoice(at, FIRST - timedelta(1))
    invoice(at, LAST + timedelta(1))
    page = at.xero.invoices_dated(FIRST, LAST)
    assert sorted(i.id for i in page.records) == sorted(inside)
    assert (page.more, page.of) == (False, 3)
    assert page.records[0].lines[0].tax_type == "OUTPUT"


def test_a_long_month_comes_in_pages_that_hold_every_invoice_once() -> None:
    at = vendors()
    made = [invoice(at, FIRST) for _ in range(501)]
    one, two = at.xero.invoices_dated(FIRST, LAST), at.xero.invoices_dated(FIRST, LAST, 2)
    assert (one.more, two.more, one.of) == (True, False, 501)
    assert sorted(i.id for page in (one, two) for i in page.records) == sorted(made)


def test_the_payments_of_a_month_are_those_that_stand() -> None:
    at = vendors()
    paid = invoice(at, FIRST)
    people = at.world.xero.people
    people.pay(paid, "30.00", FIRST - timedelta(1))
    stands = people.pay(paid, "20.00", FIRST)
    people.remove_payment(people.pay(paid, "10.00", LAST))
    [payment] = at.xero.payments_dated(FIRST, LAST).records
    assert (payment.id, payment.amount, payment.invoice_id) == (stands, Decimal("20.00"), paid)


def test_the_credit_notes_of_a_month_tell_their_tax() -> None:
    at = vendors()
    credited = invoice(at, FIRST)
    at.world.xero.people.credit(credited, "11.00", FIRST)
    at.world.xero.people.credit(credited, "22.00", FIRST - timedelta(1))
    [note] = at.xero.credit_notes_dated(FIRST, LAST).records
    assert (note.total, note.total_tax, note.lines[0].tax_type) == (Decimal("11.00"), Decimal("1.00"), "OUTPUT")


def test_what_is_due_is_read_without_lines_and_leaves_out_drafts_and_paid_ones() -> None:
    at = vendors()
    due, part, paid = (invoice(at, FIRST) for _ in range(3))
    invoice(at, FIRST, status="DRAFT")
    at.world.xero.people.pay(part, "10.00")
    at.world.xero.people.pay(paid)
    page = at.xero.invoices_due()
    assert {i.id: i.due for i in page.records} == {due: Decimal("110.00"), part: Decimal("100.00")}
    assert page.records[0].lines == ()


def test_amounts_in_another_currency_bring_their_rate() -> None:
    at = vendors()
    contact = at.world.xero.people.add_contact("Acme")
    code = next(code for code in at.world.xero.books.currencies if code != "AUD")
    made = at.world.xero.people.add_invoice(
        contact, [LINE], Date="2026-11-05", DueDate="2026-11-20", CurrencyCode=code, CurrencyRate="0.6543"
    )
    [invoice_] = at.xero.invoices_dated(FIRST, LAST).records
    assert (invoice_.id, invoice_.currency, invoice_.currency_rate) == (made, code, Decimal("0.6543"))
