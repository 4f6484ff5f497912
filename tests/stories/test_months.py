"""One invoice for all that a customer bought in a month: deals wait for it, are told their shares, and leave it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from desk.telling import Teller
from domain.period import read_month
from ledger import stories
from stages.preview import previews, read
from stages.reconcile import reconcile
from stages.rehearsal import rehearse
from stages.restored import was_restored
from stages.shown import invoices_of
from tests.support.house import House
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))
TOGETHER = ("create: authorised\n", "create: authorised\n    consolidate: by customer and month\n")
# The organisation is in Sydney, eleven hours ahead then: December begins there at 13:00 on the 30th.
EVE, DECEMBER = datetime(2026, 11, 30, 12, 50, tzinfo=UTC), datetime(2026, 11, 30, 13, 5, tzinfo=UTC)


def until(house: House, moment: datetime) -> None:
    house.clock.advance((moment - house.clock()).total_seconds())
    house.work()
    house.work()


def made(house: House) -> dict[str, Any]:
    """The one invoice of the month that is approved."""
    [found] = [i for i in house.invoices() if i.get("Url") and i["Status"] in {"AUTHORISED", "PAID"}]
    return found


def told(house: House, deal: str, what: str) -> Decimal:
    return Decimal(house.told(deal)[what])


def two(*edits: tuple[str, str], crm: str = "hubspot") -> tuple[House, str, str]:
    """A licence for $1,254.00 and travel, free of GST, for $220.00, sold to the same customer."""
    house = House(TOGETHER, *edits, crm=crm)
    one = house.sell({"product": "LICENCE"}, name="Licence")
    other = house.sell({"product": "TRAVEL"}, name="Visit")
    house.work()
    return house, one, other


@EVERY
def test_deals_of_a_month_become_one_invoice_and_each_is_told_its_share(crm: str) -> None:
    house, one, other = two(crm=crm)
    another = house.sell({"product": "LICENCE"}, company="yarra")
    until(house, EVE)
    assert not house.approvals()
    until(house, DECEMBER)
    assert len(house.approvals()) == 2
    [invoice] = [i for i in house.invoices() if i["Total"] == Decimal("1474.00")]
    assert [x["Description"].split(": ")[0] for x in invoice["LineItems"]] == ["Licence", "Visit"]
    assert invoice["DateString"][:10] == "2026-11-30"
    assert (told(house, one, "total"), told(house, other, "total")) == (Decimal(1254), Decimal(220))
    assert told(house, another, "total") == Decimal(1254)
    assert {house.told(deal)["invoice_number"] for deal in (one, other)} == {invoice["InvoiceNumber"]}

    payment = house.xero.people.pay(invoice["InvoiceID"], Decimal("100.01"))
    house.work()
    parts = [told(house, deal, "amount_due") for deal in (one, other)]
    assert (sum(parts), parts[0]) == (Decimal("1373.99"), Decimal("1168.92"))
    rest = house.xero.people.pay(invoice["InvoiceID"])
    house.work()
    assert [house.stage(deal) for deal in (one, other)] == ["Paid", "Paid"]
    house.xero.people.remove_payment(rest)
    house.xero.people.remove_payment(payment)
    house.work()
    assert [house.stage(deal) for deal in (one, other)] == ["Closed won", "Closed won"]
    assert [told(house, deal, "amount_due") for deal in (one, other)] == [Decimal(1254), Decimal(220)]
    assert not house.questions()


def test_what_one_deal_cannot_be_told_stays_asked_though_another_of_the_invoice_is_told() -> None:
    house, locked, other = two(crm="salesforce")
    until(house, DECEMBER)
    house.world.salesforce.people.submit_for_approval(locked)
    house.xero.people.pay(made(house)["InvoiceID"])
    house.work()
    assert house.told(other)["invoice_status"] == "Paid"
    kinds = {"write_back_refused", "stage_move_refused"}
    assert {(item.kind, item.subject) for item in house.questions()} == {(kind, f"deal:{locked}") for kind in kinds}


def test_a_deal_the_crm_gives_no_answer_about_is_asked_about_and_has_no_other_told_for_ever() -> None:
    house, silent, other = two()
    house.break_hubspot("POST */deals/batch/update", "500 before", times=10_000, says=f'"{silent}"')
    house.clock.advance((DECEMBER - house.clock()).total_seconds())
    for minutes in 3 * (1, 1, 1, 1, 2, 3, 4, 22):
        house.struggle(minutes=minutes)
    sent = [str(c.body) for c in house.hubspot.log if c.path.endswith("/deals/batch/update")]
    assert sum(f'"{other}"' in body for body in sent) == 4
    assert told(house, other, "total") == Decimal(220)
    assert house.asked("write_back_refused").subject == f"deal:{silent}"


@EVERY
def test_a_deal_called_off_before_the_month_ends_simply_leaves(crm: str) -> None:
    house, _, other = two(crm=crm)
    house.sales.lose(other)
    house.work()
    until(house, DECEMBER)
    assert made(house)["Total"] == Decimal("1254.00")
    assert not house.questions()


def test_a_deal_called_off_while_the_invoice_is_a_draft_leaves_the_draft_and_is_told_so() -> None:
    house, one, other = two(("create: authorised\n", "create: draft\n"))
    until(house, DECEMBER)
    assert told(house, other, "total") == 220
    house.sales.lose(other)
    house.work()
    house.work()
    [draft] = [i for i in house.invoices() if i.get("Url")]
    assert (draft["Status"], draft["Total"]) == ("DRAFT", Decimal("1254.00"))
    assert not house.told(other).get("invoice_number")
    assert told(house, one, "total") == 1254
    assert not house.questions()


@EVERY
def test_a_deal_called_off_after_approval_is_asked_about_by_its_name_and_made_up_for(crm: str) -> None:
    house, one, other = two(crm=crm)
    until(house, DECEMBER)
    house.sales.lose(other)
    house.work()
    item = house.asked("deal_changed")
    assert json.loads(item.facts)["what changed"] == f"Visit (deal {other}): $220.00, now $0.00"
    house.answer(item, "adjust")
    house.work()
    house.work()
    house.work()
    assert made(house)["AmountDue"] == Decimal("1254.00")
    assert (told(house, one, "amount_due"), told(house, other, "amount_due")) == (Decimal(1254), Decimal(0))
    assert not house.questions()


def test_what_changed_on_a_month_s_invoice_is_told_deal_by_deal_from_what_was_last_made_up_for() -> None:
    house, one, other = two()
    until(house, DECEMBER)
    house.hubspot.people.set_lines(one, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    item = house.asked("deal_changed")
    assert json.loads(item.facts)["what changed"] == f"Licence (deal {one}): $1,254.00, now $2,508.00"
    house.answer(item, "adjust")
    house.work()
    house.work()
    house.hubspot.people.set_lines(one, [{"product": "LICENCE", "quantity": 3}])
    house.hubspot.people.set_lines(other, [{"product": "TRAVEL", "description": "By train"}])
    house.work()
    told = json.loads(house.asked("deal_changed").facts)["what changed"].splitlines()
    assert told == [
        f"Licence (deal {one}): $2,508.00, now $3,762.00",
        f"Visit (deal {other}): other lines, the same $220.00",
    ]


def test_a_late_deal_goes_on_the_next_month_s_invoice() -> None:
    house, _, _ = two()
    until(house, DECEMBER)
    late = house.sell({"product": "LICENCE"}, name="Late")
    house.work()
    assert len(house.approvals()) == 1
    until(house, datetime(2026, 12, 31, 13, 5, tzinfo=UTC))
    assert len(house.approvals()) == 2
    assert told(house, late, "total") == 1254


def test_a_deal_won_again_as_the_month_ends_goes_on_the_next_and_is_billed_once() -> None:
    house, again, other = two()
    house.clock.advance((DECEMBER - house.clock()).total_seconds())
    house.work()
    house.sales.unwin(again)
    house.sales.win(again)
    until(house, datetime(2027, 1, 1, tzinfo=UTC))
    billed = [(i["DateString"][:7], i["Total"]) for i in house.invoices() if i["Status"] == "AUTHORISED"]
    assert billed == [("2026-11", Decimal("220.00")), ("2026-12", Decimal("1254.00"))]
    assert (told(house, again, "total"), told(house, other, "total")) == (Decimal(1254), Decimal(220))
    assert not house.questions()


def test_a_deal_that_cannot_be_booked_asks_alone_and_holds_nobody_up() -> None:
    house, one, _ = two()
    odd = house.sell({"product": "WORKSHOP"}, name="Workshop")
    house.work()
    assert house.asked("product_unmapped")
    until(house, DECEMBER)
    assert made(house)["Total"] == Decimal("1474.00")
    assert told(house, one, "total") == 1254
    assert not house.told(odd).get("invoice_number")
    assert house.asked("product_unmapped")


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "refuse connection"])
def test_whatever_befalls_a_call_there_is_one_invoice_of_the_month(kind: Any) -> None:
    house, one, other = two()
    house.break_xero("PUT /Invoices", kind)
    house.break_xero("POST /Invoices", kind)
    house.clock.advance((DECEMBER - house.clock()).total_seconds())
    house.struggle()
    house.recover()
    assert house.approvals() == [made(house)["InvoiceID"]]
    assert (told(house, one, "total"), told(house, other, "total")) == (Decimal(1254), Decimal(220))
    assert not house.questions()


def test_a_restored_ledger_makes_no_month_twice() -> None:
    house, one, _ = two()
    copy = house.twin().ledger
    until(house, DECEMBER)
    house.ledger = copy
    was_restored(house.ledger, house.pair, 1)
    house.recover()
    house.recover()
    assert house.approvals() == [made(house)["InvoiceID"]]
    assert told(house, one, "total") == 1254


def test_a_mapping_that_no_longer_consolidates_bills_the_waiting_and_never_the_billed() -> None:
    house, _, _ = two()
    until(house, DECEMBER)
    late = house.sell({"product": "LICENCE"}, name="Late")
    house.work()
    house.edit_mapping((TOGETHER[1], TOGETHER[0]))
    house.work()
    house.work()
    assert len(house.approvals()) == 2
    assert house.invoice(late)["Total"] == Decimal("1254.00")


def test_rehearsal_and_preview_show_what_waits() -> None:
    house = House(TOGETHER)
    deal = house.sell({"product": "LICENCE"})
    house.clock.advance(60)
    [rehearsed] = [each for each in rehearse(house.open()) if each.deal.id == deal]
    assert (rehearsed.outcome.word, rehearsed.outcome.detail) == ("waits", "for the invoice of November 2026")
    assert [plan.total for plan in rehearsed.invoices] == [Decimal("1254.00")]
    pair = house.open()
    [shown] = previews(pair, read(pair, [deal]), {})
    assert [plan.total for plan in shown.invoices] == [Decimal("1254.00")]


def test_the_deal_s_story_tells_of_its_share_and_of_the_invoice() -> None:
    house, one, _ = two()
    until(house, DECEMBER)
    with house.ledger.read() as session:
        [share] = invoices_of(session, house.pair, [one])
        story = replace(stories.of_deal(session, house.pair, one), invoices=[share])
        lines = [f"{line.title}: {line.detail}" for line in Teller(story, "", {}, ()).tell()]
    assert (share.total, share.due, share.number) == ("1254.00", "1254.00", made(house)["InvoiceNumber"])
    assert any("Waits for one invoice with the customer's other deals" in line for line in lines)
    assert any("approved: $1,474.00 with $114.00 GST, this deal with others" in line for line in lines), lines


def test_the_report_of_the_month_counts_each_deal_s_share() -> None:
    house, one, other = two()
    waits = {row.deal: row for row in reconcile(house.open(), read_month("2026-11")).rows}
    assert waits[one].why == "It waits for the invoice of November 2026."
    until(house, DECEMBER)
    house.xero.people.pay(made(house)["InvoiceID"], Decimal("737.00"))
    house.work()
    month = reconcile(house.open(), read_month("2026-11"))
    rows = {row.deal: row for row in month.rows}
    assert {row.name_of_class for row in rows.values()} == {"agreed"}
    assert (rows[one].invoiced, rows[other].invoiced) == (Decimal(1254), Decimal(220))
    assert (rows[one].gst, rows[one].paid, rows[one].due) == (Decimal(114), Decimal(627), Decimal(627))
    assert {row.invoices for row in rows.values()} == {(made(house)["InvoiceNumber"],)}
    assert month.others[0] == 0
    paid = reconcile(house.open(), read_month("2026-12")).owners
    assert sum(each.paid for each in paid) == Decimal("737.00")

    house.hubspot.objects["deals"][one].properties["xero_amount_due"] = "1.00"
    rows = {row.deal: row for row in reconcile(house.open(), read_month("2026-11")).rows}
    assert (rows[one].state, rows[other].state) == ("mended", "agreed")
    assert told(house, one, "amount_due") == Decimal(627)
    house.sales.lose(other)
    house.work()
    house.asked("deal_changed")
    rows = {row.deal: row for row in reconcile(house.open(), read_month("2026-11")).rows}
    assert "has it, but it isn't won. Question" in rows[other].why


@pytest.mark.parametrize("alone", [True, False])
def test_a_deal_that_is_another_customer_s_leaves_the_draft_and_is_billed_there(*, alone: bool) -> None:
    house, one, other = two(("create: authorised\n", "create: draft\n"))
    house.hubspot.people.edit("deal", other, closedate="2026-11-25T02:00:00Z")
    if alone:
        house.sales.lose(one)
    house.work()
    until(house, DECEMBER)
    companies = house.company.companies
    house.hubspot.people.detach(other, "company", companies["bellbird"])
    house.hubspot.people.attach(other, "company", companies["yarra"], primary=True)
    for _ in range(3):
        house.work()
    made_out = [(i["Contact"]["ContactID"], i["Total"]) for i in house.invoices() if i.get("Url")]
    names = {house.xero.contacts[contact]["Name"]: total for contact, total in made_out}
    ours = {} if alone else {"Bellbird Cafe": Decimal("1254.00")}
    assert names == ours | {"Yarra Bend Allied Health Pty Ltd": Decimal("220.00")}
    assert told(house, other, "total") == 220
    assert not house.questions()
