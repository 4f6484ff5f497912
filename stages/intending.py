"""Writing into the outbox what was decided: invoices to be made, drafts to be written anew, contacts to be made."""

from __future__ import annotations

from typing import Any

from domain.deals import fingerprint
from domain.marker import Marker
from domain.matching import Matched
from domain.money import show
from domain.records import InvoicePlan
from ledger import claims, links, outbox, reviews
from ledger.session import Session
from ledger.tables import Effect
from stages import deals_ledger, frozen
from stages.contacts import notice_details
from stages.decided import Decided
from stages.match import NewContact
from stages.pair import Pair


def intend(session: Session, pair: Pair, case: Decided, plan: InvoicePlan, contact_id: str, needs: str) -> Effect:
    """A new invoice of this deal."""
    identity = deals_ledger.next_identity(session, pair, case.deal.id, case.milestone)
    effect_id = outbox.effect_id(identity)
    told = _values(session, pair, case, plan, contact_id, needs, effect_id, 1) | {"id": effect_id, "identity": identity}
    kind, text = outbox.TEMPLATE if plan.repeats else outbox.INVOICE, frozen.invoice_text(plan)
    return outbox.intend(session, pair.name, kind, f"{kind}:{identity}", case.subject, text, pair.now(), **told)


def replan(
    session: Session, pair: Pair, case: Decided, effect: Effect, plan: InvoicePlan, contact_id: str, needs: str
) -> bool:
    """Another plan for an invoice that never came to be; False if somebody else moved it first."""
    told = _values(session, pair, case, plan, contact_id, needs, effect.id, effect.edition + 1)
    return outbox.replan(session, effect, frozen.invoice_text(plan), pair.now(), **told)


def revise(
    session: Session,
    pair: Pair,
    case: Decided,
    effect: Effect,
    plan: InvoicePlan,
    contact_id: str,
    needs: str,
    made: str,
) -> bool:
    """Another plan for a draft that exists, to be written over what it is ``made`` of now; False if it was moved."""
    told = _values(session, pair, case, plan, contact_id, needs, effect.id, effect.edition + 1) | {"made": made}
    return outbox.revise(session, effect, frozen.invoice_text(plan), pair.now(), **told)


def _values(
    session: Session,
    pair: Pair,
    case: Decided,
    plan: InvoicePlan,
    contact_id: str,
    needs: str,
    effect: str,
    edition: int,
) -> dict[str, Any]:
    """What a plan of this edition says in the columns of its effect."""
    marker = Marker(effect, edition, pair.install_id)
    return {
        "needs": needs,
        "contact_id": contact_id,
        "marker": marker.behind(plan.reference[:200] or "Deal") if plan.repeats else marker.on(case.deal.url),
        "goal": plan.goal,
        "why": outbox.text_of(_why(session, pair, case, plan)),
    }


def _why(session: Session, pair: Pair, case: Decided, plan: InvoicePlan) -> dict[str, object]:
    amount = case.deal.amount
    return {
        "matched": case.evidence,
        "billed": fingerprint(case.deal),
        "share": case.rest_to_come,
        "takes": case.deal.share,
        "amount": show(amount, plan.currency) if amount is not None else "",
        "history_note": case.rule.history_note if case.rule else "never",
        "attach": case.rule.attach if case.rule else "never",
        "mapping": pair.mapping_version,
        "notes": list(plan.notes),
        "answers": sorted(reviews.answers(session, pair.name, [case.subject, f"customer:{case.ref}"])),
    }


def contact(session: Session, pair: Pair, case: Decided) -> tuple[str, str]:
    """The contact's id, or the effect that makes it; neither while somebody else makes the same customer."""
    if isinstance(case.customer, Matched):
        if case.customer.by != "link":
            how = case.customer.by
            links.link(session, pair.name, links.CUSTOMER, case.ref, case.customer.xero_id, now=pair.now(), how=how)
            notice_details(session, pair, case.ref)
        return case.customer.xero_id, ""
    return ("", _new_contact(session, pair, case, case.customer)) if isinstance(case.customer, NewContact) else ("", "")


def _new_contact(session: Session, pair: Pair, case: Decided, new: NewContact) -> str:
    key = f"{outbox.CONTACT}:{case.ref}"
    pending = outbox.by_key(session, pair.name, key)
    if pending is not None:
        return pending.id
    before = outbox.of_subject(session, pair.name, f"customer:{case.ref}", outbox.CONTACT)
    effect_id = outbox.effect_id(pair.name, key, str(len(before)))
    if not claims.claim(session, pair.name, new.claims, effect_id):
        return ""
    subject, text = f"customer:{case.ref}", frozen.contact_text(new.plan)
    return outbox.intend(session, pair.name, outbox.CONTACT, key, subject, text, pair.now(), id=effect_id).id
