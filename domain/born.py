"""A contact that somebody made in Xero, and who it is in the CRM: proven by the same ladder, asked, or new."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.abn import show_abn
from domain.decision import Answers, Choice, Hold, Question, Skip
from domain.likeness import IndexedContact, describe, indexed
from domain.matching import CreateContact, Matched, match_customer
from domain.names import name_key
from domain.records import Customer, CustomerKind, CustomerRef, Detail, DetailName, XeroContact
from domain.rules import ContactRules

CREATE_THERE = Choice("create", "It is a new customer: make the company in the CRM")
CREATE_PERSON = Choice("create_person", "It is a new customer: make the person in the CRM")
LEAVE_IT = Choice("leave", "Leave it in Xero alone")
RETRY = Choice("retry", "I have put it right: look again")

_CREATES = {"company": (CREATE_THERE,), "person": (CREATE_PERSON,), "": (CREATE_THERE, CREATE_PERSON)}


@dataclass(frozen=True, slots=True)
class Create:
    """Nobody in the CRM is this contact: make a customer of this kind."""

    kind: CustomerKind


@dataclass(frozen=True, slots=True)
class Born:
    """What a customer made of a contact begins with; one that has a last name is a person."""

    details: dict[DetailName, Detail]
    first_name: str = ""
    last_name: str = ""


Placed = Matched | Create | Hold | Skip


def kind_of(contact: XeroContact, rules: ContactRules) -> Literal["company", "person", ""]:
    """What it is made, empty where nothing proves it."""
    name = name_key(contact.name)
    if rules.new_people == "become companies" or contact.company_number or name.acn or name.suffix_class or name.trust:
        return "company"
    own = name_key(f"{contact.first_name} {contact.last_name}").key.split()
    named = contact.first_name.strip() and contact.last_name.strip()
    return "person" if named and sorted(own) == sorted(name.key.split()) else ""


def as_customer(contact: XeroContact, kind: CustomerKind = "company") -> Customer:
    """The contact as if it were a customer of the CRM."""
    return Customer(
        ref=CustomerRef(kind, contact.id),
        name=contact.name,
        tax_number=contact.tax_number,
        company_number=contact.company_number,
        email=contact.email,
        phone=next(iter(contact.phones), ""),
        website=contact.website,
        address=contact.address,
        street=contact.street,
    )


def place(
    contact: XeroContact,
    candidates: Sequence[IndexedContact],
    linked: Collection[str],
    rules: ContactRules,
    answers: Answers,
) -> Placed:
    """Decide who it is. ``candidates`` are customers of the CRM by their references, ``linked`` those that are another
    contact already: of them a person is asked. ``Matched.xero_id`` is then a reference, as "company:5".
    """
    kind = kind_of(contact, rules)
    own = as_customer(contact, kind or "company")
    found = match_customer(own, candidates, rules.model_copy(update={"if_none": "create"}), {})
    may_create = rules.new_in_xero == "create"
    if isinstance(found, CreateContact):
        if not may_create:
            return Skip("Nobody in the CRM is this contact.")
        if kind:
            return Create(kind)
    if isinstance(found, Matched) and found.xero_id not in linked:
        return found
    refs = [found.xero_id] if isinstance(found, Matched) else _offered(found) if isinstance(found, Hold) else []
    by_ref = {each.handle: each for each in candidates}
    uses = tuple(Choice(f"use:{ref}", f"It is {describe(by_ref[ref])}, {ref}") for ref in refs if ref in by_ref)
    keys = indexed(contact)
    told = [f"{describe(by_ref[ref])}{', linked to another contact' if ref in linked else ''}" for ref in refs]
    facts = {"contact": contact.name, "ABN": show_abn(keys.abn) if keys.abn else "", "customers": "\n".join(told)}
    choices = (*uses, *(_CREATES[kind] if may_create else ()), LEAVE_IT, RETRY)
    known = {name: fact for name, fact in facts.items() if fact}
    question = Question("contact_unclear", f"contact:{contact.id}", known, choices)
    return _answered(question, answers.get(question.identity, ""))


def _offered(hold: Hold) -> list[str]:
    choices = [choice.id for question in hold.questions for choice in question.choices]
    return [id_.removeprefix("use:") for id_ in choices if id_.startswith("use:")]


def _answered(question: Question, answer: str) -> Placed:
    if answer.startswith("use:"):
        return Matched(answer.removeprefix("use:"), "answer", "A person said so.")
    if answer in (CREATE_THERE.id, CREATE_PERSON.id):
        return Create("company" if answer == CREATE_THERE.id else "person")
    return Skip("A person left it in Xero alone.") if answer == LEAVE_IT.id else Hold((question,))


def born(contact: XeroContact, kind: CustomerKind, kept: Collection[str]) -> Born:
    """What it begins with, of what the CRM has a place for. Where only a person's name is known it is the last."""
    customer = as_customer(contact, kind)
    told: dict[DetailName, Detail] = {
        "name": customer.name,
        "tax number": indexed(contact).abn,
        "email": customer.email,
        "phone": customer.phone,
        "website": customer.website,
        "billing address": customer.address,
    }
    details: dict[DetailName, Detail] = {
        name: value for name, value in told.items() if name in kept and value and value != type(value)()
    }
    if kind == "company":
        return Born(details)
    whole = not (contact.first_name.strip() and contact.last_name.strip())
    return Born(details, *(("", contact.name) if whole else (contact.first_name, contact.last_name)))
