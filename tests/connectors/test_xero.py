"""The organisation, its contacts, and lists of changes that lose nothing while the books move underneath."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connectors.errors import Rejected, Unavailable
from connectors.xero import API, DIALECT, Xero, contact_element
from domain.records import Address
from sandbox.faults import Fault
from tests.support.connections import START, Vendors, line_to, vendors
from tests.support.plans import contact_plan


@pytest.fixture(name="link")
def _link() -> Vendors:
    return vendors()


# ── the organisation ──


def test_the_organisation_is_in_a_time_zone_that_python_knows(link: Vendors) -> None:
    link.world.xero.people.set_lock_date(date(2026, 6, 30))
    link.world.xero.people.set_lock_date(date(2025, 6, 30), year_end=True)
    organisation = link.xero.organisation()
    assert (organisation.timezone, organisation.country, organisation.currency) == ("Australia/Sydney", "AU", "AUD")
    assert organisation.locked_until == date(2026, 6, 30)
    assert organisation.short_code


def test_an_unknown_time_zone_is_said_and_not_guessed() -> None:
    xero = over(lambda request: httpx.Response(200, json={"Organisations": [{**ORGANISATION, "Timezone": "MARSTIME"}]}))
    with pytest.raises(Rejected) as refusal:
        xero.organisation()
    assert "MARSTIME" in refusal.value.words[0]


def test_the_books_are_eight_calls(link: Vendors) -> None:
    link.world.xero.people.archive_account("200")
    link.world.xero.people.archive_tax_rate("EXEMPTEXPORT")
    link.calls()
    books = link.xero.books()
    accounts = {account.code: account for account in books.accounts}
    assert (accounts["200"].status, accounts["200"].account_class) == ("ARCHIVED", "REVENUE")
    assert any(account.system for account in books.accounts)
    rates = {rate.tax_type: rate for rate in books.tax_rates}
    assert (rates["OUTPUT"].rate, rates["OUTPUT"].for_revenue) == (Decimal(10), True)
    assert rates["EXEMPTEXPORT"].status == "ARCHIVED"
    assert not rates["INPUT"].for_revenue
    assert "AUD" in books.currencies
    assert books.item_codes
    assert len(link.calls()) == 8


# ── contacts ──


def test_contacts_are_created_in_one_call_and_known_by_number(link: Vendors) -> None:
    plans = [
        contact_plan(
            f"hubspot:24680135:company:{n}",
            f'"Smith & Sons" {n}',
            email="accounts@smith.example",
            tax_number="51824753556",
            company_number="824753556",
            phone="+61 2 9000 0000",
            website="https://smith.example",
            address=Address(
                ("Level 2", "1 Some Street", "c/o Jo", "Rear", "Blue door"), "Sydney", "NSW", "2000", "Australia"
            ),
        )
        for n in range(3)
    ]
    answer = link.xero.create_contacts([contact_element(plan) for plan in plans], "k1")
    assert {contact.number: contact.name for contact in answer.done} == {plan.number: plan.name for plan in plans}
    made = answer.done[0]
    assert made.address.lines == ("Level 2", "1 Some Street", "c/o Jo", "Rear, Blue door")
    assert (made.tax_number, made.phones, made.status) == ("51824753556", ("+61 2 9000 0000",), "ACTIVE")
    (call,) = link.calls()
    assert (call.method, call.query) == ("PUT", {"summarizeErrors": "false"})


def test_a_taken_name_is_refused_and_never_overwrites(link: Vendors) -> None:
    there = link.world.xero.people.add_contact("Bellbird Café", EmailAddress="theirs@bellbird.example")
    answer = link.xero.create_contacts(
        [
            contact_element(contact_plan("n1", "BELLBIRD CAFÉ", email="ours@bellbird.example")),
            contact_element(contact_plan("n2", "Another")),
        ],
        "k1",
    )
    assert [contact.number for contact in answer.done] == ["n2"]
    ((number, words),) = answer.refused
    assert number == "n1"
    assert "already assigned to another contact" in words[0]
    assert link.world.xero.contacts[there]["EmailAddress"] == "theirs@bellbird.example"


@pytest.mark.parametrize("number", ["n1", 'a"b', 'x" OR Name=="', "back\\slash", "émile", "a b"])
def test_a_number_is_looked_up_exactly_whatever_is_in_it(link: Vendors, number: str) -> None:
    link.xero.create_contacts([contact_element(contact_plan(number, "Wanted"))], "k1")
    link.xero.create_contacts([contact_element(contact_plan("other", "Unwanted"))], "k2")
    (found,) = link.xero.contacts_numbered(number)
    assert found.name == "Wanted"
    link.world.xero.people.archive_contact(found.id)
    assert [contact.status for contact in link.xero.contacts_numbered(number)] == ["ARCHIVED"]
    assert link.xero.contacts_numbered(number[:-1]) == []


def test_archived_and_merged_contacts_show_where_they_went(link: Vendors) -> None:
    people = link.world.xero.people
    loser, survivor = people.add_contact("Old Name"), people.add_contact("New Name")
    people.merge_contacts(loser, survivor)
    found = {contact.id: contact for contact in link.xero.contacts([loser, survivor, loser])}
    assert (found[loser].status, found[loser].merged_to) == ("ARCHIVED", survivor)
    (page,) = link.xero.contacts_changed(None)
    assert {contact.id: contact.merged_to for contact in page} == {loser: survivor, survivor: ""}


def test_only_what_changed_since_is_read(link: Vendors) -> None:
    people = link.world.xero.people
    people.add_contact("Early")
    link.clock.advance(3600)
    late = people.add_contact("Late")
    since = START + timedelta(minutes=30)
    assert [contact.id for page in link.xero.contacts_changed(since) for contact in page] == [late]
    call = link.calls()[-1]
    assert call.headers["if-modified-since"] == "2026-11-25T01:30:00"


# ── lists that move while they are read ──


def test_a_long_list_is_read_page_by_page_and_nothing_twice(link: Vendors) -> None:
    people = link.world.xero.people
    ids: list[str] = []
    for n in range(2300):
        ids.append(people.add_contact(f"Contact {n}"))
        link.clock.advance(0.01)
    link.calls()
    seen = [contact.id for page in link.xero.contacts_changed(None) for contact in page]
    assert sorted(seen) == sorted(ids)
    assert len(link.calls()) <= 4


def test_a_moment_that_fills_more_than_a_page_is_read_to_its_end(link: Vendors) -> None:
    for n in range(2100):
        link.world.xero.people.add_contact(f"Imported {n}")
    link.clock.advance(60)
    last = link.world.xero.people.add_contact("After the import")
    seen = [contact.id for page in link.xero.contacts_changed(None) for contact in page]
    assert len(seen) == len(set(seen)) == 2101
    assert seen[-1] == last


def test_a_contact_that_changes_while_we_read_pulls_no_other_over_the_edge(link: Vendors) -> None:
    people = link.world.xero.people
    ids: list[str] = []
    for n in range(1500):
        ids.append(people.add_contact(f"Contact {n}"))
        link.clock.advance(2)
    pages = link.xero.contacts_changed(None)
    seen = {contact.id for contact in next(pages)}
    for early in ids[:400]:
        people.edit_contact(early, FirstName="Jo")
    seen |= {contact.id for page in pages for contact in page}
    assert seen == set(ids)


def test_reads_get_over_a_passing_fault(link: Vendors) -> None:
    link.world.xero.people.add_contact("Somebody")
    faults = link.world.xero.faults
    for kind in ("refuse connection", "500 before", "lose answer"):
        faults.add(Fault("GET", "*/Contacts", kind))
    (page,) = link.xero.contacts_changed(None)
    assert len(page) == 1
    assert len(link.xero_line.slept) == 3


# ── answers that can't be read ──

ORGANISATION = {"OrganisationID": "0aa1b2c3-0000-4000-8000-000000000001", "Timezone": "AUSEASTERNSTANDARDTIME"}
CONTACT = {
    "ContactID": "0aa1b2c3-0000-4000-8000-000000000002",
    "Name": "Fine",
    "UpdatedDateUTC": "/Date(1764032400000+0000)/",
}


def over(
    handler: Callable[[httpx.Request], httpx.Response], unreadable: list[tuple[str, str, str]] | None = None
) -> Xero:
    told = [] if unreadable is None else unreadable

    def note(kind: str, id_: str, what: str) -> None:
        told.append((kind, id_, what))

    return Xero(line_to(handler, base_url=API, system="xero", dialect=DIALECT).http, unreadable=note)


@pytest.mark.parametrize("body", [{}, {"Contacts": None}, {"Contacts": "none"}, {"Invoices": []}])
def test_an_answer_without_its_list_never_passes_for_none(body: dict[str, Any]) -> None:
    xero = over(lambda request: httpx.Response(200, json=body))
    with pytest.raises(Unavailable):
        list(xero.contacts_changed(None))
    with pytest.raises(Unavailable):
        xero.contacts_numbered("n1")


def test_one_record_that_cannot_be_read_is_told_and_the_others_go_on() -> None:
    broken = [{**CONTACT, "ContactID": "c3", "UpdatedDateUTC": "soon"}, {**CONTACT, "ContactID": None}]
    told: list[tuple[str, str, str]] = []
    xero = over(lambda request: httpx.Response(200, json={"Contacts": [broken[0], CONTACT, broken[1]]}), told)
    (page,) = xero.contacts_changed(None)
    assert [contact.name for contact in page] == ["Fine"]
    assert told == [("contact", "c3", "UpdatedDateUTC"), ("contact", "", "ContactID")]


def test_a_filter_that_xero_ignored_is_noticed() -> None:
    numbered = [{**CONTACT, "ContactNumber": "n1"}, {**CONTACT, "ContactNumber": "N1"}, CONTACT]
    xero = over(lambda request: httpx.Response(200, json={"Contacts": numbered}))
    assert [contact.number for contact in xero.contacts_numbered("n1")] == ["n1"]


def test_a_status_we_do_not_know_stays_as_xero_says_it() -> None:
    xero = over(lambda request: httpx.Response(200, json={"Contacts": [{**CONTACT, "ContactStatus": "DORMANT"}]}))
    (page,) = xero.contacts_changed(None)
    assert page[0].status == "DORMANT"


def test_an_answer_about_something_else_counts_for_nothing() -> None:
    told: list[tuple[str, str, str]] = []
    swapped = {"Contacts": [{**CONTACT, "ContactNumber": "somebody else's"}]}
    xero = over(lambda request: httpx.Response(200, json=swapped), told)
    answer = xero.create_contacts([contact_element(contact_plan("n1"))], "k1")
    assert (answer.done, answer.refused) == ((), ())
    assert told == [("contact", CONTACT["ContactID"], "ContactNumber")]
