"""Customers nobody in Xero is yet: what is asked, what is looked up, what is written."""

from __future__ import annotations

import pytest

from domain.matching import CreateContact, contact_plan, keys_of
from domain.records import Address
from domain.rules import ContactRules
from tests.support.customers import ABN, ACN, OTHER_ABN, asked, at, choices, contact, customer, decide


@pytest.mark.parametrize("name", ["", "  ", "Pty Ltd", "🙂"])
def test_a_customer_without_a_name_is_asked_about(name: str) -> None:
    question = asked(decide(customer(name, tax_number=ABN), contact("x1", tax_number=ABN)), "customer_nameless")
    assert list(choices(question)) == ["retry"]


def test_a_legal_name_stands_in_for_a_missing_one() -> None:
    who = customer("", legal_name="Acme Pty Ltd", address=at("2000"))
    assert decide(who, contact("x1", address=at("2000"))).by == "name"
    assert decide(who).name == "Acme Pty Ltd"


def test_the_mapping_may_say_to_ask_before_creating_and_which_rungs_count() -> None:
    ask_first = ContactRules(if_none="ask")
    assert list(choices(asked(decide(customer(), rules=ask_first), "customer_new"))) == ["create", "retry"]
    assert decide(customer(), answer="create", rules=ask_first).name == "Acme Pty Ltd"
    by_number = ContactRules(match_by=("tax number",))
    near = contact("x1", "Acme", address=at("2000"))
    assert isinstance(decide(customer("Acme P/L", address=at("2000")), near, rules=by_number), CreateContact)
    asked(decide(customer("ACME"), near, rules=by_number), "customer_unclear")


def test_a_persons_possible_tax_file_number_is_shown_nowhere() -> None:
    jane = customer("Jane Smith", "person", tax_number="000 000 019", company_number="000 000 019")
    bank = contact("x1", "Bank", company_number="000 000 019")
    assert isinstance(decide(jane, bank), CreateContact)
    question = asked(decide(jane, contact("x2", "Jane Smith")))
    assert "000" not in str(question)
    plan = contact_plan(jane, "hubspot-5")
    assert (plan.tax_number, plan.company_number) == ("", "")
    assert keys_of(jane).acns == ()


def test_the_index_is_asked_for_every_key_that_can_prove_anything() -> None:
    who = customer(
        "Smith Pty Ltd ATF Smith Trust",
        legal_name="The Trustee for Smith Trust",
        company_number=ACN,
        email="jane@smith.com.au, accounts@smith.com.au",
    )
    keys = keys_of(who)
    assert keys.abns == ("53004085616",)
    assert keys.acns == ("004085616",)
    assert keys.emails == ("jane@smith.com.au",)
    assert keys.names == ("smith", "smith trust")
    assert keys_of(customer(tax_number=ABN)).acns == ("004085616",)


def test_a_new_contact_holds_what_is_known_and_fits() -> None:
    who = customer(
        "  Acme <Sydney>  Pty Ltd ",
        tax_number="ABN 53 004 085 616",
        company_number="A.C.N. 004 085 616",
        email="Jane <Jane@acme.com.au>; joe@acme.com.au",
        phone=" (02) 9374 4000 ",
        address=Address(("1 High St", "", "x" * 600), "Sydney", "NSW", "2000", "Australia (AU) 1"),
    )
    plan = contact_plan(who, "hubspot-5")
    assert plan.name == "Acme Sydney Pty Ltd"
    assert plan.number == "hubspot-5"
    assert (plan.tax_number, plan.company_number) == ("53004085616", "004085616")
    assert (plan.email, plan.phone) == ("Jane@acme.com.au", "(02) 9374 4000")
    assert plan.address.lines == ("1 High St", "x" * 500)
    assert plan.address.country == "Australia AU"


def test_a_wrong_abn_is_not_passed_on() -> None:
    assert contact_plan(customer(tax_number="51 824 753 557"), "n").tax_number == ""


def test_a_name_taken_with_no_number_to_tell_it_apart_gets_its_crm_id() -> None:
    assert contact_plan(customer(), "n", ["acme pty ltd"]).name == "Acme Pty Ltd (5)"
    assert contact_plan(customer(company_number=ACN), "n", ["acme pty ltd"]).name == "Acme Pty Ltd (ACN 004 085 616)"
    long = customer("A" * 300, tax_number=OTHER_ABN)
    assert contact_plan(long, "n", ["A" * 255]).name == "A" * 244 + " (ABN …556)"


def test_a_contact_needs_a_name() -> None:
    with pytest.raises(ValueError, match="name"):
        contact_plan(customer(""), "n")
