"""Rehearsing a pair: what would happen, on a copy of the ledger, with both systems read and never written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.contract import Crm
from connectors.xero import Xero
from domain.decision import Hold, Question, Skip
from domain.matching import Matched
from domain.records import ContactPlan, Deal, InvoicePlan
from domain.rules import InvoiceRule
from domain.triggers import milestones
from ledger import customers as index
from ledger import outbox
from ledger.database import copied
from ledger.tables import Effect
from stages import balances, capture, deals_ledger, exceptions, map_gst, match, sync_back
from stages.match import NewContact
from stages.outcome import Outcome
from stages.pair import Pair
from stages.planning import Plan

MOST = 1000
PAPERS = {
    outbox.NOTE: "its note",
    outbox.PDF: "the invoice as a PDF",
    outbox.ATTACHMENTS: "its files, attached to the invoice",
}


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One deal and what would become of it: a contact and invoices, questions, or a reason to do nothing.

    ``payers`` are who pays which milestone, where the mapping names any; ``follows`` is what comes once it is approved.
    """

    deal: Deal
    outcome: Outcome
    contact: ContactPlan | None = None
    invoices: tuple[InvoicePlan, ...] = ()
    questions: tuple[Question, ...] = ()
    reason: str = ""
    payers: Mapping[str, str] = field(default_factory=dict[str, str])
    follows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Telling:
    """What a deal or customer ("deal:5", "company:5") would be told by its invoices: fields, a stage, papers."""

    of: str
    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    stage: str = ""
    papers: tuple[str, ...] = ()


class _WritesNothing:
    """A connection that reads; asked to write it says so, which would be a mistake of ours."""

    _writing = frozenset(
        {
            "create_contacts",
            "update_contacts",
            "create_drafts",
            "update_invoices",
            "create_credits",
            "update_credits",
            "allocate",
            "create_templates",
            "delete_templates",
            "write_customers",
            "create_customers",
            "keep_hooks",
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
    stand_in = _stand_in(pair)
    found: dict[str, Rehearsed] = {}
    capture.notice_deals(stand_in)
    while deals := capture.take_deals(stand_in):
        customers = match.match(stand_in, deals)
        plans = map_gst.map_gst(stand_in, deals, customers)
        outcomes = {o.deal_id: o for o in exceptions.route_exceptions(stand_in, deals, customers, plans)}
        for deal in deals.found:
            keys = [deals_ledger.key(deal.id, milestone) for milestone in milestones(pair.rules)]
            payers = [customers.decisions[key] for key in keys if key in customers.decisions]
            told = _told(deal, outcomes[deal.id], payers, [plans[key] for key in keys if key in plans])
            follows = _follows(stand_in, [customers.rules[key] for key in keys if key in customers.rules])
            found[deal.id] = replace(told, payers=_payers(stand_in, deal, customers), follows=follows)
    return list(found.values())


def tellings(pair: Pair) -> list[Telling]:
    """What deals and customers would be told of invoices that changed. Raises ``ConnectorError``."""
    stand_in = _stand_in(pair)
    capture.notice_invoices(stand_in)
    while invoices := capture.take_invoices(stand_in):
        sync_back.settle_invoices(stand_in, invoices)
    with stand_in.ledger.read() as session:
        due = [e for kind in outbox.ON_DEALS for e in outbox.due(session, pair.name, [kind], pair.now(), MOST)]
    of: dict[str, list[Effect]] = {}
    for effect in due:
        of.setdefault(effect.subject, []).append(effect)
    deals = [_telling(stand_in, subject, effects) for subject, effects in sorted(of.items())]
    return [*deals, *(Telling(ref, {**said}) for ref, said in sorted(balances.news(stand_in).items()))]


def _telling(pair: Pair, subject: str, effects: Sequence[Effect]) -> Telling:
    fields: dict[str, str] = {}
    for effect in effects:
        fields |= outbox.facts(effect.plan).get("fields", {})
    fields.pop(sync_back.STAGE_BEFORE, None)
    stage = fields.pop(sync_back.STAGE, "")
    label = next((name for key, name in pair.labels().items() if stage and key.endswith(f"/{stage}")), stage)
    papers = [PAPERS[effect.kind] for effect in effects if effect.kind in PAPERS]
    return Telling(subject, fields, label, tuple(dict.fromkeys(papers)))


def _stand_in(pair: Pair) -> Pair:
    return replace(
        pair,
        ledger=copied(pair.ledger),
        crm=_WritesNothing(pair.crm),  # pyright: ignore[reportArgumentType]
        xero=_WritesNothing(pair.xero),  # pyright: ignore[reportArgumentType]
    )


def _payers(pair: Pair, deal: Deal, customers: match.Customers) -> dict[str, str]:
    """Milestone → who pays it, as Xero calls or would call them; none where the mapping names no payers."""
    if not any(rule.payer for rule in pair.rules.invoices):
        return {}
    decisions = {of: customers.decisions.get(deals_ledger.key(deal.id, of)) for of in milestones(pair.rules)}
    matched = [each.xero_id for each in decisions.values() if isinstance(each, Matched)]
    with pair.ledger.read() as session:
        known = index.known(session, pair.name, matched)
    found: dict[str, str] = {}
    for of, each in decisions.items():
        if isinstance(each, Matched):
            found[of] = known.get(each.xero_id, ("", ""))[0]
        elif isinstance(each, NewContact):
            found[of] = each.plan.name
    return found


def _follows(pair: Pair, rules: Sequence[InvoiceRule]) -> tuple[str, ...]:
    """What the mapping wants done once an invoice of these rules is approved."""
    wanted = {
        "Xero mails it to the customer": any(rule.send_to_customer != "never" for rule in rules),
        "the deal's files are attached to it": pair.crm.gives_files and any(r.attach != "never" for r in rules),
        "it is put on the deal as a PDF": bool(rules) and pair.rules.write_back.pdf != "never",
    }
    return tuple(words for words, is_wanted in wanted.items() if is_wanted)


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
