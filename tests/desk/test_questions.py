"""Held here: people find what waits, see both records and what each answer does, and answer; of two one wins."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest

from stages.troubles import OutsideTrouble
from tests.support.desks import Desk, seen
from tests.support.waiting import until

LOOK_ALIKES = "Which contact in Xero is Meridian Partners Pty Ltd?"


def asked(desk: Desk, *deals: str) -> int:
    """Win these deals, let the flows look; the number of the last question asked."""
    for deal in deals:
        desk.house.win(deal)
    desk.work()
    return desk.house.questions()[-1].id or 0


def draft_that_differs(desk: Desk) -> int:
    """A draft that a person changed between its making and its approval."""
    house = desk.house
    deal = house.sell({"product": "LICENCE", "quantity": 2}, name="Two licences")
    house.break_xero("POST /Invoices", "500 before")
    with suppress(OutsideTrouble):
        desk.work()
    line = house.invoice(deal)["LineItems"][0]
    kept = {name: value for name, value in line.items() if name not in {"LineAmount", "TaxAmount"}}
    house.xero.people.edit_invoice(house.invoice(deal)["InvoiceID"], LineItems=[kept | {"UnitAmount": Decimal(1000)}])
    desk.work()
    return house.asked("total_differs").id or 0


def test_an_empty_queue_says_so(desk: Desk) -> None:
    assert "Nothing waits for a person" in desk.browser().text("/questions")


def test_the_list_names_reason_deal_customer_money_and_age(desk: Desk) -> None:
    asked(desk, "look_alikes")
    desk.house.clock.advance(timedelta(days=3).total_seconds())
    page = desk.browser().text("/questions")
    assert f"{LOOK_ALIKES} Investor deck" in page
    assert "$3,330.00 3 days ago" in page


def test_the_money_of_all_deals_that_wait_is_at_stake(desk: Desk) -> None:
    for quantity in (1, 2):
        desk.house.sell({"product": "WORKSHOP", "quantity": quantity}, name=f"Day {quantity}")
    desk.work()
    page = desk.browser().text("/questions")
    assert "How is WORKSHOP booked? Day 1 and 1 more deal" in page
    assert "$7,200.00" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"Meridian", "WORKSHOP"}),
        ("?kind=product_unmapped", {"WORKSHOP"}),
        ("?q=investor", {"Meridian"}),
        ("?q=nobody+is+called+so", set()),
        ("?who=mine", set()),
        ("?who=free", {"Meridian", "WORKSHOP"}),
        ("?pair=demo", {"Meridian", "WORKSHOP"}),
        ("?pair=other", set()),
    ],
)
def test_the_list_can_be_filtered(desk: Desk, query: str, shown: set[str]) -> None:
    asked(desk, "look_alikes", "unmapped")
    answer = desk.browser().get(f"/questions{query}")
    titles = answer.text.partition('<ol class="queue">')[2]
    assert {word for word in ("Meridian", "WORKSHOP") if f"{word}" in titles} == shown
    if not shown:
        assert "None of the 2 open questions fits" in seen(answer)


def test_the_most_money_may_come_first(desk: Desk) -> None:
    asked(desk, "look_alikes", "unmapped")
    page = desk.browser().text("/questions?order=money")
    assert page.index("How is WORKSHOP booked?") < page.index(LOOK_ALIKES)


def test_a_question_shows_both_records_and_the_invoice_of_each_answer(desk: Desk) -> None:
    number = asked(desk, "look_alikes")
    page = desk.browser().text(f"/questions/demo/{number}")
    assert "In the CRM Meridian Partners Pty Ltd" in page
    assert "Meridian Partners P/L ✓ same" in page
    assert "1 Use Meridian Partners: same name and postcode" in page
    assert "The invoice as it would look: $3,663.00 Approved invoice" in page
    assert "Brand consulting, per hour GST on Income 18 200 Sales $3,330.00" in page
    assert "To Meridian Partners Pty Ltd new contact" in page
    assert "Nothing has changed yet: the same would be asked again." in page


def test_what_was_mended_outside_shows_at_once(desk: Desk) -> None:
    number = asked(desk, "look_alikes")
    twin = desk.house.company.contacts["Meridian Partners P/L"]
    desk.house.xero.people.archive_contact(twin)
    desk.house.clock.advance(timedelta(hours=13).total_seconds())
    page = desk.browser().text(f"/questions/demo/{number}")
    assert "Status in Xero – Active Archived" in page
    assert "What it asked about has been put right, as both systems stand now." in page


def test_a_field_that_differs_is_marked(desk: Desk) -> None:
    number = asked(desk, "look_alikes")
    twin = desk.house.company.contacts["Meridian Partners"]
    desk.house.xero.people.edit_contact(twin, TaxNumber="51824753556")
    desk.house.hubspot.people.edit("company", desk.house.company.companies["meridian"], abn="83914571673")
    page = desk.browser().text(f"/questions/demo/{number}")
    assert "ABN 83 914 571 673 51 824 753 556 ≠ differs" in page


def test_an_answer_settles_it_and_the_deal_goes_on(desk: Desk) -> None:
    number = asked(desk, "look_alikes")
    browser = desk.browser()
    browser.get(f"/questions/demo/{number}")
    choice = f"use:{desk.house.company.contacts['Meridian Partners']}"
    answer = browser.send(f"/questions/demo/{number}/answer", choice=choice)
    assert answer.status_code == 303
    page = browser.text(answer.headers["location"])
    assert "Settled: Use Meridian Partners: same name and postcode. The deal goes on with the next run." in page
    assert until(lambda: desk.rung) == ["demo"]
    desk.work()
    assert desk.house.customer(desk.house.company.deals["look_alikes"])["Name"] == "Meridian Partners"


def test_one_of_two_people_wins_and_the_other_sees_what_happened(staffed: Desk) -> None:
    number = asked(staffed, "look_alikes")
    one, other = staffed.browser("operator"), staffed.browser("approver")
    for browser in (one, other):
        browser.get(f"/questions/demo/{number}")
    assert one.send(f"/questions/demo/{number}/answer", choice="create", note="They are new").status_code == 303
    late = other.send(f"/questions/demo/{number}/answer", choice="retry")
    assert late.status_code == 409
    page = seen(late)
    assert "operator settled it on 25 Nov 2026, " in page
    assert ": Create a new contact in Xero . “They are new”" in page
    assert "Your answer was not taken: I have put it right: look again" in page
    assert staffed.house.questions() == []


def test_a_page_hears_of_news_only_where_there_is_some(desk: Desk) -> None:
    number = asked(desk, "look_alikes")
    browser = desk.browser()
    for path in ("/", "/questions", f"/questions/demo/{number}"):
        page = browser.get(path).text
        known = page.partition('data-pulse="')[2].partition('"')[0]
        assert browser.client.get("/pulse").json() == {"version": known}, path
    desk.house.win("known_by_abn")
    desk.work()
    assert browser.client.get("/pulse").json() != {"version": known}


def test_who_is_on_it_is_seen_and_may_be_taken_over(staffed: Desk) -> None:
    number = asked(staffed, "look_alikes")
    one, other = staffed.browser("operator"), staffed.browser("approver")
    here = f"/questions/demo/{number}"
    one.get(here)
    other.get(here)
    assert one.send(f"{here}/claim").status_code == 303
    assert "You are on it" in one.text(here)
    assert other.send(f"{here}/claim").status_code == 409
    assert "operator is on it, a moment" in other.text(here)
    assert other.send(f"{here}/claim", instead_of="operator").status_code == 303
    assert "approver" in one.text("/questions")
    one.send(f"{here}/release")
    assert "approver" in one.text("/questions")
    other.send(f"{here}/release")
    assert "I am on it" in other.text(here)


def test_a_settled_question_says_who_settled_it(desk: Desk) -> None:
    number = asked(desk, "look_alikes")
    browser = desk.browser()
    browser.get(f"/questions/demo/{number}")
    browser.send(f"/questions/demo/{number}/answer", choice="create")
    page = browser.text(f"/questions/demo/{number}")
    assert ": Create a new contact in Xero." in page
    assert "What you can answer" not in page


def test_an_answer_nobody_offered_is_refused(desk: Desk) -> None:
    number = asked(desk, "look_alikes")
    browser = desk.browser()
    browser.get(f"/questions/demo/{number}")
    assert browser.send(f"/questions/demo/{number}/answer", choice="use:somebody").status_code == 422
    assert len(desk.house.questions()) == 1


def test_many_are_answered_at_once(desk: Desk) -> None:
    for quantity in range(5):
        desk.house.sell(name=f"Job {quantity}", amount="1.00")
    desk.work()
    items = [f"demo/{item.id}" for item in desk.house.questions()]
    assert len(items) == 5
    browser = desk.browser()
    page = browser.text("/questions?kind=amount_differs")
    assert "Answer the chosen ones" in page
    answer = browser.send("/questions/answers", item=items, choice="use_lines")
    assert "5 questions settled" in browser.text(answer.headers["location"])
    desk.work()
    assert len(desk.house.invoices()) == 5


def test_of_many_those_settled_meanwhile_stay_as_they_are(staffed: Desk) -> None:
    for quantity in range(2):
        staffed.house.sell(name=f"Job {quantity}", amount="1.00")
    staffed.work()
    first, second = (item.id for item in staffed.house.questions())
    one, other = staffed.browser("operator"), staffed.browser("approver")
    one.get("/")
    other.get("/")
    one.send(f"/questions/demo/{first}/answer", choice="ignore")
    items = [f"demo/{first}", f"demo/{second}"]
    answer = other.send("/questions/answers", item=items, choice="use_lines")
    assert (
        "1 question settled. What waited goes on with the next run. 1 had been settled by somebody else."
        in other.text(answer.headers["location"])
    )


def test_money_is_approved_by_approvers_only(staffed: Desk) -> None:
    staffed.mapping.write_text(
        staffed.mapping.read_text().replace("history note: every invoice", "ask above: 10.00", 1)
    )
    number = asked(staffed, "known_by_abn")
    operator, approver = staffed.browser("operator"), staffed.browser("approver")
    here = f"/questions/demo/{number}"
    assert "This takes the role “approver”" in operator.text(here)
    assert operator.send(f"{here}/answer", choice="go_ahead").status_code == 403
    approver.get(here)
    assert approver.send(f"{here}/answer", choice="go_ahead").status_code == 303


def test_what_can_not_be_undone_needs_a_reason(desk: Desk) -> None:
    number = draft_that_differs(desk)
    browser = desk.browser()
    here = f"/questions/demo/{number}"
    browser.get(here)
    refused = browser.send(f"{here}/answer", choice="accept", note="  ")
    assert (refused.status_code, "This needs a reason" in refused.text) == (422, True)
    assert browser.send(f"{here}/answer", choice="accept", note="Agreed by phone").status_code == 303
    assert "“Agreed by phone”" in browser.text(here)


def test_a_draft_that_differs_stands_beside_its_plan(desk: Desk) -> None:
    number = draft_that_differs(desk)
    page = desk.browser().text(f"/questions/demo/{number}")
    assert "Total $2,508.00 $2,200.00 ≠ differs" in page
    assert "Line 1 unit amount 1140 1000 ≠ differs" in page


@pytest.mark.parametrize("system", ["xero", "hubspot"])
def test_the_page_works_while_a_system_is_away(desk: Desk, system: str) -> None:
    number = asked(desk, "look_alikes")
    if system == "xero":
        desk.house.break_xero("GET *", "refuse connection", times=99)
    else:
        desk.house.break_hubspot("POST *", "refuse connection", times=99)
    browser = desk.browser()
    page = browser.text(f"/questions/demo/{number}")
    assert "can't be reached now" in page
    assert LOOK_ALIKES in page
    assert browser.send(f"/questions/demo/{number}/answer", choice="create").status_code == 303
