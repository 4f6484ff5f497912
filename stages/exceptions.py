"""Exception routing: commit what was decided of each deal; proceed, ask or skip, one commit a deal."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from domain.deals import fingerprint, merged_twice
from domain.decision import Hold, Skip
from domain.marker import Marker
from domain.matching import Matched
from domain.money import show
from domain.records import Deal, InvoicePlan
from domain.rules import InvoiceRule
from ledger import audit, inbox, links, outbox, reviews
from ledger.session import IntegrityError, Session
from ledger.tables import Effect
from stages import afterwards, deals_ledger, frozen
from stages.capture import Deals
from stages.map_gst import Plan
from stages.match import Customers, NewContact
from stages.outcome import Outcome
from stages.pair import Pair

log = logging.getLogger("wonbooks.exceptions")
AGAIN = timedelta(minutes=2)
LATER = "later"
IN_FLIGHT = ("sending", "unknown", "chosen")


@dataclass(frozen=True, slots=True)
class _Case:
    """One deal with everything that was decided about it."""

    deal: Deal
    triggered: bool
    rule: InvoiceRule | None
    ref: str
    customer: Matched | NewContact | Hold | None
    plan: Plan | None


def route_exceptions(pair: Pair, deals: Deals, customers: Customers, plans: Mapping[str, Plan]) -> list[Outcome]:
    """Commit every deal's decision. A deal that can't be decided is tried again later and never stops the others."""
    outcomes: list[Outcome] = []
    for deal in deals.found:
        case = _Case(
            deal,
            deal.id in customers.triggered,
            customers.rules.get(deal.id),
            str(customers.refs.get(deal.id, "")),
            customers.decisions.get(deal.id),
            plans.get(deal.id),
        )
        outcomes.append(_settled(pair, case, deals.versions))
    outcomes.extend(afterwards.settle_gone(pair, deal_id, deals.versions[deal_id]) for deal_id in deals.gone)
    return outcomes


def _settled(pair: Pair, case: _Case, versions: Mapping[str, int]) -> Outcome:
    records = [i for i in (case.deal.id, *case.deal.merged_ids) if i in versions]
    try:
        with pair.ledger.write() as session:
            if not any(inbox.is_open(session, pair.name, inbox.DEALS, i, versions[i]) for i in records):
                return Outcome(case.deal.id, "decided", "by another worker meanwhile")
            outcome = _route(session, pair, case)
            for record in records:
                if outcome.word != LATER:
                    inbox.handled(session, pair.name, inbox.DEALS, record, versions[record])
    except IntegrityError:
        # Another worker decided the same deal or customer in this moment; look again at what it did.
        outcome = Outcome(case.deal.id, LATER, "decided by another worker in the same moment")
    except Exception as error:  # noqa: BLE001 - one deal's trouble must not become the others'
        # The message may quote the record; where it happened says enough.
        at = traceback.extract_tb(error.__traceback__)[-1]
        log.error("deal %s: %s at %s:%s", case.deal.id, type(error).__name__, at.filename, at.lineno)  # noqa: TRY400
        outcome = Outcome(case.deal.id, LATER, "could not be decided; tried again in a few minutes")
    if outcome.word == LATER:
        with pair.ledger.write() as session:
            for record in records:
                inbox.put_off(session, pair.name, inbox.DEALS, record, pair.now() + AGAIN)
    return outcome


def _route(session: Session, pair: Pair, case: _Case) -> Outcome:
    effects = deals_ledger.invoices_of(session, pair, case.deal)
    made = [e for e in effects if e.xero_id is not None]
    effect = next((e for e in effects if e.state != "cancelled"), effects[0] if effects else None)
    # Deals that were merged: what each of them still intended becomes one intention.
    _take_back(session, pair, [e for e in effects if made or e is not effect], "deals merged")
    if len(made) > 1:
        return _merged(session, pair, case, made)
    if made:
        return afterwards.after(session, pair, case.deal, made[0], triggered=case.triggered)
    if effect is not None and effect.pair != pair.name:
        return _skip(session, pair, case, "Another pair of this installation invoices this deal.")
    if effect is not None and effect.state in IN_FLIGHT:
        return Outcome(case.deal.id, LATER, "its invoice is being made")
    if case.rule is None:
        return _not_wanted(session, pair, case, effect)
    for decision in (case.customer, case.plan):
        if isinstance(decision, Hold):
            _take_back(session, pair, effects, "a question came up")
            return afterwards.ask(session, pair, case.deal.id, list(decision.questions))
    if isinstance(case.plan, Skip):
        _take_back(session, pair, effects, "nothing to invoice any more")
        return _skip(session, pair, case, case.plan.reason)
    return _refused_before(session, pair, case, effect) or _proceed(session, pair, case, effect)


def _take_back(session: Session, pair: Pair, effects: Sequence[Effect], why: str) -> None:
    """An invoice not sent yet must not go out as it was planned before."""
    for effect in effects:
        if effect.xero_id is None and outbox.move(session, effect, "planned", "cancelled"):
            audit.record(session, pair.name, pair.now(), effect.subject, "cancelled", {"why": why})


def _merged(session: Session, pair: Pair, case: _Case, made: Sequence[Effect]) -> Outcome:
    question = merged_twice(case.deal, [afterwards.number_of(e) for e in made])
    if question.identity in reviews.answers(session, pair.name, [question.subject]):
        return Outcome(case.deal.id, "invoiced")
    return afterwards.ask(session, pair, case.deal.id, [question])


def _refused_before(session: Session, pair: Pair, case: _Case, effect: Effect | None) -> Outcome | None:
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


def _not_wanted(session: Session, pair: Pair, case: _Case, effect: Effect | None) -> Outcome:
    reviews.close_others(session, pair.name, inbox.DEALS, case.deal.id, [])
    if effect is not None and outbox.move(session, effect, ("planned", "held"), "cancelled"):
        audit.record(session, pair.name, pair.now(), _subject(case), "cancelled", {"stage": case.deal.stage})
        return Outcome(case.deal.id, "cancelled", "the deal left the stage that asks for an invoice")
    return Outcome(case.deal.id, "nothing to do")


def _skip(session: Session, pair: Pair, case: _Case, reason: str) -> Outcome:
    reviews.close_others(session, pair.name, inbox.DEALS, case.deal.id, [])
    audit.record(session, pair.name, pair.now(), _subject(case), "skipped", {"reason": reason})
    return Outcome(case.deal.id, "skipped", reason)


def _proceed(session: Session, pair: Pair, case: _Case, effect: Effect | None) -> Outcome:
    if not isinstance(case.plan, InvoicePlan) or case.rule is None:
        return Outcome(case.deal.id, "nothing to do")
    contact_id, needs = _contact(session, pair, case)
    if not contact_id and not needs:
        return Outcome(case.deal.id, LATER, "the same customer is being created for another deal")
    plan = case.plan
    marker = Marker(_effect_id(pair, case.deal, effect), (effect.edition + 1) if effect else 1, pair.install_id)
    values: dict[str, Any] = {
        "needs": needs,
        "contact_id": contact_id,
        "marker": marker.on(case.deal.url),
        "approve": plan.approve,
        "why": outbox.text_of(_why(session, pair, case, plan)),
    }
    reviews.close_others(session, pair.name, inbox.DEALS, case.deal.id, [])
    outcome = Outcome(case.deal.id, "to invoice", _evidence(case), show(plan.total, plan.currency))
    if effect is None:
        _intend(session, pair, case, plan, values, marker)
    elif not _changes(effect, plan, contact_id, needs):
        return outcome
    elif not outbox.replan(session, effect, frozen.invoice_text(plan), pair.now(), **values):
        return Outcome(case.deal.id, LATER, "its invoice is being made")
    details = {"total": plan.total, "tax": plan.total_tax, "currency": plan.currency, "matched": _evidence(case)}
    audit.record(session, pair.name, pair.now(), _subject(case), "decided", details)
    return outcome


def _intend(
    session: Session, pair: Pair, case: _Case, plan: InvoicePlan, values: dict[str, Any], marker: Marker
) -> None:
    identity = deals_ledger.identity(pair, case.deal.id)
    session.add(
        Effect(
            id=marker.effect_id,
            pair=pair.name,
            kind=outbox.INVOICE,
            key=f"{outbox.INVOICE}:{identity}",
            identity=identity,
            subject=_subject(case),
            plan=frozen.invoice_text(plan),
            created_at=pair.now(),
            next_at=pair.now(),
            **values,
        )
    )
    session.flush()


def _changes(effect: Effect, plan: InvoicePlan, contact_id: str, needs: str) -> bool:
    """Whether the new plan says otherwise than the one that waits; a later day alone does not."""
    if effect.state != "planned":
        return True
    old = frozen.INVOICE_PLAN.validate_json(effect.plan)
    same_day = replace(plan, date=old.date, due_date=old.due_date)
    return old != same_day or (effect.contact_id or effect.needs) not in (contact_id, needs)


def _contact(session: Session, pair: Pair, case: _Case) -> tuple[str, str]:
    """The contact's id, or the effect that makes it; neither while somebody else makes the same customer."""
    if isinstance(case.customer, Matched):
        if case.customer.by != "link":
            how = case.customer.by
            links.link(session, pair.name, links.CUSTOMER, case.ref, case.customer.xero_id, now=pair.now(), how=how)
        return case.customer.xero_id, ""
    if not isinstance(case.customer, NewContact):
        return "", ""
    key = f"{outbox.CONTACT}:{case.ref}"
    pending = outbox.by_key(session, pair.name, key)
    if pending is not None:
        return "", pending.id
    before = outbox.of_subject(session, pair.name, f"customer:{case.ref}", outbox.CONTACT)
    effect_id = outbox.effect_id(pair.name, key, str(len(before)))
    if not outbox.claim(session, pair.name, case.customer.claims, effect_id):
        return "", ""
    session.add(
        Effect(
            id=effect_id,
            pair=pair.name,
            kind=outbox.CONTACT,
            key=key,
            subject=f"customer:{case.ref}",
            plan=frozen.contact_text(case.customer.plan),
            created_at=pair.now(),
            next_at=pair.now(),
        )
    )
    session.flush()
    return "", effect_id


def _why(session: Session, pair: Pair, case: _Case, plan: InvoicePlan) -> dict[str, object]:
    rule = case.rule
    return {
        "matched": _evidence(case),
        "billed": fingerprint(case.deal),
        "amount": show(case.deal.amount, plan.currency) if case.deal.amount is not None else "",
        "history_note": rule.history_note if rule else "never",
        "mapping": pair.mapping_version,
        "notes": list(plan.notes),
        "answers": sorted(reviews.answers(session, pair.name, [_subject(case), f"customer:{case.ref}"])),
    }


def _evidence(case: _Case) -> str:
    if isinstance(case.customer, Matched):
        return f"matched by {case.customer.by}" if case.customer.by != "link" else "known customer"
    return "new customer"


def _effect_id(pair: Pair, deal: Deal, effect: Effect | None) -> str:
    return effect.id if effect is not None else outbox.effect_id(deals_ledger.identity(pair, deal.id))


def _subject(case: _Case) -> str:
    return f"deal:{case.deal.id}"
