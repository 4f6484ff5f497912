"""Contacts in Xero: the index of those that are there, and the making of those that are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from connectors.xero import contact_element, idempotency_key
from domain.decision import Question
from domain.records import Customer, CustomerRef, XeroContact
from ledger import audit, claims, customers, inbox, links, memory, outbox, restores
from ledger.session import Session
from ledger.tables import Effect
from stages import asking, frozen
from stages.capture import leave_behind
from stages.pair import CONTACTS, Pair
from stages.trying import CLOCKS_DIFFER, LOOK_AGAIN, SETTLE, TRIES, growing, not_sent, requests

OVERLAP = timedelta(minutes=10)
# The vendor's word for a name or number that is taken.
TAKEN = ("already assigned", "must be unique", "already exists", "already been used")


def refresh_index(pair: Pair) -> None:
    """Take in the contacts that changed since the last time, archived and merged ones too."""
    with pair.ledger.read() as session:
        cursor = inbox.cursor(session, pair.name, inbox.CUSTOMERS)
    newest = datetime.fromisoformat(cursor) if cursor else None
    for page in pair.xero.contacts_changed(newest - OVERLAP if newest else None):
        stamps = [c.updated_at for c in page if c.updated_at]
        newest = max([*stamps, *([newest] if newest else [])], default=None)
        with pair.ledger.write() as session:
            take_in(session, pair, page)
            _notice_linked(session, pair, page)
    with pair.ledger.write() as session:
        if newest is not None:
            leave_behind(session, pair, inbox.CUSTOMERS, newest)
        memory.remember(session, pair.name, CONTACTS, "read", pair.now())


def take_in(session: Session, pair: Pair, page: Sequence[XeroContact]) -> None:
    """Put contacts into the index; customers of one that was merged are the one it was merged into from here on."""
    _notice_born(session, pair, page)
    customers.put(session, pair.name, page)
    merged = [contact.id for contact in page if contact.merged_to]
    rows = links.of_contacts(session, pair.name, merged)
    alive = customers.invoiceable(session, pair.name, [row.xero_id for row in rows])
    for row in rows:
        survivor = alive.get(row.xero_id, row.xero_id)
        if survivor != row.xero_id:
            told = {"from": row.xero_id, "to": survivor}
            links.follow(session, row, survivor)
            audit.record(session, pair.name, pair.now(), f"customer:{row.crm_id}", "contact merged", told)
            notice_details(session, pair, row.crm_id)


def _notice_born(session: Session, pair: Pair, page: Sequence[XeroContact]) -> None:
    """Contacts that were not there when all were last read, and that we did not make."""
    if pair.rules.contacts.new_in_xero == "leave" or not inbox.cursor(session, pair.name, inbox.CUSTOMERS):
        return
    known = customers.statuses(session, pair.name, [contact.id for contact in page])
    ours = f"{pair.crm.system[:2].upper()}-{pair.crm.account}-"
    born = [c.id for c in page if c.id not in known and not c.only_supplies and not c.number.startswith(ours)]
    inbox.notice(session, pair.name, inbox.BORN, born, pair.now())


def _notice_linked(session: Session, pair: Pair, page: Sequence[XeroContact]) -> None:
    """Have the details of linked contacts that changed looked at, where the mapping keeps any the same."""
    if not pair.rules.details:
        return
    rows = links.of_contacts(session, pair.name, [contact.id for contact in page])
    linked = {row.xero_id for row in rows}
    stamps = {contact.id: stamp_of(contact) for contact in page if contact.id in linked}
    fresh = inbox.fresh(session, pair.name, inbox.CUSTOMERS, stamps, pair.now())
    inbox.notice(session, pair.name, inbox.DETAILS, [r.crm_id for r in rows if r.xero_id in fresh], pair.now())


def stamp_of(contact: XeroContact) -> str:
    """By what a contact is known to be as it was when it was last looked at."""
    return f"{contact.updated_at} {contact.status}"


def follow_merged(session: Session, pair: Pair, found: Sequence[Customer]) -> list[CustomerRef]:
    """Customers that the CRM merged others into are the contacts that those were; which of them are linked now."""
    linked: list[CustomerRef] = []
    for customer in found:
        old = [str(CustomerRef(customer.ref.kind, id_)) for id_ in customer.merged_ids]
        if old and links.merge_customers(session, pair.name, old, str(customer.ref)):
            audit.record(session, pair.name, pair.now(), f"customer:{customer.ref}", "customer merged", {"from": old})
            notice_details(session, pair, str(customer.ref))
            linked.append(customer.ref)
    return linked


def notice_details(session: Session, pair: Pair, ref: str) -> None:
    """A customer was just linked: see what both sides share, and fill the gaps."""
    if pair.rules.details:
        inbox.notice(session, pair.name, inbox.DETAILS, [ref], pair.now())


def make_contacts(pair: Pair) -> list[str]:
    """Make the contacts that the outbox wants; returns the ids of effects whose answer was lost."""
    with pair.ledger.read() as session:
        waiting = outbox.due(session, pair.name, [outbox.CONTACT], pair.now())
    _look(pair, [e for e in waiting if e.state != "planned"])
    planned = [e for e in waiting if e.state == "planned"]
    return [lost for request in requests(planned) for lost in _send(pair, request)]


def _look(pair: Pair, doubtful: Sequence[Effect]) -> None:
    """Creates whose answers were lost: find them by our numbers, or send them again once they can't arrive any more."""
    found = _numbered(pair, doubtful)
    for effect in doubtful:
        contact = found.get(_number(effect))
        if contact is not None:
            _made(pair, effect, contact)
        else:
            _absent(pair, effect)


def _numbered(pair: Pair, doubtful: Sequence[Effect]) -> dict[str, XeroContact]:
    """Contacts by our number: a single one asked for, of several all that changed since the first was sent."""
    if len(doubtful) <= 1:
        return {n: c for n in map(_number, doubtful) for c in pair.xero.contacts_numbered(n)[:1]}
    since = min(e.first_sent_at or e.created_at for e in doubtful) - CLOCKS_DIFFER
    wanted = {_number(e) for e in doubtful}
    pages = pair.xero.contacts_changed(since)
    return {c.number: c for page in pages for c in reversed(page) if c.number in wanted}


def _number(effect: Effect) -> str:
    return frozen.CONTACT_PLAN.validate_json(effect.plan).number


def _absent(pair: Pair, effect: Effect) -> None:
    settled = effect.sent_at is None or pair.now() - effect.sent_at >= SETTLE
    if settled and effect.attempts >= TRIES:
        _give_up(pair, effect, asking.no_answer(effect.subject, TRIES))
        return
    with pair.ledger.write() as session:
        if settled:
            at = pair.now() + growing(effect.attempts)
            outbox.move(session, effect, ("sending", "unknown"), "planned", epoch=effect.epoch + 1, next_at=at)
        else:
            outbox.move(session, effect, ("sending", "unknown"), "unknown", next_at=pair.now() + LOOK_AGAIN)


def _send(pair: Pair, effects: Sequence[Effect]) -> list[str]:
    sending = _begin(pair, effects)
    if not sending:
        return []
    bodies = [e.body or b"" for e in sending]
    key = idempotency_key(pair.books().organisation.id, b"\n".join(bodies), max(e.epoch for e in sending))
    try:
        answer = pair.xero.create_contacts(bodies, key)
    except (TryLater, NotConnected) as trouble:
        not_sent(pair, sending, trouble)
        raise
    except (OutcomeUnknown, Rejected, Gone):
        return _doubtful(pair, sending)
    numbers = {frozen.CONTACT_PLAN.validate_json(e.plan).number: e for e in sending}
    for contact in answer.done:
        if contact.number in numbers:
            _made(pair, numbers.pop(contact.number), contact)
    for number, words in answer.refused:
        if number in numbers:
            _refused(pair, numbers.pop(number), words)
    return _doubtful(pair, list(numbers.values()))


def _begin(pair: Pair, effects: Sequence[Effect]) -> list[Effect]:
    """Say that they are being sent, before they are."""
    now = pair.now()
    sending: list[Effect] = []
    with pair.ledger.write() as session:
        for effect in effects:
            if effect.body is None:
                plan = frozen.CONTACT_PLAN.validate_json(effect.plan)
                outbox.freeze(session, effect, contact_element(plan))
            first = effect.first_sent_at or now
            if outbox.move(
                session, effect, "planned", "sending", attempts=effect.attempts + 1, sent_at=now, first_sent_at=first
            ):
                sending.append(effect)
        count = restores.count(session)
    pair.mark.reach(count)
    return sending


def _doubtful(pair: Pair, effects: Sequence[Effect]) -> list[str]:
    with pair.ledger.write() as session:
        for effect in effects:
            outbox.move(session, effect, "sending", "unknown", next_at=pair.now() + LOOK_AGAIN)
    return [e.id for e in effects]


def _made(pair: Pair, effect: Effect, contact: XeroContact) -> None:
    ref = effect.subject.removeprefix("customer:")
    with pair.ledger.write() as session:
        if not outbox.choose(session, effect, contact.id, pair.now()):
            return
        outbox.move(session, effect, "chosen", "posted")
        customers.put(session, pair.name, [contact])
        links.link(session, pair.name, links.CUSTOMER, ref, contact.id, now=pair.now(), how="created")
        notice_details(session, pair, ref)
        claims.release(session, pair.name, effect.id)
        audit.record(session, pair.name, pair.now(), effect.subject, "contact created", {"xero": contact.id})


def _refused(pair: Pair, effect: Effect, words: tuple[str, ...]) -> None:
    """A name that was taken meanwhile makes us match again; anything else is a person's to settle."""
    taken = any(mark in word for word in words for mark in TAKEN)
    with pair.ledger.read() as session:
        tried = outbox.of_subject(session, pair.name, effect.subject, outbox.CONTACT)
    question = None if taken and len(tried) < 3 else asking.refused(effect.subject, words)
    _give_up(pair, effect, question, {"attempt": len(tried)})


def _give_up(
    pair: Pair, effect: Effect, question: Question | None, details: Mapping[str, object] | None = None
) -> None:
    """This contact is not made: ask about the deals that wait for it or, without a question, decide them anew."""
    with pair.ledger.write() as session:
        if not outbox.move(session, effect, ("sending", "unknown"), "withdrawn"):
            return
        claims.release(session, pair.name, effect.id)
        audit.record(session, pair.name, pair.now(), effect.subject, "contact refused", details)
        for invoice in outbox.needing(session, pair.name, effect.id):
            if invoice.xero_id is None and not outbox.move(session, invoice, "planned", "cancelled"):
                continue
            deal = invoice.subject.removeprefix("deal:")
            if question is None:
                inbox.notice(session, pair.name, inbox.DEALS, [deal], pair.now())
            else:
                asking.ask(session, pair, question, deal)
