"""Values as the ledger keeps them: JSON and back, money to the last digit."""

from __future__ import annotations

from pydantic import TypeAdapter

from domain.alignment import Agreed, DetailsPlan
from domain.born import Born
from domain.records import Books, ContactPlan, InvoicePlan

BOOKS: TypeAdapter[Books] = TypeAdapter(Books)
CONTACT_PLAN: TypeAdapter[ContactPlan] = TypeAdapter(ContactPlan)
AGREED: TypeAdapter[Agreed] = TypeAdapter(Agreed)
DETAILS_PLAN: TypeAdapter[DetailsPlan] = TypeAdapter(DetailsPlan)
BORN: TypeAdapter[Born] = TypeAdapter(Born)
INVOICE_PLAN: TypeAdapter[InvoicePlan] = TypeAdapter(InvoicePlan)


def books_text(books: Books) -> str:
    return BOOKS.dump_json(books).decode()


def contact_text(plan: ContactPlan) -> str:
    return CONTACT_PLAN.dump_json(plan).decode()


def invoice_text(plan: InvoicePlan) -> str:
    return INVOICE_PLAN.dump_json(plan).decode()
