"""Invoices, credit notes and templates alike: how a draft of each is put, read, changed by id and looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.xero import (
    Answer,
    Xero,
    approve_element,
    as_credit,
    draft_element,
    end_element,
    revise_element,
    template_element,
    template_end,
)
from domain.records import Invoice, InvoicePlan
from ledger import outbox

Bearing = Callable[[str], bool]


def _as_it_is(element: bytes) -> bytes:
    return element


@dataclass(frozen=True, slots=True)
class Paper:
    """One of the kinds. ``written`` makes its own JSON of what would be said of an invoice, ``first`` what is sent
    first, ``end`` what ends it.
    """

    kind: str
    create: Callable[[Xero, Sequence[bytes], str], Answer[Invoice]]
    update: Callable[[Xero, Sequence[bytes]], Answer[Invoice]]
    read: Callable[[Xero, Sequence[str]], list[Invoice]]
    ours: Callable[[Xero, datetime, Bearing], Iterable[list[Invoice]]]
    written: Callable[[bytes], bytes] = _as_it_is
    first: Callable[[InvoicePlan, str, str], bytes] = draft_element
    end: Callable[[str, str], bytes] = end_element

    def draft(self, plan: InvoicePlan, contact_id: str, marker: str) -> bytes:
        return self.written(self.first(plan, contact_id, marker))

    def revised(self, plan: InvoicePlan, contact_id: str, marker: str, draft: Invoice) -> bytes:
        return self.written(revise_element(plan, contact_id, marker, draft))

    def approved(self, draft: Invoice, status: str) -> bytes:
        return self.written(approve_element(draft, status))

    def ended(self, record_id: str, status: str) -> bytes:
        return self.written(self.end(record_id, status))


INVOICES = Paper(
    outbox.INVOICE,
    lambda xero, elements, key: xero.create_drafts(elements, key),
    lambda xero, elements: xero.update_invoices(elements),
    lambda xero, ids: xero.invoices(ids),
    lambda xero, since, bearing: xero.invoices_changed(since, ours_only=True, bearing=bearing),
)
# They are few, so all of them are looked at: also those that a restored ledger has forgotten.
CREDITS = Paper(
    outbox.CREDIT,
    lambda xero, elements, key: xero.create_credits(elements, key),
    lambda xero, elements: xero.update_credits(elements),
    lambda xero, ids: xero.credits(ids),
    lambda xero, since, bearing: xero.credits_changed(None, bearing=bearing),  # noqa: ARG005
    as_credit,
)
# They stay drafts: nothing but a person approves one.
TEMPLATES = Paper(
    outbox.TEMPLATE,
    lambda xero, elements, key: xero.create_templates(elements, key),
    lambda xero, elements: xero.delete_templates(elements),
    lambda xero, ids: xero.templates(ids),
    lambda xero, since, bearing: xero.templates_bearing(bearing),  # noqa: ARG005
    first=template_element,
    end=lambda record_id, status: template_end(record_id),  # noqa: ARG005
)
PAPERS = (INVOICES, CREDITS, TEMPLATES)


def paper_of(kind: str) -> Paper:
    """The paper that effects of a kind become."""
    return next(each for each in PAPERS if each.kind == kind)
