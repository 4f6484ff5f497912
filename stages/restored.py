"""After a restore of the ledger: nothing new for an hour, and then a look at everything we ever made."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from domain.checking import UNDONE
from domain.deals import LEAVE
from domain.decision import Choice, Question
from domain.marker import addressed, read_marker
from domain.records import Invoice
from domain.triggers import milestones
from ledger import audit, inbox, links, memory, months, outbox, restores, reviews, seen
from ledger.database import Ledger
from ledger.session import Session
from stages import deals_ledger, doubt
from stages.pair import Pair

log = logging.getLogger("wonbooks.restored")
LOOKED = "looked at everything"
FOUND = "found after a restore"
LATER = "found after a restore, of a later generation"
# How the link of such an invoice came to be, until its deal asks for it again.
HOW = "found"
# The last moment that the restored ledger remembers.
REMEMBERS = "remembers until"
# Nobody takes an invoice back so often.
GENERATIONS = 9
# What arrived late and is not wanted may be swept until then.
SWEEP_FOR = timedelta(minutes=90)


def is_unsettled(pair: Pair) -> bool:
    """Whether the ledger was restored and not everything was looked at since."""
    with pair.ledger.read() as session:
        return restores.is_behind(session, pair.mark.reached()) or _to_look(session, pair) is not None


def may_create(pair: Pair) -> bool:
    """Whether anything new may be made. Sees that the ledger was restored, and looks at everything once it is quiet."""
    with pair.ledger.read() as session:
        behind, until = restores.is_behind(session, pair.mark.reached()), _to_look(session, pair)
    if behind:
        until = was_restored(pair.ledger, pair.name, pair.mark.reached())
    if until is None:
        return True
    if pair.now() < until:
        return False
    _look_at_everything(pair, until.isoformat())
    return True


def _to_look(session: Session, pair: Pair) -> datetime | None:
    """When everything is to be looked at; None if that was done, or is not to be."""
    until = restores.quiet_until(session)
    looked = memory.recall(session, pair.name, LOOKED, now=pair.now(), for_=memory.FOR_EVER)
    return until if until is not None and looked != until.isoformat() else None


def was_restored(ledger: Ledger, pair: str, reached: int) -> datetime:
    """The ledger is a copy from earlier: begin the quiet time, and say so. Returns its end, UTC.

    ``reached`` is what the mark remembers, 0 where there is none.
    """
    now = ledger.now()
    until = now + restores.QUIET_FOR
    with ledger.write() as session:
        restores.begin_quiet(session, reached, now)
        before = audit.last(session, pair)
        memory.remember(session, pair, REMEMBERS, before.at.isoformat() if before else "", now)
        log.warning("the ledger was restored from a copy: nothing new is made before %s", until)
        audit.record(session, pair, now, "pair", "ledger restored", {"quiet until": until})
        reviews.ask(session, pair, _question(str(until)), now, "pair", pair)
    return until


def _question(until: str) -> Question:
    seen = Choice("leave", "I know of it")
    return Question("ledger_restored", "pair", {"nothing new before": until}, (seen,))


def _look_at_everything(pair: Pair, until: str) -> None:
    """Remember each invoice that bears our marker and is not what the ledger knows; ``look`` takes it from there."""
    found: dict[str, list[Invoice]] = {}
    changed: list[list[str]] = []
    with pair.ledger.read() as session:
        since = memory.recall(session, pair.name, REMEMBERS, now=pair.now(), for_=memory.FOR_EVER) or ""
    for page in pair.xero.invoices_changed(None, ours_only=True):
        changed.append([i.id for i in page if i.updated_at is not None and i.updated_at.isoformat() >= since])
        for invoice in page:
            marker = read_marker(invoice.marker)
            if marker is not None:
                found.setdefault(marker.effect_id, []).append(invoice)
    with pair.ledger.write() as session:
        known = [e for e in (outbox.find(session, i) for i in found) if e is not None and e.xero_id is not None]
        for effect in known:
            if [i.id for i in found.pop(effect.id)] != [effect.xero_id]:
                outbox.watch(session, effect, pair.now() + SWEEP_FOR)
        for some in changed:
            _tell_anew(session, pair, some)
        _link_again(session, pair, found)
        ids = {effect_id: [i.id for i in invoices] for effect_id, invoices in found.items()}
        memory.remember(session, pair.name, FOUND, json.dumps(ids), pair.now())
        memory.remember(session, pair.name, LOOKED, until, pair.now())
        audit.record(session, pair.name, pair.now(), "pair", "looked at everything", {"unknown": len(found)})


def _tell_anew(session: Session, pair: Pair, changed: Sequence[str]) -> None:
    """What deals were told since the copy is forgotten: of invoices that changed since they are told once more."""
    rows = [*links.invoices(session, pair.name, changed).values(), *months.told_of(session, pair.name, changed)]
    for row in rows:
        links.agree(session, row, {doubt.UNTIL: pair.now().isoformat()})
    inbox.notice(session, pair.name, inbox.INVOICES, sorted({row.xero_id for row in rows}), pair.now())


def _link_again(session: Session, pair: Pair, found: Mapping[str, Sequence[Invoice]]) -> None:
    """Tell the deals of forgotten invoices what they say now: those in the Paid stage ask for none any more.

    Of a deal whose earlier invoice was taken back only the later one stands: no earlier generation may make another.
    """
    later: dict[str, list[str]] = {}
    for effect_id, invoices in found.items():
        deal, milestone, generation = _deal_of(pair, effect_id, invoices[0].marker)
        standing = [i.id for i in invoices if i.status not in UNDONE]
        if not deal or len(standing) != 1:
            continue
        identity = deals_ledger.identity(pair, deal, milestone, generation)
        links.link(session, pair.name, links.INVOICE, identity, standing[0], now=pair.now(), how=HOW, deal_id=deal)
        inbox.notice(session, pair.name, inbox.INVOICES, standing, pair.now())
        # It may be lost or gone: then people are asked.
        inbox.notice(session, pair.name, inbox.DEALS, [deal], pair.now())
        seen.put_invoice(session, pair.name, deal, next(i for i in invoices if i.id in standing), pair.now())
        for before in range(1, generation):
            earlier = outbox.effect_id(deals_ledger.identity(pair, deal, milestone, before))
            later.setdefault(earlier, []).extend(standing)
    memory.remember(session, pair.name, LATER, json.dumps(later), pair.now())


def forgotten(session: Session, pair: Pair, deal_id: str, kind: str) -> Question | None:
    """What to ask of a deal that wants no invoice any more and has one that the restored ledger did not know."""
    for row in links.of_deal(session, pair.name, deal_id):
        invoice = seen.invoice(session, pair.name, row.xero_id)
        if row.how == HOW and invoice is not None and invoice.status not in UNDONE:
            question = Question(kind, f"deal:{deal_id}", {"invoice": invoice.number or invoice.id}, (LEAVE,))
            if question.identity not in reviews.answers(session, pair.name, [question.subject]):
                return question
    return None


def _deal_of(pair: Pair, effect_id: str, marker: str) -> tuple[str, str, int]:
    """Whose an effect is by the marker's address, and its generation; ("", "", 0) if it is no deal of this pair."""
    for deal in addressed(marker):
        for milestone in milestones(pair.rules):
            for generation in range(1, GENERATIONS + 1):
                if outbox.effect_id(deals_ledger.identity(pair, deal, milestone, generation)) == effect_id:
                    return deal, milestone, generation
    return "", "", 0


def found_later(pair: Pair, effect_ids: set[str]) -> dict[str, Invoice]:
    """Effect → an invoice that stands, of a later generation that the restored ledger did not know."""
    with pair.ledger.read() as session:
        later = _recalled(session, pair, LATER)
    wanted = {i: effect_id for effect_id in sorted(effect_ids & later.keys()) for i in later[effect_id]}
    invoices = pair.xero.invoices(sorted(wanted)) if wanted else []
    return {wanted[i.id]: i for i in invoices if i.status not in UNDONE}


def is_found(session: Session, pair: Pair, effect_id: str) -> bool:
    """Whether an effect's invoice was there before the ledger, restored from a copy, knew of it."""
    return effect_id in _recalled(session, pair, FOUND)


def found_then(pair: Pair, effect_ids: set[str]) -> list[Invoice]:
    """Those invoices of these effects that the restored ledger did not know."""
    with pair.ledger.read() as session:
        found = _recalled(session, pair, FOUND)
    wanted = [invoice for effect_id in sorted(effect_ids & found.keys()) for invoice in found[effect_id]]
    return pair.xero.invoices(wanted) if wanted else []


def _recalled(session: Session, pair: Pair, name: str) -> dict[str, list[str]]:
    """Effect → invoices, as the look at everything remembered them."""
    text = memory.recall(session, pair.name, name, now=pair.now(), for_=memory.FOR_EVER)
    return json.loads(text) if text else {}
