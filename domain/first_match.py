"""Customers that both systems had before they were linked: who seems to be whom, for a person to confirm in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.decision import Hold
from domain.likeness import ACTIVE, IndexedContact, describe
from domain.matching import Matched, match_customer
from domain.records import Customer
from domain.rules import ContactRules

Confidence = Literal["proven", "unclear", "new", "gone"]
TAKEN = ("yes", "y", "x", "1", "true", "take")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A customer of the CRM ("company:5") beside a contact of Xero it may be.

    "proven" by a rung of the ladder, "unclear" where something speaks for it, "new" without any contact. ``take`` is
    the person's word, filled in beforehand where it is proven.
    """

    customer: str
    customer_name: str
    contact: str
    contact_name: str
    confidence: Confidence
    by: str
    evidence: str
    take: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """A line of a list that came back, which can't be done, and why in a sentence."""

    line: int
    why: str


def is_taken(word: str) -> bool:
    """Whether a person said yes."""
    return word.strip().casefold() in TAKEN


def propose(customer: Customer, candidates: Sequence[IndexedContact], rules: ContactRules) -> list[Proposal]:
    """By the same ladder as any deal's customer: one proven contact, each that is unclear, or none."""
    found = match_customer(customer, candidates, rules, {})
    ref, names = str(customer.ref), {contact.handle: describe(contact) for contact in candidates}
    if isinstance(found, Matched):
        name = names.get(found.xero_id, "")
        return [Proposal(ref, customer.name, found.xero_id, name, "proven", found.by, found.evidence, take=True)]
    if isinstance(found, Hold):
        choices = [choice for question in found.questions for choice in question.choices]
        used = [(choice.id.removeprefix("use:"), choice.label) for choice in choices if choice.id.startswith("use:")]
        unclear = [
            Proposal(ref, customer.name, handle, names.get(handle, ""), "unclear", "", _shared(label))
            for handle, label in used
        ]
        if unclear:
            return unclear
    return [Proposal(ref, customer.name, "", "", "new", "", "No contact in Xero is proven to be this customer.")]


def _shared(label: str) -> str:
    """What speaks for a contact, out of a choice's label: ``Use Acme (ABN …): same name``."""
    evidence = label.rpartition(": ")[2] if ": " in label else ""
    return f"{evidence[:1].upper()}{evidence[1:]}." if evidence else "Nearly the same."


def chosen(
    lines: Iterable[tuple[int, str, str, str]], known: set[str], linked: set[str], statuses: dict[str, str]
) -> tuple[dict[str, str], list[Wrong]]:
    """What a list that came back wants linked, customer → contact, and the lines that can't be.

    ``lines`` are number, customer, contact and what stands under "take"; ``known`` are the customers that the CRM has,
    ``linked`` those linked already, ``statuses`` of the contacts in Xero.
    """
    taken: dict[str, str] = {}
    twice: set[str] = set()
    wrong: list[Wrong] = []
    for number, customer, contact, take in lines:
        if not is_taken(take):
            continue
        if customer not in known:
            wrong.append(Wrong(number, f"{customer or 'Nobody'} is no customer of the CRM."))
        elif customer in linked:
            wrong.append(Wrong(number, f"{customer} is linked already."))
        elif statuses.get(contact) != ACTIVE:
            wrong.append(Wrong(number, f"Xero has no active contact {contact or 'without an id'}."))
        elif taken.get(customer, contact) != contact:
            wrong.append(Wrong(number, f"{customer} is taken twice, for different contacts: neither is linked."))
            twice.add(customer)
        else:
            taken[customer] = contact
    return {customer: contact for customer, contact in taken.items() if customer not in twice}, wrong
