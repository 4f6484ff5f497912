"""Invoices that were in Xero before: tied to the won deals they billed, as a person confirms, so none is billed again.

Nothing is written outside. What was read is kept, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from pydantic import TypeAdapter

from domain.checking import APPROVED, content
from domain.deals import fingerprint
from domain.first_invoices import Existing, Shelf, Tie, chosen, existing, one_deal_each, ties
from domain.first_match import Wrong, is_taken
from domain.money import show
from domain.records import Deal, Invoice, InvoicePlan, PlannedLine
from domain.rules import FULL
from domain.triggers import milestones
from ledger import audit, gathered, inbox, links, months, outbox, seen
from ledger.session import IntegrityError, Session
from mappings.reference_text import fields_named
from stages import consolidating, deals_ledger, frozen
from stages.answering import Unopened
from stages.capture import Deals
from stages.first_match import AT_ONCE, WORK, Confirmed, Line, holding, ids, is_done, likely_contacts
from stages.gather import Progress, quietly
from stages.match import wanting
from stages.pair import Pair
from templates.rendering import reference

DEALS, INVOICES, LISTED = "deals", "invoices", "deals listed"
# What was won or billed longer ago is not looked at.
LOOK_BACK = timedelta(days=731)
# A deal won early may keep the day on which it was expected.
LOOK_AHEAD = timedelta(days=366)
_TIES: TypeAdapter[list[Tie]] = TypeAdapter(list[Tie])
_EXISTING: TypeAdapter[Existing] = TypeAdapter(Existing)


def look(pair: Pair, progress: Progress = quietly) -> int:
    """Read the won deals without an invoice and Xero's invoices; how many deals seem to have been billed.

    Raises ``ConnectorError`` when a system stops us, and ``AlreadyAtWork``. Customers are to be looked at before.
    """
    with holding(pair):
        if not is_done(pair, LISTED):
            _list(pair, progress)
        unread, of = ids(pair, DEALS, unread=True), len(ids(pair, DEALS))
        shelf = _shelf(pair) if unread else Shelf()
        for start in range(0, len(unread), AT_ONCE):
            _tie_up(pair, unread[start : start + AT_ONCE], shelf)
            progress(DEALS, of - len(unread[start + AT_ONCE :]), of)
    return len({tie.deal for tie in proposals(pair)})


def _list(pair: Pair, progress: Progress) -> None:
    """The ids of the won deals, and Xero's approved invoices that nobody tied."""
    today = pair.today()
    count = 0
    for page in pair.crm.won_between(today - LOOK_BACK, today + LOOK_AHEAD):
        with pair.ledger.write() as session:
            gathered.put(session, pair.name, WORK, DEALS, dict.fromkeys(page, ""), pair.now())
    for invoices in pair.xero.invoices_changed(_since(pair), ours_only=False):
        kept = {each.id: each for each in map(existing, invoices) if each is not None}
        with pair.ledger.write() as session:
            tied = links.invoices(session, pair.name, sorted(kept))
            told = {i: _EXISTING.dump_json(each).decode() for i, each in kept.items() if i not in tied}
            gathered.put(session, pair.name, WORK, INVOICES, told, pair.now())
        count += len(invoices)
        progress(INVOICES, count, 0)
    with pair.ledger.write() as session:
        gathered.done(session, pair.name, WORK, LISTED, pair.now())


def _since(pair: Pair) -> datetime:
    return pair.now() - LOOK_BACK


def _shelf(pair: Pair) -> Shelf:
    shelf = Shelf()
    with pair.ledger.read() as session:
        for page in gathered.pages(session, pair.name, WORK, INVOICES):
            for data in page.values():
                shelf.put(_EXISTING.validate_json(data))
    return shelf


def _tie_up(pair: Pair, some: Sequence[str], shelf: Shelf) -> None:
    """Some deals, read by id and held against the invoices."""
    found = _read(pair, some)
    wanted = _without_invoice(pair, found)
    _, rules, _ = wanting(pair, Deals(tuple(found), (), {}))
    contacts = likely_contacts(pair, [str(deal.customer) for deal in wanted if deal.customer is not None])
    told = dict.fromkeys(some, "[]")
    for deal in wanted:
        keys = (deals_ledger.key(deal.id, milestone) for milestone in milestones(pair.rules))
        rule = next((rules[key] for key in keys if key in rules), None)
        contact = contacts.get(str(deal.customer), "")
        ours = reference(rule.reference, deal) if rule is not None else ""
        told[deal.id] = _TIES.dump_json(ties(deal, shelf, ours, contact)).decode()
    with pair.ledger.write() as session:
        seen.put_deals(session, pair.name, wanted, pair.now())
        gathered.put(session, pair.name, WORK, DEALS, told, pair.now())


def _read(pair: Pair, some: Sequence[str]) -> list[Deal]:
    fields = [*fields_named(pair.rules), *filter(None, [pair.rules.write_back.invoice_number])]
    return pair.crm.deals(sorted(some), fields)


def _without_invoice(pair: Pair, deals: Sequence[Deal]) -> list[Deal]:
    """The won ones for which no invoice was made or tied."""
    with pair.ledger.read() as session:
        made = {
            deal.id
            for deal in deals
            for milestone in (FULL, *milestones(pair.rules))
            for effect in deals_ledger.invoices_of(session, pair, deal, milestone)
            if effect.xero_id is not None
        }
    return [deal for deal in deals if deal.won and not deal.archived and deal.id not in made]


def proposals(pair: Pair | Unopened) -> list[Tie]:
    """What may be tied and is not yet, in the order of the deals' ids."""
    return one_deal_each(chain.from_iterable(_open(pair)))


def _open(pair: Pair | Unopened) -> Iterator[list[Tie]]:
    with pair.ledger.read() as session:
        for page in gathered.pages(session, pair.name, WORK, DEALS):
            found = [tie for data in page.values() for tie in _TIES.validate_json(data)]
            gone = links.invoices(session, pair.name, sorted({tie.invoice for tie in found}))
            deals = sorted({tie.deal for tie in found})
            done = {row.deal_id for row in links.of_deals(session, pair.name, deals)}
            done |= {row.deal_id for row in months.shares_of(session, pair.name, deals)}
            yield [tie for tie in found if tie.invoice not in gone and tie.deal not in done]


def confirm(pair: Pair, lines: Sequence[Line], by: str, why: str = "") -> Confirmed:
    """Tie what a person took of the list, after reading both sides afresh; only links are written."""
    wanted = [line for line in lines if is_taken(line[3])]
    deals = {deal.id: deal for deal in _batches(pair, sorted({line[1] for line in wanted}))}
    read = pair.xero.invoices(sorted({line[2] for line in wanted})) if wanted else []
    approved = {invoice.id: invoice for invoice in read if invoice.status in APPROVED}
    free = {deal.id for deal in _without_invoice(pair, list(deals.values()))}
    try:
        return _confirmed(pair, wanted, deals, approved, free, by, why)
    except IntegrityError:
        # Another worker decided one of these deals in this moment.
        return Confirmed(
            0, [Wrong(line[0], "Its deal is being decided just now: take it once more.") for line in wanted]
        )


def _confirmed(
    pair: Pair,
    wanted: Sequence[Line],
    deals: Mapping[str, Deal],
    approved: Mapping[str, Invoice],
    free: set[str],
    by: str,
    why: str,
) -> Confirmed:
    with pair.ledger.write() as session:
        tied = links.invoices(session, pair.name, sorted(approved))
        won = {i: i in free for i, deal in deals.items() if deal.won}
        taken, wrong = chosen(wanted, won, {i: i not in tied for i in approved})
        numbers = {line[1]: line[0] for line in wanted}
        for deal_id, invoice_id in list(taken.items()):
            if not _tie(session, pair, deals[deal_id], approved[invoice_id], by, why):
                wrong.append(Wrong(numbers[deal_id], f"An invoice of deal {deal_id} is being made just now."))
                del taken[deal_id]
    return Confirmed(len(taken), wrong)


def _batches(pair: Pair, deal_ids: Sequence[str]) -> Iterator[Deal]:
    for start in range(0, len(deal_ids), AT_ONCE):
        yield from _read(pair, deal_ids[start : start + AT_ONCE])


def _tie(session: Session, pair: Pair, deal: Deal, invoice: Invoice, by: str, why: str) -> bool:
    """The invoice is the deal's from here on, as if it had been made of it; False while another is on its way."""
    identity, subject = deals_ledger.identity(pair, deal.id), f"deal:{deal.id}"
    plan = frozen.invoice_text(_as_it_is(pair, deal, invoice))
    amount = show(deal.amount, invoice.currency) if deal.amount is not None else ""
    told = {
        "xero_id": invoice.id,
        "contact_id": invoice.contact_id,
        "goal": "authorised",
        "made": content(invoice),
        "outcome": outbox.text_of({"number": invoice.number, "status": invoice.status, "total": invoice.total}),
        "why": outbox.text_of({"matched": deals_ledger.TIED, "billed": fingerprint(deal), "amount": amount}),
    }
    effect = outbox.by_identity(session, [identity]).get(identity)
    if not consolidating.leave(session, pair, deal.id):
        return False
    if effect is None:
        key, more = (
            f"{outbox.INVOICE}:{identity}",
            {"id": outbox.effect_id(identity), "identity": identity, "carried": 1},
        )
        outbox.intend(
            session, pair.name, outbox.INVOICE, key, subject, plan, pair.now(), state="posted", **told, **more
        )
    elif effect.xero_id is not None or not outbox.move(
        session, effect, ("planned", "held", "cancelled"), "posted", plan=plan, carried=effect.edition, **told
    ):
        return False
    how = {"how": deals_ledger.TIED, "deal_id": deal.id}
    links.link(session, pair.name, links.INVOICE, identity, invoice.id, now=pair.now(), **how)
    seen.put_deals(session, pair.name, [deal], pair.now())
    seen.put_invoice(session, pair.name, deal.id, invoice, pair.now())
    sums = {"total": invoice.total, "tax": invoice.total_tax, "currency": invoice.currency}
    details = {"number": invoice.number, "xero": invoice.id, **sums, **({"why": why} if why else {})}
    audit.record(session, pair.name, pair.now(), subject, "invoice tied", details, actor=by)
    # Its money is told to the deal, and the deal's open questions end, with the next run.
    inbox.notice(session, pair.name, inbox.INVOICES, [invoice.id], pair.now())
    inbox.notice(session, pair.name, inbox.DEALS, [deal.id], pair.now())
    return True


def _as_it_is(pair: Pair, deal: Deal, invoice: Invoice) -> InvoicePlan:
    """The plan that the invoice would have been made of."""
    day = invoice.date or pair.today()
    lines = tuple(
        PlannedLine(
            line.description,
            line.quantity,
            line.unit_amount,
            line.account_code,
            line.tax_type,
            line.line_amount,
            line.tax_amount,
            line.discount_percent,
            line.discount_amount,
            line.item_code,
            line.tracking,
        )
        for line in invoice.lines
    )
    words = (invoice.currency, invoice.amounts_are, invoice.reference)
    sums = (invoice.subtotal, invoice.total_tax, invoice.total)
    return InvoicePlan(deal.id, FULL, day, invoice.due_date or day, *words, lines, *sums, goal="authorised")
