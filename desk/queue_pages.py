"""The review queue: what waits for a person, answered one by one or many at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from desk.door import Operator, Refusal, Viewer, Visitor
from desk.office import Office, office_of
from desk.paper import onward, page
from desk.proof import Proven, make_sure
from desk.questions import FOR_APPROVERS, WITH_REASON, Row, Wanted, chosen, common_choices, rows
from ledger import reviews
from stages import answering
from stages.answering import NoSuchAnswer, NotThere, Settled

router = APIRouter()
QUEUE = "/questions"
LONGEST_NOTE = 500


@router.get(QUEUE)
def queue(
    request: Request,
    visitor: Viewer,
    pair: str = "",
    kind: str = "",
    who: str = "",
    q: str = "",
    order: str = "age",
    done: Annotated[str, Query(max_length=80)] = "",
    lost: int = 0,
) -> Response:
    """The list, filtered."""
    office = office_of(request)
    everything = rows(office, office.pairs())
    wanted = Wanted(pair, kind, who, q[:200], order)
    found = chosen(everything, wanted, visitor.name)
    return page(
        request,
        "queue",
        visitor,
        rows=found,
        wanted=wanted,
        total=len(everything),
        kinds=_kinds(everything),
        pairs=office.pairs(),
        common=[c for c in common_choices(found) if _may(visitor, c.id)],
        reason_for=WITH_REASON,
        done=_done(office, done),
        lost=lost,
    )


@router.post(f"{QUEUE}/answers")
def answer_many(
    request: Request,
    visitor: Operator,
    choice: Annotated[str, Form(max_length=200)],
    proof: Proven,
    item: Annotated[list[str] | None, Form()] = None,
    note: Annotated[str, Form(max_length=LONGEST_NOTE)] = "",
) -> Response:
    """The same answer to several questions. One that somebody else settled meanwhile is left as they settled it."""
    office = office_of(request)
    if not item:
        raise Refusal(
            422, "No question was chosen", "Tick the ones to answer first.", onward=QUEUE, onward_words="Back"
        )
    if allowed(visitor, choice, note, QUEUE):
        fields = [("choice", choice), ("note", note), *(("item", each) for each in item[:500])]
        make_sure(request, visitor, proof, fields, QUEUE)
    lost, settled = 0, 0
    for each in item[:500]:
        pair, _, number = each.rpartition("/")
        if not number.isdigit():
            continue
        try:
            settle(office, visitor, pair, int(number), choice, note)
            settled += 1
        except Settled:
            lost += 1
        except NoSuchAnswer as amiss:
            raise Refusal(
                422, "That is not one of the answers", str(amiss), onward=QUEUE, onward_words="Back"
            ) from None
    return onward(request, QUEUE, done=f"many/{settled}", lost=lost)


def settle(office: Office, visitor: Visitor, pair: str, number: int, choice: str, note: str) -> str:
    """Answer one question and let its pair go on; the answer in words. Raises ``NoSuchAnswer``."""
    if pair not in office.pairs():
        raise NotThere(f"There is no question {number} in {pair}.")
    made = answering.answer(office.unopened(pair), number, choice, by=visitor.name, note=note.strip())
    office.ring(pair)
    return made.label


def allowed(visitor: Visitor, choice: str, note: str, back: str) -> bool:
    """Whether this can't be undone and so takes a fresh proof of who it is. Raises ``Refusal`` for role and reason."""
    if not _may(visitor, choice):
        words = 'This approves money, which takes the role "approver". You can say that you looked at it with a note.'
        raise Refusal(403, "Not with your role", words, onward=QUEUE, onward_words="Back to the questions")
    needs_reason = choice.partition(":")[0] in WITH_REASON
    if needs_reason and not note.strip():
        words = "Say in a few words why: it is kept in the deal's story."
        raise Refusal(422, "This needs a reason", words, onward=back, onward_words="Back to it")
    return needs_reason


def _may(visitor: Visitor, choice: str) -> bool:
    return visitor.may("approver" if choice.partition(":")[0] in FOR_APPROVERS else "operator")


def _kinds(found: Sequence[Row]) -> list[tuple[str, int]]:
    return sorted(Counter(row.kind for row in found).items(), key=lambda each: (-each[1], each[0]))


def _done(office: Office, text: str) -> str:
    """What was done just now, in words of ours, from where the last form led."""
    pair, _, number = text.rpartition("/")
    if not number.isdigit():
        return ""
    if pair == "many":
        return f"{number} question{'' if number == '1' else 's'} settled. What waited goes on with the next run."
    with office.ledger.read() as session:
        item = reviews.find(session, int(number))
        if item is None or item.pair != pair or not item.answered_by:
            return ""
        waiting = len(reviews.waiting_for(session, item))
    label = next((c.label for c in reviews.question_of(item).choices if c.id == item.answer), item.answer)
    goes_on = f"{waiting} deals go on" if waiting > 1 else "The deal goes on"
    return f"Settled: {label}. {goes_on} with the next run."
