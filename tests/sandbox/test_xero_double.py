"""The Xero double as an instrument: faults as switches, its own log, webhook events, the same answers every time."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from typing import Any

import pytest

from sandbox.faults import Fault
from tests.support.xero_calls import Caller, draft, line, organisation

PUT = ("PUT", "*/Invoices")


def story(seed: int = 0) -> Caller:
    """A little of everything, ending with an invoice paid in part."""
    xero = organisation(seed)
    contact = xero.contact()
    made = xero.put("/Invoices", *(draft(contact, Url=f"https://crm.example/{n}") for n in range(3)), unitdp="4")
    for each in made.body["Invoices"]:
        xero.clock.advance(1)
        xero.double.people.approve(each["InvoiceID"])
    xero.double.people.pay(made.body["Invoices"][0]["InvoiceID"], "1.00")
    xero.put("/Invoices", draft(contact, line(AccountCode="nope")))
    return xero


# Faults


def test_a_refused_connection_leaves_no_trace_with_the_vendor() -> None:
    xero = organisation()
    xero.double.faults.add(Fault(*PUT, "refuse connection"))
    contact, logged = xero.contact(), len(xero.double.log)

    response = xero.put("/Invoices", draft(contact)).response

    assert (response.lost, response.refused) == (True, True)
    assert not xero.double.invoices
    assert len(xero.double.log) == logged
    assert xero.put("/Invoices", draft(contact)).status == 200


def test_a_lost_answer_is_one_whose_work_was_done() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.double.faults.add(Fault(*PUT, "lose answer"))

    response = xero.put("/Invoices", draft(contact)).response

    assert (response.lost, response.refused) == (True, False)
    assert len(xero.double.invoices) == 1


def test_a_late_request_arrives_after_its_caller_gave_up() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.double.faults.add(Fault(*PUT, "late", delay=600))

    assert xero.put("/Invoices", draft(contact)).response.lost
    xero.clock.advance(599)
    assert xero.get("/Invoices").body["Invoices"] == []
    xero.clock.advance(60)
    arrived = xero.get("/Invoices").one("Invoices")

    assert arrived["UpdatedDateUTCString"] == "2026-11-23T01:12:03Z"
    assert xero.double.api_calls("PUT", "/Invoices")[0].at.minute == 12


def test_a_late_request_arrives_before_a_person_acts_too() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.double.faults.add(Fault(*PUT, "late", delay=60))
    xero.put("/Invoices", draft(contact))

    xero.clock.advance(61)
    xero.double.people.edit_contact(contact, EmailAddress="ann@acme.example")

    assert [call.method or call.path.split()[0] for call in xero.double.log][-2:] == ["PUT", "edit"]


def test_a_late_request_whose_retry_came_first_is_answered_from_memory() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.double.faults.add(Fault(*PUT, "late", delay=60))

    xero.put("/Invoices", draft(contact), key="k")
    xero.put("/Invoices", draft(contact), key="k")
    xero.clock.advance(61)
    xero.double.arrive()

    assert len(xero.double.invoices) == 1


@pytest.mark.parametrize(("kind", "made"), [("500 before", 0), ("500 after", 1)])
def test_a_server_error_tells_nothing_of_what_was_done_and_its_key_remembers_it(kind: Any, made: int) -> None:
    xero = organisation()
    element = draft(xero.contact())
    xero.double.faults.add(Fault(*PUT, kind, status=503))

    first = xero.put("/Invoices", element, key="k")
    second = xero.put("/Invoices", element, key="k")

    assert (first.status, second.status) == (503, 503)
    assert len(xero.double.invoices) == made
    assert xero.put("/Invoices", element, key="fresh").status == 200


def test_a_garbled_answer_is_a_200_without_sense() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.double.faults.add(Fault(*PUT, "garble"))
    xero.double.faults.add(Fault("GET", "*/Organisation", "garble", text="<html>Be right back</html>"))
    request = draft(contact)

    with pytest.raises(json.JSONDecodeError):
        xero.put("/Invoices", request)
    with pytest.raises(json.JSONDecodeError):
        xero.get("/Organisation")

    assert len(xero.double.invoices) == 1
    assert [call.status for call in xero.double.log][-2:] == [200, 200]


def test_a_throttled_call_says_which_limit_and_how_long() -> None:
    xero = organisation()
    xero.double.faults.add(Fault("*", "*", "429", retry_after=66_975, daily=True))
    xero.double.faults.add(Fault("*", "*", "429", retry_after=None))

    day, minute = xero.get("/Organisation").response, xero.get("/Organisation").response

    assert (day.status, day.body, day.headers["Retry-After"]) == (429, b"", "66975")
    assert (day.headers["X-Rate-Limit-Problem"], minute.headers["X-Rate-Limit-Problem"]) == ("day", "minute")
    assert "Retry-After" not in minute.headers


def test_tokens_can_end_in_mid_run() -> None:
    xero = organisation()
    xero.double.faults.add(Fault(*PUT, "expire token"))
    contact = xero.contact()

    assert xero.put("/Invoices", draft(contact)).status == 401
    assert xero.get("/Invoices").status == 401
    xero.renew()
    assert xero.put("/Invoices", draft(contact)).status == 200


def test_a_fault_waits_for_its_call_and_strikes_as_often_as_told() -> None:
    xero = organisation()
    fault = Fault("GET", "*/Organisation", "500 before", times=2, after=1)
    xero.double.faults.add(fault)

    statuses = [xero.get("/Organisation").status for _ in range(4)]

    assert statuses == [200, 500, 500, 200]
    assert xero.get("/Accounts").status == 200
    assert [struck[1] for struck in xero.double.faults.struck] == [fault, fault]


# The log


def test_the_log_tells_what_each_call_and_person_changed() -> None:
    xero = organisation()
    contact = xero.contact()
    key = xero.invoice(contact)["InvoiceID"]
    xero.get(f"/Invoices/{key}")
    xero.double.people.approve(key)

    made, read, approved = xero.double.log[-3:]
    ((kind, changed, before, after),) = made.changes

    assert (made.actor, made.method, made.status) == ("api", "PUT", 200)
    assert (kind, changed, before, after["Status"]) == ("invoice", key, None, "DRAFT")
    assert read.changes == ()
    assert (approved.actor, approved.path) == ("person", f"approve invoice {key}")
    assert [(change[2]["Status"], change[3]["Status"]) for change in approved.changes] == [("DRAFT", "AUTHORISED")]
    assert xero.double.api_calls("PUT", "/Invoices") == [made]


def test_what_the_log_holds_never_changes() -> None:
    xero = organisation()
    key = xero.invoice(xero.contact())["InvoiceID"]
    kept = xero.double.log[-1].changes[0][3]

    xero.double.people.edit_invoice(key, Reference="later")

    assert kept["Reference"] == ""
    with pytest.raises(TypeError):
        kept["Reference"] = "forged"
    with pytest.raises(TypeError):
        kept["LineItems"][0]["UnitAmount"] = Decimal(1)


def test_a_refused_call_changes_nothing() -> None:
    xero = organisation()

    xero.put("/Contacts", {"Name": "<script>"})

    assert xero.double.log[-1].status == 400
    assert xero.double.log[-1].changes == ()


# Events


def test_webhook_events_name_what_was_made_and_changed() -> None:
    xero = organisation()
    contact = xero.contact()
    key = xero.invoice(contact)["InvoiceID"]
    xero.clock.advance(0.25)
    xero.double.people.archive_contact(contact)

    told = [(event["eventCategory"], event["eventType"], event["resourceId"]) for event in xero.double.events]

    assert told == [("CONTACT", "CREATE", contact), ("INVOICE", "CREATE", key), ("CONTACT", "UPDATE", contact)]
    last = xero.double.events[-1]
    assert last["eventDateUtc"] == "2026-11-23T01:02:03.706"
    assert last["resourceUrl"] == f"https://api.xero.com/api.xro/2.0/Contacts/{contact}"
    assert (last["tenantId"], last["tenantType"]) == (xero.double.tenant_id, "ORGANISATION")


@pytest.mark.parametrize(("telling", "events"), [(True, 3), (False, 1)])
def test_a_payment_raises_an_event_of_its_invoice_unless_switched_off(telling: bool, events: int) -> None:
    xero = organisation()
    key = xero.invoice(xero.contact(), Status="AUTHORISED")["InvoiceID"]
    xero.double.books.payments_raise_events = telling

    xero.double.people.remove_payment(xero.double.people.pay(key))

    assert len([event for event in xero.double.events if event["resourceId"] == key]) == events


# Sameness


def test_the_same_seed_and_clock_give_the_same_answers_byte_for_byte() -> None:
    first, second, other = story(7), story(7), story(8)

    assert [call.answer for call in first.double.log] == [call.answer for call in second.double.log]
    assert [call.answer for call in first.double.log] != [call.answer for call in other.double.log]


def pickled(double: Any) -> Any:
    return pickle.loads(pickle.dumps(double))


@pytest.mark.parametrize("way", [copy.deepcopy, pickled])
def test_a_copy_of_the_double_goes_its_own_way(way: Any) -> None:
    xero = story()
    copied = way(xero.double)
    twin = Caller(copied, xero.clock, xero.token)

    answers = [each.invoice(next(iter(each.double.contacts))) for each in (xero, twin)]
    twin.double.people.delete_draft(answers[1]["InvoiceID"])

    assert answers[0] == answers[1]
    assert xero.double.invoices[answers[0]["InvoiceID"]]["Status"] == "DRAFT"
    assert twin.double.invoices[answers[0]["InvoiceID"]]["Status"] == "DELETED"
