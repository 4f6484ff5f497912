"""What stands open in Xero between customers and us, and what they paid too much: from lists that are read anyway.

Invoices come with the list of changes; credits are looked at once a day, and when a credit, a payment of ours or a
webhook says that one may have moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from domain.money import ZERO, plain, strict_decimal
from domain.records import CreditKind, Invoice
from domain.rules import Rules
from ledger import inbox, memory, open_papers, seen
from ledger.desk_tables import OpenPaper
from ledger.memory import FOR_EVER
from ledger.session import Session
from stages.frugal import QUARTER
from stages.pair import Pair

READ = "open papers read on"
CREDITS = ("credit note", "overpayment", "prepayment")


def kinds(rules: Rules) -> tuple[CreditKind, ...]:
    """The credits that anybody is told of."""
    if tells_balances(rules):
        return CREDITS
    told = rules.write_back.status or rules.write_back.amount_overpaid
    return ("overpayment",) if told else ()


def tells_balances(rules: Rules) -> bool:
    """Whether customers are told what they owe."""
    fields = rules.crm.customer_fields
    return any((fields.open_balance, fields.oldest_due, fields.on_stop))


def note(session: Session, pair: Pair, invoices: Sequence[Invoice]) -> None:
    """Take in invoices of anybody as read just now; one of which more or less is credited hints at a credit."""
    if tells_balances(pair.rules):
        open_papers.put_invoices(session, pair.name, invoices)
    credited = {each.id: plain(each.credited) for each in invoices}
    known = inbox.known(session, pair.name, inbox.CREDITS, sorted(credited))
    hint(session, pair, {id_: text for id_, text in credited.items() if id_ in known or strict_decimal(text)})


def hint(session: Session, pair: Pair, stamps: Mapping[str, str]) -> None:
    """What moves with credits moved, each at this version: look at them if it was not seen before."""
    if kinds(pair.rules) and inbox.fresh(session, pair.name, inbox.CREDITS, stamps, pair.now()):
        inbox.notice(session, pair.name, inbox.CREDITS, [inbox.ALL], pair.now())


def paid(session: Session, pair: Pair, stamps: Mapping[str, str]) -> None:
    """Payments of ours moved: more may have come with them. Once in a quarter of an hour is enough for that."""
    just_read = memory.recall(session, pair.name, READ, now=pair.now(), for_=QUARTER) is not None
    waiting = inbox.pending(session, pair.name, inbox.CREDITS, [inbox.ALL])
    hint(session, pair, stamps)
    if just_read and not waiting:
        session.flush()
        inbox.later(session, pair.name, inbox.CREDITS, [inbox.ALL], pair.now() + QUARTER)


def look(pair: Pair) -> None:
    """Read what is open anew: once a day everything, and credits whenever one may have moved."""
    wanted = kinds(pair.rules)
    if not wanted:
        return
    today = f"{pair.today()} {' '.join(wanted)}"
    with pair.ledger.read() as session:
        known = memory.recall(session, pair.name, READ, now=pair.now(), for_=FOR_EVER) == today
        if known and not inbox.is_due(session, pair.name, inbox.CREDITS, pair.now()):
            return
    with pair.ledger.write() as session:
        if not known:
            inbox.notice(session, pair.name, inbox.CREDITS, [inbox.ALL, today], pair.now())
            session.flush()
        taken = inbox.take(session, pair.name, inbox.CREDITS, pair.now())
    if not taken:
        return
    if today in taken.versions and tells_balances(pair.rules):
        due = list(_due(pair))
        with pair.ledger.write() as session:
            open_papers.replace_invoices(session, pair.name, due)
    read = {kind: pair.xero.open_credits(kind) for kind in wanted}
    with pair.ledger.write() as session:
        changed = {kind: open_papers.replace_credits(session, pair.name, kind, read[kind]) for kind in wanted}
        contacts = changed["overpayment"]
        inbox.notice(session, pair.name, inbox.INVOICES, seen.of_contacts(session, pair.name, contacts), pair.now())
        for record, version in taken.versions.items():
            inbox.handled(session, pair.name, inbox.CREDITS, record, version)
        memory.remember(session, pair.name, READ, today, pair.now())


def take_in_ours(session: Session, pair: Pair, deal_id: str, invoice: Invoice) -> None:
    """Take in a deal's invoice as read just now.

    Others of the customer's that were paid on the same day may be overpaid no more, or only now.
    """
    before = seen.invoice(session, pair.name, invoice.id)
    day = before.paid_on if before else None
    seen.put_invoice(session, pair.name, deal_id, invoice, pair.now())
    note(session, pair, [invoice])
    if day != invoice.paid_on and open_papers.overpaid_by(session, pair.name, [invoice.contact_id]):
        told = (invoice.contact_id, invoice.currency)
        paid = {i for each in (day, invoice.paid_on) if each for i in seen.paid_on(session, pair.name, *told, each)}
        inbox.notice(session, pair.name, inbox.INVOICES, paid - {invoice.id}, pair.now())


def overpaid(session: Session, pair: Pair, invoices: Sequence[Invoice]) -> Decimal:
    """What is left of overpayments that came with the money for these invoices.

    That is one that this invoice alone took a part of, or, while none took any, one of its customer booked on the
    day on which this invoice alone was paid in full.
    """
    rows = open_papers.overpaid_by(session, pair.name, {each.contact_id for each in invoices}) if invoices else ()
    mine = {each.id for each in invoices}
    of_them = (row for row in rows if mine.issuperset(found := _taken_by(session, pair, row)) and found)
    return sum((strict_decimal(row.amount) for row in of_them), ZERO)


def _taken_by(session: Session, pair: Pair, row: OpenPaper) -> set[str]:
    taken = set(open_papers.against(row))
    if taken or row.day is None:
        return taken
    return set(seen.paid_on(session, pair.name, row.contact_id, row.currency, row.day))


def _due(pair: Pair) -> Iterator[Invoice]:
    page, more = 1, True
    while more:
        read = pair.xero.invoices_due(page)
        yield from read.records
        page, more = page + 1, read.more
