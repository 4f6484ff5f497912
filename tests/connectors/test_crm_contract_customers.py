"""Promises of ``connectors/contract.py`` about companies and persons, kept by every CRM: changes, and writing details.

What differs between them is in the table of ``tests/support/crm_accounts.py``; nothing here knows a vendor.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.contract import CustomerUpdate, NewCustomer
from domain.details import form, of_customer
from domain.records import Address, Customer, CustomerRef, Detail, DetailName
from tests.support.crm_accounts import Account

WANTED: dict[DetailName, Detail] = {
    "name": "Bellbird Café Pty Ltd",
    "email": "jane@bellbird.example",
    "phone": "+61 2 9374 4000",
    "tax number": "53004085616",
    "billing address": Address(("Level 2", "1 Main Street"), "Sydney", "NSW", "2000", "Australia"),
    "website": "https://bellbird.example",
    "legal name": "The Trustee for Bird Trust",
    "street address": Address(("9 Works Lane",), "Perth", "WA", "6000"),
    "payment terms": "20 of the following month",
    "invoices to": "al@bellbird.example, jo@bellbird.example",
}


def company(at: Account, name: str = "Bellbird", **more: str) -> CustomerRef:
    return CustomerRef("company", at.double.people.add_company(name, **more))


def person(at: Account, email: str = "jo@bellbird.example", **more: str) -> CustomerRef:
    return CustomerRef("person", at.double.people.add_person(email, firstname="Jo", lastname="Bird", **more))


def read(at: Account, ref: CustomerRef) -> Customer:
    [found] = at.crm.customers([ref])
    return found


def changed(at: Account, cursor: str = "") -> tuple[dict[str, str], str]:
    """What a poll tells, and how far it is read then."""
    at.clock.advance(at.lag)
    told: dict[str, str] = {}
    for page in at.crm.changed_customers(cursor):
        told |= page.versions
        cursor = page.cursor
    # A company that might be a person is told as both.
    both = {ref for ref in told if ref.startswith("person:") and ref.replace("person", "company") in told}
    return {ref: version for ref, version in told.items() if not at.told_as_both or ref not in both}, cursor


# ── changes ──


def test_companies_and_persons_that_changed_are_told_each_version_once(at: Account) -> None:
    firm, someone = company(at), person(at)
    told, cursor = changed(at)
    assert set(told) == {str(firm), str(someone)}
    at.clock.advance(24 * 3600)
    at.double.people.edit("company", firm.id, name="Bellbird Two")
    again, cursor = changed(at, cursor)
    assert {ref for ref, version in again.items() if told[ref] != version} == {str(firm)}
    at.clock.advance(24 * 3600)
    at.double.people.edit("person", someone.id, firstname="Jo", lastname="Smith")
    last, _ = changed(at, cursor)
    assert {ref for ref, version in last.items() if (told | again)[ref] != version} == {str(someone)}


def test_nothing_new_costs_one_call_a_kind(at: Account) -> None:
    company(at)
    person(at)
    told, cursor = changed(at)
    at.clock.advance(24 * 3600)
    spent = len(at.line.pace.spent)
    again, after = changed(at, cursor)
    assert again.items() <= told.items() or set(told.values()) == {""}
    assert after == cursor
    assert len(at.line.pace.spent) - spent <= 2


def test_no_change_is_missed_at_the_edge_of_a_page(at: Account) -> None:
    made = {str(company(at, f"Firm {n}")) for n in range(at.page + 3)}
    assert set(changed(at)[0]) == made


# ── gone ──


def test_of_merged_customers_only_the_survivor_is_read_and_says_whom_it_replaced(at: Account) -> None:
    people = at.double.people
    for made, merge in (
        ([company(at, f"Firm {n}") for n in range(3)], people.merge_companies),
        ([person(at, f"p{n}@bellbird.example") for n in range(3)], people.merge_persons),
    ):
        last = merge(made[2].id, merge(made[1].id, made[0].id))
        [found] = at.crm.customers(made)
        assert found.ref == replace(made[0], id=last)
        assert set(found.merged_ids) >= (set() if at.crm.hides_merges else {ref.id for ref in made} - {last})
        assert at.crm.customers([found.ref]) == [found]


# ── writing ──


def test_every_detail_it_has_a_place_for_is_written_and_read_back(at: Account) -> None:
    for ref in (company(at), person(at)):
        kept = at.crm.keeps(ref.kind)
        assert kept
        update = CustomerUpdate(ref, {name: value for name, value in WANTED.items() if name in kept})
        for _ in range(2):
            assert at.crm.write_customers([update]) == {}
        own = of_customer(read(at, ref))
        for name in kept:
            said, wanted = (set(str(form(name, value)).split()) for value in (own[name], WANTED[name]))
            assert said - {"australia"} == wanted, name


def test_fields_that_an_account_has_added_are_found_and_one_that_is_not_there_is_missing(at: Account) -> None:
    for ref in (company(at), person(at)):
        assert at.crm.own_fields(ref.kind) >= {"tax number", "legal name", "payment terms", "invoices to", "on hold"}
        assert at.crm.keeps(ref.kind) >= {"tax number", "legal name", "payment terms", "invoices to"}
        assert "on hold" not in at.crm.keeps(ref.kind)
    assert at.crm.keeps("person") >= {"email", "phone"}


def test_only_what_is_named_is_written(at: Account) -> None:
    ref = person(at, phone="02 9374 4000")
    before = read(at, ref)
    assert at.crm.write_customers([CustomerUpdate(ref, {"phone": "02 9999 1111"})]) == {}
    after = read(at, ref)
    assert after.phone == "02 9999 1111"
    assert replace(before, phone=after.phone, version=after.version) == after


def test_an_empty_detail_is_cleared(at: Account) -> None:
    ref = person(at, phone="02 9374 4000")
    assert at.crm.write_customers([CustomerUpdate(ref, {"phone": ""})]) == {}
    assert read(at, ref).phone == ""


def test_one_that_is_gone_is_refused_for_itself_alone(at: Account) -> None:
    here, gone = person(at), person(at, "al@bellbird.example")
    at.double.people.delete("person", gone.id)
    refused = at.crm.write_customers([CustomerUpdate(ref, {"phone": "02 9999 1111"}) for ref in (gone, here)])
    assert {ref: refusal.gone for ref, refusal in refused.items()} == {gone: True}
    assert read(at, here).phone == "02 9999 1111"


def test_many_are_written_at_once(at: Account) -> None:
    refs = [company(at, f"Firm {n}") for n in range(7)] + [person(at, f"p{n}@bellbird.example") for n in range(7)]
    updates = [
        CustomerUpdate(ref, {"name": f"New {ref.id}"} if ref.kind == "company" else {"phone": f"02 9374 40{n:02}"})
        for n, ref in enumerate(refs)
    ]
    assert at.crm.write_customers(updates) == {}
    found = at.crm.customers(refs)
    assert [who.name for who in found if who.ref.kind == "company"] == [f"New {r.id}" for r in refs[:7]]
    assert {who.phone for who in found if who.ref.kind == "person"} == {f"02 9374 40{n:02}" for n in range(7, 14)}


def test_nothing_to_write_is_no_call(at: Account) -> None:
    spent = len(at.line.pace.spent)
    assert at.crm.write_customers([]) == {}
    assert len(at.line.pace.spent) == spent


# ── making ──


def test_a_company_is_made_once_however_often_it_is_sent(at: Account) -> None:
    at.add_key_field()
    began = at.clock()
    told: dict[DetailName, Detail] = {"name": "Omega Survey Pty Ltd", "tax number": "53004085616"}
    news = [NewCustomer(f"x{n}", {**told, "name": f"Omega {n}"}) for n in range(3)]
    made = at.crm.create_customers(news)
    refs = [ref for ref in made.values() if isinstance(ref, CustomerRef)]
    assert [(each.name, each.tax_number) for each in at.crm.customers(refs)] == [
        (f"Omega {n}", "53004085616") for n in range(3)
    ]
    assert at.crm.create_customers([replace(each, since=began) for each in news]) == made
    assert at.crm.create_customers([NewCustomer("x9", told)]).keys() == {"x9"}


def test_a_person_is_made_once_beside_a_company_of_the_same_key(at: Account) -> None:
    at.add_key_field()
    began = at.clock()
    kept = at.crm.keeps("person")
    told: dict[DetailName, Detail] = {
        "email": "ann@omega.example",
        "phone": "02 9374 4000",
        "tax number": "53004085616",
    }
    own: dict[DetailName, Detail] = {name: value for name, value in told.items() if name in kept}
    news = [NewCustomer("x1", own, first_name="Ann", last_name="Ng"), NewCustomer("x2", {"name": "Omega Pty Ltd"})]
    made = at.crm.create_customers(news)
    refs = [ref for ref in made.values() if isinstance(ref, CustomerRef)]
    assert {ref.kind for ref in refs} == {"person", "company"}
    ann = next(each for each in at.crm.customers(refs) if each.ref == made["x1"])
    assert (ann.name, ann.email, ann.phone, ann.tax_number) == ("Ann Ng", *told.values())
    assert at.crm.create_customers([replace(each, since=began) for each in news]) == made
