"""Held: fourteen discrepancies of every class, planted in three months of history, are all found and nothing else is;
what the rules mend is right in both systems afterwards; the rest is asked, once, and an answer explains it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from domain.case import CLASSES, WITHOUT_DEAL
from domain.month import Month
from domain.period import between, read_month
from ledger import reviews
from stages.reconcile import reconcile
from tests.support.house import House
from tests.support.quarter import FIRST, LAST, Quarter, gst_in_xero

QUARTER = between(FIRST, LAST)
MENDED = {"paid state differs": 2, "not invoiced": 1}


def report(quarter: Quarter) -> Month:
    return reconcile(quarter.house.open(), QUARTER)


@pytest.fixture(scope="module")
def seen(lived: Quarter) -> tuple[Quarter, Month]:
    """The quarter after its report was made, and the report; to be looked at only."""
    quarter = lived.twin()
    return quarter, report(quarter)


def test_all_fourteen_are_found_in_their_classes_and_nothing_else_is(seen: tuple[Quarter, Month]) -> None:
    quarter, month = seen
    assert len(quarter.planted) == 14
    assert set(quarter.planted.values()) == set(CLASSES) - {"agreed"}
    assert {row.deal: row.name_of_class for row in month.rows if row.name_of_class != "agreed"} == quarter.planted


def test_every_won_deal_stands_in_exactly_one_class(seen: tuple[Quarter, Month]) -> None:
    quarter, month = seen
    won = {
        i for i, d in quarter.house.hubspot.objects["deals"].items() if d.properties.get("hs_is_closed_won") == "true"
    }
    won = {i for i in won if not quarter.house.hubspot.objects["deals"][i].archived}
    assert {row.deal for row in month.won} == won
    assert len(month.rows) == len({row.deal for row in month.rows})
    counts = {name: sum(states.values()) for name, states in month.counts().items()}
    assert sum(counts.values()) - counts[WITHOUT_DEAL] == len(won)


def test_what_the_rules_may_mend_is_right_in_both_systems_afterwards(seen: tuple[Quarter, Month]) -> None:
    quarter, month = seen
    mended = [row for row in month.rows if row.state == "mended"]
    assert Counter(row.name_of_class for row in mended) == MENDED
    for row in mended:
        invoice = quarter.house.invoice(row.deal)
        told = quarter.house.told(row.deal)
        assert invoice["Status"] in {"AUTHORISED", "PAID"}
        assert told["invoice_number"] == invoice["InvoiceNumber"]
        assert Decimal(told["amount_due"]) == invoice["AmountDue"]
        assert (quarter.house.stage(row.deal) == "Paid") == (invoice["Status"] == "PAID")


def test_where_it_differs_is_told_to_the_cent(seen: tuple[Quarter, Month]) -> None:
    _, month = seen
    where = {row.name_of_class: row.where for row in month.rows if row.where}
    assert "subtotal: $2,500.00 planned, $3,640.00 in Xero ($1,140.00)" in where["amount differs"]
    assert "GST: $342.00 planned, $0.00 in Xero (-$342.00)" in where["GST differs"]
    assert where["changed after approval"] == ("deal: $3,640.00 when invoiced, $10,260.00 now",)


def test_how_long_a_deal_has_waited_is_told(seen: tuple[Quarter, Month]) -> None:
    _, month = seen
    waiting = [row for row in month.rows if row.name_of_class == "waiting in review"]
    assert len(waiting) == 2
    assert all(row.since is not None and (month.read_on - row.since).days > 10 and row.question for row in waiting)


def test_what_is_not_mended_is_an_open_question(seen: tuple[Quarter, Month]) -> None:
    quarter, month = seen
    numbers = {item.id for item in quarter.house.questions()}
    assert {row.question for row in month.unexplained} == numbers
    assert len(month.unexplained) == 14 - sum(MENDED.values())


def test_gst_is_what_xero_itself_holds(seen: tuple[Quarter, Month]) -> None:
    quarter, month = seen
    in_xero = gst_in_xero(quarter.house, FIRST, LAST)
    assert {each.code: each.gst for each in month.taxes} == in_xero
    assert dict(month.bas)["1A"] == in_xero["OUTPUT"]
    assert sum(each.net for each in month.accounts) == sum(each.net for each in month.taxes)
    assert sum(each.gst for each in month.accounts) == sum(in_xero.values())


def test_cash_and_what_is_due_are_what_xero_itself_holds(seen: tuple[Quarter, Month]) -> None:
    quarter, month = seen
    payments = [p for p in quarter.house.xero.payments.values() if p["Status"] == "AUTHORISED"]
    assert (month.cash.payments, month.cash.received) == (len(payments), sum(p["Amount"] for p in payments))
    due = [i for i in quarter.house.invoices() if i["Status"] == "AUTHORISED" and i["AmountDue"]]
    assert sum(age.due for age in month.ages) == sum(i["AmountDue"] for i in due)
    assert sum(age.invoices for age in month.ages) == len(month.owed) == len(due)
    assert sum(owner.paid for owner in month.owners) == month.cash.of_deals


def test_the_second_report_asks_nothing_twice_and_finds_what_was_mended_agreed(quarter: Quarter) -> None:
    first = report(quarter)
    asked = [item.id for item in quarter.house.questions()]
    written = list(quarter.house.written())
    second = report(quarter)
    assert [item.id for item in quarter.house.questions()] == asked
    assert list(quarter.house.written()) == written
    mended = {row.deal for row in first.rows if row.state == "mended"}
    assert {row.deal for row in second.rows if row.name_of_class == "agreed"} >= mended
    kept = [replace(row, since=None, question=0) for row in first.rows if row.deal not in mended]
    assert [replace(row, since=None, question=0) for row in second.rows if row.deal not in mended] == kept


def test_an_answer_explains_a_difference_for_as_long_as_the_figures_stay(quarter: Quarter) -> None:
    report(quarter)
    house = quarter.house
    for item in house.questions():
        if item.kind not in {"product_unmapped", "customer_unclear"}:
            house.answer(item, "leave")
    explained = report(quarter)
    assert {row.name_of_class for row in explained.unexplained} == {"waiting in review"}
    differs = next(row for row in explained.rows if row.name_of_class == "amount differs")
    assert differs.state == "explained"
    assert "A person chose to leave it so." in differs.why

    quarter.edit(house.invoice(differs.deal)["InvoiceID"], Quantity=4)
    again = next(row for row in report(quarter).rows if row.deal == differs.deal)
    assert (again.name_of_class, again.state) == ("amount differs", "open")


def test_a_difference_that_somebody_put_right_settles_its_own_question(quarter: Quarter) -> None:
    row = next(row for row in report(quarter).rows if row.name_of_class == "amount differs")
    quarter.edit(quarter.house.invoice(row.deal)["InvoiceID"], Quantity=2)
    after = next(each for each in report(quarter).rows if each.deal == row.deal)
    assert after.name_of_class == "agreed"
    assert row.question not in {item.id for item in quarter.house.questions()}


def test_each_month_has_its_own_deals_and_all_months_together_the_quarters(seen: tuple[Quarter, Month]) -> None:
    quarter, month = seen
    house = quarter.house.twin()
    months = [reconcile(house.open(), read_month(name)) for name in ("2026-12", "2027-01", "2027-02")]
    assert [len(each.won) for each in months[:2]] == [5, 5]
    assert sorted(row.deal for each in months for row in each.won) == sorted(row.deal for row in month.won)
    assert not any(each.unexplained for each in months[:2])
    assert sum(sum(s.gst for s in each.taxes) for each in months) == sum(s.gst for s in month.taxes)


def test_deals_won_before_the_link_began_are_explained_and_never_invoiced_late() -> None:
    house = House(watch=False)
    old = house.sell({"product": "LICENCE"}, closedate="2026-10-05T02:00:00Z")
    house.clock.advance(10 * 86400)
    house.work()
    month = reconcile(house.open(), read_month("2026-10"))
    (row,) = month.rows
    assert (row.deal, row.name_of_class, row.state) == (old, "not invoiced", "explained")
    assert "before the link" in row.why
    assert house.invoices() == []


def test_deals_that_no_rule_wants_and_sales_that_are_no_deals_are_explained() -> None:
    house = House.settled(watch=False)
    zero = house.sell({"product": "LICENCE", "price": "0"})
    house.work()
    contact = house.company.contacts["Meadowbank Print & Sign"]
    line = {"Description": "By hand", "Quantity": 1, "UnitAmount": 50, "AccountCode": "200", "TaxType": "OUTPUT"}
    house.xero.people.add_invoice(contact, [line], Status="AUTHORISED", DueDate="2026-12-01")
    month = reconcile(house.open(), read_month("2026-11"))
    (row,) = month.rows
    assert (row.deal, row.state) == (zero, "explained")
    assert month.others == (1, Decimal("55.00"))
    assert {each.code: each.gst for each in month.taxes} == {"OUTPUT": Decimal("5.00")}


def test_a_refusal_of_the_crm_leaves_the_deal_open_with_its_question() -> None:
    house = House.settled(watch=False)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.hubspot.people.require_on_stage("New business", "Paid", "description")
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    month = reconcile(house.open(), read_month("2026-11"))
    (row,) = month.rows
    assert (row.name_of_class, row.state) == ("paid state differs", "open")
    with house.ledger.read() as session:
        assert [item.kind for item in reviews.opened(session, "demo")] == ["stage_move_refused"]
    again = reconcile(house.open(), read_month("2026-11")).rows[0]
    assert (again.state, again.question) == ("open", house.asked("stage_move_refused").id)
