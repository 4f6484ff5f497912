"""The Xero double settles invoices as Xero does: payments, credit notes, and what may still change afterwards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sandbox.xero import Refused
from tests.support.xero_calls import Caller, draft, line, organisation

HAS_PAYMENTS = "This document cannot be edited as it has a payment or credit note allocated to it."


def approved(xero: Caller, **fields: Any) -> dict[str, Any]:
    return xero.invoice(xero.contact(), line("100.00"), line("50.00"), Status="AUTHORISED", **fields)


def read(xero: Caller, invoice_id: str) -> dict[str, Any]:
    return xero.get(f"/Invoices/{invoice_id}").one("Invoices")


def test_payments_bring_an_invoice_to_paid_and_back() -> None:
    xero = organisation()
    key = approved(xero)["InvoiceID"]

    xero.double.people.pay(key, "65.00", on=date(2026, 11, 25))
    part = read(xero, key)
    last = xero.double.people.pay(key, on=date(2026, 11, 30))
    full = read(xero, key)
    xero.double.people.remove_payment(last)
    back = read(xero, key)

    assert [part[name] for name in ("Status", "AmountPaid", "AmountDue")] == ["AUTHORISED", 65.0, 100.0]
    assert [full[name] for name in ("Status", "AmountPaid", "AmountDue")] == ["PAID", 165.0, 0.0]
    assert full["FullyPaidOnDate"] == "/Date(1795996800000+0000)/"
    assert [each["Amount"] for each in full["Payments"]] == [65.0, 100.0]
    assert [back[name] for name in ("Status", "AmountPaid", "AmountDue")] == ["AUTHORISED", 65.0, 100.0]
    assert "FullyPaidOnDate" not in back


def test_a_credit_note_can_pay_an_invoice_off_without_a_cent_paid() -> None:
    xero = organisation()
    key = approved(xero)["InvoiceID"]

    note = xero.double.people.credit(key)
    credited = read(xero, key)
    xero.double.people.remove_credit(note)
    back = read(xero, key)

    assert [credited[name] for name in ("Status", "AmountPaid", "AmountCredited")] == ["PAID", 0.0, 165.0]
    assert [each["AppliedAmount"] for each in credited["CreditNotes"]] == [165.0]
    assert [back[name] for name in ("Status", "AmountCredited", "AmountDue")] == ["AUTHORISED", 0.0, 165.0]
    assert "CreditNotes" not in back or not back["CreditNotes"]


def test_a_credit_note_can_be_read_with_its_allocation() -> None:
    xero = organisation()
    made = approved(xero)
    key = xero.double.people.credit(made["InvoiceID"], "11.00")

    note = xero.get(f"/CreditNotes/{key}").one("CreditNotes")

    assert (note["Type"], note["CreditNoteNumber"], note["Status"]) == ("ACCRECCREDIT", "CN-0001", "PAID")
    assert (note["SubTotal"], note["TotalTax"], note["Total"], note["RemainingCredit"]) == (10.0, 1.0, 11.0, 0.0)
    assert note["Allocations"][0]["Invoice"]["InvoiceID"] == made["InvoiceID"]
    assert xero.get("/CreditNotes", page="1").one("CreditNotes")["CreditNoteID"] == key


def test_an_invoice_of_nothing_is_paid_the_moment_it_is_approved() -> None:
    xero = organisation()

    made = xero.invoice(xero.contact(), line(DiscountRate=100), Status="AUTHORISED")

    assert (made["Status"], made["Total"], made["FullyPaidOnDate"]) == ("PAID", 0.0, made["Date"])


def test_the_app_can_pay_and_take_back() -> None:
    xero = organisation()
    made = approved(xero)
    element = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": 165}

    paid = xero.put("/Payments", element).one("Payments")
    removed = xero.call("POST", f"/Payments/{paid['PaymentID']}", {"Status": "DELETED"})
    again = xero.call("POST", f"/Payments/{paid['PaymentID']}", {"Status": "DELETED"})

    assert (paid["PaymentType"], paid["Status"], paid["Invoice"]["InvoiceNumber"]) == (
        "ACCRECPAYMENT",
        "AUTHORISED",
        "INV-0001",
    )
    assert removed.one("Payments")["Status"] == "DELETED"
    assert again.words == ["Payment not of valid status for modification"]
    assert read(xero, made["InvoiceID"])["Status"] == "AUTHORISED"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Amount": 165.01}, "Payment amount exceeds the amount outstanding on this document"),
        ({"Amount": -1}, "Payment amounts must be positive amounts"),
        ({"Account": {"Code": "200"}}, "Account code '200' is not a valid code for this document."),
        ({"Account": {"Code": "nope"}}, "Account could not be found"),
        ({"Invoice": {"InvoiceNumber": "INV-0002"}}, "Payments can only be made against Authorised documents"),
        (
            {"Date": "2026-06-30"},
            "The document date cannot be before the period lock date, currently set at 30-Jun-2026",
        ),
    ],
)
def test_a_payment_that_breaks_a_rule_is_refused(fields: dict[str, Any], words: str) -> None:
    xero = organisation()
    made = approved(xero)
    xero.invoice(made["Contact"]["ContactID"])
    xero.double.people.set_lock_date(date(2026, 6, 30))
    sound = {"Invoice": {"InvoiceID": made["InvoiceID"]}, "Account": {"Code": "090"}, "Amount": 10}

    answer = xero.put("/Payments", {**sound, **fields}, summarizeErrors="false")

    assert answer.words == [words]
    assert answer.body["Payments"][0]["HasValidationErrors"] is True
    assert not xero.double.payments


def test_payments_are_listed_by_change_deleted_ones_too() -> None:
    xero = organisation()
    made = approved(xero)
    first, second = (xero.double.people.pay(made["InvoiceID"], "5.00") for _ in range(2))
    xero.clock.advance(600)
    xero.double.people.remove_payment(first)

    all_of_them = xero.get("/Payments").body["Payments"]
    recent = xero.get("/Payments", {"if-modified-since": "2026-11-23T01:05:00"}).one("Payments")
    of_invoice = xero.get("/Payments", where=f'Invoice.InvoiceID==guid("{made["InvoiceID"]}") AND Status=="AUTHORISED"')

    assert {each["PaymentID"] for each in all_of_them} == {first, second}
    assert (recent["PaymentID"], recent["Status"]) == (first, "DELETED")
    assert of_invoice.one("Payments")["PaymentID"] == second


def test_with_a_payment_on_it_an_invoice_is_neither_voided_nor_deleted() -> None:
    xero = organisation()
    made = approved(xero)
    payment = xero.double.people.pay(made["InvoiceID"], "1.00")

    void = {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"}
    before = xero.post("/Invoices", void)
    xero.double.people.remove_payment(payment)
    after = xero.post("/Invoices", void)

    assert before.words == [
        "The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it."
    ]
    assert after.one("Invoices")["Status"] == "VOIDED"


def test_with_a_payment_on_it_only_words_may_change() -> None:
    xero = organisation()
    made = approved(xero)
    key = made["InvoiceID"]
    xero.double.people.pay(key)
    first, second = made["LineItems"]

    words = [
        {"Reference": "PO 12", "DueDate": "2026-12-24", "Url": "https://crm.example/9"},
        {"LineItems": [{"LineItemID": first["LineItemID"], "Description": "Design"}, {**second, "AccountCode": "210"}]},
        {"Contact": {"ContactID": xero.contact("Another payer")}},
    ]
    money = [
        {"Date": "2026-11-24"},
        {"LineAmountTypes": "Inclusive"},
        {"CurrencyCode": "USD"},
        {"LineItems": [first]},
        {"LineItems": [first, second, line("0.00")]},
        {"LineItems": [{**first, "Quantity": 2, "LineAmount": None}, second]},
    ]

    assert [xero.post("/Invoices", {"InvoiceID": key, **fields}).status for fields in words] == [200] * 3
    for fields in money:
        assert xero.post("/Invoices", {"InvoiceID": key, **fields}).words == [HAS_PAYMENTS]
    kept = xero.double.invoices[key]
    assert (kept["Status"], kept["Reference"], kept["Total"]) == ("PAID", "PO 12", Decimal("165.00"))
    assert [each["Description"] for each in kept["LineItems"]] == ["Design", "Design work"]


def test_a_credited_invoice_stays_with_its_contact() -> None:
    xero = organisation()
    made = approved(xero)
    xero.double.people.credit(made["InvoiceID"], "5.00")

    answer = xero.post("/Invoices", {"InvoiceID": made["InvoiceID"], "Contact": {"ContactID": xero.contact("Else")}})

    assert answer.words == [HAS_PAYMENTS]


def test_what_a_person_may_not_do_is_refused_in_the_same_words_and_not_logged() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact())
    logged = len(xero.double.log)

    with pytest.raises(Refused, match="Payments can only be made against Authorised documents"):
        xero.double.people.pay(made["InvoiceID"])
    with pytest.raises(Refused, match="Invoice not of valid status for modification"):
        xero.double.people.void(made["InvoiceID"])

    assert len(xero.double.log) == logged


def test_a_person_edits_an_invoice_and_the_rest_of_it_stays() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact(), line("83.3333", 12), Reference="old")

    xero.double.people.edit_invoice(made["InvoiceID"], Reference="new")

    kept = xero.double.invoices[made["InvoiceID"]]
    assert kept["Reference"] == "new"
    assert kept["LineItems"][0]["UnitAmount"] == Decimal("83.3333")
    assert kept["LineItems"][0]["LineItemID"] == made["LineItems"][0]["LineItemID"]


def test_a_copied_invoice_is_a_new_draft_with_the_same_url() -> None:
    xero = organisation()
    contact = xero.contact()
    made = xero.invoice(contact, Url="https://crm.example/7?x=abc", Status="AUTHORISED")

    copy = xero.double.people.copy_invoice(made["InvoiceID"])

    kept = xero.double.invoices[copy]
    assert (kept["Status"], kept["InvoiceNumber"], kept["Url"]) == ("DRAFT", "INV-0002", "https://crm.example/7?x=abc")
    assert [each["InvoiceID"] for each in xero.double.invoices_of("https://crm.example/7?x=")] == [
        made["InvoiceID"],
        copy,
    ]
    assert xero.get("/Invoices", createdByMyApp="true").one("Invoices")["InvoiceID"] == made["InvoiceID"]


def test_money_goes_on_a_draft_only_after_it_is_approved() -> None:
    xero = organisation()
    key = xero.put("/Invoices", draft(xero.contact())).one("Invoices")["InvoiceID"]

    xero.double.people.approve(key)
    xero.double.people.pay(key)

    assert xero.double.invoices[key]["Status"] == "PAID"


def test_a_credit_note_follows_the_rules_of_papers_and_is_set_against_no_more_than_is_due() -> None:
    xero = organisation()
    invoice = approved(xero)
    contact = {"ContactID": invoice["Contact"]["ContactID"]}
    element = {"Type": "ACCRECCREDIT", "Contact": contact, "LineItems": [line("100.00", DiscountRate=5)]}
    refused = xero.put("/CreditNotes", element)
    note = xero.put("/CreditNotes", {**element, "LineItems": [line("100.00")]}).one("CreditNotes")
    part = {"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": 60, "Date": "2026-11-25"}
    path = f"/CreditNotes/{note['CreditNoteID']}/Allocations"
    body = {"Allocations": [part]}
    too_early = xero.call("PUT", path, body)
    xero.post("/CreditNotes", {"CreditNoteID": note["CreditNoteID"], "Status": "AUTHORISED"})
    taken, too_much = xero.call("PUT", path, body), xero.call("PUT", path, body)

    assert refused.words[0].startswith("Discounts are only available")
    assert (note["Status"], note["Total"], note["RemainingCredit"]) == ("DRAFT", 110.0, 110.0)
    assert [each.status for each in (too_early, taken, too_much)] == [400, 200, 400]
    assert read(xero, invoice["InvoiceID"])["AmountDue"] == 105.0
