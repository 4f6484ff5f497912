"""Salesforce's deals read whole in few calls, and written so that a row fails only where it must."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.contract import DealUpdate, NewCustomer, Refused
from connectors.errors import OutcomeUnknown, Unavailable
from domain.records import CustomerRef
from sandbox.faults import Fault
from tests.support.salesforce import LINES, Link, link


@pytest.fixture(name="to")
def _to() -> Link:
    return link()


# ── reading ──


def test_a_deal_comes_whole(to: Link) -> None:
    people = to.double.people
    company = people.add_company("Bellbird Café Pty Ltd")
    lines = [
        {"name": "Design", "sku": "CONSULT-1", "quantity": "1.5", "price": "120.0000", "discount_percent": "12.5"},
        {"name": "Travel", "sku": "TRAVEL", "quantity": 3, "price": "33.335", "description": "By rail"},
        {"name": "Licence", "sku": "LICENCE", "quantity": 1, "price": "20", "frequency": "monthly"},
    ]
    people.add_field("deal", "PO_Number", "string(20)")
    people.add_field("deal", "Urgent", "boolean")
    deal_id = to.won(lines=lines, company=company, PO_Number__c="PO-7", Urgent__c=True)
    deal = to.deal(deal_id, "po_number__c", "Urgent__c", "No_Such__c")
    assert (deal.name, deal.stage, deal.won, deal.amount) == ("Fit-out", "Closed won", True, Decimal("277.51"))
    assert (deal.customer, deal.other_companies) == (CustomerRef("company", company), ())
    assert (str(deal.closed_on), deal.currency, deal.unreadable) == ("2026-12-25", "", "")
    assert deal.fields == {"po_number__c": "PO-7", "Urgent__c": "true", "No_Such__c": ""}
    assert deal.url == f"https://harbourline.my.salesforce.com/{deal_id}"
    design, travel, licence = deal.lines
    assert (design.name, design.product_code) == ("Design", "CONSULT-1")
    assert (design.quantity, design.unit_price, design.discount_percent) == (Decimal("1.5"), 120, Decimal("12.5"))
    assert (travel.unit_price, travel.description, travel.billing_frequency) == (Decimal("33.335"), "By rail", "")
    assert licence.billing_frequency == "by its schedule"


def test_five_hundred_lines_are_read_to_the_last(to: Link) -> None:
    lines = [{"product": "TRAVEL", "quantity": 1, "price": n} for n in range(1, 501)]
    deal = to.deal(to.won(lines=lines))
    assert [line.unit_price for line in deal.lines] == list(range(1, 501))
    assert sum(line.unit_price for line in deal.lines) == deal.amount


def test_a_list_that_is_cut_inside_a_page_is_followed_for_every_deal(to: Link) -> None:
    to.double.switches.page, to.double.switches.child_page = 2, 1
    ids = [to.won(f"Deal {n}", lines=LINES * 3) for n in range(3)]
    assert [len(deal.lines) for deal in to.salesforce.deals(ids)] == [3, 3, 3]


def test_fifty_won_deals_cost_four_calls_in_all(to: Link) -> None:
    ids = [to.won(f"Deal {n}", lines=LINES * 2) for n in range(50)]
    to.clock.advance(60)
    to.calls()
    found, _ = to.noticed()
    deals = to.salesforce.deals(found)
    assert to.salesforce.write_deals([DealUpdate(deal.id, {"NextStep": "INV-0001"}) for deal in deals]) == {}
    assert sorted(found) == sorted(ids)
    assert all(len(deal.lines) == 2 and deal.customer for deal in deals)
    assert len(to.calls()) == 4


def test_two_hundred_and_fifty_deals_are_read_and_written_in_their_batches(to: Link) -> None:
    ids = [to.won(f"Deal {n}", company="") for n in range(250)]
    to.calls()
    assert len(to.salesforce.stages(ids)) == 250
    assert len(to.calls()) == 3
    assert to.salesforce.write_deals([DealUpdate(id_, {"NextStep": "INV-1"}) for id_ in ids]) == {}
    assert len(to.calls()) == 1 + 2


def test_a_deal_without_company_goes_to_its_primary_contact_or_its_only_one(to: Link) -> None:
    people = to.double.people
    mia, dev = people.add_person("mia@example.com"), people.add_person("dev@example.com")
    alone = to.won("Alone", person=mia)
    primary = to.won("Primary", person=mia)
    people.attach(primary, "person", dev)
    unclear = to.won("Unclear", company="")
    for person in (mia, dev):
        people.attach(unclear, "person", person)
    nobody = to.won("Nobody", company="")
    read = {deal.id: deal for deal in to.salesforce.deals([alone, primary, unclear, nobody])}
    assert read[alone].customer == read[primary].customer == CustomerRef("person", mia)
    assert (read[unclear].customer, read[nobody].customer) == (None, None)
    assert "Several people" in read[unclear].unreadable
    assert read[nobody].unreadable == ""


def test_a_person_account_is_a_person(to: Link) -> None:
    people = to.double.people
    people.enable_person_accounts()
    siobhan = people.add_person_account("Siobhán", "O'Brien", "siobhan@example.com", city="Fremantle", abn="5")
    firm = people.add_company("Bellbird Café")
    assert to.deal(to.won(company=firm)).customer == CustomerRef("company", firm)
    ref = CustomerRef("person", siobhan)
    assert to.deal(to.won(company=siobhan)).customer == ref
    (customer,) = to.salesforce.customers([ref])
    assert (customer.ref, customer.name, customer.email) == (ref, "Siobhán O'Brien", "siobhan@example.com")
    assert (customer.address.city, customer.tax_number) == ("Fremantle", "5")


def test_currencies_come_with_deals_and_lines_where_there_are_several(to: Link) -> None:
    to.double.people.enable_currencies("AUD", "NZD")
    deal = to.deal(to.won(currency="NZD"))
    assert (deal.currency, deal.lines[0].currency) == ("NZD", "NZD")


def test_a_line_whose_words_were_edited_makes_a_new_version(to: Link) -> None:
    deal = to.won()
    before = to.deal(deal).version
    to.clock.advance(60)
    to.double.people.edit_line(to.double.lines(deal)[0].id, description="Two rooms")
    assert to.deal(deal).version > before


def test_customers_come_with_what_identifies_them(to: Link) -> None:
    people = to.double.people
    firm = people.add_company(
        "Bellbird Café",
        abn="40 999 000 222",
        phone="5550",
        address="Level 2\n14 Norton St",
        city="Leichhardt",
        zip="2040",
    )
    mia = people.add_person("mia@example.com", company=firm, firstname="Mia", lastname="Tran", mobilephone="04")
    read = {c.ref.id: c for c in to.salesforce.customers([CustomerRef("company", firm), CustomerRef("person", mia)])}
    assert (read[firm].name, read[firm].tax_number, read[firm].phone) == ("Bellbird Café", "40 999 000 222", "5550")
    assert (read[firm].address.lines, read[firm].address.postcode) == (("Level 2", "14 Norton St"), "2040")
    assert (read[mia].name, read[mia].email, read[mia].phone) == ("Mia Tran", "mia@example.com", "04")


def test_a_merged_customer_comes_back_as_the_survivor_and_a_deleted_one_not(to: Link) -> None:
    people = to.double.people
    one, two, three, gone = (people.add_company(name) for name in ("One", "Two", "Three", "Gone"))
    people.merge_companies(two, one)
    people.merge_companies(three, two)
    people.delete("company", gone)
    read = to.salesforce.customers([CustomerRef("company", id_) for id_ in (one, gone)])
    assert [customer.ref.id for customer in read] == [three]


# ── writing ──


def test_values_arrive_as_their_fields_want_them_and_are_cleared(to: Link) -> None:
    deal = to.won()
    told = {"Xero_Total__c": "1210.50", "Xero_Paid_On__c": "2026-11-25", "xero_invoice_number__c": "INV-0042"}
    assert to.salesforce.write_deals([DealUpdate(deal, told)]) == {}
    assert [to.value(deal, name) for name in ("Xero_Total__c", "Xero_Paid_On__c", "Xero_Invoice_Number__c")] == [
        Decimal("1210.5"),
        "2026-11-25",
        "INV-0042",
    ]
    assert to.deal(deal, "Xero_Total__c").fields == {"Xero_Total__c": "1210.5"}
    assert to.salesforce.write_deals([DealUpdate(deal, dict.fromkeys(told, ""))]) == {}
    assert [to.value(deal, name) for name in ("Xero_Total__c", "Xero_Paid_On__c")] == [None, None]


def test_the_amount_is_never_written_nor_is_what_we_may_not_write(to: Link) -> None:
    deals = [to.won(f"Deal {n}") for n in range(3)]
    names = ("Amount", "IsWon", "Nope__c")
    refused = to.salesforce.write_deals([DealUpdate(d, {n: "1"}) for d, n in zip(deals, names, strict=True)])
    assert refused.keys() == set(deals)
    assert all(name in refused[deal].words for deal, name in zip(deals, names, strict=True))
    assert all(call.method != "PATCH" for call in to.calls())


def test_a_number_that_is_none_is_refused_before_it_is_sent(to: Link) -> None:
    deal = to.won()
    refused = to.salesforce.write_deals([DealUpdate(deal, {"Xero_Total__c": "about 5"})])
    assert "Xero_Total__c" in refused[deal].words


def test_one_refused_row_leaves_the_others_alone(to: Link) -> None:
    good, bad, gone, waiting = (to.won(name) for name in ("Good", "Bad", "Gone", "Waiting"))
    to.double.people.delete("deal", gone)
    to.double.people.submit_for_approval(waiting)
    told = {id_: {"NextStep": "INV-1"} for id_ in (good, gone, waiting)} | {bad: {"NextStep": "x" * 300}}
    refused = to.salesforce.write_deals([DealUpdate(id_, fields) for id_, fields in told.items()])
    assert refused.keys() == {bad, gone, waiting}
    assert (refused[gone].gone, refused[bad].gone) == (True, False)
    assert "too large" in refused[bad].words
    assert "locked for editing" in refused[waiting].words
    assert to.value(good, "NextStep") == "INV-1"


def test_a_row_that_makes_no_sense_to_them_is_found_by_halving(to: Link) -> None:
    deals = [to.won(f"Deal {n}") for n in range(5)]
    told = {deal: {"Xero_Paid_On__c": "soon" if n == 3 else "2026-11-25"} for n, deal in enumerate(deals)}
    refused = to.salesforce.write_deals([DealUpdate(id_, fields) for id_, fields in told.items()])
    assert list(refused) == [deals[3]]
    assert [to.value(deal, "Xero_Paid_On__c") for deal in deals].count("2026-11-25") == 4


def test_a_refused_stage_leaves_the_fields_written(to: Link) -> None:
    deal = to.won()
    to.double.people.require_at("Paid", "Description")
    refused = to.salesforce.write_deals([DealUpdate(deal, {"NextStep": "INV-1"}, "Paid")])
    assert "Description" in refused[deal].words
    assert (to.value(deal, "StageName"), to.value(deal, "NextStep")) == ("Closed won", "INV-1")


def test_a_duplicate_rule_is_respected(to: Link) -> None:
    one, two = to.won("One"), to.won("Two")
    to.double.people.add_duplicate_rule("deal", "NextStep", blocks=False)
    refused = to.salesforce.write_deals([DealUpdate(id_, {"NextStep": "INV-1"}) for id_ in (one, two)])
    assert list(refused) == [two]
    assert "duplicate" in refused[two].words


def test_a_company_that_a_duplicate_rule_stops_is_refused_for_itself_alone(to: Link) -> None:
    people = to.double.people
    people.add_field("company", "Xero_Contact_Id", key=True)
    people.add_duplicate_rule("company", "Name")
    people.add_company("Acme Pty Ltd")
    news = [NewCustomer(f"x{n}", {"name": name}) for n, name in enumerate(("Acme Pty Ltd", "Bolt Pty Ltd"))]
    made = to.salesforce.create_customers(news)
    assert isinstance(made["x0"], Refused)
    assert "duplicate" in made["x0"].words
    assert isinstance(made["x1"], CustomerRef)


def test_rows_that_others_hold_are_sent_again_and_only_they(to: Link) -> None:
    busy, free = to.won("Busy"), to.won("Free")
    to.double.people.work_on(busy, times=2)
    to.calls()
    updates = [DealUpdate(id_, {"NextStep": "INV-1"}) for id_ in (busy, free)]
    assert to.salesforce.write_deals(updates) == {}
    assert [call.body.count(b'"id"') for call in to.calls() if call.method == "PATCH"] == [2, 1, 1]
    assert len(to.line.slept) == 2
    assert to.value(busy, "NextStep") == "INV-1"


def test_a_row_that_stays_held_is_tried_another_time(to: Link) -> None:
    busy, free = to.won("Busy"), to.won("Free")
    to.double.people.work_on(busy, times=99)
    with pytest.raises(Unavailable):
        to.salesforce.write_deals([DealUpdate(id_, {"NextStep": "INV-1"}) for id_ in (busy, free)])
    assert to.value(free, "NextStep") == "INV-1"


def test_a_lost_answer_leaves_it_open_and_writing_twice_is_writing_once(to: Link) -> None:
    deal = to.won()
    to.double.faults.add(Fault("PATCH", "*/composite/sobjects", "lose answer"))
    update = DealUpdate(deal, {"NextStep": "INV-1"}, "Paid")
    with pytest.raises(OutcomeUnknown):
        to.salesforce.write_deals([update])
    assert to.salesforce.write_deals([update, update]) == {}
    assert (to.value(deal, "NextStep"), to.value(deal, "StageName")) == ("INV-1", "Paid")


def test_an_answer_that_says_less_than_was_asked_leaves_it_open(to: Link) -> None:
    deal = to.won()
    to.double.faults.add(Fault("PATCH", "*/composite/sobjects", "garble", text="[]"))
    with pytest.raises(OutcomeUnknown):
        to.salesforce.write_deals([DealUpdate(deal, {"NextStep": "INV-1"})])


def test_hostile_text_travels_as_it_is(to: Link) -> None:
    text = """Robert'); DROP "Table" \\ <b>&amp; ${x} @{y.z} ✓"""
    deal = to.won(text, company=to.double.people.add_company(text))
    assert to.salesforce.write_deals([DealUpdate(deal, {"NextStep": text})]) == {}
    read = to.deal(deal, "NextStep")
    assert (read.name, read.fields["NextStep"]) == (text, text)
