"""A contact that somebody made in Xero, and who it is in the CRM: proven by the same ladder, asked, or new."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from domain.abn import show_abn
from domain.decision import Answers, Choice, Hold, Question, Skip
from domain.likeness import IndexedContact, describe, indexed
from domain.matching import CreateContact, Matched, match_customer
from domain.records import Customer, CustomerRef, Detail, DetailName, XeroContact
from domain.rules import ContactRules

CREATE_THERE = Choice("create", "It is a new customer: make the company in the CRM")
LEAVE_IT = Choice("leave", "Leave it in Xero alone")
RETRY = Choice("retry", "I have put it right: look again")

Placed = Matched | CreateContact | Hold | Skip


def as_customer(contact: XeroContact) -> Customer:
    """The contact as if it were a company of the CRM."""
    return Customer(
        ref=CustomerRef("company", contact.id),
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
    found = match_customer(as_customer(contact), candidates, rules.model_copy(update={"if_none": "create"}), {})
    may_create = rules.new_in_xero == "create"
    if isinstance(found, CreateContact):
        return found if may_create else Skip("Nobody in the CRM is this contact.")
    if isinstance(found, Matched) and found.xero_id not in linked:
        return found
    refs = [found.xero_id] if isinstance(found, Matched) else _offered(found)
    by_ref = {each.handle: each for each in candidates}
    uses = tuple(Choice(f"use:{ref}", f"It is {describe(by_ref[ref])}, {ref}") for ref in refs if ref in by_ref)
    keys = indexed(contact)
    told = [f"{describe(by_ref[ref])}{', linked to another contact' if ref in linked else ''}" for ref in refs]
    facts = {"contact": contact.name, "ABN": show_abn(keys.abn) if keys.abn else "", "customers": "\n".join(told)}
    choices = (*uses, *([CREATE_THERE] if may_create else []), LEAVE_IT, RETRY)
    known = {name: fact for name, fact in facts.items() if fact}
    question = Question("contact_unclear", f"contact:{contact.id}", known, choices)
    return _answered(question, answers.get(question.identity, ""))


def _offered(hold: Hold) -> list[str]:
    choices = [choice.id for question in hold.questions for choice in question.choices]
    return [id_.removeprefix("use:") for id_ in choices if id_.startswith("use:")]


def _answered(question: Question, answer: str) -> Placed:
    if answer.startswith("use:"):
        return Matched(answer.removeprefix("use:"), "answer", "A person said so.")
    if answer == CREATE_THERE.id:
        return CreateContact("", "A person said so.")
    return Skip("A person left it in Xero alone.") if answer == LEAVE_IT.id else Hold((question,))


def details_of(contact: XeroContact, kept: Collection[str]) -> dict[DetailName, Detail]:
    """What a company made of it begins with, of what the CRM has a place for."""
    customer = as_customer(contact)
    told: dict[DetailName, Detail] = {
        "name": customer.name,
        "tax number": indexed(contact).abn,
        "email": customer.email,
        "phone": customer.phone,
        "website": customer.website,
        "billing address": customer.address,
    }
    return {name: value for name, value in told.items() if name in kept and value and value != type(value)()}
