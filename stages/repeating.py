"""Templates of repeating invoices: what becomes of one that was made, until a person approves it in Xero."""

from __future__ import annotations

from datetime import timedelta

from domain.decision import Choice, Question
from domain.money import show
from domain.records import Invoice
from domain.repeating import in_words
from ledger import audit, links, outbox
from ledger.links import Link
from ledger.session import Session
from ledger.tables import Effect
from stages import frozen, sync_back
from stages.pair import Pair

LEAVE = Choice("leave", "I have seen to it in Xero")
A_DAY = timedelta(days=1)
_SAID = {"DRAFT": "a draft in Xero, to be approved there", "AUTHORISED": "approved", "DELETED": "deleted in Xero"}


def settle(pair: Pair, effect: Effect, template: Invoice) -> int:
    """It stands as intended: tell the deal, write the trail, in one commit."""
    with pair.ledger.write() as session:
        outcome = outbox.text_of({"number": "", "status": template.status, "total": template.total})
        if not outbox.move(session, effect, "chosen", "posted", outcome=outcome):
            return 0
        row = _link(session, pair, effect)
        details = {"total": template.total, "tax": template.total_tax, "currency": template.currency}
        audit.record(session, pair.name, pair.now(), effect.subject, "repeating invoice drafted", details)
        _tell(session, pair, row, effect, template.status)
        _look_later(session, pair, effect, template.status)
    return 1


def stands(effect: Effect, what: str, version: str = "") -> Question:
    """The deal is no more what it was, and its template is there; Xero lets nobody change one from outside."""
    facts = {"template": _words(effect), "the deal was": what, "version": version}
    return Question("template_stands", effect.subject, facts, (LEAVE,))


def look(pair: Pair, effect: Effect) -> None:
    """What became of a template that was a draft a day ago; reading may be repeated."""
    made_by = outbox.facts(effect.plan)["text"]
    with pair.ledger.read() as session:
        made = outbox.find(session, made_by)
    found = pair.xero.templates([made.xero_id]) if made is not None and made.xero_id else []
    status = found[0].status if found else "DELETED"
    with pair.ledger.write() as session:
        if made is None or not outbox.move(session, effect, "planned", "posted"):
            return
        if status != "DRAFT":
            _tell(session, pair, _link(session, pair, made), made, status)
        _look_later(session, pair, made, status)


def _look_later(session: Session, pair: Pair, effect: Effect, status: str) -> None:
    if status == "DRAFT" and pair.rules.write_back.repeating_invoice:
        key = f"{outbox.LOOK}:{effect.xero_id}:{pair.today()}"
        plan = outbox.text_of({"invoice": effect.xero_id, "text": effect.id})
        at = pair.now() + A_DAY
        outbox.intend_once(session, pair.name, outbox.LOOK, key, effect.subject, plan, pair.now(), next_at=at)


def _link(session: Session, pair: Pair, effect: Effect) -> Link:
    """Which template is the deal's."""
    deal = effect.subject.removeprefix("deal:")
    ids = (effect.identity, effect.xero_id or "")
    return links.link(session, pair.name, links.TEMPLATE, *ids, now=pair.now(), how="created", deal_id=deal)


def _tell(session: Session, pair: Pair, row: Link, effect: Effect, status: str) -> None:
    if name := pair.rules.write_back.repeating_invoice:
        sync_back.tell_more(session, pair, row, {name: f"{_words(effect)}: {_SAID.get(status, status)}"})


def _words(effect: Effect) -> str:
    """Monthly from 1 December 2026, $330.00."""
    plan = frozen.INVOICE_PLAN.validate_json(effect.plan)
    often = in_words(plan.repeats) if plan.repeats else ""
    return f"{often[:1].upper()}{often[1:]}, {show(plan.total, plan.currency)}"
