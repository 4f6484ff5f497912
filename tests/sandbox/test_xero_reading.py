"""The Xero double is read as Xero is: pages and summaries, If-Modified-Since, filters, searches, settings."""

from __future__ import annotations

import pytest

from tests.support.xero_calls import Caller, line, organisation


def ids(xero: Caller, headers: dict[str, str] | None = None, **query: str) -> list[str]:
    answer = xero.get("/Invoices", headers, **query)
    assert answer.status == 200, answer.response.body
    return [each["InvoiceID"] for each in answer.body["Invoices"]]


def invoices(xero: Caller, count: int, apart: float = 1) -> list[str]:
    """Make invoices some seconds apart, oldest first; the organisation has one contact."""
    contact = next(iter(xero.double.contacts), "") or xero.contact()
    made: list[str] = []
    for number in range(count):
        made.append(xero.invoice(contact, Reference=f"Deal {number}")["InvoiceID"])
        xero.clock.advance(apart)
    return made


def test_without_page_a_list_is_a_summary_of_everything() -> None:
    xero = organisation()
    made = invoices(xero, 3)

    answer = xero.get("/Invoices")

    assert [each["InvoiceID"] for each in answer.body["Invoices"]] == made
    assert all(each["LineItems"] == [] for each in answer.body["Invoices"])
    assert "pagination" not in answer.body


def test_pages_are_full_and_say_how_many_there_are() -> None:
    xero = organisation()
    made = invoices(xero, 5)

    second = xero.get("/Invoices", page="2", pageSize="2")
    beyond = xero.get("/Invoices", page="9", pageSize="2")

    assert [each["InvoiceID"] for each in second.body["Invoices"]] == made[2:4]
    assert second.body["Invoices"][0]["LineItems"]
    assert second.body["pagination"] == {"page": 2, "pageSize": 2, "pageCount": 3, "itemCount": 5}
    assert (beyond.status, beyond.body["Invoices"]) == (200, [])


@pytest.mark.parametrize(("page", "size"), [("0", "100"), ("x", "100"), ("1", "1001")])
def test_a_page_that_cannot_be_is_refused(page: str, size: str) -> None:
    assert organisation().get("/Invoices", page=page, pageSize=size).status == 400


def test_a_page_holds_a_hundred_unless_told_otherwise() -> None:
    xero = organisation()
    xero.double.limits.a_minute = 1000
    invoices(xero, 101, apart=0)

    assert len(ids(xero, page="1")) == 100
    assert len(ids(xero, page="1", pageSize="1000")) == 101


def test_a_summary_leaves_the_heavy_parts_out_and_comes_in_pages() -> None:
    xero = organisation()
    invoices(xero, 1)

    invoice = xero.get("/Invoices", summaryOnly="true")
    contact = xero.get("/Contacts", summaryOnly="true")

    assert not {"LineItems", "Payments", "HasAttachments"} & invoice.one("Invoices").keys()
    assert not {"Addresses", "ContactPersons", "IsCustomer"} & contact.one("Contacts").keys()
    assert invoice.body["pagination"]["pageCount"] == contact.body["pagination"]["pageCount"] == 1


def test_if_modified_since_takes_what_changed_after_that_second() -> None:
    xero = organisation()
    made = invoices(xero, 3, apart=10)  # 01:02:03.456, :13.456, :23.456

    assert ids(xero, {"if-modified-since": "2026-11-23T01:02:13"}) == made[1:]
    assert ids(xero, {"if-modified-since": "2026-11-23T01:02:14"}) == made[2:]


@pytest.mark.parametrize(
    "wrong",
    ["Mon, 23 Nov 2026 01:02:14 GMT", "2026-11-23T01:02:14Z", "2026-11-23T01:02:14.000", "2026-11-23", ""],
)
def test_a_wrong_form_of_it_is_ignored_without_a_word(wrong: str) -> None:
    xero = organisation()
    made = invoices(xero, 2, apart=10)

    assert ids(xero, {"if-modified-since": wrong}) == made


def test_what_changed_last_comes_last() -> None:
    xero = organisation()
    made = invoices(xero, 2)

    xero.double.people.approve(made[0])

    assert ids(xero) == [made[1], made[0]]
    assert ids(xero, order="UpdatedDateUTC DESC") == made
    assert ids(xero, order="InvoiceID") == sorted(made)


def test_comma_lists_choose_invoices() -> None:
    xero = organisation()
    made = invoices(xero, 3)
    xero.double.people.delete_draft(made[2])
    contact = next(iter(xero.double.contacts))

    assert ids(xero, IDs=f"{made[0]},{made[2]}") == [made[0], made[2]]
    assert ids(xero, InvoiceNumbers="INV-0002") == [made[1]]
    assert ids(xero, ContactIDs=contact) == made
    assert xero.get("/Invoices", Statuses="DELETED").body["pagination"]["itemCount"] == 1


def test_only_what_this_app_made_can_be_asked_for() -> None:
    xero = organisation()
    made = invoices(xero, 1)
    xero.double.people.add_invoice(next(iter(xero.double.contacts)), [line()])

    assert len(ids(xero)) == 2
    assert ids(xero, createdByMyApp="true") == made


def test_where_compares_texts_ids_days_and_amounts() -> None:
    xero = organisation()
    first, second = invoices(xero, 2)
    xero.double.people.edit_invoice(second, Date="2026-11-01", Reference='He said "yes"')
    contact = next(iter(xero.double.contacts))

    found = {
        where: ids(xero, where=where)
        for where in (
            'Reference=="Deal 0"',
            'Reference=="He said ""yes"""',
            f'InvoiceID==guid("{first}")',
            f'InvoiceID==guid("{first}") OR InvoiceID==guid("{second}")',
            'Date>=DateTime(2026,11,02) AND Status=="DRAFT"',
            "AmountDue>0.00 && AmountDue<=110",
            'Contact.Name=="bellbird cafe pty ltd"',
            f'Contact.ContactID==guid("{contact}") AND (Type=="ACCREC")',
            'Status=="PAID"',
        )
    }

    assert list(found.values()) == [
        [first],
        [second],
        [first],
        [first, second],
        [first],
        [first, second],
        [first, second],
        [first, second],
        [],
    ]


@pytest.mark.parametrize(
    "where",
    [
        'Reference=="He said \\"yes\\""',
        'Reference=="a "bare" quote"',
        'Reference=="open',
        "Reference==unquoted",
        'Reference=="a" OR Reference=="b"',
        'Reference.StartsWith("Deal")',
        'Url=="https://crm.example/1"',
        'Reference!="a"',
        'InvoiceID=="not-a-guid-literal"',
        "Date>=DateTime(2026,13,01)",
        "",
    ],
)
def test_a_where_that_cannot_be_read_or_is_slow_is_refused(where: str) -> None:
    xero = organisation()
    made = invoices(xero, 1)

    answer = xero.get("/Invoices", where=where)

    if where:
        assert (answer.status, answer.body["Type"]) == (400, "QueryParseException")
    else:
        assert ids(xero, where=where) == made


def test_contacts_are_found_without_case_and_accents() -> None:
    xero = organisation()
    cafe = xero.contact("Café Roma & Söhne Pty Ltd", EmailAddress="Ann@Roma.example", ContactNumber="HS-5")
    xero.contact("Somebody else")

    answers = [
        xero.get("/Contacts", where='Name=="CAFE ROMA & SOHNE PTY LTD"'),
        xero.get("/Contacts", where='EmailAddress=="ann@roma.example"'),
        xero.get("/Contacts", where='ContactNumber=="HS-5"'),
        xero.get("/Contacts", searchTerm="roma"),
        xero.get("/Contacts", IDs=cafe),
    ]

    assert [answer.one("Contacts")["ContactID"] for answer in answers] == [cafe] * 5


def test_an_invoice_can_be_read_by_its_number_and_an_unknown_one_is_prose() -> None:
    xero = organisation()
    (made,) = invoices(xero, 1)

    assert xero.get("/Invoices/INV-0001").one("Invoices")["InvoiceID"] == made
    unknown = xero.get("/Invoices/INV-9999")
    assert (unknown.status, unknown.response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_list_may_lag_behind_and_reading_by_id_does_not() -> None:
    xero = organisation()
    (old,) = invoices(xero, 1)
    xero.double.list_lag = 60
    (new,) = invoices(xero, 1)
    xero.double.people.approve(old)

    early = {each["InvoiceID"]: each["Status"] for each in xero.get("/Invoices").body["Invoices"]}
    by_id = xero.get(f"/Invoices/{new}").one("Invoices")["InvoiceID"]
    xero.clock.advance(61)
    late = {each["InvoiceID"]: each["Status"] for each in xero.get("/Invoices").body["Invoices"]}

    assert early == {old: "DRAFT"}
    assert by_id == new
    assert late == {old: "AUTHORISED", new: "DRAFT"}


def test_the_organisation_offers_what_an_australian_one_does() -> None:
    xero = organisation()

    company = xero.get("/Organisation").one("Organisations")
    accounts = {each["Code"]: each for each in xero.get("/Accounts").body["Accounts"]}
    rates = {each["TaxType"]: each for each in xero.get("/TaxRates").body["TaxRates"]}

    assert (company["CountryCode"], company["BaseCurrency"], company["PaysTax"]) == ("AU", "AUD", True)
    assert company["Timezone"] == "AUSEASTERNSTANDARDTIME"
    assert (accounts["200"]["Class"], accounts["200"]["TaxType"]) == ("REVENUE", "OUTPUT")
    assert accounts["610"]["SystemAccount"] == "DEBTORS"
    sales = {key for key, rate in rates.items() if rate["CanApplyToRevenue"]}
    assert sales == {"OUTPUT", "EXEMPTOUTPUT", "EXEMPTEXPORT", "INPUTTAXED", "BASEXCLUDED"}
    assert rates["OUTPUT"]["EffectiveRate"] == 10.0
    assert xero.get("/TaxRates/OUTPUT").one("TaxRates")["Name"] == "GST on Income"
    assert "LIC-STD" in {each["Code"] for each in xero.get("/Items").body["Items"]}
    assert "AUD" in {each["Code"] for each in xero.get("/Currencies").body["Currencies"]}
    assert len(xero.get("/TrackingCategories").body["TrackingCategories"]) == 2
    assert xero.get("/BrandingThemes").one("BrandingThemes")["Name"] == "Standard"
    assert {each["Status"] for each in xero.get("/Organisation/Actions").body["Actions"]} == {"ALLOWED"}
    assert all(each["Class"] == "REVENUE" for each in xero.get("/Accounts", where='Class=="REVENUE"').body["Accounts"])
