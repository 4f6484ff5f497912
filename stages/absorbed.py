"""Deals that may live on in another one, in a CRM that shows a merged deal as deleted and says no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from domain.deals import absorbed
from domain.decision import Question
from domain.records import Deal
from ledger import inbox, links, outbox, reviews
from ledger.session import Session
from ledger.tables import Effect
from stages.pair import Pair

GONE = "deal_deleted"
LOOK_BACK = timedelta(days=30)
MERGED = "merged"


def question_about(session: Session, pair: Pair, deal: Deal, contact_id: str) -> Question | None:
    """Whether a won deal is what an invoiced one was merged into; ``None`` when it isn't or a person said so.

    The survivor takes over what its own fields lack, so it bears the number of the other's invoice. Without such a
    field the same customer is all that tells. Once a person said that they were merged, the invoice is this deal's.
    https://pipedrive.readme.io/docs/merging-two-deals
    """
    for effect in _orphans(session, pair):
        if not _fits(pair, effect, deal, contact_id):
            continue
        old = effect.subject.removeprefix("deal:")
        question = absorbed(deal, old, str(outbox.facts(effect.outcome).get("number", "") or effect.xero_id or ""))
        answer = reviews.answers(session, pair.name, [question.subject]).get(question.identity)
        if answer is None:
            reviews.close_others(session, pair.name, inbox.DEALS, old, [])
            return question
        if answer == MERGED:
            links.merge_deals(session, pair.name, [old], deal.id)
            inbox.notice(session, pair.name, inbox.INVOICES, [effect.xero_id or ""], pair.now())
        else:
            inbox.notice(session, pair.name, inbox.DEALS, [old], pair.now())
    return None


def _fits(pair: Pair, effect: Effect, deal: Deal, contact_id: str) -> bool:
    if effect.subject == f"deal:{deal.id}":
        return False
    field = pair.rules.write_back.invoice_number
    if field is None:
        return bool(contact_id) and effect.contact_id == contact_id
    return deal.fields.get(field, "") in {outbox.facts(effect.outcome).get("number"), effect.xero_id}


def _orphans(session: Session, pair: Pair) -> Sequence[Effect]:
    """The invoices of deals that are gone and live on in no other one yet."""
    subjects = reviews.subjects(session, pair.name, GONE, since=pair.now() - LOOK_BACK)
    found = [e for subject in subjects for e in outbox.of_subject(session, pair.name, subject, outbox.INVOICE)]
    merged = links.merged(session, pair.name, [e.subject.removeprefix("deal:") for e in found])
    return [e for e in found if e.xero_id is not None and e.subject.removeprefix("deal:") not in merged]
