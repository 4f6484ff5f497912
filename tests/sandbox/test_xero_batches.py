"""The Xero double takes batches as Xero does: what a failed element means for the others, PUT and POST, numbers."""

from __future__ import annotations

from tests.support.xero_calls import draft, line, organisation


def test_a_batch_saves_its_good_elements_behind_a_400() -> None:
    xero = organisation()
    contact = xero.contact()
    good, bad = draft(contact, Url="https://crm.example/1"), draft(contact, line(AccountCode="999"))

    answer = xero.put("/Invoices", good, bad)

    assert answer.status == 400
    assert [each["LineItems"][0]["AccountCode"] for each in answer.body["Elements"]] == ["999"]
    assert answer.words == ["Account code '999' is not a valid code for this document."]
    assert [each["Url"] for each in xero.double.invoices.values()] == ["https://crm.example/1"]


def test_with_summarize_errors_false_each_element_tells_its_own_fate_under_200() -> None:
    xero = organisation()
    contact = xero.contact()
    good, bad = (
        draft(contact, Url="https://crm.example/1"),
        draft(contact, line(TaxType="INPUT"), Url="https://crm.example/2"),
    )

    answer = xero.put("/Invoices", good, bad, summarizeErrors="false")

    told = {each["Url"]: each for each in answer.body["Invoices"]}
    assert answer.status == 200
    assert told["https://crm.example/1"]["StatusAttributeString"] == "OK"
    assert told["https://crm.example/1"]["HasErrors"] is False
    assert told["https://crm.example/2"]["StatusAttributeString"] == "ERROR"
    assert told["https://crm.example/2"]["HasErrors"] is True
    assert told["https://crm.example/2"]["InvoiceID"] == "00000000-0000-0000-0000-000000000000"
    assert answer.words == ["The TaxType code 'INPUT' cannot be used with account code '200'."]


def test_the_order_of_a_batchs_answer_is_not_that_of_its_elements() -> None:
    xero = organisation()
    contact = xero.contact()
    urls = [f"https://crm.example/{number}" for number in range(20)]

    answer = xero.put("/Invoices", *(draft(contact, Url=url) for url in urls), summarizeErrors="false")

    told = [each["Url"] for each in answer.body["Invoices"]]
    assert sorted(told) == sorted(urls)
    assert told != urls


def test_a_number_is_unique_among_sales_invoices_until_a_draft_of_it_is_deleted() -> None:
    xero = organisation()
    contact = xero.contact()
    first = xero.invoice(contact, InvoiceNumber="HS-77")

    second = xero.put("/Invoices", draft(contact, InvoiceNumber="HS-77"))
    xero.double.people.delete_draft(first["InvoiceID"])
    third = xero.put("/Invoices", draft(contact, InvoiceNumber="HS-77"))

    assert second.words == ["Invoice # must be unique."]
    assert third.status == 200


def test_a_voided_invoice_keeps_its_number() -> None:
    xero = organisation()
    contact = xero.contact()
    first = xero.invoice(contact, InvoiceNumber="HS-77", Status="AUTHORISED")
    xero.double.people.void(first["InvoiceID"])

    assert xero.put("/Invoices", draft(contact, InvoiceNumber="HS-77")).words == ["Invoice # must be unique."]


def test_the_sequence_steps_over_a_number_in_use() -> None:
    xero = organisation()
    contact = xero.contact()
    xero.invoice(contact, InvoiceNumber="INV-0001")

    assert xero.invoice(contact)["InvoiceNumber"] == "INV-0002"


def test_bills_may_share_a_number() -> None:
    xero = organisation()
    contact = xero.contact()
    bill = draft(contact, line(AccountCode="429", TaxType="INPUT"), Type="ACCPAY", InvoiceNumber="77")

    assert [xero.put("/Invoices", bill).status for _ in range(2)] == [200, 200]


def test_a_post_with_a_number_that_exists_edits_that_invoice() -> None:
    xero = organisation()
    contact = xero.contact()
    first = xero.invoice(contact, InvoiceNumber="HS-77", Reference="mine")

    answer = xero.post("/Invoices", draft(contact, InvoiceNumber="HS-77", Reference="somebody else's"))

    assert answer.one("Invoices")["InvoiceID"] == first["InvoiceID"]
    assert xero.double.invoices[first["InvoiceID"]]["Reference"] == "somebody else's"


def test_an_id_cannot_be_chosen() -> None:
    xero = organisation()
    first = xero.invoice(xero.contact())

    assert xero.put("/Invoices", {"InvoiceID": first["InvoiceID"]}).status == 400
    assert len(xero.double.invoices) == 1


def test_a_misspelt_field_is_ignored_without_a_word() -> None:
    xero = organisation()

    made = xero.invoice(xero.contact(), invoice_number="HS-77", reference="lost")

    assert (made["InvoiceNumber"], made["Reference"]) == ("INV-0001", "")
