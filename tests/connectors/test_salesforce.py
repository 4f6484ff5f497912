"""Salesforce: every change noticed, nothing hidden guessed, the organisation's limit and permissions respected."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from connectors import salesforce_reading as reading
from connectors.contract import FieldSpec
from connectors.errors import NotConnected, Throttled, Unavailable
from domain.records import CustomerRef
from sandbox.faults import Fault
from sandbox.salesforce import ORG_ID
from tests.support.salesforce import Link, link

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="to")
def _to() -> Link:
    return link()


# ── noticing ──


def test_a_change_is_noticed_with_its_version_and_again_within_the_overlap(to: Link) -> None:
    deal = to.won()
    to.clock.advance(10)
    (page,) = to.salesforce.changed_deals("")
    assert page.versions == {deal: to.deal(deal).version}
    assert to.noticed(page.cursor)[0] == [deal]
    to.clock.advance(20 * 60)
    other = to.won("Another")
    to.clock.advance(10)
    ids, cursor = to.noticed(page.cursor)
    assert ids == [deal, other]
    assert to.noticed(cursor)[0] == [other]


def test_a_second_change_in_the_same_second_is_not_taken_for_the_first(to: Link) -> None:
    deal = to.won()
    (page,) = to.salesforce.changed_deals("")
    assert page.versions == {deal: ""}
    to.clock.advance(2)
    (page,) = to.salesforce.changed_deals(page.cursor)
    assert page.versions[deal] != ""


def test_a_row_that_shows_later_than_a_newer_one_is_not_lost(to: Link) -> None:
    to.double.switches.commit_lag = 600
    early = to.won("Early")
    to.clock.advance(590)
    to.double.switches.commit_lag = 0
    late = to.won("Late")
    to.clock.advance(5)
    ids, cursor = to.noticed()
    assert ids == [late]
    to.clock.advance(60)
    assert set(to.noticed(cursor)[0]) == {early, late}


def test_pages_are_followed_to_the_last_and_the_cursor_with_them(to: Link) -> None:
    to.double.switches.page = 3
    ids = [to.won(f"Deal {n}") for n in range(4)]
    to.clock.advance(5)
    ids += [to.won(f"Deal {n}") for n in range(4, 8)]
    to.clock.advance(5)
    pages = list(to.salesforce.changed_deals(""))
    assert [len(page.versions) for page in pages] == [3, 3, 2]
    assert sorted(id_ for page in pages for id_ in page.versions) == sorted(ids)
    assert pages[0].cursor < pages[1].cursor == pages[2].cursor


def test_the_rest_of_a_list_that_was_let_go_is_no_end_of_it(to: Link) -> None:
    to.double.switches.page = 1
    for name in ("One", "Two"):
        to.won(name)
    pages = to.salesforce.changed_deals("")
    first = next(pages)
    to.clock.advance(3 * 86_400)
    with pytest.raises(Unavailable):
        next(pages)
    assert len(to.noticed(first.cursor)[0]) == 2


def test_a_deleted_deal_is_noticed_and_not_read(to: Link) -> None:
    deal = to.won()
    to.clock.advance(3600)
    cursor = to.noticed()[1]
    to.double.people.delete("deal", deal)
    to.clock.advance(10)
    assert to.noticed(cursor)[0] == [deal]
    assert to.salesforce.deals([deal]) == []
    assert to.salesforce.stages([deal]) == {}


def test_nothing_new_costs_one_call_from_any_cursor(to: Link) -> None:
    for cursor in ("", "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"):
        to.calls()
        assert to.noticed(cursor)[0] == [] or cursor.startswith("2020")
        assert len(to.calls()) == 1


def test_ids_that_cannot_be_theirs_are_merely_not_there(to: Link) -> None:
    deal = to.won()
    strange = ["", "42", "0065g00000010wq' OR Id != '", "0065g00000010wqZZZ", "../../x", deal[:15]]
    assert [d.id for d in to.salesforce.deals([*strange, deal])] == [deal]
    assert to.salesforce.customers([CustomerRef("company", "x"), CustomerRef("person", "y")]) == []


# ── permissions, fields, settings ──


def test_everything_hidden_is_named_in_one_sentence(to: Link) -> None:
    deal = to.won()
    people = to.double.people
    people.hide("deal", "Amount")
    people.hide("line", "UnitPrice")
    people.hide("Product2")
    with pytest.raises(NotConnected) as lacking:
        to.deal(deal)
    assert "Opportunity.Amount, OpportunityLineItem.UnitPrice, Product2" in lacking.value.detail


def test_what_may_be_missing_is_done_without(to: Link) -> None:
    people = to.double.people
    company = people.add_company("Bellbird Café", phone="02 5550 0000", abn="40 999 000 222")
    deal = to.won(company=company)
    for kind, name in (("company", "Phone"), ("company", "ABN__c"), ("line", "Discount"), ("line", "SortOrder")):
        people.hide(kind, name)
    read = to.deal(deal)
    assert len(read.lines) == 1
    assert read.customer is not None
    (customer,) = to.salesforce.customers([read.customer])
    assert (customer.name, customer.phone, customer.tax_number) == ("Bellbird Café", "", "")


def test_the_administrators_guide_names_every_field_that_we_ask_for() -> None:
    guide = (ROOT / "docs" / "salesforce.md").read_text()
    by_themselves = {"Id", "SystemModstamp", "SortOrder", "CurrencyIsoCode", "MasterRecordId"}
    asked = {name for fields in (*reading.NEEDED.values(), *reading.WELCOME.values()) for name in fields}
    named = {
        name
        for name in asked - by_themselves
        if not name.startswith(("Billing", "Shipping", "Mailing", "Other", "Person", "IsPerson", "Has"))
    }
    assert {name for name in named if f"`{name}`" not in guide} == set()
    example = yaml.safe_load((ROOT / "mappings" / "examples" / "salesforce.yaml").read_text())
    fields = [name for fact, name in example["write back"].items() if fact != "move to stage when paid"]
    assert {name for name in fields if f"| `{name}` |" not in guide} == set()


FIELDS = [
    FieldSpec("Xero_Invoice_Number__c", "Xero invoice number", "text"),
    FieldSpec("xero_total__C", "Total", "number"),
    FieldSpec("Xero_Amount_Credited__c", "Credited", "number"),
    FieldSpec("Xero_Paid_On__c", "Paid on", "date"),
    FieldSpec("Amount", "Amount", "number"),
]


def test_missing_hidden_and_forbidden_fields_are_named_together_and_never_made(to: Link) -> None:
    to.double.people.hide("deal", "Xero_Paid_On__c")
    missing = ["Xero_Amount_Credited__c", "Xero_Paid_On__c", "Amount"]
    assert [field.name for field in to.salesforce.missing_fields(FIELDS)] == missing
    with pytest.raises(NotConnected) as lacking:
        to.salesforce.create_fields(FIELDS)
    assert ", ".join(missing) in lacking.value.detail
    assert "permission set" in lacking.value.detail
    to.salesforce.create_fields(FIELDS[:2])
    assert {call.method + call.path[-10:] for call in to.calls()} == {"POST/composite"}


def test_record_types_are_pipelines_and_deals_without_one_have_their_own(to: Link) -> None:
    deal = to.won(pipeline="")
    to.double.people.rename_stage("Paid", "Paid in full")
    new, renewals, rest = to.salesforce.pipelines()
    assert [p.label for p in (new, renewals, rest)] == ["New business", "Renewals", "Opportunities"]
    assert new.stages == renewals.stages == rest.stages
    assert new.stages["Paid"] == "Paid in full"
    assert (to.deal(deal).pipeline, to.salesforce.stages([deal])) == (rest.id, {deal: "Closed won"})
    assert "Prospecting" not in new.stages


# ── limits ──


def test_the_organisations_day_is_watched_and_its_end_is_waited_for(to: Link) -> None:
    to.noticed()
    assert to.line.pace.notes[-1] == (14_999, None, None, False)
    to.double.access.limits.daily = 1
    with pytest.raises(Throttled) as limit:
        to.noticed()
    assert limit.value.daily
    assert to.line.pace.notes[-1] == (0, None, 3600.0, True)


def test_too_many_long_calls_at_once_pass_by_themselves(to: Link) -> None:
    to.double.faults.add(Fault("GET", "*/queryAll", "429"))
    to.noticed()
    assert to.line.slept
    assert not any(daily for *_, daily in to.line.pace.notes)


def test_a_read_is_repeated_and_a_cut_answer_is_no_answer(to: Link) -> None:
    deal = to.won()
    to.double.faults.add(Fault("GET", "*/query", "lose answer"))
    to.double.faults.add(Fault("GET", "*/query", "garble"))
    to.double.faults.add(Fault("GET", "*/query", "garble", text='{"done": true}'))
    to.double.faults.add(Fault("GET", "*/query", "500 before", status=503))
    with pytest.raises(Unavailable):
        to.deal(deal)
    assert to.deal(deal).name == "Fit-out"


def test_a_poll_looks_no_further_back_than_it_is_told(to: Link) -> None:
    to.won()
    to.clock.advance(3600)
    later = type(to.salesforce)(to.line.http, ORG_ID, domain="x", start=to.clock() + timedelta(hours=1), now=to.clock)
    (page,) = later.changed_deals("")
    assert (page.versions, page.cursor) == ({}, "2026-11-25T04:00:00Z")
