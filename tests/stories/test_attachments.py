"""Where the mapping wants it, the files of a deal are on its approved invoice in Xero: each once, none lost unsaid."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.faults import Fault
from tests.support.house import Edit, House

EVERY = pytest.mark.parametrize("crm", ["hubspot", "pipedrive", "salesforce"])
WANTED: Edit = ("create: authorised\n", "create: authorised\n    attach: files of the deal\n")


def sold(house: House, **files: str) -> str:
    """A deal that is won, and its files: their names without the ending, and what is in them."""
    deal, people = house.sell({"product": "LICENCE"}), seller(house)
    for name, content in files.items():
        people.add_file(deal, f"{name}.pdf", content)
    return deal


def seller(house: House) -> Any:
    return house.sales.double.people


def on(house: House, deal: str) -> list[tuple[str, int]]:
    """What is attached to the invoice of a deal: names and bytes."""
    found = house.xero.books.attachments.get(house.invoice(deal)["InvoiceID"], ())
    return sorted((each["FileName"], each["ContentLength"]) for each in found)


@EVERY
def test_the_files_of_a_deal_are_on_its_invoice_once_and_its_pdf_is_not_among_them(crm: str) -> None:
    house = House(WANTED, ("\nwrite back:", "\nwrite back:\n  pdf: once approved"), crm=crm)
    deal = sold(house, plan="the plan", order="the order")
    other = sold(house)
    seller(house).add_file(deal, "50% off? #1/a.pdf", "half")
    house.work()
    files = [("50- off- -1-a.pdf", 4), ("order.pdf", 9), ("plan.pdf", 8)]
    assert on(house, deal) == files
    assert on(house, other) == []
    (call,) = [each for each in house.xero.api_calls("PUT", "/Invoices/") if each.path.endswith("/plan.pdf")]
    assert call.body == b"the plan"
    house.xero.people.pay(house.invoice(deal)["InvoiceID"])
    house.work()
    assert on(house, deal) == files
    assert not house.questions()


@pytest.mark.parametrize("may_read_mails", [True, False])
def test_files_hang_on_whatever_was_done_about_a_hubspot_deal_and_on_its_mails_if_the_key_may(
    *, may_read_mails: bool
) -> None:
    house = House(WANTED, watch=False)  # our excerpt of HubSpot's files has neither calls, e-mails nor meetings
    if not may_read_mails:
        house.hubspot.access.missing_scopes.add("sales-email-read")
    deal = sold(house, note="1")
    for kind in ("calls", "emails", "meetings", "tasks"):
        house.hubspot.people.add_file(deal, f"{kind}.pdf", kind, at=kind)
    house.work()
    mails = [("emails.pdf", 6)] if may_read_mails else []
    assert on(house, deal) == [("calls.pdf", 5), *mails, ("meetings.pdf", 8), ("note.pdf", 1), ("tasks.pdf", 5)]
    assert not house.questions()


def test_a_further_invoice_that_makes_up_for_a_change_bears_the_files_of_its_deal_by_then() -> None:
    house = House(WANTED, crm="pipedrive", watch=False)
    deal = sold(house, plan="the plan")
    house.work()
    seller(house).set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    seller(house).add_file(deal, "change.pdf", "the change")
    house.work()
    house.answer(house.asked("deal_changed"), "adjust")
    house.work()
    first, further = (house.xero.books.attachments.get(i["InvoiceID"], ()) for i in house.invoices_of(deal))
    assert [each["FileName"] for each in first] == ["plan.pdf"]
    assert sorted(each["FileName"] for each in further) == ["change.pdf", "plan.pdf"]
    assert not house.questions()


@pytest.mark.parametrize("kind", ["lose answer", "500 after", "500 before", "429"])
def test_whatever_befalls_the_call_each_is_there_once(kind: Any) -> None:
    house = House(WANTED, crm="salesforce", watch=False)
    deal = sold(house, plan="the plan", order="the order")
    house.xero.faults.add(Fault("PUT", "*/Attachments/*", kind, times=1))
    house.recover()
    assert not house.xero.faults.waiting
    sent = [call.path for call in house.xero.api_calls("PUT", "/Invoices/") if "/Attachments/" in call.path]
    assert len(sent) == (2 if kind in {"lose answer", "500 after"} else 3)
    assert on(house, deal) == [("order.pdf", 9), ("plan.pdf", 8)]
    assert not house.questions()


@EVERY
def test_files_of_one_name_and_size_from_two_deals_are_both_on_their_month_s_invoice(crm: str) -> None:
    month: Edit = (WANTED[0], f"{WANTED[1]}    consolidate: by customer and month\n")
    house = House(month, crm=crm, watch=False)
    deals = [sold(house, plan=content) for content in ("AAAA", "BBBB")]
    house.work()
    house.clock.advance((datetime(2026, 11, 30, 13, 5, tzinfo=UTC) - house.clock()).total_seconds())
    for _ in range(3):
        house.work()
    [files] = house.xero.books.attachments.values()
    assert sorted(each["FileName"] for each in files) == sorted(f"plan, deal {deal}.pdf" for deal in deals)
    sent = [call.body for call in house.xero.api_calls("PUT", "/Invoices/") if "/Attachments/" in call.path]
    assert sorted(sent) == [b"AAAA", b"BBBB"]
    assert not house.questions()


def test_what_xero_has_no_room_for_is_asked_about_and_the_rest_is_there() -> None:
    house = House(WANTED, crm="salesforce", watch=False)
    deal = sold(house, large="x" * 3_500_000, empty="", plan="the plan")
    house.work()
    assert on(house, deal) == [("plan.pdf", 8)]
    said = house.asked("files_refused").facts
    assert "large.pdf: It is larger than the 3.5 MB that Xero takes." in said
    assert "empty.pdf: It is empty." in said
    house.work()
    assert len(house.questions()) == 1


def test_the_eleventh_is_asked_about() -> None:
    house = House(WANTED, crm="salesforce", watch=False)
    deal = sold(house, **{f"page{number:02}": str(number) for number in range(11)})
    house.work()
    assert len(on(house, deal)) == 10
    assert "page10.pdf: The invoice has 10 attachments" in house.asked("files_refused").facts


def test_a_draft_has_none_until_a_person_approves_it_and_nobody_gets_them_unasked() -> None:
    house = House(("create: authorised\n", "create: draft\n    attach: files of the deal\n"), crm="salesforce")
    deal = sold(house, plan="the plan")
    house.work()
    assert on(house, deal) == []
    house.clock.advance(60)
    house.xero.people.approve(house.invoice(deal)["InvoiceID"])
    house.work()
    assert on(house, deal) == [("plan.pdf", 8)]
    other = House(crm="salesforce")
    deal = sold(other, plan="the plan")
    other.work()
    assert on(other, deal) == []


def test_a_connection_without_the_permission_is_named_and_the_deal_is_told() -> None:
    house = House(WANTED, crm="salesforce")
    house.xero.identity.scopes -= {"accounting.attachments"}
    deal = sold(house, plan="the plan")
    house.struggle()
    assert house.told(deal)["invoice_status"] == "Awaiting payment"
    assert "accounting.attachments" in house.asked("not_connected").facts
    house.xero.identity.scopes |= {"accounting.attachments"}
    house.xero.identity.expire_access()
    house.recover()
    assert on(house, deal) == [("plan.pdf", 8)]


@pytest.mark.parametrize("crm", ["hubspot", "pipedrive"])
def test_where_a_crm_keeps_its_files_no_key_of_ours_is_shown(crm: str) -> None:
    house = House(WANTED, crm=crm, watch=False)
    deal = sold(house, plan="the plan")
    house.work()
    (fetched,) = [call for call in house.sales.double.log if call.path.startswith("/signed/")]
    assert fetched.status == 200
    assert not {"authorization", "x-api-token", "cookie"} & set(fetched.headers)
    assert on(house, deal) == [("plan.pdf", 8)]


def test_a_file_of_which_not_all_came_is_read_again() -> None:
    house = House(WANTED, crm="salesforce", watch=False)
    deal = sold(house, plan="the plan")
    house.world.salesforce.faults.add(Fault("GET", "*/VersionData", "garble", times=1))
    house.recover()
    assert not house.world.salesforce.faults.waiting
    assert on(house, deal) == [("plan.pdf", 8)]
    assert not house.questions()
