"""The next step towards what is to become of an invoice that exists, from how Xero has it just now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.checking import APPROVED, UNDONE, carries, differences
from domain.deals import is_untouched, undone
from domain.decision import Choice, Question
from domain.records import Invoice
from domain.standing import Standing, is_edited

# "anew": it is no longer what was decided about, so its deal is to be looked at again.
Step = Literal["done", "write", "submit", "approve", "delete", "void", "anew"]
RETRY = Choice("retry", "It has been put right: try again")
LEAVE = Choice("leave", "Leave it as it is in Xero")
ACCEPT = Choice("accept", "The draft is right: go on with it")


@dataclass(frozen=True, slots=True)
class Intended:
    """An invoice and what is to become of it; ``accepted``: a person took it as it stands in Xero."""

    subject: str
    standing: Standing
    accepted: bool = False


def next_step(intended: Intended, invoice: Invoice) -> Step | Question:
    """What to do now; a question where a person has to look first."""
    match intended.standing.goal:
        case "deleted":
            return _delete(intended.standing, invoice)
        case "voided" | "replaced":
            return _void(invoice)
        case "credited" | "reissued":
            return "done"
        case _:
            return _advance(intended, invoice)


def _delete(standing: Standing, invoice: Invoice) -> Step:
    if invoice.status in UNDONE:
        return "done"
    return "anew" if invoice.status in APPROVED or is_edited(standing, invoice) else "delete"


def _void(invoice: Invoice) -> Step:
    if invoice.status in UNDONE:
        return "done"
    return "void" if is_untouched(invoice) else "anew"


def _advance(intended: Intended, invoice: Invoice) -> Step | Question:
    standing = intended.standing
    if invoice.status in UNDONE:
        return undone(intended.subject, invoice)
    if not standing.carried and not carries(standing.plan, standing.contact_id, invoice):
        return "anew" if invoice.status in APPROVED or is_edited(standing, invoice) else "write"
    differing = differences(standing.plan, standing.contact_id, invoice)
    if differing and not intended.accepted:
        facts = {"invoice": invoice.number, **differing}
        return Question("total_differs", intended.subject, facts, (RETRY, ACCEPT, LEAVE))
    if invoice.status in APPROVED or standing.goal == "draft":
        return "done"
    if standing.goal == "submitted":
        return "done" if invoice.status == "SUBMITTED" else "submit"
    return "approve"
