"""Customers, contacts and the decision between them, for tests of matching."""

from __future__ import annotations

from typing import Any

from domain.decision import Hold, Question
from domain.matching import IndexedContact, indexed, match_customer
from domain.records import Address, Customer, CustomerRef, XeroContact
from domain.rules import ContactRules

ABN, OTHER_ABN = "53 004 085 616", "51 824 753 556"
ACN = "004 085 616"
RULES = ContactRules()


def customer(name: str = "Acme Pty Ltd", kind: Any = "company", **more: Any) -> Customer:
    return Customer(CustomerRef(kind, "5"), name, **more)


def contact(id_: str, name: str = "Acme Pty Ltd", **more: Any) -> IndexedContact:
    return indexed(XeroContact(id_, name, **more))


def decide(who: Customer, *contacts: IndexedContact, answer: str = "", rules: ContactRules = RULES) -> Any:
    outcome = match_customer(who, contacts, rules, {})
    if not answer:
        return outcome
    return match_customer(who, contacts, rules, {asked(outcome).identity: answer})


def asked(outcome: object, kind: str = "") -> Question:
    assert isinstance(outcome, Hold), outcome
    (question,) = outcome.questions
    assert not kind or question.kind == kind
    assert question.subject.startswith("customer:")
    return question


def choices(question: Question) -> dict[str, str]:
    return {choice.id: choice.label for choice in question.choices}


def at(postcode: str) -> Address:
    return Address(postcode=postcode)
