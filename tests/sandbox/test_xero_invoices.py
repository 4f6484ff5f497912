"""The Xero double writes invoices as Xero does: what is created, changed, approved, and in which words refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.support.xero_calls import Caller, draft, line, organisation

WRONG_STATUS = "Invoice not of valid status for modification"


def lines_of(xero: Caller, invoice_id: str) -> list[dict[str, Any]]:
    return xero.get(f"/Invoices/{invoice_id}", unitdp="4").one("Invoices")["LineItems"]


def test_a_put_creates_a_draft_with_the_next_number_of_the_organisation() -> None:
    xero = organisation()
    contact = xero.contact()

    first, second = xero.invoice(contact), xero.invoice(contact)

    assert (first["Status"], first["InvoiceNumber"], second["InvoiceNumber"]) == ("DRAFT", "INV-0001", "INV-0002")
    assert (first["DateString"], first["Date"]) == ("2026-11-23T00:00:00", "/Date(1795392000000+0000)/")
    assert first["UpdatedDateUTC"] == "/Date(1795395723456+0000)/"
    assert first["UpdatedDateUTCString"] == "2026-11-23T01:02:03Z"


def test_without_a_date_it_is_the_organisations_own_day() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.clock.advance(13 * 3600)  # 14:02 UTC is after one in the morning in Sydney
    xero.renew()
    element = draft(contact)
    del element["Date"]

    assert xero.put("/Invoices", element).one("Invoices")["DateString"] == "2026-11-24T00:00:00"


def test_a_write_answers_without_what_only_reading_shows() -> None:
    xero = organisation()

    written = xero.invoice(xero.contact())

    assert not {"AmountCredited", "Payments", "CreditNotes"} & written.keys()
    assert xero.get(f"/Invoices/{written['InvoiceID']}").one("Invoices")["AmountCredited"] == 0.0


def test_the_lines_of_an_update_are_changed_added_and_dropped_by_their_ids() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact(), line("10.00"), line("20.00", Description="Second"), line("30.00"))
    first, second, _ = made["LineItems"]

    changed = {"LineItemID": first["LineItemID"], "UnitAmount": 11}
    answer = xero.post(
        "/Invoices",
        {"InvoiceID": made["InvoiceID"], "LineItems": [changed, {"LineItemID": second["LineItemID"]}, line("5.00")]},
        unitdp="4",
    )

    after = answer.one("Invoices")
    assert [each["LineAmount"] for each in after["LineItems"]] == [11.0, 20.0, 5.0]
    assert [each["Description"] for each in after["LineItems"]] == ["Design work", "Second", "Design work"]
    assert [each["LineItemID"] for each in after["LineItems"]][:2] == [first["LineItemID"], second["LineItemID"]]
    assert after["LineItems"][2]["LineItemID"] not in {each["LineItemID"] for each in made["LineItems"]}
    assert after["Total"] == 39.6


def test_an_update_without_lines_makes_them_anew_and_loses_their_decimals() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact(), line("83.3333", 12))

    short = xero.post("/Invoices", {"InvoiceID": made["InvoiceID"], "Status": "AUTHORISED"}).one("Invoices")

    assert (made["Total"], short["Total"]) == (1100.0, 1099.96)
    assert short["LineItems"][0]["LineItemID"] != made["LineItems"][0]["LineItemID"]
    assert lines_of(xero, made["InvoiceID"])[0]["UnitAmount"] == 83.33


def test_an_update_without_lines_keeps_their_decimals_with_unitdp_4() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact(), line("83.3333", 12))

    long = xero.post("/Invoices", {"InvoiceID": made["InvoiceID"], "Status": "AUTHORISED"}, unitdp="4").one("Invoices")

    assert (long["Status"], long["Total"]) == ("AUTHORISED", 1100.0)
    assert long["LineItems"][0]["LineItemID"] != made["LineItems"][0]["LineItemID"]


@pytest.mark.parametrize(
    ("way", "refused"),
    [
        (["DRAFT", "SUBMITTED"], False),
        (["SUBMITTED", "DRAFT", "AUTHORISED"], False),
        (["DRAFT", "DELETED"], False),
        (["SUBMITTED", "DELETED"], False),
        (["AUTHORISED", "VOIDED"], False),
        (["AUTHORISED", "AUTHORISED"], False),
        (["AUTHORISED", "DELETED"], True),
        (["AUTHORISED", "DRAFT"], True),
        (["AUTHORISED", "PAID"], True),
        (["DRAFT", "VOIDED"], True),
        (["DRAFT", "DELETED", "DRAFT"], True),
        (["AUTHORISED", "VOIDED", "AUTHORISED"], True),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_only_some_statuses_follow_each_other(way: list[str], refused: bool) -> None:
    xero = organisation()
    made = xero.invoice(xero.contact(), Status=way[0])

    answers = [xero.post("/Invoices", {"InvoiceID": made["InvoiceID"], "Status": status}) for status in way[1:]]

    assert [answer.status for answer in answers[:-1]] == [200] * (len(answers) - 1)
    assert (answers[-1].status == 400) == refused
    if refused:
        assert answers[-1].words == [WRONG_STATUS]
    else:
        assert xero.double.invoices[made["InvoiceID"]]["Status"] == way[-1]


def test_paid_is_never_asked_for() -> None:
    xero = organisation()

    assert xero.put("/Invoices", draft(xero.contact(), Status="PAID")).words == [
        "Invoice not of valid status for creation"
    ]


def test_a_draft_may_be_incomplete_and_an_approved_invoice_may_not() -> None:
    xero = organisation()
    bare = {"Type": "ACCREC", "Contact": {"ContactID": xero.contact()}, "LineItems": [{"UnitAmount": 5}]}

    made = xero.put("/Invoices", bare).one("Invoices")
    answer = xero.post("/Invoices", {"InvoiceID": made["InvoiceID"], "Status": "AUTHORISED"})

    assert set(answer.words) == {
        "DueDate must be specified",
        "Description must be specified",
        "Account code must be specified",
        "The TaxType must be specified",
    }


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"Type": ""}, "Type must be specified"),
        ({"Contact": None}, "A Contact must be specified for this type of transaction"),
        ({"LineItems": []}, "One or more line items must be specified"),
        ({"CurrencyCode": "JPY"}, "Organisation is not subscribed to currency JPY"),
        ({"Url": "https://go.xero.com/x"}, "Url must not contain the word xero"),
        ({"Url": "crm/1"}, "Url must be a valid URL"),
        ({"LineAmountTypes": "EXCLUSIVE"}, "LineAmountTypes 'EXCLUSIVE' is not valid"),
        ({"Date": "23/11/2026"}, "Date is not a valid date"),
        ({"Reference": "r" * 256}, "Reference must be 255 characters or less"),
        ({"InvoiceNumber": "Nº 7"}, "InvoiceNumber must be printable ASCII"),
        ({"LineItems": [line(AccountCode="090")]}, "Account code '090' is not a valid code for this document."),
        ({"LineItems": [line(ItemCode="NOPE")]}, "Item code 'NOPE' is not valid"),
        ({"LineItems": [line(Quantity="four")]}, "Quantity is not a valid number"),
        (
            {"LineItems": [line(TaxType="OUTPUT2")]},
            "The TaxType code 'OUTPUT2' does not exist or cannot be used with this type of transaction.",
        ),
        (
            {"LineItems": [line(Tracking=[{"Name": "Region", "Option": "Mars"}])]},
            "Tracking option 'Mars' of 'Region' does not exist",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_kept(fields: dict[str, Any], words: str) -> None:
    xero = organisation()

    answer = xero.put("/Invoices", draft(xero.contact()) | fields)

    assert (answer.status, answer.words) == (400, [words])
    assert not xero.double.invoices


def test_archived_accounts_and_tax_rates_are_refused_until_a_person_restores_them() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.double.people.archive_account("200")
    xero.double.people.archive_tax_rate("EXEMPTEXPORT")

    account = xero.put("/Invoices", draft(contact))
    rate = xero.put("/Invoices", draft(contact, line(AccountCode="205", TaxType="EXEMPTEXPORT")))
    xero.double.people.restore_tax_rate("EXEMPTEXPORT")
    restored = xero.put("/Invoices", draft(contact, line(AccountCode="205", TaxType="EXEMPTEXPORT")))

    assert account.words == [
        "Account code '200' has been archived, or has been deleted. Each line item must reference a valid account."
    ]
    assert "'EXEMPTEXPORT' does not exist or cannot be used" in rate.words[0]
    assert restored.status == 200


def test_nothing_of_a_locked_day_is_written() -> None:
    xero = organisation()
    contact = xero.contact()
    old = xero.invoice(contact, Date="2026-06-30", Status="AUTHORISED")
    stray = xero.invoice(contact, Date="2026-06-30")
    xero.double.people.set_lock_date(date(2026, 9, 30))
    xero.double.people.set_lock_date(date(2026, 6, 30), year_end=True)

    period = xero.put("/Invoices", draft(contact, Date="2026-09-30"))
    year_end = xero.put("/Invoices", draft(contact, Date="2026-06-30"))
    moved_out = xero.post("/Invoices", {"InvoiceID": old["InvoiceID"], "Date": "2026-11-23"})
    voided = xero.post("/Invoices", {"InvoiceID": old["InvoiceID"], "Status": "VOIDED"})
    open_again = xero.put("/Invoices", draft(contact, Date="2026-10-01"))

    assert period.words == ["The document date cannot be before the period lock date, currently set at 30-Sep-2026"]
    for answer in (year_end, moved_out, voided):
        assert answer.words == [
            "The document date cannot be before the end of year lock date, currently set at 30-Jun-2026"
        ]
    assert open_again.status == 200
    assert xero.post("/Invoices", {"InvoiceID": stray["InvoiceID"], "Status": "DELETED"}).status == 200


def test_a_foreign_currency_takes_the_days_rate() -> None:
    xero = organisation()

    made = xero.invoice(xero.contact(), CurrencyCode="USD")

    assert (made["CurrencyCode"], made["CurrencyRate"]) == ("USD", 0.6543)


def test_notes_are_added_to_an_invoices_history() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact())
    path = f"/Invoices/{made['InvoiceID']}/History"

    written = xero.call("PUT", path, {"HistoryRecords": [{"Details": "Made of deal 7"}]})
    long = xero.call("PUT", path, {"HistoryRecords": [{"Details": "x" * 2501}]})

    assert (written.status, long.status) == (200, 400)
    notes = xero.get(path).body["HistoryRecords"]
    assert [(note["Details"], note["User"]) for note in notes] == [("Made of deal 7", "System Generated")]


def test_the_customers_page_is_there_once_the_invoice_is_no_draft() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact())
    path = f"/Invoices/{made['InvoiceID']}/OnlineInvoice"

    before = xero.get(path)
    xero.double.people.approve(made["InvoiceID"])

    assert before.status == 404
    assert xero.get(path).one("OnlineInvoices")["OnlineInvoiceUrl"].startswith("https://in.xero.com/")
