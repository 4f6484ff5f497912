"""One question: both records side by side, what each answer would do, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import Response

from desk.door import Operator, Refusal, Viewer, Visitor
from desk.office import Office, TakesTooLong, office_of
from desk.paper import onward, page
from desk.proof import Proven, make_sure
from desk.questions import FOR_APPROVERS, WITH_REASON, Row, row_of
from desk.queue_pages import LONGEST_NOTE, QUEUE, allowed, settle
from domain.booking import product_of
from domain.money import show
from domain.records import Books
from domain.side_by_side import Field
from ledger import reviews, seen
from ledger.secrets import KeyProblem
from ledger.tables import ReviewItem
from mappings.problems import MappingError
from stages import answering, both_sides
from stages.answering import NotThere, Settled
from stages.both_sides import Beside, BothSides
from stages.preview import MADE, Preview
from stages.settings import SettingsProblem
from stages.troubles import OutsideTrouble, outside
from templates.rendering import ReviewParts, review_parts

router = APIRouter()
ITEM = f"{QUEUE}/{{pair}}/{{number}}"
# What the page says elsewhere, or what only tells one question from another.
NOT_SHOWN = frozenset({"link", "url", "version", "deal id", "customer id", "customer_id"})
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
# Asked while or after something was done: a plan alone does not tell whether they still stand.
AFTERWARDS = frozenset(
    {
        "other_organisation",
        "deal_absorbed",
        *("deal_changed", "deal_deleted", "deal_merged", "deal_unwon", "draft_edited", "duplicate_suspected"),
        *("export_reminder", "not_connected", "not_mailed", "record_unreadable", "refused"),
        *("stage_move_refused", "total_differs", "tried_too_often", "voided_by_person", "write_back_refused"),
    }
)
MASKED = "(hidden from viewers)"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: what it does in words, and what would become of each deal."""

    id: str
    label: str
    told: str
    allowed: bool
    needs_reason: bool
    previews: tuple[Preview, ...]

    @property
    def first(self) -> Preview | None:
        return self.previews[0] if self.previews else None

    @property
    def alike(self) -> bool:
        """Whether the same becomes of all deals, and no invoice."""
        outcomes = {(tuple(q.identity for q in each.questions), each.reason) for each in self.previews}
        return len(outcomes) == 1 and not any(each.invoices for each in self.previews)


@router.get(ITEM)
def item_page(request: Request, visitor: Viewer, pair: str, number: Number, done: str = "") -> Response:
    """The question as it stands, with the outside as it is now."""
    office = office_of(request)
    item = found(office, pair, number)
    sides, trouble = look_up(office, item) if item.state == "open" else (BothSides(), "")
    return show_item(request, visitor, item, sides, trouble, done=done)


def show_item(
    request: Request, visitor: Visitor, item: ReviewItem, sides: BothSides, trouble: str, *, done: str = ""
) -> Response:
    """The page of one question."""
    office = office_of(request)
    row, books = row_of(office, item), office.books(item.pair)
    question = reviews.question_of(item)
    about = {"deal": row.deals[0].name} if len(row.deals) == 1 else {}
    parts = review_parts(item.kind, question.facts, about=about)
    facts = [(name, fact.splitlines()) for name, fact in question.facts.items() if name not in NOT_SHOWN and fact]
    return page(
        request,
        "item",
        visitor,
        item=item,
        row=row,
        said=parts,
        product=question.facts.get("product", ""),
        facts=facts,
        beside=[_masked(each, visitor) for each in sides.beside],
        options=_options(visitor, row, parts, sides),
        trouble=trouble or " ".join(outside(t) for t in sides.trouble),
        customers=_customers(office, row),
        books=books if item.kind == "product_unmapped" else None,
        names=names_in(books),
        sold=_sold(sides, question.facts.get("product", "")),
        made=MADE,
        moot=_is_moot(item, sides),
        zone=office.zone(item.pair),
        done=done,
    )


@router.post(f"{ITEM}/answer")
def answer(
    request: Request,
    visitor: Operator,
    pair: str,
    number: Number,
    choice: Annotated[str, Form(max_length=200)],
    proof: Proven,
    note: Annotated[str, Form(max_length=LONGEST_NOTE)] = "",
) -> Response:
    """Settle it; the faster of two people wins, the other sees what happened."""
    office = office_of(request)
    found(office, pair, number)
    if allowed(visitor, choice, note, f"{QUEUE}/{pair}/{number}"):
        make_sure(request, visitor, proof, [("choice", choice), ("note", note)], f"{QUEUE}/{pair}/{number}")
    try:
        settle(office, visitor, pair, number, choice, note)
    except Settled:
        return _too_late(request, visitor, pair, number, choice)
    except answering.NoSuchAnswer as amiss:
        here = f"{QUEUE}/{pair}/{number}"
        raise Refusal(422, "That is not one of the answers", str(amiss), onward=here, onward_words="Back") from None
    return onward(request, QUEUE, done=f"{pair}/{number}")


@router.post(f"{ITEM}/claim")
def claim(
    request: Request,
    visitor: Operator,
    pair: str,
    number: Number,
    instead_of: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Say that one is on it, in the place of somebody else where the page said so."""
    office = office_of(request)
    item = found(office, pair, number)
    with office.ledger.write() as session:
        ours = reviews.claim(session, item, visitor.name, office.now(), instead_of=instead_of)
    if not ours:
        return _too_late(request, visitor, pair, number, "")
    return onward(request, f"{QUEUE}/{pair}/{number}")


@router.post(f"{ITEM}/release")
def release(request: Request, visitor: Operator, pair: str, number: Number) -> Response:
    """Say that one is no longer on it."""
    office = office_of(request)
    item = found(office, pair, number)
    with office.ledger.write() as session:
        reviews.release(session, item, visitor.name)
    return onward(request, f"{QUEUE}/{pair}/{number}")


def found(office: Office, pair: str, number: int) -> ReviewItem:
    """The question, or a page that says there is none."""
    item = None
    if pair in office.pairs():
        with suppress(NotThere):
            item = answering.find(office.unopened(pair), number)
    if item is None:
        words = "It may belong to another installation, or the address was cut short."
        title = "There is no such question"
        raise Refusal(404, title, words, onward=QUEUE, onward_words="All open questions")
    return item


def look_up(office: Office, item: ReviewItem) -> tuple[BothSides, str]:
    """Both sides as they are now, or what keeps them from being read, in a sentence."""
    ids = row_of(office, item).deal_ids or _named_deal(item)

    def read() -> BothSides:
        with office.open(item.pair) as pair:
            return both_sides.look_up(pair, item, ids)

    try:
        return office.within_patience(read), ""
    except OutsideTrouble as trouble:
        return BothSides(), outside(trouble)
    except TakesTooLong:
        return BothSides(), "One of the two systems takes longer to answer than a page may wait."
    except (MappingError, SettingsProblem, KeyProblem) as problem:
        return BothSides(), str(problem)


def _named_deal(item: ReviewItem) -> Sequence[str]:
    kind, _, record = item.subject.partition(":")
    return [record] if kind == "deal" else []


def _options(visitor: Visitor, row: Row, parts: ReviewParts, sides: BothSides) -> list[Option]:
    options: list[Option] = []
    for choice in row.choices:
        verb = choice.id.partition(":")[0]
        options.append(
            Option(
                choice.id,
                choice.label,
                parts.told.get(verb, ""),
                visitor.may("approver" if verb in FOR_APPROVERS else "operator"),
                verb in WITH_REASON,
                tuple(sides.previews.get(choice.id, ())),
            )
        )
    return options


def _is_moot(item: ReviewItem, sides: BothSides) -> bool:
    """Whether no deal would ask it any more, as both systems stand now."""
    previews = sides.previews.get(reviews.RETRY, [])
    asked = {question.identity for each in previews for question in each.questions}
    return bool(previews) and item.kind not in AFTERWARDS and item.question not in asked


def names_in(books: Books | None) -> dict[str, str]:
    """What codes are called in Xero: ``account 200`` and ``tax OUTPUT``."""
    if books is None:
        return {}
    accounts = {f"account {each.code}": each.name for each in books.accounts}
    return accounts | {f"tax {each.tax_type}": each.name for each in books.tax_rates}


def _sold(sides: BothSides, product: str) -> list[tuple[str, str]]:
    """As what, and for how much, the deals that wait sell a product."""
    lines = [(deal, line) for deal in sides.known.deals for line in deal.lines if product_of(line) == product]
    sold = [(x.description or x.name, show(x.unit_price, deal.currency or "AUD")) for deal, x in lines if product]
    return list(dict.fromkeys(sold))[:10]


def _masked(beside: Beside, visitor: Visitor) -> Beside:
    """Viewers see whether e-mail, telephone and address agree, not what they are."""
    if visitor.may("operator"):
        return beside

    def hidden(field: Field) -> Field:
        return replace(field, crm=field.crm and MASKED, xero=field.xero and MASKED) if field.private else field

    return replace(beside, fields=tuple(hidden(field) for field in beside.fields))


def _customers(office: Office, row: Row) -> dict[str, str]:
    with office.ledger.read() as session:
        return seen.customers(session, row.pair, sorted({deal.customer for deal in row.deals if deal.customer}))


def _too_late(request: Request, visitor: Visitor, pair: str, number: int, choice: str) -> Response:
    """Somebody else was faster: how it stands now."""
    office = office_of(request)
    item = found(office, pair, number)
    labels: dict[str, str] = {c.id: c.label for c in reviews.question_of(item).choices}
    others: Sequence[ReviewItem]
    with office.ledger.read() as session:
        others = reviews.opened(session, pair)
    return page(
        request,
        "too_late",
        visitor,
        status=409,
        item=item,
        row=row_of(office, item),
        wanted=labels.get(choice, ""),
        answered=labels.get(item.answer, item.answer),
        following=next((other for other in others if other.id != item.id), None),
        zone=office.zone(pair),
    )
