"""Lines that recur become one template of repeating invoices in Xero, a draft; what is billed once is invoiced."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sandbox.faults import Fault
from stages.restored import was_restored
from tests.support.house import House

RULE = ("create: authorised\n", "create: authorised\n    recurring lines: template\n")
TOLD = ("  status: ", "  repeating invoice: xero_repeating_invoice\n  status: ")
MONTHLY = {"product": "LICENCE", "frequency": "monthly"}
ONCE = {"product": "TRAVEL"}
RHYTHM = pytest.mark.parametrize("crm", ["hubspot", "pipedrive"])


def templates(house: House) -> list[dict[str, Any]]:
    return [each for each in house.xero.books.templates.values() if each["Status"] != "DELETED"]


def starting(crm: str) -> dict[str, Any]:
    """When HubSpot and Pipedrive say that a line begins, and how often it is billed."""
    if crm == "hubspot":
        return {"hs_recurring_billing_start_date": "2026-12-01", "hs_recurring_billing_period": "P12M"}
    return {"billing_start_date": "2026-12-01", "billing_frequency_cycles": 12}


@RHYTHM
def test_what_recurs_stands_in_one_draft_template_and_the_rest_is_invoiced(crm: str) -> None:
    house = House(RULE, TOLD, crm=crm)
    deal = house.sell(MONTHLY | starting(crm), ONCE)
    house.work()
    (template,) = templates(house)
    assert (template["Status"], template["Total"]) == ("DRAFT", Decimal("1254.00"))
    schedule = template["Schedule"]
    assert (schedule["Period"], schedule["Unit"], schedule["DueDateType"]) == (1, "MONTHLY", "DAYSAFTERBILLDATE")
    assert schedule["StartDate"].startswith("/Date(1796083200000")
    assert schedule["EndDate"].startswith("/Date(1825")
    assert house.invoice(deal)["Total"] == Decimal("220.00")
    shown = house.told(deal)["repeating_invoice"]
    assert shown.startswith("Monthly from 1 December 2026 until 1 November 2027, $1,254.00: a draft")
    house.work()
    assert len(templates(house)) == 1
    assert not house.questions()


@RHYTHM
def test_a_person_approves_the_template_and_the_deal_says_so_the_next_day(crm: str) -> None:
    house = House(RULE, TOLD, crm=crm, watch=False)
    deal = house.sell(MONTHLY | starting(crm))
    house.work()
    assert not house.invoices_of(deal)
    key = templates(house)[0]["RepeatingInvoiceID"]
    house.xero.people.approve_template(key)
    house.work(minutes=25 * 60)
    house.work()
    assert house.told(deal)["repeating_invoice"].endswith(": approved")
    assert not any('Status": "AUTHORISED' in str(c.body) for c in house.xero.api_calls("POST", "/RepeatingInvoices"))


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "refuse connection", "late"])
def test_whatever_befalls_the_call_there_is_one_template(kind: Any) -> None:
    house = House(RULE, watch=False)
    deal = house.sell(MONTHLY, ONCE)
    house.break_xero("PUT /RepeatingInvoices", kind)
    house.struggle()
    house.recover()
    assert len(templates(house)) == 1
    assert len(house.invoices_of(deal)) == 1
    assert not house.questions()


def test_where_xero_makes_no_contact_the_deal_of_a_template_is_asked_about() -> None:
    house = House(RULE, TOLD, watch=False)
    house.xero.faults.add(Fault("PUT", "/api.xro/2.0/Contacts", "500 before", times=20))
    house.sell(MONTHLY | starting("hubspot"), company=house.sales.double.people.add_company("Sunny Bay Bakery"))
    for _ in range(12):
        house.work(minutes=20)
    assert house.asked("tried_too_often").subject.startswith("customer:")


def test_lines_in_several_rhythms_are_asked_about() -> None:
    house = House(RULE)
    deal = house.sell(MONTHLY, {"product": "TRAVEL", "frequency": "annually"})
    house.work()
    house.answer(house.asked("recurring_line"), "first_period")
    house.work()
    assert not templates(house)
    assert house.invoice(deal)["Total"] == Decimal("1474.00")


def test_a_schedule_of_salesforce_is_asked_about_since_it_says_no_rhythm() -> None:
    house = House(RULE, crm="salesforce")
    house.sell({"product": "LICENCE", "frequency": "Monthly"})
    house.work()
    assert house.asked("recurring_line")
    assert not templates(house)


@RHYTHM
def test_a_deal_that_changed_or_was_called_off_is_asked_about_once_and_its_template_stays(crm: str) -> None:
    house = House(RULE, crm=crm, watch=False)
    deal = house.sell(MONTHLY | starting(crm))
    house.work()
    house.sales.double.people.set_lines(deal, [MONTHLY | starting(crm) | {"quantity": 2}])
    house.work()
    house.answer(house.asked("template_stands"), "leave")
    house.work()
    assert not house.questions()
    house.sales.lose(deal)
    house.work()
    assert house.asked("template_stands")
    assert len(templates(house)) == 1


def test_a_restored_ledger_makes_no_template_twice() -> None:
    house = House(RULE, watch=False)
    copy = house.twin().ledger
    house.sell(MONTHLY)
    house.work()
    house.ledger = copy
    was_restored(house.ledger, house.pair, 1)
    house.recover()
    house.recover()
    assert len(templates(house)) == 1
    assert len(house.xero.books.templates) == 1
