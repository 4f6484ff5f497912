"""Who a customer is in Xero: each rung of the ladder, and every doubt put to a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decision import Hold
from domain.matching import CreateContact, Matched, contact_plan, indexed, match_customer
from domain.records import XeroContact
from tests.support.customers import ABN, ACN, OTHER_ABN, RULES, asked, at, choices, contact, customer, decide


def test_a_customer_is_known_by_abn_under_another_name() -> None:
    found = decide(customer("Acme", tax_number=ABN), contact("x1", "Acme Holdings Limited", tax_number="53004085616"))
    assert found == Matched("x1", "tax number", "Same ABN.")


def test_an_abn_in_the_name_counts_as_one() -> None:
    assert decide(customer("Acme P/L"), contact("x1", "ACME")).questions
    found = decide(customer("Acme P/L ABN 53 004 085 616"), contact("x1", "ACME", tax_number=ABN))
    assert found == Matched("x1", "tax number", "Same ABN and name.")


def test_two_contacts_of_one_abn_are_asked_about() -> None:
    who = customer(tax_number=ABN)
    branches = contact("x1", "Acme Sydney", tax_number=ABN), contact("x2", "Acme Perth", tax_number=ABN)
    question = asked(decide(who, *branches), "customer_unclear")
    assert choices(question)["use:x1"] == "Use Acme Sydney (ABN 53 004 085 616): same ABN"
    assert list(choices(question)) == ["use:x1", "use:x2", "create", "retry"]
    assert decide(who, *branches, answer="use:x2") == Matched("x2", "answer", "A person said so.")
    assert decide(who, *branches, answer="create") == CreateContact("Acme Pty Ltd", "A person said so.")


def test_an_answer_that_names_a_contact_gone_since_is_asked_again() -> None:
    who = customer(tax_number=ABN)
    pair = contact("x1", tax_number=ABN), contact("x2", tax_number=ABN)
    answers = {asked(decide(who, *pair)).identity: "use:x9"}
    assert isinstance(match_customer(who, pair, RULES, answers), Hold)


def test_a_customer_is_known_by_acn_declared_or_within_the_abn() -> None:
    who = customer("Acme", company_number=ACN)
    assert decide(who, contact("x1", "Widgets", company_number=ACN)).by == "company number"
    assert decide(who, contact("x1", "Widgets", tax_number=ABN)).by == "company number"
    assert decide(customer("Acme", tax_number=ABN), contact("x1", "Widgets", company_number=ACN)).by == "company number"


def test_a_trustee_company_is_not_its_trust() -> None:
    who = customer("Smith Pty Ltd ATF Smith Trust", company_number=ACN)
    question = asked(decide(who, contact("x1", "Smith Pty Ltd", tax_number=ABN)), "customer_unclear")
    assert "nearly the same name" in choices(question)["use:x1"]


def test_a_persons_email_and_a_name_that_fits_are_enough() -> None:
    who = customer("Smith & Sons Pty Ltd", email="Jane@Smith.com.au")
    assert decide(who, contact("x1", "Smith and Sons", email="jane@smith.COM.AU")) == Matched(
        "x1", "email", "Same name and e-mail address."
    )
    jane = customer("Jane Smith", "person", email="jane@gmail.com")
    assert decide(jane, contact("x1", "Smith, Jane", email="jane@gmail.com")) == Matched(
        "x1", "email", "Same e-mail address, a name that fits."
    )
    trading = contact("x1", "Smith Family Trust T/A Smith Plumbing", email="jane@gmail.com")
    assert decide(customer("Smith Plumbing", email="jane@gmail.com"), trading).by == "email"


def test_one_of_several_addresses_in_a_field_is_enough() -> None:
    who = customer("Acme", email="Joe <joe@acme.com.au>; jane@acme.com.au")
    assert decide(who, contact("x1", "Acme", email="jane@acme.com.au")).by == "email"


def test_the_same_email_under_another_name_is_a_doubt() -> None:
    who = customer("Bolt Pty Ltd", email="jane@acme.com.au")
    asked(decide(who, contact("x1", "Acme Pty Ltd", email="jane@acme.com.au")), "customer_unclear")


@pytest.mark.parametrize("email", ["accounts@books.com.au", "see notes", "n/a"])
def test_a_desks_mailbox_and_free_text_prove_nothing(email: str) -> None:
    who = customer("Bolt Pty Ltd", email=email)
    assert isinstance(decide(who, contact("x1", "Acme Pty Ltd", email=email)), CreateContact)


def test_a_bookkeepers_address_on_many_contacts_belongs_to_none_of_them() -> None:
    clients = [contact(f"x{n}", f"Client {n}", email="bev@books.com.au") for n in range(2)]
    who = customer("Bolt Pty Ltd", email="bev@books.com.au")
    assert isinstance(decide(who, *clients), CreateContact)
    assert decide(who, *clients, contact("x9", "Bolt P/L", email="bev@books.com.au")).xero_id == "x9"


@pytest.mark.parametrize(
    ("more", "theirs", "words"),
    [
        ({"address": at("2000")}, {"address": at(" 2000")}, "postcode"),
        ({"phone": "(02) 9374 4000"}, {"phones": ("", "+61 2 9374 4000")}, "telephone number"),
        ({"website": "www.acme.com.au"}, {"website": "https://acme.com.au/"}, "website or e-mail domain"),
        ({"website": "acme.com.au"}, {"email": "info@acme.com.au"}, "website or e-mail domain"),
        ({"email": "joe@acme.com.au"}, {"email": "info@acme.com.au"}, "website or e-mail domain"),
        ({"email": "info@acme.com.au"}, {"email": "info@acme.com.au"}, "e-mail address"),
    ],
)
def test_the_same_name_and_one_more_detail_are_enough(more: Any, theirs: Any, words: str) -> None:
    found = decide(customer("Acme Pty Ltd", **more), contact("x1", "ACME P/L", **theirs))
    assert found == Matched("x1", "name", f"Same name and {words}.")


@pytest.mark.parametrize(
    ("more", "theirs"),
    [
        ({}, {}),
        ({"address": at("2000")}, {"address": at("6000")}),
        ({"email": "joe@gmail.com"}, {"email": "jane@gmail.com"}),
        ({"website": "facebook.com/a"}, {"website": "facebook.com/b"}),
        ({"phone": "n/a"}, {"phones": ("n/a",)}),
    ],
)
def test_a_name_alone_is_a_doubt(more: Any, theirs: Any) -> None:
    who = customer("Acme Pty Ltd", **more)
    question = asked(decide(who, contact("x1", "Acme Pty Ltd", **theirs)), "customer_unclear")
    assert choices(question)["use:x1"] == "Use Acme Pty Ltd: same name"


def test_acme_ltd_is_not_acme_pty_ltd() -> None:
    who = customer("Acme Ltd", address=at("2000"))
    asked(decide(who, contact("x1", "Acme Pty Ltd", address=at("2000"))), "customer_unclear")


def test_two_that_share_the_name_and_a_detail_are_asked_about() -> None:
    twins = [contact(f"x{n}", "Acme", address=at("2000")) for n in range(2)]
    asked(decide(customer("Acme", address=at("2000")), *twins), "customer_unclear")


def test_of_two_with_the_name_the_one_with_a_detail_is_the_one() -> None:
    pair = contact("x1", "Acme", address=at("6000")), contact("x2", "Acme", address=at("2000"))
    assert decide(customer("Acme", address=at("2000")), *pair).xero_id == "x2"


def test_a_doubt_about_one_contact_stops_a_match_with_another() -> None:
    who = customer("Acme", email="jane@acme.com.au", address=at("2000"))
    by_mail = contact("x1", "Bolt", email="jane@acme.com.au")
    by_name = contact("x2", "Acme", address=at("2000"))
    question = asked(decide(who, by_mail, by_name), "customer_unclear")
    assert {"use:x1", "use:x2"} <= set(choices(question))


def test_the_same_name_with_another_abn_is_another_customer() -> None:
    who = customer(tax_number=OTHER_ABN, address=at("2000"), email="jane@acme.com.au")
    other = contact("x1", tax_number=ABN, address=at("2000"), email="jane@acme.com.au")
    assert decide(who, other) == CreateContact("Acme Pty Ltd (ABN …556)", "No contact in Xero is this customer.")
    plan = contact_plan(who, "hubspot-5", ["ACME Pty  Ltd", "acme pty ltd (ABN …556)"])
    assert plan.name == "Acme Pty Ltd (ABN 51 824 753 556)"


def test_the_same_name_with_another_acn_is_another_customer() -> None:
    who = customer(company_number=ACN, address=at("2000"))
    other = contact("x1", company_number="000 250 000", address=at("2000"))
    assert decide(who, other).name == "Acme Pty Ltd (ACN 004 085 616)"


def test_a_trust_keeps_its_abn_when_its_trustee_changes() -> None:
    who = customer("New Pty Ltd ATF Smith Trust", tax_number=OTHER_ABN, company_number=ACN)
    known = contact("x1", "Old Pty Ltd ATF Smith Trust", tax_number=OTHER_ABN, company_number="000 250 000")
    assert decide(who, known).by == "tax number"


def test_an_archived_contact_has_to_be_restored_by_a_person() -> None:
    who = customer(tax_number=ABN)
    archived = contact("x1", tax_number=ABN, status="ARCHIVED")
    question = asked(decide(who, archived), "customer_archived")
    assert list(choices(question)) == ["retry", "create"]
    assert question.facts["contacts"] == "Acme Pty Ltd (ABN 53 004 085 616): same ABN and name"
    assert decide(who, archived, answer="create").name == "Acme Pty Ltd"
    other = contact("x2", "Acme Pty Ltd")
    assert list(choices(asked(decide(who, archived, other)))) == ["retry", "use:x2", "create"]
    assert decide(who, archived, other, answer="use:x2").xero_id == "x2"
    assert decide(who, archived, contact("x3", "Acme", tax_number=ABN)).xero_id == "x3"


def test_an_archived_contact_that_is_proven_goes_before_an_active_one_in_doubt() -> None:
    who = customer("Acme", email="jane@acme.com.au", address=at("2000"))
    archived = contact("x1", "Acme", address=at("2000"), status="ARCHIVED")
    doubtful = contact("x2", "Bolt", email="jane@acme.com.au")
    assert list(choices(asked(decide(who, archived, doubtful), "customer_archived"))) == ["retry", "use:x2", "create"]


def test_an_archived_contact_that_only_shares_an_address_is_in_nobodys_way() -> None:
    who = customer("Bolt", email="jane@acme.com.au")
    assert isinstance(decide(who, contact("x1", "Acme", email="jane@acme.com.au", status="ARCHIVED")), CreateContact)
    asked(decide(customer("Acme"), contact("x1", "Acme", status="ARCHIVED")), "customer_archived")


def test_a_contact_in_a_state_nobody_heard_of_is_not_used_unasked() -> None:
    asked(decide(customer(tax_number=ABN), contact("x1", tax_number=ABN, status="FROZEN")), "customer_archived")


def test_merged_contacts_are_followed_to_the_survivor() -> None:
    chain = (
        contact("x1", "Acme", tax_number=ABN, status="ARCHIVED", merged_to="x2"),
        contact("x2", "Acme", status="ARCHIVED", merged_to="x3"),
        contact("x3", "Bolt"),
    )
    assert decide(customer(tax_number=ABN), *chain).xero_id == "x3"


def test_a_merge_into_another_abn_is_a_doubt() -> None:
    pair = (
        contact("x1", "Acme", tax_number=ABN, status="ARCHIVED", merged_to="x2"),
        contact("x2", "Bolt", tax_number=OTHER_ABN),
    )
    asked(decide(customer("Widgets", tax_number=ABN), *pair), "customer_unclear")


@pytest.mark.parametrize("ends", ["x1", "x2", "nowhere"])
def test_merges_in_a_circle_or_into_nothing_are_asked_about(ends: str) -> None:
    chain = (
        contact("x1", "Acme", tax_number=ABN, status="ARCHIVED", merged_to="x2"),
        contact("x2", "Acme", status="ARCHIVED", merged_to=ends),
    )
    asked(decide(customer(tax_number=ABN), *chain), "customer_archived")


def test_a_contact_that_asked_to_be_forgotten_is_not_there() -> None:
    forgotten = contact("x1", tax_number=ABN, status="GDPRREQUEST")
    merged = contact("x2", tax_number=ABN, status="ARCHIVED", merged_to="x1")
    assert isinstance(decide(customer(tax_number=ABN), forgotten, merged), CreateContact)


def test_a_contact_we_are_just_making_is_found_by_its_key() -> None:
    pending = replace(contact("", tax_number=ABN), pending_key="pending:7")
    assert decide(customer("Acme", tax_number=ABN), pending).xero_id == "pending:7"
    assert "use:pending:7" in choices(asked(decide(customer(), pending)))


words = st.sampled_from(["", "Acme Pty Ltd", "Acme Ltd", "Bolt", "Smith Trust T/A Acme"])
abns = st.sampled_from(["", ABN, OTHER_ABN])
emails = st.sampled_from(["", "jane@acme.com.au", "accounts@acme.com.au"])
states = st.sampled_from(["ACTIVE", "ACTIVE", "ARCHIVED", "GDPRREQUEST"])
contacts = st.builds(
    XeroContact,
    id=st.just(""),
    name=words,
    status=states,
    tax_number=abns,
    email=emails,
    address=st.sampled_from([at(""), at("2000")]),
)


@given(words.filter(bool), abns, emails, st.lists(contacts, max_size=5))
def test_whatever_stands_in_xero_a_match_is_active_and_never_of_another_abn(
    name: str, abn: str, email: str, others: list[XeroContact]
) -> None:
    who = customer(name, tax_number=abn, email=email, address=at("2000"))
    found = [indexed(replace(other, id=f"x{n}")) for n, other in enumerate(others)]
    outcome = decide(who, *found)
    assert outcome == decide(who, *found)
    if isinstance(outcome, Matched):
        (chosen,) = [each for each in found if each.xero_id == outcome.xero_id]
        assert chosen.status == "ACTIVE"
        assert not (abn and chosen.abn) or chosen.abn == abn.replace(" ", "")
    if isinstance(outcome, CreateContact):
        assert outcome.name not in {each.name for each in found if each.status == "ACTIVE"}


# ── what the mapping says of the ladder ──


@pytest.mark.parametrize(
    ("rules", "who", "there"),
    [
        ({"role_addresses": ("studio",)}, {"email": "studio@acme.au"}, {"email": "studio@acme.au"}),
        ({"shared_addresses": ("jo@books.au",)}, {"email": "jo@books.au"}, {"email": "jo@books.au"}),
        ({"shared_addresses": ("@Books.au",)}, {"email": "jo@books.au"}, {"email": "jo@books.au"}),
        ({"free_mail_domains": ("town.au",)}, {"email": "a@town.au"}, {"email": "b@town.au"}),
        ({"a_name_needs": ("phone",)}, {"address": at("2000")}, {"address": at("2000")}),
        ({"an_email_needs": "the same name"}, {"email": "jo@acme.au"}, {"email": "jo@acme.au"}),
    ],
)
def test_what_the_mapping_calls_no_proof_is_none(rules: Any, who: Any, there: Any) -> None:
    names = ("Smith Trust T/A Acme", "Acme") if "an_email_needs" in rules else ("Acme", "Acme")
    if "role_addresses" in rules:  # beside the very name a desk's mailbox still counts, as one more detail
        names = ("Smith Trust T/A Acme", "Acme")
    found = contact("x1", names[1], **there)
    assert isinstance(decide(customer(names[0], **who), found), Matched)
    assert isinstance(decide(customer(names[0], **who), found, rules=RULES.model_copy(update=rules)), Hold)


def test_the_ladder_is_climbed_in_the_order_of_the_mapping() -> None:
    who = customer("Acme", tax_number=ABN, email="jo@acme.au", address=at("2000"))
    by_abn, by_email = contact("x1", "Bolt", tax_number=ABN), contact("x2", "Acme", email="jo@acme.au")
    assert decide(who, by_abn, by_email).xero_id == "x1"
    email_only = RULES.model_copy(update={"match_by": ("email",)})
    assert decide(who, by_abn, by_email, rules=email_only).xero_id == "x2"
