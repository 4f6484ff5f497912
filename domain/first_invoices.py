"""Invoices that were in Xero before: which won deal each seems to be of, for a person to confirm in bulk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from domain.checking import APPROVED
from domain.first_match import Wrong, is_taken
from domain.records import Day, Deal, Invoice

# An invoice by hand bears a day about that on which the deal was won.
NEAR = 45
Clue = Literal["number", "reference", "amount and date"]


@dataclass(frozen=True, slots=True)
class Existing:
    """An approved invoice in Xero that is no deal's yet."""

    id: str
    number: str
    reference: str
    contact_id: str
    date: Day | None
    currency: str
    subtotal: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Tie:
    """A won deal beside an invoice it may have been billed by.

    "proven" where its number or reference and its amount fit, and nothing speaks against it; "unclear" otherwise.
    ``take`` is the person's word, filled in beforehand where it is proven.
    """

    deal: str
    deal_name: str
    invoice: str
    number: str
    confidence: Literal["proven", "unclear"]
    by: Clue
    evidence: str
    take: bool = False


def existing(invoice: Invoice) -> Existing | None:
    """What is looked at of an invoice; None for one that is not approved, and so may still become anything."""
    if invoice.status not in APPROVED:
        return None
    told = (invoice.contact_id, invoice.date, invoice.currency, invoice.subtotal, invoice.total)
    return Existing(invoice.id, invoice.number, invoice.reference, *told)


@dataclass(slots=True)
class Shelf:
    """All of them, to be found by number, reference or customer."""

    _numbers: dict[str, list[Existing]] = field(default_factory=dict[str, list[Existing]])
    _references: dict[str, list[Existing]] = field(default_factory=dict[str, list[Existing]])
    _contacts: dict[str, list[Existing]] = field(default_factory=dict[str, list[Existing]])

    def put(self, invoice: Existing) -> None:
        shelves = (self._numbers, self._references, self._contacts)
        for shelf, key in zip(shelves, (invoice.number, invoice.reference, invoice.contact_id), strict=True):
            if _plain(key):
                shelf.setdefault(_plain(key), []).append(invoice)

    def found(self, deal: Deal, references: Iterable[str], contact: str) -> Iterator[tuple[Existing, Clue]]:
        """Those that may be this deal's, each once, by the best that speaks for it."""
        clues: dict[str, tuple[Existing, Clue]] = {}
        for word in _words(deal):
            for each in self._numbers.get(word, ()):
                clues.setdefault(each.id, (each, "number"))
        for reference in references:
            for each in self._references.get(_plain(reference), ()):
                clues.setdefault(each.id, (each, "reference"))
        for each in self._contacts.get(_plain(contact), ()):
            if _same_amount(deal, each) and _near(deal, each):
                clues.setdefault(each.id, (each, "amount and date"))
        yield from clues.values()


def ties(deal: Deal, shelf: Shelf, reference: str, contact: str) -> list[Tie]:
    """What may have billed a deal; ``reference`` is what we would write, ``contact`` its customer, "" while unknown."""
    found = list(shelf.found(deal, (reference, deal.name), contact))
    sure = [each.id for each, clue in found if _is_sure(deal, each, clue, contact)]
    return [
        Tie(
            deal.id,
            deal.name,
            each.id,
            each.number,
            "proven" if sure == [each.id] else "unclear",
            clue,
            _evidence(deal, each, clue, contact),
            take=sure == [each.id],
        )
        for each, clue in found
    ]


def one_deal_each(found: Iterable[Tie]) -> list[Tie]:
    """An invoice that several deals point at is none of theirs until a person says whose."""
    listed = list(found)
    taken = Counter(tie.invoice for tie in listed if tie.take)
    return [
        replace(tie, take=False, confidence="unclear", evidence=f"{tie.evidence} Another deal points at it too.")
        if taken[tie.invoice] > 1 and tie.take
        else tie
        for tie in listed
    ]


def _is_sure(deal: Deal, invoice: Existing, clue: Clue, contact: str) -> bool:
    ours = contact in ("", invoice.contact_id)
    return clue != "amount and date" and ours and _same_amount(deal, invoice)


def _same_amount(deal: Deal, invoice: Existing) -> bool:
    """The deal's amount with or without GST, which no CRM says of its amounts."""
    return deal.amount in (invoice.subtotal, invoice.total) and deal.currency in ("", invoice.currency)


def _near(deal: Deal, invoice: Existing) -> bool:
    if deal.closed_on is None or invoice.date is None:
        return False
    return abs((invoice.date - deal.closed_on).days) <= NEAR


def _evidence(deal: Deal, invoice: Existing, clue: Clue, contact: str) -> str:
    said = {"number": "Its number stands in the deal.", "reference": "Its reference is the deal's."}
    parts = [said[clue]] if clue in said else []
    parts.append("Same amount." if _same_amount(deal, invoice) else "Another amount.")
    if deal.closed_on is not None and invoice.date is not None:
        days = (invoice.date - deal.closed_on).days
        apart = "on the same day" if not days else f"{abs(days)} days {'after' if days > 0 else 'before'}"
        parts.append(f"{apart[:1].upper()}{apart[1:]}.")
    if contact:
        parts.append("Same customer." if contact == invoice.contact_id else "Another customer.")
    return " ".join(parts)


def _words(deal: Deal) -> set[str]:
    """What in a deal may be an invoice's number: words with a figure in them, and its fields as they are."""
    words = {_plain(word) for word in re.split(r"[\s,;:()#]+", deal.name)}
    fields = {_plain(value) for value in deal.fields.values()}
    return {word for word in words | fields if len(word) > 3 and any(sign.isdigit() for sign in word)}


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def chosen(
    lines: Sequence[tuple[int, str, str, str]],
    deals: Mapping[str, bool],
    invoices: Mapping[str, bool],
) -> tuple[dict[str, str], list[Wrong]]:
    """What a list that came back wants tied, deal → invoice, and the lines that can't be.

    ``lines`` are number, deal, invoice and what stands under "take". ``deals`` are those that the CRM has, with whether
    they are still without an invoice; ``invoices`` the approved ones of Xero, with whether they are still nobody's.
    """
    wanted = [line for line in lines if is_taken(line[3])]
    of_deal, of_invoice = Counter(deal for _, deal, _, _ in wanted), Counter(i for _, _, i, _ in wanted)
    taken: dict[str, str] = {}
    wrong: list[Wrong] = []
    for number, deal, invoice, _ in wanted:
        if deal not in deals:
            wrong.append(Wrong(number, f"The CRM has no won deal {deal or 'without an id'}."))
        elif not deals[deal]:
            wrong.append(Wrong(number, f"Deal {deal} has an invoice already."))
        elif invoice not in invoices:
            wrong.append(Wrong(number, f"Xero has no approved invoice {invoice or 'without an id'}."))
        elif not invoices[invoice]:
            wrong.append(Wrong(number, "The invoice is another deal's already."))
        elif of_deal[deal] > 1 or of_invoice[invoice] > 1:
            wrong.append(Wrong(number, "Its deal or its invoice is taken twice: none of them is tied."))
        else:
            taken[deal] = invoice
    return taken, wrong
