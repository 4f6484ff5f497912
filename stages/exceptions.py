"""Exception routing: commit what was decided of each deal; proceed, ask or skip, one commit a deal."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from domain.consolidating import is_month
from domain.deals import fingerprint, merged_twice
from domain.decision import Hold, Skip
from domain.money import show
from domain.records import InvoicePlan
from domain.repeating import REPEATING
from domain.triggers import invoiced
from ledger import audit, inbox, outbox, reviews
from ledger.session import IntegrityError, Session
from ledger.tables import Effect
from stages import absorbed, afterwards, consolidating, deals_ledger, frozen, intending, restored
from stages.capture import Deals
from stages.decided import Decided, decided, read_invoices
from stages.match import Customers
from stages.outcome import LATER, Outcome
from stages.pair import Pair
from stages.planning import Plan

log = logging.getLogger("wonbooks.exceptions")
AGAIN = timedelta(minutes=2)
IN_FLIGHT = ("sending", "unknown", "chosen")


def route_exceptions(pair: Pair, deals: Deals, customers: Customers, plans: Mapping[str, Plan]) -> list[Outcome]:
    """Commit every deal's decision. A deal that can't be decided is tried again later and never stops the others."""
    read = read_invoices(pair, deals, customers, plans)
    # Those that are gone come first: a deal may be what one of them became.
    outcomes = [afterwards.settle_gone(pair, gone, deals.versions[gone], read) for gone in deals.gone]
    cases = [decided(pair, customers, plans, deal, read) for deal in deals.found]
    return [*outcomes, *(_settled(pair, case, deals.versions) for case in cases)]


def _settled(pair: Pair, cases: Sequence[Decided], versions: Mapping[str, int]) -> Outcome:
    """All milestones of a deal in one commit."""
    deal = cases[0].deal
    records = [i for i in (deal.id, *deal.merged_ids) if i in versions]
    try:
        with pair.ledger.write() as session:
            if not any(inbox.is_open(session, pair.name, inbox.DEALS, i, versions[i]) for i in records):
                return Outcome(deal.id, "decided", "by another worker meanwhile")
            _begin_trail(session, pair, cases, records)
            outcomes: list[Outcome] = []
            for case in cases:
                others_open = any(outcome.is_open for outcome in outcomes)
                outcomes.append(_route(session, pair, replace(case, others_open=others_open)))
            afterwards.close_others(session, pair, deal.id, outcomes)
            outcome = next((o for o in outcomes if o.word == LATER), _telling(outcomes))
            for record in records:
                if outcome.word != LATER:
                    inbox.handled(session, pair.name, inbox.DEALS, record, versions[record])
    except IntegrityError:
        # Another worker decided the same deal or customer in this moment; look again at what it did.
        outcome = Outcome(deal.id, LATER, "decided by another worker in the same moment")
    except Exception as error:  # noqa: BLE001 - one deal's trouble must not become the others'
        # The message may quote the record; where it happened says enough.
        at = traceback.extract_tb(error.__traceback__)[-1]
        log.error("deal %s: %s at %s:%s", deal.id, type(error).__name__, at.filename, at.lineno)  # noqa: TRY400
        outcome = Outcome(deal.id, LATER, "could not be decided; tried again in a few minutes")
    if outcome.word == LATER:
        with pair.ledger.write() as session:
            for record in records:
                inbox.put_off(session, pair.name, inbox.DEALS, record, pair.now() + AGAIN)
    return outcome


def _begin_trail(session: Session, pair: Pair, cases: Sequence[Decided], records: Sequence[str]) -> None:
    """The first time that a deal asks for anything: since when it was noticed."""
    subject = cases[0].subject
    if any(case.rule is not None for case in cases) and not audit.is_told(session, pair.name, subject):
        noticed = inbox.noticed_at(session, pair.name, inbox.DEALS, records)
        audit.record(session, pair.name, noticed or pair.now(), subject, "noticed")


def _telling(outcomes: Sequence[Outcome]) -> Outcome:
    """Of a deal's milestones the one about which there is most to say."""
    told = [o for o in outcomes if o.word != "nothing to do"] or outcomes
    return next((o for o in told if o.word != "invoiced"), told[0])


def _route(session: Session, pair: Pair, case: Decided) -> Outcome:
    effects = deals_ledger.invoices_of(session, pair, case.deal, case.milestone)
    made = [e for e in effects if e.xero_id is not None]
    effect = next((e for e in effects if e.state != "cancelled"), effects[0] if effects else None)
    # Deals that were merged: what each of them still intended becomes one intention.
    _take_back(session, pair, [e for e in effects if made or e is not effect], "deals merged")
    if made:
        return _stands(session, pair, case, made)
    if elsewhere := _elsewhere(session, pair, case, effect):
        return elsewhere
    if case.rule is None:
        return _not_wanted(session, pair, case, effect)
    if heir := _of_another(session, pair, case, effects):
        return heir
    for decision in (case.customer, case.plan):
        if isinstance(decision, Hold):
            _take_back(session, pair, effects, "a question came up")
            return afterwards.ask(session, pair, case.deal.id, list(decision.questions))
    if case.waits_for_others:
        _take_back(session, pair, effects, "a question came up")
        return Outcome(case.deal.id, "waits", "for what another payer takes", asks=())
    if isinstance(case.plan, Skip):
        _take_back(session, pair, effects, "nothing to invoice any more")
        return _skip(session, pair, case, case.plan.reason)
    return _refused_before(session, pair, case, effect) or _proceed(session, pair, case, effect)


def _stands(session: Session, pair: Pair, case: Decided, made: Sequence[Effect]) -> Outcome:
    """What was asked for exists."""
    if case.milestone == REPEATING:
        return afterwards.after_template(session, pair, case, made[0])
    of_all = made if len(made) > 1 else _of_all_merged(session, pair, case)
    return _merged(session, pair, case, of_all) if of_all else afterwards.after(session, pair, case, made[0])


def _of_all_merged(session: Session, pair: Pair, case: Decided) -> Sequence[Effect]:
    """All invoices of a merged deal, where no rule for the deal as it is now would have made this one."""
    ids = deals_ledger.ids_of(session, pair, case.deal)
    if case.rule is not None or not case.wanted or len(ids) == 1:
        return ()
    of_each = [deals_ledger.of_ids(session, pair, ids, milestone) for milestone in invoiced(pair.rules)]
    every = [e for effects in of_each for e in effects if e.xero_id is not None]
    return every if len({e.subject for e in every}) > 1 else ()


def _elsewhere(session: Session, pair: Pair, case: Decided, effect: Effect | None) -> Outcome | None:
    """Somebody else sees to its invoice: another pair, whoever makes it just now, or the month's invoice."""
    if effect is not None and effect.pair != pair.name:
        return _skip(session, pair, case, "Another pair of this installation invoices this deal.")
    if effect is not None and effect.state in IN_FLIGHT:
        return Outcome(case.deal.id, LATER, "its invoice is being made")
    if is_month(case.deal.id):
        return None
    own = [effect] if effect is not None else []
    consolidates = case.rule is not None and case.rule.consolidates
    if consolidates and (heir := _of_another(session, pair, case, own)):
        return heir
    waits = consolidating.settle(session, pair, case)
    if waits and effect is not None and outbox.move(session, effect, ("planned", "held"), "cancelled"):
        why = {"why": "it is billed with others"}
        audit.record(session, pair.name, pair.now(), case.subject, "cancelled", why)
    return waits


def _take_back(session: Session, pair: Pair, effects: Sequence[Effect], why: str) -> None:
    """An invoice not sent yet must not go out as it was planned before."""
    for effect in effects:
        if effect.xero_id is None and outbox.move(session, effect, "planned", "cancelled"):
            audit.record(session, pair.name, pair.now(), effect.subject, "cancelled", {"why": why})


def _merged(session: Session, pair: Pair, case: Decided, made: Sequence[Effect]) -> Outcome:
    question = merged_twice(case.deal, [afterwards.number_of(e) for e in made])
    if question.identity in reviews.answers(session, pair.name, [question.subject]):
        return Outcome(case.deal.id, "invoiced")
    return afterwards.ask(session, pair, case.deal.id, [question])


def _of_another(session: Session, pair: Pair, case: Decided, effects: Sequence[Effect]) -> Outcome | None:
    """An invoiced deal that is gone may live on in this one: ask, or treat its invoice as this deal's."""
    if not pair.crm.hides_merges or is_month(case.deal.id):
        return None
    if question := absorbed.question_about(session, pair, case.deal, case.contact_id):
        _take_back(session, pair, effects, "another deal may live on in it")
        return afterwards.ask(session, pair, case.deal.id, [question])
    if merged := [
        e for e in deals_ledger.invoices_of(session, pair, case.deal, case.milestone) if e.xero_id is not None
    ]:
        return afterwards.after(session, pair, case, merged[0])
    return None


def _refused_before(session: Session, pair: Pair, case: Decided, effect: Effect | None) -> Outcome | None:
    """Xero would not have this very invoice or customer: wait for a person, or do as they said."""
    ignored = reviews.answers(session, pair.name, [f"customer:{case.ref}"])
    if any(kind.startswith(("refused:", "tried_too_often:")) and said == "ignore" for kind, said in ignored.items()):
        return _skip(session, pair, case, "Xero refused the customer, and a person chose to leave it.")
    if effect is None or effect.state != "held":
        return None
    asked = outbox.facts(effect.outcome).get("asked", "")
    if outbox.facts(effect.why).get("billed") != fingerprint(case.deal):
        return None
    if reviews.is_open(session, pair.name, effect.subject, asked):
        return Outcome(case.deal.id, "question")
    answer = reviews.answers(session, pair.name, [effect.subject]).get(asked, "")
    if answer in {"ignore", "leave"}:
        return _skip(session, pair, case, "A person chose to leave this deal without an invoice.")
    return None


def _not_wanted(session: Session, pair: Pair, case: Decided, effect: Effect | None) -> Outcome:
    cancelled = effect is not None and outbox.move(session, effect, ("planned", "held"), "cancelled")
    if cancelled:
        audit.record(session, pair.name, pair.now(), case.subject, "cancelled", {"stage": case.deal.stage})
    question = None if case.wanted else restored.forgotten(session, pair, case.deal.id, "deal_unwon")
    if question is not None:
        return afterwards.ask(session, pair, case.deal.id, [question])
    if cancelled:
        return Outcome(case.deal.id, "cancelled", "the deal left the stage that asks for an invoice", asks=())
    return Outcome(case.deal.id, "nothing to do", asks=())


def _skip(session: Session, pair: Pair, case: Decided, reason: str) -> Outcome:
    audit.record(session, pair.name, pair.now(), case.subject, "skipped", {"reason": reason})
    return Outcome(case.deal.id, "skipped", reason, asks=())


def _proceed(session: Session, pair: Pair, case: Decided, effect: Effect | None) -> Outcome:
    if not isinstance(case.plan, InvoicePlan) or case.rule is None:
        return Outcome(case.deal.id, "nothing to do")
    contact_id, needs = intending.contact(session, pair, case)
    if not contact_id and not needs:
        return Outcome(case.deal.id, LATER, "the same customer is being created for another deal")
    plan = case.plan
    outcome = Outcome(case.deal.id, "to invoice", case.evidence, show(plan.total, plan.currency), asks=())
    if effect is None:
        intending.intend(session, pair, case, plan, contact_id, needs)
    elif not _changes(effect, plan, contact_id, needs):
        return outcome
    elif not intending.replan(session, pair, case, effect, plan, contact_id, needs):
        return Outcome(case.deal.id, LATER, "its invoice is being made")
    details = {"total": plan.total, "tax": plan.total_tax, "currency": plan.currency, "matched": case.evidence}
    audit.record(session, pair.name, pair.now(), case.subject, "decided", details)
    return outcome


def _changes(effect: Effect, plan: InvoicePlan, contact_id: str, needs: str) -> bool:
    """Whether the new plan says otherwise than the one that waits; a later day alone does not."""
    if effect.state != "planned":
        return True
    old = frozen.INVOICE_PLAN.validate_json(effect.plan)
    same_day = replace(plan, date=old.date, due_date=old.due_date)
    return old != same_day or (effect.contact_id or effect.needs) not in (contact_id, needs)
