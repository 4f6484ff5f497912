"""A question with the records it is about, read from both systems as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.errors import ConnectorError
from domain.abn import clean_abn
from domain.records import Invoice, InvoicePlan, XeroContact
from domain.side_by_side import Field, customer_fields, deal_fields, plan_fields, registered
from domain.write_back import contact_link, invoice_link, status_words
from ledger import links, reviews, seen
from ledger.tables import ReviewItem
from stages import abns, deals_ledger, frozen, preview
from stages.pair import Pair
from stages.preview import Known, Preview

# So many contacts are shown beside a customer.
WIDEST = 4


@dataclass(frozen=True, slots=True)
class Beside:
    """One record of Xero beside one of the CRM."""

    crm: str
    crm_url: str
    xero: str
    xero_url: str
    fields: tuple[Field, ...]
    choice: str = ""


@dataclass(slots=True)
class BothSides:
    """What the item's page shows of the outside; ``trouble`` is what could not be read, and why.

    ``previews``: per choice what would become of each waiting deal.
    """

    known: Known = field(default_factory=lambda: Known((), {}))
    beside: list[Beside] = field(default_factory=list[Beside])
    previews: dict[str, list[Preview]] = field(default_factory=dict[str, list[Preview]])
    trouble: list[ConnectorError] = field(default_factory=list[ConnectorError])


def look_up(pair: Pair, item: ReviewItem, deal_ids: Sequence[str]) -> BothSides:
    """Read both sides of a question; what one system refuses doesn't keep the other from being shown."""
    sides = BothSides()
    try:
        sides.known = preview.read(pair, deal_ids)
        question = reviews.question_of(item)
        for choice in question.choices:
            assumed = {} if choice.id == reviews.RETRY else {item.question: choice.id}
            sides.previews[choice.id] = preview.previews(pair, sides.known, assumed)
    except ConnectorError as trouble:
        sides.trouble.append(trouble)
    try:
        sides.beside = _invoices(pair, sides.known, item) or _customers(pair, sides.known, item)
    except ConnectorError as trouble:
        sides.trouble.append(trouble)
    return sides


def _customers(pair: Pair, known: Known, item: ReviewItem) -> list[Beside]:
    """The customer beside every contact that may be it, or beside the one it is."""
    if not item.subject.startswith(("customer:", "deal:")):
        return []
    choices = {c.id.removeprefix("use:"): c.id for c in reviews.question_of(item).choices if c.id.startswith("use:")}
    records = [c for ref, c in known.customers.items() if item.subject == f"customer:{ref}"]
    records = records or list(known.customers.values())[:1]
    if not records:
        return []
    if not item.subject.startswith("customer:"):
        with pair.ledger.read() as session:
            linked = links.customers(session, pair.name, [str(records[0].ref)])
        choices = dict.fromkeys(linked.values(), "")
    contacts = {c.id: c for c in pair.xero.contacts(list(choices)[:WIDEST])} if choices else {}
    code = pair.books().organisation.short_code
    return [
        Beside(
            records[0].name,
            records[0].url,
            contact.name,
            contact_link(contact.id, code),
            (*customer_fields(records[0], contact), *_registered(pair, contact)),
            choices[contact.id],
        )
        for contact in _in_order(contacts, list(choices))
    ]


def _registered(pair: Pair, contact: XeroContact) -> list[Field]:
    standing = abns.of(pair, clean_abn(contact.tax_number) or "")
    return [registered(standing)] if standing else []


def _in_order(contacts: dict[str, XeroContact], ids: Sequence[str]) -> list[XeroContact]:
    return [contacts[i] for i in ids if i in contacts]


def _invoices(pair: Pair, known: Known, item: ReviewItem) -> list[Beside]:
    """The deal beside its invoice where there is one, or beside the plan it was made from."""
    deal = next((d for d in known.deals if item.subject == f"deal:{d.id}"), None)
    if deal is None:
        return []
    with pair.ledger.read() as session:
        effects = [e for e in deals_ledger.invoices_of(session, pair, deal) if e.xero_id]
        customers = seen.customers(session, pair.name, [str(deal.customer or "")])
    invoices = {i.id: i for i in pair.xero.invoices([e.xero_id or "" for e in effects])} if effects else {}
    found: list[Beside] = []
    for effect in effects:
        invoice = invoices.get(effect.xero_id or "")
        if invoice is None:
            continue
        fields = deal_fields(
            deal, invoice, crm_customer=customers.get(str(deal.customer or ""), ""), status=status_words(invoice)
        )
        if item.kind == "total_differs":
            fields = plan_fields(_plan(effect.plan), invoice)
        link = invoice_link(invoice.id, pair.books().organisation.short_code)
        found.append(Beside(deal.name, deal.url, _called(invoice), link, tuple(fields)))
    return found


def _plan(text: str) -> InvoicePlan:
    return frozen.INVOICE_PLAN.validate_json(text)


def _called(invoice: Invoice) -> str:
    return invoice.number or invoice.id
