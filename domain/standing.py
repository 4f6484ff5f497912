"""What becomes of an invoice that exists when its deal is looked at again.

Until it is approved, a draft that nobody edited is ours: it follows the deal, and goes when the deal is lost. From then
on, and where a person had a hand in it, people are asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from domain.checking import APPROVED, UNDONE, carries, content
from domain.deals import (
    ADJUST,
    AGAIN,
    CREDIT,
    CREDIT_AND_NEW,
    LEAVE,
    VOID,
    VOID_AND_NEW,
    after_invoice,
    fingerprint,
    is_untouched,
    undone,
)
from domain.decision import Answers, Choice, Hold, Question, Skip
from domain.money import ZERO, show
from domain.records import Deal, Invoice, InvoicePlan

# "replaced": void it if it stands, then the deal gets another one; "credited": a credit note took all of it back;
# "reissued": the same, and the deal gets another one.
Goal = Literal["draft", "submitted", "authorised", "deleted", "voided", "replaced", "credited", "reissued"]
RANK: Mapping[str, int] = {"draft": 0, "submitted": 1, "authorised": 2}

DELETE = Choice("delete", "Delete the draft")
# What can be done about an invoice whatever it says.
BY_ITSELF = (LEAVE, VOID, VOID_AND_NEW)
FOLLOW = Choice("follow", "Write the deal into the draft, over what was changed there")


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger knows of an invoice that was made.

    ``plan`` is what it is to say and ``carried`` whether Xero was told so; ``made`` the fingerprint of its content
    after our last word, empty where that is not known. ``billed`` is the deal's fingerprint then, ``amount`` what it
    was worth, ``takes`` what its fields said of shares. ``adjusted`` is what made up for changes since, with its GST.
    """

    plan: InvoicePlan
    contact_id: str
    goal: str
    carried: bool = True
    made: str = ""
    billed: str = ""
    amount: str = ""
    takes: str = ""
    adjusted: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Follow:
    """Write this plan into the draft, and take it to the plan's goal."""

    plan: InvoicePlan


@dataclass(frozen=True, slots=True)
class Take:
    """Take the invoice as it is to another goal."""

    goal: Goal
    why: str


@dataclass(frozen=True, slots=True)
class Amend:
    """Put an approved invoice right by another paper: credit all of it, and perhaps reissue it, or make up for it."""

    how: Literal["credited", "reissued", "adjusted"]


Decision = Follow | Take | Amend | Hold | None
Plan = InvoicePlan | Hold | Skip | None


def may_have_changed(deal: Deal, standing: Standing, plan: Plan, contact_id: str, *, wanted: bool) -> bool:
    """Whether the invoice has to be read to decide; where nothing changed nothing is asked of Xero."""
    if standing.goal == "credited":
        return wanted and not deal.archived
    if not wanted or deal.archived or fingerprint(deal) != standing.billed or not standing.carried:
        return True
    draft_of_nothing = isinstance(plan, Skip) and standing.goal in ("draft", "submitted")
    return draft_of_nothing or _follows(standing, plan, contact_id) or _is_higher(standing, plan)


def plan_standing(
    deal: Deal, standing: Standing, invoice: Invoice, plan: Plan, contact_id: str, answers: Answers, *, wanted: bool
) -> Decision:
    """Decide.

    ``invoice`` is as read just now; ``plan`` what would be made of the deal now, None where no rule says, for the
    contact of ``contact_id`` ("" for one that is still to be made).
    """
    wanted = wanted and not deal.archived
    if invoice.status in UNDONE:
        return _undone(f"deal:{deal.id}", invoice, answers) if wanted else None
    if standing.goal == "credited":
        credited = replace(invoice, status="CREDITED")
        return _undone(f"deal:{deal.id}", credited, answers, "reissued") if wanted else None
    if invoice.status in APPROVED:
        told = (plan, contact_id, answers)
        return _approved(deal, standing, invoice, *told, wanted=wanted)
    if not wanted or isinstance(plan, Skip):
        return _take_back(deal, standing, invoice, answers)
    if isinstance(plan, Hold):
        return plan
    if isinstance(plan, InvoicePlan) and _follows(standing, plan, contact_id):
        return _follow(deal, standing, invoice, plan, answers)
    if isinstance(plan, InvoicePlan) and _is_higher(standing, plan):
        return Take("authorised" if plan.goal == "authorised" else "submitted", "the deal came to the rule's stage")
    return None


def is_edited(standing: Standing, invoice: Invoice) -> bool:
    """Whether a person changed the draft since our last word."""
    if standing.made:
        return content(invoice) != standing.made
    return not carries(standing.plan, standing.contact_id, invoice)


def _follows(standing: Standing, plan: Plan, contact_id: str) -> bool:
    """Whether the draft would have to be written anew."""
    if not isinstance(plan, InvoicePlan) or standing.goal not in RANK:
        return False
    same = replace(plan, goal=standing.plan.goal, notes=standing.plan.notes)
    return not standing.carried or same != standing.plan or contact_id != standing.contact_id


def _is_higher(standing: Standing, plan: Plan) -> bool:
    return isinstance(plan, InvoicePlan) and RANK[plan.goal] > RANK.get(standing.goal, 2)


def _follow(deal: Deal, standing: Standing, invoice: Invoice, plan: InvoicePlan, answers: Answers) -> Decision:
    if not is_edited(standing, invoice):
        return Follow(plan)
    facts = {
        "invoice": invoice.number or invoice.id,
        "draft now": show(invoice.total, invoice.currency),
        "deal now": show(plan.total, plan.currency),
        "version": f"{content(invoice)} {fingerprint(deal)}",
    }
    question = Question("draft_edited", f"deal:{deal.id}", facts, (LEAVE, FOLLOW))
    match answers.get(question.identity, ""):
        case FOLLOW.id:
            return Follow(plan)
        case LEAVE.id:
            return None
        case _:
            return Hold((question,))


def _take_back(deal: Deal, standing: Standing, invoice: Invoice, answers: Answers) -> Decision:
    """A draft whose deal asks for none any more."""
    if not is_edited(standing, invoice):
        return Take("deleted", "the deal asks for no invoice any more")
    question = _after(deal, standing, invoice, wanted=False)
    answer = answers.get(question.identity, "") if question else LEAVE.id
    if answer == DELETE.id:
        return Take("deleted", "a person said so")
    return Hold((replace(question, choices=(LEAVE, DELETE)),)) if question and not answer else None


def _approved(
    deal: Deal, standing: Standing, invoice: Invoice, plan: Plan, contact_id: str, answers: Answers, *, wanted: bool
) -> Decision:
    # Where it was approved before the deal's last change was written into it, nothing that we know says what it is.
    known = standing.carried or carries(standing.plan, standing.contact_id, invoice)
    question = _after(deal, standing if known else replace(standing, billed="", amount=""), invoice, wanted=wanted)
    if question is None or (known and question.kind == "deal_changed" and _comes_to_the_same(deal, standing, plan)):
        return None
    if not known:
        question = replace(question, choices=tuple(each for each in question.choices if each in BY_ITSELF))
    elif not _is_adjustable(standing, plan, contact_id):
        question = replace(question, choices=tuple(each for each in question.choices if each != ADJUST))
    answer = answers.get(question.identity, "")
    if answer == LEAVE.id:
        return None
    if answer in {VOID_AND_NEW.id, CREDIT_AND_NEW.id, ADJUST.id} and isinstance(plan, Hold):
        # Nothing is undone before it is certain that the new one can be made.
        return plan
    if answer not in {each.id for each in question.choices}:
        return Hold((replace(question, beside=_difference(standing, invoice, plan)),))
    return _CARRIED_OUT.get(answer)


_CARRIED_OUT: Mapping[str, Take | Amend] = {
    VOID.id: Take("voided", "a person said so"),
    VOID_AND_NEW.id: Take("replaced", "a person said so"),
    CREDIT.id: Amend("credited"),
    CREDIT_AND_NEW.id: Amend("reissued"),
    ADJUST.id: Amend("adjusted"),
}


def _is_adjustable(standing: Standing, plan: Plan, contact_id: str) -> bool:
    """Whether a further paper can make up the difference: the same customer, currency and kind of prices."""
    if isinstance(plan, Hold):
        return True
    if not isinstance(plan, InvoicePlan) or contact_id != standing.contact_id:
        return False
    return (plan.currency, plan.amounts_are) == (standing.plan.currency, standing.plan.amounts_are)


def _comes_to_the_same(deal: Deal, standing: Standing, plan: Plan) -> bool:
    """Whether the deal says another share, and this invoice is none the less what it has to be."""
    if fingerprint(replace(deal, share=standing.takes)) != standing.billed or not isinstance(plan, InvoicePlan):
        return False
    return plan.total == standing.plan.total + standing.adjusted


def _difference(standing: Standing, invoice: Invoice, plan: Plan) -> dict[str, str]:
    """What the invoice says, with what made up for changes of it, and what would be invoiced now, to the cent."""
    invoiced = invoice.total + standing.adjusted
    told = {"invoiced": show(invoiced, invoice.currency)}
    if isinstance(plan, InvoicePlan) and plan.currency == invoice.currency:
        told["would be invoiced now"] = show(plan.total, plan.currency)
        told["difference"] = show(plan.total - invoiced, invoice.currency)
    return told


def _undone(subject: str, invoice: Invoice, answers: Answers, goal: Goal = "replaced") -> Decision:
    """Deleted, voided or credited: only a person's word makes another."""
    question = undone(subject, invoice)
    answer = answers.get(question.identity, "")
    if answer == AGAIN.id:
        return Take(goal, "a person said so")
    return None if answer else Hold((question,))


def _after(deal: Deal, standing: Standing, invoice: Invoice, *, wanted: bool) -> Question | None:
    return after_invoice(deal, invoice, billed=standing.billed, amount_billed=standing.amount, still_triggered=wanted)


def plan_gone(subject: str, standing: Standing, invoice: Invoice | None, answers: Answers) -> Decision:
    """What becomes of the invoice of a deal that can't be read any more."""
    if invoice is None or invoice.status in UNDONE:
        return None
    draft = invoice.status not in APPROVED
    if draft and not is_edited(standing, invoice):
        return Take("deleted", "the deal was deleted")
    more = DELETE if draft else VOID
    question = Question("deal_deleted", subject, {"invoice": invoice.number or invoice.id}, (LEAVE, more))
    answer = answers.get(question.identity, "")
    if answer == more.id and (draft or is_untouched(invoice)):
        return Take("deleted" if draft else "voided", "a person said so")
    return None if answer == LEAVE.id else Hold((question,))
