"""The Xero double counts GST as Xero does: every line to the cent, then summed. Held by invoices worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gst_vectors import GST_VECTORS, Vector, VectorLine
from tests.support.xero_calls import draft, line, organisation

TAX_TYPES = {"T": "OUTPUT", "F": "EXEMPTOUTPUT", "I": "INPUTTAXED", "X": "EXEMPTEXPORT"}
MODES = {"exclusive": "Exclusive", "inclusive": "Inclusive"}


def sent(vector_line: VectorLine) -> dict[str, Any]:
    fields: dict[str, Any] = {"TaxType": TAX_TYPES[vector_line.kind]}
    if vector_line.discount_percent:
        fields["DiscountRate"] = float(vector_line.discount_percent)
    if vector_line.discount_amount:
        fields["DiscountAmount"] = float(vector_line.discount_amount)
    return line(float(vector_line.unit), float(vector_line.quantity), **fields)


@pytest.mark.parametrize("vector", GST_VECTORS, ids=lambda vector: vector.id)
def test_every_invoice_worked_out_by_hand_comes_to_the_same_figures(vector: Vector) -> None:
    xero = organisation()
    lines = [sent(each) for each in vector.lines]

    made = xero.invoice(xero.contact(), *lines, LineAmountTypes=MODES[vector.mode])

    kept = xero.double.invoices[made["InvoiceID"]]
    assert tuple(each["LineAmount"] for each in kept["LineItems"]) == vector.line_amounts
    assert tuple(each["TaxAmount"] for each in kept["LineItems"]) == vector.line_taxes
    assert (kept["SubTotal"], kept["TotalTax"], kept["Total"]) == (vector.subtotal, vector.tax, vector.total)
    assert [made["SubTotal"], made["TotalTax"], made["Total"]] == [
        float(figure) for figure in (vector.subtotal, vector.tax, vector.total)
    ]


def test_without_tax_nothing_is_added_or_taken_out() -> None:
    xero = organisation()

    made = xero.invoice(xero.contact(), line("19.85", TaxType="BASEXCLUDED"), LineAmountTypes="NoTax")

    assert (made["SubTotal"], made["TotalTax"], made["Total"]) == (19.85, 0.0, 19.85)


def test_a_unit_price_is_cut_to_two_decimals_unless_unitdp_is_4_on_the_write() -> None:
    xero = organisation()
    element = draft(xero.contact(), line("83.3333", 12))

    short = xero.put("/Invoices", element).one("Invoices")
    long = xero.put("/Invoices", element, unitdp="4").one("Invoices")

    assert (short["Total"], long["Total"]) == (1099.96, 1100.0)
    assert (
        xero.get(f"/Invoices/{short['InvoiceID']}", unitdp="4").one("Invoices")["LineItems"][0]["UnitAmount"] == 83.33
    )


def test_a_unit_price_is_shown_with_two_decimals_unless_unitdp_is_4_on_the_read() -> None:
    xero = organisation()
    made = xero.invoice(xero.contact(), line("83.3333", 12))

    short = xero.get(f"/Invoices/{made['InvoiceID']}").one("Invoices")
    long = xero.get(f"/Invoices/{made['InvoiceID']}", unitdp="4").one("Invoices")

    assert short["LineItems"][0]["UnitAmount"] == 83.33
    assert long["LineItems"][0]["UnitAmount"] == 83.3333


def test_a_line_amount_that_is_not_xeros_own_is_refused() -> None:
    xero = organisation()

    answer = xero.put("/Invoices", draft(xero.contact(), line("1500.00", DiscountRate=0.005, LineAmount=1499.93)))

    assert answer.words == ["The line total 1499.93 does not match the expected line total 1499.85"]


def test_a_discount_rate_is_kept_at_two_decimals() -> None:
    xero = organisation()

    made = xero.invoice(xero.contact(), line("300.00", DiscountRate=33.333333))

    assert made["LineItems"][0]["DiscountRate"] == 33.33
    assert made["LineItems"][0]["LineAmount"] == 200.01
    assert (made["IsDiscounted"], made["TotalDiscount"]) == (True, 99.99)


def test_a_discount_larger_than_its_line_is_refused_even_nothing_off_a_negative_one() -> None:
    xero = organisation()
    contact = xero.contact()

    large = xero.put("/Invoices", draft(contact, line("100.00", DiscountAmount=100.01)))
    nothing = xero.put("/Invoices", draft(contact, line("200.00"), line("-40.00", DiscountAmount=0)))

    assert large.words == ["The discount rate '100.01' is invalid. Discount must not be greater than the line total."]
    assert nothing.words == ["The discount rate '0.00' is invalid. Discount must not be greater than the line total."]


def test_a_bill_takes_no_discount() -> None:
    xero = organisation()
    element = draft(xero.contact(), line(DiscountRate=10, AccountCode="429", TaxType="INPUT"), Type="ACCPAY")

    assert xero.put("/Invoices", element).words == ["Discounts are only available on sales invoices and quotes"]


def test_a_line_takes_tax_type_and_price_from_account_and_item_when_it_says_nothing() -> None:
    xero = organisation()
    plain = {"Description": "Workshop", "UnitAmount": 50, "AccountCode": "205"}
    item = {"Description": "A licence", "ItemCode": "LIC-STD"}

    first, second = xero.invoice(xero.contact(), plain, item)["LineItems"]

    assert (first["TaxType"], first["Quantity"], first["LineAmount"]) == ("EXEMPTEXPORT", 1.0, 50.0)
    assert (second["AccountCode"], second["TaxType"], second["UnitAmount"]) == ("210", "OUTPUT", 1200.0)


def test_old_tax_codes_are_changed_without_a_word() -> None:
    xero = organisation()

    made = xero.invoice(xero.contact(), line(TaxType="NONE"))

    assert made["LineItems"][0]["TaxType"] == "BASEXCLUDED"
    assert made["TotalTax"] == 0.0


def test_a_line_of_words_alone_is_legal_and_carries_no_money() -> None:
    xero = organisation()

    made = xero.invoice(xero.contact(), line(), {"Description": "As discussed with Ann"}, Status="AUTHORISED")

    assert made["Total"] == 110.0
    assert made["LineItems"][1]["Description"] == "As discussed with Ann"
