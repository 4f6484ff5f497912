"""What a deal that changed after its invoice was made asks of people, and how their answers are carried out."""

from __future__ import annotations

from domain.deals import after_invoice, gone
from domain.decision import Question
from domain.records import Deal
from ledger import audit, inbox, links, outbox, reviews
from ledger.session import Session
from ledger.tables import Effect
from stages import asking, deals_ledger
from stages.outcome import Outcome
from stages.pair import Pair


def after(session: Session, pair: Pair, deal: Deal, effect: Effect, *, triggered: bool) -> Outcome:
    """A deal whose invoice exists: carry an answer out, or ask about what changed."""
    if effect.state == "held":
        return _held(session, pair, deal, effect)
    why = outbox.facts(effect.why)
    question = after_invoice(
        deal,
        billed=why.get("billed", ""),
        amount_billed=why.get("amount", ""),
        still_triggered=triggered,
        number=number_of(effect),
    )
    if question is None or question.identity in reviews.answers(session, pair.name, [question.subject]):
        reviews.close_others(session, pair.name, inbox.DEALS, deal.id, [])
        return Outcome(deal.id, "invoiced", number_of(effect))
    return ask(session, pair, deal.id, [question])


def ask(session: Session, pair: Pair, deal_id: str, questions: list[Question]) -> Outcome:
    """Open these questions for the deal, and close those that it no longer asks."""
    items = [asking.ask(session, pair, question, deal_id) for question in questions]
    reviews.close_others(session, pair.name, inbox.DEALS, deal_id, [i.id for i in items if i.id is not None])
    return Outcome(deal_id, "question", ", ".join(q.kind.replace("_", " ") for q in questions))


def _held(session: Session, pair: Pair, deal: Deal, effect: Effect) -> Outcome:
    """A chosen invoice that waited for a person: go on as they said."""
    asked = outbox.facts(effect.outcome).get("asked", "")
    answer = reviews.answers(session, pair.name, [effect.subject]).get(asked, "")
    if answer == "leave":
        # From here on it is theirs; its money is mirrored all the same.
        outbox.move(session, effect, "held", "posted", approve=False)
        link_invoice(session, pair, effect)
        inbox.notice(session, pair.name, inbox.INVOICES, [effect.xero_id or ""], pair.now())
        return Outcome(deal.id, "left to a person", number_of(effect))
    if answer == "accept":
        why = outbox.facts(effect.why) | {"accepted": True, "answers": [answer]}
        outbox.move(session, effect, "held", "chosen", why=outbox.text_of(why), attempts=0, next_at=pair.now())
        return Outcome(deal.id, "to invoice", "a person accepted the draft")
    if reviews.is_open(session, pair.name, effect.subject, asked):
        return Outcome(deal.id, "question")
    outbox.move(session, effect, "held", "chosen", attempts=0, next_at=pair.now())
    return Outcome(deal.id, "to invoice", "tried again")


def link_invoice(session: Session, pair: Pair, effect: Effect) -> links.Link:
    """Say whose deal the chosen invoice is."""
    return links.link(
        session,
        pair.name,
        links.INVOICE,
        effect.identity,
        effect.xero_id or "",
        now=pair.now(),
        how="created",
        deal_id=effect.subject.removeprefix("deal:"),
    )


def settle_gone(pair: Pair, deal_id: str, version: int) -> Outcome:
    """A deal that was deleted: nothing to make any more, or a question about what was made."""
    with pair.ledger.write() as session:
        if not inbox.is_open(session, pair.name, inbox.DEALS, deal_id, version):
            return Outcome(deal_id, "decided", "by another worker meanwhile")
        identity = deals_ledger.identity(pair, deal_id)
        effect = outbox.by_identity(session, [identity]).get(identity)
        inbox.handled(session, pair.name, inbox.DEALS, deal_id, version)
        if effect is not None and effect.xero_id is not None:
            question = gone(deal_id, number_of(effect))
            if question.identity not in reviews.answers(session, pair.name, [question.subject]):
                return ask(session, pair, deal_id, [question])
        reviews.close_others(session, pair.name, inbox.DEALS, deal_id, [])
        if effect is not None and outbox.move(session, effect, ("planned", "held"), "cancelled"):
            audit.record(session, pair.name, pair.now(), f"deal:{deal_id}", "cancelled", {"why": "deal deleted"})
    return Outcome(deal_id, "gone")


def number_of(effect: Effect) -> str:
    """The invoice's number, or its id before it is known."""
    return str(outbox.facts(effect.outcome).get("number", "") or effect.xero_id or "")
