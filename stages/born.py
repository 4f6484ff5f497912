"""Contacts that people make in Xero: linked to their customer of the CRM, or made there, as the mapping says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connectors.contract import NewCustomer, Refused
from connectors.errors import NotConnected, OutcomeUnknown, Rejected, TryLater
from domain.born import LEAVE_IT, RETRY, Create, Placed, as_customer, born, kind_of, place
from domain.decision import Hold, Question
from domain.likeness import ACTIVE, keys_of
from domain.matching import Matched
from domain.records import CustomerKind, CustomerRef, XeroContact
from ledger import audit, customers, inbox, links, outbox, reviews
from ledger.crm_tables import CrmIndex
from ledger.session import Session
from ledger.tables import Effect
from stages import crm_index, frozen
from stages.aligning import Places, ref_of
from stages.capture import giving_back, take
from stages.contacts import notice_details, refresh_index
from stages.match import JUST_NOW
from stages.pair import Pair
from stages.trying import TRIES, growing, not_sent

BATCH = 100
KINDS: tuple[CustomerKind, ...] = ("company", "person")


def take_up(pair: Pair) -> None:
    """Place the contacts that were born since the last time. Raises ``ConnectorError`` when a system stops us."""
    if pair.rules.contacts.new_in_xero == "leave":
        return
    if not pair.contacts_are_fresh(JUST_NOW):
        refresh_index(pair)
    with pair.ledger.read() as session:
        waits = inbox.is_due(session, pair.name, inbox.BORN, pair.now())
    if waits:
        crm_index.refresh(pair)
    while taken := take(pair, inbox.BORN):
        with giving_back(pair, inbox.BORN, taken):
            contacts = {each.id: each for each in pair.xero.contacts(sorted(taken))}
            kept: Places = {kind: pair.crm.keeps(kind) for kind in KINDS}
        for id_, version in taken.items():
            _settle(pair, contacts.get(id_), id_, version, kept)
    _deliver(pair)


def _settle(pair: Pair, contact: XeroContact | None, id_: str, version: int, kept: Places) -> None:
    """One commit a contact; a customer of the CRM that it is said to be is read afresh first."""
    found = _placed(pair, contact) if contact is not None and contact.status == ACTIVE else None
    if isinstance(found, Matched) and not _is_there(pair, found.xero_id):
        found = _placed(pair, contact) if contact is not None else None
    with pair.ledger.write() as session:
        if not inbox.is_open(session, pair.name, inbox.BORN, id_, version):
            return
        asked: list[int] = []
        if isinstance(found, Hold):
            items = [reviews.ask(session, pair.name, q, pair.now(), inbox.BORN, id_) for q in found.questions]
            asked = [item.id for item in items if item.id is not None]
        elif isinstance(found, Matched):
            _link(session, pair, found.xero_id, id_, f"born in Xero, by {found.by}")
        elif isinstance(found, Create) and contact is not None:
            _intend(session, pair, contact, found.kind, kept)
        reviews.close_others(session, pair.name, inbox.BORN, id_, asked)
        inbox.handled(session, pair.name, inbox.BORN, id_, version)


def _placed(pair: Pair, contact: XeroContact | None) -> Placed | None:
    if contact is None:
        return None
    kind = kind_of(contact, pair.rules.contacts) or "company"
    keys = keys_of(as_customer(contact, kind), pair.rules.contacts.mailboxes())
    with pair.ledger.read() as session:
        if links.of_contacts(session, pair.name, [contact.id]):
            return None
        candidates = customers.candidates(session, pair.name, keys, CrmIndex)
        linked = links.customers(session, pair.name, [each.xero_id for each in candidates])
        answers = reviews.answers(session, pair.name, [f"contact:{contact.id}"])
    return place(contact, candidates, linked, pair.rules.contacts, answers)


def _is_there(pair: Pair, ref: str) -> bool:
    """Whether the CRM still has the customer; one that is gone is taken out of the index."""
    found = [each for each in pair.crm.customers([ref_of(ref)]) if not each.archived]
    if any(str(each.ref) == ref for each in found):
        return True
    with pair.ledger.write() as session:
        customers.put_crm(session, pair.name, found, [ref])
    return False


def _link(session: Session, pair: Pair, ref: str, contact: str, how: str) -> None:
    links.link(session, pair.name, links.CUSTOMER, ref, contact, now=pair.now(), how=how)
    audit.record(session, pair.name, pair.now(), f"customer:{ref}", "linked", {"xero": contact, "how": how})
    notice_details(session, pair, ref)


def _intend(session: Session, pair: Pair, contact: XeroContact, kind: CustomerKind, kept: Places) -> None:
    key, subject = f"{outbox.COMPANY}:{contact.id}", f"contact:{contact.id}"
    if outbox.by_key(session, pair.name, key) is None:
        before = outbox.of_subject(session, pair.name, subject, outbox.COMPANY)
        plan = frozen.BORN.dump_json(born(contact, kind, kept[kind])).decode()
        id_ = outbox.effect_id(pair.name, key, str(len(before)))
        outbox.intend(session, pair.name, outbox.COMPANY, key, subject, plan, pair.now(), id=id_)


def _deliver(pair: Pair) -> None:
    """Make the customers that are due; each bears the contact's id, by which it is found again."""
    while batch := _begin(pair):
        effects = [effect for effect, _ in batch]
        news = [_new(effect, since) for effect, since in batch]
        try:
            made = pair.crm.create_customers(news)
        except (TryLater, NotConnected) as trouble:
            not_sent(pair, effects, trouble)
            raise
        except OutcomeUnknown:
            _again(pair, effects)
            raise
        except Rejected as refusal:
            made = dict.fromkeys(map(_contact, effects), Refused(" ".join(refusal.words)))
        for effect in effects:
            _made(pair, effect, made.get(_contact(effect)))


def _new(effect: Effect, since: datetime | None) -> NewCustomer:
    told = frozen.BORN.validate_json(effect.plan)
    return NewCustomer(_contact(effect), told.details, since, told.first_name, told.last_name)


def _begin(pair: Pair) -> list[tuple[Effect, datetime | None]]:
    """What is sent now, each with when it was first sent before, if ever: from then on it is looked for."""
    now = pair.now()
    begun: list[tuple[Effect, datetime | None]] = []
    with pair.ledger.write() as session:
        for effect in outbox.due(session, pair.name, [outbox.COMPANY], now, BATCH):
            before = effect.first_sent_at
            told = {"attempts": effect.attempts + 1, "sent_at": now, "first_sent_at": before or now}
            if outbox.move(session, effect, effect.state, "sending", **told):
                begun.append((effect, before))
    return begun


def _again(pair: Pair, batch: Sequence[Effect]) -> None:
    """Safe to repeat, since each is known by its key."""
    with pair.ledger.write() as session:
        for effect in batch:
            outbox.move(session, effect, "sending", "planned", next_at=pair.now() + growing(effect.attempts))


def _made(pair: Pair, effect: Effect, made: CustomerRef | Refused | None) -> None:
    contact = _contact(effect)
    if made is None and effect.attempts < TRIES:
        _again(pair, [effect])
        return
    with pair.ledger.write() as session:
        if isinstance(made, CustomerRef):
            if outbox.move(session, effect, "sending", "posted"):
                _link(session, pair, str(made), contact, "made in the CRM")
        elif outbox.move(session, effect, "sending", "withdrawn"):
            question = refused(effect.subject, made.words if made else f"The CRM gave no answer, {TRIES} times.")
            reviews.ask(session, pair.name, question, pair.now(), inbox.BORN, contact)


def _contact(effect: Effect) -> str:
    return effect.subject.removeprefix("contact:")


def refused(subject: str, words: str) -> Question:
    """The CRM would not have the customer; its own words are the reason."""
    return Question("company_refused", subject, {"words": words}, (RETRY, LEAVE_IT))
