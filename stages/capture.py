"""Capture: notice which records changed, then read them afresh, up to fifty at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connectors.errors import ConnectorError
from domain.consolidating import is_month
from domain.decision import Choice, Question
from domain.money import plain
from domain.records import Deal, Invoice, Payment
from ledger import inbox, links, many, memory, months, outbox, reviews, seen
from ledger.memory import FOR_EVER
from ledger.session import Session
from mappings.reference_text import fields_named
from stages import frugal, on_account
from stages.months import compose_all, waiting
from stages.pair import Pair
from stages.right_books import compare_organisation
from stages.trying import TRIES

MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Deals:
    """Deals read just now, the ids that are gone, and the version of each that was noticed.

    Among them are months' invoices, each as one deal; ``months`` has the deals that go on them.
    """

    found: tuple[Deal, ...]
    gone: tuple[str, ...]
    versions: Mapping[str, int]
    months: Mapping[str, tuple[Deal, ...]] = field(default_factory=dict[str, tuple[Deal, ...]])

    def __bool__(self) -> bool:
        return bool(self.versions)


@dataclass(frozen=True, slots=True)
class Invoices:
    """Invoices read just now, and the version of each that was noticed."""

    found: tuple[Invoice, ...]
    versions: Mapping[str, int]

    def __bool__(self) -> bool:
        return bool(self.versions)


def notice_deals(pair: Pair) -> int:
    """Ask the CRM which deals changed and put their ids into the inbox, a page and its cursor in one commit."""
    compare_organisation(pair)
    _notice_mapping(pair)
    if not frugal.time_to_look(pair, pair.crm.system, inbox.DEALS):
        return 0
    with pair.ledger.read() as session:
        cursor = inbox.cursor(session, pair.name, inbox.DEALS)
    noticed = 0
    for page in pair.crm.changed_deals(cursor):
        with pair.ledger.write() as session:
            noticed += inbox.notice(session, pair.name, inbox.DEALS, page.versions, pair.now())
            inbox.move_cursor(session, pair.name, inbox.DEALS, page.cursor)
    with pair.ledger.write() as session:
        frugal.looked(session, pair, inbox.DEALS)
    return noticed


def _notice_mapping(pair: Pair) -> None:
    """A changed mapping may answer open questions: look at the deals that wait for them again."""
    with pair.ledger.read() as session:
        if memory.recall(session, pair.name, MAPPING, now=pair.now(), for_=FOR_EVER) == pair.mapping_version:
            return
    with pair.ledger.write() as session:
        memory.remember(session, pair.name, MAPPING, pair.mapping_version, pair.now())
        for item in reviews.opened(session, pair.name):
            inbox.notice(session, pair.name, inbox.DEALS, reviews.waiting_for(session, item, inbox.DEALS), pair.now())
        inbox.notice(session, pair.name, inbox.DEALS, waiting(session, pair), pair.now())


def take_deals(pair: Pair) -> Deals:
    """The next deals of the inbox, read by id."""
    taken = take(pair, inbox.DEALS)
    if not taken:
        return Deals((), (), {})
    with pair.ledger.read() as session:
        wanted = {name: months.deals_of(session, pair.name, name) for name in taken if is_month(name)}
    ids = sorted({i for i in taken if i not in wanted}.union(*wanted.values()))
    with giving_back(pair, inbox.DEALS, taken):
        read = pair.crm.deals(ids, _fields(pair)) if ids else []
        by_id = {deal.id: deal for deal in read}
        merged = {old: deal.id for deal in read for old in deal.merged_ids}
        composed = compose_all(
            pair, {n: dict.fromkeys(merged.get(i, i) for i in of) for n, of in wanted.items()}, by_id
        )
    found = [deal for deal in read if deal.id in taken or any(old in taken for old in deal.merged_ids)]
    with pair.ledger.write() as session:
        seen.put_deals(session, pair.name, [*read, *(replace(d, won=False) for d, _ in composed)], pair.now())
        for deal in read:
            if deal.merged_ids:
                links.merge_deals(session, pair.name, deal.merged_ids, deal.id)
                months.merge(session, pair.name, deal.merged_ids, deal.id)
    gone = tuple(sorted(i for i in taken if i not in by_id and i not in merged and i not in wanted))
    # A merged deal's old id was answered by the survivor; both notices are settled by deciding it.
    versions = {i: v for i, v in taken.items() if i in by_id or i in gone or i in merged or i in wanted}
    of_months = {whole.id: parts for whole, parts in composed}
    return Deals((*found, *(whole for whole, _ in composed)), gone, versions, of_months)


def _fields(pair: Pair) -> list[str]:
    """The deal's own fields that the mapping names and, where merges are hidden, the one that gives them away."""
    number = pair.rules.write_back.invoice_number
    return [*fields_named(pair.rules), *([number] if number and pair.crm.hides_merges else [])]


def more_deals(pair: Pair) -> bool:
    """Whether deals wait in the inbox to be taken now."""
    with pair.ledger.read() as session:
        return inbox.is_due(session, pair.name, inbox.DEALS, pair.now())


def notice_invoices(pair: Pair) -> int:
    """Ask Xero which of our invoices changed, by their own and by their payments' dates."""
    compare_organisation(pair)
    if not frugal.time_to_look(pair, "xero", inbox.INVOICES):
        return 0
    noticed = _changed_invoices(pair)
    noticed += _changed_payments(pair, at_once=noticed > 0) + _open_invoices(pair)
    on_account.look(pair)
    with pair.ledger.write() as session:
        frugal.looked(session, pair, inbox.INVOICES)
    return noticed


COMPARED = "open invoices compared on"


def _open_invoices(pair: Pair) -> int:
    """Once a day all that are open and were not read that day, whatever lists and webhooks missed; and what is overdue
    is so by the day.

    No list tells that a deal was deleted: of those with an open invoice it is seen here.
    """
    today = pair.today().isoformat()
    with pair.ledger.read() as session:
        if memory.recall(session, pair.name, COMPARED, now=pair.now(), for_=FOR_EVER) == today:
            return 0
        still_open = seen.open_ones(session, pair.name, pair.start_of(pair.today()))
        deals = {deal for each in set(still_open.values()) for deal in months.those_of(session, pair.name, each)}
    gone = deals - pair.crm.stages(sorted(deals)).keys() if deals else deals
    with pair.ledger.write() as session:
        memory.remember(session, pair.name, COMPARED, today, pair.now())
        inbox.notice(session, pair.name, inbox.DEALS, sorted(gone), pair.now())
        return inbox.notice(session, pair.name, inbox.INVOICES, list(still_open), pair.now())


# Xero counts in seconds and its lists can lag; an overlap costs nothing, since what was seen is known by its stamp.
OVERLAP = timedelta(minutes=10)


def _changed_invoices(pair: Pair) -> int:
    since = _since(pair, inbox.INVOICES)
    noticed, newest = 0, since
    for page in pair.xero.invoices_changed(since, ours_only=False):
        newest = max([newest, *(i.updated_at for i in page if i.updated_at)])
        noticed += _take_in(pair, page)
    with pair.ledger.write() as session:
        leave_behind(session, pair, inbox.INVOICES, newest)
    return noticed


def stamp_of(invoice: Invoice) -> str:
    """By what an invoice is known to be as it was when it was last looked at."""
    money = " ".join(plain(each) for each in (invoice.due, invoice.paid, invoice.credited))
    return f"{invoice.updated_at} {invoice.status} {money}"


# Two of the schedule's quarters of an hour, less a run's own time.
HALF_AN_HOUR = timedelta(minutes=29)


def _changed_payments(pair: Pair, *, at_once: bool) -> int:
    """Not every payment moves its invoice's own date; as most do, while none moved it is enough to look every half an
    hour.
    """
    with pair.ledger.read() as session:
        if not at_once and frugal.has_looked(session, pair, inbox.PAYMENTS, HALF_AN_HOUR):
            return 0
    since = _since(pair, inbox.PAYMENTS)
    noticed, newest = 0, since
    for page in pair.xero.payments_changed(since):
        newest = max([newest, *(p.updated_at for p in page if p.updated_at)])
        with pair.ledger.write() as session:
            ours = links.invoices(session, pair.name, sorted({p.invoice_id for p in page if p.invoice_id}))
            noticed += _notice_refunds(session, pair, [p for p in page if p.credit_id])
            stamps = _stamps(p for p in page if p.invoice_id in ours)
            on_account.hint(session, pair, _stamps(p for p in page if p.credit_id))
            on_account.paid(session, pair, stamps)
            seen.put_payments(session, pair.name, [p for p in page if p.invoice_id in ours])
            fresh = inbox.fresh(session, pair.name, inbox.PAYMENTS, stamps, pair.now())
            changed = {p.invoice_id for p in page if p.id in fresh}
            noticed += inbox.notice(session, pair.name, inbox.INVOICES, changed, pair.now())
    with pair.ledger.write() as session:
        leave_behind(session, pair, inbox.PAYMENTS, newest)
        frugal.looked(session, pair, inbox.PAYMENTS)
    return noticed


def _stamps(payments: Iterable[Payment]) -> dict[str, str]:
    return {p.id: f"{p.status} {p.updated_at}" for p in payments}


def _notice_refunds(session: Session, pair: Pair, refunds: Sequence[Payment]) -> int:
    """What was paid back of our credit notes is kept under the note, and the credited invoice looked at again."""
    notes = many.of_records(session, pair.name, outbox.CREDIT, [p.credit_id for p in refunds])
    ours = [replace(p, invoice_id=p.credit_id) for p in refunds if p.credit_id in notes]
    seen.put_payments(session, pair.name, ours)
    fresh = inbox.fresh(session, pair.name, inbox.PAYMENTS, _stamps(ours), pair.now())
    credited = [outbox.facts(notes[p.credit_id].why)["against"][0] for p in ours if p.id in fresh]
    return inbox.notice(session, pair.name, inbox.INVOICES, credited, pair.now())


def _take_in(pair: Pair, page: Sequence[Invoice]) -> int:
    stamps = {i.id: stamp_of(i) for i in page}
    with pair.ledger.write() as session:
        on_account.note(session, pair, page)
        ours = links.invoices(session, pair.name, sorted(stamps))
        return inbox.notice(session, pair.name, inbox.INVOICES, {i: stamps[i] for i in ours}, pair.now())


def _since(pair: Pair, stream: str) -> datetime:
    """Where to read on. The first time a day back: what is older was read when it was linked."""
    with pair.ledger.read() as session:
        text = inbox.cursor(session, pair.name, stream)
    return datetime.fromisoformat(text) - OVERLAP if text else pair.now() - timedelta(days=1)


def leave_behind(session: Session, pair: Pair, stream: str, newest: datetime) -> None:
    """To the newest change seen, or to when the list was begun by Xero's own clock: what was listed is left behind."""
    read_until = max(newest, pair.xero.listed_at or newest)
    inbox.move_cursor(session, pair.name, stream, read_until.astimezone(UTC).isoformat())


def take_invoices(pair: Pair) -> Invoices:
    """The next invoices of the inbox, read by id."""
    taken = take(pair, inbox.INVOICES)
    if not taken:
        return Invoices((), {})
    with giving_back(pair, inbox.INVOICES, taken):
        return Invoices(tuple(pair.xero.invoices(sorted(taken))), taken)


def take(pair: Pair, stream: str) -> Mapping[str, int]:
    """The next records of a stream, each with the version that was noticed; one tried too often is a question."""
    with pair.ledger.read() as session:
        if not inbox.is_due(session, pair.name, stream, pair.now()):
            return {}
    with pair.ledger.write() as session:
        taken = inbox.take(session, pair.name, stream, pair.now())
        worn_out = [record for record, attempts in taken.attempts.items() if attempts > TRIES]
        for record in worn_out:
            reviews.ask(session, pair.name, tried_too_often(stream, record), pair.now(), stream, record)
            inbox.handled(session, pair.name, stream, record, taken.versions[record])
    return {record: version for record, version in taken.versions.items() if record not in worn_out}


def tried_too_often(stream: str, record: str) -> Question:
    """A record that could not be worked on, whatever was tried."""
    subject = f"{_RECORDS[stream]}:{record}"
    choices = (Choice("retry", "Try again"), Choice("ignore", "Leave it as it is"))
    return Question("tried_too_often", subject, {"tries": str(TRIES)}, choices)


_RECORDS = {inbox.DEALS: "deal", inbox.INVOICES: "invoice", inbox.DETAILS: "customer", inbox.BORN: "contact"}


@contextmanager
def giving_back(pair: Pair, stream: str, taken: Mapping[str, int]) -> Generator[None]:
    """Trouble outside is not the records' fault: their try does not count."""
    try:
        yield
    except ConnectorError:
        with pair.ledger.write() as session:
            inbox.give_back(session, pair.name, stream, sorted(taken))
        raise
