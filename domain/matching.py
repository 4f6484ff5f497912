"""Who a customer of the CRM is in Xero: proven, asked or new, and never guessed.

The ladder: the same ABN; the same ACN; the same e-mail address with a name that fits; the same name with one more
detail. Each rung is taken by exactly one active contact. A name alone, a desk's mailbox and a likeness prove nothing,
and two different ABNs are two customers whatever else agrees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.abn import show_abn, show_acn
from domain.decision import Answers, Choice, Hold, Question
from domain.emails import addresses
from domain.likeness import (
    ACTIVE,
    CustomerKeys,
    IndexedContact,
    Known,
    Likeness,
    describe,
    indexed,
    keys_of,
    known,
    likenesses,
)
from domain.names import xero_name
from domain.records import Address, ContactPlan, Customer
from domain.rules import ContactRules

__all__ = [
    "CreateContact",
    "CustomerKeys",
    "IndexedContact",
    "Matched",
    "contact_name",
    "contact_plan",
    "indexed",
    "keys_of",
    "match_customer",
]

RETRY = Choice("retry", "I have put it right: look again")
CREATE = Choice("create", "Create a new contact in Xero")


@dataclass(frozen=True, slots=True)
class Matched:
    """The contact it is, or the key of our own create of it that is still pending.

    ``by`` is the rung, as the mapping names it, or "answer"; ``evidence`` a sentence that names nobody.
    """

    xero_id: str
    by: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CreateContact:
    """Nobody in Xero is this customer: make a contact of this name, which no active contact bears."""

    name: str
    why: str


Proof = Callable[[Likeness], bool]


def match_customer(
    customer: Customer,
    candidates: Sequence[IndexedContact],
    rules: ContactRules,
    answers: Answers,
    perhaps: Collection[str] = (),
) -> Matched | CreateContact | Hold:
    """Decide who a customer is.

    ``candidates`` are the contacts that bear any of ``keys_of(customer)``, together with those that merged ones were
    merged into; more do no harm. ``perhaps`` are ids of those that something else than the records speaks for.
    """
    own = known(customer, rules.mailboxes())
    if not own.names:
        return Hold((_question("customer_nameless", customer, own, (), (RETRY,)),))
    evidence = likenesses(own, candidates)
    taken = [item.contact.name for item in evidence if item.contact.status == ACTIVE]
    doubts: list[Likeness] = []
    for rung in rules.match_by:
        proven = [item for item in evidence if _proves(rung, item, rules)]
        active = _active(proven)
        if len(active) == 1 and not _active(doubts, but=active[0]):
            return _matched(active[0], rung, proven)
        doubts += _doubts(rung, evidence, rules)
        if proven:
            return _ask(customer, own, proven, doubts, evidence, answers)
    if not doubts:
        likely = (i for i in evidence if _same_name(i.contact.name, own.name) or i.contact.handle in perhaps)
        doubts = [item for item in likely if _blocks(item)]
    if doubts:
        return _ask(customer, own, (), doubts, evidence, answers)
    if rules.if_none == "ask":
        question = _question("customer_new", customer, own, (), (CREATE, RETRY))
        return _answered(question, customer, evidence, answers)
    return CreateContact(contact_name(customer, taken), "No contact in Xero is this customer.")


def contact_plan(customer: Customer, number: str, taken_names: Collection[str] = ()) -> ContactPlan:
    """The contact to be made; ``number`` is our own key, ``taken_names`` the names active contacts bear.

    Only an ABN with the right check digits is written as tax number.
    """
    own = known(customer)
    if not own.name:
        raise ValueError("a customer without a name can't become a contact")
    return ContactPlan(
        number=number[:50],
        name=contact_name(customer, taken_names),
        email=next(iter(addresses(customer.email)), "")[:255],
        tax_number=own.abn,
        company_number=own.acn,
        phone=customer.phone.strip()[:50],
        website=customer.website.strip(),
        address=fitting(customer.address),
    )


def contact_name(customer: Customer, taken_names: Collection[str] = ()) -> str:
    """The customer's name, told apart by its number where another active contact bears it: ``Acme (ABN …556)``."""
    own = known(customer)
    endings = [""]
    if own.abn:
        endings += [f" (ABN …{own.abn[-3:]})", f" (ABN {show_abn(own.abn)})"]
    if own.acn:
        endings += [f" (ACN {show_acn(own.acn)})"]
    endings.append(f" ({customer.ref.id})")
    free = (name for name in (own.name[: 255 - len(end)] + end for end in endings) if not _taken(name, taken_names))
    return next(free, own.name[: 250 - len(str(customer.ref))] + f" ({customer.ref})")


def _doubts(rung: str, evidence: Sequence[Likeness], rules: ContactRules) -> list[Likeness]:
    """Contacts that this rung points at without proving them."""
    # An archived contact is in nobody's way unless it bears the very name.
    found = [
        item
        for item in evidence
        if (_SUGGESTS[rung](item) or (_PROVES[rung](item) and not _proves(rung, item, rules)))
        and (item.contact.status == ACTIVE or item.name == "same")
    ]
    if rung == "email":
        # One address on several contacts of other names is a bookkeeper's, and nobody's of them.
        strangers = {item.contact.handle for item in evidence if item.email and item.name == "other"}
        if len(strangers) > 1:
            found = [item for item in found if item.name != "other"]
    return found


def _another_trust(item: Likeness) -> bool:
    return item.name == "doubtful"


def _namesake(item: Likeness) -> bool:
    """Two people of one name may live in one suburb."""
    return item.namesake and item.also == ("postcode",)


_FURTHER = {
    "email": "e-mail address",
    "phone": "telephone number",
    "postcode": "postcode",
    "domain": "website or e-mail domain",
}


def _proves(rung: str, item: Likeness, rules: ContactRules) -> bool:
    """Whether this rung proves it, with as much beside it as the mapping wants."""
    if rung == "email" and rules.an_email_needs == "the same name" and item.name != "same":
        return False
    wanted = tuple(words for words in item.also if words in {_FURTHER[name] for name in rules.a_name_needs})
    return _PROVES[rung](replace(item, also=wanted) if rung == "name" else item)


_PROVES: Mapping[str, Proof] = {
    "tax number": lambda item: item.tax_number and not item.excluded,
    "company number": lambda item: item.company_number and not item.excluded and not _another_trust(item),
    "email": lambda item: item.email and not item.excluded and item.name in {"same", "compatible"},
    "name": lambda item: item.name == "same" and not item.excluded and bool(item.also) and not _namesake(item),
}
_SUGGESTS: Mapping[str, Proof] = {
    # The same ABN stood on a contact that was merged into one of another ABN.
    "tax number": lambda item: item.tax_number and item.excluded,
    "company number": lambda item: item.company_number and not item.excluded and _another_trust(item),
    "email": lambda item: item.email and not item.excluded and item.name in {"doubtful", "other"},
    "name": lambda item: item.name != "other" and not item.excluded and not _PROVES["name"](item),
}


def _active(items: Iterable[Likeness], but: IndexedContact | None = None) -> list[IndexedContact]:
    """The contacts behind the evidence that can be invoiced, each once."""
    found = {item.contact.handle: item.contact for item in items if item.contact.status == ACTIVE}
    return [contact for handle, contact in found.items() if but is None or handle != but.handle]


def _matched(contact: IndexedContact, rung: str, proven: Sequence[Likeness]) -> Matched:
    words = next(item.words for item in proven if item.contact.handle == contact.handle)
    return Matched(contact.handle, rung, f"{words[:1].upper()}{words[1:]}.")


def _ask(
    customer: Customer,
    own: Known,
    proven: Sequence[Likeness],
    doubts: Sequence[Likeness],
    evidence: Sequence[Likeness],
    answers: Answers,
) -> Matched | CreateContact | Hold:
    active = _active([*proven, *doubts])
    if active and (not proven or _active(proven)):
        choices = (*_uses(active, evidence), CREATE, RETRY)
        question = _question("customer_unclear", customer, own, _labels(active, evidence), choices)
    else:
        archived = {item.contact.handle: item.contact for item in proven or doubts if item.contact.status != ACTIVE}
        others = _active(item for item in evidence if not item.excluded)
        choices = (RETRY, *_uses(others, evidence), CREATE)
        question = _question("customer_archived", customer, own, _labels([*archived.values()], evidence), choices)
    return _answered(question, customer, evidence, answers)


def _answered(
    question: Question, customer: Customer, evidence: Sequence[Likeness], answers: Answers
) -> Matched | CreateContact | Hold:
    answer = answers.get(question.identity, "")
    active = _active(evidence)
    if answer == CREATE.id:
        return CreateContact(contact_name(customer, [contact.name for contact in active]), "A person said so.")
    for contact in active:
        if answer == f"use:{contact.handle}":
            return Matched(contact.handle, "answer", "A person said so.")
    return Hold((question,))


def _question(
    kind: str, customer: Customer, own: Known, contacts: Sequence[str], choices: tuple[Choice, ...]
) -> Question:
    facts = {
        "customer": own.name,
        "customer id": str(customer.ref),
        "ABN": show_abn(own.abn) if own.abn else "",
        "ACN": show_acn(own.acn) if own.acn else "",
        "e-mail": ", ".join(own.emails),
        "contacts": "\n".join(contacts),
    }
    return Question(kind, f"customer:{customer.ref}", {key: fact for key, fact in facts.items() if fact}, choices)


def _uses(contacts: Sequence[IndexedContact], evidence: Sequence[Likeness]) -> tuple[Choice, ...]:
    labels = _labels(contacts, evidence)
    return tuple(
        Choice(f"use:{contact.handle}", f"Use {label}") for contact, label in zip(contacts, labels, strict=True)
    )


def _labels(contacts: Sequence[IndexedContact], evidence: Sequence[Likeness]) -> list[str]:
    """Each contact with what it shares with the customer."""
    labels: list[str] = []
    for contact in contacts:
        words = max((item.words for item in evidence if item.contact.handle == contact.handle), key=len, default="")
        labels.append(f"{describe(contact)}: {words}" if words else describe(contact))
    return labels


def _blocks(item: Likeness) -> bool:
    return item.contact.status == ACTIVE and not item.excluded


def _same_name(one: str, other: str) -> bool:
    # Xero compares names without case: https://developer.xero.com/documentation/api/accounting/contacts
    return xero_name(one).casefold() == xero_name(other).casefold()


def _taken(name: str, taken_names: Collection[str]) -> bool:
    return any(_same_name(name, other) for other in taken_names)


def fitting(address: Address) -> Address:
    """Cut to what Xero takes; a country of letters only: https://developer.xero.com/documentation/api/accounting/contacts."""
    country = re.sub(r"\s+", " ", re.sub(r"[^A-Za-z ]", " ", address.country)).strip()
    return replace(
        address,
        lines=tuple(line[:500] for line in address.lines if line.strip())[:4],
        city=address.city[:255],
        region=address.region[:255],
        postcode=address.postcode[:50],
        country=country[:50],
    )
