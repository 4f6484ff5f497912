"""A deal's story, and finding it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from desk.door import Refusal, Viewer
from desk.office import office_of
from desk.paper import page
from desk.telling import Teller
from ledger import seen, stories
from ledger.desk_tables import InvoiceSeen, Seen
from stages.shown import invoices_of

router = APIRouter()
DEALS = "/deals"
MOST = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """One deal of a search."""

    deal: Seen
    customer: str
    invoice: InvoiceSeen | None


@router.get(DEALS)
def deals(request: Request, visitor: Viewer, q: Annotated[str, Query(max_length=200)] = "", pair: str = "") -> Response:
    """Deals by name, invoice number, customer or ABN; the latest read without a search."""
    office = office_of(request)
    found: list[Hit] = []
    with office.ledger.read() as session:
        for name in office.pairs():
            if pair not in ("", name):
                continue
            hits = seen.search(session, name, q, MOST)
            customers = seen.customers(session, name, sorted({hit.customer for hit in hits if hit.customer}))
            made = {invoice.deal_id: invoice for invoice in invoices_of(session, name, [hit.id for hit in hits])}
            found += [Hit(hit, customers.get(hit.customer, ""), made.get(hit.id)) for hit in hits]
    found = found[:MOST]
    return page(request, "deals", visitor, found=found, q=q, pair=pair, pairs=office.pairs(), most=MOST)


@router.get(f"{DEALS}/{{pair}}/{{deal_id}}")
def story(request: Request, visitor: Viewer, pair: str, deal_id: Annotated[str, Path(max_length=60)]) -> Response:
    """Everything about one deal, in order."""
    office = office_of(request)
    if pair not in office.pairs():
        raise Refusal(404, "There is no such deal", "Its pair is not one of this desk's.", onward=DEALS)
    with office.ledger.read() as session:
        told = stories.of_deal(session, pair, deal_id)
        told = replace(told, invoices=invoices_of(session, pair, [deal_id, *told.merged]))
        customers = seen.customers(session, pair, [told.deal.customer] if told.deal else [])
    if told.deal is None and not told.entries:
        words = (
            "Nothing was ever read or done about a deal of this number. Deals show once they were changed in the CRM."
        )
        raise Refusal(404, "There is no such deal", words, onward=DEALS, onward_words="All deals")
    books = office.books(pair)
    runs = office.prefect.runs_of_deal(pair, deal_id)
    reading = office.mapping(pair)
    percent = reading.rules.write_back.billed if reading and reading.rules else None
    short_code = books.organisation.short_code if books else ""
    teller = Teller(told, short_code, office.stages(pair), runs or (), percent or "")
    return page(
        request,
        "story",
        visitor,
        pair=pair,
        deal_id=deal_id,
        deal=told.deal,
        merged=told.merged,
        customer=customers.get(told.deal.customer, "") if told.deal else "",
        invoices=told.invoices,
        short_code=short_code,
        lines=teller.tell(),
        open_items=[item for item in told.items.values() if item.state == "open"],
        zone=office.zone(pair),
        prefect_down=runs is None and bool(office.prefect.api_url),
    )
