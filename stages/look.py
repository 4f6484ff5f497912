"""Look before repeating: which invoices in Xero already bear our marker, and which of them are strays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain import deals
from domain.checking import APPROVED, OPEN, UNDONE, differences
from domain.decision import Choice, Question
from domain.marker import read_marker
from domain.records import Invoice
from ledger import audit
from ledger.tables import Effect
from stages import asking, frozen
from stages.pair import Pair
from stages.papers import Paper
from stages.restored import found_then
from stages.trying import CLOCKS_DIFFER

Seen = Mapping[str, Sequence[Invoice]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look says of one effect: the invoice to adopt, or a question, or neither (nothing is there)."""

    adopt: Invoice | None = None
    question: Question | None = None


def look(pair: Pair, effects: Sequence[Effect], paper: Paper) -> Seen:
    """Per effect the papers that bear its marker, in one pass over what we made since the oldest was planned."""
    if not effects:
        return {}
    since = min(e.first_sent_at or e.created_at for e in effects) - CLOCKS_DIFFER
    wanted: dict[str, list[Invoice]] = {e.id: [] for e in effects}

    def meant(text: str) -> bool:
        marker = read_marker(text)
        return marker is not None and marker.effect_id in wanted

    for page in paper.ours(pair.xero, since, meant):
        for invoice in page:
            marker = read_marker(invoice.marker)
            if marker is not None:
                wanted[marker.effect_id].append(invoice)
    for invoice in found_then(pair, set(wanted)):
        marker = read_marker(invoice.marker)
        if marker is not None and all(invoice.id != known.id for known in wanted[marker.effect_id]):
            wanted[marker.effect_id].append(invoice)
    return wanted


def judge(pair: Pair, effect: Effect, seen: Seen) -> Verdict:
    """Which of the invoices found is *the* invoice of an effect that has none yet."""
    found = sorted(seen.get(effect.id, ()), key=lambda i: (i.number, i.id))
    editions = {i.id: m for i in found if (m := read_marker(i.marker)) is not None}
    foreign = [i for i in found if editions[i.id].installation != pair.install_id]
    if foreign:
        return Verdict(question=duplicate(effect, foreign[0]))
    # A later edition is one that a restored ledger has forgotten.
    current = [i for i in found if editions[i.id].edition >= effect.edition]
    older_approved = [i for i in found if i not in current and i.status in APPROVED]
    if older_approved:
        return Verdict(question=duplicate(effect, older_approved[0]))
    for statuses in (APPROVED, OPEN):
        hit = next((i for i in current if i.status in statuses), None)
        if hit is not None:
            return Verdict(adopt=hit)
    undone = next((i for i in current if i.status in UNDONE), None)
    if undone is not None:
        return Verdict(question=deals.undone(effect.subject, undone))
    return Verdict(question=duplicate(effect, current[0])) if current else Verdict()


def sweep(pair: Pair, effects: Sequence[Effect], seen: Seen, paper: Paper) -> int:
    """Delete drafts that a lost answer left behind: ours, not the chosen one, unedited and unpaid."""
    strays: list[tuple[Effect, Invoice]] = []
    for effect in effects:
        for invoice in seen.get(effect.id, ()):
            if _is_wanted(effect, invoice) or invoice.status in UNDONE:
                continue
            if _is_ours_untouched(effect, invoice):
                strays.append((effect, invoice))
            else:
                _ask_about(pair, effect, invoice)
    if not strays:
        return 0
    answer = paper.update(pair.xero, [paper.ended(i.id, "DELETED") for _, i in strays])
    deleted = {invoice.id for invoice in answer.done}
    with pair.ledger.write() as session:
        for effect, invoice in strays:
            if invoice.id in deleted:
                audit.record(
                    session, pair.name, pair.now(), effect.subject, "stray draft deleted", {"xero": invoice.id}
                )
    return len(deleted)


def _is_wanted(effect: Effect, invoice: Invoice) -> bool:
    """Whether it is the effect's, or may become it: one that was cancelled may have a new edition meanwhile."""
    if effect.xero_id is not None or effect.state != "cancelled":
        return effect.xero_id in (None, invoice.id)
    marker = read_marker(invoice.marker)
    return marker is None or marker.edition > effect.edition


def _is_ours_untouched(effect: Effect, invoice: Invoice) -> bool:
    marker = read_marker(invoice.marker)
    plan = frozen.INVOICE_PLAN.validate_json(effect.plan)
    same = marker is not None and (marker.edition < effect.edition or not differences(plan, effect.contact_id, invoice))
    return invoice.status in OPEN and not invoice.paid and same


def _ask_about(pair: Pair, effect: Effect, invoice: Invoice) -> None:
    question = duplicate(effect, invoice)
    with pair.ledger.write() as session:
        asking.ask_about_invoice(session, pair, question, effect.xero_id or "")


def deal_of(effect: Effect) -> str:
    """The deal an effect is about."""
    return effect.subject.removeprefix("deal:")


def duplicate(effect: Effect, invoice: Invoice) -> Question:
    """An invoice bears our marker that we did not choose, and a person had a hand in it."""
    facts = {"invoice": invoice.number or invoice.id, "status": invoice.status}
    choices = (Choice("retry", "It has been put right in Xero: look again"), Choice("leave", "Leave both as they are"))
    return Question("duplicate_suspected", effect.subject, facts, choices)
