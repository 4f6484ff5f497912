"""Create: one invoice per deal, in two phases.

A draft is put, one answer is chosen and committed, and only the chosen one is ever approved, by its id. Whatever is
lost, late or repeated can leave at most a stray draft, which is swept. DECISIONS.md has the argument.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from connectors.errors import Gone, NotConnected, OutcomeUnknown, Rejected, TryLater
from connectors.xero import Answer, idempotency_key
from domain.checking import content
from domain.records import Invoice
from ledger import audit, inbox, leases, outbox, restores
from ledger.tables import Effect
from stages import asking, frozen, once
from stages.approve import finish, refused
from stages.contacts import make_contacts
from stages.look import Seen, Verdict, deal_of, duplicate, judge, look, sweep
from stages.months import deals_on
from stages.outcome import Made
from stages.pair import Pair
from stages.papers import PAPERS, Paper, paper_of
from stages.restored import SWEEP_FOR, found_later, is_unsettled, may_create
from stages.trying import LOOK_AGAIN, SETTLE, TRIES, growing, not_sent, requests

LEASE = timedelta(minutes=3)
BATCH = 50


def create(pair: Pair) -> Made:
    """Carry out what the outbox intends in Xero, batch after batch until nothing is due.

    Raises ``TryLater`` or ``NotConnected`` when Xero stops us; what was begun is finished by the next pass.
    """
    made = Made()
    due = _due(pair)
    if not due and not is_unsettled(pair):
        return made
    pair.read_settings()
    with leases.held(pair.ledger, f"create {pair.name}", pair.worker, LEASE) as token:
        if token is None or not may_create(pair):
            return made
        if outbox.CONTACT in due:
            made.doubtful += len(make_contacts(pair))
        due = _due(pair)
        for paper in PAPERS:
            while paper.kind in due and _batch(pair, made, paper):
                pass
        once.write(pair)
    return made


def _due(pair: Pair) -> set[str]:
    """The kinds of which there is anything to do."""
    with pair.ledger.read() as session:
        return outbox.kinds_due(session, pair.name, outbox.IN_XERO, pair.now())


def _batch(pair: Pair, made: Made, paper: Paper) -> bool:
    """One batch of invoices or credit notes; False when there was none, or nothing more to do now."""
    ready, late = _ready(pair, paper)
    if not ready and not late:
        return False
    unchosen = [e for e in ready if e.xero_id is None]
    watched, now = [*unchosen, *late], pair.now()
    seen = look(pair, watched, paper)
    _settle(pair, ready, seen, made)
    fresh = _send(pair, [e for e in ready if e.state == "planned"], made)
    made.posted += finish(pair, [e for e in ready if e.state == "chosen"], fresh, made)
    made.swept += sweep(pair, watched, seen, paper)
    if over := [e for e in late if e.sweep_until and e.sweep_until <= now]:
        with pair.ledger.write() as session:
            for effect in over:
                outbox.watch(session, effect, None)
    return len(ready) >= BATCH


def _ready(pair: Pair, paper: Paper) -> tuple[list[Effect], Sequence[Effect]]:
    """Papers to work on whose contact is known, the others wait a little; and those to be swept."""
    ready: list[Effect] = []
    with pair.ledger.write() as session:
        late = outbox.to_sweep(session, pair.name, paper.kind)
        for effect in outbox.due(session, pair.name, [paper.kind], pair.now(), BATCH):
            if not effect.contact_id:
                contact = outbox.find(session, effect.needs)
                if contact is None or contact.state != "posted" or contact.xero_id is None:
                    outbox.move(session, effect, effect.state, effect.state, next_at=pair.now() + LOOK_AGAIN)
                    continue
                outbox.move(session, effect, effect.state, effect.state, contact_id=contact.xero_id)
            ready.append(effect)
    return ready, late


def _settle(pair: Pair, effects: Sequence[Effect], seen: Seen, made: Made) -> None:
    """Before anything is sent: adopt what is there already; send again only what can't be on its way any more."""
    unmade = [e for e in effects if e.xero_id is None]
    later = found_later(pair, {e.id for e in unmade})
    for effect in unmade:
        forgotten = later.get(effect.id)
        verdict = Verdict(question=duplicate(effect, forgotten)) if forgotten else judge(pair, effect, seen)
        if verdict.question is not None:
            asking.hold(pair, effect, verdict.question)
        elif verdict.adopt is not None:
            with pair.ledger.write() as session:
                outbox.choose(session, effect, verdict.adopt.id, pair.now(), carried=effect.edition)
        elif effect.state in {"sending", "unknown"}:
            _absent(pair, effect, made)


def _absent(pair: Pair, effect: Effect, made: Made) -> None:
    """Nothing is there of what was sent: too early to tell, or to be sent once more, or tried often enough."""
    settled = effect.sent_at is None or pair.now() - effect.sent_at >= SETTLE
    if settled and effect.attempts >= TRIES:
        asking.hold(pair, effect, asking.no_answer(effect.subject, TRIES))
        return
    made.doubtful += not settled
    with pair.ledger.write() as session:
        # What was begun before may still arrive.
        outbox.watch(session, effect, pair.now() + SWEEP_FOR)
        if settled:
            again = pair.now() + growing(effect.attempts)
            outbox.move(session, effect, effect.state, "planned", epoch=effect.epoch + 1, next_at=again)
        else:
            outbox.move(session, effect, effect.state, "unknown", next_at=pair.now() + LOOK_AGAIN)


def _send(pair: Pair, effects: Sequence[Effect], made: Made) -> dict[str, Invoice]:
    """Put drafts, all in one request unless one of them spoiled a request before; returns the answers by effect id."""
    fresh: dict[str, Invoice] = {}
    for group in requests([e for e in effects if e.next_at <= pair.now()]):
        sending = _begin(pair, group)
        if sending:
            fresh |= _put(pair, sending, made)
    return fresh


def _begin(pair: Pair, effects: Sequence[Effect]) -> list[Effect]:
    """Commit that they are being sent, before they are; a deal that changed meanwhile is decided anew instead."""
    now = pair.now()
    sending: list[Effect] = []
    with pair.ledger.write() as session:
        deals = {effect.id: {deal_of(effect), *deals_on(effect)} for effect in effects}
        changed = set(inbox.pending(session, pair.name, inbox.DEALS, sorted(set[str]().union(*deals.values()))))
        for effect in effects:
            if deals[effect.id] & changed:
                outbox.move(session, effect, "planned", "planned", next_at=now + LOOK_AGAIN)
                continue
            if effect.body is None:
                plan = frozen.INVOICE_PLAN.validate_json(effect.plan)
                outbox.freeze(session, effect, paper_of(effect.kind).draft(plan, effect.contact_id, effect.marker))
            first = effect.first_sent_at or now
            if outbox.move(
                session, effect, "planned", "sending", attempts=effect.attempts + 1, sent_at=now, first_sent_at=first
            ):
                sending.append(effect)
        count = restores.count(session)
    pair.mark.reach(count)
    return sending


def _put(pair: Pair, sending: Sequence[Effect], made: Made) -> dict[str, Invoice]:
    bodies = [e.body or b"" for e in sending]
    key = idempotency_key(pair.books().organisation.id, b"\n".join(bodies), max(e.epoch for e in sending))
    try:
        answer = paper_of(sending[0].kind).create(pair.xero, bodies, key)
    except (TryLater, NotConnected) as trouble:
        not_sent(pair, sending, trouble)
        raise
    except (Rejected, Gone):
        _doubt(pair, sending, made, alone=True)
        return {}
    except OutcomeUnknown:
        _doubt(pair, sending, made, alone=False)
        return {}
    return _choose(pair, sending, answer, made)


def _doubt(pair: Pair, effects: Sequence[Effect], made: Made, *, alone: bool) -> None:
    """It may have happened: look before repeating, and watch for late drafts."""
    made.doubtful += len(effects)
    now = pair.now()
    with pair.ledger.write() as session:
        for effect in effects:
            outbox.watch(session, effect, now + SWEEP_FOR)
            outbox.move(
                session,
                effect,
                "sending",
                "unknown",
                next_at=now + LOOK_AGAIN,
                outcome=outbox.text_of(outbox.facts(effect.outcome) | {outbox.ALONE: alone}),
            )


def _choose(pair: Pair, sending: Sequence[Effect], answer: Answer[Invoice], made: Made) -> dict[str, Invoice]:
    """The one moment at which an invoice becomes *the* invoice of an effect."""
    by_marker = {e.marker: e for e in sending}
    chosen: dict[str, Invoice] = {}
    with pair.ledger.write() as session:
        for invoice in answer.done:
            effect = by_marker.pop(invoice.marker, None)
            if effect is None:
                continue
            ours = {"carried": effect.edition, "made": content(invoice)}
            if outbox.choose(session, effect, invoice.id, pair.now(), **ours):
                details = {"xero": invoice.id, "number": invoice.number, "total": invoice.total}
                audit.record(session, pair.name, pair.now(), effect.subject, "invoice drafted", details)
                chosen[effect.id] = invoice
            else:  # another worker was faster: this one is a stray
                outbox.watch(session, effect, pair.now() + SWEEP_FOR)
    for marker, words in answer.refused:
        effect = by_marker.pop(marker, None)
        if effect is not None:
            refused(pair, effect, words)
    _doubt(pair, list(by_marker.values()), made, alone=False)
    return chosen
