"""Carrying customer details over: written to Xero and to the CRM by id, and agreed as each side wrote them down."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from connectors.contract import CustomerUpdate
from connectors.errors import ConnectorError
from domain.alignment import DetailsPlan
from domain.decision import Choice, Question
from domain.details import for_xero, form, of_contact, of_customer
from domain.records import ContactUpdate, Customer, Detail, DetailName, XeroContact
from ledger import audit, customers, inbox, links, newest, outbox, reviews, seen
from ledger.session import Session
from ledger.tables import Effect, Link
from stages import frozen
from stages.aligning import KINDS, REFUSED, customer_of, look_again, ref_of
from stages.contacts import stamp_of
from stages.pair import Pair

T = TypeVar("T")

BATCH = 50
NAMES = {outbox.CONTACT_DETAILS: "Xero", outbox.CUSTOMER_DETAILS: "the CRM"}


def deliver(pair: Pair) -> int:
    """Write what was decided; how many records were written to.

    Raises ``ConnectorError`` when a system stops us: what was not certainly written is decided anew.
    """
    written = 0
    for kind in KINDS.values():
        while batch := _begin(pair, kind):
            written += _WRITE[kind](pair, batch)
    return written


def _begin(pair: Pair, kind: str) -> list[Effect]:
    """The next records to write, each once: a later intention for the same one takes the place of an earlier."""
    with pair.ledger.write() as session:
        due = outbox.due(session, pair.name, [kind], pair.now(), BATCH)
        return [
            effect
            for effect in newest.of_each(session, due)
            if outbox.move(session, effect, "planned", "sending", attempts=effect.attempts + 1, sent_at=pair.now())
        ]


def _to_xero(pair: Pair, batch: Sequence[Effect]) -> int:
    plans = {(plan := _plan(effect)).xero_id: (effect, plan) for effect in batch}
    updates = [
        ContactUpdate(xero_id, {name: for_xero(name, value) for name, value in plan.details.items()})
        for xero_id, (_, plan) in plans.items()
    ]
    answer = _trying(pair, batch, lambda: pair.xero.update_contacts(updates))
    for contact in answer.done:
        if contact.id in plans:
            _written_in_xero(pair, *plans.pop(contact.id), contact)
    for xero_id, words in answer.refused:
        if xero_id in plans:
            effect, _ = plans.pop(xero_id)
            _refused(pair, effect, "\n".join(words))
    _anew(pair, [effect for effect, _ in plans.values()])
    return len(answer.done)


def _to_crm(pair: Pair, batch: Sequence[Effect]) -> int:
    plans = {ref_of(customer_of(effect)): (effect, _plan(effect)) for effect in batch}
    updates = [CustomerUpdate(ref, plan.details) for ref, (_, plan) in plans.items()]
    refused = _trying(pair, batch, lambda: pair.crm.write_customers(updates))
    for ref, refusal in refused.items():
        effect, _ = plans.pop(ref)
        _refused(pair, effect, refusal.words)
    left = [effect for effect, _ in plans.values()]
    for customer in _trying(pair, left, lambda: pair.crm.customers(list(plans))) if plans else []:
        if customer.ref in plans:
            _written_in_crm(pair, *plans.pop(customer.ref), customer)
    _anew(pair, [effect for effect, _ in plans.values()])
    return len(left)


_WRITE = {outbox.CONTACT_DETAILS: _to_xero, outbox.CUSTOMER_DETAILS: _to_crm}


def _trying(pair: Pair, batch: Sequence[Effect], call: Callable[[], T]) -> T:
    """What was not answered may have been written or not: looking at both records again tells."""
    try:
        return call()
    except ConnectorError:
        _anew(pair, batch)
        raise


def _anew(pair: Pair, effects: Sequence[Effect]) -> None:
    with pair.ledger.write() as session:
        for effect in effects:
            look_again(session, pair, effect, "sending")


def _plan(effect: Effect) -> DetailsPlan:
    return frozen.DETAILS_PLAN.validate_json(effect.plan)


def _written_in_xero(pair: Pair, effect: Effect, plan: DetailsPlan, contact: XeroContact) -> None:
    with pair.ledger.write() as session:
        customers.put(session, pair.name, [contact])
        _agree(session, pair, effect, plan, of_contact(contact))
        # Our own writing is nothing new, but for others that are the same contact.
        inbox.fresh(session, pair.name, inbox.CUSTOMERS, {contact.id: stamp_of(contact)}, pair.now())
        others = {row.crm_id for row in links.of_contacts(session, pair.name, [contact.id])} - {customer_of(effect)}
        inbox.notice(session, pair.name, inbox.DETAILS, others, pair.now())


def _written_in_crm(pair: Pair, effect: Effect, plan: DetailsPlan, customer: Customer) -> None:
    with pair.ledger.write() as session:
        seen.put_customers(session, pair.name, [customer], pair.now())
        _agree(session, pair, effect, plan, of_customer(customer))
        stamps = {str(customer.ref): customer.version}
        inbox.fresh(session, pair.name, inbox.CRM_CUSTOMERS, stamps, pair.now())


def _agree(session: Session, pair: Pair, effect: Effect, plan: DetailsPlan, says: Mapping[DetailName, Detail]) -> None:
    """From here on what both sides say holds: the one as it was decided from, the other as it was read back."""
    row = session.get(Link, plan.link)
    if not outbox.move(session, effect, "sending", "posted") or row is None:
        return
    agreed: dict[str, str] = {}
    for name, known in plan.agreed.items():
        back = form(name, says[name]) or ""
        if back == known.crm:  # read too early, by a CRM that shows what it was told a moment later
            back = form(name, plan.details[name]) or ""
        both = replace(known, xero=back) if effect.kind == outbox.CONTACT_DETAILS else replace(known, crm=back)
        agreed |= {name: frozen.AGREED.dump_json(both).decode(), REFUSED + name: json.dumps(["", ""])}
    links.agree(session, row, agreed)
    reviews.close_others(session, pair.name, inbox.DETAILS, row.crm_id, [], "details_refused")
    details = {"to": NAMES[effect.kind], "fields": sorted(plan.details)}
    audit.record(session, pair.name, pair.now(), effect.subject, "details written", details)


def _refused(pair: Pair, effect: Effect, words: str) -> None:
    """Asked about once; the same is not sent again until somebody says so or it changes."""
    plan = _plan(effect)
    question = refused(effect.subject, NAMES[effect.kind], sorted(plan.details), words)
    way = next(way for way, kind in KINDS.items() if kind == effect.kind)
    with pair.ledger.write() as session:
        row = session.get(Link, plan.link)
        outcome = outbox.text_of({"words": words})
        if not outbox.move(session, effect, "sending", "withdrawn", outcome=outcome) or row is None:
            return
        marks = {
            REFUSED + name: json.dumps([f"{way} {known.crm if way == 'to xero' else known.xero}", question.identity])
            for name, known in plan.agreed.items()
        }
        links.agree(session, row, marks)
        audit.record(session, pair.name, pair.now(), effect.subject, "details refused", {"to": NAMES[effect.kind]})
        if question.identity not in reviews.answers(session, pair.name, [question.subject]):
            reviews.ask(session, pair.name, question, pair.now(), inbox.DETAILS, row.crm_id)


def refused(subject: str, where: str, names: Sequence[str], words: str) -> Question:
    """A side would not take what it was to be given; its own words are the reason."""
    retry = Choice("retry", "It has been put right: try again")
    leave = Choice("leave", "Leave both as they are")
    facts = {"where": where, "details": ", ".join(names), "words": words}
    return Question("details_refused", subject, facts, (retry, leave))
