"""After a restore of the ledger: nothing new for an hour, and then a look at everything we ever made."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from domain.decision import Choice, Question
from domain.marker import read_marker
from domain.records import Invoice
from ledger import audit, memory, outbox, restores, reviews
from stages.pair import Pair

log = logging.getLogger("wonbooks.restored")
LOOKED = "looked at everything"
FOUND = "found after a restore"
# What arrived late and is not wanted may be swept until then.
SWEEP_FOR = timedelta(minutes=90)


def may_create(pair: Pair) -> bool:
    """Whether anything new may be made. Sees that the ledger was restored, and looks at everything once it is quiet."""
    with pair.ledger.read() as session:
        behind = restores.is_behind(session, pair.mark.reached())
    if behind:
        was_restored(pair)
    with pair.ledger.read() as session:
        until = restores.quiet_until(session)
        looked = memory.recall(session, pair.name, LOOKED, now=pair.now(), for_=memory.FOR_EVER)
    if until is None or looked == until.isoformat():
        return True
    if pair.now() < until:
        return False
    _look_at_everything(pair, until.isoformat())
    return True


def was_restored(pair: Pair) -> None:
    """The ledger is a copy from earlier: begin the quiet time, and say so."""
    with pair.ledger.write() as session:
        restores.begin_quiet(session, pair.mark.reached(), pair.now())
        until = restores.quiet_until(session)
        log.warning("the ledger was restored from a copy: nothing new is made before %s", until)
        audit.record(session, pair.name, pair.now(), "pair", "ledger restored", {"quiet until": until})
        reviews.ask(session, pair.name, _question(str(until)), pair.now(), "pair", pair.name)


def _question(until: str) -> Question:
    seen = Choice("leave", "I know of it")
    return Question("ledger_restored", "pair", {"nothing new before": until}, (seen,))


def _look_at_everything(pair: Pair, until: str) -> None:
    """Remember each invoice that bears our marker and is not what the ledger knows; ``look`` takes it from there."""
    found: dict[str, list[str]] = {}
    for page in pair.xero.invoices_changed(None, ours_only=True):
        for invoice in page:
            marker = read_marker(invoice.marker)
            if marker is not None:
                found.setdefault(marker.effect_id, []).append(invoice.id)
    with pair.ledger.write() as session:
        known = [e for e in (outbox.find(session, i) for i in found) if e is not None and e.xero_id is not None]
        for effect in known:
            if found.pop(effect.id) != [effect.xero_id]:
                outbox.watch(session, effect, pair.now() + SWEEP_FOR)
        memory.remember(session, pair.name, FOUND, json.dumps(found), pair.now())
        memory.remember(session, pair.name, LOOKED, until, pair.now())
        audit.record(session, pair.name, pair.now(), "pair", "looked at everything", {"unknown": len(found)})


def found_then(pair: Pair, effect_ids: set[str]) -> list[Invoice]:
    """Those invoices of these effects that the restored ledger did not know."""
    with pair.ledger.read() as session:
        text = memory.recall(session, pair.name, FOUND, now=pair.now(), for_=memory.FOR_EVER)
    found: dict[str, list[str]] = json.loads(text) if text else {}
    wanted = [invoice for effect_id in sorted(effect_ids & found.keys()) for invoice in found[effect_id]]
    return pair.xero.invoices(wanted) if wanted else []
