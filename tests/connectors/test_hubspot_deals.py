"""HubSpot's deals read whole in few calls, and written so that a row fails only where it must."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.contract import DealUpdate
from connectors.errors import OutcomeUnknown
from domain.records import CustomerRef
from sandbox.faults import Fault
from tests.support.connections import Vendors, vendors
from tests.support.won import LINES, noticed, one, won


@pytest.fixture(name="link")
def _link() -> Vendors:
    link = vendors()
    link.clock.advance(60)
    return link


# ── reading ──


def test_a_deal_comes_whole(link: Vendors) -> None:
    people = link.world.hubspot.people
    company = people.add_company("Bellbird Café Pty Ltd")
    owner = people.add_owner("jo@example.com", "Jo", "Li")
    lines = [
        {"name": "Design", "sku": "CONSULT-1", "quantity": "1.5", "price": "120.0000", "discount_percent": "12.5"},
        {
            "name": "Travel",
            "sku": "TRAVEL",
            "quantity": 3,
            "price": "10",
            "discount": "0.3333",
            "description": "By rail",
        },
        {"name": "Licence", "sku": "LICENCE", "quantity": 1, "price": "20", "frequency": "monthly", "currency": "AUD"},
    ]
    people.add_property("deal", "po_number", "PO number")
    deal_id = people.add_deal("Fit-out", lines, company=company, owner=owner, po_number="PO-7")
    people.move(deal_id, "Closed won")
    deal = one(link, deal_id, "po_number", "no_such_field")
    assert (deal.name, deal.pipeline, deal.stage, deal.won) == ("Fit-out", "default", "closedwon", True)
    assert (deal.customer, deal.other_companies) == (CustomerRef("company", company), ())
    assert (deal.owner, deal.currency, deal.unreadable) == (owner, "AUD", "")
    assert deal.fields == {"po_number": "PO-7", "no_such_field": ""}
    assert deal.url.endswith(f"/contacts/24680135/record/0-3/{deal_id}")
    design, travel, licence = deal.lines
    assert (design.product_code, design.quantity, design.unit_price) == ("CONSULT-1", Decimal("1.5"), Decimal(120))
    assert (design.discount_percent, design.discount_amount) == (Decimal("12.5"), Decimal(0))
    assert (travel.discount_amount, travel.description) == (Decimal("0.9999"), "By rail")
    assert (licence.billing_frequency, licence.currency) == ("monthly", "AUD")


def test_a_close_date_is_the_day_it_was_in_sydney(link: Vendors) -> None:
    deal = won(link)
    link.world.hubspot.people.edit("deal", deal, closedate="2026-10-03T14:30:00Z")
    assert str(one(link, deal).closed_on) == "2026-10-04"
    link.world.hubspot.people.edit("deal", deal, closedate="2026-10-03T13:30:00Z")
    assert str(one(link, deal).closed_on) == "2026-10-03"


def test_fifty_won_deals_cost_six_calls_in_all(link: Vendors) -> None:
    ids = [won(link, f"Deal {n}", lines=LINES * 2) for n in range(50)]
    link.clock.advance(60)
    link.calls()
    found, _ = noticed(link)
    deals = link.hubspot.deals(found)
    updates = [DealUpdate(deal.id, {"description": "INV-0001"}) for deal in deals]
    assert link.hubspot.write_deals(updates) == {}
    assert sorted(found) == sorted(ids)
    assert all(len(deal.lines) == 2 and deal.customer for deal in deals)
    assert len(link.calls()) == 6


def test_the_primary_company_is_billed_and_several_without_one_are_left_open(link: Vendors) -> None:
    people = link.world.hubspot.people
    first, second, third = (people.add_company(name) for name in ("One", "Two", "Three"))
    deal = people.add_deal("Fit-out", LINES, company=second, other_companies=(first, third))
    assert one(link, deal).customer == CustomerRef("company", second)
    open_deal = people.add_deal("Unclear", LINES, other_companies=(first, third))
    found = one(link, open_deal)
    assert (found.customer, set(found.other_companies)) == (None, {first, third})
    people.detach(open_deal, "company", first)
    assert one(link, open_deal).customer == CustomerRef("company", third)


def test_a_person_is_billed_only_where_there_is_no_company(link: Vendors) -> None:
    people = link.world.hubspot.people
    jo, sam = people.add_person("jo@example.com", firstname="Jo"), people.add_person("sam@example.com")
    deal = people.add_deal("Private", LINES, person=jo)
    assert one(link, deal).customer == CustomerRef("person", jo)
    people.attach(deal, "person", sam)
    found = one(link, deal)
    assert found.customer is None
    assert "nothing says who is billed" in found.unreadable
    company = people.add_company("Company")
    people.attach(deal, "company", company)
    assert one(link, deal).customer == CustomerRef("company", company)


def test_a_deal_with_nothing_attached_is_read_as_it_is(link: Vendors) -> None:
    deal = one(link, link.world.hubspot.people.add_deal("Bare"))
    assert (deal.customer, deal.other_companies, deal.lines, deal.unreadable) == (None, (), (), "")


def test_merged_deals_come_under_the_surviving_id_with_those_it_replaced(link: Vendors) -> None:
    first, second = won(link, "One"), won(link, "Two")
    survivor = link.world.hubspot.people.merge_deals(first, second)
    (deal,) = link.hubspot.deals([first, second, survivor])
    assert deal.id == survivor
    assert set(deal.merged_ids) == {first, second}
    assert deal.customer is not None


@pytest.mark.parametrize("named", [True, False])
def test_a_deal_that_is_gone_is_missing_and_the_others_come(link: Vendors, named: bool) -> None:
    link.world.hubspot.switches.batch_read_names_missing = named
    there, gone = won(link, "There"), won(link, "Gone")
    link.world.hubspot.people.delete("deal", gone)
    assert [deal.id for deal in link.hubspot.deals([gone, there, "1"])] == [there]
    assert link.hubspot.stages([gone, there]) == {there: "closedwon"}


def test_many_lines_and_links_are_read_to_their_end(link: Vendors) -> None:
    link.world.hubspot.switches.links_per_page = 50
    deal = won(link, lines=[{"name": f"Line {n}", "quantity": 1, "price": n} for n in range(230)])
    assert [line.unit_price for line in one(link, deal).lines] == [Decimal(n) for n in range(230)]


def test_customers_are_read_by_kind(link: Vendors) -> None:
    people = link.world.hubspot.people
    people.add_property("company", "abn", "ABN")
    company = people.add_company(
        "Bellbird Café", domain="bellbird.example", abn="51 824 753 556", address="1 Road", city="Perth", zip="6000"
    )
    person = people.add_person("jo@example.com", firstname="Jo", lastname="Li", mobilephone="0400 000 000")
    nameless = people.add_person("sam@example.com")
    refs = [CustomerRef("company", company), CustomerRef("person", person), CustomerRef("person", nameless)]
    found = {customer.ref: customer for customer in link.hubspot.customers([*refs, CustomerRef("company", "404")])}
    assert set(found) == set(refs)
    cafe, jo, sam = (found[ref] for ref in refs)
    assert (cafe.tax_number, cafe.website, cafe.address.city) == ("51 824 753 556", "bellbird.example", "Perth")
    assert (jo.name, jo.email, jo.phone) == ("Jo Li", "jo@example.com", "0400 000 000")
    assert sam.name == "sam@example.com"
    assert cafe.version
    assert jo.version
    assert jo.url.endswith(f"/record/0-1/{person}")


# ── writing ──


def test_a_bad_row_fails_alone_and_says_why(link: Vendors) -> None:
    good, gone, bad = won(link, "Good"), won(link, "Gone"), won(link, "Bad")
    link.world.hubspot.people.delete("deal", gone)
    updates = [
        DealUpdate(good, {"description": "INV-1"}),
        DealUpdate(gone, {"description": "INV-2"}),
        DealUpdate(bad, {"amount": "lots"}),
    ]
    refused = link.hubspot.write_deals(updates)
    assert set(refused) == {gone, bad}
    assert (refused[gone].gone, refused[bad].gone) == (True, False)
    assert refused[bad].words == "lots was not a valid number."
    assert link.world.hubspot.objects["deals"][good].properties["description"] == "INV-1"


def test_a_refused_stage_leaves_the_fields_written(link: Vendors) -> None:
    deal, fine = won(link), won(link, "Fine")
    link.world.hubspot.people.require_on_stage("Sales pipeline", "Contract sent", "dealtype")
    link.calls()
    updates = [DealUpdate(id_, {"description": "INV-1"}, stage="contractsent") for id_ in (deal, fine)]
    link.world.hubspot.people.edit("deal", fine, dealtype="newbusiness")
    refused = link.hubspot.write_deals(updates)
    assert set(refused) == {deal}
    assert "dealtype" in refused[deal].words
    written = link.world.hubspot.objects["deals"]
    assert (written[deal].properties["description"], written[deal].properties["dealstage"]) == ("INV-1", "closedwon")
    assert written[fine].properties["dealstage"] == "contractsent"
    assert len(link.calls()) == 2


def test_two_updates_of_one_deal_are_one_row(link: Vendors) -> None:
    deal = won(link)
    updates = [DealUpdate(deal, {"description": "a", "amount": "5"}), DealUpdate(deal, {"description": "b"})]
    assert link.hubspot.write_deals(updates) == {}
    properties = link.world.hubspot.objects["deals"][deal].properties
    assert (properties["description"], properties["amount"]) == ("b", "5")


def test_a_write_with_no_answer_is_unknown_and_safe_to_repeat(link: Vendors) -> None:
    deal = won(link)
    link.world.hubspot.faults.add(Fault("POST", "*/batch/update", "lose answer"))
    with pytest.raises(OutcomeUnknown):
        link.hubspot.write_deals([DealUpdate(deal, {"description": "INV-1"})])
    assert link.hubspot.write_deals([DealUpdate(deal, {"description": "INV-1"})]) == {}
    assert link.world.hubspot.objects["deals"][deal].properties["description"] == "INV-1"
