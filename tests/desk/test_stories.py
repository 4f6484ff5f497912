"""Held here: a deal's story tells in order and in plain words what happened; deals are found by what people know."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.stories.test_milestones import deposit
from tests.support.desks import Desk
from tests.support.rules import telling

INVOICE = "INV-0001"


def won(desk: Desk, deal: str = "known_by_abn") -> str:
    deal_id = desk.house.win(deal)
    desk.work()
    return deal_id


def in_order(text: str, *parts: str) -> None:
    at = 0
    for part in parts:
        assert part in text[at:], f"{part!r} after {text[:at][-80:]!r}: {text[at:]}"
        at = text.index(part, at) + len(part)


def test_a_deal_from_won_to_paid_and_back(desk: Desk) -> None:
    deal = won(desk)
    xero = desk.house.xero.people
    invoice = desk.house.invoice(deal)["InvoiceID"]
    xero.pay(invoice, Decimal("324.00"))
    desk.work()
    rest = xero.pay(invoice)
    desk.work()
    xero.remove_payment(rest)
    desk.work()
    in_order(
        desk.browser().text(f"/deals/demo/{deal}"),
        "Brand refresh Bellbird Café Pty Ltd, $4,880.00",
        "Noticed: the deal has changed in the CRM",
        "To be invoiced: matched by ABN $5,324.00 with $444.00 GST",
        f"Invoice {INVOICE} drafted",
        f"Invoice {INVOICE} approved $5,324.00 with $444.00 GST",
        f"$324.00 of invoice {INVOICE} paid by Bellbird Cafe, $5,000.00 due",
        "due: $5,324.00 → $5,000.00",
        "invoice status: Awaiting payment → Part paid",
        f"$5,324.00 of invoice {INVOICE} paid by Bellbird Cafe, $0.00 due",
        "The deal was moved to Paid stage: Closed won → Paid",
        f"$324.00 of invoice {INVOICE} paid by Bellbird Cafe, $5,000.00 due",
        "The deal was moved to Closed won stage: Paid → Closed won",
    )


def test_several_invoices_of_a_deal_are_told_together(desk: Desk) -> None:
    for old, new in (*deposit(stage="Closed won"), telling(desk.house, "billed")):
        desk.mapping.write_text(desk.mapping.read_text().replace(old, new, 1))
    deal = won(desk)
    xero = desk.house.xero.people
    for invoice in desk.house.invoices_of(deal):
        xero.pay(invoice["InvoiceID"])
        desk.work()
    in_order(
        desk.browser().text(f"/deals/demo/{deal}"),
        "Invoice INV-0001 approved $1,597.20",
        "billed: 30 % → 100 %",
        "$1,597.20 of invoices INV-0001, INV-0002 paid by Bellbird Cafe, $3,726.80 due",
        "due: $5,324.00 → $3,726.80 paid: $0.00 → $1,597.20",
        "$5,324.00 of invoices INV-0001, INV-0002 paid by Bellbird Cafe, $0.00 due",
    )


def test_a_question_and_its_answer_are_part_of_the_story(desk: Desk) -> None:
    deal = won(desk, "look_alikes")
    here = f"/questions/demo/{desk.house.questions()[0].id}"
    browser = desk.browser()
    assert "It waits for a person: Which contact in Xero is Meridian Partners Pty Ltd?" in browser.text(
        f"/deals/demo/{deal}"
    )
    browser.get(here)
    browser.send(f"{here}/answer", choice="create", note="They moved")
    desk.work()
    in_order(
        browser.text(f"/deals/demo/{deal}"),
        "Noticed: the deal has changed in the CRM",
        "Which contact in Xero is Meridian Partners Pty Ltd? A person is asked.",
        "Create a new contact in Xero “They moved” by ",
        "To be invoiced: new customer",
        "The customer was created as a contact in Xero",
        "Invoice INV-0001 approved",
    )


def test_a_shared_question_is_told_in_every_deals_story(desk: Desk) -> None:
    deals = [desk.house.sell({"product": "WORKSHOP"}, name=f"Day {number}") for number in range(2)]
    desk.work()
    for deal in deals:
        assert "How is WORKSHOP booked? A person is asked." in desk.browser().text(f"/deals/demo/{deal}")


def test_the_story_leads_to_the_crm_and_to_xero(desk: Desk) -> None:
    deal = won(desk)
    page = desk.browser().get(f"/deals/demo/{deal}").text
    invoice = desk.house.invoice(deal)["InvoiceID"]
    assert f'href="https://app.hubspot.com/contacts/24680135/record/0-3/{deal}"' in page
    assert f"/AccountsReceivable/Edit.aspx?InvoiceID={invoice}" in page
    assert 'rel="noopener noreferrer"' in page


@pytest.mark.parametrize(
    "words", ["brand", "BRAND REFRESH", "INV-0001", "inv-0001", "bellbird", "Café", "40 999 000 222", "40999000222"]
)
def test_a_deal_is_found_by_what_people_know_of_it(desk: Desk, words: str) -> None:
    won(desk)
    won(desk, "known_by_email")
    page = desk.browser().text(f"/deals?q={words}")
    assert "Brand refresh" in page
    assert "Portfolio site" not in page


def test_a_deal_whose_customer_is_not_in_xero_yet_is_found_by_its_abn(desk: Desk) -> None:
    won(desk, "unmapped")
    assert "Team days in Manjimup" in desk.browser().text("/deals?q=65 999 000 555")


@pytest.mark.parametrize("words", ["%", "_", "'; DROP TABLE seen; --", "\\", "x" * 200])
def test_signs_of_the_database_are_just_signs(desk: Desk, words: str) -> None:
    won(desk)
    assert "No deal fits" in desk.browser().text(f"/deals?q={words.replace('%', '%25')}")


def test_without_deals_it_says_what_to_do(desk: Desk) -> None:
    assert "Win one, and it turns up here" in desk.browser().text("/deals")


def test_home_shows_the_month_in_money(desk: Desk) -> None:
    deal = won(desk)
    won(desk, "known_by_email")
    desk.house.xero.people.pay(desk.house.invoice(deal)["InvoiceID"], Decimal("1000.00"))
    desk.work()
    in_order(
        desk.browser().text("/"),
        "Harbourline Studio Pty Ltd",
        "November 2026",
        "Won $6,942.50 2 deals",
        "Invoiced $7,592.75 2 invoices",
        "Paid $1,000.00 1 payment",
        "Outstanding $6,592.75 2 invoices",
        "Overdue $0.00 0 invoices",
    )
    desk.house.clock.advance(20 * 86400)
    in_order(
        desk.browser().text("/"),
        "December 2026",
        "Won $0.00",
        "Invoiced $0.00",
        "Paid $0.00",
        "Outstanding $6,592.75",
        "Overdue $6,592.75",
    )


def test_a_plot_says_in_words_what_it_shows(desk: Desk) -> None:
    won(desk)
    page = desk.browser().get("/").text
    assert 'aria-label="Won by day of November; most on the 25., $4,880.00."' in page
    assert "<title>25 Nov: $4,880.00</title>" in page


def test_a_payment_removed_in_xero_is_no_longer_counted(desk: Desk) -> None:
    deal = won(desk)
    payment = desk.house.xero.people.pay(desk.house.invoice(deal)["InvoiceID"], Decimal("1000.00"))
    desk.work()
    assert "Paid $1,000.00" in desk.browser().text("/")
    desk.house.xero.people.remove_payment(payment)
    desk.work()
    assert "Paid $0.00" in desk.browser().text("/")


def test_home_shows_open_questions_by_age(desk: Desk) -> None:
    won(desk, "look_alikes")
    desk.house.clock.advance(3 * 86400)
    in_order(desk.browser().text("/"), "Open questions 0 today 1 this week 0 older", "asked 3 days ago", "$3,330.00")


def test_home_before_anything_happened_shows_nothing_and_what_to_do(desk: Desk) -> None:
    page = desk.browser().text("/")
    assert "Nothing waits for a person" in page
    assert "Not asked yet." in page
