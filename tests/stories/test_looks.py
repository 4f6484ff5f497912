"""What people put on invoices: terms, themes, tracking, words, a mail; and what Xero's plan allows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.stories.test_money import field
from tests.support.house import Edit, House
from tests.support.sales import SALES

EVERY = pytest.mark.parametrize("crm", sorted(SALES))


def with_lines(*more: str) -> Edit:
    """Further lines of the entry for new business."""
    return "    create: authorised\n", "    create: authorised\n" + "".join(f"    {line}\n" for line in more)


@EVERY
def test_a_line_of_words_an_item_code_and_both_tracking_categories_are_on_the_invoice(crm: str) -> None:
    tracking = "tracking: [{category: region, option: nsw}, {category: Department, taken from: owner}]"
    item = ('"210", tax type: GST on Income', '"210", tax type: GST on Income, item code: LIC-STD')
    house = House(with_lines(tracking, 'notes line: "Thank you, {{ customer.name }}"'), item, crm=crm)
    owner = house.sales.double.people.add_owner("sam@harbourline.example", "Service", "")
    deal = house.sell({"product": "LICENCE"}, owner=owner)
    house.work()
    invoice = house.invoice(deal)
    line, words = invoice["LineItems"]
    assert line["ItemCode"] == "LIC-STD"
    assert [(each["Name"], each["Option"]) for each in line["Tracking"]] == [
        ("Region", "NSW"),
        ("Department", "Service"),
    ]
    assert (words["Description"], words.get("UnitAmount")) == ("Thank you, Bellbird Cafe", None)
    assert (invoice["Status"], invoice["Total"]) == ("AUTHORISED", Decimal("1254.00"))
    assert not house.questions()


@pytest.mark.parametrize("products", [("LICENCE",), ("LICENCE", "TRAVEL", "TRAVEL")])
def test_a_line_of_words_carries_no_money_when_the_draft_follows(products: tuple[str, ...]) -> None:
    house = House.settled(("create: authorised", "create: draft"), with_words())
    deal = house.sell({"product": "LICENCE"}, {"product": "TRAVEL"})
    house.work()
    house.hubspot.people.set_lines(deal, [{"product": product} for product in products])
    house.work()
    *lines, words = house.invoice(deal)["LineItems"]
    assert (len(lines), words["Description"]) == (len(products), "Thank you")
    assert "UnitAmount" not in words
    assert not house.questions()


def with_words() -> Edit:
    return "    amounts are", '    notes line: "Thank you"\n    amounts are'


@EVERY
def test_tracking_goes_by_the_pipeline_and_by_a_field_of_the_deal(crm: str) -> None:
    house = House(crm=crm, watch=False)
    house.xero.people.rename_option("Department", "Projects", "New business")
    name, key = field(house, "state")
    taken = f"tracking: [{{category: Department, taken from: pipeline}}, {{category: Region, taken from: {name}}}]"
    house.edit_mapping(with_lines(taken))
    named, bare = house.sell({"product": "LICENCE"}, **{key: "qld"}), house.sell({"product": "LICENCE"})
    house.work()
    tracked = [house.invoice(deal)["LineItems"][0]["Tracking"] for deal in (named, bare)]
    assert [[each["Option"] for each in of] for of in tracked] == [["New business", "QLD"], ["New business"]]
    assert not house.questions()


def test_a_tracking_option_that_xero_lacks_is_asked_about() -> None:
    house = House.settled(with_lines("tracking: [{category: Region, option: VIC}]"))
    house.xero.people.archive_option("Region", "VIC")
    house.open().distrust_settings()
    deal = house.sell({"product": "LICENCE"})
    house.work()
    house.answer(house.asked("tracking_unavailable"), "without")
    house.work()
    assert not house.invoice(deal)["LineItems"][0]["Tracking"]


@EVERY
def test_the_contacts_own_terms_come_first(crm: str) -> None:
    house = House(("due: 14 days", "due: the contact's terms, or 14 days"), crm=crm, watch=False)
    contact = house.company.contacts["Bellbird Cafe"]
    terms = {"Sales": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}}
    house.xero.people.edit_contact(contact, PaymentTerms=terms)
    theirs, ours = house.win("known_by_abn"), house.win("known_by_email")
    renewal = house.win("renewal")
    house.work()
    due = [house.invoice(deal)["DueDateString"][:10] for deal in (theirs, ours, renewal)]
    assert due == ["2026-12-20", "2026-12-09", "2026-12-20"]


@EVERY
def test_a_branding_theme_is_named_and_a_missing_one_asked_about(crm: str) -> None:
    house = House(with_lines("branding theme: standard"), crm=crm, watch=False)
    deal = house.sell({"product": "LICENCE"})
    house.work()
    (theme,) = house.xero.books.branding_themes
    assert house.invoice(deal)["BrandingThemeID"] == theme["BrandingThemeID"]
    house.edit_mapping(("branding theme: standard", "branding theme: Gold"))
    house.sell({"product": "LICENCE"})
    house.work()
    house.asked("theme_unavailable")


@EVERY
def test_an_approved_invoice_is_mailed_once_whatever_happens_to_the_deal(crm: str) -> None:
    house = House.settled(with_lines("send to customer: once approved"), crm=crm, watch=False)
    contact = house.company.contacts["Bellbird Cafe"]
    house.xero.people.edit_contact(contact, EmailAddress="ap@bellbird.example")
    deal = house.sell({"product": "LICENCE"})
    house.work()
    for quantity in (2, 1, 1):
        house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": quantity}])
        house.work()
    assert house.xero.books.mails == [house.invoice(deal)["InvoiceID"]]
    assert not house.questions()


@pytest.mark.parametrize(
    ("kind", "mails", "crm"),
    [("lose answer", 1, "hubspot"), ("500 before", 0, "salesforce"), ("500 after", 1, "pipedrive")],
)
def test_a_mail_whose_answer_was_lost_is_not_repeated_and_a_person_hears_of_it(kind: Any, mails: int, crm: str) -> None:
    house = House.settled(with_lines("send to customer: once approved"), crm=crm, watch=False)
    house.xero.people.edit_contact(house.company.contacts["Bellbird Cafe"], EmailAddress="ap@bellbird.example")
    house.break_xero("POST /Invoices/*/Email", kind)
    house.sell({"product": "LICENCE"})
    house.struggle()
    house.recover()
    assert len(house.xero.books.mails) == mails
    house.answer(house.asked("not_mailed"), "leave")
    house.recover()
    assert len(house.xero.books.mails) == mails
    assert not house.questions()


@EVERY
def test_a_plan_that_approves_no_more_is_explained_and_drafts_may_be_left(crm: str) -> None:
    house = House.settled(crm=crm, watch=False)
    house.xero.people.limit_plan("CreateApprovedInvoice")
    house.open().distrust_settings()
    deal = house.sell({"product": "LICENCE"})
    house.work()
    item = house.asked("plan_limit")
    assert "approve further invoices" in item.facts
    house.answer(item, "as_draft")
    house.work()
    assert house.invoice(deal)["Status"] == "DRAFT"

    house.xero.people.limit_plan()
    house.open().distrust_settings()
    house.sales.double.people.set_lines(deal, [{"product": "LICENCE", "quantity": 2}])
    house.work()
    assert (house.invoice(deal)["Status"], house.invoice(deal)["Total"]) == ("AUTHORISED", Decimal("2508.00"))


@EVERY
def test_nothing_with_gst_is_approved_without_the_sellers_abn(crm: str) -> None:
    house = House.settled(crm=crm, watch=False)
    organisation = house.xero.books.organisation
    house.xero.books.organisation = organisation.but(TaxNumber=None)
    house.open().distrust_settings()
    deal = house.sell({"product": "LICENCE"})
    house.work()
    item = house.asked("seller_abn")
    assert not house.invoices_of(deal)
    house.xero.books.organisation = organisation
    house.answer(item, "retry")
    house.work()
    assert house.invoice(deal)["Status"] == "AUTHORISED"


@EVERY
def test_an_export_is_left_as_a_draft_with_its_reason_and_reminded_of_before_its_sixty_days_end(crm: str) -> None:
    house = House.settled(crm=crm, watch=False)
    deal = house.win("export")
    house.work()
    invoice = house.invoice(deal)
    assert (invoice["Status"], invoice["TotalTax"], house.told(deal)["invoice_status"]) == ("DRAFT", 0, "Draft")
    (note,) = house.notes()
    assert "GST Free Exports" in note
    assert "goods must leave Australia by 24 January 2027" in note
    house.work(minutes=52 * 24 * 60)
    assert not house.questions()
    house.work(minutes=2 * 24 * 60)
    item = house.asked("export_reminder")
    assert "24 January 2027" in item.facts
    house.answer(item, "leave")
    house.work(minutes=24 * 60)
    assert not house.questions()
