"""Rehearsing a pair: what would happen, on a copy of the ledger, with both systems read and never written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.contract import Crm
from connectors.xero import Xero
from domain.decision import Hold, Question, Skip
from domain.records import ContactPlan, Deal, InvoicePlan
from domain.triggers import milestones
from ledger.database import copied
from stages import capture, deals_ledger, exceptions, map_gst, match
from stages.match import NewContact
from stages.outcome import Outcome
from stages.pair import Pair
from stages.planning import Plan


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One deal and what would become of it: a contact and invoices, questions, or a reason to do nothing."""

    deal: Deal
    outcome: Outcome
    contact: ContactPlan | None = None
    invoices: tuple[InvoicePlan, ...] = ()
    questions: tuple[Question, ...] = ()
    reason: str = ""


class _WritesNothing:
    """A connection that reads; asked to write it says so, which would be a mistake of ours."""

    _writing = frozenset(
        {
            "create_contacts",
            "create_drafts",
            "update_invoices",
            "add_history",
            "attach",
            "send_invoice",
            "write_deals",
            "create_fields",
            "put_file",
            "put_note",
        }
    )

    def __init__(self, inner: Crm | Xero) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        if name in self._writing:
            raise AssertionError(f"a rehearsal may not call {name}")
        return getattr(self._inner, name)


def rehearse(pair: Pair) -> list[Rehearsed]:
    """Every deal that is due, and what would become of it. Raises ``ConnectorError``."""
    stand_in: Pair = replace(
        pair,
        ledger=copied(pair.ledger),
        crm=_WritesNothing(pair.crm),  # pyright: ignore[reportArgumentType]
        xero=_WritesNothing(pair.xero),  # pyright: ignore[reportArgumentType]
    )
    found: dict[str, Rehearsed] = {}
    capture.notice_deals(stand_in)
    while deals := capture.take_deals(stand_in):
        customers = match.match(stand_in, deals)
        plans = map_gst.map_gst(stand_in, deals, customers)
        outcomes = {o.deal_id: o for o in exceptions.route_exceptions(stand_in, deals, customers, plans)}
        for deal in deals.found:
            keys = [deals_ledger.key(deal.id, milestone) for milestone in milestones(pair.rules)]
            payers = [customers.decisions[key] for key in keys if key in customers.decisions]
            found[deal.id] = _told(deal, outcomes[deal.id], payers, [plans[key] for key in keys if key in plans])
    return list(found.values())


def _told(deal: Deal, outcome: Outcome, payers: Sequence[match.Decision], plans: Sequence[Plan]) -> Rehearsed:
    asked = {q.identity: q for each in (*payers, *plans) if isinstance(each, Hold) for q in each.questions}
    return Rehearsed(
        deal,
        outcome,
        contact=next((payer.plan for payer in payers if isinstance(payer, NewContact)), None),
        invoices=tuple(plan for plan in plans if isinstance(plan, InvoicePlan)),
        questions=tuple(asked.values()),
        reason=next((plan.reason for plan in plans if isinstance(plan, Skip)), outcome.detail),
    )
