"""Deals, books and a mapping that tests plan invoices with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from domain.decision import Hold, Question
from domain.invoicing import plan_invoice
from domain.objections import Around
from domain.records import Account, Books, Deal, LineItem, Organisation, TaxRate
from domain.rules import Rules

TODAY = date(2026, 7, 10)
RATES = (
    TaxRate("GST on Income", "OUTPUT", Decimal(10), "ACTIVE", for_revenue=True),
    TaxRate("GST Free Income", "EXEMPTOUTPUT", Decimal(0), "ACTIVE", for_revenue=True),
    TaxRate("GST Free Exports", "EXEMPTEXPORT", Decimal(0), "ACTIVE", for_revenue=True),
    TaxRate("Input Taxed", "INPUTTAXED", Decimal(0), "ARCHIVED", for_revenue=True),
    TaxRate("GST on Expenses", "INPUT", Decimal(10), "ACTIVE", for_revenue=False),
)
BOOKS = Books(
    Organisation("o1", "Acme Books", "AU", "AUD", "Australia/Sydney", "53004085616"),
    (
        Account("200", "Sales", "REVENUE", "REVENUE", "ACTIVE"),
        Account("260", "Travel", "REVENUE", "REVENUE", "ARCHIVED"),
        Account("400", "Rent", "EXPENSE", "EXPENSE", "ACTIVE"),
    ),
    RATES,
    ("AUD", "USD"),
    ("LIC",),
)
PRODUCTS = (
    {"product": "CONSULT-*", "account code": "200", "tax type": "GST on Income"},
    {"product": "FREE", "account code": "200", "tax type": "exemptoutput"},
    {"product": "EXPORT-*", "account code": "200", "tax type": "GST Free Exports"},
    {"product": "LICENCE", "account code": "200", "tax type": "OUTPUT", "item code": "LIC"},
    {"product": "GONE", "account code": "260", "tax type": "Input Taxed", "item code": "NO"},
    {"product": "RENT", "account code": "400", "tax type": "GST on Expenses"},
    {"product": "ODD", "account code": "999", "tax type": "GST on Everything"},
)


def rules(**more: Any) -> Rules:
    entry = {
        "pipeline": "New business",
        "stage": "Closed won",
        "create": "authorised",
        "amounts_are": "tax exclusive",
        "due": "14 days after the invoice date",
    }
    return Rules.model_validate(
        {
            "pair": "acme",
            "crm": {"system": "hubspot", "account": "1", "credentials": "c"},
            "xero": {"organisation": "Acme Books", "credentials": "x"},
            "invoices": [entry | more],
            "products": PRODUCTS,
        }
    )


def line(code: str = "CONSULT-1", quantity: str = "1", price: str = "100.00", **more: Any) -> LineItem:
    return LineItem("l1", more.pop("name", "Consulting"), Decimal(quantity), Decimal(price), product_code=code, **more)


def deal(*lines: LineItem, **more: Any) -> Deal:
    facts: dict[str, Any] = {"amount": None, "currency": "AUD", "closed_on": date(2026, 7, 1)} | more
    return Deal("17", "Big deal", "p1", "s1", lines=lines, **facts)


def plan(
    what: Deal,
    *,
    answers: dict[str, str] | None = None,
    books: Books = BOOKS,
    contact: str = "Acme Pty Ltd",
    today: date = TODAY,
    given: dict[str, Any] | None = None,
    **more: Any,
) -> Any:
    chosen = rules(**more)
    around = Around(contact, today, "Big deal", **(given or {}))
    return plan_invoice(what, chosen.invoices[0], chosen, books, around, answers or {})


def questions(outcome: object) -> dict[str, Question]:
    assert isinstance(outcome, Hold), outcome
    return {question.kind: question for question in outcome.questions}


def only(outcome: object, kind: str) -> Question:
    found = questions(outcome)
    assert list(found) == [kind]
    return found[kind]


def choices(question: Question) -> list[str]:
    return [choice.id for choice in question.choices]


def settled(what: Deal, kind: str, choice: str, **more: Any) -> Any:
    return plan(what, answers={only(plan(what, **more), kind).identity: choice}, **more)
