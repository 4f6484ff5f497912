"""What the rules may put right is put right, and the rest is asked: by the same steps as in any other run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from domain.case import Case
from domain.records import Deal, Invoice
from ledger import audit, inbox, links, months, reviews
from mappings.reference_text import fields_named
from stages import rounds, sync_back
from stages.judging import Judge, Judged
from stages.pair import Pair, field_specs

# Asked again by the flows whenever they look at the deal, and closed by them.
OF_DEALS = frozenset({"deal_changed", "deal_unwon", "deal_deleted"})
# Asked here alone: settled by itself once it is no longer so.
OF_BOOKS = ("books_differ", "duplicate_suspected", "voided_by_person")


@dataclass(slots=True)
class Mended:
    """What came of it: deals that are right now, the question of each deal that asks one, what was read since."""

    right: set[str] = field(default_factory=set[str])
    questions: dict[str, int] = field(default_factory=dict[str, int])
    again: dict[str, Judged] = field(default_factory=dict[str, Judged])
    fresh: dict[str, Invoice] = field(default_factory=dict[str, Invoice])


def mend(pair: Pair, judge: Judge, found: Sequence[Judged]) -> Mended:
    """Tell deals what they don't say, notice those that nobody noticed, ask about the others; then look again.

    Raises ``ConnectorError`` when a system stops us; nothing is lost, the next run does the rest.
    """
    mended = Mended()
    telling = [each.case for each in found if each.verdict.mend == "tell"]
    noticing = [each.case for each in found if each.verdict.mend == "notice"]
    if telling:
        pair.read_settings()
        for case in telling:
            _tell(pair, case)
        sync_back.sync_back(pair)
    if noticing:
        _notice(pair, noticing)
        rounds.deals_to_invoices(pair)
    if telling or noticing:
        _look_again(pair, judge, [case.deal_id for case in (*telling, *noticing)], mended)
    for each in found:
        _ask(pair, each, mended)
    return mended


def _tell(pair: Pair, case: Case) -> None:
    """What the deal says is what was agreed, whatever we thought; from there it is told what its invoice says."""
    deal, invoice = case.deal, case.live[0]
    if case.month:  # what the case has is the deal's share
        invoice = next(iter(pair.xero.invoices([invoice.id])), invoice)
    says = {name: said for name, (said, _) in case.untold.fields.items()}
    with pair.ledger.write() as session:
        row = links.invoices(session, pair.name, [invoice.id]).get(invoice.id)
        if row is None or deal is None:
            return
        shares = [each for each in months.told_of(session, pair.name, [invoice.id]) if each.deal_id == deal.id]
        links.agree(session, (shares or links.of_deal(session, pair.name, row.deal_id))[0], says)
        sync_back.tell(session, pair, row, invoice, {deal.id: deal.stage})
        details = {"invoice": invoice.number, "fields": sorted(says), "stage": bool(case.untold.stage)}
        audit.record(session, pair.name, pair.now(), case.subject, "told again", details)


def _notice(pair: Pair, cases: Sequence[Case]) -> None:
    with pair.ledger.write() as session:
        inbox.notice(session, pair.name, inbox.DEALS, [case.deal_id for case in cases], pair.now())
        for case in cases:
            audit.record(session, pair.name, pair.now(), case.subject, "noticed late", {"by": "reconciliation"})


def _look_again(pair: Pair, judge: Judge, ids: Sequence[str], mended: Mended) -> None:
    """Read what was mended once more, on both sides, and judge it anew."""
    fields = [*(spec.name for spec in field_specs(pair.rules.write_back)), *fields_named(pair.rules)]
    deals: dict[str, Deal] = {}
    for start in range(0, len(ids), 100):
        deals |= {deal.id: deal for deal in pair.crm.deals(ids[start : start + 100], fields)}
    with pair.ledger.read() as session:
        made = [row.xero_id for i in ids for row in links.of_deal(session, pair.name, i)]
    mended.fresh = {invoice.id: invoice for invoice in pair.xero.invoices(made)} if made else {}
    for each in judge.again(ids, deals, mended.fresh):
        mended.again[each.case.deal_id] = each
        if each.verdict.name == "agreed":
            mended.right.add(each.case.deal_id)


def _ask(pair: Pair, each: Judged, mended: Mended) -> None:
    """Open the question, or find it open; close what is no longer so."""
    case, question = each.case, each.verdict.question
    if question is not None:
        record = (inbox.DEALS, case.deal_id) if question.kind in OF_DEALS else (inbox.INVOICES, each.verdict.about)
        with pair.ledger.write() as session:
            item = reviews.ask(session, pair.name, question, pair.now(), *record)
            mended.questions[case.deal_id] = item.id or 0
    elif each.verdict.settled and any(asked.kind in OF_BOOKS for asked in case.asked):
        with pair.ledger.write() as session:
            for invoice in (*case.invoices, *case.others, *case.look_alikes):
                for kind in OF_BOOKS:
                    reviews.close_others(session, pair.name, inbox.INVOICES, invoice.id, [], kind)
