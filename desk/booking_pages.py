"""Booking a product: one line more in the mapping, seen as a change before it is made, the old file kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from pydantic import ValidationError
from starlette.responses import Response

from desk.door import Approver, Refusal, Viewer
from desk.item_pages import ITEM, Number, found, names_in
from desk.office import Office, TakesTooLong, office_of
from desk.paper import onward, page
from desk.questions import row_of
from desk.queue_pages import QUEUE
from domain.booking import fits
from domain.rules import ProductRule, Rules
from ledger import audit, reviews
from ledger.secrets import KeyProblem
from ledger.tables import ReviewItem
from mappings import edit
from mappings.edit import Changed, Edited
from mappings.live import product_troubles
from mappings.problems import MappingError
from stages import answering, preview
from stages.preview import Preview
from stages.settings import SettingsProblem
from stages.troubles import OutsideTrouble, outside

router = APIRouter()
SUBJECT = "mapping"


@dataclass(frozen=True, slots=True)
class Booking:
    """What somebody filled in: how one product, or all that fit a pattern, is booked."""

    product: str
    account_code: str
    tax_type: str
    item_code: str

    def rule(self) -> ProductRule:
        """Raises ``ValidationError``."""
        return ProductRule(
            product=self.product.strip(),
            account_code=self.account_code.strip(),
            tax_type=self.tax_type.strip(),
            item_code=self.item_code.strip(),
        )


def filled_in(
    product: Annotated[str, Form(max_length=4000)] = "",
    account_code: Annotated[str, Form(max_length=40)] = "",
    tax_type: Annotated[str, Form(max_length=200)] = "",
    item_code: Annotated[str, Form(max_length=100)] = "",
) -> Booking:
    return Booking(product, account_code, tax_type, item_code)


Filled = Annotated[Booking, Depends(filled_in)]


@router.post(f"{ITEM}/book")
def show_booking(request: Request, visitor: Approver, pair: str, number: Number, booking: Filled) -> Response:
    """The change as it would be, and what would become of the deals that wait for it. Nothing is written."""
    office = office_of(request)
    item = found(office, pair, number)
    edited = _edited(office, item, booking)
    previews, trouble = _previews(office, item, edited.rules)
    return page(
        request,
        "booking",
        visitor,
        item=item,
        row=row_of(office, item),
        booking=booking,
        edited=edited,
        file=office.mapping_file(pair).name,
        previews=previews,
        names=names_in(office.books(pair)),
        trouble=trouble,
    )


@router.post(f"{ITEM}/book/save")
def save_booking(
    request: Request,
    visitor: Approver,
    pair: str,
    number: Number,
    booking: Filled,
    version: Annotated[str, Form(max_length=64)],
) -> Response:
    """Put the changed file in the place of the one that was shown, and let the deals go on."""
    office = office_of(request)
    item = found(office, pair, number)
    edited = replace(_edited(office, item, booking), version=version)
    path = office.mapping_file(pair)
    try:
        kept = edit.save(path, edited, office.now())
    except Changed:
        raise _refused(
            item, f"{path.name} was changed meanwhile. Look at the change again before it is saved."
        ) from None
    details = {"before": version, "kept": kept.name, "account": booking.account_code, "tax type": booking.tax_type}
    with office.ledger.write() as session:
        audit.record(session, pair, office.now(), SUBJECT, "mapping changed", details, actor=visitor.name)
    if item.state == "open":
        note = f"booked to {booking.account_code}, {booking.tax_type}"
        # Whoever was faster said so; the mapping is changed all the same.
        with suppress(answering.Settled):
            answering.answer(office.unopened(pair), number, reviews.RETRY, by=visitor.name, note=note)
    office.ring(pair)
    return onward(request, QUEUE, done=f"{pair}/{number}")


@router.get("/mapping/{pair}")
def mapping_page(request: Request, visitor: Viewer, pair: str) -> Response:
    """The pair's mapping as it stands, what is wrong with it, and its earlier versions."""
    office = office_of(request)
    reading = office.mapping(pair) if pair in office.pairs() else None
    if reading is None:
        raise Refusal(404, "There is no such pair", "It may have been renamed or taken out.")
    path = office.mapping_file(pair)
    kept = sorted((path.parent / edit.VERSIONS).glob(f"{path.stem}-*{path.suffix}"), reverse=True)
    text = path.read_bytes()[: 256 * 1024].decode(errors="replace")
    return page(
        request,
        "mapping",
        visitor,
        pair=pair,
        file=path,
        lines=text.splitlines(),
        problems=reading.problems,
        kept=[each.name for each in kept],
    )


def _edited(office: Office, item: ReviewItem, booking: Booking) -> Edited:
    """The changed mapping, or a page that says what is wrong with what was filled in."""
    asked = reviews.question_of(item).facts.get("product", "")
    if item.kind != "product_unmapped":
        raise _refused(item, "This question is not about a product.")
    try:
        rule = booking.rule()
    except ValidationError:
        raise _refused(item, "Fill in the product, its account and its tax rate.") from None
    if not fits(rule.product, asked):
        raise _refused(item, f'"{rule.product}" does not fit the product that is asked about: "{asked}".')
    books = office.books(item.pair)
    troubles = list(product_troubles(rule, books)) if books else []
    if troubles:
        raise _refused(item, " ".join(f"{sentence} {hint}".strip() for _, sentence, hint in troubles))
    try:
        return edit.with_product(office.mapping_file(item.pair), rule)
    except MappingError as error:
        raise _refused(item, " ".join(str(p) for p in error.problems)) from None


def _previews(office: Office, item: ReviewItem, rules: Rules) -> tuple[Sequence[Preview], str]:
    """What would become of the deals that wait, by the changed rules."""
    ids = row_of(office, item).deal_ids

    def read() -> list[Preview]:
        with office.open(item.pair) as pair:
            changed = replace(pair, rules=rules)
            return preview.previews(changed, preview.read(changed, ids), {})

    try:
        return office.within_patience(read), ""
    except OutsideTrouble as trouble:
        return (), outside(trouble)
    except TakesTooLong:
        return (), "One of the two systems takes longer to answer than a page may wait."
    except (MappingError, SettingsProblem, KeyProblem) as problem:
        return (), str(problem)


def _refused(item: ReviewItem, words: str) -> Refusal:
    here = f"{QUEUE}/{item.pair}/{item.id}"
    return Refusal(422, "The mapping stays as it is", words, onward=here, onward_words="Back to the question")
