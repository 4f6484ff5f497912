"""The first match: what both systems had before Wonbooks, side by side, to be confirmed in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from desk.connected import at_pair, from_outside, refused
from desk.door import Approver, Operator, Refusal, Viewer, Visitor
from desk.office import Office, TakesTooLong, office_of
from desk.paper import onward, page
from desk.proof import Proven, make_sure
from stages import first_invoices, first_match
from stages.gather import AlreadyAtWork
from stages.troubles import OutsideTrouble, outside

router = APIRouter()
HERE = "/first-match/{pair}"
LISTED = 100
Show = Literal["proven", "unclear", "invoices"]
_DONE = {
    "read": "Both systems were read.",
    "reading": "It is still being read. What was found so far is shown; look again in a minute.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line to confirm: both records by id and name, and what speaks for it."""

    ours: str
    ours_name: str
    theirs: str
    theirs_name: str
    evidence: str
    take: bool

    @property
    def item(self) -> str:
        return f"{self.ours} {self.theirs}"


@dataclass(frozen=True, slots=True)
class Found:
    """Everything there is to confirm, and how many customers are in the CRM alone."""

    rows: dict[Show, list[Row]]
    new: int


@router.get(HERE)
def first_match_page(
    request: Request,
    visitor: Viewer,
    pair: str,
    show: Show = "proven",
    at: Annotated[int, Query(ge=1, le=10_000)] = 1,
    done: str = "",
    linked: Annotated[int, Query(ge=0, le=10_000)] = 0,
) -> Response:
    """What was found, a hundred lines at a time."""
    office = office_of(request)
    said = f"{linked} linked." if linked else _DONE.get(done, "")
    return _show(request, visitor, _known(office, pair), show, at, said)


@router.post(f"{HERE}/look")
def look(request: Request, visitor: Operator, pair: str) -> Response:  # noqa: ARG001 - who asks must be let in
    """Read both systems; it goes on when it takes longer than a page may wait."""
    office = office_of(request)
    at_pair(office, pair)

    def work() -> None:
        with office.open(pair) as opened:
            first_match.look(opened)
            first_invoices.look(opened)

    try:
        office.within_patience(work)
    except (TakesTooLong, AlreadyAtWork):
        return onward(request, f"/first-match/{pair}", done="reading")
    except OutsideTrouble as trouble:
        raise refused(outside(trouble)) from None
    return onward(request, f"/first-match/{pair}", done="read")


@router.post(f"{HERE}/confirm")
def confirm(
    request: Request,
    visitor: Approver,
    pair: str,
    proof: Proven,
    show: Annotated[Show, Form()] = "proven",
    item: Annotated[list[str] | None, Form()] = None,
    note: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Link what was ticked. An invoice that becomes a deal's can't be undone here: it takes a reason."""
    office, here = office_of(request), f"/first-match/{_known(office_of(request), pair)}?show={show}"
    taken = (item or [])[:LISTED]
    if not taken:
        raise Refusal(422, "Nothing was ticked", "Tick the lines that are right.", onward=here, onward_words="Back")
    if show == "invoices":
        if not note.strip():
            words = "Say in a few words how you know: it is kept in the stories of the deals."
            raise Refusal(422, "This needs a reason", words, onward=here, onward_words="Back")
        make_sure(request, visitor, proof, [("show", show), ("note", note), *(("item", i) for i in taken)], here)
    at_pair(office, pair)
    lines = [(number, *_both(each), "yes") for number, each in enumerate(taken)]
    came = from_outside(office, lambda: _link(office, visitor, pair, show, lines, note.strip()))
    if came.linked:
        office.ring(pair)
    if not came.wrong:
        return onward(request, here, linked=came.linked)
    said = f"{came.linked} linked. {' '.join(wrong.why for wrong in came.wrong[:9])}"
    return _show(request, visitor, pair, show, 1, said, amiss=True)


def _link(
    office: Office, visitor: Visitor, pair: str, show: Show, lines: Sequence[first_match.Line], note: str
) -> first_match.Confirmed:
    with office.open(pair) as opened:
        if show == "invoices":
            return first_invoices.confirm(opened, lines, visitor.name, note)
        return first_match.confirm(opened, lines, visitor.name)


def _both(item: str) -> tuple[str, str]:
    ours, _, theirs = item.partition(" ")
    return ours, theirs


def _known(office: Office, pair: str) -> str:
    if pair not in office.pairs():
        raise Refusal(404, "There is no such pair", "It may have been renamed.")
    return pair


def _show(
    request: Request, visitor: Visitor, pair: str, show: Show, at: int, said: str, *, amiss: bool = False
) -> Response:
    office = office_of(request)
    came = first_match.came(office.unopened(pair), (first_match.CUSTOMERS, first_invoices.DEALS))
    found = _found(office, pair)
    rows = found.rows[show]
    return page(
        request,
        "first_match",
        visitor,
        pair=pair,
        show=show,
        counts={name: len({row.ours for row in each}) for name, each in found.rows.items()},
        new=found.new,
        rows=rows[(at - 1) * LISTED : at * LISTED],
        at=at,
        more=len(rows) > at * LISTED,
        came=came,
        said=said,
        amiss=amiss,
    )


def _found(office: Office, pair: str) -> Found:
    rows: dict[Show, list[Row]] = {"proven": [], "unclear": [], "invoices": []}
    new = 0
    for several in first_match.proposals(office.unopened(pair)):
        for each in several:
            row = Row(each.customer, each.customer_name, each.contact, each.contact_name, each.evidence, each.take)
            match each.confidence:
                case "proven" | "unclear":
                    rows[each.confidence].append(row)
                case "new":
                    new += 1
                case "gone":
                    pass
    for tie in first_invoices.proposals(office.unopened(pair)):
        rows["invoices"].append(Row(tie.deal, tie.deal_name, tie.invoice, tie.number, tie.evidence, tie.take))
    return Found(rows, new)
