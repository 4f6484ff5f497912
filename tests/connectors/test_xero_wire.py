"""Xero's dates, numbers and words read strictly, and plans written exactly, whatever is in them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import xero_reading as reading
from connectors.xero_reading import Unreadable
from connectors.xero_writing import contact_element, draft_element, quoted
from domain.gst import line_amount
from domain.money import cents
from domain.records import Address
from tests.support.plans import contact_plan, invoice_plan, marker, planned_line

INVOICE: dict[str, Any] = {
    "InvoiceID": "0aa1b2c3-0000-4000-8000-000000000001",
    "Type": "ACCREC",
    "Status": "AUTHORISED",
    "Date": "/Date(1789344000000+0000)/",
    "DateString": "2026-09-14T00:00:00",
    "DueDate": "/Date(1790553600000+0000)/",
    "UpdatedDateUTC": "/Date(1789378199100+0000)/",
    "LineAmountTypes": "Exclusive",
    "SubTotal": Decimal("24.15"),
    "TotalTax": Decimal("2.42"),
    "Total": Decimal("26.57"),
    "AmountDue": Decimal("26.57"),
}


def test_dates_are_calendar_days_and_instants_are_utc() -> None:
    invoice = reading.invoice(INVOICE)
    assert invoice.date == date(2026, 9, 14)
    assert invoice.due_date == date(2026, 9, 28)
    assert invoice.updated_at == datetime(2026, 9, 14, 9, 29, 59, 100_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(1789378199100)/", datetime(2026, 9, 14, 9, 29, 59, 100_000, tzinfo=UTC)),
        ("/Date(1789378199100+1300)/", datetime(2026, 9, 14, 9, 29, 59, 100_000, tzinfo=UTC)),
        ("/Date(-86400000)/", datetime(1969, 12, 31, tzinfo=UTC)),
        ("2026-09-14T09:29:59Z", datetime(2026, 9, 14, 9, 29, 59, tzinfo=UTC)),
        ("2026-09-14T09:29:59", datetime(2026, 9, 14, 9, 29, 59, tzinfo=UTC)),
        ("2026-09-14T19:29:59+10:00", datetime(2026, 9, 14, 9, 29, 59, tzinfo=UTC)),
        ("", None),
    ],
)
def test_every_form_of_an_instant_is_read(text: str, moment: datetime | None) -> None:
    assert reading.invoice({**INVOICE, "UpdatedDateUTC": text}).updated_at == moment


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("InvoiceID", None),
        ("InvoiceID", "00000000-0000-0000-0000-000000000000"),
        ("Status", ""),
        ("Total", None),
        ("Total", "12,50"),
        ("Total", "NaN"),
        ("Total", "1e309"),
        ("Total", True),
        ("Total", [1]),
        ("AmountDue", None),
        ("DueDate", "/Date(x)/"),
        ("DueDate", "/Date(999999999999999)/"),
        ("Date", "tomorrow"),
        ("UpdatedDateUTC", "/Date(1789378199100)/ and more"),
    ],
)
def test_what_we_rely_on_must_make_sense(field: str, value: object) -> None:
    row = {name: given for name, given in INVOICE.items() if name != f"{field}String"}
    with pytest.raises(Unreadable, match=field):
        reading.invoice({**row, field: value})


def test_amounts_as_text_and_unknown_words_are_taken_as_they_are() -> None:
    invoice = reading.invoice({**INVOICE, "Total": "50.00", "Status": "ON HOLD", "LineAmountTypes": "Sideways"})
    assert (invoice.total, invoice.status, invoice.amounts_are) == (Decimal("50.00"), "ON HOLD", "Sideways")


def test_odd_shapes_around_a_record_do_not_spoil_it() -> None:
    invoice = reading.invoice({**INVOICE, "Contact": None, "LineItems": [None, "x", {}], "Payments": 3})
    assert invoice.contact_id == ""
    assert len(invoice.lines) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {
                "ErrorNumber": 10,
                "Message": "A validation exception occurred",
                "Elements": [
                    {"ValidationErrors": [{"Message": "No account"}, {"Message": "No tax"}]},
                    {"ValidationErrors": [{"Message": "No tax"}]},
                ],
            },
            ("No account", "No tax"),
        ),
        ({"Type": "QueryParseException", "Message": "Bad query"}, ("Bad query",)),
        ({"Title": "Unauthorized", "Detail": "TokenExpired"}, ("TokenExpired",)),
        ({}, ()),
        ({"Elements": "none", "Message": None}, ()),
    ],
)
def test_a_refusal_speaks_in_xeros_words(body: dict[str, Any], words: tuple[str, ...]) -> None:
    assert reading.words(body) == words


def test_the_address_that_is_printed_is_one_and_the_street_another() -> None:
    street = {"AddressType": "STREET", "AddressLine1": "1 Road", "City": "Perth"}
    row: dict[str, Any] = {"ContactID": "c1", "Addresses": [street, {"AddressType": "POBOX", "City": "Hobart"}]}
    found = reading.contact(row)
    assert (found.address, found.street) == (Address((), "Hobart"), Address(("1 Road",), "Perth"))


def test_a_payment_on_a_bill_is_none_of_ours() -> None:
    row = {"PaymentID": "p1", "Invoice": {"InvoiceID": "i1"}, "Amount": Decimal(5), "Status": "AUTHORISED"}
    assert reading.payment({**row, "PaymentType": "ACCPAYPAYMENT"}) is None
    assert reading.payment({**row, "Invoice": None, "PaymentType": "ARCREDITPAYMENT"}) is None
    found = reading.payment({**row, "PaymentType": "ACCRECPAYMENT"})
    assert found is not None
    assert found.invoice_id == "i1"


# ── writing ──


@given(
    st.decimals("0.0001", "9999", places=4),
    st.decimals("0", "99999", places=4),
    st.decimals("0", "100", places=4),
)
def test_a_discount_comes_out_at_our_line_amount_however_the_product_is_rounded(
    quantity: Decimal, unit: Decimal, percent: Decimal
) -> None:
    line = planned_line(str(quantity), str(unit), percent=str(percent))
    sent = json.loads(draft_element(invoice_plan(line), "c1", marker("1")), parse_float=Decimal)["LineItems"][0]
    gross = quantity * unit
    assert Decimal(sent["Quantity"]) * Decimal(sent["UnitAmount"]) == gross
    off = Decimal(sent.get("DiscountAmount", 0))
    rate = Decimal(sent.get("DiscountRate", 0))
    for product in (gross, cents(gross)):
        assert line_amount(Decimal(1), product, rate, off) == line.line_amount


@given(st.text())
def test_any_text_can_be_sent_and_quoted(text: str) -> None:
    sent = json.loads(contact_element(contact_plan(name=text, email=text)))
    assert sent.get("Name", "") == text
    literal = quoted(text)
    assert literal[1:-1].replace('""', "").count('"') == 0
    assert literal[1:-1].replace('""', '"') == text


def test_a_number_that_json_would_change_is_not_sent() -> None:
    with pytest.raises(ValueError, match="digits"):
        draft_element(invoice_plan(planned_line("1234567890123.4567", "1.00")), "c1", marker("1"))


def test_what_is_empty_is_left_out() -> None:
    assert json.loads(contact_element(contact_plan("n1", "Ada"))) == {"ContactNumber": "n1", "Name": "Ada"}
    sent = json.loads(draft_element(invoice_plan(reference="", currency=""), "c1", marker("1")))
    assert not {"Reference", "CurrencyCode"} & sent.keys()
