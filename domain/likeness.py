"""How a customer of the CRM and a contact of Xero resemble each other: evidence, not yet a decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.abn import acn_within, clean_abn, clean_acn, show_abn, show_acn, suggested_abn
from domain.emails import ORDINARY, Mailboxes, email_key, email_keys, website_domain
from domain.names import NameKey, name_key, phone_key, xero_name
from domain.records import Customer, XeroContact

ACTIVE = "ACTIVE"
# The person asked to be forgotten: for us the contact is not there.
ERASED = "GDPRREQUEST"

NameLikeness = Literal["same", "compatible", "doubtful", "other"]


@dataclass(frozen=True, slots=True)
class IndexedContact:
    """A Xero contact by the keys it is found by; ``xero_id`` is empty while our own create is pending."""

    xero_id: str
    name: str
    pending_key: str = ""
    name_key: str = ""
    suffix_class: str = ""
    email_key: str = ""
    abn: str = ""
    acn: str = ""
    phone_key: str = ""
    postcode: str = ""
    domain: str = ""
    status: str = ACTIVE
    merged_to: str = ""

    @property
    def handle(self) -> str:
        """The Xero id, or the key of the create that is pending."""
        return self.xero_id or self.pending_key


@dataclass(frozen=True, slots=True)
class CustomerKeys:
    """What the index is asked for: a contact bearing any of these is a candidate."""

    abns: tuple[str, ...]
    acns: tuple[str, ...]
    emails: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """A customer's own keys. A tax file number is not among them."""

    name: str
    names: tuple[NameKey, ...]
    abn: str
    acn: str
    emails: tuple[str, ...]
    phone: str
    postcode: str
    domains: frozenset[str]
    person: bool = False
    mailboxes: Mailboxes = ORDINARY


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for one contact; ``also``: further details both share; ``excluded``: its tax numbers differ.

    ``namesake``: name and postcode would fit two as well: people, and who has another telephone or e-mail address.
    """

    contact: IndexedContact
    tax_number: bool
    company_number: bool
    email: bool
    name: NameLikeness
    also: tuple[str, ...]
    excluded: bool
    namesake: bool = False

    @property
    def shared(self) -> tuple[str, ...]:
        """Everything that is the same, in words."""
        found = (
            "ABN" if self.tax_number else "",
            "ACN" if self.company_number and not self.tax_number else "",
            "name" if self.name == "same" else "",
            *self.also,
        )
        return tuple(part for part in found if part)

    @property
    def words(self) -> str:
        """What is the same and what is close, as half a sentence; empty if nothing is."""
        same = " and ".join(filter(None, (", ".join(self.shared[:-1]), self.shared[-1] if self.shared else "")))
        close = {"compatible": "a name that fits", "doubtful": "nearly the same name"}.get(self.name, "")
        return ", ".join(filter(None, (f"same {same}" if same else "", close)))


def indexed(contact: XeroContact) -> IndexedContact:
    """The keys of a contact as read from Xero."""
    name = name_key(contact.name)
    return IndexedContact(
        xero_id=contact.id,
        name=contact.name,
        name_key=name.key,
        suffix_class=name.suffix_class,
        email_key=email_key(contact.email),
        abn=clean_abn(contact.tax_number) or name.abn,
        acn=clean_acn(contact.company_number) or name.acn,
        phone_key=next((key for key in map(phone_key, contact.phones) if key), ""),
        postcode=_postcode(contact.address.postcode or contact.street.postcode),
        domain=website_domain(contact.website),
        status=contact.status,
        merged_to=contact.merged_to,
    )


def indexed_customer(customer: Customer) -> IndexedContact:
    """The keys of a company or person of the CRM, under its reference."""
    own, name = known(customer), name_key(customer.name)
    return IndexedContact(
        xero_id=str(customer.ref),
        name=xero_name(customer.name),
        name_key=name.key,
        suffix_class=name.suffix_class,
        email_key=email_key(customer.email),
        abn=own.abn,
        acn=own.acn,
        phone_key=own.phone,
        postcode=own.postcode,
        domain=website_domain(customer.website),
    )


def known(customer: Customer, mailboxes: Mailboxes = ORDINARY) -> Known:
    """The keys of a customer. A tax number counts only as an ABN: nine digits may be a tax file number."""
    names = tuple(name_key(text) for text in (customer.name, customer.legal_name) if text.strip())
    person = customer.ref.kind == "person"
    company_number = "" if person else customer.company_number
    emails = email_keys(customer.email)
    return Known(
        name=xero_name(customer.name) or xero_name(customer.legal_name),
        names=tuple(name for name in names if name.key),
        abn=clean_abn(customer.tax_number) or next((name.abn for name in names if name.abn), ""),
        acn=clean_acn(company_number) or next((name.acn for name in names if name.acn), ""),
        emails=emails,
        phone=phone_key(customer.phone),
        postcode=_postcode(customer.address.postcode or customer.street.postcode),
        domains=frozenset({website_domain(customer.website), *map(mailboxes.own_domain, emails)} - {""}),
        person=person,
        mailboxes=mailboxes,
    )


def keys_of(customer: Customer, mailboxes: Mailboxes = ORDINARY) -> CustomerKeys:
    """By which keys the index finds the candidates for a customer. A desk's mailbox is no key."""
    own = known(customer, mailboxes)
    abns = (own.abn, suggested_abn(own.acn) or "")
    acns = (own.acn, (acn_within(own.abn) or "") if own.abn else "")
    return CustomerKeys(
        abns=_distinct(abns),
        acns=_distinct(acns),
        emails=tuple(email for email in own.emails if not mailboxes.is_role(email)),
        names=_distinct(key for name in own.names for key in name.all),
    )


def likenesses(own: Known, candidates: Sequence[IndexedContact]) -> list[Likeness]:
    """The evidence for each candidate; a merged one speaks for the contact that survived it."""
    by_id = {contact.xero_id: contact for contact in candidates if contact.xero_id}
    found: list[Likeness] = []
    for contact in candidates:
        survivor = _survivor(contact, by_id)
        if ERASED not in {contact.status, survivor.status}:
            found.append(_likeness(own, contact, survivor))
    return found


def describe(contact: IndexedContact) -> str:
    """A contact as a person recognises it."""
    number = (
        f" (ABN {show_abn(contact.abn)})" if contact.abn else f" (ACN {show_acn(contact.acn)})" if contact.acn else ""
    )
    return f"{contact.name}{number}"


def _likeness(own: Known, contact: IndexedContact, survivor: IndexedContact) -> Likeness:
    same_abn = bool(own.abn) and own.abn == contact.abn
    same_acn = bool(own.acn) and own.acn in {contact.acn, acn_within(contact.abn) if contact.abn else None}
    same_acn = same_acn or (bool(own.abn) and bool(contact.acn) and acn_within(own.abn) == contact.acn)
    other_abn = bool(own.abn and survivor.abn) and own.abn != survivor.abn
    other_acn = bool(own.acn and survivor.acn) and own.acn != survivor.acn
    same_email = bool(contact.email_key) and contact.email_key in own.emails
    return Likeness(
        contact=survivor,
        tax_number=same_abn,
        company_number=same_acn,
        email=same_email and not own.mailboxes.is_role(contact.email_key),
        name=_name_likeness(own.names, name_key(contact.name)),
        also=_also(own, contact, same_email=same_email),
        # A trust keeps its ABN when its trustee company changes.
        excluded=other_abn or (other_acn and not same_abn),
        namesake=own.person or _elsewhere(own, contact),
    )


def _elsewhere(own: Known, contact: IndexedContact) -> bool:
    """Whether both have a telephone number, or an e-mail address of their own, and it is not the same."""
    if own.phone and contact.phone_key and own.phone != contact.phone_key:
        return True
    boxes = own.mailboxes
    theirs, ours = contact.email_key, [email for email in own.emails if not boxes.is_role(email)]
    if not theirs or not ours or theirs in own.emails or boxes.is_role(theirs):
        return False
    return not boxes.own_domain(theirs) or boxes.own_domain(theirs) not in own.domains


def _also(own: Known, contact: IndexedContact, *, same_email: bool) -> tuple[str, ...]:
    domains = {contact.domain, own.mailboxes.own_domain(contact.email_key)} - {""}
    details: dict[str, bool] = {
        "e-mail address": same_email and not own.mailboxes.is_shared(contact.email_key),
        "telephone number": bool(own.phone) and own.phone == contact.phone_key,
        "postcode": bool(own.postcode) and own.postcode == contact.postcode,
        "website or e-mail domain": not same_email and bool(own.domains & domains),
    }
    return tuple(words for words, same in details.items() if same)


def _name_likeness(names: Sequence[NameKey], other: NameKey) -> NameLikeness:
    ranks: tuple[NameLikeness, ...] = ("same", "compatible", "doubtful")
    found = {_compare(name, other) for name in names}
    for rank in ranks:
        if rank in found:
            return rank
    return "other"


def _compare(one: NameKey, other: NameKey) -> NameLikeness:
    if not one.key or not other.key:
        return "other"
    if one.key == other.key:
        kinds = {one.suffix_class, other.suffix_class} - {""}
        return "same" if len(kinds) < 2 and _trust(one) == _trust(other) else "doubtful"
    if set(one.all) & set(other.all) or sorted(one.key.split()) == sorted(other.key.split()):
        return "compatible"
    return "other"


def _trust(name: NameKey) -> str:
    """The trust behind a trustee; a trust under its own name has none behind it."""
    return "" if name.trust == name.key else name.trust


def _survivor(contact: IndexedContact, by_id: Mapping[str, IndexedContact]) -> IndexedContact:
    """The end of the chain of merges; the contact itself where the chain leads nowhere or in a circle."""
    seen, current = {contact.xero_id}, contact
    while current.merged_to:
        following = by_id.get(current.merged_to)
        if following is None or following.xero_id in seen:
            return contact
        seen.add(following.xero_id)
        current = following
    return current


def _postcode(text: str) -> str:
    return "".join(text.split()).upper()


def _distinct(values: Sequence[str] | Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
