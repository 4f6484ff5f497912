"""Sync back: the deal shows its invoice's number, state and money, and stands in the Paid stage while it is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.contract import DealUpdate, Refused
from connectors.errors import NotConnected, OutcomeUnknown, TryLater
from domain.checking import UNDONE
from domain.consolidating import is_month
from domain.decision import Choice, Question
from domain.records import Invoice
from domain.write_back import facts_for_deal, plan_write_back, stage_names, states
from ledger import audit, inbox, links, months, outbox, restores, reviews
from ledger.session import Session
from ledger.tables import Effect, Link
from stages import asking, attachments, balances, beside, deal_notes, doubt, moves, on_account, pdfs, shown
from stages.capture import Invoices, giving_back
from stages.outcome import Outcome
from stages.pair import Pair
from stages.trying import TRIES, growing, not_sent, requests

# Beside the deal's own fields in ``Link.agreed``; the spaces keep them apart from any field's name.
STAGE = "the stage"
STAGE_BEFORE = "the stage before"
BATCH = 100
NOWHERE: Mapping[str, str] = {}
BESIDE = {outbox.NOTE: deal_notes.write, outbox.PDF: pdfs.write, outbox.ATTACHMENTS: attachments.write}
REFUSAL = {outbox.WRITE_BACK: "write_back_refused", outbox.STAGE: "stage_move_refused"}


def tell(session: Session, pair: Pair, row: Link, invoice: Invoice, stages: Mapping[str, str] = NOWHERE) -> list[str]:
    """Intend to tell the deal what its invoice says now, where that differs from what it was last told.

    Of an invoice for several deals each is told its share. ``stages`` are where the deals stand, read just now; those
    that need not move are not among them. Returns what is new, in words.
    """
    if doubt.is_stale(session, pair, row, invoice):
        return []
    on_account.take_in_ours(session, pair, row.deal_id, invoice)
    whole = shown.of_deal(session, pair, row, invoice)
    new: list[str] = []
    for part in shown.parts(session, pair, whole, make=True):
        if not part.left:
            beside.intend(session, pair, row, part.lead, invoice)
        new += _tell(session, pair, part, "" if part.ended else stages.get(part.lead.deal_id, ""))
    return new


def _tell(session: Session, pair: Pair, all_of_it: shown.Shown, stage_now: str) -> list[str]:
    row, invoice = all_of_it.lead, all_of_it.invoice
    noted = [deal_notes.SAYS] if deal_notes.intend(session, pair, row, invoice, all_of_it.status) else []
    told = _last_told(session, pair, row)
    stages = moves.stages_of(pair, stage_now)
    ours = stage_now in stages.values()
    before = told.get(STAGE_BEFORE, "") if ours else moves.trigger(pair, stage_now)
    about = (pair.rules.write_back, pair.books().organisation.short_code, pair.today())
    facts = facts_for_deal(invoice, *about, all_of_it.billing, all_of_it.refunded, all_of_it.overpaid)
    facts = dict.fromkeys(facts, "") if all_of_it.left else facts
    plan = plan_write_back(invoice, facts, told, stage_now, stages, before, pair.today())
    if plan is None:
        return noted
    row.told += 1
    if plan.fields:
        _intend(session, pair, outbox.WRITE_BACK, row, {"fields": dict(plan.fields)})
        details = {"invoice": invoice.number, "status": invoice.status, "due": invoice.due, "paid": invoice.paid}
        audit.record(session, pair.name, pair.now(), f"deal:{row.deal_id}", "invoice changed", details)
    if plan.stage and not _left_alone(session, pair, row):
        fields = {STAGE: plan.stage, STAGE_BEFORE: before if ours else stage_now}
        _intend(session, pair, outbox.STAGE, row, {"fields": fields})
    return [*plan.fields, *([STAGE] if plan.stage else []), *noted]


def tell_more(session: Session, pair: Pair, row: Link, fields: Mapping[str, str]) -> None:
    """Intend to tell the deal what is asked for only once, beside what its invoice says."""
    shares = months.told_of(session, pair.name, [row.xero_id]) if is_month(row.deal_id) else []
    for lead in shares or links.of_deal(session, pair.name, row.deal_id)[:1] or [row]:
        lead.told += 1
        _intend(session, pair, outbox.WRITE_BACK, lead, {"fields": dict(fields)})


def _left_alone(session: Session, pair: Pair, row: Link) -> bool:
    """A person said that this deal's stage is theirs."""
    answers = reviews.answers(session, pair.name, [f"deal:{row.deal_id}"])
    return any(kind.startswith("stage_move_refused:") and said == "leave" for kind, said in answers.items())


def _last_told(session: Session, pair: Pair, row: Link) -> dict[str, str]:
    """What the deal says once everything intended is delivered."""
    told = links.agreed(row)
    if doubt.is_over(told, pair.now()):
        told = {name: value if name in (STAGE, STAGE_BEFORE) else doubt.UNSURE for name, value in told.items()}
    for text in outbox.unsaid(session, pair.name, f"deal:{row.deal_id}"):
        plan = outbox.facts(text)
        if plan["link"] == row.id:
            told |= plan["fields"]
    return told


def _intend(session: Session, pair: Pair, kind: str, row: Link, plan: Mapping[str, object]) -> None:
    # Keyed by the telling, not by what is told: a payment removed and made again is told twice.
    key = f"{kind}:{row.id}:{row.told}"
    session.add(row)
    text = outbox.text_of({"link": row.id, "invoice": row.xero_id, **plan})
    outbox.intend(session, pair.name, kind, key, f"deal:{row.deal_id}", text, pair.now(), outcome=doubt.alone(row))


def settle_invoices(pair: Pair, read: Invoices) -> list[Outcome]:
    """Decide what the deals of these invoices are told, one commit an invoice; what was undone is asked of its deal."""
    with giving_back(pair, inbox.INVOICES, read.versions):
        pair.read_settings()
        stages = _stages_of(pair, read.found)
    outcomes: list[Outcome] = []
    for invoice in read.found:
        with pair.ledger.write() as session:
            row = links.invoices(session, pair.name, [invoice.id]).get(invoice.id)
            version = read.versions.get(invoice.id, 0)
            if row is not None and inbox.is_open(session, pair.name, inbox.INVOICES, invoice.id, version):
                words = "told" if tell(session, pair, row, invoice, stages) else "nothing new"
                if invoice.status in UNDONE:
                    inbox.notice(session, pair.name, inbox.DEALS, [row.deal_id], pair.now())
                outcomes.append(Outcome(row.deal_id, words, invoice.status, str(invoice.due)))
            inbox.handled(session, pair.name, inbox.INVOICES, invoice.id, version)
            if row is not None:
                for each in (row, *months.told_of(session, pair.name, [invoice.id])):
                    doubt.settle(session, pair, each)
    with pair.ledger.write() as session:
        for xero_id in set(read.versions) - {i.id for i in read.found}:
            inbox.handled(session, pair.name, inbox.INVOICES, xero_id, read.versions[xero_id])
    return outcomes


def _stages_of(pair: Pair, invoices: Sequence[Invoice]) -> Mapping[str, str]:
    """Where the deals stand that may have to move: those paid and not told so, and those told so and not paid."""
    if not stage_names(pair.rules.write_back):
        return {}
    with pair.ledger.read() as session:
        rows = links.invoices(session, pair.name, [i.id for i in invoices])
        moving = [
            part.lead.deal_id
            for invoice in invoices
            if (row := rows.get(invoice.id)) is not None
            for part in shown.parts(session, pair, shown.of_deal(session, pair, row, invoice), make=False)
            if _may_move(session, pair, part)
        ]
    return pair.crm.stages(sorted(set(moving)), marks=pair.marks_won()) if moving else {}


def _may_move(session: Session, pair: Pair, all_of_it: shown.Shown) -> bool:
    """Whether the deal stands elsewhere than its invoice says, as far as is known."""
    names = stage_names(pair.rules.write_back)
    told = _last_told(session, pair, all_of_it.lead)
    wanted = next((names[state] for state in states(all_of_it.invoice, pair.today()) if state in names), "")
    if not (wanted and told.get(STAGE_BEFORE)):
        return bool(wanted) != bool(told.get(STAGE_BEFORE))
    return pair.stage_id(moves.pipeline_of(pair, told.get(STAGE, "")), wanted) != told.get(STAGE)


@dataclass(slots=True)
class Told:
    """How many deals were written to, how many the CRM would not write, and how many it gave no answer for."""

    written: int = 0
    refused: int = 0
    doubtful: int = 0


def sync_back(pair: Pair) -> Told:
    """Deliver what deals are to be told, first their fields, then their stages: a refused move undoes nothing.

    Raises ``ConnectorError`` when the CRM stops us; absolute values are safe to repeat.
    """
    told = Told()
    with pair.ledger.read() as session:
        due = outbox.kinds_due(session, pair.name, outbox.ON_DEALS, pair.now())
    if due:
        pair.read_settings()
    for kind in outbox.IN_CRM:
        while kind in due and (batch := _begin(pair, kind)):
            _deliver(pair, kind, batch, told)
    balances.tell(pair)
    for kind, write in BESIDE.items():
        if kind in due:
            write(pair)
    return told


def _begin(pair: Pair, kind: str) -> list[Effect]:
    """The next deals to tell, one telling a deal: a later one waits for the earlier."""
    now = pair.now()
    with pair.ledger.write() as session:
        due = outbox.due(session, pair.name, [kind], now, BATCH)
        turn = outbox.next_of_each(session, pair.name, kind, [e.subject for e in due])
        request = next(iter(requests([e for e in due if turn[e.subject] == e.id])), [])
        begun = [
            e for e in request if outbox.move(session, e, e.state, "sending", attempts=e.attempts + 1, sent_at=now)
        ]
        count = restores.count(session) if begun else 0
    pair.mark.reach(count)
    return begun


def _deliver(pair: Pair, kind: str, batch: Sequence[Effect], told: Told) -> None:
    try:
        pair.ensure_fields()
        if kind == outbox.STAGE:
            batch = moves.still_wanted(pair, batch)
        if not batch:
            return
        if _seems_spoilt(batch):  # is it this deal, or the whole CRM?
            pair.crm.stages([_deal(batch[0])])
        refused = pair.crm.write_deals([_update(pair, kind, effect) for effect in batch])
    except (TryLater, NotConnected) as trouble:
        not_sent(pair, batch, trouble)
        raise
    except OutcomeUnknown:
        if not _seems_spoilt(batch):
            _again(pair, batch)
            raise
        told.doubtful += 1
        if batch[0].attempts < TRIES:
            _again(pair, batch)
        else:
            _refused(pair, kind, batch[0], Refused(f"The CRM gave no answer, {TRIES} times."))
        return
    for effect in batch:
        refusal = refused.get(effect.subject.removeprefix("deal:"))
        if refusal is None:
            told.written += 1
            _delivered(pair, effect)
        else:
            told.refused += 1
            _refused(pair, kind, effect, refusal)


def _seems_spoilt(batch: Sequence[Effect]) -> bool:
    """Whether this one goes alone because it, or what the deal was told before, was sent without an answer."""
    return len(batch) == 1 and doubt.goes_alone(batch[0])


def _again(pair: Pair, batch: Sequence[Effect]) -> None:
    """Absolute values may simply be written once more."""
    with pair.ledger.write() as session:
        for effect in batch:
            outbox.move(session, effect, "sending", "planned", next_at=pair.now() + growing(effect.attempts))


def _deal(effect: Effect) -> str:
    return effect.subject.removeprefix("deal:")


def _update(pair: Pair, kind: str, effect: Effect) -> DealUpdate:
    fields: dict[str, str] = outbox.facts(effect.plan)["fields"]
    if kind != outbox.STAGE:
        return DealUpdate(_deal(effect), fields)
    # Where the mark is ours to set, a deal that goes to a stage is one that has it no more.
    return DealUpdate(_deal(effect), {}, fields[STAGE], reopen=pair.marks_won())


def _delivered(pair: Pair, effect: Effect) -> None:
    plan = outbox.facts(effect.plan)
    with pair.ledger.write() as session:
        row = session.get(Link, plan["link"])
        ours = outbox.move(session, effect, "sending", "posted")
        if row is not None and (effect.attempts > 1 or not ours):
            doubt.begin(session, pair, row, late=not ours)
        if ours:
            if row is not None:
                links.agree(session, row, doubt.heard(row) | _agreed(pair, plan["fields"]))
                about = (REFUSAL[effect.kind], effect.subject)
                reviews.close_others(session, pair.name, inbox.INVOICES, row.xero_id, [], *about)
            audit.record(session, pair.name, pair.now(), effect.subject, "deal told", plan["fields"])


def _agreed(pair: Pair, fields: Mapping[str, str]) -> dict[str, str]:
    """What is agreed once told: a deal moved back from Paid has no stage to go back to."""
    if STAGE not in fields:
        return dict(fields)
    ours = fields[STAGE] in moves.stages_of(pair, fields[STAGE]).values()
    return {STAGE: fields[STAGE], STAGE_BEFORE: fields[STAGE_BEFORE] if ours else ""}


def _refused(pair: Pair, kind: str, effect: Effect, refusal: Refused) -> None:
    with pair.ledger.write() as session:
        if not outbox.move(session, effect, "sending", "withdrawn", outcome=outbox.text_of({"words": refusal.words})):
            return
        audit.record(session, pair.name, pair.now(), effect.subject, "deal not told", {"kind": kind})
        doubt.spoils(session, effect)
        if refusal.gone:
            inbox.notice(session, pair.name, inbox.DEALS, [effect.subject.removeprefix("deal:")], pair.now())
            return
        asking.ask_about_invoice(session, pair, _question(kind, effect, refusal), outbox.facts(effect.plan)["invoice"])


def _question(kind: str, effect: Effect, refusal: Refused) -> Question:
    retry = Choice("retry", "It has been put right in the CRM: try again")
    leave = Choice("leave", "Leave the deal as it is")
    return Question(REFUSAL[kind], effect.subject, {"words": refusal.words}, (retry, leave))
